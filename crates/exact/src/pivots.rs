//! Dual vectors that satisfy some rows with exact equality: a few samples, the pivots, are solved for in integers.
//!
//! Neurons of opposite sign in touching cones oppose each other, and a free constant is an equality by itself: then no
//! margin exists and floating point cannot prove the condition. The other residuals are rounded to integers times a power
//! of two, the pivots follow by Cramer's rule, and every row is tested with error bounds or, where these leave the sign
//! open, exactly (rule R6 of the certificates).

use crate::certificate::DualVector;
use crate::cone::Decision;
use crate::dual::{Claim, Row, TightRows, measure_row, unit_exponent};
use crate::equalities::{Equalities, Equality, exact_row};
use crate::integers::{CramerSolution, ratio_to_f64, scale, solve_exactly};
use crate::kernels::Kernels;
use num_bigint::BigInt;
use num_traits::{Signed, Zero};

/// Strict tight rows are moved to so many units of the rounded residuals times `sum |h|`, which covers the rounding.
const STRICT_MARGIN: f64 = 64.0;
/// An attempt that failed is followed by one with margins larger by this factor.
const MARGIN_GROWTH: f64 = 8.0;
/// An equality whose rest after elimination is below this share of its largest entry follows from the others, or is taken
/// to: it is tested like any other row.
const DEPENDENT_ROW: f64 = 1e-11;
/// Choices of pivots: rows that fail the test join the equalities, pivots that change their sign are avoided.
const ROUNDS: usize = 4;
/// A pivot on a cut sample must keep its sign, so it counts for less by its distance from zero.
const CUT_PIVOT_WEIGHT: f64 = 0.3;

/// Residuals with exact values: fractions at the pivots.
pub(crate) struct ExactResiduals {
    pub(crate) vector: DualVector,
    signs: Vec<i64>,
    /// Rows that hold with equality by construction.
    solved: Vec<Row>,
    /// Nearest floats of all residuals.
    pub(crate) floats: Vec<f64>,
}

/// Why the pivots could not be solved for.
enum Failure {
    Singular,
    /// The pivots on these cut samples would change their side.
    Sides(Vec<usize>),
}

/// A vector near `residuals`, rounded to so many `bits`, for which some of the tight rows hold with equality, and whether all
/// rows hold for it. Later `attempt`s move rows farther inside.
pub(crate) fn solve_with_pivots(
    claim: &Claim,
    residuals: &[f64],
    rows: &[Row],
    tight: &TightRows,
    bits: i64,
    attempt: i32,
) -> Option<(ExactResiduals, bool)> {
    let mut r = residuals.to_vec();
    move_to_margins(claim, tight, &mut r, scale(STRICT_MARGIN, -bits) * MARGIN_GROWTH.powi(attempt));
    let mut equal: Vec<Row> = tight.equalities().collect();
    let mut avoided: Vec<usize> = Vec::new();
    let mut column = vec![0.0; r.len()];
    let mut nearest = None;
    for _ in 0..ROUNDS {
        let exact = match solve_pivots(claim, &equal, &r, bits, &avoided) {
            Ok(exact) => exact,
            Err(Failure::Sides(pivots)) => {
                avoided.extend(pivots);
                continue;
            }
            Err(Failure::Singular) => break,
        };
        let failing: Vec<Row> = rows.iter().copied().filter(|&row| !row_holds(claim, row, &exact, &mut column)).collect();
        if failing.is_empty() {
            return Some((exact, true));
        }
        let stuck = failing.iter().any(|row| equal.contains(row));
        nearest.get_or_insert((exact, false));
        if stuck {
            break;
        }
        equal.extend(failing);
    }
    nearest
}

/// Brings equalities to zero and strict rows to their margin, approximately.
fn move_to_margins(claim: &Claim, tight: &TightRows, r: &mut [f64], share: f64) {
    let largest = r.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let mut column = vec![0.0; r.len()];
    let kernels = Kernels::default();
    let missing: Vec<f64> = tight
        .rows
        .iter()
        .zip(&tight.equal)
        .map(|(&row, &equal)| {
            claim.fill(kernels, row, r, &mut column);
            let value = kernels.inner(&column, r);
            let margin = share * largest * column.iter().copied().map(f64::abs).sum::<f64>();
            if equal { -value } else { (margin - value).max(0.0) }
        })
        .collect();
    r.iter_mut().zip(tight.factors.shortest(&missing)).for_each(|(r, step)| *r += step);
}

