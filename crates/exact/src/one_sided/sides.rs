//! The training problem of one unit of one sign, and what a node knows of its samples.

use crate::descent::Landscape;
use crate::program::Program;
use optgap_problem::Enclosure;

/// What a node knows of a sample's pre-activation `z`, and so which convex minorant of `m (relu(z) - t)^2` it uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// `z >= 0`: the minorant is `m (z - t)^2`.
    On,
    /// `z <= 0`: the loss is `m t^2`.
    Off,
    /// Nothing is known: the convex envelope `m max(0, z - t)^2`.
    Open,
    /// Nothing is known nor needed, because `t < 0` makes the loss itself convex.
    Convex,
}

impl Side {
    /// Must the multiplier of such a sample be non-negative?
    pub(super) fn is_bounded(self) -> bool {
        self != Self::On
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
            program.label_enclosures.iter().map(|&label| Enclosure::exact(sign) * label).collect();
        let squares = target_enclosures
            .iter()
            .zip(&program.multiplicity)
            .map(|(t, &m)| (Enclosure::exact(m) * t.square()).lo.max(0.0))
            .collect();
        let targets = program.labels.iter().map(|label| sign * label).collect();
        Self { program, landscape, positive, targets, target_enclosures, squares }
    }

    /// The sides before anything is decided.
    pub(super) fn root(&self) -> Vec<Side> {
        self.targets.iter().map(|&t| if t < 0.0 { Side::Convex } else { Side::Open }).collect()
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
