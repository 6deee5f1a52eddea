//! The search tree: lowest proved bound first.

use super::ellipsoid::{Ellipsoid, Shadow};
use super::proof::Prover;
use super::relaxation::Relaxation;
use super::sides::{OneSign, Side, Sides};
use crate::incumbent::Incumbent;
use crate::search::Searched;
use optgap_problem::{Bounds, Enclosure, Progress, StopReason, Watch};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Entries (one for every sample) of the nodes that wait in order of their bound; beyond this number the search goes depth
/// first, so that memory stays bounded.
const MOST_WAITING_ENTRIES: usize = 10_000_000;
/// Every this many nodes a node's solution starts a local search.
const DESCENT_PERIOD: u64 = 50;
/// Every this many nodes the watch hears of the progress.
const REPORT_PERIOD: u64 = 64;
/// A node's true loss must be below the incumbent's by this share to start a local search.
const IMPROVEMENT: f64 = 1e-7;
/// A sample whose sides cost less than this share of the node's loss need not be decided: the relaxation is exact there.
const DECIDED: f64 = 1e-13;

/// Each side's gain counts for at least this share of what is missing, so that a sample with one large gain is chosen, too.
const LEAST_GAIN: f64 = 3e-2;

/// A node that was bounded but not closed, and the sample that will be decided next.
struct Waiting {
    /// A proved lower bound of its sum of squares: orders the search.
    proved: f64,
    /// Index into the signs' problems.
    sign: usize,
    /// The sample to decide.
    sample: usize,
    sides: Sides,
    /// Start of the children's relaxations: parameters and multipliers, the latter rounded to save memory.
    parameters: Box<[f64]>,
    centres: Box<[f32]>,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Waiting {}
impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Waiting {
    /// The heap's greatest node has the lowest proved bound.
    fn cmp(&self, other: &Self) -> Ordering {
        other.proved.total_cmp(&self.proved)
    }
}

/// The search and its scratch space.
pub(super) struct Tree<'a> {
    problems: Vec<OneSign<'a>>,
    relaxation: Relaxation,
    prover: Prover,
    ellipsoid: Ellipsoid,
    waiting: BinaryHeap<Waiting>,
    /// Nodes of the depth-first mode.
    stack: Vec<Waiting>,
    /// Lowest bound proved for a closed node.
    proved: f64,
    nodes: u64,
    /// The search ends after this many nodes.
    most_nodes: u64,
    /// Number of nodes at which the watch hears of the progress again.
    next_report: u64,
    /// Sides of the node at hand.
    sides: Sides,
    scratch: Vec<f64>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(problems: Vec<OneSign<'a>>, most_nodes: u64) -> Self {
        let dim = problems.first().map_or(0, |problem| problem.program.dim);
        Self {
            problems,
            relaxation: Relaxation::default(),
            prover: Prover::default(),
            ellipsoid: Ellipsoid::default(),
            waiting: BinaryHeap::new(),
            stack: Vec::new(),
            proved: f64::INFINITY,
            nodes: 0,
            most_nodes,
            next_report: 0,
            sides: Sides::default(),
            scratch: vec![0.0; dim],
        }
    }

    /// Searches until every node is closed, the watch says stop, or enough nodes were visited.
    pub(super) fn run(mut self, incumbent: &Incumbent, watch: &mut dyn Watch) -> Searched {
        for sign in 0..self.problems.len() {
            let program = self.problems[sign].program;
            self.relaxation.resize(program.len(), program.dim);
            self.sides = self.problems[sign].root();
            self.visit(sign, program.unavoidable, incumbent, watch);
        }
        let mut stop = None;
        while self.open() > 0 && stop.is_none() && self.nodes < self.most_nodes {
            stop = self.interrupted(incumbent, watch);
            if stop.is_none()
                && let Some(node) = self.stack.pop().or_else(|| self.waiting.pop())
            {
                self.expand(&node, incumbent, watch);
            }
        }
        Searched { lower: self.lower(), nodes: self.nodes, stop }
    }

    fn open(&self) -> usize {
        self.waiting.len() + self.stack.len()
    }

    /// The lower bound as it stands: the lowest over closed and open nodes, each proved.
    fn lower(&self) -> f64 {
        let stacked = self.stack.iter().map(|node| node.proved).fold(self.proved, f64::min);
        self.waiting.peek().map_or(stacked, |node| node.proved.min(stacked))
    }

    /// Reports progress and asks whether to stop.
    fn interrupted(&mut self, incumbent: &Incumbent, watch: &mut dyn Watch) -> Option<StopReason> {
        if self.nodes >= self.next_report {
            self.next_report = self.nodes + REPORT_PERIOD;
            let bounds = Bounds { lower: incumbent.mean(self.lower().min(incumbent.total())), upper: incumbent.upper() };
            watch.observe(Progress::Search { nodes: self.nodes, open: self.open(), bounds });
        }
        watch.should_stop()
    }

