//! The dual vector at the points: `phi(u) = s sum_t q_t relu(u . x_t)` with `q_t = sum_(i shows t) r_i`.

use crate::incidence::Incidence;

/// Roundings behind a sum of residuals, beside its additions: every residual may be rounded from a fraction.
const ROUNDINGS: f64 = 4.0;

/// Sums of residuals over the samples of every point. In a dense network they are the residuals.
#[derive(Default)]
pub(crate) struct PointResiduals {
    pub(crate) values: Vec<f64>,
    /// `sum |r_i|` over the samples of every point.
    pub(crate) sizes: Vec<f64>,
    /// A value is at most so far from the exact sum; zero where its sign is certain.
    doubts: Vec<f64>,
    /// Residuals in all sums.
    pub(crate) terms: usize,
}

impl PointResiduals {
    /// The sums of the given residuals.
    pub(crate) fn gather(&mut self, incidence: &Incidence, residuals: &[f64]) {
        self.values.clear();
        self.sizes.clear();
        self.doubts.clear();
        self.terms = residuals.len() * incidence.patches();
        if incidence.is_identity() {
            self.values.extend_from_slice(residuals);
            self.sizes.extend(residuals.iter().map(|r| r.abs()));
            self.doubts.resize(residuals.len(), 0.0);
            return;
        }
        for point in 0..incidence.points() {
            let samples = incidence.samples_of(point);
            let size: f64 = samples.iter().map(|&i| residuals[i].abs()).sum();
            self.values.push(samples.iter().map(|&i| residuals[i]).sum());
            self.sizes.push(size);
            let roundings = samples.len() as f64 + ROUNDINGS;
            self.doubts.push(if samples.len() > 1 { roundings * f64::EPSILON * size } else { 0.0 });
        }
    }

    /// May the exact value at a point times `sign` be positive?
    pub(crate) fn may_be_positive(&self, sign: f64, point: usize) -> bool {
        sign * self.values[point] > -self.doubts[point]
    }
}
