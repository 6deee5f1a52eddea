//! The straight lines that replace the ReLUs in the interval bound of a node.

/// Resolution of the slopes of minorants: a slope is a number of `1 / SLOPE_STEPS`.
pub(crate) const SLOPE_STEPS: u8 = 16;

/// Where the relaxation of a node's child starts: per sample the side on which its interval misses the label, per neuron and
/// cut sample the slope of the minorant.
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
