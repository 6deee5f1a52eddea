//! The answer: a fraction.

use crate::rounding::{compare, enclose};
use num_bigint::BigInt;
use num_rational::BigRational;
use std::cmp::Ordering;
use std::fmt;

/// A loss without any rounding: a fraction that is not negative.
///
/// It displays as `p/q` in lowest terms and compares with an f64 exactly: `loss <= 0.1` asks about the double nearest to
/// one tenth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExactLoss(BigRational);

impl ExactLoss {
    pub(crate) fn new(value: BigRational) -> Self {
        Self(value)
    }

    /// Numerator of the reduced fraction.
    pub fn numerator(&self) -> &BigInt {
        self.0.numer()
    }

    /// Denominator of the reduced fraction, positive.
    pub fn denominator(&self) -> &BigInt {
        self.0.denom()
    }

    /// The largest f64 that is not above the loss.
    pub fn lower(&self) -> f64 {
        enclose(&self.0).0
    }

    /// The smallest f64 that is not below the loss; infinity when the loss exceeds every f64.
    pub fn upper(&self) -> f64 {
        enclose(&self.0).1
    }
}

impl fmt::Display for ExactLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.0.numer(), self.0.denom())
    }
}

impl PartialOrd for ExactLoss {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        // Multiplied out by hand: the library compares by continued fractions, as deep as the numbers are long.
        Some((self.numerator() * other.denominator()).cmp(&(other.numerator() * self.denominator())))
    }
}

impl PartialEq<f64> for ExactLoss {
    fn eq(&self, other: &f64) -> bool {
        compare(&self.0, *other) == Some(Ordering::Equal)
    }
}

impl PartialOrd<f64> for ExactLoss {
    fn partial_cmp(&self, other: &f64) -> Option<Ordering> {
        compare(&self.0, *other)
    }
}
