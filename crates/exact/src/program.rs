//! The canonical program: a training problem reduced to what the search needs, by exact steps only.
//!
//! `prediction_i = sum_j s_j sum_t relu(u_j . x_t) (+ c)` over the points `t` that sample `i` shows: one in a dense network, one
//! per patch under a shared filter, whose factor `1 / patches` is part of `u_j` like the size of the output weight. Every step
//! from the instance to the program is exact: equal points become one point, samples that show the same points one weighted
//! sample, columns that depend linearly on others are dropped, a column may be shifted (with a hidden bias) and is scaled by a
//! power of two. So a bound for the program is a bound for the instance, and weights pass back through [`Program::weights`].

use crate::certificate::DualVector;
use crate::digits::DigitTable;
use crate::incidence::Incidence;
use crate::integers::{drop_common_zeros, dyadic, independent_columns, scale, scaled_to_f64};
use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Zero};
use optgap_problem::{Enclosure, Instance, Weights};
use std::collections::HashMap;
use std::hash::Hash;

/// A column is shifted towards zero when its mean is this many times larger than its spread: large offsets would cost
/// digits in every product.
const SHIFT_RATIO: f64 = 4.0;

/// The reduced problem. Points have `dim` coordinates; the last coordinate is 1 if there is a hidden bias.
pub(crate) struct Program {
    /// Number of hidden units.
    pub(crate) width: usize,
    /// Number of coordinates `D` of a neuron's parameter vector.
    pub(crate) dim: usize,
    /// Is there a free constant in the prediction?
    pub(crate) output_bias: bool,
    /// Are the signs of the neurons free? Otherwise all are positive.
    pub(crate) free_signs: bool,
    /// Which points the samples show.
    pub(crate) incidence: Incidence,
    /// Exact integer coordinates of the points, a row of `dim` each.
    pub(crate) integer_points: Vec<Vec<BigInt>>,
    /// The same, for fast exact sums.
    pub(crate) digits: DigitTable,
    /// `points[i * dim + c]` is `integer_points[i][c] * 2^column_exponents[c]` to the nearest f64.
    pub(crate) points: Vec<f64>,
    /// Powers of two that bring the columns to a spread of about 1.
    pub(crate) column_exponents: Vec<i64>,
    /// Multiplicity of each sample.
    pub(crate) multiplicity: Vec<f64>,
    /// Sum of the multiplicities of the samples that show each point.
    pub(crate) point_weights: Vec<f64>,
    /// Mean label of each sample, to the nearest f64.
    pub(crate) labels: Vec<f64>,
    /// The exact mean labels.
    pub(crate) exact_labels: Vec<BigRational>,
    /// Sum of squares that no prediction can remove: equal samples with different labels. A lower bound for it.
    pub(crate) unavoidable: f64,
    /// Number of original samples.
    pub(crate) samples: usize,
    /// Where each point is found among the patches of all samples.
    representatives: Vec<usize>,
    back: BackMap,
}

/// How a parameter vector returns to original coordinates: `w_c = u_c * 2^exponent_c`, `b = u_last - sum w_c shift_c`.
struct BackMap {
    /// Original column of each kept coordinate; none for the bias.
    columns: Vec<Option<usize>>,
    shifts: Vec<f64>,
    exponents: Vec<i64>,
    original_dimension: usize,
    /// A neuron gives the mean over so many points where the program has their sum.
    patches: f64,
}

