//! Kink-aware local search: an active-set descent on the piecewise quadratic training loss.
//!
//! Optima of noisy data mostly lie on kinks, where some neuron's hyperplane passes through a point. So the search holds
//! points on hyperplanes, minimises the quadratic of the current activation pattern under these equalities, walks with an
//! exact line search across patterns, and lets a point go when the loss falls on one of its sides.

use crate::linear::{Whitening, cholesky, cholesky_solve, inner, norm, subtract, whitening};
use crate::program::Program;

/// Steps of one descent.
const MOST_STEPS: usize = 400;
/// A step whose promised decrease is below this share of the loss ends on a stationary point of the pattern.
const PROGRESS: f64 = 1e-14;
/// Ridge of the reduced Hessian relative to its trace: patterns often leave directions without curvature.
const RIDGE: f64 = 1e-13;
/// A held constraint whose remainder after projection is below this share is implied by the others.
const IMPLIED: f64 = 1e-9;
/// A multiplier must leave its interval by this share of the gradient's scale before its point is released.
const RELEASE: f64 = 1e-9;

/// The program in whitened coordinates, and scratch-free descent on it.
pub(crate) struct Landscape<'a> {
    program: &'a Program,
    /// Whitened points, a row of `dim` each.
    points: Vec<f64>,
    /// None where the data are dependent in floating point: then the coordinates stay as they are.
    whitening: Option<Whitening>,
    largest_coordinate: f64,
}

/// A local optimum in whitened coordinates.
#[derive(Clone, Debug)]
pub(crate) struct LocalOptimum {
    /// `width * dim` parameters, then the constant if there is one.
    pub(crate) parameters: Vec<f64>,
    /// Sum of squares over the weighted points, without what is unavoidable.
    pub(crate) value: f64,
}

/// State of one descent.
struct State<'l, 'a> {
    landscape: &'l Landscape<'a>,
    positive: usize,
    parameters: Vec<f64>,
    /// Pre-activations, neuron after neuron.
    z: Vec<f64>,
    /// Activation pattern, neuron after neuron.
    on: Vec<bool>,
    /// Held points: positions `j * n + t` of neuron `j` and point `t` out of `n`.
    held: Vec<usize>,
    /// `f(x_i) - y_i`.
    residuals: Vec<f64>,
}

impl<'a> Landscape<'a> {
    pub(crate) fn new(program: &'a Program) -> Self {
        let whitening = whitening(program);
        let points = match &whitening {
            Some(white) => (0..program.incidence.points()).flat_map(|t| white.to_whitened_point(program.point(t))).collect(),
            None => program.points.clone(),
        };
        let largest_coordinate = points.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        Self { program, points, whitening, largest_coordinate }
    }

    /// Are the data independent in floating point?
    pub(crate) fn is_whitened(&self) -> bool {
        self.whitening.is_some()
    }

    /// Number of parameters.
    pub(crate) fn size(&self) -> usize {
        self.program.width * self.program.dim + usize::from(self.program.output_bias)
    }

    /// Neurons in float coordinates, and the constant.
    pub(crate) fn unwhiten(&self, parameters: &[f64]) -> (Vec<f64>, f64) {
        let neurons = &parameters[..self.program.width * self.program.dim];
        let floats = match &self.whitening {
            Some(white) => neurons.chunks(self.program.dim.max(1)).flat_map(|u| white.to_float_coordinates(u)).collect(),
            None => neurons.to_vec(),
        };
        (floats, if self.program.output_bias { parameters[neurons.len()] } else { 0.0 })
    }

    /// Whitened parameters with the given pre-activations, for a solution of a relaxation.
    pub(crate) fn with_preactivations(&self, z: &[f64], constant: f64) -> Option<Vec<f64>> {
        let (n, dim) = (self.program.incidence.points(), self.program.dim);
        let columns: Vec<Vec<f64>> = (0..dim).map(|c| (0..n).map(|i| self.points[i * dim + c]).collect()).collect();
        let mut parameters = Vec::with_capacity(self.size());
        for block in z.chunks(n) {
            parameters.extend(crate::linear::least_squares(columns.iter().map(Vec::as_slice), block)?);
        }
        if self.program.output_bias {
            parameters.push(constant);
        }
        Some(parameters)
    }

