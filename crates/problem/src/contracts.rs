//! Contracts: what a family, an exact solver and a trainer must do. Everything else follows from being in a registry.

use crate::{BadParameter, Bounds, Instance, Parameter, Parameters, ShapeMismatch, Size, Tolerance, Weights};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use thiserror::Error;

/// On which side of the argument a family stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tag {
    /// Data with a structure that a small network captures, or real data.
    Structured,
    /// Built to be hard.
    Adversarial,
    /// A parameter leads from one side to the other.
    Ladder,
}

/// A family in words, as plain text. Paragraphs and list items stand on lines of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The family on one line.
    pub title: String,
    /// The data and the network.
    pub definition: String,
    /// Where the idea comes from.
    pub source: String,
    /// What is known of the optimum, and in which sense.
    pub reference: String,
    /// Why that is so; empty where nothing is known or nothing needs a proof.
    pub proof: String,
    /// What descent is expected to do, and why.
    pub descent: String,
}

/// A generator of instances.
///
/// `optgap new family NAME` begins one: a file `crates/families/src/<name>.rs`, a `mod` line and a line in `FAMILIES`. Plans,
/// `optgap list`, the report and the conformance tests find it through that slice.
pub trait Family: Sync {
    /// Name in plans, with hyphens.
    fn name(&self) -> &'static str;
    /// Which side of the argument it is on.
    fn tag(&self) -> Tag;
    /// What it is, what is known of it, and what descent is expected to do: printed beside the result.
    fn about(&self) -> About;
    /// The parameters it understands.
    fn parameters(&self) -> &'static [Parameter];
    /// Named parameter sets, from small to large.
    fn sizes(&self) -> &'static [Size];
    /// The instance for completed parameters and a data seed. Pure: same arguments, same bytes.
    ///
    /// # Errors
    /// When the values do not go together or name data that cannot be read.
    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter>;
}

/// Why a method ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// Upper and lower bound met within the tolerance.
    BoundsClosed,
    /// No further progress: a plateau or a vanishing gradient.
    Converged,
    /// The loss that was asked for is reached.
    TargetReached,
    /// It is proved that no weights have the loss that was asked for.
    TargetExcluded,
    /// The time budget is used up.
    TimeLimit,
    /// The step budget is used up.
    StepLimit,
    /// The memory budget is used up.
    MemoryLimit,
    /// The loss left the range of finite numbers.
    Diverged,
    /// A person or the system asked it to stop.
    Interrupted,
}

/// A method that does not treat an instance, and why.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("not supported: {0}")]
pub struct Unsupported(pub String);

/// What a method reports while it works. The caller has the clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress {
    /// From an exact search.
    Search {
        /// Nodes visited.
        nodes: u64,
        /// Nodes that wait.
        open: usize,
        /// Bounds as they stand.
        bounds: Bounds,
    },
    /// From a trainer.
    Training {
        /// Steps taken.
        step: u64,
        /// Restarts still moving.
        active: usize,
        /// Lowest loss so far.
        best: f64,
    },
}

/// The caller's side of a running method: hears of progress and says when to stop.
pub trait Watch {
    /// Called now and then with the state of the work.
    fn observe(&mut self, progress: Progress);
    /// Asked often; an answer ends the work with the best result so far.
    fn should_stop(&mut self) -> Option<StopReason>;
    /// Time left, if there is a limit: lets a method keep some for its last steps.
    fn remaining(&self) -> Option<Duration> {
        None
    }
}

/// A watch that never looks and never stops.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoWatch;

impl Watch for NoWatch {
    fn observe(&mut self, _: Progress) {}
    fn should_stop(&mut self) -> Option<StopReason> {
        None
    }
}

/// An entry of a registry of methods: how a kind of solver or trainer is named, parametrised and built.
#[derive(Clone, Copy)]
pub struct Method<M: ?Sized + 'static> {
    /// Name in plans, with hyphens.
    pub name: &'static str,
    /// One line for `optgap list`.
    pub meaning: &'static str,
    /// Part of a cell's identity: bumped by hand when the same cell would give another result.
    pub version: u32,
    /// The parameters it understands.
    pub parameters: &'static [Parameter],
    /// Builds the method from completed parameters.
    pub build: fn(&Parameters) -> Result<Box<M>, BadParameter>,
}

impl<M: ?Sized> Method<M> {
    /// The name with those completed parameters that differ from the defaults: `adam[learning-rate=0.01]`.
    pub fn label(&self, completed: &Parameters) -> String {
        let differing = self.parameters.iter().filter_map(|parameter| {
            let value = completed.0.get(parameter.name)?;
            (*value != parameter.kind.default_value()).then(|| format!("{}={value}", parameter.name))
        });
        let differing: Vec<String> = differing.collect();
        if differing.is_empty() { self.name.to_owned() } else { format!("{}[{}]", self.name, differing.join(",")) }
    }
}

/// Where an exact search writes its certificate while it works.
pub trait CertificateSink: fmt::Debug + Sync {
    /// Appends bytes.
    ///
    /// # Errors
    /// When they cannot be written.
    fn append(&self, bytes: &[u8]) -> io::Result<()>;
    /// Forgets all that was written: another search takes over.
    ///
    /// # Errors
    /// When that is impossible.
    fn restart(&self) -> io::Result<()>;
}

/// Certificates in memory.
impl CertificateSink for Mutex<Vec<u8>> {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        self.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(())
    }

    fn restart(&self) -> io::Result<()> {
        self.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }
}

