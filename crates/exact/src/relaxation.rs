//! The interval relaxation of a node: on a simplicial cone `max(0, z) <= relu(z) <= sum_l lambda_l relu(z_l)`, both sides
//! homogeneous, so every sample has a prediction interval and the node a non-negative least-squares bound.
//!
//! Everything here is floating point and only proposes; `dual` proves.

use crate::cone::Cone;
use crate::cut_samples::{CutSamples, Reached};
use crate::kernels::Kernels;
use crate::lines::Lines;
use crate::nnls::Nnls;
use crate::product::Product;
use crate::program::Program;

/// Newton rounds on the sides of the intervals.
const SIDE_ROUNDS: usize = 30;
/// Rounds on the slopes of the minorants.
const SLOPE_ROUNDS: usize = 6;
/// Steps of the line search on the convex piecewise quadratic, whose derivative is piecewise linear.
const LINE_STEPS: usize = 12;
/// The line search ends when the derivative has fallen to this share.
const LINE_TOLERANCE: f64 = 1e-6;
/// A round of slopes that raises the value by less than this share was the last one.
const SLOPE_PROGRESS: f64 = 1e-4;

/// Scratch space and result of the relaxation, reused from node to node.
#[derive(Default)]
pub(crate) struct Relaxation {
    kernels: Kernels,
    nnls: Nnls,
    cut_samples: CutSamples,
    decided: Decided,
    /// Current multipliers: `dim` per neuron, then the constant if there is one.
    pub(crate) multipliers: Vec<f64>,
    between: Vec<f64>,
    current: Reached,
    trial: Reached,
    intervals: Intervals,
    /// `(p_i - y_i) * multiplicity_i` at the nearest points of the intervals: the dual vector proposed.
    pub(crate) residuals: Vec<f64>,
    /// Sum of squares of the relaxation.
    pub(crate) value: f64,
}

/// What the intervals are made of, at the solution.
#[derive(Clone, Default)]
pub(crate) struct Intervals {
    /// Pre-activations `z_j,i`, neuron after neuron.
    pub(crate) z: Vec<f64>,
    /// Chords `sum_l lambda_l relu(z_l,i)`, neuron after neuron.
    pub(crate) chord: Vec<f64>,
}

/// The samples that no cone cuts: their least-squares problem does not change within a node.
#[derive(Default)]
struct Decided {
    /// Root of the multiplicity, 0 for cut samples.
    scales: Vec<f64>,
    columns: Vec<f64>,
    target: Vec<f64>,
    gram: Vec<f64>,
    linear: Vec<f64>,
}

impl Decided {
    fn prepare(&mut self, kernels: Kernels, program: &Program, product: &Product<Cone>, cut: &CutSamples, size: usize) {
        let n = program.len();
        self.scales.clear();
        self.scales.extend(program.multiplicity.iter().enumerate().map(|(i, m)| if cut.contains(i) { 0.0 } else { m.sqrt() }));
        self.columns.resize(size * n, 0.0);
        let mut columns = self.columns.chunks_exact_mut(n);
        for (j, cone) in product.regions.iter().enumerate() {
            for (ray, column) in cone.rays.iter().zip(&mut columns) {
                kernels.scaled_relu(column, product.sign(j), &ray.z, &self.scales);
            }
        }
        if let Some(constant) = columns.next() {
            constant.copy_from_slice(&self.scales);
        }
        self.target.clear();
        self.target.extend(program.labels.iter().zip(&self.scales).map(|(label, scale)| label * scale));
        self.gram.clear();
        self.gram.resize(size * size, 0.0);
        self.linear.clear();
        self.linear.resize(size, 0.0);
        kernels.add_gram(&mut self.gram, &mut self.linear, &self.columns, &self.target);
    }

    /// Derivative of half the decided sum of squares at `from` in direction `to - from`, and its growth along the way.
    fn along(&self, from: &[f64], to: &[f64]) -> (f64, f64) {
        let size = self.linear.len();
        let (mut slope, mut growth) = (0.0, 0.0);
        for r in 0..size {
            let step = to[r] - from[r];
            if step == 0.0 {
                continue;
            }
            let (mut gradient, mut change) = (-self.linear[r], 0.0);
            for c in 0..size {
                let entry = self.gram[r.max(c) * size + r.min(c)];
                gradient += entry * from[c];
                change += entry * (to[c] - from[c]);
            }
            slope += step * gradient;
            growth += step * change;
        }
        (slope, growth)
    }
}

impl Relaxation {
    /// Pre-activations and chords at the solution.
    pub(crate) fn intervals(&self) -> &Intervals {
        &self.intervals
    }

    /// Solves the relaxation of `product`, starting from and updating `lines`. Stops early once `enough` accepts the
    /// current state (it is asked whenever the value reaches `cut`), and returns whether it did.
    pub(crate) fn solve(
        &mut self,
        program: &Program,
        product: &Product<Cone>,
        lines: &mut Lines,
        cut: f64,
        mut enough: impl FnMut(&[f64], &Lines) -> bool,
    ) -> bool {
        let variables = product.regions.len() * program.dim;
        let size = variables + usize::from(program.output_bias);
        self.nnls.resize(size, variables);
        self.nnls.start_from(&lines.support);
        self.cut_samples.gather(program, product, lines);
        self.decided.prepare(self.kernels, program, product, &self.cut_samples, size);
        let mut last = f64::NEG_INFINITY;
        for round in 0..SLOPE_ROUNDS {
            self.settle_sides(variables, round == 0);
            self.conclude(program, product, lines);
            if self.value >= cut && enough(&self.residuals, lines) {
                return true;
            }
            let stalled = self.value - last <= SLOPE_PROGRESS * self.value.abs();
            last = self.value;
            // The slopes stay those of the residuals when the rounds end: a proof may follow.
            if round + 1 == SLOPE_ROUNDS || (round > 1 && stalled && self.value < cut) {
                break;
            }
            if !self.cut_samples.update_slopes(product, &self.current, lines, round == 0) {
                break;
            }
        }
        false
    }