    /// The largest absolute whitened coordinate of a point.
    pub(crate) fn largest_coordinate(&self) -> f64 {
        self.largest_coordinate
    }

    /// Descends from `start` with the first `positive` neurons of sign +1.
    pub(crate) fn descend(&self, start: &[f64], positive: usize) -> LocalOptimum {
        let mut state = State::new(self, start, positive);
        state.run();
        let value = state.value();
        LocalOptimum { parameters: state.parameters, value }
    }

    /// Whitened coordinates of a point.
    pub(crate) fn point(&self, i: usize) -> &[f64] {
        &self.points[i * self.program.dim..(i + 1) * self.program.dim]
    }
}

impl<'l, 'a> State<'l, 'a> {
    fn new(landscape: &'l Landscape<'a>, start: &[f64], positive: usize) -> Self {
        let program = landscape.program;
        let size = program.width * program.incidence.points();
        let mut state = Self {
            landscape,
            positive,
            parameters: start.to_vec(),
            z: vec![0.0; size],
            on: vec![false; size],
            held: Vec::new(),
            residuals: vec![0.0; program.len()],
        };
        state.refresh();
        for (on, z) in state.on.iter_mut().zip(&state.z) {
            *on = *z > 0.0;
        }
        state
    }

    fn sign(&self, j: usize) -> f64 {
        if j < self.positive { 1.0 } else { -1.0 }
    }

    /// Number of points, the length of a neuron's block of pre-activations.
    fn points(&self) -> usize {
        self.landscape.program.incidence.points()
    }

    /// Pre-activations and residuals at the current parameters; the pattern of points that are not held follows.
    fn refresh(&mut self) {
        let program = self.landscape.program;
        let (n, dim) = (self.points(), program.dim);
        for (at, z) in self.z.iter_mut().enumerate() {
            *z = inner(&self.parameters[at / n * dim..(at / n + 1) * dim], self.landscape.point(at % n));
        }
        let constant = if program.output_bias { self.parameters[program.width * dim] } else { 0.0 };
        for i in 0..program.len() {
            let mut prediction = constant;
            for j in 0..program.width {
                for &t in program.incidence.points_of(i) {
                    prediction += self.sign(j) * self.z[j * n + t].max(0.0);
                }
            }
            self.residuals[i] = prediction - program.labels[i];
        }
        for &held in &self.held {
            self.z[held] = 0.0;
        }
    }

    fn value(&self) -> f64 {
        self.residuals.iter().zip(&self.landscape.program.multiplicity).map(|(e, m)| m * e * e).sum()
    }

    fn run(&mut self) {
        let mut value = self.value();
        for _ in 0..MOST_STEPS {
            let constraints = self.constraint_basis();
            let gradient = self.gradient();
            let step = self.newton_step(&gradient, &constraints);
            let promised = -inner(&gradient, &step);
            if promised.is_nan() || promised <= PROGRESS * value {
                if !self.release_one(&gradient) {
                    return;
                }
                continue;
            }
            self.walk(&step);
            self.refresh();
            let new = self.value();
            // Rounding may keep a step from lowering the loss; a release must then move on or end.
            if new >= value && !self.release_one(&gradient) {
                return;
            }
            value = new.min(value);
        }
    }

    /// Orthonormal basis of the held constraints' normals, per neuron; implied constraints are let go.
    fn constraint_basis(&mut self) -> Vec<(usize, Vec<f64>)> {
        let n = self.points();
        let mut basis: Vec<(usize, Vec<f64>)> = Vec::new();
        let landscape = self.landscape;
        self.held.retain(|&held| {
            let (j, i) = (held / n, held % n);
            let mut normal = landscape.point(i).to_vec();
            let length = norm(&normal);
            for _ in 0..2 {
                for (_, direction) in basis.iter().filter(|(other, _)| *other == j) {
                    let share = inner(direction, &normal);
                    subtract(&mut normal, share, direction);
                }
            }
            let remainder = norm(&normal);
            if remainder <= IMPLIED * length {
                return false;
            }
            normal.iter_mut().for_each(|v| *v /= remainder);
            basis.push((j, normal));
            true
        });
        basis
    }