impl Program {
    pub(crate) fn new(instance: &Instance) -> Self {
        let (data, network) = (&instance.data, &instance.network);
        let dimension = network.unit_inputs(data.dimension());
        let patches: Vec<&[f64]> = data.inputs().chunks_exact(dimension).collect();
        let Distinct { representatives, incidence, sample_of_original, multiplicity } =
            Distinct::new(&patches, network.patches());
        let column = |c: usize| -> Vec<f64> { patches.iter().map(|patch| patch[c]).collect() };
        let shifts: Vec<f64> = (0..dimension).map(|c| if network.hidden_bias { shift(&column(c)) } else { 0.0 }).collect();
        let distinct_column = |c: usize| -> Vec<f64> { representatives.iter().map(|&t| patches[t][c]).collect() };
        // The bias comes first, so that it is a constant column that is dropped and not the bias.
        let bias = network.hidden_bias.then(|| IntegerColumn::bias(representatives.len()));
        let inputs = (0..dimension).map(|c| IntegerColumn::new(c, &distinct_column(c), shifts[c]));
        let columns: Vec<IntegerColumn> = bias.into_iter().chain(inputs).collect();
        let (kept, integer_points) = independent_points(&columns, representatives.len(), network.hidden_bias);
        let column_exponents: Vec<i64> = kept.iter().map(|&c| columns[c].unit_exponent()).collect();
        let points = integer_points
            .iter()
            .flat_map(|row| row.iter().zip(&column_exponents).map(|(value, &exponent)| scaled_to_f64(value, exponent)))
            .collect();
        let exact_labels = exact_mean_labels(instance, &sample_of_original, multiplicity.len());
        let unavoidable = unavoidable_squares(instance, &sample_of_original, &exact_labels);
        let back = BackMap {
            columns: kept.iter().map(|&c| columns[c].source).collect(),
            shifts,
            // A coordinate is (x - shift) / 2^exponent * 2^unit: the weight of x takes the opposite power.
            exponents: kept.iter().zip(&column_exponents).map(|(&c, unit)| unit - columns[c].exponent).collect(),
            original_dimension: dimension,
            patches: network.patches() as f64,
        };
        Self {
            width: network.width,
            dim: kept.len(),
            output_bias: network.output_bias,
            free_signs: network.train_output,
            digits: DigitTable::new(&integer_points),
            integer_points,
            points,
            column_exponents,
            point_weights: incidence.point_sums(&multiplicity),
            incidence,
            multiplicity,
            labels: exact_labels.iter().map(rational_to_f64).collect(),
            exact_labels,
            unavoidable,
            samples: data.len(),
            representatives,
            back,
        }
    }

    /// Number of distinct samples.
    pub(crate) fn len(&self) -> usize {
        self.labels.len()
    }

    /// Float coordinates of a point.
    pub(crate) fn point(&self, index: usize) -> &[f64] {
        &self.points[index * self.dim..(index + 1) * self.dim]
    }

    /// Original weights for the given neurons (float coordinates) and constant.
    pub(crate) fn weights(&self, neurons: &[f64], positive: usize, constant: f64) -> Weights {
        let mut weights = Weights::zero(self.width, self.back.original_dimension);
        weights.output_bias = constant;
        for (j, neuron) in neurons.chunks(self.dim.max(1)).enumerate().take(self.width) {
            weights.output[j] = if j < positive { 1.0 } else { -1.0 };
            let mut bias = 0.0;
            for (c, value) in neuron.iter().map(|value| value * self.back.patches).enumerate() {
                match self.back.columns[c] {
                    None => bias += value,
                    Some(column) => {
                        let weight = scale(value, self.back.exponents[c]);
                        weights.hidden[j][column] = weight;
                        bias -= weight * self.back.shifts[column];
                    }
                }
            }
            weights.hidden_bias[j] = bias;
        }
        weights
    }

    /// The original columns of the coordinates; that of the bias comes after those of the inputs.
    pub(crate) fn original_columns(&self) -> impl Iterator<Item = usize> {
        self.back.columns.iter().map(|column| column.unwrap_or(self.back.original_dimension))
    }

    /// A positive multiple, in integers, of a parameter vector of integer coordinates in original ones.
    pub(crate) fn original_ray(&self, ray: &[BigInt]) -> Vec<BigInt> {
        // Integer coordinate c is (x - shift) / 2^e_c: the weight of x is v_c / 2^e_c, and the bias loses that times the shift.
        let shift = |c: usize| self.back.columns[c].and_then(|column| dyadic(self.back.shifts[column]));
        let exponent = |c: usize| self.back.exponents[c] - self.column_exponents[c];
        let lowest = |c: usize| exponent(c) + shift(c).map_or(0, |(_, e)| i64::from(e).min(0));
        let unit = (0..self.dim).map(lowest).min().unwrap_or(0);
        let weight = |c: usize| &ray[c] << (exponent(c) - unit) as usize;
        let mut original: Vec<BigInt> = (0..self.dim).map(weight).collect();
        for c in 0..self.dim {
            if let Some((mantissa, e)) = shift(c) {
                let offset = (&ray[c] * mantissa) << (exponent(c) + i64::from(e) - unit) as usize;
                original[self.dim - 1] -= offset;
            }
        }
        drop_common_zeros(&mut original);
        original
    }

