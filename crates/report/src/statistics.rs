//! The statistics, free of records.

use crate::thresholds::{
    BOOTSTRAP_OUTSIDE, BOOTSTRAP_RESAMPLES, BOOTSTRAP_SEED, NORMAL_QUANTILE_95, RULE_OF_THREE, SUCCESS_GAP, TIME_SHIFT_S,
};
use optgap_problem::Bounds;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Distance of a loss from the optimum in units of `L0`, as an interval: the optimum lies within bounds and the loss
/// within its enclosure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GapInterval {
    /// No smaller gap is possible: the lower end of the loss minus the upper bound, at least 0, over `L0`.
    pub lower: f64,
    /// No larger gap is possible: the upper end of the loss minus the lower bound, over `L0`.
    pub upper: f64,
}

impl GapInterval {
    /// The gap of a loss in `[lo, hi]`. None where the unit `constant_level` is not positive, a number is not finite, or
    /// the loss lies below the lower bound: then one of the two is wrong and the gap means nothing.
    pub fn new([lo, hi]: [f64; 2], bounds: Bounds, constant_level: f64) -> Option<Self> {
        let usable = constant_level > 0.0 && hi >= bounds.lower;
        let gap = Self { lower: (lo - bounds.upper).max(0.0) / constant_level, upper: (hi - bounds.lower) / constant_level };
        (usable && gap.lower.is_finite() && gap.upper.is_finite()).then_some(gap)
    }

    /// Is the optimum reached, whatever the bounds leave open?
    pub fn succeeds(self) -> bool {
        self.upper <= SUCCESS_GAP
    }

    /// Do the bounds leave open whether the optimum is reached?
    pub fn undecided(self) -> bool {
        self.lower <= SUCCESS_GAP && !self.succeeds()
    }
}

/// Successes out of trials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proportion {
    /// Trials that succeeded.
    pub successes: usize,
    /// All trials.
    pub trials: usize,
}

impl Proportion {
    /// How many of the items satisfy a condition.
    pub fn of<T>(items: impl IntoIterator<Item = T>, mut condition: impl FnMut(T) -> bool) -> Self {
        items.into_iter().fold(Self::default(), |sum, item| {
            let success = usize::from(condition(item));
            Self { successes: sum.successes + success, trials: sum.trials + 1 }
        })
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { successes: self.successes + other.successes, trials: self.trials + other.trials }
    }

    /// Share of successes; none without trials.
    pub fn share(self) -> Option<f64> {
        (self.trials > 0).then(|| self.successes as f64 / self.trials as f64)
    }

    /// 95 % interval for the probability of success by Wilson's score (E. B. Wilson, 1927). Where nothing or everything
    /// succeeded the open end is the rule of three's `3/n`, which is the exact one-sided bound there.
    pub fn interval(self) -> Option<[f64; 2]> {
        let share = self.share()?;
        let trials = self.trials as f64;
        if self.successes == 0 {
            return Some([0.0, (RULE_OF_THREE / trials).min(1.0)]);
        }
        if self.successes == self.trials {
            return Some([(1.0 - RULE_OF_THREE / trials).max(0.0), 1.0]);
        }
        let z_squared = NORMAL_QUANTILE_95 * NORMAL_QUANTILE_95;
        let centre = share + z_squared / (2.0 * trials);
        let spread = share * (1.0 - share) / trials + z_squared / (4.0 * trials * trials);
        let radius = NORMAL_QUANTILE_95 * spread.sqrt();
        let scale = 1.0 + z_squared / trials;
        Some([(centre - radius) / scale, (centre + radius) / scale])
    }
}

/// Median: the middle value, or the mean of the two middle ones. Values may be infinite; none for no value.
pub fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    Some(if values.len() % 2 == 1 { upper } else { f64::midpoint(values[middle - 1], upper) })
}

/// Geometric mean of `seconds + shift` less the shift, with a shift of 10 ms; none for no value.
pub fn mean_seconds(seconds: impl IntoIterator<Item = f64>) -> Option<f64> {
    let logarithms: Vec<f64> = seconds.into_iter().map(|value| (value + TIME_SHIFT_S).ln()).collect();
    let count = logarithms.len() as f64;
    (!logarithms.is_empty()).then(|| (logarithms.iter().sum::<f64>() / count).exp() - TIME_SHIFT_S)
}

