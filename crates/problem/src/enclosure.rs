//! Interval arithmetic by outward rounding: one unit in the last place after each operation.

use std::ops::{Add, Mul, Sub};

/// A closed interval `[lo, hi]` that contains a real number.
///
/// Every operation widens its result outward by one unit in the last place, which covers the rounding error of the
/// correctly rounded IEEE operations `+`, `-` and `*`. An overflow gives an infinite end, never a wrong one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Enclosure {
    /// A number not above the enclosed value.
    pub lo: f64,
    /// A number not below the enclosed value.
    pub hi: f64,
}

impl Enclosure {
    /// The number zero.
    pub const ZERO: Self = Self { lo: 0.0, hi: 0.0 };

    /// Exactly `value`.
    pub const fn exact(value: f64) -> Self {
        Self { lo: value, hi: value }
    }

    /// Everything from `lo` to `hi`.
    pub const fn new(lo: f64, hi: f64) -> Self {
        Self { lo, hi }
    }

    /// Length of the interval, rounded upward.
    pub fn width(self) -> f64 {
        up(self.hi - self.lo)
    }

    /// The larger of the value and zero.
    #[must_use]
    pub fn relu(self) -> Self {
        Self { lo: self.lo.max(0.0), hi: self.hi.max(0.0) }
    }

    /// The square, which is never negative.
    #[must_use]
    pub fn square(self) -> Self {
        let (a, b) = (self.lo.abs(), self.hi.abs());
        let (small, large) = if a < b { (a, b) } else { (b, a) };
        let lo = if self.lo <= 0.0 && self.hi >= 0.0 { 0.0 } else { down(small * small).max(0.0) };
        let hi = if large == 0.0 { 0.0 } else { up(large * large) };
        Self { lo, hi }.sane()
    }

    /// The square root of a value that is not negative; what lies below zero is taken as zero.
    #[must_use]
    pub fn root(self) -> Self {
        let root = |value: f64| value.max(0.0).sqrt();
        Self {
            lo: if self.lo <= 0.0 { 0.0 } else { down(root(self.lo)) },
            hi: if self.hi <= 0.0 { 0.0 } else { up(root(self.hi)) },
        }
    }

    /// The value divided by a positive number.
    ///
    /// # Panics
    /// When `divisor` is not positive.
    #[must_use]
    pub fn over(self, divisor: f64) -> Self {
        assert!(divisor > 0.0, "an enclosure is divided by positive numbers only");
        if self == Self::ZERO {
            return self;
        }
        let quotient = self.lo / divisor;
        if self.lo == self.hi && quotient.abs() > SURELY_NORMAL && quotient.mul_add(divisor, -self.lo) == 0.0 {
            return Self::exact(quotient);
        }
        Self { lo: down(self.lo / divisor), hi: up(self.hi / divisor) }.sane()
    }

    /// Is every enclosed value a finite number?
    pub fn is_finite(self) -> bool {
        self.lo.is_finite() && self.hi.is_finite()
    }

    /// `inf - inf` and `0 * inf` give NaN: then nothing is known.
    fn sane(self) -> Self {
        if self.lo.is_nan() || self.hi.is_nan() { Self { lo: f64::NEG_INFINITY, hi: f64::INFINITY } } else { self }
    }
}

/// Above this the remainder of a division is a number, however small it is.
const SURELY_NORMAL: f64 = 1e-200;

/// Is `sum`, the rounded `a + b`, exact? (Knuth's error-free sum.)
fn sum_is_exact(a: f64, b: f64, sum: f64) -> bool {
    let of_b = sum - a;
    sum.is_finite() && (a - (sum - of_b)) + (b - of_b) == 0.0
}

fn down(value: f64) -> f64 {
    value.next_down()
}

fn up(value: f64) -> f64 {
    value.next_up()
}