/// What an exact search is asked.
#[derive(Clone, Copy, Debug)]
pub struct ExactTask<'a> {
    /// How far apart the bounds may be and still count as closed.
    pub tolerance: Tolerance,
    /// Weights to begin with, for example those that descent found. The search scores them itself and may improve them first;
    /// they change how long it takes, never what it proves.
    pub start: Option<&'a Weights>,
    /// Decision problem: are there weights with a loss of at most this? The search ends with the first such weights
    /// ([`StopReason::TargetReached`]), and gives up every part of the space whose proved bound exceeds it; if none is left it
    /// ends with a lower bound above the threshold ([`StopReason::TargetExcluded`]). In units of the loss.
    pub threshold: Option<f64>,
    /// Where the proof of the lower bound goes, for a [`Verifier`].
    pub certificate: Option<&'a dyn CertificateSink>,
}

impl ExactTask<'_> {
    /// The usual task: the optimum, from nothing, without a certificate.
    pub fn optimum(tolerance: Tolerance) -> Self {
        Self { tolerance, start: None, threshold: None, certificate: None }
    }
}

/// Finds the global optimum and proves it.
pub trait ExactSolver: Send + Sync {
    /// Refuses instances that it cannot treat, with the reason.
    ///
    /// # Errors
    /// The reason.
    fn supports(&self, instance: &Instance) -> Result<(), Unsupported>;
    /// Searches until the bounds are closed to the task's tolerance, its threshold is decided or the watch says stop. Running
    /// out of time is no error.
    ///
    /// # Errors
    /// When the instance is not supported, the start does not fit the network or the search cannot begin.
    fn solve(&self, instance: &Instance, task: ExactTask<'_>, watch: &mut dyn Watch) -> Result<ExactOutcome, SolveError>;
}

/// What an exact search delivers.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactOutcome {
    /// The best weights found. The caller scores them.
    pub weights: Weights,
    /// No weights have a loss below this.
    pub lower: f64,
    /// Nodes visited.
    pub nodes: u64,
    /// Why the search ended.
    pub stop: StopReason,
    /// Whether a certificate was asked for, and written whole; or why it could not be.
    pub certificate: Option<Result<(), String>>,
}

/// A search that could not be done.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum SolveError {
    /// The instance is outside what the solver treats.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// The weights to begin with are not those of the instance's network.
    #[error("the start: {0}")]
    Start(#[from] ShapeMismatch),
    /// Something in the numbers makes the search impossible.
    #[error("the search failed: {0}")]
    Failed(String),
}

/// Re-proves certificates, by a program that shares nothing with the solver.
pub trait Verifier: Send + Sync {
    /// What the certificate proves of the instance. Both are the bytes of files.
    ///
    /// # Errors
    /// Why it proves nothing: the place in the certificate and the rule that fails there.
    fn verify(&self, instance: &[u8], certificate: &[u8]) -> Result<Verified, String>;
}

/// What a certificate was found to prove.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// No weights have a loss below this: the proved fraction, rounded down.
    pub lower: f64,
    /// The certificate's weights have a loss of at most this: the exact one, rounded up.
    pub upper: f64,
    /// The proved lower bound as a fraction.
    pub exact_lower: String,
    /// The exact loss of the weights as a fraction.
    pub exact_upper: String,
    /// Nodes of the proof that were looked at.
    pub nodes: u64,
}

/// How many independent starts, and their seed. Restart `i` depends on the seed and on `i` alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restarts {
    /// Number of starts, at least 1.
    pub count: usize,
    /// Training seed.
    pub seed: u64,
}

/// Trains a network from many starts.
pub trait Trainer: Send + Sync {
    /// Refuses instances that it cannot treat, with the reason.
    ///
    /// # Errors
    /// The reason.
    fn supports(&self, instance: &Instance) -> Result<(), Unsupported>;
    /// Trains all restarts until each has stopped by itself or the watch says stop. `target` is a loss at which a restart
    /// may stop.
    ///
    /// # Errors
    /// When the instance is not supported or training cannot begin.
    fn train(
        &self,
        instance: &Instance,
        restarts: Restarts,
        target: Option<f64>,
        watch: &mut dyn Watch,
    ) -> Result<TrainOutcome, TrainError>;
}

/// What a trainer delivers: one end point per restart, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainOutcome {
    /// End points in the order of the restarts.
    pub ends: Vec<EndPoint>,
    /// How gradients were computed, where a trainer has several ways: a word for records.
    pub path: &'static str,
}

/// Where one restart ended.
#[derive(Clone, Debug, PartialEq)]
pub struct EndPoint {
    /// The best weights that this restart visited at its checks, or its last ones. The caller scores them.
    pub weights: Weights,
    /// Steps taken.
    pub steps: u64,
    /// Why it ended.
    pub stop: StopReason,
}

/// Training that could not be done.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum TrainError {
    /// The instance is outside what the trainer treats.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// The tensor library refused.
    #[error("training failed: {0}")]
    Failed(String),
}

/// Carries weights to the best point of their own activation cell: the set of weights under which every unit stays on, or
/// off, at the same samples. There the loss is a convex quadratic, so that "has training converged?" gets a definite answer.
pub trait Polish: Send + Sync {
    /// The best weights of the closed cell of `weights`, or `weights` themselves where these score no higher. Never worse.
    ///
    /// # Errors
    /// When the weights do not fit the instance or the cell's problem is too large.
    fn polish(&self, instance: &Instance, weights: &Weights) -> Result<Weights, Unsupported>;
}
