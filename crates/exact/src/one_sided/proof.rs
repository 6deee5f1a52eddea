//! Proved lower bounds of nodes.
//!
//! **The bound.** Let `q_i` be numbers with `sum_i q_i x_i = 0` exactly, and `q_i >= 0` for every sample that is not `On` (but see `Open`). Then
//! for every `u` in the node, with `z_i = u . x_i`, the sum of the following is a lower bound of `sum_i m_i (relu(z_i) - t_i)^2`
//! because the terms in `z` cancel:
//! - `On` (`z >= 0`): `m (z - t)^2 >= 2 q (z - t) - q^2 / m`, which leaves `-2 q t - q^2 / m`.
//! - `Open`: the same, since `relu(z) >= z` and `q >= 0`. Where `z >= low` is known, with `low <= 0`, `q` may be negative: then
//!   the least of `m (relu(z) - t)^2 - 2 q z` is `m t^2 - 2 q low` or `-2 q t - q^2 / m`, whichever is lower.
//! - `Off` (`z <= 0`): `m t^2 >= m t^2 + 2 q z`, which leaves `m t^2`.
//! - `Convex`: for any `r >= q >= 0`, `m (relu(z) - t)^2 >= 2 r (relu(z) - t) - r^2 / m` and `r relu(z) >= q z`, which leaves
//!   `-2 r t - r^2 / m`; the best `r` is `max(q, -m t)`.
//!
//! All of this holds whatever the sign of `t`, and whatever `q` the relaxation delivers: nothing of it is trusted.
//!
//! **The equality.** A few samples, the pivots, absorb what rounding leaves of `sum_i q_i x_i`. With their points as columns of
//! a matrix `A` and an approximate inverse `R`, `|I - R A| <= beta < 1` proves that the pivots can be changed to satisfy the
//! equality exactly, each by at most `max |R delta| / (1 - beta)` where `delta` is what is left (Rump 2010, section 10). So the
//! exact `q` lie in known small intervals. Where this fails, as when the supporting points do not span the space,
//! [`exact`](super::exact) solves for the pivots in integers, and so it does whenever proofs are recorded: certificates have the
//! exact values.

use super::exact;
use super::sides::{OneSign, Side, Sides};
use crate::certificate::DualVector;
use crate::linear::inner;
use optgap_problem::Enclosure;

/// Multipliers below this share of the largest `m |t|` are set to zero: they are rounding. If they cannot be made feasible so,
/// the coarser share is tried: integer data have many samples that are exactly fitted.
const NEGLIGIBLE: [f64; 2] = [1e-11, 1e-7];
/// Preference of bounded samples as pivots, relative to `On` ones: they must not become negative.
const BOUNDED_WEIGHT: f64 = 0.3;
/// A pivot's remaining length below this share of the longest point makes the supporting points dependent.
const DEPENDENT: f64 = 1e-9;
/// The float inverse is believed up to this norm of `I - R A`.
const MOST_DEFECT: f64 = 0.5;
/// Covers the rounding of short sums and products of non-negative numbers in error bounds.
const UPWARD: f64 = 1.0 + 1e-9;

/// Bits of multipliers that are rounded.
const BITS: i64 = 50;
/// The same in proofs that are recorded. A bound is least sensitive to its multipliers where it is best.
const RECORDED_BITS: i64 = 30;

/// Scratch space of proofs.
#[derive(Default)]
pub(super) struct Prover {
    recorded: bool,
    /// The exact multipliers of the last proof, if proofs are recorded.
    pub(super) vector: Option<DualVector>,
    /// Enclosures of feasible multipliers: the proof.
    pub(super) proved: Vec<Enclosure>,
    /// Multipliers of the claim, floats that are taken as exact except at the pivots.
    multipliers: Vec<f64>,
    /// Samples that absorb the rounding.
    pivots: Vec<usize>,
    candidates: Vec<usize>,
    weights: Vec<f64>,
    rows: Vec<f64>,
    inverse: Vec<f64>,
    matrix: Vec<f64>,
    remainder: Vec<f64>,
    remainder_error: Vec<f64>,
}

