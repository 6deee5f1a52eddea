//! The interval relaxation of a node: on a simplicial cone `max(0, z) <= relu(z) <= sum_l lambda_l relu(z_l)`, both sides
//! homogeneous, so every sample has a prediction interval and the node a non-negative least-squares bound.
//!
//! Everything here is floating point and only proposes; `dual` proves.

use crate::nnls::Nnls;
use crate::node::{Lines, Product, SLOPE_STEPS, slope};
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
    nnls: Nnls,
    /// Root of the multiplicity, or 0 for samples whose label lies inside their interval.
    scales: Vec<f64>,
    /// Samples that some cone cuts: only their intervals have a length.
    free: Vec<bool>,
    /// Current multipliers: `dim` per neuron, then the constant if there is one.
    pub(crate) multipliers: Vec<f64>,
    current: Intervals,
    trial: Intervals,
    /// `(p_i - y_i) * multiplicity_i` at the nearest points of the intervals: the dual vector proposed.
    pub(crate) residuals: Vec<f64>,
    /// Sum of squares of the relaxation.
    pub(crate) value: f64,
    previous_slopes: Vec<(usize, f64, f64)>,
}

/// Prediction intervals at given multipliers.
#[derive(Clone, Default)]
pub(crate) struct Intervals {
    pub(crate) low: Vec<f64>,
    pub(crate) high: Vec<f64>,
    /// Pre-activations `z_j,i`, neuron after neuron.
    pub(crate) z: Vec<f64>,
    /// Chords `sum_l lambda_l relu(z_l,i)`, neuron after neuron.
    pub(crate) chord: Vec<f64>,
    value: f64,
}

impl Relaxation {
    /// Intervals at the solution.
    pub(crate) fn intervals(&self) -> &Intervals {
        &self.current
    }

    /// Solves the relaxation of `product`, starting from and updating `lines`. Stops early once `enough` accepts the
    /// current state (it is asked whenever the value reaches `cut`), and returns whether it did.
    pub(crate) fn solve(
        &mut self,
        program: &Program,
        product: &Product,
        lines: &mut Lines,
        cut: f64,
        mut enough: impl FnMut(&[f64], &Lines) -> bool,
    ) -> bool {
        let variables = product.cones.len() * program.dim;
        self.nnls.resize(variables + usize::from(program.output_bias), variables, program.len());
        self.nnls.start_from(&lines.support);
        self.previous_slopes.clear();
        self.free.clear();
        self.free.resize(program.len(), false);
        for &i in product.cones.iter().flat_map(|cone| &cone.cut) {
            self.free[i] = true;
        }
        let mut last = f64::NEG_INFINITY;
        for round in 0..SLOPE_ROUNDS {
            self.settle_sides(program, product, lines, round == 0);
            self.set_residuals(program);
            if self.value >= cut && enough(&self.residuals, lines) {
                return true;
            }
            let stalled = self.value - last <= SLOPE_PROGRESS * self.value.abs();
            last = self.value;
            // The slopes stay those of the residuals when the rounds end: a proof may follow.
            if round + 1 == SLOPE_ROUNDS || (round > 1 && stalled && self.value < cut) {
                break;
            }
            if !self.update_slopes(program, product, lines, round) {
                break;
            }
        }
        false
    }

