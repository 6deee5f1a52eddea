//! Multipliers that cancel exactly, in integers: where the supporting points do not span the space, or nearly not.

use super::sides::Sides;
use crate::certificate::DualVector;
use crate::dual::unit_exponent;
use crate::integers::{scale, solve_exactly};
use crate::program::{Program, enclose};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use optgap_problem::Enclosure;

/// Multipliers with `sum_i q_i x_i = 0` exactly and `q_i >= 0` where the side wants it, and enclosures of them: the given ones
/// rounded to so many bits, except at the `pivots`, which are solved for (Cramer's rule). `None` if there are none.
pub(super) fn solve(
    program: &Program,
    sides: &Sides,
    multipliers: &[f64],
    pivots: &[usize],
    bits: i64,
) -> Option<(DualVector, Vec<Enclosure>)> {
    let mut rest = multipliers.to_vec();
    pivots.iter().for_each(|&p| rest[p] = 0.0);
    let largest = rest.iter().fold(0.0f64, |m, q| m.max(q.abs()));
    if largest == 0.0 {
        return Some((DualVector::whole(0, vec![0; rest.len()]), vec![Enclosure::ZERO; rest.len()]));
    }
    let exponent = unit_exponent(largest, bits);
    let integers: Vec<(usize, i64)> = rest.iter().map(|&q| scale(q, -exponent).round() as i64).enumerate().collect();
    let points = &program.integer_points;
    let sums: Vec<BigInt> = program.digits.weighted_sum(&integers);
    let equations = independent_equations(points, pivots, program.dim)?;
    let system = equations.iter().map(|&c| pivots.iter().map(|&p| points[p][c].clone()).chain([-&sums[c]]).collect()).collect();
    let solution = solve_exactly(system)?;
    // The other coordinates must cancel as well.
    for c in 0..program.dim {
        let pivot_part: BigInt = pivots.iter().zip(&solution.numerators).map(|(&p, value)| &points[p][c] * value).sum();
        if !(&sums[c] * &solution.determinant + pivot_part).is_zero() {
            return None;
        }
    }
    let mut enclosures: Vec<Enclosure> = integers.iter().map(|&(_, q)| scaled(Enclosure::exact(q as f64), exponent)).collect();
    for (&p, numerator) in pivots.iter().zip(&solution.numerators) {
        if sides.is_bounded(p) && numerator.is_negative() {
            return None;
        }
        enclosures[p] = scaled(enclose(&BigRational::new_raw(numerator.clone(), solution.determinant.clone())), exponent);
    }
    let vector = DualVector {
        exponent,
        integers: integers.into_iter().map(|(_, q)| q).collect(),
        fractions: pivots.iter().copied().zip(solution.numerators).collect(),
        denominator: solution.determinant,
    };
    Some((vector, enclosures))
}

/// The value times `2^exponent`; one step outward because scaling may round where the result is subnormal.
fn scaled(value: Enclosure, exponent: i64) -> Enclosure {
    if value == Enclosure::ZERO {
        return value;
    }
    Enclosure::new(scale(value.lo, exponent).next_down(), scale(value.hi, exponent).next_up())
}

/// As many coordinates as there are pivots in which the pivots' points are independent, by exact elimination.
fn independent_equations(points: &[Vec<BigInt>], pivots: &[usize], dim: usize) -> Option<Vec<usize>> {
    let rows = pivots.iter().map(|&p| points[p].as_slice());
    let columns = crate::integers::independent_columns(rows, dim);
    (columns.len() == pivots.len()).then_some(columns)
}
