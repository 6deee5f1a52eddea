//! The size of naive enumeration: in how many regions the training loss is one quadratic.

use crate::{Activation, Instance};
use std::collections::HashSet;

/// Decimal logarithm of the number of activation cells that an enumeration would visit.
///
/// The `n` distinct inputs, as hyperplanes through the origin, cut the `D` parameters of one unit into at most `C = 2 sum_{i
/// < D} binom(n - 1, i)` cones (T. M. Cover, 1965; attained in general position), `D` counting the hidden bias. Units of
/// equal output sign are exchangeable, so `k` units have `sum_{p = 0..k} M(C, p) M(C, k - p)` cells, `M(C, m) = binom(C + m -
/// 1, m)` being the multisets; with outputs fixed to 1 only `p = k` remains. For 1, 2 and 3 units this is about `2 C`, `2
/// C^2` and `4/3 C^3`. A shared filter sees patches: `n` is their number, and `D` counts the inputs of one of them.
/// None for networks without `relu` units.
pub fn cells_log10(instance: &Instance) -> Option<f64> {
    let network = &instance.network;
    if network.activation != Activation::Relu {
        return None;
    }
    let inputs = network.unit_inputs(instance.data.dimension());
    let distinct: HashSet<Vec<u64>> =
        instance.data.inputs().chunks_exact(inputs).map(|seen| seen.iter().map(|x| (x + 0.0).to_bits()).collect()).collect();
    let parameters = inputs + usize::from(network.hidden_bias);
    let cones = ln_cones(distinct.len(), parameters);
    let signs = if network.train_output { 0..=network.width } else { network.width..=network.width };
    let terms = signs.map(|positive| ln_multisets(cones, positive) + ln_multisets(cones, network.width - positive));
    Some(ln_sum(terms) / std::f64::consts::LN_10)
}

/// `ln C` for `n` points and `parameters` numbers per unit.
fn ln_cones(n: usize, parameters: usize) -> f64 {
    let mut binomial = 0.0;
    let terms = (0..parameters.min(n)).map(|i| {
        if i > 0 {
            binomial += ((n - i) as f64 / i as f64).ln();
        }
        binomial
    });
    std::f64::consts::LN_2 + ln_sum(terms)
}

/// `ln binom(C + m - 1, m)`.
fn ln_multisets(ln_c: f64, m: usize) -> f64 {
    (0..m).map(|t| ln_c + (t as f64 * (-ln_c).exp()).ln_1p() - ((t + 1) as f64).ln()).sum()
}

/// `ln sum exp(term)` without overflow.
fn ln_sum(terms: impl Iterator<Item = f64>) -> f64 {
    let terms: Vec<f64> = terms.collect();
    let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + terms.iter().map(|term| (term - largest).exp()).sum::<f64>().ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dataset, Loss, Network};

    fn cells(n: u32, network: Network) -> f64 {
        let rows: Vec<Vec<f64>> = (0..n).map(|i| vec![f64::from(i), f64::from(i * i)]).collect();
        let data = Dataset::new(&rows, vec![0.0; n as usize]).expect("valid");
        10f64.powf(cells_log10(&Instance::new(data, network, Loss::Squared).expect("valid")).expect("relu"))
    }

    #[test]
    fn few_units_have_as_many_cells_as_counted_by_hand() {
        // 5 points in the plane: C = 2 (1 + 4 + 6) = 22 for an affine unit, 2 (1 + 4) = 10 for a linear one.
        assert!((cells(5, Network::dense(1)) - 44.0).abs() < 1e-9);
        assert!((cells(5, Network { hidden_bias: false, ..Network::dense(1) }) - 20.0).abs() < 1e-9);
        assert!((cells(5, Network { train_output: false, ..Network::dense(1) }) - 22.0).abs() < 1e-9);
        assert!((cells(5, Network::dense(2)) - (22.0 * 23.0 + 22.0 * 22.0)).abs() < 1e-7);
        assert!((cells(1, Network::dense(1)) - 4.0).abs() < 1e-9);
    }

    #[test]
    fn a_shared_filter_has_the_cells_of_its_patches() {
        let rows: Vec<Vec<f64>> = (0..20).map(|i| (0..4).map(|c| f64::from((7 * i + 3 * c) % 101)).collect()).collect();
        let data = Dataset::new(&rows, vec![0.0; 20]).expect("valid");
        let network = Network { hidden_bias: false, train_output: false, ..Network::shared_filter(2, 2) };
        let instance = Instance::new(data, network, Loss::Squared).expect("valid");
        // 2 (1 + 39) for 40 patches of 2 inputs.
        assert!((10f64.powf(cells_log10(&instance).expect("relu")) - 80.0).abs() < 1e-9);
    }
}
