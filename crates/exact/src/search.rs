//! Branch and bound over products of cones: best bound first, every pruned leaf proved.

use crate::branching::{self, Split};
use crate::cone::{Cone, roots};
use crate::descent::Landscape;
use crate::dual::{Claim, Prover};
use crate::exact_fit::decided_optimum;
use crate::incumbent::Incumbent;
use crate::node::{Lines, Product};
use crate::program::Program;
use crate::relaxation::Relaxation;
use optgap_problem::{Bounds, Progress, StopReason, Watch};
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// Nodes that wait in order of their bound; beyond this number the search goes depth first, so that memory stays bounded.
const MOST_WAITING: usize = 50_000;
/// A node that stays open is given a proof of its own if its relaxation lies above the bound proved for its parent by more
/// than this share: what is left when time runs out.
const WORTH_PROVING: f64 = 0.15;
/// Every this many nodes a node's solution starts a local search.
const DESCENT_PERIOD: u64 = 50;
/// Every this many nodes the watch hears of the progress.
const REPORT_PERIOD: u64 = 64;
/// A node's true value must be below the incumbent's by this share to start a local search.
const IMPROVEMENT: f64 = 1e-7;

/// What the search delivers: a proved lower bound of the sum of squares.
pub(crate) struct Searched {
    pub(crate) lower: f64,
    pub(crate) nodes: u64,
    pub(crate) stop: Option<StopReason>,
}

/// A node that was bounded but not closed, and where it will be split.
struct Waiting {
    /// A proved lower bound of its sum of squares: orders the search, so that the bound of the whole rises steadily.
    proved: f64,
    /// Value of its relaxation: proves nothing.
    value: f64,
    depth: u32,
    product: Product,
    lines: Lines,
    split: Split,
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
    /// The heap's greatest node has the lowest proved bound; among equals the lowest value, then the greatest depth.
    fn cmp(&self, other: &Self) -> Ordering {
        let by_bound = other.proved.total_cmp(&self.proved).then(other.value.total_cmp(&self.value));
        by_bound.then(self.depth.cmp(&other.depth))
    }
}

/// The search and its scratch space.
pub(crate) struct Search<'a> {
    program: &'a Program,
    landscape: &'a Landscape<'a>,
    relaxation: Relaxation,
    prover: Prover,
    waiting: BinaryHeap<Waiting>,
    /// Nodes of the depth-first mode.
    stack: Vec<Waiting>,
    /// Lowest bound proved for a closed leaf.
    proved: f64,
    nodes: u64,
    /// Number of nodes at which the watch hears of the progress again.
    next_report: u64,
}

impl<'a> Search<'a> {
    pub(crate) fn new(program: &'a Program, landscape: &'a Landscape<'a>) -> Self {
        Self {
            program,
            landscape,
            relaxation: Relaxation::default(),
            prover: Prover::default(),
            waiting: BinaryHeap::new(),
            stack: Vec::new(),
            proved: f64::INFINITY,
            nodes: 0,
            next_report: 0,
        }
    }

    /// Searches until every leaf is closed or the watch says stop.
    pub(crate) fn run(mut self, incumbent: &mut Incumbent, watch: &mut dyn Watch) -> Searched {
        let lines = Lines::new(self.program.width, self.program.len());
        for product in root_products(self.program) {
            // Roots that were never bounded leave only what no prediction can avoid.
            let lower = self.program.unavoidable;
            if let Some(stop) = self.interrupted(lower, incumbent, watch) {
                return Searched { lower, nodes: self.nodes, stop: Some(stop) };
            }
            self.visit(product, &lines, self.program.unavoidable, 0, incumbent);
        }
        while self.open() > 0 {
            if let Some(stop) = self.interrupted(self.lower(), incumbent, watch) {
                return Searched { lower: self.lower(), nodes: self.nodes, stop: Some(stop) };
            }
            if let Some(node) = self.next() {
                self.expand(node, incumbent);
            }
        }
        Searched { lower: self.proved, nodes: self.nodes, stop: None }
    }

    fn next(&mut self) -> Option<Waiting> {
        self.stack.pop().or_else(|| self.waiting.pop())
    }

    fn open(&self) -> usize {
        self.waiting.len() + self.stack.len()
    }

    /// The lower bound as it stands: the lowest over closed leaves and open nodes, each proved.
    fn lower(&self) -> f64 {
        let stacked = self.stack.iter().map(|node| node.proved).fold(self.proved, f64::min);
        self.waiting.peek().map_or(stacked, |node| node.proved.min(stacked))
    }

    /// Reports progress and asks whether to stop.
    fn interrupted(&mut self, lower: f64, incumbent: &Incumbent, watch: &mut dyn Watch) -> Option<StopReason> {
        if self.nodes >= self.next_report {
            self.next_report = self.nodes + REPORT_PERIOD;
            let bounds = Bounds { lower: incumbent.mean(lower.min(incumbent.total())), upper: incumbent.upper };
            watch.observe(Progress::Search { nodes: self.nodes, open: self.open(), bounds });
        }
        watch.should_stop()
    }

