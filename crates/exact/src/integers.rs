//! Exact linear algebra on small integer matrices, and exact passages between floats and integers.

use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, Zero};

/// `value = mantissa * 2^exponent` with an odd mantissa, or `None` for zero.
pub(crate) fn dyadic(value: f64) -> Option<(i64, i32)> {
    if value == 0.0 {
        return None;
    }
    let bits = value.to_bits();
    let biased = ((bits >> 52) & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) };
    let shift = mantissa.trailing_zeros();
    let signed = (mantissa >> shift) as i64;
    Some((if value < 0.0 { -signed } else { signed }, exponent + shift as i32))
}

/// `value * 2^exponent` rounded to nearest (ties away from zero), or to an infinity or zero outside the range of f64.
pub(crate) fn scaled_to_f64(value: &BigInt, exponent: i64) -> f64 {
    let bits = value.bits() as i64;
    if bits == 0 {
        return 0.0;
    }
    // Keep 53 bits, rounded, then scale by a power of two in two exact steps (the result may still be subnormal).
    let drop = (bits - 53).max(0);
    let magnitude = value.magnitude();
    let rounded = if drop == 0 { magnitude.clone() } else { ((magnitude >> (drop - 1)) + 1u32) >> 1 };
    let mantissa = u64::try_from(rounded).expect("at most 54 bits") as f64;
    let magnitude = scale(mantissa, drop + exponent);
    if value.sign() == Sign::Minus { -magnitude } else { magnitude }
}

/// `value * 2^exponent`, exact unless the result is subnormal or overflows.
pub(crate) fn scale(mut value: f64, mut exponent: i64) -> f64 {
    while exponent > 1000 && value.is_finite() {
        value *= 2f64.powi(1000);
        exponent -= 1000;
    }
    while exponent < -1000 && value != 0.0 {
        value *= 2f64.powi(-1000);
        exponent += 1000;
    }
    if value == 0.0 || !value.is_finite() { value } else { value * 2f64.powi(exponent as i32) }
}

/// `sum_c a_c b_c`.
pub(crate) fn dot(a: &[BigInt], b: &[BigInt]) -> BigInt {
    a.iter().zip(b).filter(|(x, y)| !x.is_zero() && !y.is_zero()).map(|(x, y)| x * y).sum()
}

/// `sum weight * value`; as long as products and sums are short they stay in machine words.
pub(crate) fn weighted_sum<'a>(terms: impl Iterator<Item = (i64, &'a BigInt)>) -> BigInt {
    let mut total = BigInt::zero();
    let mut short = 0i128;
    for (weight, value) in terms.filter(|(weight, _)| *weight != 0) {
        let product = i128::try_from(value).ok().and_then(|value| value.checked_mul(i128::from(weight)));
        match product.map(|product| (product, short.checked_add(product))) {
            Some((_, Some(sum))) => short = sum,
            Some((product, None)) => total += std::mem::replace(&mut short, product),
            None => total += value * weight,
        }
    }
    total + short
}

/// Divides by the greatest common divisor of all entries.
pub(crate) fn make_primitive(vector: &mut [BigInt]) {
    let mut divisor = BigInt::zero();
    for entry in vector.iter() {
        divisor = divisor.gcd(entry);
        if divisor.is_one() {
            return;
        }
    }
    if !divisor.is_zero() {
        for entry in vector.iter_mut() {
            *entry /= &divisor;
        }
    }
}

/// Divides by the largest common power of two: far cheaper than the greatest common divisor.
pub(crate) fn drop_common_zeros(vector: &mut [BigInt]) {
    let zeros = vector.iter().filter_map(BigInt::trailing_zeros).min().unwrap_or(0);
    if zeros > 0 {
        vector.iter_mut().for_each(|entry| *entry >>= zeros);
    }
}

/// Solution of `A x = b` by Cramer's rule: `x_c = numerators[c] / determinant` with `determinant > 0`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CramerSolution {
    pub(crate) numerators: Vec<BigInt>,
    pub(crate) determinant: BigInt,
}

