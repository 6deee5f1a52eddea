//! Numbers as intervals of f64, rounded outward, and the arithmetic that intervals and fractions share.

use crate::rounding::enclose;
use num_bigint::{BigInt, Sign};
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use std::ops::{Add, Div, Mul, Sub};

/// An interval that holds a number. Ends may be infinite: then it says nothing on that side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interval {
    pub(crate) lo: f64,
    pub(crate) hi: f64,
}

/// Formulas are written once, for intervals and for fractions: intervals first, fractions where these leave a question open.
pub(crate) trait Number:
    Clone + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    /// The number as it is needed.
    fn of(value: &Given) -> Self;
    /// A whole number below 2^53.
    fn whole(value: usize) -> Self;
    /// Any whole number.
    fn integer(value: &BigInt) -> Self;
    /// A fraction with a positive denominator.
    fn ratio(numerator: &BigInt, denominator: &BigInt) -> Self;
    /// The larger one of it and zero.
    fn positive_part(self) -> Self;
    fn smaller(self, other: Self) -> Self;
    /// Is it at least the other? None if that is open.
    fn at_least(&self, other: &Self) -> Option<bool>;

    fn square(self) -> Self {
        self.clone() * self
    }
}

/// A number that is known both ways.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) exact: BigRational,
    pub(crate) interval: Interval,
}

impl Given {
    pub(crate) fn new(exact: BigRational) -> Self {
        let interval = Interval::around(&exact);
        Self { exact, interval }
    }
}

impl Interval {
    const ALL: Self = Self { lo: f64::NEG_INFINITY, hi: f64::INFINITY };

    pub(crate) fn exact(value: f64) -> Self {
        Self { lo: value, hi: value }
    }

    pub(crate) fn around(value: &BigRational) -> Self {
        let (lo, hi) = enclose(&BigRational::new_raw(value.numer().abs(), value.denom().clone()));
        if value.numer().sign() == Sign::Minus { Self { lo: -hi, hi: -lo } } else { Self { lo, hi } }
    }

    /// One step outward: what was rounded to nearest lies inside.
    fn outward(lo: f64, hi: f64) -> Self {
        if lo.is_nan() || hi.is_nan() { Self::ALL } else { Self { lo: lo.next_down(), hi: hi.next_up() } }
    }
}

impl Add for Interval {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::outward(self.lo + other.lo, self.hi + other.hi)
    }
}

impl Sub for Interval {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::outward(self.lo - other.hi, self.hi - other.lo)
    }
}

impl Mul for Interval {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let ends = [self.lo * other.lo, self.lo * other.hi, self.hi * other.lo, self.hi * other.hi];
        if ends.iter().any(|end| end.is_nan()) {
            return Self::ALL;
        }
        Self::outward(ends.into_iter().fold(f64::INFINITY, f64::min), ends.into_iter().fold(f64::NEG_INFINITY, f64::max))
    }
}

impl Div for Interval {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        if other.lo <= 0.0 && other.hi >= 0.0 {
            return Self::ALL;
        }
        let ends = [self.lo / other.lo, self.lo / other.hi, self.hi / other.lo, self.hi / other.hi];
        if ends.iter().any(|end| end.is_nan()) {
            return Self::ALL;
        }
        Self::outward(ends.into_iter().fold(f64::INFINITY, f64::min), ends.into_iter().fold(f64::NEG_INFINITY, f64::max))
    }
}

impl Number for Interval {
    fn of(value: &Given) -> Self {
        value.interval
    }
    fn whole(value: usize) -> Self {
        Self::exact(value as f64)
    }
    fn integer(value: &BigInt) -> Self {
        match i64::try_from(value) {
            Ok(short) if short.unsigned_abs() <= 1 << 53 => Self::exact(short as f64),
            _ => Self::around(&BigRational::from_integer(value.clone())),
        }
    }
    fn ratio(numerator: &BigInt, denominator: &BigInt) -> Self {
        // Not reduced: the common divisor would take longer than all else.
        Self::around(&BigRational::new_raw(numerator.clone(), denominator.clone()))
    }
    fn positive_part(self) -> Self {
        Self { lo: self.lo.max(0.0), hi: self.hi.max(0.0) }
    }
    fn smaller(self, other: Self) -> Self {
        Self { lo: self.lo.min(other.lo), hi: self.hi.min(other.hi) }
    }
    fn at_least(&self, other: &Self) -> Option<bool> {
        if self.lo >= other.hi {
            Some(true)
        } else if self.hi < other.lo {
            Some(false)
        } else {
            None
        }
    }
}

impl Number for BigRational {
    fn of(value: &Given) -> Self {
        value.exact.clone()
    }
    fn whole(value: usize) -> Self {
        Self::from_integer(value.into())
    }
    fn integer(value: &BigInt) -> Self {
        Self::from_integer(value.clone())
    }
    fn ratio(numerator: &BigInt, denominator: &BigInt) -> Self {
        Self::new(numerator.clone(), denominator.clone())
    }
    fn positive_part(self) -> Self {
        if self.is_negative() { Self::zero() } else { self }
    }
    fn smaller(self, other: Self) -> Self {
        // Not `min`: the library compares by continued fractions.
        if (self.clone() - &other).is_negative() { self } else { other }
    }
    fn at_least(&self, other: &Self) -> Option<bool> {
        Some(!(self.clone() - other).is_negative())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fraction() -> impl Strategy<Value = BigRational> {
        (-1_000_000i64..1_000_000, 1i64..1000).prop_map(|(n, d)| BigRational::new(n.into(), d.into()))
    }

    fn holds(interval: Interval, value: &BigRational) -> bool {
        let end = |end: f64| BigRational::from_float(end).expect("finite");
        (interval.lo == f64::NEG_INFINITY || end(interval.lo) <= *value)
            && (interval.hi == f64::INFINITY || *value <= end(interval.hi))
    }

    proptest! {
        #[test]
        fn intervals_hold_what_fractions_give(a in fraction(), b in fraction(), c in fraction()) {
            fn formula<N: Number>(a: &Given, b: &Given, c: &Given) -> N {
                let (a, b, c) = (N::of(a), N::of(b), N::of(c));
                ((a.clone() * b.clone() - c.clone()).square() / c.clone()).smaller(a + b.positive_part() * N::whole(7))
            }
            prop_assume!(!c.is_zero());
            let given = [a, b, c].map(Given::new);
            let interval: Interval = formula(&given[0], &given[1], &given[2]);
            let exact: BigRational = formula(&given[0], &given[1], &given[2]);
            prop_assert!(holds(interval, &exact), "{interval:?} {exact}");
            if let Some(answer) = interval.at_least(&given[0].interval) {
                prop_assert_eq!(Some(answer), exact.at_least(&given[0].exact));
            }
        }
    }
}
