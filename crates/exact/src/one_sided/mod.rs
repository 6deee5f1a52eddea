//! One unit without output bias: branch and bound on which samples are on.
//!
//! For a unit of sign `s` the targets are `t = s y`, and the loss `(relu(z) - t)^2` of a sample is convex in its
//! pre-activation `z = u . x` unless `t > 0`. So only samples with a positive target need branching: a node says of some that
//! `z >= 0` (on) or `z <= 0` (off), and replaces the loss of the others by a convex envelope. The node's relaxation is a convex
//! problem in the few coordinates of `u` (`relaxation`); its multipliers prove a lower bound (`proof`, with `exact` where the
//! data have integer ties), and with the bound an ellipsoid that holds all better solutions of the node (`ellipsoid`). The
//! ellipsoid decides most samples without branching and gives the envelopes of the others a lower end. `branching` treats the nodes of the search.
//!
//! The cost is exponential in the samples with a positive target and polynomial in the number of coordinates; that of the
//! cones is the other way round.
//!
//! With an output bias the sign of `t - c` says nothing before `c` is known: no sample is convex, and minorants would need a
//! bound of `c`. The cone search treats that case.

mod branching;
mod claims;
mod ellipsoid;
mod exact;
mod proof;
mod relaxation;
mod sides;
#[cfg(test)]
mod tests;

use crate::certificate::{Journal, Kind};
use crate::descent::Landscape;
use crate::incumbent::Incumbent;
use crate::program::Program;
use crate::search::{Limits, Searched};
use branching::Branching;
use optgap_problem::Watch;
use sides::OneSign;

/// Up to this number of coordinates, and beyond [`MANY_POINTS`], the cones are used alone: there their cost, which grows like
/// a power of the number of points, is the lower one. Measured, seed 1, seconds of this engine / of the cones on one core:
///
/// | inputs | points | normal labels | labels -1 and 1 | noisy teacher |
/// |---|---|---|---|---|
/// | 2 | 50 | 0.014 / 0.009 | | 0.004 / 0.004 |
/// | 2 | 100 | > 4 / 0.016 | | 0.007 / 0.007 |
/// | 3 | 40 | | 11.5 / 0.10 | 0.007 / 0.010 |
/// | 3 | 50 | 0.020 / 0.024 | | 0.012 / 0.016 |
/// | 3 | 100 | > 4 / 0.10 | | 0.044 / 0.028 |
/// | 4 | 50 | 0.037 / 0.52 | | 0.013 / 0.043 |
/// | 4 | 60 | 0.053 / 0.3 | 59 / 0.43 | 0.019 / 0.15 |
/// | 4 | 200 | > 20 / 4.3 | | 0.027 / 0.063 |
/// | 5 | 30 | 0.005 / > 4 | 0.034 / 3.0 | 0.007 / > 4 |
/// | 5 | 50 | 0.028 / > 4 | 5.7 / 6.3 | 0.032 / > 4 |
/// | 5 | 100 | 1.6 / 23 | | 0.13 / > 4 |
/// | 6 | 30 | 0.008 / > 30 | 0.031 / > 15 | 0.005 / 2.6 |
/// | 6 | 40 | | 1.1 / > 15 | |
const FEW_COORDINATES: usize = 4;
/// See [`FEW_COORDINATES`].
const MANY_POINTS: usize = 50;
/// Number of nodes after which the cones take over, by number of coordinates. Labels of equal size are hard for this engine
/// and no harder than others for the cones, which close anything up to the first limit in seconds; so this one is only tried.
const TRIALS: [(usize, u64); 2] = [(5, 1_000), (6, 1_000_000)];

/// Can this engine treat the program? A filter's points have no sides of their own: their samples show several.
pub(crate) fn applies(program: &Program) -> bool {
    program.width == 1 && !program.output_bias && program.incidence.is_identity()
}

/// Number of nodes after which the cones are more promising; zero if they are from the beginning.
pub(crate) fn node_budget(program: &Program) -> u64 {
    if program.dim <= FEW_COORDINATES && program.len() > MANY_POINTS {
        return 0;
    }
    TRIALS.iter().find(|(dim, _)| program.dim <= *dim).map_or(u64::MAX, |&(_, nodes)| nodes)
}

/// Searches until every node is closed or a limit is reached.
pub(crate) fn search(
    program: &Program,
    landscape: &Landscape,
    incumbent: &Incumbent,
    journal: Option<&Journal>,
    limits: Limits<'_>,
    watch: &mut dyn Watch,
) -> Searched {
    let signs: &[bool] = if program.free_signs { &[true, false] } else { &[true] };
    let problems: Vec<OneSign> = signs.iter().map(|&positive| OneSign::new(program, landscape, positive)).collect();
    if let Some(journal) = journal {
        journal.begin(Kind::Sides, &[], problems.len() as u64);
    }
    let expander = || Branching::new(&problems, incumbent, journal);
    crate::search::search(incumbent, branching::roots(&problems), limits, expander, watch)
}
