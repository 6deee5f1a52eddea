//! One instance: all its exact cells and all its restarts, joined.

use crate::certificates::CertificateRow;
use crate::clock::Clock;
use crate::statistics::{GapInterval, Proportion, median};
use crate::thresholds::ROUNDING;
use optgap_problem::{Bounds, Reference, Tolerance};
use optgap_results::{CellRecord, InstanceSummary, Status};
use std::collections::BTreeMap;

/// How far the optimum of an instance is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Closure {
    /// Some loss lies below a lower bound: nothing is known.
    Violated,
    /// Bounds closed by the lower bound that an independent checker proved.
    Proved,
    /// Bounds closed by the solver's own arithmetic.
    Unchecked,
    /// No exact method delivered a lower bound, but the family states the optimum.
    Constructed,
    /// Bounds that are not closed.
    Open,
    /// No exact method delivered a lower bound.
    NoBounds,
}

impl Closure {
    /// The words for people. "Proved" is said of checked bounds only.
    pub fn words(self) -> &'static str {
        match self {
            Self::Violated => "violation",
            Self::Proved => "proved",
            Self::Unchecked => "bounds closed, unchecked",
            Self::Constructed => "known by construction",
            Self::Open => "open",
            Self::NoBounds => "no bounds",
        }
    }

    /// Did an exact method close the bounds, checked or not?
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Proved | Self::Unchecked)
    }
}

/// An instance with everything that ran on it.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceRow {
    /// What it is.
    pub summary: InstanceSummary,
    /// The highest lower bound of all exact cells and the lowest loss of all cells, or the optimum that the family states where
    /// there is no lower bound; none without either or after a violation.
    pub bounds: Option<Bounds>,
    /// How far the optimum is known.
    pub closure: Closure,
    /// What came of the certificate of its lower bound; none where no method wrote one.
    pub certificate: Option<CertificateRow>,
    /// Exact methods that treated the instance, in the order of their labels.
    pub exact: Vec<ExactRow>,
    /// Trainers that treated the instance, in the order of their labels.
    pub descent: Vec<DescentRow>,
}

/// What one exact method did on one instance. With several cells (budgets), the best of them.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactRow {
    /// Label of the method.
    pub method: String,
    /// Did it close the bounds itself?
    pub closed: bool,
    /// Seconds until it had closed the bounds, or its budget where it had not; none from another machine than the clock's.
    pub seconds: Option<f64>,
    /// Nodes visited, where it delivered a result.
    pub nodes: Option<u64>,
}

/// What one trainer did on one instance.
#[derive(Clone, Debug, PartialEq)]
pub struct DescentRow {
    /// Label of the method.
    pub method: String,
    /// All restarts of all training seeds.
    pub restarts: Vec<Restart>,
    /// Can the restarts be judged: does the instance have bounds and a unit?
    pub assessed: bool,
    /// Seconds of all restarts together; none from another machine than the clock's or where every cell failed.
    pub seconds: Option<f64>,
}

/// Where one restart ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Restart {
    /// Upper end of its loss over `L0`; infinite where it diverged, none where `L0` is 0.
    pub level: Option<f64>,
    /// Its gap; none where it diverged or the instance has no bounds or no unit.
    pub gap: Option<GapInterval>,
    /// Its gap after its end point is carried to the best point of its activation cell; none where that was not done.
    pub polished: Option<GapInterval>,
}

impl Restart {
    /// Did it leave the finite numbers?
    pub fn diverged(self) -> bool {
        self.level == Some(f64::INFINITY)
    }
}

impl DescentRow {
    /// Restarts that reached the optimum.
    pub fn successes(&self) -> Proportion {
        Proportion::of(&self.restarts, |restart| restart.gap.is_some_and(GapInterval::succeeds))
    }

