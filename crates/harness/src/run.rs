//! Running the cells of a plan side by side.

use crate::execute::{Finished, Surroundings, execute};
use crate::starts::Starts;
use crate::{Cell, Event, Machine, Observer, Plan, Trace};
use optgap_results::{
    CellRecord, CertificateState, PlannedCell, REFERENCE_MARGIN, RecordWriter, RunFolder, Status, StoreError, Violation,
    violations,
};
use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use thiserror::Error;

/// How a run is to be done.
#[derive(Clone, Copy, Debug)]
pub struct RunOptions<'a> {
    /// The run's folder; made if it is not there.
    pub folder: &'a Path,
    /// Cells that run side by side, at least 1.
    pub jobs: usize,
    /// Failures with these statuses are run again; a status that is final is left as it is.
    pub retry: &'a [Status],
    /// Name of this process among those that share the folder.
    pub worker: &'a str,
}

/// What a run has come to.
#[derive(Clone, Debug)]
pub struct RunOutcome {
    /// Records of the plan's cells in the plan's order, those of earlier runs included.
    pub records: Vec<CellRecord>,
    /// Contradictions among all records of the folder.
    pub violations: Vec<Violation>,
    /// Cells of the plan.
    pub total: usize,
    /// Cells that this run finished.
    pub finished: usize,
    /// Was the run broken off?
    pub interrupted: bool,
}

/// The one thing that a run's exit code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// Every cell delivered or was refused, and nothing contradicts anything.
    Fine,
    /// A loss lies below a lower bound.
    Violation,
    /// The checker refused certificates.
    SomeRejected,
    /// Some cells broke down.
    SomeFailed,
    /// A person broke the run off.
    Interrupted,
}

/// A run that could not be done.
#[derive(Debug, Error)]
pub enum RunError {
    /// The folder cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The threads cannot be started.
    #[error("the threads of --jobs cannot be started: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

impl RunOutcome {
    /// Number of the plan's cells that broke down.
    pub fn failed(&self) -> usize {
        self.records.iter().filter(|record| record.status.is_failure()).count()
    }

    /// Records of the plan's cells whose certificate the checker refused.
    pub fn rejected(&self) -> impl Iterator<Item = &CellRecord> {
        self.records.iter().filter(|record| matches!(record.certification.state(), CertificateState::Rejected(_)))
    }

    /// The gravest of what happened: a contradiction first, then an interruption, refused certificates, and failures.
    pub fn conclusion(&self) -> Conclusion {
        if !self.violations.is_empty() {
            Conclusion::Violation
        } else if self.interrupted {
            Conclusion::Interrupted
        } else if self.rejected().next().is_some() {
            Conclusion::SomeRejected
        } else if self.failed() > 0 {
            Conclusion::SomeFailed
        } else {
            Conclusion::Fine
        }
    }
}

/// Runs every cell of the plan that has no record yet, each in one thread, and appends a record for each. Cells that begin
/// with descent's best weights come after all others.
///
/// All files are opened before work begins. Once `interrupt` is raised, running cells end early and leave no record, and no
/// other cell begins; what is finished is kept. A cell that panics gets a record with status `error`.
///
/// # Errors
/// When the folder cannot be written or holds something else than records, or threads cannot be started.
pub fn run(
    plan: &Plan,
    options: RunOptions<'_>,
    interrupt: &AtomicBool,
    observer: &dyn Observer,
) -> Result<RunOutcome, RunError> {
    let folder = RunFolder::at(options.folder);
    folder.create()?;
    let writer = folder.writer(options.worker)?;
    let machine = Machine::here();
    let settled = settled_cells(&folder, options.retry)?;
    let planned: Vec<PlannedCell> = plan.cells.iter().map(Cell::planned).collect();
    folder.write_plan(&run_toml(plan, &machine), &planned)?;
    let mut waiting: Vec<&Cell> = plan.cells.iter().filter(|cell| !settled.contains(&cell.id)).collect();
    // A run that finds everything done must not pass its machine off as the one of the records.
    if !waiting.is_empty() {
        folder.write_environment(options.worker, &machine.to_json())?;
    }
    if waiting.iter().any(|cell| cell.certificate()) {
        folder.create_certificates()?;
    }
    waiting.sort_by_key(|cell| std::cmp::Reverse(cell.expected_effort()));
    let total = plan.cells.len();
    let done = total - waiting.len();
    observer.hear(Event::Planned { total, done });
    let (warm, cold): (Vec<&Cell>, Vec<&Cell>) = waiting.into_iter().partition(|cell| cell.warm_start());
    let work = Work {
        surroundings: Surroundings {
            folder: &folder,
            jobs: options.jobs,
            machine: machine.id,
            revision: machine.revision.to_owned(),
            polish: plan.polish,
            verifier: plan.verifier,
        },
        interrupt,
        observer,
        books: Mutex::new(Books { writer, done, failure: None }),
        total,
    };
    let threads = rayon::ThreadPoolBuilder::new().num_threads(options.jobs.max(1)).build()?;
    let queue = Queue::new(cold, Starts::default());
    threads.broadcast(|_| work.take_cells(&queue));
    if !warm.is_empty() {
        // Only now is descent's best known.
        let queue = Queue::new(warm, Starts::read(&folder, &plan.cells)?);
        threads.broadcast(|_| work.take_cells(&queue));
    }
    let books = work.books.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(failure) = books.failure {
        return Err(failure.into());
    }
    // A flag that is raised after the last record has broken nothing off.
    let interrupted = interrupt.load(Ordering::Relaxed) && books.done < total;
    conclude(plan, &folder, books.done - done, interrupted)
}

/// Cells that may run side by side, and where they begin.
struct Queue<'a> {
    /// In the order in which they are taken up.
    cells: Vec<&'a Cell>,
    starts: Starts,
    next: AtomicUsize,
}

