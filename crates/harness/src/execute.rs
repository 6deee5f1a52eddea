//! Running one cell: whatever happens becomes a record.

use crate::{AttemptError, Cell, ClockWatch, ExactAttempt, Task, TrainingAttempt, descend, search};
use cpu_time::ThreadTime;
use optgap_problem::{StopReason, Tolerance};
use optgap_results::{CellRecord, Status, Verdict};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// What every record of a run says alike.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    pub(crate) jobs: usize,
    pub(crate) machine: String,
    pub(crate) revision: String,
}

/// The result of a cell's method.
enum Delivered {
    Exact(ExactAttempt),
    Training(TrainingAttempt),
}

/// Runs a cell. None when a person broke it off before it was finished: such a cell is run again.
///
/// CPU seconds are those of the calling thread: a method that starts threads of its own shows only its wall seconds.
pub(crate) fn execute(cell: &Cell, surroundings: &Surroundings, interrupt: &AtomicBool) -> Option<CellRecord> {
    let (wall, cpu) = (Instant::now(), ThreadTime::now());
    let delivered = attempt(cell, interrupt);
    let (wall_s, cpu_s) = (wall.elapsed().as_secs_f64(), cpu.elapsed().as_secs_f64());
    if matches!(&delivered, Ok(delivered) if delivered.unfinished()) {
        return None;
    }
    let mut record = CellRecord {
        schema: CellRecord::SCHEMA.to_owned(),
        cell: cell.id.clone(),
        instance: cell.instance.summary.clone(),
        method: cell.method.clone(),
        training_seed: cell.training_seed(),
        budget_s: cell.time_limit_s,
        status: Status::Error,
        verdict: Verdict::NotApplicable,
        stop: None,
        reason: None,
        exact: None,
        training: None,
        weights: None,
        wall_s,
        cpu_s,
        jobs: surroundings.jobs,
        machine: surroundings.machine.clone(),
        revision: surroundings.revision.clone(),
    };
    fill(&mut record, delivered);
    Some(record)
}

fn attempt(cell: &Cell, interrupt: &AtomicBool) -> Result<Delivered, AttemptError> {
    let instance = &cell.instance.instance;
    let mut watch = ClockWatch::new(Some(Duration::from_secs_f64(cell.time_limit_s)), interrupt);
    match &cell.task {
        Task::Exact(solver) => {
            let tolerance = Tolerance::for_level(cell.instance.summary.constant_level);
            search(instance, solver.as_ref(), tolerance, &mut watch).map(Delivered::Exact)
        }
        Task::Training { trainer, restarts, target } => {
            descend(instance, trainer.as_ref(), *restarts, *target, &mut watch).map(Delivered::Training)
        }
    }
}

fn fill(record: &mut CellRecord, delivered: Result<Delivered, AttemptError>) {
    match delivered {
        Ok(Delivered::Exact(attempt)) => {
            record.status = attempt.status;
            record.verdict = attempt.verdict;
            record.stop = Some(attempt.stop);
            record.exact = Some(attempt.result);
            record.weights = Some(attempt.weights);
        }
        Ok(Delivered::Training(attempt)) => {
            record.status = attempt.status;
            record.training = Some(attempt.result);
            record.weights = attempt.weights;
        }
        Err(error) => {
            record.status = error.status();
            record.reason = Some(error.to_string());
        }
    }
}

impl Delivered {
    /// Did a person break the work off before it was finished?
    fn unfinished(&self) -> bool {
        match self {
            Self::Exact(attempt) => attempt.stop == StopReason::Interrupted && attempt.status != Status::Optimal,
            Self::Training(attempt) => attempt.interrupted,
        }
    }
}
