//! What given weights are worth: their gap, and what kind of point they are.

use optgap_problem::{Bounds, Enclosure, Instance};
use serde::Serialize;

/// Weights count as an optimum when their gap is at most this, in units of `L0`.
pub const OPTIMUM_GAP: f64 = 1e-6;
/// Weights count as stationary when polishing lowers their loss by at most this, in units of `L0`.
pub const STATIONARY_GAIN: f64 = 1e-6;
/// The missed share is stated only where `L0 - upper` is more than this many bound gaps: below, it says little.
const TELLING: f64 = 100.0;

/// What kind of point weights are. For a degenerate instance, whose `L0` is 0, the loss itself is the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndKind {
    /// The gap is proved to be at most [`OPTIMUM_GAP`].
    Optimum,
    /// No optimum as far as is known, and polishing gains at most [`STATIONARY_GAIN`]: the best point of its activation cell.
    /// Other cells, also adjacent ones, may hold better points.
    Stationary,
    /// Polishing gains more: training has not converged.
    NotStationary,
    /// No optimum as far as is known, and polishing was refused.
    Unknown,
}

/// The distance of a loss from the optimum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Assessment {
    /// `[(L - upper)+ / L0, (L - lower) / L0]`; none where `L0` is 0.
    pub gap: Option<[f64; 2]>,
    /// `(L - L*) / (L0 - L*)` between its ends: the share of what training can gain over a constant that was missed. None where
    /// the bounds are too wide for it to mean much.
    pub missed_share: Option<[f64; 2]>,
    /// By how much polishing lowered the loss; none where it was refused.
    pub polish_gain: Option<f64>,
    /// What kind of point.
    pub kind: EndKind,
}

/// Assesses weights of loss `loss`, which polishing lowers to `polished`, where the optimum lies within `bounds`.
pub fn assess(instance: &Instance, loss: Enclosure, polished: Option<Enclosure>, bounds: Bounds) -> Assessment {
    let level = instance.constant_level();
    let unit = if level > 0.0 { level } else { loss.hi.max(f64::MIN_POSITIVE) };
    let (least, most) = ((loss.lo - bounds.upper).max(0.0), (loss.hi - bounds.lower).max(0.0));
    let polish_gain = polished.map(|polished| (loss.hi - polished.hi).max(0.0));
    // Of a degenerate instance the optimum is 0, and nothing but an exact fit is near it.
    let optimum = if level > 0.0 { most <= OPTIMUM_GAP * level } else { most == 0.0 };
    let kind = match polish_gain {
        _ if optimum => EndKind::Optimum,
        None => EndKind::Unknown,
        Some(gain) if gain <= STATIONARY_GAIN * unit => EndKind::Stationary,
        Some(_) => EndKind::NotStationary,
    };
    let telling = level - bounds.upper > TELLING * bounds.gap().max(0.0);
    // For losses below L0 the share falls as the optimum rises, for those above it rises.
    let share = |value: f64, optimum: f64| ((value - optimum) / (level - optimum)).max(0.0);
    let shares =
        [share(loss.lo, bounds.upper), share(loss.lo, bounds.lower), share(loss.hi, bounds.upper), share(loss.hi, bounds.lower)];
    let ends = [shares.iter().copied().fold(f64::INFINITY, f64::min), shares.iter().copied().fold(0.0, f64::max)];
    Assessment {
        gap: (level > 0.0).then_some([least / level, most / level]),
        missed_share: telling.then_some(ends),
        polish_gain,
        kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use optgap_problem::{Dataset, Loss, Network};

    fn instance(labels: [f64; 2]) -> Instance {
        let data = Dataset::new(&[vec![0.0], vec![1.0]], labels.to_vec()).expect("valid");
        Instance::new(data, Network::dense(1), Loss::Squared).expect("valid")
    }

    fn kind(loss: f64, polished: Option<f64>, lower: f64, upper: f64) -> EndKind {
        let polished = polished.map(Enclosure::exact);
        assess(&instance([-1.0, 1.0]), Enclosure::exact(loss), polished, Bounds { lower, upper }).kind
    }

    #[test]
    fn the_kind_follows_from_the_gap_first_and_from_polishing_then() {
        assert_eq!(kind(0.25 + 1e-7, Some(0.25), 0.25, 0.25), EndKind::Optimum);
        assert_eq!(kind(0.25, None, 0.1, 0.25), EndKind::Unknown, "open bounds prove no optimum");
        assert_eq!(kind(0.5, Some(0.5 - 1e-7), 0.25, 0.25), EndKind::Stationary);
        assert_eq!(kind(0.5, Some(0.4), 0.25, 0.25), EndKind::NotStationary);
    }

    #[test]
    fn gap_and_missed_share_are_intervals_while_bounds_are_open() {
        let assess = |lower, upper| assess(&instance([-1.0, 1.0]), Enclosure::exact(0.5), None, Bounds { lower, upper });
        assert_eq!(assess(0.25, 0.25).gap, Some([0.25, 0.25]));
        assert_eq!(assess(0.25, 0.25).missed_share, Some([1.0 / 3.0, 1.0 / 3.0]));
        assert_eq!(assess(0.0, 0.25).gap, Some([0.25, 0.5]));
        assert_eq!(assess(0.0, 0.25).missed_share, None, "bounds too wide");
        let [low, high] = assess(0.249, 0.25).missed_share.expect("narrow");
        assert!(low < high && (low - 1.0 / 3.0).abs() < 1e-2);
    }

    #[test]
    fn a_degenerate_instance_has_no_gap_but_a_kind() {
        let bounds = Bounds { lower: 0.0, upper: 0.0 };
        let of = |loss: f64, polished: f64| {
            assess(&instance([2.0, 2.0]), Enclosure::exact(loss), Some(Enclosure::exact(polished)), bounds)
        };
        assert_eq!((of(0.5, 0.0).gap, of(0.5, 0.0).kind), (None, EndKind::NotStationary));
        assert_eq!((of(0.5, 0.5).kind, of(0.0, 0.0).kind), (EndKind::Stationary, EndKind::Optimum));
    }
}