/// Solves a square integer system exactly by fraction-free Gauss-Jordan elimination (Bareiss). `rows[r]` holds row `r`
/// of `A` followed by `b_r`. `None` when `A` is singular.
pub(crate) fn solve_exactly(mut rows: Vec<Vec<BigInt>>) -> Option<CramerSolution> {
    let size = rows.len();
    let mut previous = BigInt::one();
    for step in 0..size {
        // The smallest non-zero pivot keeps the intermediate numbers short.
        let pivot = (step..size).filter(|&r| !rows[r][step].is_zero()).min_by_key(|&r| rows[r][step].bits())?;
        rows.swap(step, pivot);
        let pivot_row = rows[step].clone();
        for (r, row) in rows.iter_mut().enumerate() {
            if r == step {
                continue;
            }
            let factor = row[step].clone();
            for c in 0..=size {
                if c == step {
                    continue;
                }
                let value = &row[c] * &pivot_row[step] - &factor * &pivot_row[c];
                row[c] = value / &previous;
            }
            row[step] = BigInt::zero();
        }
        // Rows above keep the common diagonal value: after a step every finished row has the pivot on its diagonal.
        for (r, row) in rows.iter_mut().enumerate().take(step) {
            row[r].clone_from(&pivot_row[step]);
        }
        previous.clone_from(&pivot_row[step]);
    }
    let mut determinant = previous;
    let mut numerators: Vec<BigInt> = rows.iter().map(|row| row[size].clone()).collect();
    if determinant.is_negative() {
        determinant = -determinant;
        numerators.iter_mut().for_each(|n| *n = -&*n);
    }
    Some(CramerSolution { numerators, determinant })
}

/// Columns of a matrix (given by rows) that form a basis of its column space: the first ones that do.
pub(crate) fn independent_columns<'a>(rows: impl Iterator<Item = &'a [BigInt]>, columns: usize) -> Vec<usize> {
    let mut echelon: Vec<(usize, Vec<BigInt>)> = Vec::new();
    for row in rows {
        if echelon.len() == columns {
            break;
        }
        let mut rest = row.to_vec();
        for (pivot, base) in &echelon {
            if rest[*pivot].is_zero() {
                continue;
            }
            let (factor, divisor) = (rest[*pivot].clone(), base[*pivot].clone());
            for c in 0..columns {
                rest[c] = &rest[c] * &divisor - &factor * &base[c];
            }
        }
        if let Some(pivot) = rest.iter().position(|v| !v.is_zero()) {
            make_primitive(&mut rest);
            let at = echelon.partition_point(|(p, _)| *p < pivot);
            echelon.insert(at, (pivot, rest));
        }
    }
    echelon.into_iter().map(|(pivot, _)| pivot).collect()
}

/// Integer basis of the vectors orthogonal to all given rows.
pub(crate) fn kernel(rows: &[&[BigInt]], columns: usize) -> Vec<Vec<BigInt>> {
    // Reduced echelon form: every pivot column is zero in the other rows.
    let mut echelon: Vec<(usize, Vec<BigInt>)> = Vec::new();
    for row in rows {
        let mut rest = row.to_vec();
        for (pivot, base) in &echelon {
            eliminate(&mut rest, base, *pivot);
        }
        let Some(pivot) = rest.iter().position(|v| !v.is_zero()) else { continue };
        make_primitive(&mut rest);
        for (_, base) in &mut echelon {
            eliminate(base, &rest, pivot);
            make_primitive(base);
        }
        echelon.push((pivot, rest));
    }
    let free = (0..columns).filter(|c| echelon.iter().all(|(pivot, _)| pivot != c));
    free.map(|free_column| {
        let common = echelon.iter().fold(BigInt::one(), |common, (pivot, base)| common.lcm(&base[*pivot]));
        let mut vector = vec![BigInt::zero(); columns];
        for (pivot, base) in &echelon {
            vector[*pivot] = -(&base[free_column] * &common / &base[*pivot]);
        }
        vector[free_column] = common;
        make_primitive(&mut vector);
        vector
    })
    .collect()
}

/// The generalised cross product of `size - 1` rows of length `size <= 4`: orthogonal to all of them, zero iff they are
/// dependent.
pub(crate) fn cross(rows: &[&[BigInt]]) -> Vec<BigInt> {
    let size = rows.len() + 1;
    let entry = |omitted: usize| {
        let columns: Vec<usize> = (0..size).filter(|&c| c != omitted).collect();
        let minor = determinant(rows, &columns);
        if omitted.is_multiple_of(2) { minor } else { -minor }
    };
    (0..size).map(entry).collect()
}

/// The determinant of the given columns, by expansion along the first row: for the few rows here the shortest way.
fn determinant(rows: &[&[BigInt]], columns: &[usize]) -> BigInt {
    match (rows, columns) {
        ([], _) => BigInt::one(),
        ([row], [c]) => row[*c].clone(),
        ([first, second], [a, b]) => &first[*a] * &second[*b] - &first[*b] * &second[*a],
        ([first, rest @ ..], _) => columns
            .iter()
            .enumerate()
            .map(|(place, &c)| {
                let others: Vec<usize> = columns.iter().copied().filter(|&other| other != c).collect();
                let term = &first[c] * determinant(rest, &others);
                if place.is_multiple_of(2) { term } else { -term }
            })
            .sum(),
    }
}

