//! The convex relaxation of a node, solved by the method of multipliers with semismooth Newton steps.
//!
//! With `q_i` half the derivative of sample `i`'s minorant, a minimum satisfies `sum_i q_i x_i = 0`. Kinks (`Convex` samples)
//! and constraints (`Off` samples) are smoothed by a proximal term around the multipliers of the last round, so that each
//! round minimises a piecewise quadratic with continuous gradient in the few coordinates of `u`. After a round the `q_i` are
//! dual feasible up to rounding, however far the rounds have converged; so every round gives a lower bound
//! (Rockafellar 1976; Li, Sun and Toh 2018 for the combination with Newton steps). Nothing here is trusted: see `proof`.

use super::sides::{OneSign, Side, Sides};
use crate::linear::{cholesky, cholesky_solve, inner};

/// Curvature of the proximal term relative to a sample's own: the error of a round falls by about this factor.
const STIFFNESS: f64 = 1e3;
/// In a solve that must converge the stiffness grows tenfold after this many rounds: where the loss is nearly flat, a round
/// moves by a fixed distance, and the next kink may be thousands of rounds away.
const PATIENCE: usize = 10;
/// Beyond this stiffness the Newton matrix loses the other samples.
const MOST_STIFFNESS: f64 = 1e7;
/// Ridge of the Newton matrix relative to its trace: few decided samples leave directions without curvature.
const RIDGE: f64 = 1e-9;
/// Newton steps of one round.
const MOST_STEPS: usize = 50;
/// A gradient below this share of `sum |q_i| |x_i|` is small enough: the proof removes the rest.
const GRADIENT_TOLERANCE: f64 = 1e-9;
/// The same where a node must be solved as well as floats can.
const PRECISE_GRADIENT: f64 = 1e-13;
/// A line search ends before the minimum, where the derivative has fallen to this share of its value at the start.
const LINE_DECREASE: f64 = 0.2;
/// Trials of a line search.
const MOST_TRIALS: usize = 40;
/// Steps are stretched by this factor while the derivative stays negative.
const STRETCH: f64 = 4.0;
/// Rounds of one solve.
const MOST_ROUNDS: usize = 15;
/// Rounds of a solve that must converge.
const MOST_REFINEMENTS: usize = 300;
/// The Newton matrix is built anew after this many changes per sample: each change leaves a rounding error.
const MOST_CHANGES: usize = 20;
/// Rounds end when the gain they can still promise is below this share of what is missing to close the node.
const HOPELESS: f64 = 1e-2;
/// Rounds end when their gain is below this share of the value.
const CONVERGED: f64 = 1e-14;

/// Solver of node relaxations and its scratch space; `n` samples, `dim` coordinates.
#[derive(Default)]
pub(super) struct Relaxation {
    dim: usize,
    stiffness: f64,
    /// Whitened parameters of the unit.
    pub(super) parameters: Vec<f64>,
    /// Pre-activations at `parameters`.
    pub(super) z: Vec<f64>,
    /// Half derivatives `q` at `parameters`.
    pub(super) multipliers: Vec<f64>,
    /// Multipliers of the last round, the centres of the proximal terms.
    pub(super) centres: Vec<f64>,
    /// Dual value of the multipliers: an approximate lower bound of the sum of squares over distinct points.
    pub(super) value: f64,
    /// Curvatures of the samples in `hessian`, which follows their changes.
    curvatures: Vec<f64>,
    changes: usize,
    gradient: Vec<f64>,
    hessian: Vec<f64>,
    factor: Vec<f64>,
    step: Vec<f64>,
    slopes: Vec<f64>,
}

impl Relaxation {
    /// Prepares for a problem; parameters and centres start at zero.
    pub(super) fn resize(&mut self, n: usize, dim: usize) {
        self.dim = dim;
        self.stiffness = STIFFNESS;
        self.changes = 0;
        for (vector, size) in [
            (&mut self.parameters, dim),
            (&mut self.z, n),
            (&mut self.multipliers, n),
            (&mut self.centres, n),
            (&mut self.curvatures, n),
            (&mut self.gradient, dim),
            (&mut self.hessian, dim * dim),
            (&mut self.factor, dim * dim),
            (&mut self.step, dim),
            (&mut self.slopes, n),
        ] {
            vector.clear();
            vector.resize(size, 0.0);
        }
    }

