//! Initial weights, from our own generator: burn's seed is one for the whole process.

use crate::layout::Layout;
use crate::traps::Trap;
use optgap_problem::{Instance, Restarts};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// How initial weights are drawn.
///
/// By He's law all entries are independent normal numbers around 0. Weights into hidden units have the standard deviation
/// `scale * sqrt(2 / d)` (He et al. 2015), outputs and inner matrices `scale / sqrt(k)`, so that on inputs of variance 1 the network's
/// values have a variance of about `scale^4`. Hidden biases have `bias_scale`. The output bias starts at 0. Other laws change the
/// weights into hidden units; traps are no draws.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Initialisation {
    /// The law of the weights into hidden units, or a trap.
    pub law: Law,
    /// Factor on the weights and outputs; 1 is the law's own.
    pub scale: f64,
    /// Standard deviation of the hidden biases; 0 puts every kink through the origin.
    pub bias_scale: f64,
}

/// Where descent begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// Normal with variance `2 / d`.
    He,
    /// Normal with variance `2 / (d + k)` (Glorot and Bengio 2010).
    Glorot,
    /// Uniform with variance `2 / d`.
    Uniform,
    /// Orthogonal within groups of `d` units, each of the length that He's have on average (Saxe and others 2014).
    Orthogonal,
    /// A point from which descent cannot come away.
    Trap(Trap),
}

/// Where restart `index` begins. It depends on the instance, the seed and the index alone.
pub(crate) fn start(instance: &Instance, layout: &Layout, restarts: Restarts, index: usize, initial: Initialisation) -> Vec<f64> {
    let drawn = column(layout, restarts, index, initial);
    match initial.law {
        Law::Trap(trap) => trap.column(instance, layout, drawn),
        _ => drawn,
    }
}

/// The random numbers of restart `index`; where the law is a trap, He's.
fn column(layout: &Layout, restarts: Restarts, index: usize, initial: Initialisation) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(restarts.seed);
    random.set_stream(index as u64);
    let (k, d) = (layout.width(), layout.dimension());
    let he = initial.scale * (2.0 / d as f64).sqrt();
    let mut column: Vec<f64> = match initial.law {
        Law::Uniform => {
            let bound = he * 3.0_f64.sqrt();
            (0..d * k).map(|_| random.random_range(-bound..=bound)).collect()
        }
        Law::Glorot => {
            let glorot = initial.scale * (2.0 / (d + k) as f64).sqrt();
            (0..d * k).map(|_| glorot * random.sample::<f64, _>(StandardNormal)).collect()
        }
        _ => (0..d * k).map(|_| he * random.sample::<f64, _>(StandardNormal)).collect(),
    };
    if initial.law == Law::Orthogonal {
        orthogonalise(&mut column, k, initial.scale * 2.0_f64.sqrt());
    }
    let mut normal = |deviation: f64| deviation * random.sample::<f64, _>(StandardNormal);
    column.extend((d * k..layout.hidden().end).map(|_| normal(initial.bias_scale)));
    // A product of matrices keeps the size of what passes through them.
    let inner_deviation = initial.scale / (k as f64).sqrt();
    column.extend(layout.inner().flatten().map(|_| normal(inner_deviation)));
    let output_deviation = initial.scale / (k as f64).sqrt();
    column.extend(layout.output().into_iter().flatten().map(|_| normal(output_deviation)));
    column.resize(layout.rows(), 0.0);
    column
}

/// Makes the units of each group of `d` orthogonal, by the method of Gram and Schmidt, and gives them one length. Entry `i * k + j` is the
/// weight of input `i` into unit `j` of `k`.
fn orthogonalise(weights: &mut [f64], k: usize, length: f64) {
    let d = weights.len() / k;
    for unit in 0..k {
        for earlier in unit / d * d..unit {
            let product: f64 = (0..d).map(|i| weights[i * k + unit] * weights[i * k + earlier]).sum();
            (0..d).for_each(|i| weights[i * k + unit] -= product / (length * length) * weights[i * k + earlier]);
        }
        let norm = (0..d).map(|i| weights[i * k + unit].powi(2)).sum::<f64>().sqrt();
        (0..d).for_each(|i| weights[i * k + unit] *= length / norm);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use optgap_problem::{Dataset, Loss, Network};

    const HE: Initialisation = Initialisation { law: Law::He, scale: 1.0, bias_scale: 0.5 };

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

    #[test]
    fn every_law_has_its_deviation_and_orthogonal_units_are_orthogonal() {
        let layout = layout();
        let weights =
            |law, index| column(&layout, Restarts { count: 500, seed: 1 }, index, Initialisation { law, ..HE })[..32].to_vec();
        let laws = [(Law::He, 0.5), (Law::Glorot, (2.0_f64 / 12.0).sqrt()), (Law::Uniform, 0.5), (Law::Orthogonal, 0.5)];
        for (law, expected) in laws {
            let values: Vec<f64> = (0..500).flat_map(|index| weights(law, index)).collect();
            let deviation = (values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64).sqrt();
            assert!((deviation - expected).abs() < 0.02, "{law:?}: {deviation}");
        }
        assert!((0..500).flat_map(|index| weights(Law::Uniform, index)).all(|v| v.abs() <= 0.75_f64.sqrt()));
        let orthogonal = weights(Law::Orthogonal, 3);
        let product = |a: usize, b: usize| (0..8).map(|i| orthogonal[i * 4 + a] * orthogonal[i * 4 + b]).sum::<f64>();
        for (a, b) in (0..4).flat_map(|a| (0..=a).map(move |b| (a, b))) {
            let expected = if a == b { 2.0 } else { 0.0 };
            assert!((product(a, b) - expected).abs() < 1e-12, "{a} {b}");
        }
    }
}
