//! Exact linear algebra on small integer matrices, and exact passages between floats and integers.

use num_bigint::{BigInt, BigUint, Sign};
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
    // The bit below the last one kept decides the rounding.
    let mantissa =
        if drop == 0 { word_at(magnitude, 0) } else { ((word_at(magnitude, drop as u64 - 1) & LOW_54) + 1) >> 1 } as f64;
    let magnitude = scale(mantissa, drop + exponent);
    if value.sign() == Sign::Minus { -magnitude } else { magnitude }
}

/// The lowest 54 bits of a word.
const LOW_54: u64 = (1 << 54) - 1;

/// The 64 bits from bit `position` on.
fn word_at(magnitude: &BigUint, position: u64) -> u64 {
    let mut words = magnitude.iter_u64_digits().skip((position / 64) as usize);
    let (low, high) = (words.next().unwrap_or(0), words.next().unwrap_or(0));
    let shift = position % 64;
    if shift == 0 { low } else { low >> shift | high << (64 - shift) }
}

/// `numerator / denominator * 2^exponent` with a relative error of at most one and a half units (of 2^-52) in the normal
/// range.
pub(crate) fn ratio_to_f64(numerator: &BigInt, denominator: &BigInt, exponent: i64) -> f64 {
    let (n, d) = (numerator.bits() as i64, denominator.bits() as i64);
    scale(scaled_to_f64(numerator, -n) / scaled_to_f64(denominator, -d), exponent + n - d)
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

/// `a d - b c`.
fn minor(a: &BigInt, b: &BigInt, c: &BigInt, d: &BigInt) -> BigInt {
    a * d - b * c
}

/// Cramer's rule written out for up to three unknowns: no divisions.
fn solve_small(rows: &[Vec<BigInt>]) -> Option<CramerSolution> {
    let (mut determinant, mut numerators) = match rows {
        [row] => (row[0].clone(), vec![row[1].clone()]),
        [p, q] => {
            let numerators = vec![minor(&p[2], &p[1], &q[2], &q[1]), minor(&p[0], &p[2], &q[0], &q[2])];
            (minor(&p[0], &p[1], &q[0], &q[1]), numerators)
        }
        [p, q, r] => {
            let minors = |a: usize, b: usize| minor(&q[a], &q[b], &r[a], &r[b]);
            let [m01, m02, m03, m12, m13, m23] = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)].map(|(a, b)| minors(a, b));
            let along = |a: usize, x: &BigInt, b: usize, y: &BigInt, c: usize, z: &BigInt| &p[a] * x - &p[b] * y + &p[c] * z;
            // The column of the right side takes the place of each column in turn.
            let numerators =
                vec![along(3, &m12, 1, &-&m23, 2, &-&m13), along(0, &-&m23, 3, &m02, 2, &m03), along(0, &m13, 1, &m03, 3, &m01)];
            (along(0, &m12, 1, &m02, 2, &m01), numerators)
        }
        _ => return None,
    };
    if determinant.is_negative() {
        determinant = -determinant;
        numerators.iter_mut().for_each(|n| *n = -std::mem::take(n));
    }
    (!determinant.is_zero()).then_some(CramerSolution { numerators, determinant })
}

