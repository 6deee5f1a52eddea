//! Branching on products of regions: a root is bounded, any other node split in one neuron's region and its children bounded.

use crate::bound::{Bounded, Node, NodeBound, Open, Proof, Region, Split};
use crate::certificate::{Journal, NodeId, push_uint};
use crate::descent::Landscape;
use crate::incumbent::Incumbent;
use crate::product::Product;
use crate::program::Program;
use crate::search::{Expand, Expanded, Limits, Searched, search};
use crate::tree::Waiting;
use optgap_problem::Watch;
use std::sync::Arc;

/// Every this many nodes of a thread a node's solution starts a local search.
const DESCENT_PERIOD: u64 = 50;
/// A node's true value must be below the incumbent's by this share to start a local search.
const IMPROVEMENT: f64 = 1e-7;

/// Searches all products. `bound` makes a node bound for every thread.
pub(crate) fn search_products<B: NodeBound>(
    program: &Program,
    landscape: &Landscape,
    incumbent: &Incumbent,
    journal: Option<&Journal>,
    limits: Limits<'_>,
    bound: impl Fn() -> B + Sync,
    watch: &mut dyn Watch,
) -> Searched {
    let first = bound();
    let regions = first.roots();
    let products = Product::roots(program, &regions);
    if let Some(journal) = journal {
        journal.begin(B::KIND, &first.frame(&regions), products.len() as u64);
    }
    let roots = (0..).zip(products).map(|(id, product)| {
        // Nothing is known of it but what no prediction can avoid.
        Waiting { id, proved: program.unavoidable, value: 0.0, depth: 0, bytes: 0, content: Content { product, split: None } }
    });
    let expander = || Products { program, landscape, incumbent, journal, bound: bound(), nodes: 0 };
    search(incumbent, roots, limits, expander, watch)
}

/// What an open node is made of: a node that was bounded waits to be split, a root to be bounded.
struct Content<R, P, S> {
    product: Product<R>,
    /// What its children start from, and where it is split; none for a root.
    split: Option<(S, Split<P>)>,
}

/// A node to be bounded.
struct Unbounded<R> {
    id: NodeId,
    product: Product<R>,
    depth: u32,
    /// A lower bound that is proved for a node above it.
    inherited: f64,
}

type ContentOf<B> = Content<<B as NodeBound>::Region, <B as NodeBound>::Place, <B as NodeBound>::State>;

/// One thread's view of the search.
struct Products<'a, B> {
    program: &'a Program,
    landscape: &'a Landscape<'a>,
    incumbent: &'a Incumbent<'a>,
    journal: Option<&'a Journal<'a>>,
    bound: B,
    /// Nodes bounded by this thread.
    nodes: u64,
}

impl<B: NodeBound> Expand for Products<'_, B> {
    type Content = ContentOf<B>;

    fn expand(&mut self, node: Waiting<ContentOf<B>>, stop: &mut dyn FnMut() -> bool) -> Expanded<ContentOf<B>> {
        let before = self.nodes;
        let mut expanded = Expanded::nothing();
        let Content { product, split } = node.content;
        match split {
            None => {
                let state = self.bound.root_state();
                let unsplit = Unbounded { id: node.id, product, depth: 0, inherited: node.proved };
                self.visit(unsplit, &state, &mut expanded, stop);
            }
            Some((state, Split { neuron, place })) => {
                let group = product.group(neuron);
                let parts = self.bound.split(&product.regions[neuron], &place).map(Arc::new);
                let first = self.record_split(node.id, &group, &place, &parts);
                // Exchangeable neurons: only their number in each child matters (rule R4 of the certificates).
                for (id, in_first) in (first..).zip((0..=group.len()).rev()) {
                    let product = product.with_regions(&group, in_first, &parts);
                    let child = Unbounded { id, product, depth: node.depth + 1, inherited: node.proved };
                    self.visit(child, &state, &mut expanded, stop);
                }
            }
        }
        expanded.nodes = self.nodes - before;
        expanded
    }
}

impl<B: NodeBound> Products<'_, B> {
    /// Records a split, and returns the number of its first child.
    fn record_split(&self, node: NodeId, group: &[usize], place: &B::Place, parts: &[Arc<B::Region>; 2]) -> NodeId {
        let Some(journal) = self.journal else { return 0 };
        let mut body = Vec::new();
        push_uint(&mut body, group.iter().fold(0, |set, neuron| set | 1 << neuron));
        self.bound.write_place(place, parts, &mut body);
        journal.split(node, &body, group.len() as u64 + 1)
    }

    fn record_bound(&self, node: NodeId, proof: &Proof) {
        if let (Some(journal), false) = (self.journal, proof.record.is_empty()) {
            journal.bound(node, &proof.record);
        }
    }

    fn visit(
        &mut self,
        Unbounded { id, product, depth, inherited }: Unbounded<B::Region>,
        parent: &B::State,
        expanded: &mut Expanded<ContentOf<B>>,
        stop: &mut dyn FnMut() -> bool,
    ) {
        self.nodes += 1;
        if let Some(neuron) = product.dominated() {
            return self.journal.into_iter().for_each(|journal| journal.off(id, neuron));
        }
        let cut = self.incumbent.cut();
        match self.bound.bound(&Node { product: &product, parent, inherited, depth, cut }, stop) {
            Bounded::Closed(proof) => {
                self.record_bound(id, &proof);
                expanded.close(proof.bound);
                // A decided node is closed below the cut when its optimum is better than the incumbent: it must be taken.
                if proof.bound < cut {
                    self.round(&product, true);
                }
            }
            Bounded::Open(Open { proof, value, state, split }) => {
                self.record_bound(id, &proof);
                self.round(&product, self.nodes.is_multiple_of(DESCENT_PERIOD));
                let bytes = B::bytes(&state) + product.regions[split.neuron].bytes();
                let content = Content { product, split: Some((state, split)) };
                expanded.open.push(Waiting { id, proved: proof.bound, value, depth, bytes, content });
            }
        }
    }

    /// Offers the relaxation's solution and a local optimum near it as incumbent, on demand or if it looks better.
    fn round(&self, product: &Product<B::Region>, demanded: bool) {
        let Self { program, landscape, incumbent, .. } = *self;
        let candidate = self.bound.candidate();
        let squares = product.squares(program, candidate.preactivations, candidate.constant);
        let promising = squares + program.unavoidable < incumbent.total() * (1.0 - IMPROVEMENT);
        if !promising && !demanded {
            return;
        }
        let Some(start) = landscape.with_preactivations(candidate.preactivations, candidate.constant) else { return };
        let optimum = landscape.descend(&start, product.positive);
        incumbent.offer(landscape, &start, product.positive);
        incumbent.offer(landscape, &optimum.parameters, product.positive);
    }
}
