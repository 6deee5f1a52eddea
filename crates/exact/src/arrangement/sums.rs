//! Sums `sum_t q_t relu(v . x_t)` along the rays `v` of a region: the work of a hull's pricing.
//!
//! Points that the region decides contribute a linear form, so that only those that it cuts are looked at ray by ray, and
//! their pre-activations are cheaper to compute again than to load.

use crate::arrangement::{Arrangement, Cells, Ray, orientation};
use crate::kernels::{LANES, padded};

/// Roundings behind a sum along a ray, beside its additions: weights rounded from fractions, products, and the expression of
/// the error itself.
const ROUNDINGS: f64 = 32.0;
/// Pre-activations of a ray have at most this length.
const RAY_LENGTH: f64 = 2.0;

/// The sums for the points of one region and one vector of weights.
#[derive(Default)]
pub(crate) struct Sums {
    /// Coordinates of the cut points, [`LANES`] points at a time, coordinate after coordinate.
    blocks: Vec<f64>,
    /// Weights of the cut points, padded with zeros.
    weights: Vec<f64>,
    /// `sum_t q_t x_t` over the points that are on.
    slope: Vec<f64>,
    /// The sums asked for last.
    pub(crate) values: Vec<f64>,
}

impl Sums {
    /// The sums along some of the region's rays, in ascending order, with the points' weights `q`.
    pub(crate) fn take(&mut self, arrangement: &Arrangement<'_>, cells: &Cells, rays: &[Ray], q: &[f64]) {
        self.prepare(arrangement, cells, q);
        self.values.clear();
        self.values.resize(rays.len(), 0.0);
        let plain = rays.partition_point(|&ray| ray < arrangement.first_explicit());
        let (directions, kernels) = (&arrangement.directions, arrangement.kernels);
        kernels.ray_sums(&self.blocks, &self.weights, &self.slope, directions, &rays[..plain], &mut self.values[..plain]);
        for (value, &ray) in self.values[plain..].iter_mut().zip(&rays[plain..]) {
            *value = kernels.relu_sum(arrangement.explicit(ray), orientation(ray), q);
        }
    }

    /// Takes the region's points with their weights.
    fn prepare(&mut self, arrangement: &Arrangement<'_>, cells: &Cells, q: &[f64]) {
        let program = arrangement.program;
        self.slope.clear();
        self.slope.resize(program.dim, 0.0);
        for &t in cells.on() {
            self.slope.iter_mut().zip(program.point(t as usize)).for_each(|(sum, x)| *sum += q[t as usize] * x);
        }
        let size = padded(cells.cut().len());
        self.weights.clear();
        self.weights.resize(size, 0.0);
        self.blocks.clear();
        self.blocks.resize(size * program.dim, 0.0);
        for (place, &t) in cells.cut().iter().enumerate() {
            self.weights[place] = q[t as usize];
            let block = &mut self.blocks[place / LANES * LANES * program.dim..];
            for (c, x) in program.point(t as usize).iter().enumerate() {
                block[c * LANES + place % LANES] = *x;
            }
        }
    }
}

/// Sizes of a vector of weights, and how many terms each of them sums up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Magnitude {
    /// Length and sum of the weights' sizes.
    pub(crate) length: f64,
    pub(crate) mass: f64,
    pub(crate) terms: usize,
}

impl Magnitude {
    /// What a sum along a ray is measured against: it is no larger (Cauchy and Schwarz).
    pub(crate) fn scale(&self) -> f64 {
        RAY_LENGTH * self.length
    }
}

impl Arrangement<'_> {
    /// A sum along a ray, as computed, is at most so far from the exact one.
    pub(crate) fn sum_error(&self, magnitude: Magnitude) -> f64 {
        let rounding = (magnitude.terms as f64 + ROUNDINGS) * f64::EPSILON;
        let linear = rounding * self.reach + self.error;
        (1.0 + rounding) * (rounding * magnitude.scale() + linear * magnitude.mass) + f64::MIN_POSITIVE
    }
}
