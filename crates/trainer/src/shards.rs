//! Batches side by side on threads of their own. Each is computed as if it were alone, so that the results are the same for any
//! number of threads.

use crate::training::{Task, Trained};
use optgap_problem::{EndPoint, Progress, StopReason, TrainError, Watch};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// How often the caller's watch is asked.
const PERIOD: Duration = Duration::from_millis(2);

/// Trains all ranges; gives their end points in order.
///
/// # Errors
/// When threads cannot be started or a batch fails.
pub(crate) fn side_by_side(task: &Task<'_>, ranges: &[Range<usize>], watch: &mut dyn Watch) -> Result<Vec<EndPoint>, TrainError> {
    let threads = task.settings.threads.min(ranges.len());
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| TrainError::Failed(format!("{threads} threads cannot be started: {error}")))?;
    let common = Common::new(ranges);
    let trained: Vec<Mutex<Option<Result<Trained, TrainError>>>> = ranges.iter().map(|_| Mutex::new(None)).collect();
    pool.in_place_scope(|scope| {
        for (range, place) in ranges.iter().zip(&trained) {
            let common = &common;
            scope.spawn(move |_| {
                // A panic must not leave the caller waiting.
                let _done = Done(common);
                if common.reason.get().is_none() {
                    let mut relay = Relay { common, active: range.len() };
                    let result = task.batch(range.clone(), 0, f64::INFINITY, &mut relay);
                    *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
                }
            });
        }
        while common.left.load(Ordering::Acquire) > 0 {
            if let Some(reason) = watch.should_stop() {
                let _ = common.reason.set(reason);
            }
            if common.news.swap(false, Ordering::Relaxed) {
                watch.observe(common.progress());
            }
            std::thread::sleep(PERIOD);
        }
    });
    let mut ends = Vec::new();
    for (range, place) in ranges.iter().zip(trained) {
        match (place.into_inner().unwrap_or_else(PoisonError::into_inner), common.reason.get()) {
            (Some(result), _) => ends.extend(result?.ends),
            (None, Some(&reason)) => ends.extend(task.untouched(range.clone(), reason)),
            (None, None) => return Err(TrainError::Failed("a batch has not come back".into())),
        }
    }
    Ok(ends)
}

/// What batches and caller share.
struct Common {
    /// Batches that are not done.
    left: AtomicUsize,
    /// Why all are to stop.
    reason: OnceLock<StopReason>,
    /// Restarts still moving.
    active: AtomicUsize,
    /// Steps of the batch that has taken most.
    step: AtomicU64,
    /// Lowest loss so far. Losses are not negative, so that their bits are in the order of their values.
    best: AtomicU64,
    /// Has there been progress since the caller was last told?
    news: AtomicBool,
}

impl Common {
    fn new(ranges: &[Range<usize>]) -> Self {
        Self {
            left: AtomicUsize::new(ranges.len()),
            reason: OnceLock::new(),
            active: AtomicUsize::new(ranges.iter().map(Range::len).sum()),
            step: AtomicU64::new(0),
            best: AtomicU64::new(f64::INFINITY.to_bits()),
            news: AtomicBool::new(false),
        }
    }

    fn progress(&self) -> Progress {
        Progress::Training {
            step: self.step.load(Ordering::Relaxed),
            active: self.active.load(Ordering::Relaxed),
            best: f64::from_bits(self.best.load(Ordering::Relaxed)),
        }
    }
}

/// Counts a batch as done, however it ends.
struct Done<'a>(&'a Common);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.left.fetch_sub(1, Ordering::Release);
    }
}

/// The watch of one batch.
struct Relay<'a> {
    common: &'a Common,
    /// Restarts of the batch that were moving when it last said so.
    active: usize,
}

impl Watch for Relay<'_> {
    fn observe(&mut self, progress: Progress) {
        if let Progress::Training { step, active, best } = progress {
            self.common.active.fetch_sub(self.active - active, Ordering::Relaxed);
            self.active = active;
            self.common.step.fetch_max(step, Ordering::Relaxed);
            if best >= 0.0 {
                self.common.best.fetch_min(best.to_bits(), Ordering::Relaxed);
            }
            self.common.news.store(true, Ordering::Relaxed);
        }
    }

    fn should_stop(&mut self) -> Option<StopReason> {
        self.common.reason.get().copied()
    }
}
