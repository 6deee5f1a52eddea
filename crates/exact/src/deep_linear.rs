//! Products of matrices. With one output every affine function is such a product, so that the optimum is ordinary least squares,
//! here in fractions: whatever the data, nothing is lost to rounding but in the weights.

use crate::integers::{independent_columns, solve_exactly};
use crate::program::{enclose, exact, rational_to_f64};
use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::One;
use optgap_problem::{Instance, Unsupported, Weights};

/// Most inputs and most samples: what fractions take some seconds for.
const MOST_INPUTS: usize = 64;
const MOST_SAMPLES: usize = 10_000;

/// Refuses what is too large for exact arithmetic.
pub(crate) fn supports(instance: &Instance) -> Result<(), Unsupported> {
    let (samples, inputs) = (instance.data.len(), instance.data.dimension());
    if inputs <= MOST_INPUTS && samples <= MOST_SAMPLES {
        return Ok(());
    }
    Err(Unsupported(format!(
        "least squares in fractions on {samples} samples of {inputs} inputs; at most {MOST_SAMPLES} of {MOST_INPUTS} are treated"
    )))
}

/// Weights of the least-squares fit, and its mean loss rounded down.
pub(crate) fn least_squares(instance: &Instance) -> (Weights, f64) {
    let data = &instance.data;
    let (samples, dimension) = (data.len(), data.dimension());
    let bias = instance.network.output_bias.then_some(1.0);
    let columns: Vec<Scaled> = (0..dimension)
        .map(|column| Scaled::new((0..samples).map(|sample| data.input(sample)[column])))
        .chain(bias.map(|one| Scaled::new(std::iter::repeat_n(one, samples))))
        .collect();
    let labels = Scaled::new(data.labels().iter().copied());
    let rows: Vec<Vec<BigInt>> =
        (0..samples).map(|sample| columns.iter().map(|column| column.numerators[sample].clone()).collect()).collect();
    let basis = independent_columns(rows.iter().map(Vec::as_slice), columns.len());
    let inner = |a: &Scaled, b: &Scaled| -> BigInt { a.numerators.iter().zip(&b.numerators).map(|(x, y)| x * y).sum() };
    let system = basis.iter().map(|&r| {
        let right = inner(&columns[r], &labels);
        basis.iter().map(|&c| inner(&columns[r], &columns[c])).chain([right]).collect()
    });
    let system: Vec<Vec<BigInt>> = system.collect();
    let projections: Vec<BigInt> = system.iter().map(|row| row[basis.len()].clone()).collect();
    let solution = if basis.is_empty() { None } else { solve_exactly(system) };
    let mut squares = BigRational::from_integer(inner(&labels, &labels));
    let mut coefficients = vec![0.0; dimension + 1];
    if let Some(solution) = solution {
        for ((&column, numerator), projection) in basis.iter().zip(&solution.numerators).zip(&projections) {
            let value = BigRational::new(numerator.clone(), solution.determinant.clone());
            squares -= &value * BigRational::from_integer(projection.clone());
            coefficients[column] = rational_to_f64(&(value * &columns[column].scale / &labels.scale));
        }
    }
    let mean = squares / (&labels.scale * &labels.scale) / BigRational::from_integer(samples.into());
    (product_of(instance, &coefficients), enclose(&mean).lo.max(0.0))
}

/// The affine function with these slopes and, at the end, this constant as a product of matrices: one path carries it.
fn product_of(instance: &Instance, coefficients: &[f64]) -> Weights {
    let (network, dimension) = (&instance.network, instance.data.dimension());
    let mut weights = Weights::zero(network.width, dimension);
    let mut path = vec![vec![0.0; network.width]; network.width];
    path[0][0] = 1.0;
    weights.inner = vec![path; network.inner_layers()];
    weights.hidden[0].copy_from_slice(&coefficients[..dimension]);
    if network.output_bias {
        weights.output_bias = coefficients[dimension];
    }
    weights
}

/// Numbers as whole ones over a common scale.
struct Scaled {
    numerators: Vec<BigInt>,
    scale: BigRational,
}

impl Scaled {
    fn new(values: impl Iterator<Item = f64>) -> Self {
        let values: Vec<BigRational> = values.map(exact).collect();
        let scale = values.iter().fold(BigInt::one(), |scale, value| scale.lcm(value.denom()));
        let numerators = values.iter().map(|value| value.numer() * (&scale / value.denom())).collect();
        Self { numerators, scale: BigRational::from_integer(scale) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use optgap_problem::{Dataset, Loss, Network};

    fn instance(rows: &[Vec<f64>], labels: &[f64], network: Network) -> Instance {
        Instance::new(Dataset::new(rows, labels.to_vec()).expect("valid"), network, Loss::Squared).expect("valid")
    }

    #[test]
    fn the_fit_is_that_of_the_normal_equations() {
        let rows: Vec<Vec<f64>> = (0..9).map(|i| vec![f64::from(i) / 10.0, f64::from(i * i % 5), 0.3]).collect();
        let labels: Vec<f64> = (0..9).map(|i| f64::from(i * 7 % 4) - 0.7).collect();
        for (depth, width, output_bias, train_output) in [(2, 1, true, true), (3, 2, false, true), (5, 3, true, false)] {
            let network = Network { output_bias, train_output, ..Network::deep_linear(depth, width) };
            let instance = instance(&rows, &labels, network);
            let (weights, lower) = least_squares(&instance);
            let loss = instance.loss_of(&weights).expect("fits");
            assert!(lower <= loss.hi && loss.hi - lower < 1e-14, "{loss:?} {lower}");
            // No small step to another affine function is better.
            for column in 0..3 {
                for step in [-1e-4, 1e-4] {
                    let mut moved = weights.clone();
                    moved.hidden[0][column] += step;
                    assert!(instance.loss_of(&moved).expect("fits").lo > lower);
                }
            }
        }
    }

    #[test]
    fn dependent_columns_and_zero_inputs_are_no_trouble() {
        let rows: Vec<Vec<f64>> = (0..4).map(|i| vec![f64::from(i), 2.0 * f64::from(i), 0.0]).collect();
        let labels = [1.0, 3.0, 5.0, 7.5];
        let (weights, lower) = least_squares(&instance(&rows, &labels, Network::deep_linear(2, 1)));
        assert!(weights.is_finite() && lower > 0.0);
        let zeros = vec![vec![0.0]; 3];
        let (_, lower) = least_squares(&instance(&zeros, &[1.0, 1.0, 4.0], Network::deep_linear(2, 1)));
        assert!((lower - 6.0).abs() < 1e-15);
    }

    #[test]
    fn sizes_beyond_fractions_are_refused() {
        let wide = instance(&[vec![1.0; 65]], &[1.0], Network::deep_linear(2, 1));
        assert!(supports(&wide).expect_err("refused").0.contains("at most 10000 of 64"));
    }
}