    /// Gradient of half the loss under the current pattern.
    fn gradient(&self) -> Vec<f64> {
        let program = self.landscape.program;
        let (n, dim) = (self.points(), program.dim);
        let mut gradient = vec![0.0; self.landscape.size()];
        for i in 0..program.len() {
            let force = program.multiplicity[i] * self.residuals[i];
            for j in 0..program.width {
                for &t in program.incidence.points_of(i).iter().filter(|&&t| self.on[j * n + t]) {
                    let share = -force * self.sign(j);
                    subtract(&mut gradient[j * dim..(j + 1) * dim], share, self.landscape.point(t));
                }
            }
            if program.output_bias {
                gradient[program.width * dim] += force;
            }
        }
        gradient
    }

    /// Minimiser of the pattern's quadratic under the held constraints, relative to the current point.
    fn newton_step(&self, gradient: &[f64], constraints: &[(usize, Vec<f64>)]) -> Vec<f64> {
        let size = gradient.len();
        let mut hessian = self.hessian();
        let mut reduced = gradient.to_vec();
        let dim = self.landscape.program.dim;
        // Project onto the constraints' null space; a unit curvature along the normals keeps the matrix regular.
        let trace: f64 = (0..size).map(|c| hessian[c * size + c]).sum::<f64>().max(f64::MIN_POSITIVE);
        for (j, normal) in constraints {
            let block = j * dim..(j + 1) * dim;
            let share = inner(&reduced[block.clone()], normal);
            subtract(&mut reduced[block.clone()], share, normal);
            for row in hessian.chunks_mut(size) {
                let share = inner(&row[block.clone()], normal);
                subtract(&mut row[block.clone()], share, normal);
            }
            for c in 0..size {
                let share: f64 = block.clone().zip(normal).map(|(r, v)| hessian[r * size + c] * v).sum();
                for (r, v) in block.clone().zip(normal) {
                    hessian[r * size + c] -= share * v;
                }
            }
        }
        for (j, normal) in constraints {
            for (a, va) in normal.iter().enumerate() {
                for (b, vb) in normal.iter().enumerate() {
                    hessian[(j * dim + a) * size + j * dim + b] += trace * va * vb;
                }
            }
        }
        let mut factor = vec![0.0; size * size];
        let mut ridge = RIDGE * trace;
        while !cholesky(&mut factor, size, 0.0, |r, c| hessian[r * size + c] + if r == c { ridge } else { 0.0 }) {
            ridge *= 100.0;
        }
        let mut step: Vec<f64> = reduced.iter().map(|v| -v).collect();
        cholesky_solve(&factor, size, &mut step);
        for (j, normal) in constraints {
            let share = inner(&step[j * dim..(j + 1) * dim], normal);
            subtract(&mut step[j * dim..(j + 1) * dim], share, normal);
        }
        step
    }

    /// Hessian of half the loss under the current pattern.
    fn hessian(&self) -> Vec<f64> {
        let program = self.landscape.program;
        let (n, dim, size) = (self.points(), program.dim, self.landscape.size());
        let mut hessian = vec![0.0; size * size];
        let mut row = vec![0.0; size];
        for i in 0..program.len() {
            row.fill(0.0);
            for j in 0..program.width {
                for &t in program.incidence.points_of(i).iter().filter(|&&t| self.on[j * n + t]) {
                    subtract(&mut row[j * dim..(j + 1) * dim], -self.sign(j), self.landscape.point(t));
                }
            }
            if program.output_bias {
                row[size - 1] = 1.0;
            }
            for r in 0..size {
                if row[r] != 0.0 {
                    let share = -program.multiplicity[i] * row[r];
                    subtract(&mut hessian[r * size..(r + 1) * size], share, &row);
                }
            }
        }
        hessian
    }

    /// Exact line search along `step` over all patterns; a point at whose kink the descent ends is held from then on.
    fn walk(&mut self, step: &[f64]) {
        let program = self.landscape.program;
        let (n, dim) = (self.points(), program.dim);
        let slopes: Vec<f64> = (0..program.width * n)
            .map(|at| {
                if self.held.contains(&at) {
                    0.0
                } else {
                    inner(&step[at / n * dim..(at / n + 1) * dim], self.landscape.point(at % n))
                }
            })
            .collect();
        let constant_slope = if program.output_bias { step[program.width * dim] } else { 0.0 };
        let mut line = Line::new(self, &slopes, constant_slope);
        let mut kinks: Vec<(f64, usize)> = (0..slopes.len())
            .filter(|&at| if self.on[at] { slopes[at] < 0.0 } else { slopes[at] > 0.0 })
            .map(|at| ((-self.z[at] / slopes[at]).max(0.0), at))
            .collect();
        kinks.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut length = None;
        for (t, at) in kinks {
            if line.derivative(t) >= 0.0 {
                break;
            }
            line.cross(self, &slopes, at);
            if line.derivative(t) >= 0.0 {
                self.held.push(at);
                self.on[at] = false;
                length = Some(t);
                break;
            }
            self.on[at] = !self.on[at];
        }
        let length = length.or_else(|| line.minimum()).unwrap_or(0.0);
        self.parameters.iter_mut().zip(step).for_each(|(p, s)| *p += length * s);
    }