    /// Takes over where the solution of another node has ended.
    pub(super) fn start_from(&mut self, parameters: &[f64], centres: &[f32]) {
        self.parameters.copy_from_slice(parameters);
        self.centres.iter_mut().zip(centres).for_each(|(to, &from)| *to = f64::from(from));
    }

    /// Rounds until the value reaches `needed`, or can be seen not to, or has converged. Starts from `parameters`, `centres`.
    pub(super) fn solve(&mut self, problem: &OneSign, sides: &Sides, needed: f64) {
        for _ in 0..MOST_ROUNDS {
            let gain = self.round(problem, sides, GRADIENT_TOLERANCE);
            if self.value >= needed || gain <= (HOPELESS * (needed - self.value)).max(CONVERGED * self.value) {
                return;
            }
        }
    }

    /// Rounds until the value has converged.
    pub(super) fn refine(&mut self, problem: &OneSign, sides: &Sides) {
        for round in 1..=MOST_REFINEMENTS {
            let gain = self.round(problem, sides, PRECISE_GRADIENT);
            if gain <= CONVERGED * self.value {
                break;
            }
            if round.is_multiple_of(PATIENCE) {
                self.stiffness = (10.0 * self.stiffness).min(MOST_STIFFNESS);
            }
        }
        self.stiffness = STIFFNESS;
    }

    /// One round: a minimum of the smoothed problem. Returns an estimate of what the next round can gain.
    fn round(&mut self, problem: &OneSign, sides: &Sides, tolerance: f64) -> f64 {
        self.minimise(problem, sides, tolerance);
        let mut gain = 0.0;
        self.value = 0.0;
        for (i, &side) in sides.side.iter().enumerate() {
            let (q, m, t) = (self.multipliers[i], problem.program.multiplicity[i], problem.targets[i]);
            self.value += dual_term(side, m, t, q, sides.lows[i]);
            if matches!(side, Side::Off | Side::Convex) {
                let change = q - self.centres[i];
                gain += 2.0 * change * change / (self.stiffness * m);
                self.centres[i] = q;
            }
        }
        gain
    }

    /// Semismooth Newton steps with line search.
    fn minimise(&mut self, problem: &OneSign, sides: &Sides, tolerance: f64) {
        for _ in 0..MOST_STEPS {
            self.evaluate(problem, sides);
            let scale: f64 = self.multipliers.iter().map(|q| q.abs()).sum();
            let length = self.gradient.iter().fold(0.0f64, |m, g| m.max(g.abs()));
            if length <= tolerance * scale * problem.landscape.largest_coordinate() {
                return;
            }
            self.newton_step(problem);
            if !self.walk(problem, sides) {
                return;
            }
        }
        self.evaluate(problem, sides);
    }

    /// Pre-activations, multipliers, gradient and Hessian at the current parameters.
    fn evaluate(&mut self, problem: &OneSign, sides: &Sides) {
        if self.changes > MOST_CHANGES * sides.len() {
            self.changes = 0;
            self.hessian.fill(0.0);
            self.curvatures.fill(0.0);
        }
        self.gradient.fill(0.0);
        for (i, &side) in sides.side.iter().enumerate() {
            let point = problem.landscape.point(i);
            let z = inner(&self.parameters, point);
            let m = problem.program.multiplicity[i];
            let (q, curvature) = force(side, m, problem.targets[i], sides.knees[i], self.centres[i], self.stiffness, z);
            (self.z[i], self.multipliers[i]) = (z, q);
            if q != 0.0 {
                self.gradient.iter_mut().zip(point).for_each(|(g, x)| *g += q * x);
            }
            let change = curvature - self.curvatures[i];
            if change != 0.0 {
                self.curvatures[i] = curvature;
                self.changes += 1;
                for (r, &x) in point.iter().enumerate() {
                    let row = &mut self.hessian[r * self.dim..=r * self.dim + r];
                    row.iter_mut().zip(point).for_each(|(h, y)| *h += change * x * y);
                }
            }
        }
    }

    /// `step = -(H + ridge)^-1 gradient`.
    fn newton_step(&mut self, problem: &OneSign) {
        let (dim, hessian) = (self.dim, &self.hessian);
        let trace: f64 = (0..dim).map(|c| hessian[c * dim + c]).sum();
        let mut ridge = RIDGE * (trace + problem.landscape.largest_coordinate().powi(2));
        while !cholesky(&mut self.factor, dim, 0.0, |r, c| hessian[r * dim + c] + if r == c { ridge } else { 0.0 }) {
            ridge *= 100.0;
        }
        self.step.iter_mut().zip(&self.gradient).for_each(|(s, g)| *s = -g);
        cholesky_solve(&self.factor, dim, &mut self.step);
    }