    /// Restarts that reach the optimum once they are polished, out of those that were, and of those that diverged. No trials
    /// where nothing was polished.
    pub fn polished_successes(&self) -> Proportion {
        let polished = self.restarts.iter().filter(|restart| restart.polished.is_some() || restart.diverged());
        let found = Proportion::of(polished, |restart| restart.polished.is_some_and(GapInterval::succeeds));
        if self.restarts.iter().any(|restart| restart.polished.is_some()) { found } else { Proportion::default() }
    }

    /// Median over the restarts of the gap's upper end, a diverged one counting as infinite.
    pub fn median_gap(&self) -> Option<f64> {
        median(self.gaps())
    }

    /// The least upper end of a gap.
    pub fn best_gap(&self) -> Option<f64> {
        self.gaps().min_by(f64::total_cmp)
    }

    fn gaps(&self) -> impl Iterator<Item = f64> {
        let judged = self.restarts.iter().filter(|_| self.assessed);
        judged.map(|restart| restart.gap.map_or(f64::INFINITY, |gap| gap.upper))
    }
}

impl InstanceRow {
    /// `records` are all cells of one instance; `violated` says whether one of them contradicts another.
    pub(crate) fn new(records: &[&CellRecord], violated: bool, clock: &Clock) -> Option<Self> {
        let summary = records.first()?.instance.clone();
        let (bounds, closure) = join_bounds(records, &summary, violated);
        let mut exact: BTreeMap<&str, Vec<&CellRecord>> = BTreeMap::new();
        let mut trained: BTreeMap<&str, Vec<&CellRecord>> = BTreeMap::new();
        for record in records.iter().filter(|record| took_part(record)) {
            let kind = if is_training(record) { &mut trained } else { &mut exact };
            kind.entry(&record.method.label).or_default().push(record);
        }
        let exact = exact.into_iter().map(|(method, cells)| exact_row(method, &cells, clock)).collect();
        let unit = (summary.constant_level, bounds);
        let descent = trained.into_iter().map(|(method, cells)| descent_row(method, &cells, unit, clock)).collect();
        Some(Self { summary, bounds, closure, certificate: CertificateRow::of(records), exact, descent })
    }

    /// Is the loss of the best constant 0, so that gaps have no unit?
    pub fn degenerate(&self) -> bool {
        self.summary.constant_level <= 0.0
    }

    /// Can restarts be judged here: finite bounds that nothing contradicts, and a unit?
    pub fn assessable(&self) -> bool {
        self.bounds.is_some() && !self.degenerate()
    }

    /// `bounds` in units of `L0`: the width is the resolution of every gap here.
    pub fn bound_gap(&self) -> Option<f64> {
        self.bounds.filter(|_| !self.degenerate()).map(|bounds| bounds.gap().max(0.0) / self.summary.constant_level)
    }

    /// Seconds of the fastest exact method that closed the bounds, else the largest budget spent; with whether it closed.
    pub fn exact_seconds(&self) -> Option<(f64, bool)> {
        let seconds = |closed: bool| self.exact.iter().filter(move |row| row.closed == closed).filter_map(|row| row.seconds);
        let closed = seconds(true).min_by(f64::total_cmp).map(|value| (value, true));
        closed.or_else(|| seconds(false).max_by(f64::total_cmp).map(|value| (value, false)))
    }

    /// `n * d * k`: samples times inputs times hidden units.
    pub fn size(&self) -> usize {
        self.summary.samples * self.summary.dimension * self.summary.width
    }

    /// What this trainer did here.
    pub fn by(&self, method: &str) -> Option<&DescentRow> {
        self.descent.iter().find(|row| row.method == method)
    }
}

/// Trainers have a seed; exact methods have none.
pub(crate) fn is_training(record: &CellRecord) -> bool {
    record.training.is_some() || record.training_seed.is_some()
}

/// A refusal and an interrupted cell say nothing about the method on this instance.
fn took_part(record: &CellRecord) -> bool {
    let delivered = record.exact.is_some() || record.training.is_some();
    record.status != Status::Unsupported && (record.status != Status::Interrupted || delivered)
}

