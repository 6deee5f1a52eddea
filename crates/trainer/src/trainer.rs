//! The trainers' side of the contract.

use crate::initial::Law;
use crate::plain;
use crate::settings::{Path, Settings};
use crate::training;
use optgap_problem::{Activation, Instance, Loss, Restarts, TrainError, TrainOutcome, Trainer, Unsupported, Watch};

/// Most units of work in one step of one restart, about 10 ns each: above this a stop would come late.
const STEP_WORK: usize = 1 << 22;
/// Passes over the hidden values in a step beside the matrix products, in units of work.
const HIDDEN_PASSES: usize = 8;
/// Passes over the parameters in a step, in units of work.
const PARAMETER_PASSES: usize = 32;

/// Full-batch descent from many starts with one of burn's optimisers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DescentTrainer {
    settings: Settings,
}

impl DescentTrainer {
    /// A trainer with these settings.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }
}

impl Trainer for DescentTrainer {
    fn supports(&self, instance: &Instance) -> Result<(), Unsupported> {
        instance.validate().map_err(|error| Unsupported(error.to_string()))?;
        // The population loss is valid for plain relu networks alone, and linear activation for products of matrices.
        let linear = instance.network.activation == Activation::Linear && instance.loss == Loss::Squared;
        if instance.loss != Loss::GaussianPopulation && !linear {
            instance.is_relu_regression()?;
        }
        if let Law::Trap(trap) = self.settings.initialisation.law {
            trap.supports(instance)?;
        }
        if self.settings.path == Path::Plain {
            plain::supports(instance, &self.settings)?;
        }
        let (n, d, k) = (instance.data.len(), instance.data.dimension(), instance.network.width);
        let rows = match instance.loss {
            Loss::GaussianPopulation => n.saturating_add(k),
            _ => n.saturating_mul(instance.network.patches() + instance.network.inner_layers() * k),
        };
        let work = k.saturating_mul(d + HIDDEN_PASSES).saturating_mul(rows + PARAMETER_PASSES);
        if work > STEP_WORK {
            return Err(Unsupported(format!(
                "a full-batch step on {n} samples of {d} inputs with {k} hidden units is too long to be stopped in time; \
                 take fewer samples or a narrower network"
            )));
        }
        Ok(())
    }

    fn train(
        &self,
        instance: &Instance,
        restarts: Restarts,
        target: Option<f64>,
        watch: &mut dyn Watch,
    ) -> Result<TrainOutcome, TrainError> {
        self.supports(instance)?;
        if restarts.count == 0 {
            return Err(TrainError::Failed("0 restarts were asked for; give at least 1".into()));
        }
        training::train(instance, restarts, target, &self.settings, watch)
    }
}