/// Makes column `pivot` of `row` zero by a positive multiple of itself minus a multiple of `base`.
fn eliminate(row: &mut [BigInt], base: &[BigInt], pivot: usize) {
    if row[pivot].is_zero() {
        return;
    }
    let (factor, divisor) = (row[pivot].clone(), base[pivot].clone());
    for (entry, other) in row.iter_mut().zip(base) {
        *entry = &*entry * &divisor - &factor * other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_rational::BigRational;
    use proptest::prelude::*;

    fn big(values: &[i64]) -> Vec<BigInt> {
        values.iter().map(|&v| BigInt::from(v)).collect()
    }

    #[test]
    fn cramer_solutions_reproduce_the_right_hand_side() {
        let rows = vec![big(&[0, 2, 1, 3]), big(&[1, -1, 0, 4]), big(&[3, 0, -2, 5])];
        let solution = solve_exactly(rows.clone()).expect("regular");
        for row in rows {
            assert_eq!(dot(&row[..3], &solution.numerators), &row[3] * &solution.determinant);
        }
        assert!(solution.determinant.is_positive());
        assert_eq!(solve_exactly(vec![big(&[1, 2, 0]), big(&[2, 4, 1])]), None);
    }

    #[test]
    fn weighted_sums_are_exact_beyond_machine_words() {
        let values = [BigInt::from(i64::MAX), BigInt::from(i128::MAX), BigInt::from(-3), BigInt::one() << 300];
        let weights = [i64::MAX, i64::MIN, 7, -1];
        for count in 0..12 {
            let terms = || weights.iter().zip(&values).cycle().take(count);
            let expected: BigInt = terms().map(|(w, v)| v * w).sum();
            assert_eq!(weighted_sum(terms().map(|(&w, v)| (w, v))), expected);
        }
        let large = BigInt::one() << 64usize;
        assert_eq!(weighted_sum([(i64::MAX, &large); 4].into_iter()), &large * i64::MAX * 4);
    }

    #[test]
    fn the_kernel_is_orthogonal_and_complete() {
        let (a, b) = (big(&[2, 4, 6, 1]), big(&[1, 2, 3, 0]));
        let basis = kernel(&[&a, &b, &a], 4);
        assert_eq!(basis.len(), 2);
        assert!(basis.iter().all(|v| dot(v, &a).is_zero() && dot(v, &b).is_zero()));
        assert_eq!(independent_columns(basis.iter().map(Vec::as_slice), 4).len(), 2);
        assert_eq!(kernel(&[], 2).len(), 2);
    }

    #[test]
    fn dependent_columns_are_left_out() {
        let rows = [big(&[1, 2, 0]), big(&[1, 2, 1]), big(&[3, 6, 5])];
        assert_eq!(independent_columns(rows.iter().map(Vec::as_slice), 3), [0, 2]);
    }

    proptest! {
        #[test]
        fn cramer_solutions_are_right_for_random_systems(entries in prop::collection::vec(-9i64..9, 20)) {
            let rows: Vec<Vec<BigInt>> = entries.chunks(5).map(big).collect();
            if let Some(solution) = solve_exactly(rows.clone()) {
                for row in rows {
                    prop_assert_eq!(dot(&row[..4], &solution.numerators), &row[4] * &solution.determinant);
                }
            } else {
                prop_assert!(independent_columns(rows.iter().map(|r| &r[..4]), 4).len() < 4);
            }
        }

        #[test]
        fn floats_pass_exactly_through_mantissa_and_exponent(value in prop::num::f64::ANY) {
            prop_assume!(value.is_finite());
            if let Some((mantissa, exponent)) = dyadic(value) {
                prop_assert_eq!(scaled_to_f64(&BigInt::from(mantissa), i64::from(exponent)), value);
            } else {
                prop_assert_eq!(value, 0.0);
            }
        }

        #[test]
        fn rounding_to_a_float_is_within_one_half_unit(mantissa in any::<i128>(), exponent in -200i64..200) {
            let value = BigInt::from(mantissa);
            let rounded = scaled_to_f64(&value, exponent);
            let power = BigRational::from_integer(BigInt::one() << exponent.unsigned_abs() as usize);
            let exact = BigRational::from_integer(value) * if exponent < 0 { power.recip() } else { power };
            let error = (BigRational::from_float(rounded).unwrap() - &exact).abs();
            prop_assert!(error <= exact.abs() * BigRational::new(BigInt::one(), BigInt::one() << 53usize));
        }
    }
}
