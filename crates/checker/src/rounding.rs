//! From a fraction to the doubles beside it.

use crate::dyadic::{Dyadic, LOWEST_EXPONENT};
use num_bigint::Sign;
use num_rational::BigRational;
use num_traits::ToPrimitive;
use std::cmp::Ordering;

/// Bits of an f64 mantissa with its leading one.
const MANTISSA_BITS: i64 = 53;
/// Exponent of the lowest bit of the largest f64.
const HIGHEST_EXPONENT: i64 = 971;

/// The largest f64 not above and the smallest not below a fraction that is not negative. Both are the fraction itself
/// where it is an f64; above the largest f64 the second one is infinity.
pub(crate) fn enclose(value: &BigRational) -> (f64, f64) {
    debug_assert!(value.numer().sign() != Sign::Minus, "a loss is never negative");
    if value.numer().sign() == Sign::NoSign {
        return (0.0, 0.0);
    }
    // `2^magnitude <= value < 2^(magnitude + 2)`, so the quotient below has at most 54 bits.
    let magnitude = signed(value.numer().bits()) - signed(value.denom().bits()) - 1;
    let mut exponent = (magnitude - MANTISSA_BITS + 1).max(LOWEST_EXPONENT.into());
    let (mut mantissa, mut exact) = floor_in_units(value, exponent);
    if mantissa >> MANTISSA_BITS != 0 {
        exact &= mantissa & 1 == 0;
        mantissa >>= 1;
        exponent += 1;
    }
    if exponent > HIGHEST_EXPONENT {
        return (f64::MAX, f64::INFINITY);
    }
    // The leading one of a normal mantissa carries into the exponent field; a subnormal one has none.
    let field = u64::try_from(exponent - i64::from(LOWEST_EXPONENT)).expect("not below the lowest exponent");
    let lower = f64::from_bits((field << (MANTISSA_BITS - 1)) + mantissa);
    (lower, if exact { lower } else { lower.next_up() })
}

/// `floor(value / 2^exponent)`, which must have at most 64 bits, and whether nothing was cut off.
fn floor_in_units(value: &BigRational, exponent: i64) -> (u64, bool) {
    let shift = exponent.unsigned_abs();
    let (numerator, denominator) = if exponent < 0 {
        (value.numer() << shift, value.denom().clone())
    } else {
        (value.numer().clone(), value.denom() << shift)
    };
    let quotient = &numerator / &denominator;
    let exact = &quotient * &denominator == numerator;
    (quotient.to_u64().expect("the exponent was chosen so that the quotient has at most 54 bits"), exact)
}

/// Exact comparison of a fraction with an f64; nothing for NaN.
pub(crate) fn compare(value: &BigRational, other: f64) -> Option<Ordering> {
    match Dyadic::from_f64(other) {
        Some(other) => {
            let other = other.over(1);
            // Multiplied out by hand: the library compares by continued fractions, as deep as the numbers are long.
            Some((value.numer() * other.denom()).cmp(&(other.numer() * value.denom())))
        }
        None if other.is_nan() => None,
        None => Some(if other > 0.0 { Ordering::Less } else { Ordering::Greater }),
    }
}

fn signed(bits: u64) -> i64 {
    i64::try_from(bits).expect("no number in memory has so many bits")
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigInt;
    use num_traits::{One, Pow};
    use proptest::prelude::*;

    fn fraction(numerator: u64, denominator: u64) -> BigRational {
        BigRational::new(numerator.into(), denominator.into())
    }

    fn power_of_two(exponent: i32) -> BigRational {
        BigRational::from_integer(2.into()).pow(exponent)
    }

    fn exactly(value: f64) -> BigRational {
        BigRational::from_float(value).expect("finite")
    }

    #[test]
    fn a_fraction_that_is_an_f64_is_both_ends() {
        let smallest = f64::from_bits(1);
        let below_normal = f64::MIN_POSITIVE.next_down();
        for value in [0.0, 1.0, 0.1, 1.5e300, f64::MAX, f64::MIN_POSITIVE, smallest, below_normal, 1.0f64.next_down()] {
            assert_eq!(enclose(&exactly(value)), (value, value), "{value:e}");
        }
    }

    #[test]
    fn a_fraction_between_two_doubles_has_both_as_its_ends() {
        let third = 1.0 / 3.0;
        let (lower, upper) = enclose(&fraction(1, 3));
        assert!(lower == third || upper == third);
        assert_eq!(lower.next_up(), upper);
        assert_eq!(enclose(&fraction((1 << 53) + 1, 1)), (9_007_199_254_740_992.0, 9_007_199_254_740_994.0));
        // Just below a power of two, where the unit in the last place changes.
        let below_one = BigRational::one() - power_of_two(-60);
        assert_eq!(enclose(&below_one), (1.0f64.next_down(), 1.0));
        let above_one = BigRational::one() + power_of_two(-60);
        assert_eq!(enclose(&above_one), (1.0, 1.0f64.next_up()));
    }

    #[test]
    fn subnormal_and_vanishing_values_are_enclosed() {
        let smallest = f64::from_bits(1);
        assert_eq!(enclose(&power_of_two(-1075)), (0.0, smallest));
        assert_eq!(enclose(&power_of_two(-6000)), (0.0, smallest));
        assert_eq!(enclose(&(power_of_two(-1074) * fraction(3, 2))), (smallest, f64::from_bits(2)));
        let below_normal = exactly(f64::MIN_POSITIVE) - power_of_two(-1080);
        assert_eq!(enclose(&below_normal), (f64::MIN_POSITIVE.next_down(), f64::MIN_POSITIVE));
    }

    #[test]
    fn values_above_the_largest_double_end_at_infinity() {
        assert_eq!(enclose(&(exactly(f64::MAX) + fraction(1, 9))), (f64::MAX, f64::INFINITY));
        assert_eq!(enclose(&power_of_two(1024)), (f64::MAX, f64::INFINITY));
        assert_eq!(enclose(&power_of_two(12_000)), (f64::MAX, f64::INFINITY));
        assert_eq!(enclose(&(exactly(f64::MAX) - fraction(1, 9))), (f64::MAX.next_down(), f64::MAX));
    }

    #[test]
    fn comparison_is_exact_and_knows_no_nan() {
        let third = fraction(1, 3);
        let (lower, upper) = enclose(&third);
        assert_eq!(compare(&third, lower), Some(Ordering::Greater));
        assert_eq!(compare(&third, upper), Some(Ordering::Less));
        assert_eq!(compare(&exactly(0.1), 0.1), Some(Ordering::Equal));
        assert_eq!(compare(&third, f64::INFINITY), Some(Ordering::Less));
        assert_eq!(compare(&third, f64::NEG_INFINITY), Some(Ordering::Greater));
        assert_eq!(compare(&third, f64::NAN), None);
    }

    proptest! {
        #[test]
        fn ends_are_neighbours_that_hold_the_fraction(numerator in any::<u128>(), denominator in 1u64.., shift in -1200i32..1000) {
            let denominator = BigInt::from(denominator);
            let value = BigRational::new(numerator.into(), denominator) * power_of_two(shift);
            let (lower, upper) = enclose(&value);
            prop_assert!(compare(&value, lower) != Some(Ordering::Less));
            prop_assert!(compare(&value, upper) != Some(Ordering::Greater));
            prop_assert!(lower == upper || lower.next_up() == upper);
            prop_assert_eq!(lower == upper, compare(&value, lower) == Some(Ordering::Equal));
        }
    }
}