impl<'a> Queue<'a> {
    fn new(cells: Vec<&'a Cell>, starts: Starts) -> Self {
        Self { cells, starts, next: AtomicUsize::new(0) }
    }

    fn next(&self) -> Option<&'a Cell> {
        self.cells.get(self.next.fetch_add(1, Ordering::Relaxed)).copied()
    }
}

/// What the threads of a run share.
struct Work<'a> {
    surroundings: Surroundings<'a>,
    interrupt: &'a AtomicBool,
    observer: &'a dyn Observer,
    books: Mutex<Books>,
    total: usize,
}

/// What one thread at a time may touch.
struct Books {
    writer: RecordWriter,
    done: usize,
    failure: Option<StoreError>,
}

impl Work<'_> {
    /// Takes up cells until there are none, the run is interrupted or records cannot be written.
    fn take_cells(&self, queue: &Queue<'_>) {
        while !self.interrupt.load(Ordering::Relaxed) && !self.failed() {
            let Some(cell) = queue.next() else { return };
            self.observer.hear(Event::Started { cell });
            if let Some(finished) = execute(cell, queue.starts.of(cell), &self.surroundings, self.interrupt) {
                self.enter(&finished);
            }
        }
    }

    /// Nobody needs to begin anything once records cannot be written: they would be lost too.
    fn failed(&self) -> bool {
        self.books.lock().unwrap_or_else(PoisonError::into_inner).failure.is_some()
    }

    fn enter(&self, finished: &Finished) {
        let record = &finished.record;
        // The trace first: a cell with a record is not run again.
        let write = |trace: &Trace| self.surroundings.folder.write_trace(&record.cell, &trace.to_csv());
        let traced = finished.trace.as_ref().map_or(Ok(()), write);
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(failure) = traced.and_then(|()| books.writer.append(record)) {
            books.failure.get_or_insert(failure);
            return;
        }
        books.done += 1;
        // Heard inside the lock, so that the numbers come in order.
        self.observer.hear(Event::Finished { record, done: books.done, total: self.total });
    }
}

/// Cells that are not run again.
fn settled_cells(folder: &RunFolder, retry: &[Status]) -> Result<HashSet<String>, StoreError> {
    let settles = |status: Status| status.is_final() || (status != Status::Interrupted && !retry.contains(&status));
    Ok(folder.records()?.into_iter().filter(|record| settles(record.status)).map(|record| record.cell).collect())
}

/// What was asked, with a header that says by which build.
fn run_toml(plan: &Plan, machine: &Machine) -> String {
    format!(
        "# The plan of this run as it was read from {}\n# by optgap {}, revision {}. Records: cells/*.jsonl, schema {}.\n\n{}",
        plan.file.display(),
        machine.version,
        machine.revision,
        CellRecord::SCHEMA,
        plan.text
    )
}

fn conclude(plan: &Plan, folder: &RunFolder, finished: usize, interrupted: bool) -> Result<RunOutcome, RunError> {
    let mut records = folder.records()?;
    let violations = violations(&records, REFERENCE_MARGIN);
    let planned: HashSet<&String> = plan.cells.iter().map(|cell| &cell.id).collect();
    records.retain(|record| planned.contains(&record.cell));
    Ok(RunOutcome { records, violations, total: plan.cells.len(), finished, interrupted })
}