    /// Pre-activations of original weights at the points with outputs folded in, neuron after neuron, those of positive sign
    /// first; and how many these are.
    pub(crate) fn preactivations(&self, instance: &Instance, weights: &Weights) -> (Vec<f64>, usize) {
        let (positive, negative): (Vec<usize>, Vec<usize>) = (0..self.width).partition(|&j| weights.output[j] >= 0.0);
        let folded = |&j: &usize| {
            let (row, bias, scale) = (&weights.hidden[j], weights.hidden_bias[j], weights.output[j].abs() / self.back.patches);
            self.representatives.iter().map(move |&t| {
                let products = row.iter().zip(&instance.data.inputs()[t * row.len()..]).map(|(w, x)| w * x);
                scale * (products.sum::<f64>() + bias)
            })
        };
        (positive.iter().chain(&negative).flat_map(folded).collect(), positive.len())
    }

    /// The least sum of squares over constant predictions, exact, rounded down, and the dual vector that proves it: the optimum
    /// when no neuron can do anything.
    pub(crate) fn constant_fit(&self) -> (f64, DualVector) {
        let constant = if self.output_bias {
            let weighted: BigRational = self.exact_labels.iter().zip(&self.multiplicity).map(|(y, &m)| y * exact(m)).sum();
            weighted / exact(self.samples as f64)
        } else {
            BigRational::zero()
        };
        let misses: Vec<BigRational> = self.exact_labels.iter().map(|y| &constant - y).collect();
        let squares: BigRational = misses.iter().zip(&self.multiplicity).map(|(miss, &m)| miss * miss * exact(m)).sum();
        let denominator = misses.iter().fold(BigInt::one(), |common, miss| common.lcm(miss.denom()));
        let entries = misses.iter().zip(&self.multiplicity);
        let numerators = entries.map(|(miss, &m)| miss.numer() * (&denominator / miss.denom()) * m as u64).collect();
        let lower = (Enclosure::exact(self.unavoidable) + enclose(&squares)).lo.max(0.0);
        (lower, DualVector::fractions(numerators, denominator))
    }
}

/// One column of the data in integers: `x - shift = value * 2^exponent`.
struct IntegerColumn {
    source: Option<usize>,
    values: Vec<BigInt>,
    exponent: i64,
}

impl IntegerColumn {
    fn bias(points: usize) -> Self {
        Self { source: None, values: vec![BigInt::from(1); points], exponent: 0 }
    }

    fn new(source: usize, values: &[f64], shift: f64) -> Self {
        let parts = |value: f64| dyadic(value).map_or((0, 0), |(m, e)| (m, i64::from(e)));
        let exponents = values.iter().chain([&shift]).filter_map(|&v| dyadic(v)).map(|(_, e)| i64::from(e));
        let exponent = exponents.min().unwrap_or(0);
        let integer = |value: f64| {
            let (mantissa, own) = parts(value);
            if mantissa == 0 { BigInt::zero() } else { BigInt::from(mantissa) << (own - exponent) as usize }
        };
        let offset = integer(shift);
        let mut column = Self { source: Some(source), values: values.iter().map(|&v| integer(v) - &offset).collect(), exponent };
        column.drop_trailing_zeros();
        column
    }

    /// After a shift all values may be multiples of a power of two: shorter numbers make every later product cheaper.
    fn drop_trailing_zeros(&mut self) {
        let zeros = self.values.iter().filter_map(BigInt::trailing_zeros).min().unwrap_or(0);
        self.exponent += zeros as i64;
        self.values.iter_mut().for_each(|v| *v >>= zeros);
    }

    /// The power of two that brings the integers to about 1.
    fn unit_exponent(&self) -> i64 {
        let largest = self.values.iter().map(BigInt::bits).max().unwrap_or(0) as i64;
        if self.source.is_none() { 0 } else { 1 - largest }
    }
}

/// The numbers of columns that do not depend on others, the bias last, and the points in these.
fn independent_points(columns: &[IntegerColumn], points: usize, hidden_bias: bool) -> (Vec<usize>, Vec<Vec<BigInt>>) {
    let rows: Vec<Vec<BigInt>> = (0..points).map(|t| columns.iter().map(|column| column.values[t].clone()).collect()).collect();
    let mut kept = independent_columns(rows.iter().map(Vec::as_slice), columns.len());
    if kept.first() == Some(&0) && hidden_bias {
        kept.rotate_left(1);
    }
    let integer_points = rows.iter().map(|row| kept.iter().map(|&c| row[c].clone()).collect()).collect();
    (kept, integer_points)
}

