//! Initial weights, from our own generator: burn's seed is one for the whole process.

use crate::layout::Layout;
use optgap_problem::Restarts;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// How initial weights are drawn.
///
/// All entries are independent normal numbers around 0. Weights into hidden units have the standard deviation
/// `scale * sqrt(2 / d)` (He et al. 2015), outputs and inner matrices `scale / sqrt(k)`, so that on inputs of variance 1 the network's
/// values have a variance of about `scale^4`. Hidden biases have `bias_scale`. The output bias starts at 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Initialisation {
    /// Factor on the weights and outputs; 1 is He's.
    pub scale: f64,
    /// Standard deviation of the hidden biases; 0 puts every kink through the origin.
    pub bias_scale: f64,
}

/// The initial column of restart `index`. It depends on the seed, the index and the network's shape alone.
pub(crate) fn column(layout: &Layout, restarts: Restarts, index: usize, initial: Initialisation) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(restarts.seed);
    random.set_stream(index as u64);
    let mut normal = |deviation: f64| deviation * random.sample::<f64, _>(StandardNormal);
    let (k, d) = (layout.width(), layout.dimension());
    let hidden_deviation = initial.scale * (2.0 / d as f64).sqrt();
    let mut column: Vec<f64> = (0..d * k).map(|_| normal(hidden_deviation)).collect();
    column.extend((d * k..layout.hidden().end).map(|_| normal(initial.bias_scale)));
    // A product of matrices keeps the size of what passes through them.
    let inner_deviation = initial.scale / (k as f64).sqrt();
    column.extend(layout.inner().flatten().map(|_| normal(inner_deviation)));
    let output_deviation = initial.scale / (k as f64).sqrt();
    column.extend(layout.output().into_iter().flatten().map(|_| normal(output_deviation)));
    column.resize(layout.rows(), 0.0);
    column
}

#[cfg(test)]
mod tests {
    use super::*;
    use optgap_problem::{Dataset, Instance, Loss, Network};

    const HE: Initialisation = Initialisation { scale: 1.0, bias_scale: 0.5 };

    fn layout() -> Layout {
        let data = Dataset::new(&[vec![0.0; 8]], vec![0.0]).expect("valid");
        let network = Network { output_bias: true, ..Network::dense(4) };
        Layout::new(&Instance::new(data, network, Loss::Squared).expect("valid"))
    }

    #[test]
    fn a_column_depends_on_seed_and_index_alone() {
        let at = |count, seed, index| column(&layout(), Restarts { count, seed }, index, HE);
        assert_eq!(at(1, 7, 3), at(64, 7, 3));
        assert_ne!(at(64, 7, 3), at(64, 7, 4));
        assert_ne!(at(64, 7, 3), at(64, 8, 3));
    }

    #[test]
    fn every_group_of_parameters_has_its_deviation() {
        let layout = layout();
        let columns: Vec<_> = (0..2000).map(|i| column(&layout, Restarts { count: 2000, seed: 1 }, i, HE)).collect();
        let deviation = |rows: std::ops::Range<usize>| {
            let values: Vec<f64> = columns.iter().flat_map(|column| column[rows.clone()].to_vec()).collect();
            (values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64).sqrt()
        };
        assert!((deviation(0..32) - 0.5).abs() < 0.02, "weights: sqrt(2 / 8)");
        assert!((deviation(32..36) - 0.5).abs() < 0.02, "biases");
        assert!((deviation(36..40) - 0.5).abs() < 0.02, "outputs: 1 / sqrt(4)");
        assert_eq!(deviation(40..41), 0.0);
    }
}
