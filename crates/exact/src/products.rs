//! Branching on products of regions: a root is bounded, any other node split in one neuron's region and its children bounded.

use crate::bound::{Bounded, Node, NodeBound, Open, Region, Split};
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
    limits: Limits<'_>,
    bound: impl Fn() -> B + Sync,
    watch: &mut dyn Watch,
) -> Searched {
    let roots = Product::roots(program, &bound().roots()).into_iter().map(|product| {
        // Nothing is known of it but what no prediction can avoid.
        Waiting { proved: program.unavoidable, value: 0.0, depth: 0, bytes: 0, content: Content { product, split: None } }
    });
    search(incumbent, roots, limits, || Products { program, landscape, incumbent, bound: bound(), nodes: 0 }, watch)
}

/// What an open node is made of: a node that was bounded waits to be split, a root to be bounded.
struct Content<R, P, S> {
    product: Product<R>,
    /// What its children start from, and where it is split; none for a root.
    split: Option<(S, Split<P>)>,
}

type ContentOf<B> = Content<<B as NodeBound>::Region, <B as NodeBound>::Place, <B as NodeBound>::State>;

/// One thread's view of the search.
struct Products<'a, B> {
    program: &'a Program,
    landscape: &'a Landscape<'a>,
    incumbent: &'a Incumbent<'a>,
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
                self.visit(product, &state, node.proved, 0, &mut expanded, stop);
            }
            Some((state, Split { neuron, place })) => {
                let group = product.group(neuron);
                let parts = self.bound.split(&product.regions[neuron], &place).map(Arc::new);
                // Exchangeable neurons: only their number in each child matters (rule R4 of the certificates).
                for in_first in (0..=group.len()).rev() {
                    let child = product.with_regions(&group, in_first, &parts);
                    self.visit(child, &state, node.proved, node.depth + 1, &mut expanded, stop);
                }
            }
        }
        expanded.nodes = self.nodes - before;
        expanded
    }
}

impl<B: NodeBound> Products<'_, B> {
    fn visit(
        &mut self,
        product: Product<B::Region>,
        parent: &B::State,
        inherited: f64,
        depth: u32,
        expanded: &mut Expanded<ContentOf<B>>,
        stop: &mut dyn FnMut() -> bool,
    ) {
        self.nodes += 1;
        if product.dominated() {
            return;
        }
        let cut = self.incumbent.cut();
        match self.bound.bound(&Node { product: &product, parent, inherited, depth, cut }, stop) {
            Bounded::Closed(proved) => {
                expanded.close(proved);
                // A decided node is closed below the cut when its optimum is better than the incumbent: it must be taken.
                if proved < cut {
                    self.round(&product, true);
                }
            }
            Bounded::Open(Open { proved, value, state, split }) => {
                self.round(&product, self.nodes.is_multiple_of(DESCENT_PERIOD));
                let bytes = B::bytes(&state) + product.regions[split.neuron].bytes();
                let content = Content { product, split: Some((state, split)) };
                expanded.open.push(Waiting { proved, value, depth, bytes, content });
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
