//! The dual vector at the points: `phi(u) = s sum_t q_t relu(u . x_t)` with `q_t = sum_(i shows t) r_i`.

use crate::arrangement::Magnitude;
use crate::incidence::Incidence;

/// Sums of residuals over the samples of every point. In a dense network they are the residuals.
#[derive(Default)]
pub(crate) struct PointResiduals {
    pub(crate) values: Vec<f64>,
    /// Of `sum |r_i|` over the samples of every point.
    pub(crate) magnitude: Magnitude,
}

impl PointResiduals {
    /// The sums of the given residuals.
    pub(crate) fn gather(&mut self, incidence: &Incidence, residuals: &[f64]) {
        self.values.clear();
        let terms = residuals.len() * incidence.patches();
        if incidence.is_identity() {
            self.values.extend_from_slice(residuals);
            let length = residuals.iter().map(|r| r * r).sum::<f64>().sqrt();
            self.magnitude = Magnitude { length, mass: residuals.iter().map(|r| r.abs()).sum(), terms };
            return;
        }
        let (mut squares, mut mass) = (0.0, 0.0);
        for point in 0..incidence.points() {
            let samples = incidence.samples_of(point);
            let size: f64 = samples.iter().map(|&i| residuals[i].abs()).sum();
            self.values.push(samples.iter().map(|&i| residuals[i]).sum());
            squares += size * size;
            mass += size;
        }
        self.magnitude = Magnitude { length: squares.sqrt(), mass, terms };
    }
}
