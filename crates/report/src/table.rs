//! The whole run as tables: what the terminal, the page and the charts show.

use crate::certificates::Certificates;
use crate::clock::Clock;
use crate::instance_row::{Closure, DescentRow, InstanceRow, is_training};
use crate::statistics::{GapInterval, Proportion, mean_seconds, median};
use crate::thresholds::REFERENCE_MARGIN;
use optgap_problem::{Fingerprint, Tag};
use optgap_results::{CellRecord, Status, Violation, violations};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that is reported of a run, computed from its records.
#[derive(Clone, Debug, PartialEq)]
pub struct RunTable {
    /// One row per training problem, by side, family, size and name.
    pub instances: Vec<InstanceRow>,
    /// One row per family, in the same order.
    pub families: Vec<FamilyRow>,
    /// Labels of the exact methods, sorted.
    pub exact_methods: Vec<String>,
    /// Labels of the trainers, sorted.
    pub trainers: Vec<String>,
    /// Losses below lower bounds.
    pub violations: Vec<Violation>,
    /// What an independent checker said of the lower bounds.
    pub certificates: Certificates,
    /// Cells without the result that was asked for.
    pub setbacks: Vec<Setback>,
    /// Cells that are finished; an interrupted cell is not.
    pub finished_cells: usize,
    /// Cells that the run has, where the caller knows.
    pub planned_cells: Option<usize>,
    /// Whose seconds are shown.
    pub clock: Clock,
}

/// A cell that failed, was refused or was interrupted.
#[derive(Clone, Debug, PartialEq)]
pub struct Setback {
    /// Identity of the cell.
    pub cell: String,
    /// Name of the instance.
    pub instance: String,
    /// Family of the instance.
    pub family: String,
    /// Label of the method.
    pub method: String,
    /// Why it counts as a setback.
    pub status: Status,
    /// Free text.
    pub reason: String,
}

impl Setback {
    /// Did something go wrong, as opposed to a refusal or an interruption by a person?
    pub fn failed(&self) -> bool {
        matches!(self.status, Status::Timeout | Status::Memout | Status::Killed | Status::Error)
    }
}

/// The results on one family.
#[derive(Clone, Debug, PartialEq)]
pub struct FamilyRow {
    /// Name of the family.
    pub name: String,
    /// Its side.
    pub tag: Tag,
    /// How many instances there are of each closure.
    pub closures: BTreeMap<Closure, usize>,
    /// Instances whose `L0` is 0: gaps have no unit there.
    pub degenerate: usize,
    /// Losses below lower bounds.
    pub violations: usize,
    /// Cells that failed.
    pub failed_cells: usize,
    /// Mean seconds of exact search over the instances, with an instance that stayed open at its budget.
    pub exact_seconds: Option<f64>,
    /// One row per trainer that ran here, in the order of the labels.
    pub trainers: Vec<TrainerRow>,
}

/// The results of one trainer on one family. Only instances with bounds and a unit count, except in `seconds`.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainerRow {
    /// Label of the trainer.
    pub method: String,
    /// Restarts that reached the optimum.
    pub restarts: Proportion,
    /// Restarts that reach it once they are polished; no trials where nothing was polished.
    pub polished: Proportion,
    /// Restarts of which the bounds leave it open.
    pub undecided: usize,
    /// Restarts that diverged.
    pub diverged: usize,
    /// Instances on which any restart reached the optimum.
    pub instances: Proportion,
    /// Median over the instances of the median restart's gap; infinite where most restarts diverged.
    pub median_gap: Option<f64>,
    /// Median over the instances of the best restart's gap.
    pub best_gap: Option<f64>,
    /// Mean over the instances of the seconds of all restarts together.
    pub seconds: Option<f64>,
}

impl FamilyRow {
    /// Number of instances.
    pub fn instances(&self) -> usize {
        self.closures.values().sum()
    }

    /// Number of instances with closed bounds, checked or not.
    pub fn closed(&self) -> usize {
        self.closures.iter().filter(|(closure, _)| closure.is_closed()).map(|(_, count)| count).sum()
    }
}

impl RunTable {
    /// Joins the records of a run. Of several records of one cell the last counts. The order of the records of different
    /// cells does not matter. `planned_cells` is how many cells the run has, if known.
    pub fn new(records: &[CellRecord], planned_cells: Option<usize>) -> Self {
        let latest: BTreeMap<&str, &CellRecord> = records.iter().map(|record| (record.cell.as_str(), record)).collect();
        let cells: Vec<&CellRecord> = latest.into_values().collect();
        let clock = Clock::of(&cells);
        let mut violations = violations(records, REFERENCE_MARGIN);
        violations.sort_by(|a, b| a.instance.cmp(&b.instance).then_with(|| a.loss.0.cmp(&b.loss.0)));
        violations.dedup();
        let instances = instance_rows(&cells, &violations, &clock);
        let setbacks: Vec<Setback> = cells.iter().filter_map(|record| setback(record)).collect();
        let families = family_rows(&instances, &setbacks, &violations);
        Self {
            families,
            exact_methods: labels(&cells, false),
            trainers: labels(&cells, true),
            certificates: Certificates::of(&cells, &clock),
            violations,
            finished_cells: cells.iter().filter(|record| record.status != Status::Interrupted).count(),
            planned_cells,
            setbacks,
            instances,
            clock,
        }
    }

    /// Sides that occur, in the order of the tables.
    pub fn tags(&self) -> Vec<Tag> {
        self.families.iter().map(|family| family.tag).collect::<BTreeSet<Tag>>().into_iter().collect()
    }