impl Prover {
    /// A prover whose proofs will be written, or not.
    pub(super) fn recorded(recorded: bool) -> Self {
        Self { recorded, ..Self::default() }
    }

    /// A proved lower bound of the node's sum of squares over all samples, as high as the multipliers allow; `None` if they
    /// could not be made feasible. Afterwards [`proved`](Self::proved) encloses the feasible multipliers.
    pub(super) fn prove(&mut self, problem: &OneSign, sides: &Sides, multipliers: &[f64]) -> Option<f64> {
        self.vector = None;
        NEGLIGIBLE.iter().find_map(|&negligible| {
            self.take(problem, sides, multipliers, negligible);
            self.make_feasible(problem, sides)
        })
    }

    /// Encloses feasible multipliers near the ones that were taken and returns what they prove.
    fn make_feasible(&mut self, problem: &OneSign, sides: &Sides) -> Option<f64> {
        self.proved.clear();
        if self.multipliers.iter().all(|&q| q == 0.0) {
            self.proved.resize(sides.len(), Enclosure::ZERO);
            self.vector = self.recorded.then(|| DualVector::whole(0, vec![0; sides.len()]));
            return Some(bound(problem, sides, &self.proved));
        }
        self.choose_pivots(problem, sides);
        if !self.recorded
            && self.pivots.len() == problem.program.dim
            && let Some(change) = self.enclose_pivots(problem)
            && self.pivots.iter().all(|&p| !sides.is_bounded(p) || self.multipliers[p] - change >= 0.0)
        {
            self.proved.extend(self.multipliers.iter().map(|&q| Enclosure::exact(q)));
            for &p in &self.pivots {
                let q = self.multipliers[p];
                let low = (q - change).next_down();
                // It was just shown not to be negative.
                let low = if sides.is_bounded(p) { low.max(0.0) } else { low };
                self.proved[p] = Enclosure::new(low, (q + change).next_up());
            }
        } else {
            let bits = if self.recorded { RECORDED_BITS } else { BITS };
            let (vector, enclosures) = exact::solve(problem.program, sides, &self.multipliers, &self.pivots, bits)?;
            self.proved = enclosures;
            self.vector = self.recorded.then_some(vector);
        }
        Some(bound(problem, sides, &self.proved))
    }

    /// Takes the multipliers without rounding noise and, for bounded samples, without wrong signs.
    fn take(&mut self, problem: &OneSign, sides: &Sides, multipliers: &[f64], negligible: f64) {
        let program = problem.program;
        let force = |i: usize| program.multiplicity[i] * problem.targets[i].abs();
        let largest = (0..program.len()).map(force).fold(0.0, f64::max);
        self.multipliers.clear();
        self.multipliers.extend(multipliers.iter().enumerate().map(|(i, &q)| {
            let noise = q.abs() <= negligible * largest || !q.is_finite();
            if noise || (sides.is_bounded(i) && q < 0.0) { 0.0 } else { q }
        }));
    }

    /// Independent points among those with freedom to move, by elimination with complete pivoting in whitened coordinates.
    fn choose_pivots(&mut self, problem: &OneSign, sides: &Sides) {
        let dim = problem.program.dim;
        let largest = self.multipliers.iter().fold(0.0f64, |m, q| m.max(q.abs()));
        self.candidates.clear();
        self.weights.clear();
        self.rows.clear();
        for (i, &q) in self.multipliers.iter().enumerate() {
            let weight = if sides.is_bounded(i) { BOUNDED_WEIGHT * q / largest } else { 1.0 };
            if weight > 0.0 {
                self.candidates.push(i);
                self.weights.push(weight);
                self.rows.extend_from_slice(problem.landscape.point(i));
            }
        }
        self.pivots.clear();
        let threshold = DEPENDENT * problem.landscape.largest_coordinate();
        for _ in 0..dim {
            let Some((place, column)) = self.largest_entry(dim, threshold) else { return };
            self.pivots.push(self.candidates[place]);
            self.eliminate(dim, place, column);
        }
    }

