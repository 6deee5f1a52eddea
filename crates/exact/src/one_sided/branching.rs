//! Branching on the side of a sample: on or off.

use super::claims::Claims;
use super::ellipsoid::{Ellipsoid, Shadow};
use super::proof::Prover;
use super::relaxation::Relaxation;
use super::sides::{OneSign, Side, Sides};
use crate::certificate::{Journal, NodeId, push_uint};
use crate::incumbent::Incumbent;
use crate::search::{Expand, Expanded};
use crate::tree::Waiting;
use optgap_problem::Enclosure;

/// Every this many nodes of a thread a node's solution starts a local search.
const DESCENT_PERIOD: u64 = 50;
/// A node's true loss must be below the incumbent's by this share to start a local search.
const IMPROVEMENT: f64 = 1e-7;
/// A sample whose sides cost less than this share of the node's loss need not be decided: the relaxation is exact there.
const DECIDED: f64 = 1e-13;
/// Each side's gain counts for at least this share of what is missing, so that a sample with one large gain is chosen, too.
const LEAST_GAIN: f64 = 3e-2;

/// What an open node is made of.
pub(super) struct Content {
    /// Index into the signs' problems.
    sign: usize,
    sides: Sides,
    /// The sample to decide, and the start of the children's relaxations; none for a root, which was not bounded yet.
    decision: Option<Decision>,
}

/// The sample that a node decides next, with the solution of its relaxation.
struct Decision {
    sample: usize,
    parameters: Box<[f64]>,
    /// The multipliers, rounded to save memory.
    centres: Box<[f32]>,
}

/// A node to be bounded; what it knows of the samples is at hand.
struct Unbounded {
    id: NodeId,
    sign: usize,
    depth: u32,
    /// A lower bound that is proved for its parent.
    inherited: f64,
}

/// A node about which nothing is known for each of the problems.
pub(super) fn roots(problems: &[OneSign]) -> Vec<Waiting<Content>> {
    let root = |(sign, problem): (usize, &OneSign)| {
        let content = Content { sign, sides: problem.root(), decision: None };
        Waiting { id: sign as NodeId, proved: problem.program.unavoidable, value: 0.0, depth: 0, bytes: 0, content }
    };
    problems.iter().enumerate().map(root).collect()
}

/// One thread's view of the search.
pub(super) struct Branching<'a> {
    problems: &'a [OneSign<'a>],
    incumbent: &'a Incumbent<'a>,
    journal: Option<&'a Journal<'a>>,
    relaxation: Relaxation,
    prover: Prover,
    /// What the last proof says of samples.
    claims: Claims,
    ellipsoid: Ellipsoid,
    /// Nodes bounded by this thread.
    nodes: u64,
    /// Sides of the node at hand.
    sides: Sides,
    scratch: Vec<f64>,
}

impl Expand for Branching<'_> {
    type Content = Content;

    fn expand(&mut self, node: Waiting<Content>, stop: &mut dyn FnMut() -> bool) -> Expanded<Content> {
        let before = self.nodes;
        let mut expanded = Expanded::nothing();
        let Content { sign, sides, decision } = node.content;
        match decision {
            None => {
                let program = self.problems[sign].program;
                self.relaxation.resize(program.len(), program.dim);
                self.sides = sides;
                self.visit(Unbounded { id: node.id, sign, depth: 0, inherited: node.proved }, &mut expanded, stop);
            }
            Some(decision) => {
                let first = self.record_split(node.id, decision.sample);
                // On comes first: it usually contains the optimum.
                for (id, side) in (first..).zip([Side::On, Side::Off]) {
                    self.sides.copy_from(&sides);
                    self.sides.side[decision.sample] = side;
                    self.relaxation.start_from(&decision.parameters, &decision.centres);
                    let child = Unbounded { id, sign, depth: node.depth + 1, inherited: node.proved };
                    self.visit(child, &mut expanded, stop);
                }
            }
        }
        expanded.nodes = self.nodes - before;
        expanded
    }
}