/// How a positive quantity grows with a positive size: `quantity` proportional to `size^exponent`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// Slope of the logarithm of the quantity against the logarithm of the size, by least squares.
    pub exponent: f64,
    /// 95 % percentile bootstrap interval of the exponent (B. Efron, 1979), over resampled points.
    pub interval: [f64; 2],
}

impl Growth {
    /// The growth through points `(size, quantity)`, all positive; none where they have fewer than two sizes. Resamples
    /// with one size only have no slope and do not count.
    pub fn of(points: &[(f64, f64)]) -> Option<Self> {
        let logarithms: Vec<(f64, f64)> = points.iter().map(|(size, quantity)| (size.ln(), quantity.ln())).collect();
        let exponent = slope(&logarithms)?;
        let mut generator = ChaCha8Rng::seed_from_u64(BOOTSTRAP_SEED);
        let resampled = (0..BOOTSTRAP_RESAMPLES).filter_map(|_| slope(&resample(&logarithms, &mut generator)));
        let mut slopes: Vec<f64> = resampled.collect();
        slopes.sort_by(f64::total_cmp);
        let rank = |share: f64| slopes.get((share * (slopes.len() as f64 - 1.0)).round() as usize).copied();
        let interval = [rank(BOOTSTRAP_OUTSIDE / 2.0)?, rank(1.0 - BOOTSTRAP_OUTSIDE / 2.0)?];
        Some(Self { exponent, interval })
    }
}

/// Slope of the line of least squares through points; none where no two differ in their first coordinate.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let (first, others) = points.split_first()?;
    if others.iter().all(|(x, _)| *x == first.0) {
        return None;
    }
    let count = points.len() as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let products: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let squares: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    Some(products / squares)
}

