//! Dual vectors that satisfy some rows with exact equality: a few samples, the pivots, are solved for in integers.
//!
//! Neurons of opposite sign in touching cones oppose each other, and a free constant is an equality by itself: then no
//! margin exists and floating point cannot prove the condition. The other residuals are rounded to integers times a power
//! of two, the pivots follow by Cramer's rule, and every row is tested with error bounds or, where these leave the sign
//! open, exactly (rule R7 of the certificates).

use crate::cone::Decision;
use crate::dual::{Claim, Row, TightRows, inner_error};
use crate::integers::{CramerSolution, dot, scale, solve_exactly, weighted_sum};
use crate::linear::fast_inner;
use crate::node::SLOPE_STEPS;
use crate::program::{enclose, rational_to_f64};
use crate::vertex::Vertex;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use optgap_problem::Enclosure;

/// Bits of the rounded residuals.
const RESIDUAL_BITS: i64 = 50;
/// Strict tight rows are moved to this share of `max |r| sum |h|`, which covers the rounding of the residuals.
const STRICT_MARGIN: f64 = 6e-14;
/// A round that failed is followed by one with margins larger by this factor.
const MARGIN_GROWTH: f64 = 8.0;
/// A pivot on a cut sample must keep its sign, so it counts for less by its distance from zero.
const CUT_PIVOT_WEIGHT: f64 = 0.3;

/// Residuals with exact values: integers times `2^exponent`, and fractions at the pivots.
pub(crate) struct ExactResiduals {
    integers: Vec<i64>,
    exponent: i64,
    pivots: Vec<usize>,
    solution: CramerSolution,
    /// Nearest floats of all residuals.
    pub(crate) floats: Vec<f64>,
}

/// A feasible vector near `residuals` when some of the tight rows are to hold with equality.
pub(crate) fn prove_with_pivots(
    claim: &Claim,
    residuals: &[f64],
    rows: &[Row],
    tight: &TightRows,
    round: usize,
) -> Option<(ExactResiduals, bool)> {
    let mut r = residuals.to_vec();
    move_to_margins(claim, tight, &mut r, STRICT_MARGIN * MARGIN_GROWTH.powi(round as i32));
    let mut equal: Vec<Row> = tight.equalities().collect();
    let exact = solve_pivots(claim, &mut equal, &r)?;
    let holds = |row: &Row| equal.contains(row) || row_holds(claim, *row, &exact);
    let all = rows.iter().all(holds);
    Some((exact, all))
}

/// Brings equalities to zero and strict rows to their margin, approximately.
fn move_to_margins(claim: &Claim, tight: &TightRows, r: &mut [f64], share: f64) {
    let largest = r.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let mut column = vec![0.0; r.len()];
    let missing: Vec<f64> = tight
        .rows
        .iter()
        .zip(&tight.equal)
        .map(|(&row, &equal)| {
            claim.fill(row, r, &mut column);
            let value = fast_inner(&column, r);
            let margin = share * largest * column.iter().copied().map(f64::abs).sum::<f64>();
            if equal { -value } else { (margin - value).max(0.0) }
        })
        .collect();
    r.iter_mut().zip(tight.factors.shortest(&missing)).for_each(|(r, step)| *r += step);
}

/// Rounds the residuals and solves for the pivots exactly; `None` if a cut pivot changes its sign. Equalities that depend
/// exactly on others, though floating point could not see it, are left out: they hold by themselves if they are consistent.
fn solve_pivots(claim: &Claim, equal: &mut Vec<Row>, r: &[f64]) -> Option<ExactResiduals> {
    let largest = r.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    // Equalities can leave nothing but zeros, which prove nothing.
    if largest < f64::MIN_POSITIVE || !largest.is_finite() {
        return None;
    }
    let exponent = largest.log2().floor() as i64 + 1 - RESIDUAL_BITS;
    let markers: Vec<i64> = r.iter().map(|&v| scale(v, -exponent).round() as i64).collect();
    let (order, mut pivots) = choose_pivots(claim, equal, r)?;
    *equal = order;
    let (integers, solution) = loop {
        let mut integers = markers.clone();
        pivots.iter().for_each(|&p| integers[p] = 0);
        let equation = |&row: &Row| {
            let mut equation: Vec<BigInt> = pivots.iter().map(|&p| exact_entry(claim, row, p, markers[p])).collect();
            equation.push(-exact_inner(claim, row, &integers));
            equation
        };
        if let Some(solution) = solve_exactly(equal.iter().map(equation).collect()) {
            break (integers, solution);
        }
        // The last pivot was the smallest.
        equal.pop();
        pivots.pop();
    };
    for (&p, numerator) in pivots.iter().zip(&solution.numerators) {
        let opposite = numerator.signum() == BigInt::from(-markers[p].signum()) && !numerator.is_zero();
        if (opposite || markers[p] == 0) && is_cut(claim, p) {
            return None;
        }
    }
    let mut floats: Vec<f64> = integers.iter().map(|&v| scale(v as f64, exponent)).collect();
    for (&p, numerator) in pivots.iter().zip(&solution.numerators) {
        let fraction = BigRational::new_raw(numerator.clone(), solution.determinant.clone());
        floats[p] = if numerator.is_zero() { 0.0 } else { scale(rational_to_f64(&fraction), exponent) };
    }
    Some(ExactResiduals { integers, exponent, pivots, solution, floats })
}