    /// Lets one held point go to a side on which the loss falls; returns whether there was one.
    fn release_one(&mut self, gradient: &[f64]) -> bool {
        let program = self.landscape.program;
        let (n, dim) = (self.points(), program.dim);
        let mut best: Option<(f64, usize, bool)> = None;
        for j in 0..program.width {
            let members: Vec<usize> = (0..self.held.len()).filter(|&t| self.held[t] / n == j).collect();
            if members.is_empty() {
                continue;
            }
            // The pattern's gradient is a combination of the held normals; its coefficients are the multipliers.
            let normals = members.iter().map(|&t| self.landscape.point(self.held[t] % n));
            let Some(multipliers) = crate::linear::least_squares(normals, &gradient[j * dim..(j + 1) * dim]) else { continue };
            for (&t, &multiplier) in members.iter().zip(&multipliers) {
                // Held points count as off: switching one on adds the force of its samples.
                let samples = program.incidence.samples_of(self.held[t] % n).iter();
                let force: f64 = samples.map(|&i| program.multiplicity[i] * self.residuals[i] * self.sign(j)).sum();
                let scale = RELEASE * (force.abs() + multiplier.abs());
                let (rise_off, rise_on) = (-multiplier, multiplier + force);
                for (rise, on) in [(rise_off, false), (rise_on, true)] {
                    if rise < -scale && best.is_none_or(|b| rise < b.0) {
                        best = Some((rise, t, on));
                    }
                }
            }
        }
        let Some((_, t, on)) = best else { return false };
        let at = self.held.swap_remove(t);
        self.on[at] = on;
        true
    }
}

/// Derivative of half the loss along a line, `c0 + c1 t`, kept up to date across kinks.
struct Line {
    /// `f_i` and its slope under the current pattern.
    offsets: Vec<f64>,
    slopes: Vec<f64>,
    c0: f64,
    c1: f64,
}

impl Line {
    fn new(state: &State, z_slopes: &[f64], constant_slope: f64) -> Self {
        let program = state.landscape.program;
        let n = state.points();
        let mut slopes = vec![constant_slope; program.len()];
        for (at, slope) in z_slopes.iter().enumerate().filter(|(at, _)| state.on[*at]) {
            for &i in program.incidence.samples_of(at % n) {
                slopes[i] += state.sign(at / n) * slope;
            }
        }
        let mut line = Self { offsets: state.residuals.clone(), slopes, c0: 0.0, c1: 0.0 };
        for i in 0..program.len() {
            line.count(i, program.multiplicity[i]);
        }
        line
    }

    /// Adds (or with a negative weight removes) a sample's share.
    fn count(&mut self, i: usize, weight: f64) {
        self.c0 += weight * self.offsets[i] * self.slopes[i];
        self.c1 += weight * self.slopes[i] * self.slopes[i];
    }

    fn derivative(&self, t: f64) -> f64 {
        self.c0 + self.c1 * t
    }

    fn minimum(&self) -> Option<f64> {
        (self.c1 > 0.0).then(|| (-self.c0 / self.c1).max(0.0)).filter(|t| t.is_finite())
    }

    /// Switches the unit and point at position `at`.
    fn cross(&mut self, state: &State, z_slopes: &[f64], at: usize) {
        let program = state.landscape.program;
        let (j, t) = (at / state.points(), at % state.points());
        let change = if state.on[at] { -state.sign(j) } else { state.sign(j) };
        for &i in program.incidence.samples_of(t) {
            let weight = program.multiplicity[i];
            self.count(i, -weight);
            self.offsets[i] += change * state.z[at];
            self.slopes[i] += change * z_slopes[at];
            self.count(i, weight);
        }
    }
}