    /// Semi-smooth Newton with exact line search for fixed slopes.
    fn settle_sides(&mut self, program: &Program, product: &Product, lines: &mut Lines, first: bool) {
        if !first {
            let kept = std::mem::take(&mut self.multipliers);
            self.evaluate(program, product, lines, &kept);
            self.multipliers = kept;
            std::mem::swap(&mut self.current, &mut self.trial);
            set_sides(program, &self.current, &self.free, &mut lines.sides);
        }
        let mut have_current = !first;
        for _ in 0..SIDE_ROUNDS {
            self.build_least_squares(program, product, lines);
            self.nnls.solve();
            let proposal = self.nnls.solution.clone();
            self.evaluate(program, product, lines, &proposal);
            if have_current && self.trial.value > self.current.value {
                let step = self.line_search(program);
                if step == 0.0 {
                    break;
                }
                let between: Vec<f64> = self.multipliers.iter().zip(&proposal).map(|(a, b)| a + step * (b - a)).collect();
                self.evaluate(program, product, lines, &between);
                self.multipliers = between;
            } else {
                self.multipliers = proposal;
            }
            std::mem::swap(&mut self.current, &mut self.trial);
            have_current = true;
            if !set_sides(program, &self.current, &self.free, &mut lines.sides) {
                break;
            }
        }
        self.value = self.current.value;
        lines.support.clear();
        lines.support.extend(self.multipliers.iter().map(|&m| m > 0.0));
    }

    /// The least-squares problem over the samples whose label lies outside their interval.
    fn build_least_squares(&mut self, program: &Program, product: &Product, lines: &Lines) {
        let n = program.len();
        let mut scales = std::mem::take(&mut self.scales);
        scales.clear();
        scales.extend(lines.sides.iter().zip(&program.multiplicity).map(|(&side, m)| if side == 0 { 0.0 } else { m.sqrt() }));
        for (j, cone) in product.cones.iter().enumerate() {
            let sign = product.sign(j);
            for (l, ray) in cone.rays.iter().enumerate() {
                let column = self.nnls.column_mut(j * program.dim + l);
                for ((entry, &z), &scale) in column.iter_mut().zip(&ray.z).zip(&scales) {
                    *entry = sign * z.max(0.0) * scale;
                }
                for &i in &cone.cut {
                    if sign * f64::from(lines.sides[i]) > 0.0 {
                        column[i] = sign * slope(lines.slopes[j * n + i]) * ray.z[i] * scales[i];
                    }
                }
            }
        }
        if program.output_bias {
            self.nnls.column_mut(product.cones.len() * program.dim).copy_from_slice(&scales);
        }
        for ((target, &label), &scale) in self.nnls.target.iter_mut().zip(&program.labels).zip(&scales) {
            *target = label * scale;
        }
        self.scales = scales;
    }

    /// Intervals and value at the given multipliers, into `trial`.
    fn evaluate(&mut self, program: &Program, product: &Product, lines: &Lines, multipliers: &[f64]) {
        let n = program.len();
        let neurons = product.cones.len();
        let out = &mut self.trial;
        let constant = if program.output_bias { multipliers[neurons * program.dim] } else { 0.0 };
        out.low.clear();
        out.low.resize(n, constant);
        out.z.clear();
        out.z.resize(neurons * n, 0.0);
        out.chord.clear();
        out.chord.resize(neurons * n, 0.0);
        for (j, cone) in product.cones.iter().enumerate() {
            let (z, chord) = (&mut out.z[j * n..(j + 1) * n], &mut out.chord[j * n..(j + 1) * n]);
            for (l, ray) in cone.rays.iter().enumerate() {
                let multiplier = multipliers[j * program.dim + l];
                if multiplier == 0.0 {
                    continue;
                }
                for ((z, chord), &value) in z.iter_mut().zip(chord.iter_mut()).zip(&ray.z) {
                    *z += multiplier * value;
                    *chord += multiplier * value.max(0.0);
                }
            }
            let sign = product.sign(j);
            out.low.iter_mut().zip(chord.iter()).for_each(|(low, c)| *low += sign * c);
        }
        out.high.clone_from(&out.low);
        for (j, cone) in product.cones.iter().enumerate() {
            let ends = if product.sign(j) > 0.0 { &mut out.low } else { &mut out.high };
            let sign = product.sign(j);
            for &i in &cone.cut {
                ends[i] -= sign * (out.chord[j * n + i] - slope(lines.slopes[j * n + i]) * out.z[j * n + i]);
            }
        }
        out.value = (0..n).map(|i| program.multiplicity[i] * distance(program.labels[i], out.low[i], out.high[i]).powi(2)).sum();
    }