    /// Position of the largest weighted entry that is not negligible.
    fn largest_entry(&self, dim: usize, threshold: f64) -> Option<(usize, usize)> {
        let mut best = None;
        let mut best_size = 0.0;
        for (place, (row, weight)) in self.rows.chunks_exact(dim).zip(&self.weights).enumerate() {
            for (column, entry) in row.iter().enumerate() {
                if entry.abs() * weight > best_size && entry.abs() > threshold {
                    best_size = entry.abs() * weight;
                    best = Some((place, column));
                }
            }
        }
        best
    }

    /// Removes the pivot row's direction from all candidates, by a column operation; the pivot row itself becomes zero.
    fn eliminate(&mut self, dim: usize, place: usize, column: usize) {
        self.remainder.clear();
        self.remainder.extend_from_slice(&self.rows[place * dim..(place + 1) * dim]);
        let pivot = self.remainder[column];
        for row in self.rows.chunks_exact_mut(dim) {
            let share = row[column] / pivot;
            if share != 0.0 {
                row.iter_mut().zip(&self.remainder).for_each(|(a, b)| *a -= share * b);
                row[column] = 0.0;
            }
        }
        self.rows[place * dim..(place + 1) * dim].fill(0.0);
    }

    /// Corrects the pivots and bounds how far their exact values, which cancel `sum_i q_i x_i`, are from the floats.
    fn enclose_pivots(&mut self, problem: &OneSign) -> Option<f64> {
        let program = problem.program;
        let dim = program.dim;
        self.matrix.clear();
        for c in 0..dim {
            self.matrix.extend(self.pivots.iter().map(|&p| program.points[p * dim + c]));
        }
        if !invert(&self.matrix, dim, &mut self.inverse) {
            return None;
        }
        self.measure(problem);
        for (row, &p) in self.inverse.chunks_exact(dim).zip(&self.pivots) {
            self.multipliers[p] -= inner(row, &self.remainder);
        }
        self.measure(problem);
        let defect = self.defect(dim);
        if defect.is_nan() || defect > MOST_DEFECT {
            return None;
        }
        let moved = |row: &[f64]| -> f64 {
            row.iter().zip(self.remainder.iter().zip(&self.remainder_error)).map(|(r, (d, e))| r.abs() * (d.abs() + e)).sum()
        };
        let largest = self.inverse.chunks_exact(dim).map(moved).fold(0.0, f64::max);
        let change = largest / (1.0 - defect) * UPWARD + f64::MIN_POSITIVE;
        change.is_finite().then_some(change)
    }

    /// `sum_i q_i x_i` in original coordinates, and a bound on its error.
    fn measure(&mut self, problem: &OneSign) {
        let program = problem.program;
        let dim = program.dim;
        self.remainder.clear();
        self.remainder.resize(dim, 0.0);
        self.remainder_error.clear();
        self.remainder_error.resize(dim, 0.0);
        let mut total = 0.0;
        let mut terms = 0usize;
        for (&q, point) in self.multipliers.iter().zip(program.points.chunks_exact(dim)) {
            if q == 0.0 {
                continue;
            }
            terms += 1;
            total += q.abs();
            for ((sum, size), x) in self.remainder.iter_mut().zip(&mut self.remainder_error).zip(point) {
                let product = q * x;
                *sum += product;
                *size += product.abs();
            }
        }
        // One half unit for every addition and product and for each coordinate's own rounding; whole units cover the rest.
        let rounding = (terms as f64 + 8.0) * f64::EPSILON;
        // Products and coordinates may be subnormal: each is then off by less than the least normal number.
        let underflow = f64::MIN_POSITIVE * (total + terms as f64 + 1.0);
        self.remainder_error.iter_mut().for_each(|size| *size = *size * rounding * UPWARD + underflow);
    }