impl ExactResiduals {
    /// Enclosures of all residuals.
    pub(crate) fn enclosures(&self) -> impl Iterator<Item = Enclosure> {
        let mut enclosures: Vec<Enclosure> = self.floats.iter().map(|&v| Enclosure::exact(v)).collect();
        for (&p, numerator) in self.pivots.iter().zip(&self.solution.numerators) {
            let fraction = enclose(&BigRational::new_raw(numerator.clone(), self.solution.determinant.clone()));
            // One more step outward: scaling may round where the result is subnormal.
            enclosures[p] =
                Enclosure::new(scale(fraction.lo, self.exponent).next_down(), scale(fraction.hi, self.exponent).next_up());
        }
        enclosures.into_iter()
    }
}

/// Does the row's inequality hold? Error bounds first, exact arithmetic where they leave the sign open.
fn row_holds(claim: &Claim, row: Row, exact: &ExactResiduals) -> bool {
    let n = exact.floats.len();
    let mut column = vec![0.0; n];
    claim.fill(row, &exact.floats, &mut column);
    let value = fast_inner(&column, &exact.floats);
    let (_, error) = inner_error(&column, &exact.floats, claim.entry_error(row));
    if value.abs() > error && row != Row::Constant {
        return value > 0.0;
    }
    let mut sum = exact_inner(claim, row, &exact.integers) * &exact.solution.determinant;
    for (&p, numerator) in exact.pivots.iter().zip(&exact.solution.numerators) {
        let marker = i64::try_from(numerator.signum()).expect("a sign");
        sum += exact_entry(claim, row, p, marker) * numerator;
    }
    if row == Row::Constant { sum.is_zero() } else { !sum.is_negative() }
}

/// Row value in integers, times [`SLOPE_STEPS`] (any positive factor of a whole row is allowed).
fn exact_entry(claim: &Claim, row: Row, i: usize, residual_sign: i64) -> BigInt {
    let Some((j, vertex)) = claim.direction(row) else { return BigInt::from(SLOPE_STEPS) };
    let steps = line_steps(claim, j, vertex, i, residual_sign);
    if steps == 0 {
        return BigInt::zero();
    }
    let z = dot(&vertex.ray, &claim.program.integer_points[i]) * steps;
    if j < claim.product.positive { z } else { -z }
}

/// The line that bounds neuron `j` at sample `i` for a residual of the given sign: its slope at a direction, times
/// [`SLOPE_STEPS`].
fn line_steps(claim: &Claim, j: usize, vertex: &Vertex, i: usize, residual_sign: i64) -> u8 {
    let z = vertex.z[i];
    if z == 0.0 {
        return 0;
    }
    claim.minorant(j, i, residual_sign as f64).unwrap_or(if z > 0.0 { SLOPE_STEPS } else { 0 })
}

/// `sum_i R_i h_i` exactly, in the units of [`exact_entry`].
fn exact_inner(claim: &Claim, row: Row, integers: &[i64]) -> BigInt {
    let Some((j, vertex)) = claim.direction(row) else {
        return integers.iter().map(|&r| BigInt::from(r)).sum::<BigInt>() * SLOPE_STEPS;
    };
    // Every entry is an inner product with the same long ray: the points are added up first, they are short.
    let weights = integers.iter().enumerate().filter(|(_, r)| **r != 0);
    let weights: Vec<(usize, i64)> =
        weights.map(|(i, &r)| (i, r * i64::from(line_steps(claim, j, vertex, i, r.signum())))).collect();
    let points = &claim.program.integer_points;
    let sums: Vec<BigInt> =
        (0..claim.program.dim).map(|c| weighted_sum(weights.iter().map(|&(i, weight)| (weight, &points[i][c])))).collect();
    let inner = dot(&vertex.ray, &sums);
    if j < claim.product.positive { inner } else { -inner }
}

fn is_cut(claim: &Claim, i: usize) -> bool {
    claim.product.cones.iter().any(|cone| cone.decisions[i] == Decision::Cut)
}

/// As many samples as there are equalities, by Gaussian elimination with complete pivoting on the float rows; and the
/// equalities in the order of elimination.
fn choose_pivots(claim: &Claim, equal: &[Row], r: &[f64]) -> Option<(Vec<Row>, Vec<usize>)> {
    let n = r.len();
    let largest = r.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let weights: Vec<f64> = (0..n)
        .map(|i| {
            if r[i] == 0.0 {
                0.0
            } else if is_cut(claim, i) {
                CUT_PIVOT_WEIGHT * r[i].abs() / largest
            } else {
                1.0
            }
        })
        .collect();
    let mut matrix: Vec<Vec<f64>> = equal
        .iter()
        .map(|&row| {
            let mut column = vec![0.0; n];
            claim.fill(row, r, &mut column);
            column
        })
        .collect();
    let mut pivots = Vec::with_capacity(equal.len());
    let mut order = Vec::with_capacity(equal.len());
    let mut free: Vec<usize> = (0..equal.len()).collect();
    while !free.is_empty() {
        let candidates = free.iter().flat_map(|&row| (0..n).map(move |i| (row, i)));
        let size = |&(row, i): &(usize, usize)| (matrix[row][i] * weights[i]).abs();
        let (row, pivot) = candidates.max_by(|a, b| size(a).total_cmp(&size(b)))?;
        if matrix[row][pivot] * weights[pivot] == 0.0 || pivots.contains(&pivot) {
            return None;
        }
        pivots.push(pivot);
        order.push(equal[row]);
        free.retain(|&other| other != row);
        let pivot_row = matrix[row].clone();
        for &other in &free {
            let share = matrix[other][pivot] / pivot_row[pivot];
            matrix[other].iter_mut().zip(&pivot_row).for_each(|(a, b)| *a -= share * b);
            matrix[other][pivot] = 0.0;
        }
    }
    Some((order, pivots))
}
