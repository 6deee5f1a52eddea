//! Which points the samples show to the neurons.
//!
//! A neuron sees points `x_t`, and `f(x_i) = sum_j s_j sum_(t of sample i) relu(u_j . x_t) (+ c)`. In a dense network a sample is
//! one point. Under a shared filter it is a point for every patch, which other samples, or the same one, may show again.

use crate::kernels::Kernels;

/// The points of every sample, and the samples of every point.
pub(crate) struct Incidence {
    patches: usize,
    /// `patches` points of every sample, in ascending order, a point as often as it is shown.
    points_of: Vec<usize>,
    /// Samples of every point, in ascending order, point after point.
    samples_of: Vec<usize>,
    /// Where the samples of each point begin, and the end of all.
    starts: Vec<usize>,
}

impl Incidence {
    /// `points_of` has `patches` points for every sample. With one patch, sample `i` must show point `i`.
    pub(crate) fn new(patches: usize, points: usize, points_of: Vec<usize>) -> Self {
        debug_assert!(patches > 1 || points_of.iter().enumerate().all(|(i, &point)| i == point));
        let mut starts = vec![0; points + 1];
        points_of.iter().for_each(|&point| starts[point + 1] += 1);
        (0..points).for_each(|point| starts[point + 1] += starts[point]);
        let mut order: Vec<usize> = (0..points_of.len()).collect();
        order.sort_by_key(|&place| points_of[place]);
        let samples_of = order.into_iter().map(|place| place / patches).collect();
        Self { patches, points_of, samples_of, starts }
    }

    /// Points that a sample shows.
    pub(crate) fn patches(&self) -> usize {
        self.patches
    }

    /// Is point `i` what sample `i` shows, for all of them?
    pub(crate) fn is_identity(&self) -> bool {
        self.patches == 1
    }

    /// Number of distinct points.
    pub(crate) fn points(&self) -> usize {
        self.starts.len() - 1
    }

    /// The points that a sample shows.
    pub(crate) fn points_of(&self, sample: usize) -> &[usize] {
        &self.points_of[sample * self.patches..(sample + 1) * self.patches]
    }

    /// The samples that show a point.
    pub(crate) fn samples_of(&self, point: usize) -> &[usize] {
        &self.samples_of[self.starts[point]..self.starts[point + 1]]
    }

    /// Sums over the samples that show each point.
    pub(crate) fn point_sums(&self, values: &[f64]) -> Vec<f64> {
        (0..self.points()).map(|point| self.samples_of(point).iter().map(|&i| values[i]).sum()).collect()
    }

    /// `out_i = factor * sum_(t of sample i) relu(z_t)`.
    pub(crate) fn outputs(&self, kernels: Kernels, factor: f64, z: &[f64], out: &mut [f64]) {
        if self.is_identity() {
            return kernels.relu(out, factor, z);
        }
        for (out, points) in out.iter_mut().zip(self.points_of.chunks_exact(self.patches)) {
            *out = factor * points.iter().map(|&point| z[point].max(0.0)).sum::<f64>();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_know_their_samples_as_often_as_they_are_shown() {
        let incidence = Incidence::new(2, 3, vec![0, 1, 1, 1, 0, 2]);
        assert_eq!([0, 1, 2].map(|point| incidence.samples_of(point).to_vec()), [vec![0, 2], vec![0, 1, 1], vec![2]]);
        assert_eq!(incidence.points_of(2), [0, 2]);
        let mut outputs = [0.0; 3];
        incidence.outputs(Kernels::default(), -1.0, &[1.0, 2.0, -4.0], &mut outputs);
        assert_eq!(outputs, [-3.0, -4.0, -1.0]);
    }
}
