//! Nodes of the search: a sign vector and one cone per neuron.

use crate::cone::Cone;
use crate::program::Program;
use std::sync::Arc;

/// Resolution of the slopes of minorants: a slope is a number of `1 / SLOPE_STEPS`.
pub(crate) const SLOPE_STEPS: u8 = 16;

/// One cone per neuron; the first `positive` neurons have sign +1, the others -1.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub(crate) cones: Vec<Arc<Cone>>,
    pub(crate) positive: usize,
}

impl Product {
    /// Sign of neuron `j`.
    pub(crate) fn sign(&self, j: usize) -> f64 {
        if j < self.positive { 1.0 } else { -1.0 }
    }

    /// `f(x_i) - y_i` at the given pre-activations of all points (neuron after neuron) and constant.
    pub(crate) fn error_of(&self, program: &Program, preactivations: &[f64], constant: f64, sample: usize) -> f64 {
        let (points, shown) = (program.incidence.points(), program.incidence.points_of(sample));
        let unit = |j: usize| shown.iter().map(move |&t| self.sign(j) * preactivations[j * points + t].max(0.0));
        (0..self.cones.len()).flat_map(unit).sum::<f64>() + constant - program.labels[sample]
    }

    /// Weighted sum of squares of `f(x_i) - y_i` at the given pre-activations and constant.
    pub(crate) fn squares(&self, program: &Program, preactivations: &[f64], constant: f64) -> f64 {
        let error = |i: usize| self.error_of(program, preactivations, constant, i);
        (0..program.len()).map(|i| program.multiplicity[i] * error(i) * error(i)).sum()
    }

    /// Are there neurons of either sign?
    pub(crate) fn has_both_signs(&self) -> bool {
        (1..self.cones.len()).contains(&self.positive)
    }

    /// Neurons of the same sign in the very same cone as neuron `j`, in order: they can be exchanged.
    pub(crate) fn group(&self, j: usize) -> Vec<usize> {
        let same =
            |&other: &usize| (other < self.positive) == (j < self.positive) && Arc::ptr_eq(&self.cones[other], &self.cones[j]);
        (0..self.cones.len()).filter(same).collect()
    }

    /// Is some neuron off everywhere? Then the optimum of this product also lies in one where that neuron is zero inside
    /// another cone (rule R5 of the certificates), and this product may be dropped.
    pub(crate) fn dominated(&self) -> bool {
        self.cones.iter().any(|cone| cone.off)
    }
}

/// Where the relaxation of a node's child starts, and which straight lines replace the ReLUs: per sample the side on which its interval misses the label, per neuron and cut
/// sample the slope of the minorant.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    /// +1: the prediction is too high; -1: too low; 0: the label lies inside the interval.
    pub(crate) sides: Vec<i8>,
    /// `slopes[j * n + i]` in units of `1 / SLOPE_STEPS`.
    pub(crate) slopes: Vec<u8>,
    /// Which multipliers of the relaxation are not zero.
    pub(crate) support: Vec<bool>,
}

impl Lines {
    pub(crate) fn new(neurons: usize, samples: usize) -> Self {
        Self { sides: vec![1; samples], slopes: vec![SLOPE_STEPS / 2; neurons * samples], support: Vec::new() }
    }
}

/// Slope as a number.
pub(crate) fn slope(steps: u8) -> f64 {
    f64::from(steps) / f64::from(SLOPE_STEPS)
}
