//! Where better solutions of a node can be: an ellipsoid around the relaxation's solution, with rigorous bounds.
//!
//! For multipliers `q` that prove a node's bound `B`, an `On` sample satisfies `m (z - t)^2 = 2 q (z - t) - q^2 / m + m (z - c)^2`
//! with `c = t + q / m`, exactly. So the loss is at least `B + sum_On m_i (x_i . u - c_i)^2`. Let `u_0` be any vector,
//! `e^2 = sum_On m_i (x_i . u_0 - c_i)^2` (rounding, if `u_0` solves the relaxation) and `H = sum_On m_i x_i x_i^T`. By the
//! triangle inequality, `loss >= B + (|u - u_0|_H - e)^2` wherever `|u - u_0|_H >= e`, and by Cauchy and Schwarz
//! `|x . (u - u_0)| <= |u - u_0|_H s` with `s^2 = x^T H^-1 x`.
//!
//! An upper bound of `s` comes from an approximate factor: if `|I - R H R^T| <= beta < 1` then `H^-1 <= R^T R / (1 - beta)`.

use super::sides::{OneSign, Side, Sides};
use crate::linear::{cholesky, inner};
use optgap_problem::Enclosure;

/// The approximate factor is believed up to this norm of `I - R H R^T`.
const MOST_DEFECT: f64 = 0.01;
/// Covers the rounding of short sums and products of non-negative numbers in error bounds.
const UPWARD: f64 = 1.0 + 1e-9;
/// The same for lower bounds.
const DOWNWARD: f64 = 1.0 - 1e-9;

/// Diagonal entries of the Hessian below this are refused.
const LEAST_DIAGONAL: f64 = 1e-200;

/// The ellipsoid of a node and its scratch space.
#[derive(Default)]
pub(super) struct Ellipsoid {
    dim: usize,
    /// `u_0` in original float coordinates.
    centre: Vec<f64>,
    /// Upper bound of `e`.
    offset: f64,
    /// `R`, lower triangular, row after row.
    root: Vec<f64>,
    /// Upper bound of `1 / sqrt(1 - beta)`.
    stretch: f64,
    hessian: Vec<f64>,
    factor: Vec<f64>,
    product: Vec<f64>,
}

/// The projection of the ellipsoid on a sample's pre-activation.
#[derive(Clone, Copy)]
pub(super) struct Shadow {
    /// `z` at the centre, and a bound on its rounding error.
    z: f64,
    error: f64,
    /// Upper bound of `s`.
    spread: f64,
    /// Upper bound of `e`.
    offset: f64,
}

impl Ellipsoid {
    /// Builds the ellipsoid around `centre` for proved `multipliers`; false if the `On` samples do not span the space.
    pub(super) fn build(&mut self, problem: &OneSign, sides: &Sides, multipliers: &[Enclosure], centre: Vec<f64>) -> bool {
        self.dim = problem.program.dim;
        self.centre = centre;
        let count = self.add_up(problem, sides, multipliers);
        count >= self.dim && self.offset.is_finite() && self.factorise(count)
    }

    /// The Hessian and the offset; returns the number of `On` samples.
    fn add_up(&mut self, problem: &OneSign, sides: &Sides, multipliers: &[Enclosure]) -> usize {
        let (program, dim) = (problem.program, self.dim);
        self.hessian.clear();
        self.hessian.resize(dim * dim, 0.0);
        let mut squares = 0.0;
        let mut count = 0usize;
        for i in (0..program.len()).filter(|&i| sides.side[i] == Side::On) {
            let (point, m) = (program.point(i), program.multiplicity[i]);
            for r in 0..dim {
                let share = m * point[r];
                self.hessian[r * dim..=r * dim + r].iter_mut().zip(point).for_each(|(h, x)| *h += share * x);
            }
            let (z, error) = product_with_error(point, &self.centre);
            let (t, q) = (problem.target_enclosures[i], multipliers[i]);
            let sizes = z.abs() + t.lo.abs() + (q.lo.abs() + q.hi.abs()) / m;
            let miss = (z - t.lo - q.lo / m).abs() + (t.hi - t.lo) + (q.hi - q.lo) / m + error + 8.0 * f64::EPSILON * sizes;
            squares += m * miss * miss;
            count += 1;
        }
        self.offset = squares.sqrt() * UPWARD + f64::MIN_POSITIVE;
        count
    }

    /// `R = L^-1` for the Cholesky factor `L` of the Hessian, and the bound on its defect.
    fn factorise(&mut self, count: usize) -> bool {
        let (dim, hessian) = (self.dim, &self.hessian);
        self.factor.resize(dim * dim, 0.0);
        // No product may be so small that its rounding is not relative.
        if (0..dim).any(|c| hessian[c * dim + c] < LEAST_DIAGONAL) {
            return false;
        }
        if !cholesky(&mut self.factor, dim, 0.0, |r, c| hessian[r * dim + c]) {
            return false;
        }
        self.root.clear();
        self.root.resize(dim * dim, 0.0);
        for c in 0..dim {
            for r in c..dim {
                let known: f64 = (c..r).map(|t| self.factor[r * dim + t] * self.root[t * dim + c]).sum();
                let unit = if r == c { 1.0 } else { 0.0 };
                self.root[r * dim + c] = (unit - known) / self.factor[r * dim + r];
            }
        }
        let defect = self.defect(count);
        self.stretch = (1.0 / (1.0 - defect)).sqrt() * UPWARD;
        defect <= MOST_DEFECT && self.stretch.is_finite()
    }

