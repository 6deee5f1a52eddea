//! The training problem of one unit of one sign, and what a node knows of its samples.

use crate::descent::Landscape;
use crate::program::{Program, enclose};
use optgap_problem::Enclosure;

/// What a node knows of a sample's pre-activation `z`, and so which convex minorant of `m (relu(z) - t)^2` it uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// `z >= 0`: the minorant is `m (z - t)^2`.
    On,
    /// `z <= 0`: the loss is `m t^2`.
    Off,
    /// Only `z >= low` is known: the convex envelope, see [`Sides::knees`].
    Open,
    /// Nothing is needed, because `t < 0` makes the loss itself convex.
    Convex,
}

/// What a node knows of all samples.
#[derive(Clone, Default)]
pub(super) struct Sides {
    pub(super) side: Vec<Side>,
    /// Lower bounds of `z` for open samples, at most zero: every better solution of the node has `z >= low`.
    pub(super) lows: Vec<f64>,
    /// Where the envelope of an open sample turns from the parabola `m (z - t)^2` (above) into the tangent that meets
    /// `m t^2` at `low` (below): `low + sqrt(low^2 - 2 low t)`. It is `t`, with slope zero, where no `low` is known.
    pub(super) knees: Vec<f64>,
}

impl Sides {
    /// Number of samples.
    pub(super) fn len(&self) -> usize {
        self.side.len()
    }

    /// Must the multiplier of the sample be non-negative for a bound to hold?
    pub(super) fn is_bounded(&self, i: usize) -> bool {
        match self.side[i] {
            Side::On => false,
            Side::Off | Side::Convex => true,
            Side::Open => self.lows[i] == f64::NEG_INFINITY,
        }
    }

    /// Records `z >= low` for an open sample with target `t`; says whether that is news.
    pub(super) fn raise_low(&mut self, i: usize, low: f64, t: f64) -> bool {
        // Not a number says nothing, and must not become zero in the minimum.
        let news = low > self.lows[i];
        if news {
            let low = low.min(0.0);
            self.lows[i] = low;
            let knee = low + (low * low - 2.0 * low * t).sqrt();
            self.knees[i] = if knee.is_nan() { t } else { knee.clamp(0.0, t.max(0.0)) };
        }
        news
    }

    /// Memory that they hold, roughly.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(self.side.as_slice()) + size_of_val(self.lows.as_slice()) + size_of_val(self.knees.as_slice())
    }

    pub(super) fn copy_from(&mut self, other: &Self) {
        self.side.clone_from(&other.side);
        self.lows.clone_from(&other.lows);
        self.knees.clone_from(&other.knees);
    }
}

/// `minimise sum_i m_i (relu(u . x_i) - t_i)^2` over `u`: one unit of sign `s`, with targets `t = s y`.
pub(super) struct OneSign<'a> {
    pub(super) program: &'a Program,
    pub(super) landscape: &'a Landscape<'a>,
    /// Is the unit's sign +1?
    pub(super) positive: bool,
    /// Targets to the nearest f64.
    pub(super) targets: Vec<f64>,
    /// Enclosures of the exact targets.
    pub(super) target_enclosures: Vec<Enclosure>,
    /// Lower bounds of `m t^2`.
    pub(super) squares: Vec<f64>,
}

impl<'a> OneSign<'a> {
    pub(super) fn new(program: &'a Program, landscape: &'a Landscape<'a>, positive: bool) -> Self {
        let sign = if positive { 1.0 } else { -1.0 };
        let target_enclosures: Vec<Enclosure> =
            program.exact_labels.iter().map(|label| Enclosure::exact(sign) * enclose(label)).collect();
        let squares = target_enclosures
            .iter()
            .zip(&program.multiplicity)
            .map(|(t, &m)| (Enclosure::exact(m) * t.square()).lo.max(0.0))
            .collect();
        let targets = program.labels.iter().map(|label| sign * label).collect();
        Self { program, landscape, positive, targets, target_enclosures, squares }
    }

    /// What is known before anything is decided.
    pub(super) fn root(&self) -> Sides {
        let side = self.targets.iter().map(|&t| if t < 0.0 { Side::Convex } else { Side::Open }).collect();
        Sides { side, lows: vec![f64::NEG_INFINITY; self.targets.len()], knees: self.targets.clone() }
    }

    /// Number of units of sign +1, as the incumbent wants it.
    pub(super) fn positive_units(&self) -> usize {
        usize::from(self.positive)
    }

    /// The sum of squares of a unit with the given pre-activations, over distinct points.
    pub(super) fn loss(&self, z: &[f64]) -> f64 {
        let residuals = z.iter().zip(&self.targets).map(|(z, t)| z.max(0.0) - t);
        residuals.zip(&self.program.multiplicity).map(|(e, m)| m * e * e).sum()
    }
}
