//! One method on one instance: the method returns weights, the harness scores them and says what they are worth.

use crate::panics::catch;
use crate::trace::{Trace, TraceWatch};
use cpu_time::ThreadTime;
use optgap_problem::{
    Bounds, Enclosure, EndPoint, ExactSolver, ExactTask, Instance, Polish, Restarts, SolveError, StopReason, TrainError,
    TrainOutcome, Trainer, Unsupported, Watch, Weights, cells_log10,
};
use optgap_results::{Certification, ExactResult, RestartEnd, Status, TrainingResult, Verdict};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use thiserror::Error;

/// What an exact method delivered, scored.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactAttempt {
    /// [`Status::Optimal`] when the bounds are closed, [`Status::Target`] when the task's threshold is reached before that, else
    /// [`Status::Bounded`].
    pub status: Status,
    /// How far the lower bound is proved.
    pub verdict: Verdict,
    /// Whether the method wrote a certificate whole, or why it could not; none where it was not asked or writes none.
    pub certificate: Option<Result<(), String>>,
    /// What came of the certificate, once [`certify`](crate::certify) has had it checked.
    pub certification: Certification,
    /// Why the method ended.
    pub stop: StopReason,
    /// Bounds and effort.
    pub result: ExactResult,
    /// The weights whose loss is the upper bound.
    pub weights: Weights,
    /// How the bounds moved.
    pub trace: Trace,
}

/// What a trainer delivered, scored.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingAttempt {
    /// [`Status::Target`], [`Status::Feasible`] or [`Status::Diverged`].
    pub status: Status,
    /// Was the work broken off by a person?
    pub interrupted: bool,
    /// End points in the order of the restarts.
    pub result: TrainingResult,
    /// The weights with the lowest loss; none if every restart diverged.
    pub weights: Option<Weights>,
    /// The end points themselves, in the order of the restarts.
    points: Vec<Weights>,
}

/// A method that delivered nothing.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum AttemptError {
    /// The instance is outside what the method treats.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// The method failed, or what it returned is not usable.
    #[error("{0}")]
    Failed(String),
}

impl AttemptError {
    /// The status of a cell that ends so.
    pub fn status(&self) -> Status {
        match self {
            Self::Unsupported(_) => Status::Unsupported,
            Self::Failed(_) => Status::Error,
        }
    }
}

impl From<SolveError> for AttemptError {
    fn from(error: SolveError) -> Self {
        match error {
            SolveError::Unsupported(reason) => Self::Unsupported(reason),
            SolveError::Start(_) | SolveError::Failed(_) => Self::Failed(error.to_string()),
        }
    }
}

impl From<TrainError> for AttemptError {
    fn from(error: TrainError) -> Self {
        match error {
            TrainError::Unsupported(reason) => Self::Unsupported(reason),
            TrainError::Failed(_) => Self::Failed(error.to_string()),
        }
    }
}

/// Runs an exact method and scores the weights that it returns.
///
/// The upper bound is the upper end of the loss's enclosure. A loss that cannot be enclosed more narrowly than the
/// tolerance allows leaves the result [`Status::Bounded`], whatever the method says.
///
/// # Errors
/// When the method refuses the instance, fails, panics, or returns weights or a bound that mean nothing.
pub fn search(
    instance: &Instance,
    solver: &dyn ExactSolver,
    task: ExactTask<'_>,
    watch: &mut dyn Watch,
) -> Result<ExactAttempt, AttemptError> {
    let mut traced = TraceWatch::new(watch);
    let outcome = guarded(|| {
        solver.supports(instance)?;
        Ok(solver.solve(instance, task, &mut traced)?)
    })?;
    let loss = score(instance, &outcome.weights)?
        .ok_or_else(|| AttemptError::Failed("the returned weights have no finite loss".into()))?;
    if outcome.lower.is_nan() || outcome.lower == f64::INFINITY {
        return Err(AttemptError::Failed(format!("the returned lower bound is {}", outcome.lower)));
    }
    // No loss is negative, so a search that proved nothing yet has still proved 0.
    let bounds = Bounds { lower: outcome.lower.max(0.0), upper: loss.hi };
    let sharp = loss.width() <= task.tolerance.allowance(loss.hi);
    let status = match outcome.stop {
        _ if sharp && bounds.closed(task.tolerance) => Status::Optimal,
        StopReason::TargetReached => Status::Target,
        _ => Status::Bounded,
    };
    let trace = traced.finish(outcome.nodes, bounds);
    let result = ExactResult { bounds, loss_lower: loss.lo, nodes: outcome.nodes, arrangement_log10: cells_log10(instance) };
    Ok(ExactAttempt {
        status,
        verdict: Verdict::Unchecked,
        certificate: outcome.certificate,
        certification: Certification::default(),
        stop: outcome.stop,
        result,
        weights: outcome.weights,
        trace,
    })
}

