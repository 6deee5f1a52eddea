//! The record of one cell.

use crate::Certification;
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
    /// The cell whose best weights an exact method began with; none if it began from nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// Result of an exact method.
    pub exact: Option<ExactResult>,
    /// What came of the certificate of an exact method's lower bound; its fields stand among those of the record.
    #[serde(flatten)]
    pub certification: Certification,
    /// Result of a trainer.
    pub training: Option<TrainingResult>,
    /// The best weights of the cell.
    pub weights: Option<Weights>,
    /// Wall seconds of the method.
    pub wall_s: f64,
    /// CPU seconds of the cell's thread in the method.
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

impl InstanceSummary {
    /// Does a constant prediction fit perfectly? Then there is no unit for gaps, and nothing to learn.
    pub fn is_degenerate(&self) -> bool {
        self.constant_level == 0.0
    }
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

impl Status {
    /// Does a record with this status settle its cell for good? Only a record without may be replaced by a later one.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Interrupted | Self::Memout | Self::Killed | Self::Error)
    }

    /// Did the method break down instead of delivering or refusing?
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Memout | Self::Killed | Self::Error)
    }
}

impl std::fmt::Display for Status {
    /// The word that stands in the record.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}

impl std::str::FromStr for Status {
    type Err = serde::de::value::Error;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::deserialize(serde::de::value::StrDeserializer::new(word))
    }
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
    /// Decimal logarithm of the number of activation cells that an enumeration would visit; none in old records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrangement_log10: Option<f64>,
}

/// Result of a trainer: one entry per restart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingResult {
    /// End points in the order of the restarts.
    pub ends: Vec<RestartEnd>,
    /// How gradients were computed, where the trainer has several ways; none in records from before it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// CPU seconds for polishing all end points: the harness's work, in no time of the trainer. None where nothing was polished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polish_s: Option<f64>,
}

/// Where one restart ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RestartEnd {
    /// Enclosure of the end point's loss as scored by the harness; none where it diverged.
    pub loss: Option<[f64; 2]>,
    /// Enclosure of the loss after the end point is carried to the optimum of its own activation cell; none where it diverged
    /// or was not polished. Never above `loss`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polished: Option<[f64; 2]>,
    /// Steps taken.
    pub steps: u64,
    /// Why it ended.
    pub stop: StopReason,
}

impl RestartEnd {
    /// Builds an end from a score; a score that is not finite counts as diverged.
    pub fn new(score: Enclosure, steps: u64, stop: StopReason) -> Self {
        let loss = score.is_finite().then_some([score.lo, score.hi]);
        Self { loss, polished: None, steps, stop: if loss.is_some() { stop } else { StopReason::Diverged } }
    }

    /// Upper end of the enclosed loss.
    pub fn loss_upper(&self) -> Option<f64> {
        self.loss.map(|[_, hi]| hi)
    }

    /// Upper end of the enclosed loss after polishing.
    pub fn polished_upper(&self) -> Option<f64> {
        self.polished.map(|[_, hi]| hi)
    }
}

impl CellRecord {
    /// Version of this record type.
    pub const SCHEMA: &'static str = "cell/1";

    /// The lowest enclosed loss among everything that the method delivered.
    pub fn best_loss(&self) -> Option<Enclosure> {
        if let Some(exact) = &self.exact {
            return Some(Enclosure::new(exact.loss_lower, exact.bounds.upper));
        }
        let ends = &self.training.as_ref()?.ends;
        ends.iter().filter_map(|end| end.loss).map(|[lo, hi]| Enclosure::new(lo, hi)).min_by(|a, b| a.hi.total_cmp(&b.hi))
    }

    /// The lowest upper end of a loss that is known from this cell, polished ones included.
    fn lowest_known(&self) -> Option<f64> {
        let ends = self.training.iter().flat_map(|training| &training.ends);
        let polished = ends.filter_map(RestartEnd::polished_upper);
        self.best_loss().map(|loss| loss.hi).into_iter().chain(polished).min_by(f64::total_cmp)
    }
}

/// How far a loss may lie below an instance's reference value, or a lower bound above it, without being a violation: a share
/// of the larger of the value and `L0`. References are computed in floating point.
pub const REFERENCE_MARGIN: f64 = 1e-9;

/// Stands in a [`Violation`] where the other side is no cell.
const REFERENCE: &str = "the reference";

/// A loss that lies wholly below a lower bound for the same training problem: one of the two is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// Name of the instance.
    pub instance: String,
    /// Cell with the loss (or `the reference`), and the upper end of its enclosure.
    pub loss: (String, f64),
    /// `cell` and the cell with the lower bound (or `the reference`), and the bound.
    pub bound: (String, f64),
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (loss_cell, loss) = &self.loss;
        let (bound_cell, bound) = &self.bound;
        let kind = if loss_cell == REFERENCE { "" } else { "cell " };
        write!(f, "{}: {kind}{loss_cell} has loss {loss:e} below the lower bound {bound:e} of {bound_cell}", self.instance)
    }
}

/// Every loss below a lower bound, over all records of the same training problem. An instance's reference value counts
/// as a bound of its own (and as a loss, where it is the optimum or the infimum), with a relative margin of
/// `reference_margin` because it is given in floating point; [`REFERENCE_MARGIN`] is the usual one.
pub fn violations(records: &[CellRecord], reference_margin: f64) -> Vec<Violation> {
    let mut by_instance: BTreeMap<&Fingerprint, Vec<&CellRecord>> = BTreeMap::new();
    for record in records {
        by_instance.entry(&record.instance.fingerprint).or_default().push(record);
    }
    by_instance.values().flat_map(|cells| violations_of_instance(cells, reference_margin)).collect()
}

fn violations_of_instance(cells: &[&CellRecord], reference_margin: f64) -> Vec<Violation> {
    let mut losses: Vec<(String, f64)> = Vec::new();
    let mut bounds: Vec<(String, f64)> = Vec::new();
    for cell in cells {
        losses.extend(cell.lowest_known().map(|loss| (cell.cell.clone(), loss)));
        let lower = [cell.exact.map(|exact| exact.bounds.lower), cell.certification.checked_lower].into_iter().flatten();
        bounds.extend(lower.map(|lower| (format!("cell {}", cell.cell), lower)));
    }
    // The cells of one training problem may come from two families, of which one knows more.
    for reference in cells.iter().filter_map(|cell| Some((cell.instance.reference?, cell.instance.constant_level))) {
        let (Reference::Optimum(value) | Reference::AtLeast(value) | Reference::Infimum(value), level) = reference;
        let margin = reference_margin * value.abs().max(level);
        bounds.push((REFERENCE.into(), value - margin));
        if !matches!(reference.0, Reference::AtLeast(_)) {
            losses.push((REFERENCE.into(), value + margin));
        }
    }
    let Some(strongest) = bounds.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)) else { return Vec::new() };
    let mut below: Vec<(String, f64)> = losses.into_iter().filter(|(_, loss)| *loss < strongest.1).collect();
    below.dedup();
    let instance = cells[0].instance.name.clone();
    below.into_iter().map(|loss| Violation { instance: instance.clone(), loss, bound: strongest.clone() }).collect()
}