impl Add for Enclosure {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        // Adding an exact zero is exact: sparse sums keep zero width.
        if other == Self::ZERO {
            return self;
        }
        if self == Self::ZERO {
            return other;
        }
        if self.lo == self.hi && other.lo == other.hi {
            let sum = self.lo + other.lo;
            if sum_is_exact(self.lo, other.lo, sum) {
                return Self::exact(sum);
            }
        }
        Self { lo: down(self.lo + other.lo), hi: up(self.hi + other.hi) }.sane()
    }
}

impl Sub for Enclosure {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + Self { lo: -other.hi, hi: -other.lo }
    }
}

impl Mul for Enclosure {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        // The enclosed values are real numbers, so that zero times an unbounded interval is zero; and one keeps its factor.
        if self == Self::ZERO || other == Self::ZERO {
            return Self::ZERO;
        }
        for (unit, factor) in [(self, other), (other, self)] {
            if unit == Self::exact(1.0) {
                return factor;
            }
            if unit == Self::exact(-1.0) {
                return Self { lo: -factor.hi, hi: -factor.lo };
            }
        }
        let products = [self.lo * other.lo, self.lo * other.hi, self.hi * other.lo, self.hi * other.hi];
        if products.iter().any(|p| p.is_nan()) {
            return Self::new(f64::NAN, f64::NAN).sane();
        }
        let lo = products.iter().copied().fold(f64::INFINITY, f64::min);
        let hi = products.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self { lo: down(lo), hi: up(hi) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigInt;
    use num_rational::BigRational;
    use num_traits::Signed;
    use proptest::prelude::*;

    fn exact(value: f64) -> BigRational {
        BigRational::from_float(value).expect("finite")
    }

    fn contains(e: Enclosure, value: &BigRational) -> bool {
        (e.lo == f64::NEG_INFINITY || exact(e.lo) <= *value) && (e.hi == f64::INFINITY || *value <= exact(e.hi))
    }

    proptest! {
        #[test]
        fn operations_contain_the_exact_result(a in -1e9f64..1e9, b in -1e-9f64..1e9, c in 1e-3f64..1e3) {
            let (x, y) = (Enclosure::exact(a), Enclosure::exact(b));
            let (ra, rb) = (exact(a), exact(b));
            prop_assert!(contains(x + y, &(ra.clone() + rb.clone())));
            prop_assert!(contains(x - y, &(ra.clone() - rb.clone())));
            prop_assert!(contains(x * y, &(ra.clone() * rb.clone())));
            prop_assert!(contains((x * y).square(), &(ra.clone() * rb.clone() * ra.clone() * rb.clone())));
            let root = x.square().root();
            prop_assert!(contains(root, &ra.abs()), "{:?}", root);
            prop_assert!(contains(x.over(c), &(ra.clone() / exact(c))));
            let zero = BigRational::from_integer(BigInt::from(0));
            prop_assert!(contains((x + y).relu(), &(ra + rb).max(zero)));
        }
    }

    #[test]
    fn overflow_widens_to_infinity_and_never_to_nan() {
        let huge = Enclosure::exact(1e308);
        let sum = huge * huge - huge * huge;
        assert_eq!(sum, Enclosure::new(f64::NEG_INFINITY, f64::INFINITY));
        assert_eq!(Enclosure::ZERO * (huge * huge), Enclosure::ZERO);
    }

    #[test]
    fn exact_steps_add_no_width() {
        assert_eq!(Enclosure::exact(0.1) - Enclosure::exact(0.1), Enclosure::ZERO);
        assert_eq!(Enclosure::exact(-1.0) * Enclosure::exact(0.1), Enclosure::exact(-0.1));
        assert_eq!(Enclosure::ZERO.square().over(3.0), Enclosure::ZERO);
        assert_eq!(Enclosure::exact(0.75).over(3.0), Enclosure::exact(0.25));
        assert!(Enclosure::exact(1.0).over(3.0).width() > 0.0);
        assert!((Enclosure::exact(0.1) + Enclosure::exact(0.7)).width() > 0.0);
        let x = Enclosure::exact(0.1);
        assert_eq!(x + Enclosure::ZERO, x);
        assert_eq!(x * Enclosure::ZERO, Enclosure::ZERO);
    }
}