/// Rounds the residuals and solves for the pivots exactly.
fn solve_pivots(claim: &Claim, equal: &[Row], r: &[f64], bits: i64, avoided: &[usize]) -> Result<ExactResiduals, Failure> {
    let largest = r.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    // Equalities can leave nothing but zeros, which prove nothing.
    if largest < f64::MIN_POSITIVE || !largest.is_finite() {
        return Err(Failure::Singular);
    }
    let exponent = unit_exponent(largest, bits);
    let unit = scale(1.0, -exponent);
    let mut integers: Vec<i64> =
        r.iter().map(|&v| if unit.is_finite() { (v * unit).round() } else { scale(v, -exponent).round() } as i64).collect();
    let mut signs: Vec<i64> = integers.iter().copied().map(i64::signum).collect();
    let mut equalities = Equalities::new(claim, equal, &signs);
    let (chosen, pivots): (Vec<Equality>, Vec<usize>) = choose_pivots(claim, &equalities, r, avoided).into_iter().unzip();
    equalities.keep(claim, chosen);
    for &p in &pivots {
        integers[p] = 0;
    }
    let CramerSolution { numerators, determinant } =
        solve_exactly(equations(claim, &equalities, &pivots, &integers)).ok_or(Failure::Singular)?;
    let new_sign = |n: &BigInt| i64::from(n.is_positive()) - i64::from(n.is_negative());
    let changed = |p: usize, n: &BigInt| is_cut(claim, p) && (signs[p] == 0 || new_sign(n) * signs[p] < 0);
    let wrong: Vec<usize> = pivots.iter().zip(&numerators).filter(|(p, n)| changed(**p, n)).map(|(&p, _)| p).collect();
    if !wrong.is_empty() {
        return Err(Failure::Sides(wrong));
    }
    let mut floats: Vec<f64> = integers.iter().map(|&v| scale(v as f64, exponent)).collect();
    for (&p, numerator) in pivots.iter().zip(&numerators) {
        signs[p] = new_sign(numerator);
        floats[p] = if numerator.is_zero() { 0.0 } else { ratio_to_f64(numerator, &determinant, exponent) };
    }
    let fractions = pivots.into_iter().zip(numerators).collect();
    let vector = DualVector { exponent, integers, fractions, denominator: determinant };
    Ok(ExactResiduals { vector, signs, solved: equalities.solved, floats })
}

/// The linear system for the residuals of the pivots.
fn equations(claim: &Claim, equalities: &Equalities, pivots: &[usize], integers: &[i64]) -> Vec<Vec<BigInt>> {
    let sums = equalities.sums(claim, integers);
    let equation = |(&equality, sum): (&Equality, BigInt)| {
        pivots.iter().map(|&p| equalities.entry(claim, equality, p)).chain([-sum]).collect()
    };
    equalities.list.iter().zip(sums).map(equation).collect()
}

/// Does the row's inequality hold? Error bounds first, exact arithmetic where they leave the sign open.
fn row_holds(claim: &Claim, row: Row, exact: &ExactResiduals, column: &mut [f64]) -> bool {
    if exact.solved.contains(&row) {
        return true;
    }
    let kernels = Kernels::default();
    claim.fill(kernels, row, &exact.floats, column);
    let (value, _, error) = measure_row(kernels, column, &exact.floats, claim.entry_error(row));
    if value.abs() > error && row != Row::Constant {
        return value > 0.0;
    }
    let sum = exact_row(claim, row, &exact.vector, &exact.signs);
    if row == Row::Constant { sum.is_zero() } else { !sum.is_negative() }
}

fn is_cut(claim: &Claim, i: usize) -> bool {
    let shown = claim.program.incidence.points_of(i);
    claim.cones().iter().any(|cone| shown.iter().any(|&t| cone.decisions[t] == Decision::Cut))
}

/// A sample for every equality that does not follow from the others, by Gaussian elimination with complete pivoting on the
/// float rows.
fn choose_pivots(claim: &Claim, equalities: &Equalities, r: &[f64], avoided: &[usize]) -> Vec<(Equality, usize)> {
    let equal = &equalities.list;
    let n = r.len();
    let largest = r.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let weight = |i: usize| match r[i] {
        // Rows may hold just because it vanishes.
        0.0 => 0.0,
        v if is_cut(claim, i) => CUT_PIVOT_WEIGHT * v.abs() / largest,
        _ => 1.0,
    };
    let mut weights: Vec<f64> = (0..n).map(weight).collect();
    avoided.iter().for_each(|&i| weights[i] = 0.0);
    let mut matrix: Vec<Vec<f64>> = equal
        .iter()
        .map(|&equality| {
            let mut column = vec![0.0; n];
            equalities.fill(claim, equality, &mut column);
            column
        })
        .collect();
    let largest_entries: Vec<f64> = matrix.iter().map(|row| row.iter().fold(0.0f64, |m, v| m.max(v.abs()))).collect();
    let mut pivots: Vec<(Equality, usize)> = Vec::with_capacity(equal.len());
    let mut free: Vec<usize> = (0..equal.len()).collect();
    while !free.is_empty() {
        let (mut best, mut row, mut pivot) = (0.0, 0, 0);
        for &candidate in &free {
            for (i, (entry, weight)) in matrix[candidate].iter().zip(&weights).enumerate() {
                let size = (entry * weight).abs();
                if size > best {
                    (best, row, pivot) = (size, candidate, i);
                }
            }
        }
        if best == 0.0 || matrix[row][pivot].abs() <= DEPENDENT_ROW * largest_entries[row] {
            break;
        }
        pivots.push((equal[row], pivot));
        weights[pivot] = 0.0;
        free.retain(|&other| other != row);
        let pivot_row = std::mem::take(&mut matrix[row]);
        for &other in &free {
            let share = matrix[other][pivot] / pivot_row[pivot];
            Kernels::default().subtract(&mut matrix[other], share, &pivot_row);
        }
    }
    pivots
}
