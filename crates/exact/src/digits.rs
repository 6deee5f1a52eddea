//! Exact sums of many short integer points: digits in machine words, added up in double words.

use num_bigint::BigInt;
use num_traits::{Signed, Zero};

/// Bits of a digit: with a weight of [`WEIGHT_BITS`], [`TERMS`] products fit into 127 bits.
const DIGIT_BITS: usize = 60;
/// Bits of a weight that a [`DigitTable`] takes.
pub(crate) const WEIGHT_BITS: u64 = 55;
/// Products that are added up before the sum leaves machine words.
const TERMS: usize = 2048;

/// Integer points in digits of machine words, for fast exact sums over many points.
pub(crate) struct DigitTable {
    /// Signed digits, lowest first, of every coordinate of every point.
    digits: Vec<i64>,
    dim: usize,
    /// Digits per coordinate.
    count: usize,
}

impl DigitTable {
    pub(crate) fn new(points: &[Vec<BigInt>]) -> Self {
        let longest = points.iter().flatten().map(BigInt::bits).max().unwrap_or(0) as usize;
        let count = longest.div_ceil(DIGIT_BITS).max(1);
        let mask = (1u64 << DIGIT_BITS) - 1;
        let digit = |value: &BigInt, place: usize| {
            let shifted = value.magnitude() >> (place * DIGIT_BITS);
            let low = (shifted.iter_u64_digits().next().unwrap_or(0) & mask) as i64;
            if value.is_negative() { -low } else { low }
        };
        let digits = points.iter().flatten().flat_map(|value| (0..count).map(move |place| digit(value, place))).collect();
        Self { digits, dim: points.first().map_or(0, Vec::len), count }
    }

    /// `sum weight * point`, coordinate by coordinate.
    pub(crate) fn weighted_sum(&self, weights: &[(usize, i64)]) -> Vec<BigInt> {
        let stride = self.dim * self.count;
        let mut totals = vec![BigInt::zero(); self.dim];
        let mut sums = vec![0i128; stride];
        for chunk in weights.chunks(TERMS) {
            sums.fill(0);
            for &(point, weight) in chunk {
                debug_assert!(weight.unsigned_abs() < 1 << WEIGHT_BITS);
                for (sum, &digit) in sums.iter_mut().zip(&self.digits[point * stride..(point + 1) * stride]) {
                    *sum += i128::from(weight) * i128::from(digit);
                }
            }
            for (total, sums) in totals.iter_mut().zip(sums.chunks_exact(self.count)) {
                for (place, &sum) in sums.iter().enumerate().filter(|(_, sum)| **sum != 0) {
                    *total += BigInt::from(sum) << (place * DIGIT_BITS);
                }
            }
        }
        totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_traits::One;

    #[test]
    fn weighted_sums_are_exact_beyond_machine_words() {
        let long: BigInt = (BigInt::one() << 300usize) - 1;
        let points =
            [vec![BigInt::from(i64::MAX), -long.clone()], vec![BigInt::from(-3), BigInt::zero()], vec![long, BigInt::one()]];
        let table = DigitTable::new(&points);
        let largest = (1i64 << WEIGHT_BITS) - 1;
        let weights: Vec<(usize, i64)> =
            (0..10_000).map(|t| (t % 3, if t % 7 == 0 { -largest } else { largest - t as i64 })).collect();
        let expected = |c: usize| -> BigInt { weights.iter().map(|&(i, w)| &points[i][c] * w).sum() };
        assert_eq!(table.weighted_sum(&weights), [expected(0), expected(1)]);
        assert_eq!(table.weighted_sum(&[]), [BigInt::zero(), BigInt::zero()]);
    }
}
