//! One unit: branch and bound on which samples with a positive target are on.

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

/// Is the program one that this engine can treat?
pub(crate) fn applies(program: &Program) -> bool {
    program.width == 1 && !program.output_bias
}

/// Searches until every node is closed or the watch says stop.
pub(crate) fn search(program: &Program, landscape: &Landscape, incumbent: &mut Incumbent, watch: &mut dyn Watch) -> Searched {
    let signs: &[bool] = if program.free_signs { &[true, false] } else { &[true] };
    let problems = signs.iter().map(|&positive| OneSign::new(program, landscape, positive)).collect();
    tree::Tree::new(problems).run(incumbent, watch)
}