/// Trains from all starts and scores every end point.
///
/// # Errors
/// When the trainer refuses the instance, fails, panics, or returns something else than one end point per restart.
pub fn descend(
    instance: &Instance,
    trainer: &dyn Trainer,
    restarts: Restarts,
    target: Option<f64>,
    watch: &mut dyn Watch,
) -> Result<TrainingAttempt, AttemptError> {
    let TrainOutcome { ends: points, path } = guarded(|| {
        trainer.supports(instance)?;
        Ok(trainer.train(instance, restarts, target, watch)?)
    })?;
    if points.len() != restarts.count {
        return Err(AttemptError::Failed(format!("{} end points for {} restarts", points.len(), restarts.count)));
    }
    let ends = points.iter().map(|point| restart_end(instance, point)).collect::<Result<Vec<_>, _>>()?;
    let best = (0..ends.len())
        .filter_map(|index| ends[index].loss_upper().map(|loss| (index, loss)))
        .min_by(|(_, one), (_, other)| one.total_cmp(other));
    let stopped = |reason| ends.iter().any(|end: &RestartEnd| end.stop == reason);
    let status = match best {
        None => Status::Diverged,
        Some(_) if stopped(StopReason::TargetReached) => Status::Target,
        Some(_) => Status::Feasible,
    };
    Ok(TrainingAttempt {
        status,
        interrupted: stopped(StopReason::Interrupted),
        weights: best.map(|(index, _)| points[index].weights.clone()),
        result: TrainingResult { ends, path: Some(path.to_owned()), polish_s: None },
        points: points.into_iter().map(|point| point.weights).collect(),
    })
}

/// Carries every end point to the optimum of its own activation cell and records the loss there beside its own. End points
/// that diverged, that `polish` refuses, or whose turn does not come within `limit` and before `interrupt` is raised are left
/// without.
pub fn polish_ends(
    instance: &Instance,
    attempt: &mut TrainingAttempt,
    polish: &dyn Polish,
    limit: Duration,
    interrupt: &AtomicBool,
) {
    let (started, cpu) = (Instant::now(), ThreadTime::now());
    for (end, point) in attempt.result.ends.iter_mut().zip(&attempt.points).filter(|(end, _)| end.loss.is_some()) {
        if started.elapsed() >= limit || interrupt.load(Ordering::Relaxed) {
            break;
        }
        let polished = guarded(|| Ok(polish.polish(instance, point)?)).ok();
        let score = polished.and_then(|weights| score(instance, &weights).ok().flatten());
        end.polished = score.map(|loss| [loss.lo, loss.hi]);
    }
    attempt.result.polish_s = Some(cpu.elapsed().as_secs_f64());
}

/// A method that panics has failed, like one that says so.
fn guarded<T>(work: impl FnOnce() -> Result<T, AttemptError>) -> Result<T, AttemptError> {
    catch(work).unwrap_or_else(|panic| Err(AttemptError::Failed(panic)))
}

fn restart_end(instance: &Instance, point: &EndPoint) -> Result<RestartEnd, AttemptError> {
    let nowhere = Enclosure::new(f64::NEG_INFINITY, f64::INFINITY);
    Ok(RestartEnd::new(score(instance, &point.weights)?.unwrap_or(nowhere), point.steps, point.stop))
}

/// The enclosed loss, if the weights are finite and it is.
fn score(instance: &Instance, weights: &Weights) -> Result<Option<Enclosure>, AttemptError> {
    let loss = instance.loss_of(weights).map_err(|error| AttemptError::Failed(error.to_string()))?;
    Ok((weights.is_finite() && loss.is_finite()).then_some(loss))
}
