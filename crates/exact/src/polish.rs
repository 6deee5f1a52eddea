//! Polishing: the exact optimum within the activation cell of given weights.
//!
//! With its output weight folded in, a unit is `s relu(u . x + b)` with `s = +1` or `-1`. As long as every unit stays on, or
//! off, at the same samples, the prediction is linear in all `(u, b)` and the loss a convex quadratic on the polyhedral cone
//! `u . x_i + b >= 0` for samples that are on, `<= 0` for those that are off. Its optimum is the projection of a point onto
//! that cone in the metric of the quadratic (see `projection`).
//!
//! A sample exactly on a unit's kink belongs to both sides: it counts as on if its own error falls when the unit gives more
//! there, else as off. A unit that is off everywhere has no influence inside its cell and stays as it is.

use crate::linear::{Orthogonal, cholesky, cholesky_back, cholesky_forward, inner, norm};
use crate::projection::{Halfspaces, project};
use optgap_problem::{Activation, Instance, Loss, NetworkKind, Polish, Unsupported, Weights};

/// Columns of the data whose remainder after projection is below this share count as dependent.
const DEPENDENT: f64 = 1e-11;
/// A pre-activation below this share of the sum of its terms' sizes lies on the kink.
const ON_KINK: f64 = 1e-15;
/// A sample may lie on the wrong side by this share of the unit's length.
const FEASIBLE: f64 = 1e-11;
/// Curvature that is added in all directions, as a share of the largest: patterns often leave directions without any. Every
/// round begins at the last one's end, so that it does not move the optimum; a smaller one costs digits.
const RIDGE: f64 = 1e-7;
/// Rounds at most.
const MOST_ROUNDS: usize = 20;
/// A round must lower the loss by this share to be followed by another.
const ROUND_GAIN: f64 = 1e-13;
/// Largest number of variables: units that are on somewhere, times independent columns.
const MOST_VARIABLES: usize = 640;
/// Largest number of samples times variables squared: about a second of work.
const MOST_WORK: usize = 1_000_000_000;

/// The polish of dense ReLU networks with squared loss.
///
/// Cells of more than 640 variables (units that are on somewhere, times inputs and bias), or with more than 10^9 for the samples
/// times the variables squared, are refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct CellPolish;

impl Polish for CellPolish {
    fn polish(&self, instance: &Instance, weights: &Weights) -> Result<Weights, Unsupported> {
        if let NetworkKind::SharedFilter { .. } = instance.network.kind {
            return Err(Unsupported(
                "weights of shared filters are not polished: a sample would have a side for every patch".into(),
            ));
        }
        let Activation::Relu = instance.network.activation;
        let Loss::Squared = instance.loss;
        let before = instance.loss_of(weights).map_err(|error| Unsupported(error.to_string()))?;
        if !before.is_finite() {
            return Err(Unsupported("the weights have no finite loss".into()));
        }
        let cell = Cell::new(instance, weights)?;
        let polished = cell.optimum(instance, weights);
        let better = instance.loss_of(&polished).is_ok_and(|after| polished.is_finite() && after.hi < before.hi);
        Ok(if better { polished } else { weights.clone() })
    }
}

/// A unit that is on at some sample.
struct Unit {
    /// Its number in the network.
    number: usize,
    sign: f64,
    /// Per sample: +1 on, -1 off.
    sides: Vec<f64>,
}

/// The quadratic problem of one cell. The variables are, unit after unit, the coordinates of its pre-activations in an
/// orthonormal basis of the data's columns, then the output bias.
struct Cell {
    units: Vec<Unit>,
    columns: Columns,
    output_bias: bool,
    size: usize,
    /// Cholesky factor of the quadratic's matrix.
    factor: Vec<f64>,
    /// Where the given weights are.
    start: Vec<f64>,
}

/// The columns of the data, the bias first, as an orthonormal basis.
struct Columns {
    factors: Orthogonal,
    /// The columns that are kept; 0 is the first input, none the bias.
    kept: Vec<Option<usize>>,
    /// `rows[i * rank + c]`: coordinates of sample `i`.
    rows: Vec<f64>,
    /// Lengths of the rows.
    lengths: Vec<f64>,
}

impl Columns {
    fn new(instance: &Instance) -> Self {
        let (data, mut factors, mut kept) = (&instance.data, Orthogonal::default(), Vec::new());
        let bias = instance.network.hidden_bias.then_some(None);
        for column in bias.into_iter().chain((0..data.dimension()).map(Some)) {
            let values: Vec<f64> = (0..data.len()).map(|i| column.map_or(1.0, |c| data.input(i)[c])).collect();
            let projected = factors.project(&values);
            if projected.share > DEPENDENT {
                factors.push(projected);
                kept.push(column);
            }
        }
        let rows: Vec<f64> = (0..data.len()).flat_map(|i| factors.basis().iter().map(move |column| column[i])).collect();
        let lengths = if kept.is_empty() { vec![0.0; data.len()] } else { rows.chunks(kept.len()).map(norm).collect() };
        Self { factors, kept, rows, lengths }
    }