/// As many points as there are, drawn with replacement.
fn resample(points: &[(f64, f64)], generator: &mut ChaCha8Rng) -> Vec<(f64, f64)> {
    let count = points.len() as u64;
    // The upper half of a 64-bit product spreads 32 random bits evenly over the indices.
    let mut index = || ((u64::from(generator.next_u32()) * count) >> 32) as usize;
    points.iter().map(|_| points[index()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12 * expected.abs().max(1.0), "{found} instead of {expected}");
    }

    #[test]
    fn the_gap_of_closed_bounds_is_the_distance_in_units_of_the_constant_level() {
        let gap = GapInterval::new([3.0, 3.0], Bounds { lower: 1.0, upper: 1.0 }, 4.0).expect("a gap");
        assert_eq!(gap, GapInterval { lower: 0.5, upper: 0.5 });
    }

    #[test]
    fn open_bounds_and_wide_enclosures_widen_the_gap_on_both_sides() {
        let gap = GapInterval::new([3.0, 3.5], Bounds { lower: 1.0, upper: 2.0 }, 2.0).expect("a gap");
        assert_eq!(gap, GapInterval { lower: 0.5, upper: 1.25 });
    }

    #[test]
    fn a_loss_inside_the_bounds_may_be_optimal_and_is_undecided() {
        let gap = GapInterval::new([1.5, 1.5], Bounds { lower: 1.0, upper: 2.0 }, 1.0).expect("a gap");
        assert_eq!(gap, GapInterval { lower: 0.0, upper: 0.5 });
        assert!(gap.undecided() && !gap.succeeds());
        let far = GapInterval::new([2.5, 2.5], Bounds { lower: 1.0, upper: 2.0 }, 1.0).expect("a gap");
        assert!(!far.undecided() && !far.succeeds());
    }

    #[test]
    fn success_is_decided_by_the_upper_end_including_equality() {
        let bounds = Bounds { lower: 0.0, upper: 0.0 };
        assert!(GapInterval::new([0.0, 1e-6], bounds, 1.0).expect("a gap").succeeds());
        assert!(!GapInterval::new([0.0, 1.000_001e-6], bounds, 1.0).expect("a gap").succeeds());
    }

    #[test]
    fn there_is_no_gap_without_a_unit_or_finite_bounds_or_below_the_lower_bound() {
        let bounds = Bounds { lower: 1.0, upper: 1.0 };
        assert_eq!(GapInterval::new([2.0, 2.0], bounds, 0.0), None);
        assert_eq!(GapInterval::new([2.0, 2.0], Bounds { lower: f64::NEG_INFINITY, upper: 1.0 }, 1.0), None);
        assert_eq!(GapInterval::new([2.0, 2.0], Bounds { lower: f64::NAN, upper: 1.0 }, 1.0), None);
        assert_eq!(GapInterval::new([0.5, 0.6], bounds, 1.0), None);
    }

    #[test]
    fn wilson_intervals_agree_with_hand_computed_values() {
        // 10 of 20: centre 1/2, z^2 = 3.841458820694124, half width z sqrt(0.0125 + z^2/1600) / (1 + z^2/20).
        let [lower, upper] = Proportion { successes: 10, trials: 20 }.interval().expect("trials");
        assert_near(lower, 0.299_298_008_198_212_34);
        assert_near(upper, 0.700_701_991_801_787_7);
        // 8 of 10, a textbook value: 0.4902 to 0.9433.
        let [lower, upper] = Proportion { successes: 8, trials: 10 }.interval().expect("trials");
        assert!((lower - 0.490_2).abs() < 5e-5 && (upper - 0.943_3).abs() < 5e-5, "{lower} {upper}");
    }

    #[test]
    fn none_and_all_of_n_use_the_rule_of_three() {
        assert_eq!(Proportion { successes: 0, trials: 60 }.interval(), Some([0.0, 0.05]));
        assert_eq!(Proportion { successes: 60, trials: 60 }.interval(), Some([0.95, 1.0]));
        assert_eq!(Proportion { successes: 0, trials: 2 }.interval(), Some([0.0, 1.0]));
        assert_eq!(Proportion::default().interval(), None);
    }

    #[test]
    fn the_median_of_an_even_number_is_the_mean_of_the_middle_two() {
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median([1.0, f64::INFINITY, f64::INFINITY]), Some(f64::INFINITY));
        assert_eq!(median([1.0, f64::INFINITY]), Some(f64::INFINITY));
        assert_eq!(median([]), None);
    }

    #[test]
    fn a_power_law_has_its_exponent_and_no_spread() {
        let points = |exponent: f64| [10.0, 20.0, 50.0, 200.0].map(|size: f64| (size, 3.0 * size.powf(exponent)));
        for exponent in [-0.5, 0.0, 1.0, 2.75] {
            let growth = Growth::of(&points(exponent)).expect("several sizes");
            for found in [growth.exponent, growth.interval[0], growth.interval[1]] {
                assert_near(found, exponent);
            }
        }
    }

    #[test]
    fn scattered_points_widen_the_interval_around_the_exponent_and_the_same_points_give_the_same_interval() {
        let scattered: Vec<(f64, f64)> = (1..=30)
            .map(|index| {
                let size = f64::from(10 << (index % 5));
                (size, size * size * if index % 2 == 0 { 1.5 } else { 0.6 })
            })
            .collect();
        let growth = Growth::of(&scattered).expect("several sizes");
        let [lower, upper] = growth.interval;
        assert!(lower < growth.exponent && growth.exponent < upper && lower < 2.0 && 2.0 < upper, "{growth:?}");
        assert!((0.1..1.0).contains(&(upper - lower)), "{growth:?}");
        assert_eq!(Growth::of(&scattered), Some(growth));
    }

    #[test]
    fn one_size_has_no_growth() {
        assert_eq!(Growth::of(&[(10.0, 1.0), (10.0, 2.0)]), None);
        assert_eq!(Growth::of(&[]), None);
    }

    #[test]
    fn the_shifted_geometric_mean_is_taken_of_seconds_plus_ten_milliseconds() {
        // sqrt((0 + 0.01) (0.99 + 0.01)) - 0.01 = sqrt(0.01) - 0.01.
        assert_near(mean_seconds([0.0, 0.99]).expect("values"), 0.09);
        assert_near(mean_seconds([2.0]).expect("a value"), 2.0);
        assert_eq!(mean_seconds([]), None);
    }
}