impl<'a> Branching<'a> {
    pub(super) fn new(problems: &'a [OneSign<'a>], incumbent: &'a Incumbent<'a>, journal: Option<&'a Journal<'a>>) -> Self {
        let (points, dim) = problems.first().map_or((0, 0), |problem| (problem.program.len(), problem.program.dim));
        let mut relaxation = Relaxation::default();
        relaxation.resize(points, dim);
        Self {
            problems,
            incumbent,
            journal,
            relaxation,
            prover: Prover::recorded(journal.is_some()),
            claims: Claims::default(),
            ellipsoid: Ellipsoid::default(),
            nodes: 0,
            sides: Sides::default(),
            scratch: vec![0.0; dim],
        }
    }

    /// Bounds the node given by `sides`: closes it with a proof, or keeps it.
    fn visit(
        &mut self,
        Unbounded { id, sign, depth, inherited }: Unbounded,
        expanded: &mut Expanded<Content>,
        stop: &mut dyn FnMut() -> bool,
    ) {
        self.nodes += 1;
        let problem = &self.problems[sign];
        let mut proved = inherited;
        loop {
            let needed = self.incumbent.cut();
            self.relaxation.solve(problem, &self.sides, needed - problem.program.unavoidable);
            self.claims.clear();
            let bound = self.prover.prove(problem, &self.sides, &self.relaxation.multipliers);
            proved = bound.map_or(proved, |bound| bound.max(proved));
            if proved >= needed {
                self.record_bound(id);
                return expanded.close(proved);
            }
            self.round(problem);
            // Deciding samples one after the other can take long when there are many: time may have run out in between.
            let decided = bound.is_some_and(|bound| {
                let decided = self.exclude(problem, bound, self.incumbent.cut(), expanded);
                self.record_bound(id);
                decided
            });
            if !decided || stop() {
                break;
            }
        }
        match self.choose(problem, self.incumbent.cut() - proved) {
            Some(sample) => {
                let decision = Decision {
                    sample,
                    parameters: self.relaxation.parameters.as_slice().into(),
                    centres: self.relaxation.centres.iter().map(|&q| q as f32).collect(),
                };
                let content = Content { sign, sides: self.sides.clone(), decision: Some(decision) };
                let bytes = content.bytes();
                expanded.open.push(Waiting { id, proved, value: self.relaxation.value, depth, bytes, content });
            }
            None => expanded.close(self.settle(problem, id, proved)),
        }
    }

    /// Records a split, and returns the number of its first child.
    fn record_split(&self, node: NodeId, sample: usize) -> NodeId {
        let Some(journal) = self.journal else { return 0 };
        let mut body = Vec::new();
        push_uint(&mut body, sample as u64);
        journal.split(node, &body, 2)
    }

    /// Records the last proof of a node, and what follows from it.
    fn record_bound(&self, node: NodeId) {
        if let (Some(journal), Some(vector)) = (self.journal, &self.prover.vector) {
            let mut body = Vec::new();
            vector.write(&mut body);
            self.claims.write(&mut body);
            journal.bound(node, &body);
        }
    }

    /// Decides samples one of whose sides is proved to cost too much, and raises the lower bounds of the others. Tells whether
    /// any was decided. `bound` is what the prover proved last.
    fn exclude(&mut self, problem: &OneSign, bound: f64, cut: f64, expanded: &mut Expanded<Content>) -> bool {
        let centre = problem.landscape.unwhiten(&self.relaxation.parameters).0;
        let spans = self.ellipsoid.build(problem, &self.sides, &self.prover.proved, centre);
        let gap = (cut - bound).next_up();
        let mut decided = false;
        for i in 0..self.sides.len() {
            if self.sides.side[i] != Side::Open || problem.targets[i] <= 0.0 {
                continue;
            }
            let (q, t, m) = (self.prover.proved[i], problem.target_enclosures[i], problem.program.multiplicity[i]);
            // What the sample's own loss exceeds its share of the bound by, anywhere on the off side.
            let own = if q.lo >= 0.0 { problem.squares[i] } else { 0.0 };
            let shadow = spans.then(|| self.ellipsoid.shadow(problem.program.point(i)));
            let off = raised(bound, raised(own, shadow.map_or(0.0, Shadow::cost_off)));
            let on = raised(bound, shadow.map_or(0.0, |shadow| shadow.cost_on(m, (t + q.over(m)).lo)));
            if off.max(on) >= cut {
                // The excluded side counts as closed with what was proved for it.
                let (kept, excluded) = if off >= cut { (Side::On, off) } else { (Side::Off, on) };
                self.sides.side[i] = kept;
                self.claims.decide(i, kept);
                self.relaxation.centres[i] = 0.0;
                expanded.close(excluded);
                decided = true;
            } else if let Some(shadow) = shadow {
                if self.sides.raise_low(i, shadow.low(gap), problem.targets[i]) {
                    self.claims.raise(i, self.sides.lows[i]);
                }
                expanded.close(cut);
            }
        }
        decided
    }

    /// The open sample whose two sides raise the relaxation most, by the product of what each adds; none if the relaxation is
    /// exact at its solution. `gap` is what is missing to close the node: more than that counts for nothing.
    fn choose(&mut self, problem: &OneSign, gap: f64) -> Option<usize> {
        self.relaxation.factorise(problem);
        let negligible = DECIDED * self.relaxation.value.abs();
        let least = LEAST_GAIN * gap;
        let mut best = None;
        let mut best_score = 0.0;
        for i in (0..self.sides.len()).filter(|&i| self.sides.side[i] == Side::Open) {
            let (t, z, m) = (problem.targets[i], self.relaxation.z[i], problem.program.multiplicity[i]);
            if z >= t || m * t.min(t - z).powi(2) <= negligible {
                continue;
            }
            let leverage = self.relaxation.leverage(problem.landscape.point(i), &mut self.scratch);
            let on = (t - z).powi(2) / (1.0 / m + leverage);
            let off = m * t * t + z.max(0.0).powi(2) / leverage;
            let score = (on.min(gap) + least) * (off.min(gap) + least);
            if score > best_score {
                best_score = score;
                best = Some(i);
            }
        }
        best
    }

    /// Offers the relaxation's solution, and now and then a local optimum near it, as incumbent.
    fn round(&self, problem: &OneSign) {
        let loss = problem.loss(&self.relaxation.z) + problem.program.unavoidable;
        if loss < self.incumbent.total() * (1.0 - IMPROVEMENT) || self.nodes.is_multiple_of(DESCENT_PERIOD) {
            self.descend(problem);
        }
    }

    fn descend(&self, problem: &OneSign) {
        let units = problem.positive_units();
        let optimum = problem.landscape.descend(&self.relaxation.parameters, units);
        self.incumbent.offer(problem.landscape, &self.relaxation.parameters, units);
        self.incumbent.offer(problem.landscape, &optimum.parameters, units);
    }

    /// A node whose relaxation is exact: its solution is an incumbent, and its bound must reach that. One that rounding keeps
    /// below the cut is what remains of this node: it is reported, never accepted.
    fn settle(&mut self, problem: &OneSign, id: NodeId, inherited: f64) -> f64 {
        self.relaxation.refine(problem, &self.sides);
        self.claims.clear();
        let bound = self.prover.prove(problem, &self.sides, &self.relaxation.multipliers);
        self.record_bound(id);
        self.descend(problem);
        bound.map_or(inherited, |bound| bound.max(inherited))
    }
}

impl Content {
    /// Memory that it holds, roughly.
    fn bytes(&self) -> usize {
        let decision = self.decision.as_ref().map_or(0, |d| size_of_val(&*d.parameters) + size_of_val(&*d.centres));
        self.sides.bytes() + decision
    }
}

/// A proved bound plus a non-negative cost, rounded down.
fn raised(bound: f64, cost: f64) -> f64 {
    (Enclosure::exact(bound) + Enclosure::exact(cost)).lo
}
