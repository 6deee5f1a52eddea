//! The search tree: lowest proved bound first.

use super::proof::Prover;
use super::relaxation::Relaxation;
use super::sides::{OneSign, Side};
use crate::incumbent::Incumbent;
use crate::search::Searched;
use optgap_problem::{Bounds, Enclosure, Progress, StopReason, Watch};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Entries (one for every sample) of the nodes that wait in order of their bound; beyond this number the search goes depth
/// first, so that memory stays bounded.
const MOST_WAITING_ENTRIES: usize = 20_000_000;
/// Every this many nodes a node's solution starts a local search.
const DESCENT_PERIOD: u64 = 50;
/// Every this many nodes the watch hears of the progress.
const REPORT_PERIOD: u64 = 64;
/// A node's true loss must be below the incumbent's by this share to start a local search.
const IMPROVEMENT: f64 = 1e-7;
/// A sample whose sides cost less than this share of the node's loss need not be decided: the relaxation is exact there.
const DECIDED: f64 = 1e-13;

/// A node that was bounded but not closed, and the sample that will be decided next.
struct Waiting {
    /// A proved lower bound of its sum of squares: orders the search.
    proved: f64,
    /// Index into the signs' problems.
    sign: usize,
    /// The sample to decide.
    sample: usize,
    sides: Box<[Side]>,
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
    waiting: BinaryHeap<Waiting>,
    /// Nodes of the depth-first mode.
    stack: Vec<Waiting>,
    /// Lowest bound proved for a closed node.
    proved: f64,
    nodes: u64,
    /// Number of nodes at which the watch hears of the progress again.
    next_report: u64,
    /// Sides of the node at hand.
    sides: Vec<Side>,
    scratch: Vec<f64>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(problems: Vec<OneSign<'a>>) -> Self {
        let dim = problems.first().map_or(0, |problem| problem.program.dim);
        Self {
            problems,
            relaxation: Relaxation::default(),
            prover: Prover::default(),
            waiting: BinaryHeap::new(),
            stack: Vec::new(),
            proved: f64::INFINITY,
            nodes: 0,
            next_report: 0,
            sides: Vec::new(),
            scratch: vec![0.0; dim],
        }
    }

    /// Searches until every node is closed or the watch says stop.
    pub(super) fn run(mut self, incumbent: &mut Incumbent, watch: &mut dyn Watch) -> Searched {
        for sign in 0..self.problems.len() {
            let program = self.problems[sign].program;
            self.relaxation.resize(program.len(), program.dim);
            self.sides = self.problems[sign].root();
            self.visit(sign, program.unavoidable, incumbent);
        }
        let mut stop = None;
        while self.open() > 0 && stop.is_none() {
            stop = self.interrupted(incumbent, watch);
            if stop.is_none() && let Some(node) = self.stack.pop().or_else(|| self.waiting.pop()) {
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
            let bounds = Bounds { lower: incumbent.mean(self.lower().min(incumbent.total())), upper: incumbent.upper };
            watch.observe(Progress::Search { nodes: self.nodes, open: self.open(), bounds });
        }
        watch.should_stop()
    }

    /// Decides the node's sample: on first, which usually contains the optimum.
    fn expand(&mut self, node: &Waiting, incumbent: &mut Incumbent, _watch: &mut dyn Watch) {
        for side in [Side::On, Side::Off] {
            let problem = &self.problems[node.sign];
            let mut proved = node.proved;
            if side == Side::Off {
                // The minorant of the open sample is zero at least.
                proved = raised(proved, problem.squares[node.sample]);
            }
            if proved >= incumbent.cut() {
                self.proved = self.proved.min(proved);
                self.nodes += 1;
                continue;
            }
            self.load(node);
            self.sides[node.sample] = side;
            self.visit(node.sign, node.proved, incumbent);
        }
    }

    fn load(&mut self, node: &Waiting) {
        self.sides.clear();
        self.sides.extend_from_slice(&node.sides);
        self.relaxation.parameters.copy_from_slice(&node.parameters);
        self.relaxation.centres.iter_mut().zip(&node.centres).for_each(|(to, &from)| *to = f64::from(from));
    }

    /// Bounds the node given by `sides`: closes it with a proof, or keeps it. `inherited` is proved for its parent.
    fn visit(&mut self, sign: usize, inherited: f64, incumbent: &mut Incumbent) {
        self.nodes += 1;
        let mut proved = inherited;
        loop {
            let problem = &self.problems[sign];
            let needed = incumbent.cut();
            self.relaxation.solve(problem, &self.sides, needed - problem.program.unavoidable);
            if let Some(bound) = self.prover.prove(problem, &self.sides, &self.relaxation.multipliers) {
                proved = proved.max(bound);
            }
            if proved >= needed {
                self.proved = self.proved.min(proved);
                return;
            }
            self.round(sign, incumbent);
            if !self.fix(sign, proved, incumbent.cut()) {
                break;
            }
        }
        match self.choose(sign) {
            Some(sample) => self.keep(sign, sample, proved),
            None => self.settle(sign, proved, incumbent),
        }
    }

    /// Puts samples on that are proved not to be off in any better solution; tells whether there were any.
    fn fix(&mut self, sign: usize, proved: f64, cut: f64) -> bool {
        let problem = &self.problems[sign];
        let mut fixed = false;
        for (side, &square) in self.sides.iter_mut().zip(&problem.squares) {
            let off = raised(proved, square);
            if *side == Side::Open && off >= cut {
                *side = Side::On;
                self.proved = self.proved.min(off);
                fixed = true;
            }
        }
        fixed
    }

    /// The open sample whose cheaper side costs most; none if the relaxation is exact at its solution.
    fn choose(&mut self, sign: usize) -> Option<usize> {
        let problem = &self.problems[sign];
        self.relaxation.factorise(problem);
        let negligible = DECIDED * self.relaxation.value.abs();
        let mut best = None;
        let mut best_score = 0.0;
        for (i, side) in self.sides.iter().enumerate() {
            let (t, z, m) = (problem.targets[i], self.relaxation.z[i], problem.program.multiplicity[i]);
            let undecided = *side == Side::Open && z < t && m * t.min(t - z).powi(2) > negligible;
            if !undecided || m * t * t <= best_score {
                continue;
            }
            let leverage = self.relaxation.leverage(problem.landscape.point(i), &mut self.scratch);
            let on = (t - z) * (t - z) / (1.0 / m + leverage);
            let score = on.min(m * t * t);
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
            sides: self.sides.as_slice().into(),
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
    fn round(&mut self, sign: usize, incumbent: &mut Incumbent) {
        let problem = &self.problems[sign];
        let loss = problem.loss(&self.relaxation.z) + problem.program.unavoidable;
        if loss < incumbent.total() * (1.0 - IMPROVEMENT) || self.nodes.is_multiple_of(DESCENT_PERIOD) {
            self.descend(sign, incumbent);
        }
    }

    fn descend(&mut self, sign: usize, incumbent: &mut Incumbent) {
        let problem = &self.problems[sign];
        let units = problem.positive_units();
        let optimum = problem.landscape.descend(&self.relaxation.parameters, units);
        incumbent.offer(problem.landscape, &self.relaxation.parameters, units);
        incumbent.offer(problem.landscape, &optimum.parameters, units);
    }

    /// A node whose relaxation is exact: its solution is an incumbent, and its bound must reach that.
    fn settle(&mut self, sign: usize, inherited: f64, incumbent: &mut Incumbent) {
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