    /// Upper bound of the norm of `I - R H R^T` for the exact Hessian of `count` points.
    fn defect(&mut self, count: usize) -> f64 {
        let dim = self.dim;
        let symmetric = |r: usize, c: usize| self.hessian[r.max(c) * dim + r.min(c)];
        self.product.clear();
        self.product.resize(dim * dim, 0.0);
        for r in 0..dim {
            for c in 0..dim {
                self.product[r * dim + c] = (0..=r).map(|t| self.root[r * dim + t] * symmetric(t, c)).sum();
            }
        }
        // |R| d with d the square roots of the diagonal bounds all products of absolute values.
        let reach: Vec<f64> =
            (0..dim).map(|r| (0..=r).map(|t| self.root[r * dim + t].abs() * symmetric(t, t).sqrt()).sum()).collect();
        // Sums over the points in the Hessian, and over its rows and columns here.
        let rounding = (count + 2 * dim + 24) as f64 * f64::EPSILON;
        let mut largest = 0.0f64;
        for r in 0..dim {
            let mut sum = 0.0;
            for c in 0..dim {
                let entry: f64 = (0..=c).map(|t| self.product[r * dim + t] * self.root[c * dim + t]).sum();
                let unit = if r == c { 1.0 } else { 0.0 };
                sum += (entry - unit).abs() + rounding * (reach[r] * reach[c] * UPWARD + 1.0);
            }
            if sum.is_nan() {
                return f64::INFINITY;
            }
            largest = largest.max(sum * UPWARD);
        }
        largest
    }

    /// What the ellipsoid says of a point.
    pub(super) fn shadow(&self, point: &[f64]) -> Shadow {
        let (z, error) = product_with_error(point, &self.centre);
        let mut squares = 0.0;
        for (r, row) in self.root.chunks_exact(self.dim).enumerate() {
            let (entry, error) = product_with_error(&row[..=r], &point[..=r]);
            squares += (entry.abs() + error).powi(2);
        }
        Shadow { z, error, spread: (squares.sqrt() * self.stretch * UPWARD).max(f64::MIN_POSITIVE), offset: self.offset }
    }
}

impl Shadow {
    /// A lower bound of what moving to `z <= 0` adds to the proved bound, apart from the sample's own loss.
    pub(super) fn cost_off(self) -> f64 {
        let distance = ((self.z - self.error) / self.spread * DOWNWARD - self.offset * UPWARD).max(0.0);
        distance * distance * DOWNWARD
    }

    /// A lower bound of what `z >= 0` adds, with the sample's own loss being `m (z - c)^2` at least beyond its share of the
    /// proved bound; a lower bound of `c` will do.
    pub(super) fn cost_on(self, m: f64, c: f64) -> f64 {
        // Above this z the ellipsoid's cost is that of the distance from it.
        let slack = self.spread * self.offset + self.error;
        let z = self.z + slack * UPWARD + 8.0 * f64::EPSILON * (self.z.abs() + slack);
        if c.is_nan() || z >= c || c <= 0.0 {
            return 0.0;
        }
        // The least of `m (z' - c)^2 + weight (z' - z)^2` over `z' >= 0`.
        let weight = 1.0 / (self.spread * self.spread);
        let cost = if m * c + weight * z < 0.0 { m * c * c + weight * z * z } else { (c - z).powi(2) / (1.0 / m + 1.0 / weight) };
        cost * DOWNWARD * DOWNWARD
    }

    /// A lower bound of `z` for all vectors whose loss is below the proved bound plus `gap`.
    pub(super) fn low(self, gap: f64) -> f64 {
        let radius = gap.max(0.0).sqrt() * UPWARD + self.offset;
        let reach = radius * self.spread * UPWARD + self.error;
        self.z - reach - 8.0 * f64::EPSILON * (self.z.abs() + reach)
    }
}

/// `a . b` and a bound on the error, each entry of `a` or `b` being off by half a unit in the last place at most.
fn product_with_error(a: &[f64], b: &[f64]) -> (f64, f64) {
    let sizes: f64 = a.iter().zip(b).map(|(x, y)| (x * y).abs()).sum();
    let underflow: f64 = b.iter().map(|y| y.abs()).sum::<f64>() + a.iter().map(|x| x.abs()).sum::<f64>() + a.len() as f64;
    (inner(a, b), (a.len() as f64 + 8.0) * f64::EPSILON * sizes * UPWARD + f64::MIN_POSITIVE * underflow)
}
