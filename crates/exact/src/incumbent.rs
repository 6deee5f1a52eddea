//! The best weights known, scored by the instance's own loss in original coordinates. Shared by all threads.

use crate::descent::Landscape;
use crate::program::Program;
use optgap_problem::{Enclosure, Instance, Tolerance, Weights};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Share of the tolerance that lower bounds may use; the rest is for rounding between program and instance.
const CUT_SHARE: f64 = 0.5;

/// Best weights so far and what they allow to prune.
pub(crate) struct Incumbent<'a> {
    instance: &'a Instance,
    program: &'a Program,
    tolerance: Tolerance,
    best: Mutex<Weights>,
    /// Bits of the upper end of the enclosed mean loss of the best weights: falls only, and never below what they reach.
    upper: AtomicU64,
}

impl<'a> Incumbent<'a> {
    /// Starts from the zero function and the best constant: where that fits perfectly, no search could find it more exactly.
    pub(crate) fn new(instance: &'a Instance, program: &'a Program, tolerance: Tolerance) -> Self {
        let weights = Weights::zero(instance.network.width, instance.data.dimension());
        let best = Mutex::new(weights.clone());
        let incumbent = Self { instance, program, tolerance, best, upper: AtomicU64::new(f64::INFINITY.to_bits()) };
        incumbent.offer_weights(weights);
        incumbent.offer_weights(constant_function(instance));
        incumbent
    }

    /// Takes the weights if their enclosed loss is lower.
    fn offer_weights(&self, weights: Weights) {
        let Ok(loss) = self.instance.loss_of(&weights) else { return };
        if loss.hi < self.upper() {
            let mut best = self.best.lock().expect("no thread panics while it scores");
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

    /// A node whose sum of squares is proved to reach this is closed.
    pub(crate) fn cut(&self) -> f64 {
        let upper = self.upper();
        (upper - CUT_SHARE * self.tolerance.allowance(upper)) * self.program.samples as f64
    }

    /// The mean loss that belongs to a proved sum of squares, rounded down.
    pub(crate) fn mean(&self, total: f64) -> f64 {
        Enclosure::exact(total).over(self.program.samples as f64).lo.max(0.0)
    }

    /// The best weights and the upper end of their enclosed mean loss.
    pub(crate) fn into_best(self) -> (Weights, f64) {
        let upper = self.upper();
        (self.best.into_inner().expect("no thread panics while it scores"), upper)
    }
}

/// A constant prediction: the mean label, as far as the network can represent it.
fn constant_function(instance: &Instance) -> Weights {
    let mut weights = Weights::zero(instance.network.width, instance.data.dimension());
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
