//! The record of one cell.

use optgap_problem::{Bounds, Enclosure, Fingerprint, Parameters, Reference, StopReason, Tag, Weights};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One finished cell: instance x method x seed x budget. A line of `cells/<worker>.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellRecord {
    /// Always [`CellRecord::SCHEMA`].
    pub schema: String,
    /// Identity of the cell, 16 hexadecimal digits.
    pub cell: String,
    /// The instance.
    pub instance: InstanceSummary,
    /// The method.
    pub method: MethodSummary,
    /// Seed of a trainer's restarts; none for exact methods.
    pub training_seed: Option<u64>,
    /// Time budget of the cell in seconds.
    pub budget_s: f64,
    /// What the method delivered.
    pub status: Status,
    /// How far the result is proved.
    pub verdict: Verdict,
    /// Why the method ended, where it ended by itself.
    pub stop: Option<StopReason>,
    /// Free text for `error` and `unsupported`.
    pub reason: Option<String>,
    /// Result of an exact method.
    pub exact: Option<ExactResult>,
    /// Result of a trainer.
    pub training: Option<TrainingResult>,
    /// The best weights of the cell.
    pub weights: Option<Weights>,
    /// Wall seconds.
    pub wall_s: f64,
    /// CPU seconds of the cell's thread.
    pub cpu_s: f64,
    /// Cells that ran side by side.
    pub jobs: usize,
    /// Identity of the machine: seconds are compared only within one.
    pub machine: String,
    /// Source revision of optgap, or `unknown`.
    pub revision: String,
}

/// What a reader needs to know of an instance without having it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstanceSummary {
    /// Name for people.
    pub name: String,
    /// Hash of the content.
    pub fingerprint: Fingerprint,
    /// Family that made it.
    pub family: String,
    /// Side of the argument.
    pub tag: Tag,
    /// Size by name, if the plan used one.
    pub size: Option<String>,
    /// The family's completed parameters.
    pub parameters: Parameters,
    /// Data seed.
    pub seed: u64,
    /// Number `n` of samples.
    pub samples: usize,
    /// Number `d` of inputs.
    pub dimension: usize,
    /// Number `k` of hidden units.
    pub width: usize,
    /// `L0`: loss of the best constant prediction, the unit of every gap.
    pub constant_level: f64,
    /// What is known by construction.
    pub reference: Option<Reference>,
}

/// What a reader needs to know of a method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MethodSummary {
    /// Name in plans.
    pub name: String,
    /// Name with the parameters that differ from the defaults.
    pub label: String,
    /// Bumped by hand when results change.
    pub version: u32,
    /// Completed parameters.
    pub parameters: Parameters,
}

/// What a method delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Bounds closed to the tolerance.
    Optimal,
    /// Weights and a lower bound, gap open.
    Bounded,
    /// Weights, no bound.
    Feasible,
    /// Ended because the target was reached.
    Target,
    /// Every restart left the finite numbers.
    Diverged,
    /// Stopped by a person.
    Interrupted,
    /// Nothing came back in time.
    Timeout,
    /// Nothing came back within the memory.
    Memout,
    /// The process was killed.
    Killed,
    /// The method failed or panicked.
    Error,
    /// The method does not treat this instance.
    Unsupported,
}

/// What the harness concluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// An independent checker proved the lower bound.
    Checked,
    /// The lower bound rests on the solver's own outward-rounded arithmetic.
    Unchecked,
    /// There is no lower bound to check.
    NotApplicable,
}

/// Result of an exact method. `upper` is scored by the harness, never by the method.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExactResult {
    /// Bounds for the optimum.
    pub bounds: Bounds,
    /// Enclosure of the loss of the returned weights; its upper end is the upper bound.
    pub loss_lower: f64,
    /// Nodes visited.
    pub nodes: u64,
}

/// Result of a trainer: one entry per restart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingResult {
    /// End points in the order of the restarts.
    pub ends: Vec<RestartEnd>,
}

/// Where one restart ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RestartEnd {
    /// Enclosure of the end point's loss as scored by the harness; none where it diverged.
    pub loss: Option<[f64; 2]>,
    /// Steps taken.
    pub steps: u64,
    /// Why it ended.
    pub stop: StopReason,
}

impl RestartEnd {
    /// Builds an end from a score; a score that is not finite counts as diverged.
    pub fn new(score: Enclosure, steps: u64, stop: StopReason) -> Self {
        let loss = score.is_finite().then_some([score.lo, score.hi]);
        Self { loss, steps, stop: if loss.is_some() { stop } else { StopReason::Diverged } }
    }

    /// Upper end of the enclosed loss.
    pub fn loss_upper(&self) -> Option<f64> {
        self.loss.map(|[_, hi]| hi)
    }
}

impl CellRecord {
    /// Version of this record type.
    pub const SCHEMA: &'static str = "cell/1";

    /// The lowest enclosed loss among everything that the cell delivered.
    pub fn best_loss(&self) -> Option<Enclosure> {
        if let Some(exact) = &self.exact {
            return Some(Enclosure::new(exact.loss_lower, exact.bounds.upper));
        }
        let ends = &self.training.as_ref()?.ends;
        ends.iter().filter_map(|end| end.loss).map(|[lo, hi]| Enclosure::new(lo, hi)).min_by(|a, b| a.hi.total_cmp(&b.hi))
    }
}

/// A loss that lies wholly below a lower bound for the same training problem: one of the two is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// Name of the instance.
    pub instance: String,
    /// Cell with the loss, and the upper end of its enclosure.
    pub loss: (String, f64),
    /// Cell with the lower bound (or `reference`), and the bound.
    pub bound: (String, f64),
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (loss_cell, loss) = &self.loss;
        let (bound_cell, bound) = &self.bound;
        write!(f, "{}: cell {loss_cell} has loss {loss:e} below the lower bound {bound:e} of {bound_cell}", self.instance)
    }
}

/// Every loss below a lower bound, over all records of the same training problem. An instance's reference value counts
/// as a bound of its own, with a relative margin of `reference_margin` because it is given in floating point.
pub fn violations(records: &[CellRecord], reference_margin: f64) -> Vec<Violation> {
    let mut by_instance: BTreeMap<&Fingerprint, Vec<&CellRecord>> = BTreeMap::new();
    for record in records {
        by_instance.entry(&record.instance.fingerprint).or_default().push(record);
    }
    by_instance.values().flat_map(|cells| violations_of_instance(cells, reference_margin)).collect()
}

fn violations_of_instance(cells: &[&CellRecord], reference_margin: f64) -> Vec<Violation> {
    let mut bounds: Vec<(String, f64)> = Vec::new();
    for cell in cells {
        if let Some(exact) = &cell.exact {
            bounds.push((format!("cell {}", cell.cell), exact.bounds.lower));
        }
        let Some(reference) = cell.instance.reference else { continue };
        let (Reference::Optimum(reference) | Reference::AtLeast(reference) | Reference::Infimum(reference)) = reference;
        bounds.push(("the reference".into(), reference - reference_margin * reference.abs().max(cell.instance.constant_level)));
    }
    let Some(strongest) = bounds.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)) else { return Vec::new() };
    cells
        .iter()
        .filter_map(|cell| {
            let loss = cell.best_loss()?;
            (loss.hi < strongest.1).then(|| Violation {
                instance: cell.instance.name.clone(),
                loss: (cell.cell.clone(), loss.hi),
                bound: strongest.clone(),
            })
        })
        .collect()
}