/// The distinct points and samples.
struct Distinct {
    /// A patch for every point.
    representatives: Vec<usize>,
    incidence: Incidence,
    sample_of_original: Vec<usize>,
    multiplicity: Vec<f64>,
}

impl Distinct {
    /// From the patches of all samples, so many for each. Their order within a sample does not matter.
    fn new(patches: &[&[f64]], per_sample: usize) -> Self {
        // Adding 0.0 makes -0.0 and 0.0 the same point.
        let bits = |patch: &&[f64]| -> Vec<u64> { patch.iter().map(|v| (v + 0.0).to_bits()).collect() };
        let (representatives, point_of_patch) = distinct(patches.iter().map(bits));
        let mut shown: Vec<Vec<usize>> = point_of_patch.chunks_exact(per_sample).map(<[usize]>::to_vec).collect();
        shown.iter_mut().for_each(|points| points.sort_unstable());
        let (firsts, sample_of_original) = distinct(shown.iter());
        let mut multiplicity = vec![0.0; firsts.len()];
        sample_of_original.iter().for_each(|&sample| multiplicity[sample] += 1.0);
        let points_of = firsts.iter().flat_map(|&i| &shown[i]).copied().collect();
        let incidence = Incidence::new(per_sample, representatives.len(), points_of);
        Self { representatives, incidence, sample_of_original, multiplicity }
    }
}

/// Index of the first of every distinct key, and the number of the distinct one for every key.
fn distinct<K: Eq + Hash>(keys: impl Iterator<Item = K>) -> (Vec<usize>, Vec<usize>) {
    let mut known: HashMap<K, usize> = HashMap::new();
    let mut firsts = Vec::new();
    let mut numbers = Vec::new();
    for (index, key) in keys.enumerate() {
        numbers.push(*known.entry(key).or_insert_with(|| {
            firsts.push(index);
            firsts.len() - 1
        }));
    }
    (firsts, numbers)
}

/// A short number near the mean of a column with a large offset, else 0.
fn shift(column: &[f64]) -> f64 {
    let values = || column.iter().copied();
    let n = column.len() as f64;
    let mean = values().map(|v| v / n).sum::<f64>();
    let spread = values().map(|v| (v - mean).abs()).fold(0.0, f64::max);
    if !(mean.is_finite() && spread.is_finite()) || mean.abs() <= SHIFT_RATIO * spread {
        return 0.0;
    }
    if spread == 0.0 {
        return column[0];
    }
    let unit = scale(1.0, spread.log2().floor() as i64);
    let shifted = (mean / unit).round() * unit;
    if shifted.is_finite() { shifted } else { 0.0 }
}

/// The number itself.
pub(crate) fn exact(value: f64) -> BigRational {
    BigRational::from_float(value).expect("validated as finite")
}

fn exact_mean_labels(instance: &Instance, sample_of_original: &[usize], samples: usize) -> Vec<BigRational> {
    let mut sums = vec![BigRational::zero(); samples];
    let mut counts = vec![0i64; samples];
    for (&sample, &label) in sample_of_original.iter().zip(instance.data.labels()) {
        sums[sample] += exact(label);
        counts[sample] += 1;
    }
    sums.into_iter().zip(counts).map(|(sum, count)| sum / BigRational::from_integer(count.into())).collect()
}

fn unavoidable_squares(instance: &Instance, sample_of_original: &[usize], means: &[BigRational]) -> f64 {
    let mut total = BigRational::zero();
    for (&sample, &label) in sample_of_original.iter().zip(instance.data.labels()) {
        let residual = exact(label) - &means[sample];
        if !residual.is_zero() {
            total += &residual * &residual;
        }
    }
    enclose(&total).lo.max(0.0)
}

/// The nearest f64, up to one unit in the last place.
pub(crate) fn rational_to_f64(value: &BigRational) -> f64 {
    // 64 bits more than the denominator has: the quotient's truncation is far below half a unit of an f64.
    let shift = value.denom().bits() as i64 - value.numer().bits() as i64 + 64;
    let quotient = if shift >= 0 {
        (value.numer() << shift as usize) / value.denom()
    } else {
        value.numer() / (value.denom() << (-shift) as usize)
    };
    scaled_to_f64(&quotient, -shift)
}