    /// Step from `current` towards `trial` that minimises the convex value.
    fn line_search(&self, program: &Program) -> f64 {
        let derivative = |t: f64| -> f64 {
            let mut sum = 0.0;
            for i in 0..program.len() {
                let (dl, dh) = (self.trial.low[i] - self.current.low[i], self.trial.high[i] - self.current.high[i]);
                let (low, high) = (self.current.low[i] + t * dl, self.current.high[i] + t * dh);
                let y = program.labels[i];
                if low > y {
                    sum += program.multiplicity[i] * (low - y) * dl;
                } else if high < y {
                    sum += program.multiplicity[i] * (high - y) * dh;
                }
            }
            sum
        };
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

    fn set_residuals(&mut self, program: &Program) {
        self.residuals.clear();
        let ends = self.current.low.iter().zip(&self.current.high).zip(&program.labels).zip(&program.multiplicity);
        self.residuals.extend(ends.map(|(((&low, &high), &y), &m)| m * distance(y, low, high)));
    }

    /// Moves the slopes towards the subgradients at the solution; returns whether an active one changed.
    fn update_slopes(&mut self, program: &Program, product: &Product, lines: &mut Lines, round: usize) -> bool {
        let n = program.len();
        let mut changed = false;
        let mut history = Vec::new();
        for (j, cone) in product.cones.iter().enumerate() {
            for &i in &cone.cut {
                let at = j * n + i;
                let z = self.current.z[at];
                let old = lines.slopes[at];
                let active = product.sign(j) * f64::from(lines.sides[i]) > 0.0;
                let new = if round == 0 || !active {
                    if z > 0.0 {
                        SLOPE_STEPS
                    } else if z < 0.0 {
                        0
                    } else {
                        old
                    }
                } else {
                    self.secant(at, slope(old), z)
                };
                if active {
                    history.push((at, slope(old), z));
                }
                if new != old {
                    lines.slopes[at] = new;
                    changed |= active;
                }
            }
        }
        self.previous_slopes = history;
        changed
    }

    /// The slope at which the pre-activation would vanish, between the last two slopes if it changed its sign.
    fn secant(&self, at: usize, old: f64, z: f64) -> u8 {
        let known = self.previous_slopes.binary_search_by_key(&at, |entry| entry.0).ok().map(|k| self.previous_slopes[k]);
        let full = f64::from(SLOPE_STEPS);
        match known {
            Some((_, earlier, earlier_z)) if earlier != old && earlier_z * z < 0.0 => {
                let share = earlier_z.abs() / (earlier_z.abs() + z.abs());
                ((earlier + (old - earlier) * share) * full).round().clamp(0.0, full) as u8
            }
            _ if z > 0.0 => (((1.0 + old) * 0.5 * full).ceil()).min(full) as u8,
            _ if z < 0.0 => ((old * 0.5 * full).floor()).max(0.0) as u8,
            _ => (old * full) as u8,
        }
    }
}

/// Signed distance of the nearest point of `[low, high]` from `label`.
fn distance(label: f64, low: f64, high: f64) -> f64 {
    if low > label {
        low - label
    } else if high < label {
        high - label
    } else {
        0.0
    }
}

/// Sides at the given intervals; returns whether one changed. A sample whose interval is a single point always counts: it
/// is fitted, not left free, even where its residual happens to vanish.
fn set_sides(program: &Program, intervals: &Intervals, free: &[bool], sides: &mut [i8]) -> bool {
    let mut changed = false;
    for (i, side) in sides.iter_mut().enumerate() {
        let missed = distance(program.labels[i], intervals.low[i], intervals.high[i]);
        let new = if missed > 0.0 || !free[i] { 1 } else { -i8::from(missed < 0.0) };
        changed |= new != *side;
        *side = new;
    }
    changed
}
