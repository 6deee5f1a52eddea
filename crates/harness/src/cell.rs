//! A cell: instance x method x seed x budget, and its identity.

use crate::{Engine, MethodChoice};
use optgap_problem::{ExactSolver, Fingerprint, Instance, Parameters, Restarts, Trainer};
use optgap_results::{InstanceSummary, MethodSummary, PlannedCell};
use serde::Serialize;
use std::sync::Arc;

/// An instance of a plan.
#[derive(Clone, Debug)]
pub struct PlannedInstance {
    /// The instance.
    pub instance: Instance,
    /// How records name it.
    pub summary: InstanceSummary,
}

/// What a cell's method is asked to do.
#[derive(Clone)]
pub enum Task {
    /// Find the optimum and prove it.
    Exact {
        /// The solver.
        solver: Arc<dyn ExactSolver>,
        /// Does it begin with the best weights that the run's training cells found on this instance?
        warm_start: bool,
        /// Does it write a certificate, which is checked afterwards?
        certificate: bool,
    },
    /// Descend from many starts.
    Training {
        /// The trainer.
        trainer: Arc<dyn Trainer>,
        /// The starts.
        restarts: Restarts,
        /// A loss at which a restart may stop.
        target: Option<f64>,
    },
}

/// A unit of work with an identity of its own.
#[derive(Clone)]
pub struct Cell {
    /// 16 hexadecimal digits: a hash of everything that decides the result.
    pub id: String,
    /// The instance.
    pub instance: Arc<PlannedInstance>,
    /// How records name the method.
    pub method: MethodSummary,
    /// The work.
    pub task: Task,
    /// Time limit in seconds.
    pub time_limit_s: f64,
}

/// What a method may use, as a plan states it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Budget {
    /// Time limit in seconds.
    pub(crate) time_limit_s: f64,
    /// Number of starts, for trainers.
    pub(crate) restarts: usize,
    /// Gap at which a restart may stop, for trainers and instances whose optimum is known by construction.
    pub(crate) target_gap: Option<f64>,
    /// Begin with descent's best weights, for exact methods.
    pub(crate) warm_start: bool,
    /// Write a certificate, for exact methods.
    pub(crate) certificate: bool,
}

/// Number of hexadecimal digits of a cell's identity.
const ID_DIGITS: usize = 16;

/// Everything that decides a cell's result, in the form that is hashed.
#[derive(Serialize)]
struct Identity<'a> {
    domain: &'static str,
    instance: &'a Fingerprint,
    method: &'a str,
    version: u32,
    parameters: &'a Parameters,
    training_seed: Option<u64>,
    restarts: Option<usize>,
    time_limit_s: f64,
    target: Option<f64>,
    /// Left out where it is false, so that cells from before it existed keep their identity.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    warm_start: bool,
    /// Likewise left out where it is false. A certificate changes no result but the seconds, and with them what a time limit
    /// allows: a cell without one does not answer for a cell with one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    certificate: bool,
}

impl Cell {
    /// The cell of an exact method, or of a trainer with one training seed.
    pub(crate) fn new(instance: &Arc<PlannedInstance>, method: &MethodChoice, budget: Budget, training_seed: u64) -> Self {
        let task = match &method.engine {
            Engine::Exact(solver) => {
                Task::Exact { solver: Arc::clone(solver), warm_start: budget.warm_start, certificate: budget.certificate }
            }
            Engine::Training(trainer) => Task::Training {
                trainer: Arc::clone(trainer),
                restarts: Restarts { count: budget.restarts, seed: training_seed },
                target: budget.target_gap.and_then(|gap| target_loss(&instance.summary, gap)),
            },
        };
        let mut cell = Self {
            id: String::new(),
            instance: Arc::clone(instance),
            method: method.summary.clone(),
            task,
            time_limit_s: budget.time_limit_s,
        };
        if cell.warm_start() {
            // Reports go by the label: seconds with and without a start are not to be mixed.
            cell.method.label.push_str(", warm start");
        }
        cell.id = cell.identity();
        cell
    }

    /// Seed of the restarts; none for exact methods.
    pub fn training_seed(&self) -> Option<u64> {
        match &self.task {
            Task::Exact { .. } => None,
            Task::Training { restarts, .. } => Some(restarts.seed),
        }
    }

    /// Does the cell wait for the training cells of its instance, to begin with their best weights?
    pub(crate) fn warm_start(&self) -> bool {
        matches!(self.task, Task::Exact { warm_start: true, .. })
    }

    /// Does the cell's method write a certificate?
    pub(crate) fn certificate(&self) -> bool {
        matches!(self.task, Task::Exact { certificate: true, .. })
    }

    /// The line of `plan.jsonl`.
    pub(crate) fn planned(&self) -> PlannedCell {
        PlannedCell {
            cell: self.id.clone(),
            instance: self.instance.summary.name.clone(),
            method: self.method.label.clone(),
            training_seed: self.training_seed(),
        }
    }

    /// A key by which cells that probably take long come first: exact searches by the dimension of their search space,
    /// which they are exponential in, then training by the work per step.
    pub(crate) fn expected_effort(&self) -> (bool, usize, usize) {
        let summary = &self.instance.summary;
        match &self.task {
            Task::Exact { .. } => (true, summary.width * (summary.dimension + 1), summary.samples),
            Task::Training { restarts, .. } => (false, summary.samples * summary.width * restarts.count, summary.dimension),
        }
    }

    fn identity(&self) -> String {
        let (restarts, target) = match &self.task {
            Task::Exact { .. } => (None, None),
            Task::Training { restarts, target, .. } => (Some(restarts.count), *target),
        };
        let identity = Identity {
            domain: "optgap-cell/1",
            instance: &self.instance.summary.fingerprint,
            method: &self.method.name,
            version: self.method.version,
            parameters: &self.method.parameters,
            training_seed: self.training_seed(),
            restarts,
            time_limit_s: self.time_limit_s,
            target,
            warm_start: self.warm_start(),
            certificate: self.certificate(),
        };
        let bytes = serde_json::to_vec(&identity).expect("plain data always serialises");
        blake3::hash(&bytes).to_hex()[..ID_DIGITS].to_owned()
    }
}

/// The loss whose gap is `gap`, where the optimum is known by construction.
fn target_loss(summary: &InstanceSummary, gap: f64) -> Option<f64> {
    use optgap_problem::Reference::{AtLeast, Infimum, Optimum};
    match summary.reference? {
        Optimum(value) | Infimum(value) => Some(value + gap * summary.constant_level),
        AtLeast(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_cell_does_not_do_leaves_its_identity_as_it_was_before_that_could_be_done() {
        let instance: Fingerprint = serde_json::from_str(&format!("\"{:064}\"", 7)).expect("64 digits");
        let identity = |warm_start, certificate| {
            let identity = Identity {
                domain: "optgap-cell/1",
                instance: &instance,
                method: "m",
                version: 1,
                parameters: &Parameters::default(),
                training_seed: None,
                restarts: None,
                time_limit_s: 1.0,
                target: None,
                warm_start,
                certificate,
            };
            serde_json::to_string(&identity).expect("serialises")
        };
        let before = identity(false, false);
        assert!(before.ends_with("\"time_limit_s\":1.0,\"target\":null}"), "{before}");
        assert!(identity(true, true).ends_with("\"target\":null,\"warm_start\":true,\"certificate\":true}"));
    }
}
