//! Running one cell: whatever happens becomes a record.

use crate::starts::Start;
use crate::{AttemptError, Cell, ClockWatch, ExactAttempt, Task, Trace, TrainingAttempt, certify, descend, polish_ends, search};
use cpu_time::ThreadTime;
use optgap_problem::{CertificateSink, ExactTask, Polish, StopReason, Tolerance, Verifier};
use optgap_results::{CellRecord, CertificateFile, Certification, RunFolder, Status, Verdict};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// What all cells of a run share.
pub(crate) struct Surroundings<'a> {
    pub(crate) folder: &'a RunFolder,
    pub(crate) jobs: usize,
    pub(crate) machine: String,
    pub(crate) revision: String,
    /// What polishes descent's end points, if anything does.
    pub(crate) polish: Option<&'static dyn Polish>,
    /// What checks the certificates of exact methods.
    pub(crate) verifier: &'static dyn Verifier,
}

/// What a cell leaves behind.
pub(crate) struct Finished {
    pub(crate) record: CellRecord,
    /// How its bounds moved, for an exact method that delivered some.
    pub(crate) trace: Option<Trace>,
}

/// The result of a cell's method.
enum Delivered {
    Exact(ExactAttempt),
    Training(TrainingAttempt),
}

/// Runs a cell. None when a person broke it off before it was finished: such a cell is run again.
///
/// CPU seconds are those of the calling thread: a method that starts threads of its own shows only its wall seconds.
/// Polishing and the checking of certificates come after the clocks have stopped; polishing takes at most as long as the method
/// was allowed.
pub(crate) fn execute(
    cell: &Cell,
    start: Option<&Start>,
    surroundings: &Surroundings<'_>,
    interrupt: &AtomicBool,
) -> Option<Finished> {
    let file = cell.certificate().then(|| surroundings.folder.certificate(&cell.id));
    let (wall, cpu) = (Instant::now(), ThreadTime::now());
    let mut delivered = attempt(cell, start, file.as_ref().and_then(|file| file.as_ref().ok()), interrupt);
    let (wall_s, cpu_s) = (wall.elapsed().as_secs_f64(), cpu.elapsed().as_secs_f64());
    if matches!(&delivered, Ok(delivered) if delivered.unfinished()) {
        return None;
    }
    let instance = &cell.instance.instance;
    match (&mut delivered, file, surroundings.polish) {
        (Ok(Delivered::Training(attempt)), _, Some(polish)) => {
            polish_ends(instance, attempt, polish, Duration::from_secs_f64(cell.time_limit_s), interrupt);
        }
        (Ok(Delivered::Exact(attempt)), Some(Ok(file)), _) => certify(instance, attempt, file, surroundings.verifier),
        (Ok(Delivered::Exact(attempt)), Some(Err(error)), _) => {
            attempt.certification = Certification::unwritten(error.to_string());
        }
        _ => {}
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
        start: start.map(|start| start.cell.clone()),
        exact: None,
        certification: Certification::default(),
        training: None,
        weights: None,
        wall_s,
        cpu_s,
        jobs: surroundings.jobs,
        machine: surroundings.machine.clone(),
        revision: surroundings.revision.clone(),
    };
    let trace = fill(&mut record, delivered);
    Some(Finished { record, trace })
}

fn attempt(
    cell: &Cell,
    start: Option<&Start>,
    certificate: Option<&CertificateFile>,
    interrupt: &AtomicBool,
) -> Result<Delivered, AttemptError> {
    let instance = &cell.instance.instance;
    let mut watch = ClockWatch::new(Some(Duration::from_secs_f64(cell.time_limit_s)), interrupt);
    match &cell.task {
        Task::Exact { solver, .. } => {
            let tolerance = Tolerance::for_level(cell.instance.summary.constant_level);
            let task = ExactTask {
                start: start.map(|start| &start.weights),
                certificate: certificate.map(|file| file as &dyn CertificateSink),
                ..ExactTask::optimum(tolerance)
            };
            search(instance, solver.as_ref(), task, &mut watch).map(Delivered::Exact)
        }
        Task::Training { trainer, restarts, target } => {
            descend(instance, trainer.as_ref(), *restarts, *target, &mut watch).map(Delivered::Training)
        }
    }
}

/// Enters what was delivered; gives back what has no place in a record.
fn fill(record: &mut CellRecord, delivered: Result<Delivered, AttemptError>) -> Option<Trace> {
    match delivered {
        Ok(Delivered::Exact(attempt)) => {
            record.status = attempt.status;
            record.verdict = attempt.verdict;
            record.stop = Some(attempt.stop);
            record.exact = Some(attempt.result);
            record.certification = attempt.certification;
            record.weights = Some(attempt.weights);
            return Some(attempt.trace);
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
    None
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
