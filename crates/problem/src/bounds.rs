//! Bounds for the optimum and the one test that says "optimal".

use serde::{Deserialize, Serialize};

/// `[lower, upper]` for the optimal loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// No weights have a loss below this.
    pub lower: f64,
    /// Some known weights have a loss of at most this.
    pub upper: f64,
}

/// How far apart bounds may be and still count as closed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tolerance {
    /// In units of the loss.
    pub absolute: f64,
    /// As a share of the upper bound.
    pub relative: f64,
}

impl Tolerance {
    /// Default relative bound gap.
    pub const RELATIVE: f64 = 1e-9;
    /// Default absolute bound gap as a share of `L0`, the loss of the best constant prediction.
    pub const SHARE_OF_L0: f64 = 1e-12;

    /// The default for an instance whose best constant prediction has loss `l0`.
    pub fn for_level(l0: f64) -> Self {
        Self { absolute: Self::SHARE_OF_L0 * l0, relative: Self::RELATIVE }
    }

    /// The largest bound gap that counts as closed when the upper bound is `upper`.
    pub fn allowance(self, upper: f64) -> f64 {
        self.absolute.max(self.relative * upper)
    }
}

impl Bounds {
    /// `upper - lower`.
    pub fn gap(self) -> f64 {
        self.upper - self.lower
    }

    /// Is the bound gap within the tolerance? Infinite, undefined and crossed bounds are never closed.
    pub fn closed(self, tolerance: Tolerance) -> bool {
        self.upper.is_finite() && self.lower <= self.upper && self.gap() <= tolerance.allowance(self.upper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_close_by_either_tolerance_and_never_when_infinite() {
        let tolerance = Tolerance { absolute: 1e-3, relative: 1e-2 };
        assert!(Bounds { lower: 0.0, upper: 1e-3 }.closed(tolerance));
        assert!(Bounds { lower: 99.0, upper: 100.0 }.closed(tolerance));
        assert!(!Bounds { lower: 98.9, upper: 100.0 }.closed(tolerance));
        assert!(!Bounds { lower: f64::NEG_INFINITY, upper: 0.0 }.closed(tolerance));
        assert!(!Bounds { lower: 0.0, upper: f64::INFINITY }.closed(tolerance));
        assert!(!Bounds { lower: f64::NAN, upper: 1.0 }.closed(tolerance));
        assert!(!Bounds { lower: 2.0, upper: 1.0 }.closed(tolerance));
    }
}