    fn expand(&mut self, node: Waiting, incumbent: &mut Incumbent) {
        let Waiting { product, lines, split, depth, proved, .. } = node;
        let group = product.group(split.neuron);
        let [first, second] = product.cones[split.neuron].split(self.program, split.a, split.b, split.sample).map(Arc::new);
        // Exchangeable neurons: only their number in each child matters (rule R4 of the certificates).
        for in_first in (0..=group.len()).rev() {
            let mut child = product.clone();
            for (place, &neuron) in group.iter().enumerate() {
                child.cones[neuron] = Arc::clone(if place < in_first { &first } else { &second });
            }
            self.visit(child, &lines, proved, depth + 1, incumbent);
        }
    }

    /// Bounds a node: closes it with a proof, or keeps it for splitting. `inherited` is proved for its parent.
    fn visit(&mut self, product: Product, parent: &Lines, inherited: f64, depth: u32, incumbent: &mut Incumbent) {
        self.nodes += 1;
        if product.dominated() {
            return;
        }
        let mut lines = parent.clone();
        let needed = incumbent.cut();
        let mut bound = None;
        let (program, prover) = (self.program, &mut self.prover);
        let closed = self.relaxation.solve(program, &product, &mut lines, needed - program.unavoidable, |residuals, lines| {
            bound = prover.prove(&Claim { program, product: &product, lines }, residuals, needed);
            bound.is_some()
        });
        if closed {
            self.proved = self.proved.min(bound.expect("closed by a bound"));
            return;
        }
        self.round(&product, incumbent);
        match branching::choose(program, &product, &self.relaxation, depth) {
            Some(split) => {
                let proved = self.prove_open(&product, &lines, inherited);
                let node = Waiting { proved, value: self.relaxation.value, depth, product, lines, split };
                if self.waiting.len() < MOST_WAITING { self.waiting.push(node) } else { self.stack.push(node) }
            }
            // Nothing is cut: the relaxation is exact, and rational arithmetic settles what floating point could not.
            None => self.proved = self.proved.min(decided_optimum(program, &product, &self.relaxation.multipliers)),
        }
    }

    /// Offers the relaxation's solution, and now and then a local optimum near it, as incumbent.
    fn round(&mut self, product: &Product, incumbent: &mut Incumbent) {
        let residuals = branching::true_residuals(self.program, product, &self.relaxation);
        let squares: f64 = residuals.iter().zip(&self.program.multiplicity).map(|(e, m)| m * e * e).sum();
        let promising = squares + self.program.unavoidable < incumbent.total() * (1.0 - IMPROVEMENT);
        if !promising && !self.nodes.is_multiple_of(DESCENT_PERIOD) {
            return;
        }
        let constant = if self.program.output_bias { self.relaxation.multipliers.last().copied().unwrap_or(0.0) } else { 0.0 };
        let Some(start) = self.landscape.with_preactivations(&self.relaxation.intervals().z, constant) else { return };
        let optimum = self.landscape.descend(&start, product.positive);
        incumbent.offer(self.landscape, &start, product.positive);
        incumbent.offer(self.landscape, &optimum.parameters, product.positive);
    }

    /// A proved bound of a node that stays open: its own, or that of its parent.
    fn prove_open(&mut self, product: &Product, lines: &Lines, inherited: f64) -> f64 {
        let program = self.program;
        let value = self.relaxation.value + program.unavoidable;
        if value <= inherited * (1.0 + WORTH_PROVING) {
            return inherited;
        }
        self.prover.prove(&Claim { program, product, lines }, &self.relaxation.residuals, inherited).unwrap_or(inherited)
    }
}

/// Number of root products, for refusing networks that are far too wide.
pub(crate) fn root_count(width: usize, dim: usize, free_signs: bool) -> f64 {
    // Multisets of `count` out of `dim + 1` cones.
    let multisets = |count: usize| (0..count).fold(1.0, |m, t| m * (dim + 1 + t) as f64 / (t + 1) as f64);
    let signs = if free_signs { 0..=width } else { width..=width };
    signs.map(|positive| multisets(positive) * multisets(width - positive)).sum()
}

/// Every sign vector with every multiset of root cones: equal signs are exchangeable (rule R2 of the certificates).
fn root_products(program: &Program) -> Vec<Product> {
    let cones = roots(program);
    let signs = if program.free_signs { 0..=program.width } else { program.width..=program.width };
    let mut products = Vec::new();
    for positive in signs {
        let mut chosen = vec![0; program.width];
        loop {
            products.push(Product { cones: chosen.iter().map(|&c| Arc::clone(&cones[c])).collect::<Vec<Arc<Cone>>>(), positive });
            if !advance(&mut chosen, positive, cones.len()) {
                break;
            }
        }
    }
    products
}

/// The next tuple that does not decrease among the first `positive` places, nor among the others.
fn advance(chosen: &mut [usize], positive: usize, cones: usize) -> bool {
    for place in (0..chosen.len()).rev() {
        if chosen[place] + 1 < cones {
            let next = chosen[place] + 1;
            chosen[place] = next;
            for later in place + 1..chosen.len() {
                chosen[later] = if later < positive || place >= positive { next } else { 0 };
            }
            return true;
        }
    }
    false
}