/// Solves a square integer system exactly: by Cramer's rule if it is tiny, else by fraction-free Gauss-Jordan elimination
/// (Bareiss). `rows[r]` holds row `r` of `A` followed by `b_r`. `None` when `A` is singular.
pub(crate) fn solve_exactly(mut rows: Vec<Vec<BigInt>>) -> Option<CramerSolution> {
    let size = rows.len();
    if (1..=3).contains(&size) {
        return solve_small(&rows);
    }
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
    if let [row] = rows {
        return plane(row);
    }
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

/// The generalised cross product of `size - 1` rows of length `size`: orthogonal to all of them, zero iff they are
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

/// Integer basis of the vectors orthogonal to one row, without any division.
fn plane(row: &[BigInt]) -> Vec<Vec<BigInt>> {
    let unit = |place: usize, value: BigInt| -> Vec<BigInt> {
        (0..row.len()).map(|c| if c == place { value.clone() } else { BigInt::zero() }).collect()
    };
    let largest = (0..row.len()).max_by_key(|&c| row[c].bits()).filter(|&c| !row[c].is_zero());
    let Some(pivot) = largest else { return (0..row.len()).map(|c| unit(c, BigInt::one())).collect() };
    let vector = |c: usize| {
        let mut vector = unit(c, row[pivot].clone());
        vector[pivot] = -&row[c];
        drop_common_zeros(&mut vector);
        vector
    };
    (0..row.len()).filter(|&c| c != pivot).map(vector).collect()
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
        let two = solve_exactly(vec![big(&[1, 2, 5]), big(&[3, 4, 6])]).expect("regular");
        assert_eq!((two.numerators, two.determinant), (big(&[-8, 9]), BigInt::from(2)));
        let one = solve_exactly(vec![big(&[-4, 6])]).expect("regular");
        assert_eq!((one.numerators, one.determinant), (big(&[-6]), BigInt::from(4)));
        assert_eq!(solve_exactly(vec![big(&[0, 6])]), None);
    }

    #[test]
    fn the_kernel_is_orthogonal_and_complete() {
        let (a, b) = (big(&[2, 4, 6, 1]), big(&[1, 2, 3, 0]));
        let basis = kernel(&[&a, &b, &a], 4);
        assert_eq!(basis.len(), 2);
        assert!(basis.iter().all(|v| dot(v, &a).is_zero() && dot(v, &b).is_zero()));
        assert_eq!(independent_columns(basis.iter().map(Vec::as_slice), 4).len(), 2);
        assert_eq!(kernel(&[], 2).len(), 2);
        let plane = kernel(&[&a], 4);
        assert!(plane.len() == 3 && plane.iter().all(|v| dot(v, &a).is_zero()));
        assert_eq!(independent_columns(plane.iter().map(Vec::as_slice), 4).len(), 3);
        assert_eq!(kernel(&[&big(&[0, 0])], 2).len(), 2);
    }

    #[test]
    fn dependent_columns_are_left_out() {
        let rows = [big(&[1, 2, 0]), big(&[1, 2, 1]), big(&[3, 6, 5])];
        assert_eq!(independent_columns(rows.iter().map(Vec::as_slice), 3), [0, 2]);
    }

    proptest! {
        #[test]
        fn cramer_solutions_are_right_for_random_systems(size in 1usize..5, entries in prop::collection::vec(-9i64..9, 20)) {
            let rows: Vec<Vec<BigInt>> = entries.chunks_exact(size + 1).take(size).map(big).collect();
            if let Some(solution) = solve_exactly(rows.clone()) {
                prop_assert!(solution.determinant.is_positive());
                for row in rows {
                    prop_assert_eq!(dot(&row[..size], &solution.numerators), &row[size] * &solution.determinant);
                }
            } else {
                prop_assert!(independent_columns(rows.iter().map(|r| &r[..size]), size).len() < size);
            }
        }

        #[test]
        fn ratios_are_nearly_rounded(n in any::<i128>(), d in 1..i128::MAX, exponent in -200i64..200, more in 0usize..300) {
            let (numerator, denominator): (BigInt, BigInt) = (BigInt::from(n) << more, BigInt::from(d) * 12_345);
            let power = BigRational::from_integer(BigInt::one() << exponent.unsigned_abs() as usize);
            let exact = BigRational::new(numerator.clone(), denominator.clone()) * if exponent < 0 { power.recip() } else { power };
            let error = (BigRational::from_float(ratio_to_f64(&numerator, &denominator, exponent)).unwrap() - &exact).abs();
            prop_assert!(error <= exact.abs() * BigRational::new(BigInt::from(3), BigInt::one() << 53usize));
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
