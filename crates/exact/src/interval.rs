//! The node bound by prediction intervals: every sample has an interval of predictions, and the node a least-squares bound.

use crate::bound::{Bounded, Candidate, Node, NodeBound, Open, Proof};
use crate::branching::{self, Crossing};
use crate::certificate::{DualVector, Kind, push_big, push_uint};
use crate::cone::{self, Cone};
use crate::dual::{Claim, Prover};
use crate::exact_fit::decided_optimum;
use crate::lines::Lines;
use crate::product::Product;
use crate::program::Program;
use crate::relaxation::Relaxation;
use num_bigint::BigInt;
use std::sync::Arc;

/// A node that stays open is given a proof of its own if its relaxation lies above the bound proved for its parent by more
/// than this share: what is left when time runs out.
const WORTH_PROVING: f64 = 0.15;

/// The interval bound and its scratch space.
pub(crate) struct Interval<'a> {
    program: &'a Program,
    relaxation: Relaxation,
    prover: Prover,
    recorded: bool,
}

impl<'a> Interval<'a> {
    /// `recorded` says whether proofs will be written.
    pub(crate) fn new(program: &'a Program, recorded: bool) -> Self {
        Self { program, relaxation: Relaxation::default(), prover: Prover::recorded(recorded), recorded }
    }

    /// A proved bound of a node that stays open: its own, or that of its parent.
    fn prove_open(&mut self, product: &Product<Cone>, lines: &Lines, inherited: f64) -> Proof {
        let program = self.program;
        let value = self.relaxation.value + program.unavoidable;
        if value <= inherited * (1.0 + WORTH_PROVING) {
            return Proof::silent(inherited);
        }
        let claim = Claim::intervals(program, product, lines);
        match self.prover.prove(&claim, &self.relaxation.residuals, inherited) {
            Some(bound) => self.proof(bound, product, lines, None),
            None => Proof::silent(inherited),
        }
    }

    /// A ray in original coordinates.
    fn push_ray(&self, ray: &[BigInt], bytes: &mut Vec<u8>) {
        self.program.original_ray(ray).iter().for_each(|entry| push_big(bytes, entry));
    }

    /// A bound with the vector, the given one or the prover's, and the slopes that prove it.
    fn proof(&self, bound: f64, product: &Product<Cone>, lines: &Lines, vector: Option<DualVector>) -> Proof {
        let mut proof = Proof::silent(bound);
        if self.recorded {
            let vector = vector.unwrap_or_else(|| self.prover.vector());
            vector.write(&mut proof.record);
            let signs = vector.signs();
            for (j, cone) in product.regions.iter().enumerate() {
                let calling = if j < product.positive { 1 } else { -1 };
                let sloped = cone.cut.iter().filter(|&&i| signs[i] == calling);
                proof.record.extend(sloped.map(|&i| lines.slopes[j * signs.len() + i]));
            }
        }
        proof
    }
}

impl NodeBound for Interval<'_> {
    type Region = Cone;
    type Place = Crossing;
    type State = Lines;
    const KIND: Kind = Kind::Cones;

    fn frame(&self, roots: &[Arc<Cone>]) -> Vec<u8> {
        let mut frame = Vec::new();
        push_uint(&mut frame, self.program.dim as u64);
        self.program.original_columns().for_each(|column| push_uint(&mut frame, column as u64));
        // Cone `o` has all rays of the simplex but number `o`, in order: the first has all but ray 0, and every other one ray 0 first.
        let rays = roots[1..2].iter().filter_map(|cone| cone.rays.first()).chain(&roots[0].rays);
        rays.for_each(|ray| self.push_ray(&ray.ray, &mut frame));
        frame
    }

    fn write_place(&self, &Crossing { a, b, .. }: &Crossing, parts: &[Arc<Cone>; 2], bytes: &mut Vec<u8>) {
        push_uint(bytes, a as u64);
        push_uint(bytes, b as u64);
        self.push_ray(&parts[0].rays[b].ray, bytes);
    }

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
            return Bounded::Closed(self.proof(bound, product, &lines, None));
        }
        if let Some(split) = branching::choose(program, product, &self.relaxation, node.depth) {
            let proof = self.prove_open(product, &lines, node.inherited);
            return Bounded::Open(Open { proof, value: self.relaxation.value, state: lines, split });
        }
        // Nothing is cut: the relaxation is exact, and rational arithmetic settles what floating point could not.
        let cones = product.regions.iter().enumerate();
        let rays = cones.flat_map(|(j, cone)| cone.rays.iter().map(move |ray| (product.sign(j), &**ray)));
        Bounded::Closed(match decided_optimum(program, rays, &self.relaxation.multipliers) {
            Some((bound, vector)) => self.proof(bound, product, &lines, Some(vector)),
            None => Proof::silent(node.inherited),
        })
    }

    fn candidate(&self) -> Candidate<'_> {
        let constant = if self.program.output_bias { self.relaxation.multipliers.last().copied().unwrap_or(0.0) } else { 0.0 };
        Candidate { preactivations: &self.relaxation.intervals().z, constant }
    }

    fn bytes(state: &Lines) -> usize {
        state.sides.len() + state.slopes.len() + state.support.len()
    }
}
