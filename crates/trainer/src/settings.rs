//! Everything that decides how a trainer descends.

use crate::curvature;
use crate::initial::Initialisation;
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::optimiser::OptimiserKind;
use crate::schedule::Schedule;
use crate::stopping::Stopping;
use optgap_problem::{Instance, Loss};

/// What the learning rate is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateScale {
    /// In units of 1 / curvature of the data, so that badly scaled data need no other rate.
    Curvature,
    /// As it is.
    One,
}

/// How losses and gradients are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// In one operation where there is code for the network, a dense one of `relu` units with up to 32 inputs.
    Fused,
    /// In burn's own operations, for all restarts at once.
    Batched,
    /// Each restart as a burn module of its own.
    Plain,
}

impl Path {
    /// What is really done on an instance.
    pub(crate) fn word(self, instance: &Instance, layout: &Layout) -> &'static str {
        match self {
            Self::Plain => "plain",
            _ if instance.loss == Loss::GaussianPopulation => "population",
            Self::Fused if Kernel::treats(instance, layout) => "fused",
            Self::Fused | Self::Batched => "batched",
        }
    }
}

/// Everything that decides how a trainer descends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The rule that turns gradients into directions.
    pub optimiser: OptimiserKind,
    /// Learning rate at the start.
    pub learning_rate: f64,
    /// Unit of the learning rate.
    pub rate_scale: RateScale,
    /// How the learning rate changes with the steps.
    pub schedule: Schedule,
    /// Longest gradient of a restart; a longer one is shortened to it (Pascanu and others 2013).
    pub clip: Option<f64>,
    /// How losses and gradients are computed.
    pub path: Path,
    /// How initial weights are drawn.
    pub initialisation: Initialisation,
    /// When a restart slows down and stops.
    pub stopping: Stopping,
    /// Threads that train batches side by side, at least 1.
    pub threads: usize,
}

impl Settings {
    /// The learning rate at the start for an instance, as a plain number.
    pub(crate) fn base_rate(&self, instance: &Instance) -> f64 {
        match self.rate_scale {
            RateScale::Curvature => self.learning_rate / curvature::estimate(instance),
            RateScale::One => self.learning_rate,
        }
    }
}
