//! The best weights known, scored by the instance's own loss in original coordinates, and what they and the task decide.

use crate::descent::Landscape;
use crate::program::Program;
use optgap_problem::{Enclosure, ExactTask, Instance, Tolerance, Weights};
use std::sync::atomic::{AtomicBool, Ordering};

/// Share of the tolerance that lower bounds may use; the rest is for rounding between program and instance.
const CUT_SHARE: f64 = 0.5;

/// Best weights so far and what they allow to prune.
pub(crate) struct Incumbent<'a> {
    instance: &'a Instance,
    program: &'a Program,
    tolerance: Tolerance,
    threshold: Option<f64>,
    /// A sum of squares proved to be at least this lies above the threshold; infinite without one.
    excluded: f64,
    /// Raised when the threshold is reached, for the watch of the search.
    reached: &'a AtomicBool,
    pub(crate) weights: Weights,
    /// Upper end of the enclosed mean loss of `weights`.
    pub(crate) upper: f64,
}

impl<'a> Incumbent<'a> {
    /// Starts from the zero function. `reached` is raised as soon as the task's threshold is reached.
    pub(crate) fn new(instance: &'a Instance, program: &'a Program, task: ExactTask<'_>, reached: &'a AtomicBool) -> Self {
        let weights = Weights::zero(instance.network.width, instance.data.dimension());
        let mut incumbent = Self {
            instance,
            program,
            tolerance: task.tolerance,
            threshold: task.threshold,
            excluded: task.threshold.map_or(f64::INFINITY, |threshold| excluded(threshold, program.samples as f64)),
            reached,
            weights: weights.clone(),
            upper: f64::INFINITY,
        };
        incumbent.offer_weights(weights);
        incumbent
    }

    /// Takes the weights if their enclosed loss is lower.
    pub(crate) fn offer_weights(&mut self, weights: Weights) -> bool {
        let Ok(loss) = self.instance.loss_of(&weights) else { return false };
        let better = loss.hi < self.upper;
        if better {
            (self.weights, self.upper) = (weights, loss.hi);
            if self.threshold.is_some_and(|threshold| loss.hi <= threshold) {
                self.reached.store(true, Ordering::Relaxed);
            }
        }
        better
    }

    /// Takes whitened parameters if their true loss is lower.
    pub(crate) fn offer(&mut self, landscape: &Landscape, parameters: &[f64], positive: usize) -> bool {
        let (neurons, constant) = landscape.unwhiten(parameters);
        self.offer_weights(self.program.weights(&neurons, positive, constant))
    }

    /// Sum of squares of the incumbent.
    pub(crate) fn total(&self) -> f64 {
        self.upper * self.program.samples as f64
    }

    /// Is the loss that was asked for reached?
    pub(crate) fn reached(&self) -> bool {
        self.reached.load(Ordering::Relaxed)
    }

    /// A node whose sum of squares is proved to reach this is closed: it cannot improve on the incumbent by more than the
    /// tolerance, or lies above the threshold.
    pub(crate) fn cut(&self) -> f64 {
        let usual = (self.upper - CUT_SHARE * self.tolerance.allowance(self.upper)) * self.program.samples as f64;
        usual.min(self.excluded)
    }

    /// Does a mean loss proved for everything decide the threshold?
    pub(crate) fn excludes(&self, lower: f64) -> bool {
        self.threshold.is_some_and(|threshold| lower > threshold)
    }

    /// The mean loss that belongs to a proved sum of squares, rounded down.
    pub(crate) fn mean(&self, total: f64) -> f64 {
        mean(total, self.program.samples as f64)
    }
}

fn mean(total: f64, samples: f64) -> f64 {
    Enclosure::exact(total).over(samples).lo.max(0.0)
}

/// The least sum of squares, up to a few units in the last place, whose mean lies above the threshold even when it is
/// rounded down.
fn excluded(threshold: f64, samples: f64) -> f64 {
    let mut total = (Enclosure::exact(threshold) * Enclosure::exact(samples)).hi;
    while total.is_finite() && mean(total, samples) <= threshold {
        total = total.next_up();
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_excluded_lies_above_the_threshold_by_next_to_nothing() {
        for threshold in [0.0, 5e-324, 1e-300, 0.1, 1.0 / 3.0, 7.0, 1e300, f64::MAX] {
            for samples in [1.0, 3.0, 40.0, 1000.0] {
                let total = excluded(threshold, samples);
                assert!(total == f64::INFINITY || mean(total, samples) > threshold, "{threshold} {samples}");
                assert!(total <= threshold * samples * (1.0 + 1e-14) + 1e-310, "{threshold} {samples}");
            }
        }
    }
}