    /// Decides the node's sample: on first, which usually contains the optimum.
    fn expand(&mut self, node: &Waiting, incumbent: &Incumbent, watch: &mut dyn Watch) {
        if node.proved >= incumbent.cut() {
            self.proved = self.proved.min(node.proved);
            return;
        }
        for side in [Side::On, Side::Off] {
            self.load(node);
            self.sides.side[node.sample] = side;
            self.visit(node.sign, node.proved, incumbent, watch);
        }
    }

    fn load(&mut self, node: &Waiting) {
        self.sides.copy_from(&node.sides);
        self.relaxation.parameters.copy_from_slice(&node.parameters);
        self.relaxation.centres.iter_mut().zip(&node.centres).for_each(|(to, &from)| *to = f64::from(from));
    }

    /// Bounds the node given by `sides`: closes it with a proof, or keeps it. `inherited` is proved for its parent.
    fn visit(&mut self, sign: usize, inherited: f64, incumbent: &Incumbent, watch: &mut dyn Watch) {
        self.nodes += 1;
        let mut proved = inherited;
        loop {
            let problem = &self.problems[sign];
            let needed = incumbent.cut();
            self.relaxation.solve(problem, &self.sides, needed - problem.program.unavoidable);
            let bound = self.prover.prove(problem, &self.sides, &self.relaxation.multipliers);
            proved = bound.map_or(proved, |bound| bound.max(proved));
            if proved >= needed {
                self.proved = self.proved.min(proved);
                return;
            }
            self.round(sign, incumbent);
            // Deciding samples one after the other can take long when there are many: the watch is asked in between.
            if !bound.is_some_and(|bound| self.exclude(sign, bound, incumbent.cut())) || watch.should_stop().is_some() {
                break;
            }
        }
        match self.choose(sign, incumbent.cut() - proved) {
            Some(sample) => self.keep(sign, sample, proved),
            None => self.settle(sign, proved, incumbent),
        }
    }

    /// Decides samples one of whose sides is proved to cost too much, and raises the lower bounds of the others. Tells whether
    /// any was decided. `bound` is what the prover proved last.
    fn exclude(&mut self, sign: usize, bound: f64, cut: f64) -> bool {
        let problem = &self.problems[sign];
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
                self.relaxation.centres[i] = 0.0;
                self.proved = self.proved.min(excluded);
                decided = true;
            } else if let Some(shadow) = shadow {
                self.sides.raise_low(i, shadow.low(gap), problem.targets[i]);
                self.proved = self.proved.min(cut);
            }
        }
        decided
    }

    /// The open sample whose two sides raise the relaxation most, by the product of what each adds; none if the relaxation is
    /// exact at its solution. `gap` is what is missing to close the node: more than that counts for nothing.
    fn choose(&mut self, sign: usize, gap: f64) -> Option<usize> {
        let problem = &self.problems[sign];
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

    fn keep(&mut self, sign: usize, sample: usize, proved: f64) {
        let node = Waiting {
            proved,
            sign,
            sample,
            sides: self.sides.clone(),
            parameters: self.relaxation.parameters.as_slice().into(),
            centres: self.relaxation.centres.iter().map(|&q| q as f32).collect(),
        };
        if self.waiting.len() * self.sides.len() < MOST_WAITING_ENTRIES {
            self.waiting.push(node);
        } else {
            self.stack.push(node);
        }
    }

    /// Offers the relaxation's solution, and now and then a local optimum near it, as incumbent.
    fn round(&mut self, sign: usize, incumbent: &Incumbent) {
        let problem = &self.problems[sign];
        let loss = problem.loss(&self.relaxation.z) + problem.program.unavoidable;
        if loss < incumbent.total() * (1.0 - IMPROVEMENT) || self.nodes.is_multiple_of(DESCENT_PERIOD) {
            self.descend(sign, incumbent);
        }
    }

    fn descend(&mut self, sign: usize, incumbent: &Incumbent) {
        let problem = &self.problems[sign];
        let units = problem.positive_units();
        let optimum = problem.landscape.descend(&self.relaxation.parameters, units);
        incumbent.offer(problem.landscape, &self.relaxation.parameters, units);
        incumbent.offer(problem.landscape, &optimum.parameters, units);
    }

    /// A node whose relaxation is exact: its solution is an incumbent, and its bound must reach that.
    fn settle(&mut self, sign: usize, inherited: f64, incumbent: &Incumbent) {
        let problem = &self.problems[sign];
        self.relaxation.refine(problem, &self.sides);
        let bound = self.prover.prove(problem, &self.sides, &self.relaxation.multipliers);
        self.descend(sign, incumbent);
        // A bound that rounding keeps below the cut is what remains of this node: it is reported, never accepted.
        self.proved = self.proved.min(bound.map_or(inherited, |bound| bound.max(inherited)));
    }
}

/// A proved bound plus a non-negative cost, rounded down.
fn raised(bound: f64, cost: f64) -> f64 {
    (Enclosure::exact(bound) + Enclosure::exact(cost)).lo
}