    /// Line search for the zero of the derivative, which never falls along the line. False if there is no descent.
    fn walk(&mut self, problem: &OneSign, sides: &Sides) -> bool {
        for (slope, i) in self.slopes.iter_mut().zip(0..) {
            *slope = inner(&self.step, problem.landscape.point(i));
        }
        let start = inner(&self.gradient, &self.step);
        if start.is_nan() || start >= 0.0 {
            return false;
        }
        let (mut low, mut at_low) = (0.0, start);
        let (mut high, mut at_high) = (f64::INFINITY, f64::INFINITY);
        let mut length = 1.0;
        for _ in 0..MOST_TRIALS {
            let derivative = self.derivative(problem, sides, length);
            if derivative <= 0.0 {
                (low, at_low) = (length, derivative);
                at_high *= 0.5;
                if derivative >= LINE_DECREASE * start {
                    break;
                }
            } else {
                (high, at_high) = (length, derivative);
                at_low *= 0.5;
            }
            // False position with halving of the end that stays (Illinois).
            length = if high.is_finite() { (low * at_high - high * at_low) / (at_high - at_low) } else { STRETCH * low };
        }
        // Up to `low` the convex function falls. Beyond its minimum it may have risen above the start, and steps could cycle.
        let length = low;
        if length == 0.0 || !length.is_finite() {
            return false;
        }
        self.parameters.iter_mut().zip(&self.step).for_each(|(p, s)| *p += length * s);
        true
    }

    /// Half the derivative along the step.
    fn derivative(&self, problem: &OneSign, sides: &Sides, length: f64) -> f64 {
        let mut derivative = 0.0;
        for (i, &side) in sides.side.iter().enumerate() {
            let z = self.z[i] + length * self.slopes[i];
            let m = problem.program.multiplicity[i];
            derivative +=
                force(side, m, problem.targets[i], sides.knees[i], self.centres[i], self.stiffness, z).0 * self.slopes[i];
        }
        derivative
    }

    /// `x_i^T H^-1 x_i` for the last Newton matrix: how far the others let sample `i` move. `scratch` has `dim` entries.
    pub(super) fn leverage(&self, point: &[f64], scratch: &mut [f64]) -> f64 {
        let mut sum = 0.0;
        for r in 0..self.dim {
            let row = &self.factor[r * self.dim..r * self.dim + r];
            let entry = (point[r] - inner(row, &scratch[..r])) / self.factor[r * self.dim + r];
            scratch[r] = entry;
            sum += entry * entry;
        }
        sum
    }

    /// Factorises the Newton matrix of the current curvatures, for [`leverage`](Self::leverage).
    pub(super) fn factorise(&mut self, problem: &OneSign) {
        self.newton_step(problem);
    }
}

/// Half the derivative of a sample's smoothed minorant at `z`, and its own derivative.
///
/// With the proximal term the multiplier `q` is the one of the point `z - (q - centre) / stiffness`.
fn force(side: Side, m: f64, t: f64, knee: f64, centre: f64, stiffness: f64, z: f64) -> (f64, f64) {
    match side {
        Side::On => (m * (z - t), m),
        Side::Open if z > knee => (m * (z - t), m),
        Side::Open => (m * (knee - t), 0.0),
        Side::Off | Side::Convex => {
            let stiffness = stiffness * m;
            let pull = centre + stiffness * z;
            let kink = -m * t;
            if pull <= 0.0 {
                (0.0, 0.0)
            } else if side == Side::Off || pull <= kink {
                (pull, stiffness)
            } else {
                let beyond = (pull - kink) / (stiffness + m);
                (kink + m * beyond, m * stiffness / (stiffness + m))
            }
        }
    }
}

/// A sample's share of the dual value (see `proof`).
fn dual_term(side: Side, m: f64, t: f64, q: f64, low: f64) -> f64 {
    match side {
        Side::Open if q < 0.0 => (m * t * t - 2.0 * q * low).min(-2.0 * q * t - q * q / m),
        Side::On | Side::Open => -2.0 * q * t - q * q / m,
        Side::Off => m * t * t,
        Side::Convex => {
            let r = q.max(-m * t);
            -2.0 * r * t - r * r / m
        }
    }
}
