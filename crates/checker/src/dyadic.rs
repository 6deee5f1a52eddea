//! Exact numbers `mantissa * 2^exponent`: every finite f64 is one, and sums and products of them are too.

use num_bigint::{BigInt, Sign};
use num_rational::BigRational;
use std::ops::{AddAssign, Mul};

/// Bits of an f64 below the exponent field.
const FRACTION_BITS: u32 = 52;
/// Exponent of the lowest bit of a subnormal f64.
pub(crate) const LOWEST_EXPONENT: i32 = -1074;

/// `mantissa * 2^exponent`, exactly. No common factor is ever searched for.
///
/// A product of few f64 has an exponent of a few thousand, so `i32` never overflows in a loss of degree six.
#[derive(Clone, Debug)]
pub(crate) struct Dyadic {
    mantissa: BigInt,
    exponent: i32,
}

impl Dyadic {
    pub(crate) fn zero() -> Self {
        Self { mantissa: BigInt::ZERO, exponent: 0 }
    }

    /// Exactly `value`; nothing for NaN and the infinities.
    pub(crate) fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        if value == 0.0 {
            return Some(Self::zero());
        }
        let bits = value.to_bits();
        let fraction = bits & ((1 << FRACTION_BITS) - 1);
        let exponent_field = i32::try_from((bits >> FRACTION_BITS) & 0x7ff).expect("eleven bits fit");
        let (mantissa, exponent) = match exponent_field {
            0 => (fraction, LOWEST_EXPONENT),
            field => (fraction | (1 << FRACTION_BITS), field - 1 + LOWEST_EXPONENT),
        };
        // An odd mantissa keeps the integers of round numbers short.
        let shift = mantissa.trailing_zeros();
        let sign = if value < 0.0 { Sign::Minus } else { Sign::Plus };
        let magnitude = (mantissa >> shift).into();
        Some(Self { mantissa: BigInt::from_biguint(sign, magnitude), exponent: exponent + shift.cast_signed() })
    }

    /// The power of two that is its unit.
    pub(crate) fn exponent(&self) -> i64 {
        self.exponent.into()
    }

    /// The number in units of a power of two of which it is a multiple.
    pub(crate) fn in_units(&self, exponent: i64) -> BigInt {
        if self.is_zero() { BigInt::ZERO } else { &self.mantissa << (self.exponent() - exponent) }
    }

    pub(crate) fn is_positive(&self) -> bool {
        self.mantissa.sign() == Sign::Plus
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.mantissa.sign() == Sign::NoSign
    }

    /// The value divided by a positive whole number, as a reduced fraction.
    pub(crate) fn over(self, divisor: usize) -> BigRational {
        let shift = self.exponent.unsigned_abs();
        if self.exponent >= 0 {
            BigRational::new(self.mantissa << shift, divisor.into())
        } else {
            BigRational::new(self.mantissa, BigInt::from(divisor) << shift)
        }
    }
}

impl AddAssign<&Self> for Dyadic {
    fn add_assign(&mut self, other: &Self) {
        if other.is_zero() {
            return;
        }
        if self.is_zero() {
            self.clone_from(other);
            return;
        }
        let shift = self.exponent.abs_diff(other.exponent);
        if shift == 0 {
            self.mantissa += &other.mantissa;
        } else if other.exponent > self.exponent {
            self.mantissa += &other.mantissa << shift;
        } else {
            self.mantissa <<= shift;
            self.mantissa += &other.mantissa;
            self.exponent = other.exponent;
        }
    }
}

impl Mul for &Dyadic {
    type Output = Dyadic;
    fn mul(self, other: Self) -> Dyadic {
        if self.is_zero() || other.is_zero() {
            return Dyadic::zero();
        }
        Dyadic { mantissa: &self.mantissa * &other.mantissa, exponent: self.exponent + other.exponent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dyadic(value: f64) -> Dyadic {
        Dyadic::from_f64(value).expect("finite")
    }

    fn rational(value: f64) -> BigRational {
        BigRational::from_float(value).expect("finite")
    }

    fn any_finite() -> impl Strategy<Value = f64> {
        any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |value| value.is_finite())
    }

    #[test]
    fn every_kind_of_f64_is_taken_exactly() {
        let smallest = f64::from_bits(1);
        for value in [0.0, -0.0, 1.0, -1.5, 0.1, 3e5, f64::MAX, f64::MIN, f64::MIN_POSITIVE, smallest, -smallest, 1e-310] {
            assert_eq!(dyadic(value).over(1), rational(value), "{value:e}");
        }
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(Dyadic::from_f64(value).is_none());
        }
    }

    #[test]
    fn a_zero_takes_part_in_every_operation() {
        let mut sum = dyadic(0.0);
        sum += &dyadic(-2.5);
        sum += &Dyadic::zero();
        assert_eq!(sum.clone().over(1), rational(-2.5));
        assert!((&sum * &Dyadic::zero()).is_zero());
        sum += &dyadic(2.5);
        assert!(sum.is_zero() && !sum.is_positive());
        assert_eq!(sum.over(7), rational(0.0));
    }

    proptest! {
        #[test]
        fn sums_and_products_of_any_finite_numbers_are_exact(a in any_finite(), b in any_finite(), c in any_finite()) {
            let mut sum = &dyadic(a) * &dyadic(b);
            sum += &dyadic(c);
            let expected = rational(a) * rational(b) + rational(c);
            prop_assert_eq!(sum.is_positive(), expected > rational(0.0));
            prop_assert_eq!(sum.over(3), expected / rational(3.0));
        }
    }
}
