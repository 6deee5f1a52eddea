//! One unit without output bias: branch and bound on which samples are on.
//!
//! For a unit of sign `s` the targets are `t = s y`, and the loss `(relu(z) - t)^2` of a sample is convex in its
//! pre-activation `z = u . x` unless `t > 0`. So only samples with a positive target need branching: a node says of some that
//! `z >= 0` (on) or `z <= 0` (off), and replaces the loss of the others by a convex envelope. The node's relaxation is a convex
//! problem in the few coordinates of `u` (`relaxation`); its multipliers prove a lower bound (`proof`, with `exact` where the
//! data have integer ties), and with the bound an ellipsoid that holds all better solutions of the node (`ellipsoid`). The
//! ellipsoid decides most samples without branching and gives the envelopes of the others a lower end. `tree` is the search.
//!
//! The cost is exponential in the samples with a positive target and polynomial in the number of coordinates; that of the
//! cones is the other way round.
//!
//! With an output bias the sign of `t - c` says nothing before `c` is known: no sample is convex, and minorants would need a
//! bound of `c`. The cone search treats that case.

mod ellipsoid;
mod exact;
mod proof;
mod relaxation;
mod sides;
mod tree;

use crate::descent::Landscape;
use crate::incumbent::Incumbent;
use crate::program::Program;
use crate::search::Searched;
use optgap_problem::Watch;
use sides::OneSign;
use tree::Tree;

/// The cones are faster up to this number of coordinates if there are many points, see [`is_faster`].
const FEW_COORDINATES: usize = 4;
/// What counts as many points there.
const MANY_POINTS: usize = 50;

/// Can this engine treat the program?
pub(crate) fn applies(program: &Program) -> bool {
    program.width == 1 && !program.output_bias
}

/// Is this engine usually faster than the cones?
pub(crate) fn is_faster(program: &Program) -> bool {
    program.dim > FEW_COORDINATES || program.len() < MANY_POINTS
}

/// Searches until every node is closed or the watch says stop.
pub(crate) fn search(program: &Program, landscape: &Landscape, incumbent: &mut Incumbent, watch: &mut dyn Watch) -> Searched {
    let signs: &[bool] = if program.free_signs { &[true, false] } else { &[true] };
    let problems = signs.iter().map(|&positive| OneSign::new(program, landscape, positive)).collect();
    Tree::new(problems).run(incumbent, watch)
}