/// An enclosure of a rational number.
pub(crate) fn enclose(value: &BigRational) -> Enclosure {
    if value.is_zero() {
        return Enclosure::ZERO;
    }
    let nearest = rational_to_f64(value);
    Enclosure::new(nearest.next_down(), nearest.next_up())
}

#[cfg(test)]
mod tests {
    use super::*;
    use optgap_problem::{Dataset, Loss, Network};

    fn program(rows: &[Vec<f64>], labels: &[f64], hidden_bias: bool) -> (Instance, Program) {
        let mut network = Network::dense(1);
        network.hidden_bias = hidden_bias;
        let instance = Instance::new(Dataset::new(rows, labels.to_vec()).expect("valid"), network, Loss::Squared).expect("valid");
        let program = Program::new(&instance);
        (instance, program)
    }

    #[test]
    fn collinear_points_have_rank_two_and_constant_columns_vanish() {
        let rows: Vec<Vec<f64>> = (0..12).map(|i| vec![f64::from(i), f64::from(2 * i - 3), 7.5]).collect();
        let (_, reduced) = program(&rows, &[0.5; 12], true);
        assert_eq!(reduced.dim, 2);
        let (_, linear) = program(&rows, &[0.5; 12], false);
        assert_eq!(linear.dim, 2);
    }

    #[test]
    fn points_that_differ_in_the_last_bit_are_not_collinear() {
        let rows = vec![vec![0.0, 0.0], vec![0.1, 0.1], vec![0.2, 0.2f64.next_up()], vec![0.3, 0.3]];
        assert_eq!(program(&rows, &[0.0, 1.0, 2.0, 3.0], true).1.dim, 3);
    }

    #[test]
    fn duplicates_become_weights_and_leave_their_unavoidable_squares() {
        let rows = vec![vec![1.0], vec![-0.0], vec![1.0], vec![0.0]];
        let (_, reduced) = program(&rows, &[1.0, 5.0, 2.0, 5.0], true);
        assert_eq!(reduced.multiplicity, [2.0, 2.0]);
        assert_eq!(reduced.labels, [1.5, 5.0]);
        assert!(reduced.unavoidable <= 0.5 && reduced.unavoidable > 0.499_999);
    }

    #[test]
    fn samples_that_show_the_same_patches_are_one_and_equal_patches_one_point() {
        let rows = vec![vec![1.0, 2.0, 3.0], vec![3.0, 1.0, 2.0], vec![1.0, 1.0, 2.0], vec![0.0, -0.0, 0.0]];
        let data = Dataset::new(&rows, vec![1.0, 3.0, 0.0, 0.0]).expect("valid");
        let instance = Instance::new(data, Network::shared_filter(3, 1), Loss::Squared).expect("valid");
        let reduced = Program::new(&instance);
        assert_eq!(reduced.multiplicity, [2.0, 1.0, 1.0]);
        assert_eq!(reduced.labels, [2.0, 0.0, 0.0]);
        assert_eq!(reduced.incidence.points(), 4);
        assert_eq!(reduced.incidence.points_of(1), [0, 0, 1]);
        assert_eq!(reduced.point_weights, [4.0, 3.0, 2.0, 3.0]);
        let (z, positive) = reduced.preactivations(&instance, &reduced.weights(&[1.0, 0.5], 1, 0.0));
        assert_eq!(positive, 1);
        for (t, z) in z.iter().enumerate() {
            assert!((z - (reduced.point(t)[0] + 0.5)).abs() < 1e-12, "{t}: {z}");
        }
    }

    #[test]
    fn weights_return_to_original_coordinates() {
        let rows = vec![vec![1000.25, 3.0], vec![1000.5, -8.0], vec![1000.75, 0.1], vec![1001.0, 2.0]];
        let (instance, reduced) = program(&rows, &[1.0, 2.0, 3.0, 4.0], true);
        let neuron = [0.5, -1.25, 2.0];
        let weights = reduced.weights(&neuron, 1, 0.0);
        for (i, (input, _)) in instance.data.samples().enumerate() {
            let z: f64 = reduced.point(i).iter().zip(&neuron).map(|(x, u)| x * u).sum();
            assert!((weights.predict(input) - z.max(0.0)).abs() < 1e-12);
        }
    }
}
