//! Polishing: the exact optimum within the activation cell of given weights.
//!
//! With its output weight folded in, a unit is `s relu(u . x + b)` with `s = +1` or `-1`. As long as every unit stays on, or
//! off, at the same samples, the prediction is linear in all `(u, b)` and the loss a convex quadratic on the polyhedral cone
//! `u . x_i + b >= 0` for samples that are on, `<= 0` for those that are off. Its optimum is the projection of a point onto
//! that cone in the metric of the quadratic (see `projection`).
//!
//! A sample exactly on a unit's kink belongs to both sides: it counts as on if its own error falls when the unit gives more
//! there, else as off. A unit that is off everywhere has no influence inside its cell and stays as it is.
//!
//! A shared filter has a side for every patch, and its output is the mean over the patches of a sample. Below, a point is what
//! a unit sees at a time: a sample, or a patch of it.

use crate::linear::{Orthogonal, cholesky, cholesky_back, cholesky_forward, inner, norm};
use crate::projection::{Halfspaces, project};
use optgap_problem::{Instance, Polish, Unsupported, Weights};

/// Columns of the data whose remainder after projection is below this share count as dependent.
const DEPENDENT: f64 = 1e-11;
/// A pre-activation below this share of the sum of its terms' sizes lies on the kink.
const ON_KINK: f64 = 1e-15;
/// A sample may lie on the wrong side by this share of the unit's length.
const FEASIBLE: f64 = 1e-11;
/// Curvature that is added in all directions, as a share of the largest: patterns often leave directions without any. Every
/// round begins at the last one's end, so that it does not move the optimum; a smaller one costs digits.
const RIDGE: f64 = 1e-7;
/// When the second round or a later one still gains, the ridge shrinks by this factor, down to [`LEAST_RIDGE`]: nearly equal
/// points leave directions of so little curvature that it would take thousands of rounds.
const SHRINK: f64 = 1e-2;
/// See [`SHRINK`].
const LEAST_RIDGE: f64 = 1e-15;
/// Rounds at most.
const MOST_ROUNDS: usize = 20;
/// A round must lower the loss by this share to be followed by another.
const ROUND_GAIN: f64 = 1e-13;
/// Largest number of variables: units that are on somewhere, times independent columns.
const MOST_VARIABLES: usize = 640;
/// Largest number of points times variables squared: about a second of work.
const MOST_WORK: usize = 1_000_000_000;

/// The polish of ReLU networks with squared loss.
///
/// Cells of more than 640 variables (units that are on somewhere, times inputs and bias), or with more than 10^9 for the points
/// times the variables squared, are refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct CellPolish;

impl Polish for CellPolish {
    fn polish(&self, instance: &Instance, weights: &Weights) -> Result<Weights, Unsupported> {
        instance.is_relu_regression()?;
        let before = instance.loss_of(weights).map_err(|error| Unsupported(error.to_string()))?;
        if !before.is_finite() {
            return Err(Unsupported("the weights have no finite loss".into()));
        }
        let mut cell = Cell::new(instance, weights)?;
        let polished = cell.optimum(instance, weights);
        let better = instance.loss_of(&polished).is_ok_and(|after| polished.is_finite() && after.hi < before.hi);
        Ok(if better { polished } else { weights.clone() })
    }
}

/// A unit that is on at some point.
struct Unit {
    /// Its number in the network.
    number: usize,
    sign: f64,
    /// Per point: +1 on, -1 off.
    sides: Vec<f64>,
}

/// The quadratic problem of one cell. The variables are, unit after unit, the coordinates of its pre-activations in an
/// orthonormal basis of the data's columns, then the output bias.
struct Cell {
    units: Vec<Unit>,
    columns: Columns,
    output_bias: bool,
    size: usize,
    /// The quadratic's matrix, lower triangle.
    matrix: Vec<f64>,
    /// Cholesky factor of the matrix with a ridge.
    factor: Vec<f64>,
    /// Where the given weights are.
    start: Vec<f64>,
}

/// The columns of the data, the bias first, as an orthonormal basis.
struct Columns {
    factors: Orthogonal,
    /// The columns that are kept; 0 is the first input, none the bias.
    kept: Vec<Option<usize>>,
    /// `rows[t * rank + c]`: coordinates of point `t`.
    rows: Vec<f64>,
    /// Lengths of the rows.
    lengths: Vec<f64>,
    /// Points of a sample.
    patches: usize,
}

