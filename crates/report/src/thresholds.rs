//! Every number that decides how a result is counted or drawn.

/// A restart has reached the optimum when the upper end of its gap interval is at most this.
pub const SUCCESS_GAP: f64 = 1e-6;

/// How far a loss may lie below an instance's reference value, relative to the larger of the value and `L0`: reference
/// values are given in floating point, without an enclosure.
pub const REFERENCE_MARGIN: f64 = 1e-9;

/// How far, relative to itself, a method's lower bound may lie above the one that the checker proved and still count as the same:
/// both were rounded a few times on their way into a record.
pub const ROUNDING: f64 = 1e-14;

/// Shift of the geometric mean of seconds: differences between times far below it do not matter.
pub const TIME_SHIFT_S: f64 = 0.010;

/// Shorter times count and are drawn as this: clocks do not resolve them.
pub const LEAST_SECONDS: f64 = 1e-4;

/// How cost grows with the number of samples is said from this many numbers of samples on.
pub const LEAST_SIZES: usize = 3;

/// Resamples of a bootstrap interval.
pub const BOOTSTRAP_RESAMPLES: usize = 2000;

/// Share of the resamples that a bootstrap interval leaves out, half on each side.
pub const BOOTSTRAP_OUTSIDE: f64 = 0.05;

/// Seed of the resamples: the same records give the same interval.
pub const BOOTSTRAP_SEED: u64 = 1;

/// Quantile of the normal distribution for two-sided intervals at 95 %.
pub const NORMAL_QUANTILE_95: f64 = 1.959_963_984_540_054;

/// Numerator of the rule of three: with no success in `n` trials the interval's upper end is this over `n`.
pub const RULE_OF_THREE: f64 = 3.0;

/// Smallest gap that a chart's axis shows; what lies below is drawn at the edge.
pub const LEAST_DRAWN_GAP: f64 = 1e-12;

/// Most restarts of a family and method that the gap chart draws, evenly by rank; the chart's table has all.
pub const MOST_DRAWN_RESTARTS: usize = 150;

/// The loss levels of the decision view, in units of `L0`, reach from this power of ten to 1.
pub const LEAST_DECISION_EXPONENT: i32 = -6;

/// Loss levels per power of ten in the decision view.
pub const DECISION_LEVELS_PER_DECADE: i32 = 20;