    fn rank(&self) -> usize {
        self.kept.len()
    }

    fn row(&self, i: usize) -> &[f64] {
        &self.rows[i * self.rank()..(i + 1) * self.rank()]
    }
}

impl Cell {
    fn new(instance: &Instance, weights: &Weights) -> Result<Self, Unsupported> {
        let columns = Columns::new(instance);
        let errors: Vec<f64> = instance.data.samples().map(|(input, label)| weights.predict(input) - label).collect();
        let (mut units, mut start) = (Vec::new(), Vec::new());
        for number in 0..weights.width() {
            let (unit, folded) = Unit::new(instance, weights, number, &errors);
            if unit.sides.contains(&1.0) {
                start.extend(columns.factors.basis().iter().map(|column| inner(column, &folded)));
                units.push(unit);
            }
        }
        let output_bias = instance.network.output_bias;
        start.extend(output_bias.then_some(weights.output_bias));
        let (size, samples) = (start.len(), instance.data.len());
        if size > MOST_VARIABLES || samples * size * size > MOST_WORK {
            return Err(Unsupported(format!(
                "polishing {} active units on {samples} samples has {size} variables; at most {MOST_VARIABLES}, and 1e9 for \
                 samples x variables^2, are treated",
                units.len()
            )));
        }
        let mut cell = Self { units, columns, output_bias, size, factor: vec![0.0; size * size], start };
        cell.factorise(samples);
        Ok(cell)
    }

    /// The matrix of half the sum of squares, with a ridge, as Cholesky factor.
    fn factorise(&mut self, samples: usize) {
        let (size, rank) = (self.size, self.columns.rank());
        let mut matrix = vec![0.0; size * size];
        for i in 0..samples {
            let row = self.columns.row(i);
            let on: Vec<usize> = (0..self.units.len()).filter(|&j| self.units[j].sides[i] > 0.0).collect();
            for (place, &j) in on.iter().enumerate() {
                for &other in &on[..=place] {
                    let sign = self.units[j].sign * self.units[other].sign;
                    for (a, value) in row.iter().enumerate() {
                        let begin = (j * rank + a) * size + other * rank;
                        matrix[begin..begin + rank].iter_mut().zip(row).for_each(|(entry, x)| *entry += sign * value * x);
                    }
                }
                if self.output_bias {
                    let begin = (size - 1) * size + j * rank;
                    let sign = self.units[j].sign;
                    matrix[begin..begin + rank].iter_mut().zip(row).for_each(|(entry, x)| *entry += sign * x);
                }
            }
            if self.output_bias {
                matrix[size * size - 1] += 1.0;
            }
        }
        let largest = (0..size).map(|c| matrix[c * size + c]).fold(f64::MIN_POSITIVE, f64::max);
        let mut ridge = RIDGE * largest;
        while !cholesky(&mut self.factor, size, 0.0, |r, c| matrix[r * size + c] + if r == c { ridge } else { 0.0 }) {
            ridge *= 100.0;
        }
    }

    /// Weights at the optimum of the cell.
    fn optimum(&self, instance: &Instance, weights: &Weights) -> Weights {
        let mut best = self.start.clone();
        let (mut gradient, mut value) = self.gradient(&best, instance.data.labels());
        let mut tight = Vec::new();
        for _ in 0..MOST_ROUNDS {
            // With L L^T the matrix, the quadratic is |p - (L^T v - L^-1 g)|^2 in p = L^T v', the new variables.
            cholesky_forward(&self.factor, self.size, &mut gradient);
            let target: Vec<f64> = (0..self.size)
                .map(|c| (c..self.size).map(|r| self.factor[r * self.size + c] * best[r]).sum::<f64>() - gradient[c])
                .collect();
            let mut next = project(&target, self, &mut tight);
            cholesky_back(&self.factor, self.size, &mut next);
            let (new_gradient, new_value) = self.gradient(&next, instance.data.labels());
            if new_value.is_nan() || new_value >= value {
                break;
            }
            let gain = value - new_value;
            (best, gradient, value) = (next, new_gradient, new_value);
            if gain <= ROUND_GAIN * value {
                break;
            }
        }
        self.weights(&best, weights)
    }