fn join_bounds(records: &[&CellRecord], summary: &InstanceSummary, violated: bool) -> (Option<Bounds>, Closure) {
    if violated {
        return (None, Closure::Violated);
    }
    let upper = records.iter().filter_map(|record| record.best_loss()).map(|loss| loss.hi).min_by(f64::total_cmp);
    let claimed = records.iter().filter_map(|record| record.exact).map(|exact| exact.bounds.lower);
    let proved = records.iter().filter_map(|record| record.certification.checked_lower).max_by(f64::total_cmp);
    let lower = claimed.chain(proved).filter(|lower| lower.is_finite()).max_by(f64::total_cmp);
    let (Some(lower), Some(upper)) = (lower, upper.filter(|upper| upper.is_finite())) else {
        return match summary.reference {
            Some(Reference::Optimum(value)) => (Some(Bounds { lower: value, upper: value }), Closure::Constructed),
            _ => (None, Closure::NoBounds),
        };
    };
    // A loss whose enclosure straddles the lower bound is no violation; the optimum is then not below the bound.
    let bounds = Bounds { lower, upper: upper.max(lower) };
    let tolerance = Tolerance::for_level(summary.constant_level);
    // Cells that closed their bounds to the tolerance of their own plan.
    let closed = || records.iter().filter(|record| record.exact.is_some() && record.status == Status::Optimal);
    let proved = proved.is_some_and(|lower| Bounds { lower, ..bounds }.closed(tolerance));
    let closure = if proved || closed().any(|record| is_confirmed(record)) {
        Closure::Proved
    } else if bounds.closed(tolerance) || closed().next().is_some() {
        Closure::Unchecked
    } else {
        Closure::Open
    };
    (Some(bounds), closure)
}

/// Is what the checker proved, but for rounding, no less than the method's own lower bound?
fn is_confirmed(record: &CellRecord) -> bool {
    let bounds = record.exact.map(|exact| exact.bounds.lower).zip(record.certification.checked_lower);
    bounds.is_some_and(|(claimed, proved)| proved >= claimed - ROUNDING * claimed.abs())
}

fn exact_row(method: &str, cells: &[&CellRecord], clock: &Clock) -> ExactRow {
    let seconds = |record: &CellRecord| {
        let spent = clock.seconds(record)?;
        Some(if record.status == Status::Optimal { spent } else { spent.max(record.budget_s) })
    };
    let best = cells.iter().min_by(|a, b| {
        let key = |record: &CellRecord| (record.status != Status::Optimal, seconds(record).is_none());
        let length = |record: &CellRecord| seconds(record).unwrap_or(f64::INFINITY);
        key(a).cmp(&key(b)).then(length(a).total_cmp(&length(b)))
    });
    ExactRow {
        method: method.to_owned(),
        closed: best.is_some_and(|record| record.status == Status::Optimal),
        seconds: best.and_then(|record| seconds(record)),
        nodes: best.and_then(|record| record.exact).map(|exact| exact.nodes),
    }
}

fn descent_row(method: &str, cells: &[&CellRecord], unit: (f64, Option<Bounds>), clock: &Clock) -> DescentRow {
    let (constant_level, bounds) = unit;
    let ends = cells.iter().filter_map(|record| record.training.as_ref()).flat_map(|training| &training.ends);
    let restarts = ends.map(|end| {
        let level = match end.loss {
            Some([_, hi]) if hi.is_finite() => hi / constant_level,
            _ => f64::INFINITY,
        };
        let gap = |loss: Option<[f64; 2]>| GapInterval::new(loss?, bounds?, constant_level);
        Restart { level: (constant_level > 0.0).then_some(level), gap: gap(end.loss), polished: gap(end.polished) }
    });
    let delivered = cells.iter().filter(|record| record.training.is_some());
    let seconds: Option<Vec<f64>> = delivered.map(|record| clock.seconds(record)).collect();
    DescentRow {
        method: method.to_owned(),
        restarts: restarts.collect(),
        assessed: bounds.is_some() && constant_level > 0.0,
        seconds: seconds.filter(|all| !all.is_empty()).map(|all| all.iter().sum()),
    }
}