impl Columns {
    fn new(instance: &Instance) -> Self {
        let (points, mut factors, mut kept) = (points(instance), Orthogonal::default(), Vec::new());
        let bias = instance.network.hidden_bias.then_some(None);
        for column in bias.into_iter().chain((0..points[0].len()).map(Some)) {
            let values: Vec<f64> = points.iter().map(|point| column.map_or(1.0, |c| point[c])).collect();
            let projected = factors.project(&values);
            if projected.share > DEPENDENT {
                factors.push(projected);
                kept.push(column);
            }
        }
        let rows: Vec<f64> = (0..points.len()).flat_map(|t| factors.basis().iter().map(move |column| column[t])).collect();
        let lengths = if kept.is_empty() { vec![0.0; points.len()] } else { rows.chunks(kept.len()).map(norm).collect() };
        Self { factors, kept, rows, lengths, patches: instance.network.patches() }
    }

    fn rank(&self) -> usize {
        self.kept.len()
    }

    fn row(&self, t: usize) -> &[f64] {
        &self.rows[t * self.rank()..(t + 1) * self.rank()]
    }

    /// The points of a sample.
    fn points_of(&self, sample: usize) -> std::ops::Range<usize> {
        sample * self.patches..(sample + 1) * self.patches
    }
}

/// What the units see: samples, or their patches.
fn points(instance: &Instance) -> Vec<&[f64]> {
    let data = &instance.data;
    data.inputs().chunks_exact(instance.network.unit_inputs(data.dimension())).collect()
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
        let (size, points) = (start.len(), columns.lengths.len());
        if size > MOST_VARIABLES || points * size * size > MOST_WORK {
            return Err(Unsupported(format!(
                "polishing {} active units on {points} points has {size} variables; at most {MOST_VARIABLES}, and 1e9 for \
                 points x variables^2, are treated",
                units.len()
            )));
        }
        let factor = vec![0.0; size * size];
        let mut cell = Self { units, columns, output_bias, size, matrix: Vec::new(), factor, start };
        cell.matrix = cell.quadratic(instance.data.len());
        cell.factorise(RIDGE);
        Ok(cell)
    }

    /// The units that are on at a sample, each with its output there as a linear form in its variables.
    fn outputs(&self, sample: usize) -> Vec<(usize, Vec<f64>)> {
        let points = || self.columns.points_of(sample);
        let form = |(j, unit): (usize, &Unit)| {
            let share = unit.sign / self.columns.patches as f64;
            let mut form = vec![0.0; self.columns.rank()];
            for t in points().filter(|&t| unit.sides[t] > 0.0) {
                form.iter_mut().zip(self.columns.row(t)).for_each(|(sum, x)| *sum += share * x);
            }
            (j, form)
        };
        let on = self.units.iter().enumerate().filter(|(_, unit)| points().any(|t| unit.sides[t] > 0.0));
        on.map(form).collect()
    }

    /// The matrix of half the sum of squares: its lower triangle.
    fn quadratic(&self, samples: usize) -> Vec<f64> {
        let (size, rank) = (self.size, self.columns.rank());
        let mut matrix = vec![0.0; size * size];
        for outputs in (0..samples).map(|i| self.outputs(i)) {
            for (place, (j, form)) in outputs.iter().enumerate() {
                for (other, other_form) in &outputs[..=place] {
                    for (a, value) in form.iter().enumerate() {
                        let begin = (j * rank + a) * size + other * rank;
                        matrix[begin..begin + rank].iter_mut().zip(other_form).for_each(|(entry, x)| *entry += value * x);
                    }
                }
                if self.output_bias {
                    let begin = (size - 1) * size + j * rank;
                    matrix[begin..begin + rank].iter_mut().zip(form).for_each(|(entry, x)| *entry += x);
                }
            }
            if self.output_bias {
                matrix[size * size - 1] += 1.0;
            }
        }
        matrix
    }

    /// Factorises the matrix with a ridge of this share of its largest entry, or a larger one if it must be.
    fn factorise(&mut self, share: f64) {
        let (size, matrix) = (self.size, &self.matrix);
        let largest = (0..size).map(|c| matrix[c * size + c]).fold(f64::MIN_POSITIVE, f64::max);
        let mut ridge = share * largest;
        while !cholesky(&mut self.factor, size, 0.0, |r, c| matrix[r * size + c] + if r == c { ridge } else { 0.0 }) {
            ridge *= 100.0;
        }
    }

    /// Weights at the optimum of the cell.
    fn optimum(&mut self, instance: &Instance, given: &Weights) -> Weights {
        // Where the cell ends a rounded point can lie outside, where the quadratic is not the loss: both must fall.
        let loss_at = |weights: &Weights| instance.loss_of(weights).map_or(f64::INFINITY, |loss| loss.hi);
        let mut best = self.start.clone();
        let (mut gradient, mut value) = self.gradient(&best, instance.data.labels());
        let mut loss = loss_at(&self.weights(&best, given));
        let (mut tight, mut ridge, mut shrinking) = (Vec::new(), RIDGE, true);
        for round in 0..MOST_ROUNDS {
            // With L L^T the matrix, the quadratic is |p - (L^T v - L^-1 g)|^2 in p = L^T v', the new variables.
            let mut reduced = gradient.clone();
            cholesky_forward(&self.factor, self.size, &mut reduced);
            let target: Vec<f64> = (0..self.size)
                .map(|c| (c..self.size).map(|r| self.factor[r * self.size + c] * best[r]).sum::<f64>() - reduced[c])
                .collect();
            let mut next = project(&target, self, &mut tight);
            cholesky_back(&self.factor, self.size, &mut next);
            let (new_gradient, new_value) = self.gradient(&next, instance.data.labels());
            let (gain, new_loss) = (value - new_value, loss_at(&self.weights(&next, given)));
            if gain > 0.0 && new_loss < loss {
                (best, gradient, value, loss) = (next, new_gradient, new_value, new_loss);
                if gain <= ROUND_GAIN * value {
                    break;
                }
                if round > 0 && shrinking && ridge > LEAST_RIDGE {
                    ridge = (SHRINK * ridge).max(LEAST_RIDGE);
                    self.factorise(ridge);
                }
            } else if ridge < RIDGE {
                // A small ridge loses its digits where directions have no curvature at all.
                (ridge, shrinking) = (RIDGE, false);
                self.factorise(ridge);
                tight.clear();
            } else {
                break;
            }
        }
        self.weights(&best, given)
    }

    /// Gradient of half the sum of squares, and the sum of squares itself.
    fn gradient(&self, variables: &[f64], labels: &[f64]) -> (Vec<f64>, f64) {
        let rank = self.columns.rank();
        let (mut gradient, mut value) = (vec![0.0; self.size], 0.0);
        for (i, label) in labels.iter().enumerate() {
            let outputs = self.outputs(i);
            let constant = if self.output_bias { variables[self.size - 1] } else { 0.0 };
            let sum: f64 = outputs.iter().map(|(j, form)| inner(form, &variables[j * rank..(j + 1) * rank])).sum();
            let error = sum + constant - label;
            value += error * error;
            for (j, form) in &outputs {
                gradient[j * rank..(j + 1) * rank].iter_mut().zip(form).for_each(|(g, x)| *g += error * x);
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
        let (points, patches) = (points(instance), instance.network.patches());
        let error = |t: usize| errors[t / patches];
        let terms = |t: usize| row.iter().zip(points[t]).map(|(w, x)| w * x);
        let z: Vec<f64> = (0..points.len()).map(|t| terms(t).sum::<f64>() + bias).collect();
        let size = |t: usize| terms(t).map(f64::abs).sum::<f64>() + bias.abs();
        let sign = if output == 0.0 {
            // The sign under which the loss falls when the unit wakes up.
            let slope: f64 = z.iter().enumerate().map(|(t, z)| error(t) * z.max(0.0)).sum();
            if slope <= 0.0 { 1.0 } else { -1.0 }
        } else {
            output.signum()
        };
        let sides = (0..z.len()).map(|t| {
            let on = if z[t].abs() <= ON_KINK * size(t) { sign * error(t) < 0.0 } else { z[t] > 0.0 };
            if on { 1.0 } else { -1.0 }
        });
        (Self { number, sign, sides: sides.collect() }, z.iter().map(|z| output.abs() * z).collect())
    }
}

/// The cell as a cone in the coordinates `p = L^T v`; inequality `j * n + t` is point `t` out of `n` at unit `j`.
impl Halfspaces for Cell {
    fn most_violated(&self, point: &[f64], passed_over: &[usize]) -> Option<usize> {
        let (rank, points) = (self.columns.rank(), self.columns.lengths.len());
        let mut variables = point.to_vec();
        cholesky_back(&self.factor, self.size, &mut variables);
        let mut worst = None;
        for (j, unit) in self.units.iter().enumerate() {
            let block = &variables[j * rank..(j + 1) * rank];
            let mut least = -FEASIBLE * norm(block);
            for t in 0..points {
                let value = unit.sides[t] * inner(self.columns.row(t), block);
                if value < least * self.columns.lengths[t] && !passed_over.contains(&(j * points + t)) {
                    least = value / self.columns.lengths[t];
                    worst = worst.filter(|(depth, _)| *depth <= least).or(Some((least, j * points + t)));
                }
            }
        }
        worst.map(|(_, number)| number)
    }

    fn normal(&self, number: usize) -> Vec<f64> {
        let (rank, points) = (self.columns.rank(), self.columns.lengths.len());
        let (j, t) = (number / points, number % points);
        let mut normal = vec![0.0; self.size];
        for (entry, x) in normal[j * rank..(j + 1) * rank].iter_mut().zip(self.columns.row(t)) {
            *entry = self.units[j].sides[t] * x;
        }
        cholesky_forward(&self.factor, self.size, &mut normal);
        // Of length one, so that multipliers are comparable.
        let length = norm(&normal);
        normal.iter_mut().for_each(|entry| *entry /= length);
        normal
    }
}