    /// Gradient of half the sum of squares, and the sum of squares itself.
    fn gradient(&self, variables: &[f64], labels: &[f64]) -> (Vec<f64>, f64) {
        let rank = self.columns.rank();
        let (mut gradient, mut value) = (vec![0.0; self.size], 0.0);
        for (i, label) in labels.iter().enumerate() {
            let row = self.columns.row(i);
            let on = || self.units.iter().enumerate().filter(|(_, unit)| unit.sides[i] > 0.0);
            let constant = if self.output_bias { variables[self.size - 1] } else { 0.0 };
            let outputs = on().map(|(j, unit)| unit.sign * inner(row, &variables[j * rank..(j + 1) * rank]));
            let error = outputs.sum::<f64>() + constant - label;
            value += error * error;
            for (j, unit) in on() {
                let force = unit.sign * error;
                gradient[j * rank..(j + 1) * rank].iter_mut().zip(row).for_each(|(g, x)| *g += force * x);
            }
            if self.output_bias {
                gradient[self.size - 1] += error;
            }
        }
        (gradient, value)
    }

    /// Variables in the network's own parameters; units that are off everywhere keep theirs.
    fn weights(&self, variables: &[f64], given: &Weights) -> Weights {
        let (mut weights, rank) = (given.clone(), self.columns.rank());
        for (unit, block) in self.units.iter().zip(variables.chunks(rank.max(1))) {
            let values = self.columns.factors.combination(block);
            weights.output[unit.number] = unit.sign;
            weights.hidden[unit.number].fill(0.0);
            weights.hidden_bias[unit.number] = 0.0;
            for (column, value) in self.columns.kept.iter().zip(values) {
                match column {
                    Some(c) => weights.hidden[unit.number][*c] = value,
                    None => weights.hidden_bias[unit.number] = value,
                }
            }
        }
        if self.output_bias {
            weights.output_bias = variables[self.size - 1];
        }
        weights
    }
}

impl Unit {
    /// The unit with the cell that its weights lie in, and its pre-activations with the output weight folded in.
    fn new(instance: &Instance, weights: &Weights, number: usize, errors: &[f64]) -> (Self, Vec<f64>) {
        let (row, bias, output) = (&weights.hidden[number], weights.hidden_bias[number], weights.output[number]);
        let terms = |i: usize| row.iter().zip(instance.data.input(i)).map(|(w, x)| w * x);
        let z: Vec<f64> = (0..errors.len()).map(|i| terms(i).sum::<f64>() + bias).collect();
        let size = |i: usize| terms(i).map(f64::abs).sum::<f64>() + bias.abs();
        let sign = if output == 0.0 {
            // The sign under which the loss falls when the unit wakes up.
            let slope: f64 = z.iter().zip(errors).map(|(z, error)| error * z.max(0.0)).sum();
            if slope <= 0.0 { 1.0 } else { -1.0 }
        } else {
            output.signum()
        };
        let sides = (0..z.len()).map(|i| {
            let on = if z[i].abs() <= ON_KINK * size(i) { sign * errors[i] < 0.0 } else { z[i] > 0.0 };
            if on { 1.0 } else { -1.0 }
        });
        (Self { number, sign, sides: sides.collect() }, z.iter().map(|z| output.abs() * z).collect())
    }
}

/// The cell as a cone in the coordinates `p = L^T v`; inequality `j * n + i` is sample `i` at unit `j`.
impl Halfspaces for Cell {
    fn most_violated(&self, point: &[f64], passed_over: &[usize]) -> Option<usize> {
        let (rank, samples) = (self.columns.rank(), self.columns.lengths.len());
        let mut variables = point.to_vec();
        cholesky_back(&self.factor, self.size, &mut variables);
        let mut worst = None;
        for (j, unit) in self.units.iter().enumerate() {
            let block = &variables[j * rank..(j + 1) * rank];
            let mut least = -FEASIBLE * norm(block);
            for i in 0..samples {
                let value = unit.sides[i] * inner(self.columns.row(i), block);
                if value < least * self.columns.lengths[i] && !passed_over.contains(&(j * samples + i)) {
                    least = value / self.columns.lengths[i];
                    worst = worst.filter(|(depth, _)| *depth <= least).or(Some((least, j * samples + i)));
                }
            }
        }
        worst.map(|(_, number)| number)
    }

    fn normal(&self, number: usize) -> Vec<f64> {
        let (rank, samples) = (self.columns.rank(), self.columns.lengths.len());
        let (j, i) = (number / samples, number % samples);
        let mut normal = vec![0.0; self.size];
        for (entry, x) in normal[j * rank..(j + 1) * rank].iter_mut().zip(self.columns.row(i)) {
            *entry = self.units[j].sides[i] * x;
        }
        cholesky_forward(&self.factor, self.size, &mut normal);
        // Of length one, so that multipliers are comparable.
        let length = norm(&normal);
        normal.iter_mut().for_each(|entry| *entry /= length);
        normal
    }
}
