//! One method on one instance: the method returns weights, the harness scores them and says what they are worth.

use crate::panics::catch;
use optgap_problem::{
    Bounds, Enclosure, EndPoint, ExactSolver, Instance, Restarts, SolveError, StopReason, Tolerance, TrainError, Trainer,
    Unsupported, Watch, Weights,
};
use optgap_results::{ExactResult, RestartEnd, Status, TrainingResult, Verdict};
use thiserror::Error;

/// What an exact method delivered, scored.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactAttempt {
    /// [`Status::Optimal`] when the bounds are closed, else [`Status::Bounded`].
    pub status: Status,
    /// How far the lower bound is proved.
    pub verdict: Verdict,
    /// Why the method ended.
    pub stop: StopReason,
    /// Bounds and effort.
    pub result: ExactResult,
    /// The weights whose loss is the upper bound.
    pub weights: Weights,
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
            SolveError::Failed(_) => Self::Failed(error.to_string()),
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
    tolerance: Tolerance,
    watch: &mut dyn Watch,
) -> Result<ExactAttempt, AttemptError> {
    let outcome = guarded(|| {
        solver.supports(instance)?;
        Ok(solver.solve(instance, tolerance, watch)?)
    })?;
    let loss = score(instance, &outcome.weights)?
        .ok_or_else(|| AttemptError::Failed("the returned weights have no finite loss".into()))?;
    if outcome.lower.is_nan() || outcome.lower == f64::INFINITY {
        return Err(AttemptError::Failed(format!("the returned lower bound is {}", outcome.lower)));
    }
    // No loss is negative, so a search that proved nothing yet has still proved 0.
    let bounds = Bounds { lower: outcome.lower.max(0.0), upper: loss.hi };
    let sharp = loss.width() <= tolerance.allowance(loss.hi);
    let status = if sharp && bounds.closed(tolerance) { Status::Optimal } else { Status::Bounded };
    let result = ExactResult { bounds, loss_lower: loss.lo, nodes: outcome.nodes };
    Ok(ExactAttempt { status, verdict: Verdict::Unchecked, stop: outcome.stop, result, weights: outcome.weights })
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
    let points = guarded(|| {
        trainer.supports(instance)?;
        Ok(trainer.train(instance, restarts, target, watch)?.ends)
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
        result: TrainingResult { ends },
    })
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