    /// An upper bound of the norm (largest row sum) of `I - R A` for the exact points `A`.
    fn defect(&self, dim: usize) -> f64 {
        let rounding = (dim as f64 + 8.0) * f64::EPSILON;
        let mut largest = 0.0f64;
        for (r, row) in self.inverse.chunks_exact(dim).enumerate() {
            let mut sum = 0.0;
            for c in 0..dim {
                let (mut entry, mut size) = (if r == c { 1.0f64 } else { 0.0 }, 1.0);
                for (t, &value) in row.iter().enumerate() {
                    let product = value * self.matrix[t * dim + c];
                    entry -= product;
                    size += product.abs() + f64::MIN_POSITIVE * (1.0 + value.abs());
                }
                sum += entry.abs() + rounding * size;
            }
            largest = if sum.is_nan() { f64::NAN } else { largest.max(sum * UPWARD) };
            if largest.is_nan() {
                return largest;
            }
        }
        largest
    }
}

/// The lower bound that feasible multipliers prove, rounded down.
fn bound(problem: &OneSign, sides: &Sides, multipliers: &[Enclosure]) -> f64 {
    let mut sum = Enclosure::exact(problem.program.unavoidable);
    for (i, (side, &q)) in sides.side.iter().zip(multipliers).enumerate() {
        let (t, m) = (problem.target_enclosures[i], problem.program.multiplicity[i]);
        let term = match side {
            Side::Off => Enclosure::exact(problem.squares[i]),
            // r = -m t is the best choice and allowed.
            Side::Convex if q.hi <= (-t.hi * m).next_down() => Enclosure::exact(problem.squares[i]),
            _ if q == Enclosure::ZERO => continue,
            Side::Convex => quadratic(Enclosure::exact(q.hi), t, m),
            Side::On => quadratic(q, t, m),
            Side::Open if q.lo >= 0.0 => quadratic(q, t, m),
            Side::Open => open_below(q, t, m, sides.lows[i], problem.squares[i]),
        };
        sum = sum + term;
    }
    sum.lo
}

/// The least of `m (relu(z) - t)^2 - 2 q z` over `z >= low`, at least: either `z <= 0`, where the least is at `low` if `q` is
/// negative and at 0 otherwise, or the parabola's least.
fn open_below(q: Enclosure, t: Enclosure, m: f64, low: f64, square: f64) -> Enclosure {
    let tangent = Enclosure::exact(square) - Enclosure::exact(2.0 * q.lo.min(0.0)) * Enclosure::exact(low);
    let parabola = quadratic(q, t, m);
    Enclosure::new(tangent.lo.min(parabola.lo), tangent.hi.min(parabola.hi))
}

/// `-2 r t - r^2 / m`.
fn quadratic(r: Enclosure, t: Enclosure, m: f64) -> Enclosure {
    Enclosure::ZERO - Enclosure::exact(2.0) * r * t - r.square().over(m)
}

/// Inverse by Gauss-Jordan elimination with row pivoting; false if the matrix is singular in floating point.
fn invert(matrix: &[f64], dim: usize, inverse: &mut Vec<f64>) -> bool {
    let mut work = matrix.to_vec();
    inverse.clear();
    inverse.resize(dim * dim, 0.0);
    (0..dim).for_each(|r| inverse[r * dim + r] = 1.0);
    for step in 0..dim {
        let size = |r: &usize| work[r * dim + step].abs();
        let Some(pivot) = (step..dim).max_by(|a, b| size(a).total_cmp(&size(b))) else { return false };
        let value = work[pivot * dim + step];
        if value == 0.0 || !value.is_finite() {
            return false;
        }
        for c in 0..dim {
            work.swap(step * dim + c, pivot * dim + c);
            inverse.swap(step * dim + c, pivot * dim + c);
        }
        for c in 0..dim {
            work[step * dim + c] /= value;
            inverse[step * dim + c] /= value;
        }
        for r in (0..dim).filter(|&r| r != step) {
            let share = work[r * dim + step];
            for c in 0..dim {
                work[r * dim + c] -= share * work[step * dim + c];
                inverse[r * dim + c] -= share * inverse[step * dim + c];
            }
        }
    }
    true
}
