//! The best weights known, scored by the instance's own loss in original coordinates, and what they and the task decide.

use crate::descent::Landscape;
use crate::program::Program;
use optgap_problem::{Enclosure, ExactTask, Instance, Tolerance, Weights};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Share of the tolerance that lower bounds may use; the rest is for rounding between program and instance.
const CUT_SHARE: f64 = 0.5;

/// Best weights so far and what they allow to prune. Shared by all threads.
pub(crate) struct Incumbent<'a> {
    instance: &'a Instance,
    program: &'a Program,
    tolerance: Tolerance,
    threshold: Option<f64>,
    /// A sum of squares proved to be at least this lies above the threshold; infinite without one.
    excluded: f64,
    best: Mutex<Weights>,
    /// Bits of the upper end of the enclosed mean loss of the best weights: only ever falls.
    upper: AtomicU64,
}

impl<'a> Incumbent<'a> {
    /// Starts from the zero function and the best constant: where that fits perfectly, no search could find it more exactly.
    pub(crate) fn new(instance: &'a Instance, program: &'a Program, task: ExactTask<'_>) -> Self {
        let zero = zero_function(instance);
        let incumbent = Self {
            instance,
            program,
            tolerance: task.tolerance,
            threshold: task.threshold,
            excluded: task.threshold.map_or(f64::INFINITY, |threshold| excluded(threshold, program.samples as f64)),
            best: Mutex::new(zero.clone()),
            upper: AtomicU64::new(f64::INFINITY.to_bits()),
        };
        incumbent.offer_weights(zero);
        incumbent.offer_weights(constant_function(instance));
        incumbent
    }

    /// Takes the weights if their enclosed loss is lower.
    pub(crate) fn offer_weights(&self, weights: Weights) {
        let Ok(loss) = self.instance.loss_of(&weights) else { return };
        if loss.hi < self.upper() {
            let mut best = self.best.lock().expect("no thread panics while it holds the weights");
            // Another thread may have been faster.
            if loss.hi < self.upper() {
                *best = weights;
                self.upper.store(loss.hi.to_bits(), Ordering::Release);
            }
        }
    }

    /// Takes whitened parameters if their true loss is lower.
    pub(crate) fn offer(&self, landscape: &Landscape, parameters: &[f64], positive: usize) {
        let (neurons, constant) = landscape.unwhiten(parameters);
        self.offer_weights(self.program.weights(&neurons, positive, constant));
    }

    /// Upper end of the enclosed mean loss of the best weights.
    pub(crate) fn upper(&self) -> f64 {
        f64::from_bits(self.upper.load(Ordering::Acquire))
    }

    /// Sum of squares of the incumbent.
    pub(crate) fn total(&self) -> f64 {
        self.upper() * self.program.samples as f64
    }

    /// Is the loss that was asked for reached?
    pub(crate) fn reached(&self) -> bool {
        self.threshold.is_some_and(|threshold| self.upper() <= threshold)
    }

    /// A node whose sum of squares is proved to reach this is closed: it cannot improve on the incumbent by more than the
    /// tolerance, or lies above the threshold.
    pub(crate) fn cut(&self) -> f64 {
        let upper = self.upper();
        let usual = (upper - CUT_SHARE * self.tolerance.allowance(upper)) * self.program.samples as f64;
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

    /// The best weights and the upper end of their enclosed mean loss.
    pub(crate) fn into_best(self) -> (Weights, f64) {
        let upper = self.upper();
        (self.best.into_inner().expect("no thread panics while it holds the weights"), upper)
    }
}

fn zero_function(instance: &Instance) -> Weights {
    Weights::zero(instance.network.width, instance.network.unit_inputs(instance.data.dimension()))
}

/// A constant prediction: the mean label, as far as the network can represent it.
fn constant_function(instance: &Instance) -> Weights {
    let mut weights = zero_function(instance);
    let labels = instance.data.labels();
    // The mean of equal labels is that label, which a sum may miss.
    let mean = if labels.iter().all(|y| *y == labels[0]) { labels[0] } else { labels.iter().sum::<f64>() / labels.len() as f64 };
    if instance.network.output_bias {
        weights.output_bias = mean;
    } else if instance.network.hidden_bias && (mean > 0.0 || instance.network.train_output) {
        weights.hidden_bias[0] = mean.abs();
        weights.output[0] = if mean < 0.0 { -1.0 } else { 1.0 };
    }
    weights
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
