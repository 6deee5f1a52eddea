//! Dual vectors as exact numbers.

use super::bytes::{push_big, push_packed, push_sint, push_uint, width};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

/// A number for every sample: integers times a power of two, and fractions where equalities must hold exactly.
#[derive(Clone, Debug)]
pub(crate) struct DualVector {
    /// All numbers are in units of two to this power.
    pub(crate) exponent: i64,
    /// Zero at the fractions.
    pub(crate) integers: Vec<i64>,
    /// Samples with numerators, in any order.
    pub(crate) fractions: Vec<(usize, BigInt)>,
    /// Positive.
    pub(crate) denominator: BigInt,
}

impl DualVector {
    /// Whole multiples of the unit.
    pub(crate) fn whole(exponent: i64, integers: Vec<i64>) -> Self {
        Self { exponent, integers, fractions: Vec::new(), denominator: BigInt::one() }
    }

    /// Fractions throughout.
    pub(crate) fn fractions(numerators: Vec<BigInt>, denominator: BigInt) -> Self {
        let integers = vec![0; numerators.len()];
        Self { exponent: 0, integers, fractions: numerators.into_iter().enumerate().collect(), denominator }
    }

    /// 1, 0 or -1 for every sample.
    pub(crate) fn signs(&self) -> Vec<i64> {
        let mut signs: Vec<i64> = self.integers.iter().copied().map(i64::signum).collect();
        for (sample, numerator) in &self.fractions {
            signs[*sample] = i64::from(numerator.is_positive()) - i64::from(numerator.is_negative());
        }
        signs
    }

    /// Appends it as the format has it.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        push_sint(bytes, self.exponent);
        let bits = width(&self.integers);
        bytes.push(bits as u8);
        push_packed(bytes, &self.integers, bits);
        let mut fractions: Vec<&(usize, BigInt)> = self.fractions.iter().filter(|(_, numerator)| !numerator.is_zero()).collect();
        fractions.sort_unstable_by_key(|(sample, _)| *sample);
        push_uint(bytes, fractions.len() as u64);
        if !fractions.is_empty() {
            push_big(bytes, &self.denominator);
        }
        for (sample, numerator) in fractions {
            push_uint(bytes, *sample as u64);
            push_big(bytes, numerator);
        }
    }
}