    /// Instances of a family.
    pub fn instances_of<'a>(&'a self, family: &'a FamilyRow) -> impl Iterator<Item = &'a InstanceRow> {
        let belongs = |row: &&InstanceRow| row.summary.family == family.name && row.summary.tag == family.tag;
        self.instances.iter().filter(belongs)
    }

    /// Number of instances of a closure.
    pub fn count(&self, closure: Closure) -> usize {
        self.instances.iter().filter(|row| row.closure == closure).count()
    }

    /// Number of failed cells.
    pub fn failed_cells(&self) -> usize {
        self.setbacks.iter().filter(|setback| setback.failed()).count()
    }

    /// The widest closed bounds in units of `L0`: no gap is known more finely than this everywhere. None without closed bounds.
    pub fn floor(&self) -> Option<f64> {
        let closed = self.instances.iter().filter(|row| row.closure.is_closed());
        closed.filter_map(InstanceRow::bound_gap).max_by(f64::total_cmp)
    }

    /// Is the run known to be incomplete?
    pub fn unfinished(&self) -> bool {
        self.planned_cells.is_some_and(|planned| self.finished_cells < planned)
    }
}

/// The word for a side in tables.
pub(crate) fn tag_word(tag: Tag) -> &'static str {
    match tag {
        Tag::Structured => "structured",
        Tag::Adversarial => "adversarial",
        Tag::Ladder => "ladder",
    }
}

fn labels(cells: &[&CellRecord], training: bool) -> Vec<String> {
    let labels = cells.iter().filter(|record| is_training(record) == training).map(|record| record.method.label.clone());
    labels.collect::<BTreeSet<String>>().into_iter().collect()
}

fn instance_rows(cells: &[&CellRecord], violations: &[Violation], clock: &Clock) -> Vec<InstanceRow> {
    let mut by_instance: BTreeMap<&Fingerprint, Vec<&CellRecord>> = BTreeMap::new();
    for record in cells {
        by_instance.entry(&record.instance.fingerprint).or_default().push(record);
    }
    let guilty: BTreeSet<&str> = violations.iter().map(|violation| violation.loss.0.as_str()).collect();
    let rows = by_instance.into_values().filter_map(|cells| {
        let violated = cells.iter().any(|record| guilty.contains(record.cell.as_str()));
        InstanceRow::new(&cells, violated, clock)
    });
    let mut rows: Vec<InstanceRow> = rows.collect();
    rows.sort_by(|a, b| {
        let side = |row: &InstanceRow| (row.summary.tag, row.summary.family.clone());
        let size = |row: &InstanceRow| (row.size(), row.summary.name.clone(), row.summary.fingerprint.clone());
        side(a).cmp(&side(b)).then_with(|| size(a).cmp(&size(b)))
    });
    rows
}

fn setback(record: &CellRecord) -> Option<Setback> {
    let setback = Setback {
        cell: record.cell.clone(),
        instance: record.instance.name.clone(),
        family: record.instance.family.clone(),
        method: record.method.label.clone(),
        status: record.status,
        reason: record.reason.clone().unwrap_or_default(),
    };
    (setback.failed() || matches!(record.status, Status::Unsupported | Status::Interrupted)).then_some(setback)
}

fn family_rows(instances: &[InstanceRow], setbacks: &[Setback], violations: &[Violation]) -> Vec<FamilyRow> {
    let mut members: BTreeMap<(Tag, &str), Vec<&InstanceRow>> = BTreeMap::new();
    for row in instances {
        members.entry((row.summary.tag, &row.summary.family)).or_default().push(row);
    }
    let rows = members.into_iter().map(|((tag, name), rows)| {
        let mut closures = BTreeMap::new();
        for row in &rows {
            *closures.entry(row.closure).or_default() += 1;
        }
        let names: BTreeSet<&str> = rows.iter().map(|row| row.summary.name.as_str()).collect();
        FamilyRow {
            name: name.to_owned(),
            tag,
            closures,
            degenerate: rows.iter().filter(|row| row.degenerate()).count(),
            violations: violations.iter().filter(|violation| names.contains(violation.instance.as_str())).count(),
            failed_cells: setbacks.iter().filter(|setback| setback.failed() && setback.family == name).count(),
            exact_seconds: mean_seconds(rows.iter().filter_map(|row| row.exact_seconds()).map(|(seconds, _)| seconds)),
            trainers: trainer_rows(&rows),
        }
    });
    rows.collect()
}

fn trainer_rows(instances: &[&InstanceRow]) -> Vec<TrainerRow> {
    let mut by_method: BTreeMap<&str, Vec<&DescentRow>> = BTreeMap::new();
    for row in instances.iter().flat_map(|instance| &instance.descent) {
        by_method.entry(&row.method).or_default().push(row);
    }
    let rows = by_method.into_iter().map(|(method, rows)| {
        let judged: Vec<&DescentRow> = rows.iter().copied().filter(|row| row.assessed).collect();
        let restarts = || judged.iter().flat_map(|row| &row.restarts);
        TrainerRow {
            method: method.to_owned(),
            restarts: judged.iter().fold(Proportion::default(), |sum, row| sum.plus(row.successes())),
            polished: judged.iter().fold(Proportion::default(), |sum, row| sum.plus(row.polished_successes())),
            undecided: restarts().filter(|restart| restart.gap.is_some_and(GapInterval::undecided)).count(),
            diverged: restarts().filter(|restart| restart.diverged()).count(),
            instances: Proportion::of(&judged, |row| row.successes().successes > 0),
            median_gap: median(judged.iter().filter_map(|row| row.median_gap())),
            best_gap: median(judged.iter().filter_map(|row| row.best_gap())),
            seconds: mean_seconds(rows.iter().filter_map(|row| row.seconds)),
        }
    });
    rows.collect()
}