    /// Semi-smooth Newton with exact line search for fixed slopes.
    fn settle_sides(&mut self, variables: usize, first: bool) {
        if !first {
            evaluate(&self.cut_samples, variables, &self.multipliers, &mut self.current);
            self.cut_samples.set_sides(&self.current);
        }
        let mut have_current = !first;
        for _ in 0..SIDE_ROUNDS {
            self.propose(variables);
            evaluate(&self.cut_samples, variables, &self.nnls.solution, &mut self.trial);
            if have_current && !self.descends() {
                let step = self.line_search();
                if step == 0.0 {
                    break;
                }
                self.between.clear();
                let both = self.multipliers.iter().zip(&self.nnls.solution);
                self.between.extend(both.map(|(a, b)| a + step * (b - a)));
                evaluate(&self.cut_samples, variables, &self.between, &mut self.trial);
                std::mem::swap(&mut self.multipliers, &mut self.between);
            } else {
                self.multipliers.clone_from(&self.nnls.solution);
            }
            std::mem::swap(&mut self.current, &mut self.trial);
            have_current = true;
            if !self.cut_samples.set_sides(&self.current) {
                break;
            }
        }
    }

    /// The least-squares solution for the current sides and slopes.
    fn propose(&mut self, variables: usize) {
        self.nnls.gram.copy_from_slice(&self.decided.gram);
        self.nnls.linear.copy_from_slice(&self.decided.linear);
        self.cut_samples.add_normal_equations(&mut self.nnls.gram, &mut self.nnls.linear, variables);
        self.nnls.solve();
    }

    /// Is the trial no worse than the current state?
    fn descends(&self) -> bool {
        let (slope, growth) = self.decided.along(&self.multipliers, &self.nnls.solution);
        let change = 2.0 * slope + growth;
        change + self.cut_samples.squares(&self.trial) <= self.cut_samples.squares(&self.current)
    }

    /// Step from `current` towards `trial` that minimises the convex value.
    fn line_search(&self) -> f64 {
        let (slope, growth) = self.decided.along(&self.multipliers, &self.nnls.solution);
        let derivative = |t: f64| slope + t * growth + self.cut_samples.slope_along(&self.current, &self.trial, t);
        let start = derivative(0.0);
        if start >= 0.0 {
            return 0.0;
        }
        // False position with halving (Illinois): exact as soon as both ends lie in the root's linear piece.
        let (mut low, mut low_value) = (0.0, start);
        let (mut high, mut high_value) = (1.0, derivative(1.0));
        let mut last = 0.0;
        for _ in 0..LINE_STEPS {
            let middle = low + (high - low) * low_value / (low_value - high_value);
            let value = derivative(middle);
            last = middle;
            if value.abs() <= LINE_TOLERANCE * -start {
                break;
            }
            if value < 0.0 {
                (low, low_value) = (middle, value);
                high_value *= 0.5;
            } else {
                (high, high_value) = (middle, value);
                low_value *= 0.5;
            }
        }
        last
    }

    /// Residuals, value and intervals of all samples at the settled multipliers.
    fn conclude(&mut self, program: &Program, product: &Product<Cone>, lines: &mut Lines) {
        let n = program.len();
        lines.support.clear();
        lines.support.extend(self.multipliers.iter().map(|&m| m > 0.0));
        self.cut_samples.store(lines);
        let Intervals { z, chord } = &mut self.intervals;
        for row in [&mut *z, &mut *chord] {
            row.clear();
            row.resize(product.regions.len() * n, 0.0);
        }
        let constant = if program.output_bias { self.multipliers.last().copied().unwrap_or(0.0) } else { 0.0 };
        self.residuals.clear();
        self.residuals.extend(program.labels.iter().map(|label| constant - label));
        let parts = z.chunks_exact_mut(n).zip(chord.chunks_exact_mut(n)).zip(self.multipliers.chunks(program.dim));
        for ((j, cone), ((z, chord), multipliers)) in product.regions.iter().enumerate().zip(parts) {
            for (ray, &multiplier) in cone.rays.iter().zip(multipliers).filter(|(_, m)| **m != 0.0) {
                self.kernels.add_ray(z, chord, multiplier, &ray.z);
            }
            self.kernels.subtract(&mut self.residuals, -product.sign(j), chord);
        }
        for (place, &i) in self.cut_samples.indices.iter().enumerate() {
            self.residuals[i] = self.current.missed(place);
        }
        let misses = self.residuals.iter_mut().zip(&program.multiplicity);
        self.value = misses.fold(0.0, |sum, (residual, m)| {
            let missed = *residual;
            *residual *= m;
            sum + *residual * missed
        });
    }
}

/// The cut samples at the given multipliers, of which those from `variables` on are the constant.
fn evaluate(cut_samples: &CutSamples, variables: usize, multipliers: &[f64], out: &mut Reached) {
    cut_samples.evaluate(multipliers, multipliers.get(variables).copied().unwrap_or(0.0), out);
}
