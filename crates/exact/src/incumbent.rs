//! The best weights known, scored by the instance's own loss in original coordinates.

use crate::descent::Landscape;
use crate::program::Program;
use optgap_problem::{Enclosure, Instance, Tolerance, Weights};

/// Share of the tolerance that lower bounds may use; the rest is for rounding between program and instance.
const CUT_SHARE: f64 = 0.5;

/// Best weights so far and what they allow to prune.
pub(crate) struct Incumbent<'a> {
    instance: &'a Instance,
    program: &'a Program,
    tolerance: Tolerance,
    pub(crate) weights: Weights,
    /// Upper end of the enclosed mean loss of `weights`.
    pub(crate) upper: f64,
}

impl<'a> Incumbent<'a> {
    /// Starts from the zero function and, where a unit can be constant, from the first label: it fits equal labels without
    /// rounding, which leave no tolerance for any.
    pub(crate) fn new(instance: &'a Instance, program: &'a Program, tolerance: Tolerance) -> Self {
        let weights = Weights::zero(instance.network.width, instance.data.dimension());
        let mut incumbent = Self { instance, program, tolerance, weights: weights.clone(), upper: f64::INFINITY };
        let first = instance.data.labels()[0];
        let constant = constant_unit(weights.clone(), first);
        incumbent.offer_weights(weights);
        if instance.network.hidden_bias && (instance.network.train_output || first > 0.0) {
            incumbent.offer_weights(constant);
        }
        incumbent
    }

    /// Takes the weights if their enclosed loss is lower.
    fn offer_weights(&mut self, weights: Weights) -> bool {
        let Ok(loss) = self.instance.loss_of(&weights) else { return false };
        let better = loss.hi < self.upper;
        if better {
            (self.weights, self.upper) = (weights, loss.hi);
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

    /// A node whose sum of squares is proved to reach this is closed.
    pub(crate) fn cut(&self) -> f64 {
        (self.upper - CUT_SHARE * self.tolerance.allowance(self.upper)) * self.program.samples as f64
    }

    /// The mean loss that belongs to a proved sum of squares, rounded down.
    pub(crate) fn mean(&self, total: f64) -> f64 {
        Enclosure::exact(total).over(self.program.samples as f64).lo.max(0.0)
    }
}

/// The zero function plus one unit that is constantly `level`.
fn constant_unit(zero: Weights, level: f64) -> Weights {
    let mut weights = zero;
    weights.hidden_bias[0] = level.abs();
    weights.output[0] = level.signum();
    weights
}
