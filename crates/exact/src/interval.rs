//! The node bound by prediction intervals: every sample has an interval of predictions, and the node a least-squares bound.

use crate::bound::{Bounded, Candidate, Node, NodeBound, Open};
use crate::branching::{self, Crossing};
use crate::cone::{self, Cone};
use crate::dual::{Claim, Prover};
use crate::exact_fit::decided_optimum;
use crate::lines::Lines;
use crate::product::Product;
use crate::program::Program;
use crate::relaxation::Relaxation;
use std::sync::Arc;

/// A node that stays open is given a proof of its own if its relaxation lies above the bound proved for its parent by more
/// than this share: what is left when time runs out.
const WORTH_PROVING: f64 = 0.15;

/// The interval bound and its scratch space.
pub(crate) struct Interval<'a> {
    program: &'a Program,
    relaxation: Relaxation,
    prover: Prover,
}

impl<'a> Interval<'a> {
    pub(crate) fn new(program: &'a Program) -> Self {
        Self { program, relaxation: Relaxation::default(), prover: Prover::default() }
    }

    /// A proved bound of a node that stays open: its own, or that of its parent.
    fn prove_open(&mut self, product: &Product<Cone>, lines: &Lines, inherited: f64) -> f64 {
        let program = self.program;
        let value = self.relaxation.value + program.unavoidable;
        if value <= inherited * (1.0 + WORTH_PROVING) {
            return inherited;
        }
        self.prover.prove(&Claim::intervals(program, product, lines), &self.relaxation.residuals, inherited).unwrap_or(inherited)
    }
}

impl NodeBound for Interval<'_> {
    type Region = Cone;
    type Place = Crossing;
    type State = Lines;

    fn roots(&self) -> Vec<Arc<Cone>> {
        cone::roots(self.program)
    }

    fn split(&self, cone: &Cone, place: &Crossing) -> [Cone; 2] {
        cone.split(self.program, place)
    }

    fn root_state(&self) -> Lines {
        Lines::new(self.program.width, self.program.len())
    }

    fn bound(&mut self, node: &Node<'_, Self>, _: &mut dyn FnMut() -> bool) -> Bounded<Self> {
        let (program, product) = (self.program, node.product);
        let mut lines = node.parent.clone();
        let mut bound = None;
        let prover = &mut self.prover;
        let closed = self.relaxation.solve(program, product, &mut lines, node.cut - program.unavoidable, |residuals, lines| {
            bound = prover.prove(&Claim::intervals(program, product, lines), residuals, node.cut);
            bound.is_some()
        });
        if let (true, Some(bound)) = (closed, bound) {
            return Bounded::Closed(bound);
        }
        if let Some(split) = branching::choose(program, product, &self.relaxation, node.depth) {
            let proved = self.prove_open(product, &lines, node.inherited);
            return Bounded::Open(Open { proved, value: self.relaxation.value, state: lines, split });
        }
        // Nothing is cut: the relaxation is exact, and rational arithmetic settles what floating point could not.
        let cones = product.regions.iter().enumerate();
        let rays = cones.flat_map(|(j, cone)| cone.rays.iter().map(move |ray| (product.sign(j), &**ray)));
        Bounded::Closed(decided_optimum(program, rays, &self.relaxation.multipliers))
    }

    fn candidate(&self) -> Candidate<'_> {
        let constant = if self.program.output_bias { self.relaxation.multipliers.last().copied().unwrap_or(0.0) } else { 0.0 };
        Candidate { preactivations: &self.relaxation.intervals().z, constant }
    }

    fn bytes(state: &Lines) -> usize {
        state.sides.len() + state.slopes.len() + state.support.len()
    }
}
