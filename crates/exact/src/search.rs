//! Branch and bound over products of cones: best bound first, every pruned leaf proved, as many threads as allowed.
//!
//! One heap of open nodes serves all threads: bounding a node takes far longer than taking one. Nodes wait in order of their
//! proved bound, so that the bound of the whole rises steadily and a time-out leaves one worth having.

use crate::bound::{Bounded, Node, NodeBound, Open, Region, Split};
use crate::descent::Landscape;
use crate::incumbent::Incumbent;
use crate::product::Product;
use crate::program::Program;
use crate::tree::{Tree, Waiting};
use optgap_problem::{Bounds, Progress, StopReason, Watch};
use rayon::ThreadPool;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Every this many nodes of a thread a node's solution starts a local search.
const DESCENT_PERIOD: u64 = 50;
/// Every this many nodes the watch of a single thread hears of the progress.
const REPORT_PERIOD: u64 = 64;
/// So often the watch is asked while other threads work.
const WATCH_PERIOD: Duration = Duration::from_millis(4);
/// More open nodes than these are given back by a thread of their own when a search is stopped.
const MANY_OPEN: usize = 20_000;
/// A node's true value must be below the incumbent's by this share to start a local search.
const IMPROVEMENT: f64 = 1e-7;

/// How much a search may use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits<'a> {
    /// Threads that bound nodes; without, the calling thread does it.
    pub(crate) pool: Option<&'a ThreadPool>,
    /// Bytes that open nodes may hold.
    pub(crate) memory: usize,
}

/// What the search delivers: a proved lower bound of the sum of squares.
pub(crate) struct Searched {
    pub(crate) lower: f64,
    pub(crate) nodes: u64,
    pub(crate) stop: Option<StopReason>,
}

/// Searches until every leaf is closed or the watch says stop. `bound` makes a node bound for every thread.
pub(crate) fn search<B: NodeBound>(
    program: &Program,
    landscape: &Landscape,
    incumbent: &Incumbent,
    limits: Limits<'_>,
    bound: impl Fn() -> B + Sync,
    watch: &mut dyn Watch,
) -> Searched {
    let threads = limits.pool.map_or(1, ThreadPool::current_num_threads);
    let mut tree = Tree::new(threads, limits.memory);
    for product in Product::roots(program, &bound().roots()) {
        // Nothing is known of it but what no prediction can avoid.
        let content = Content { product, split: None };
        tree.add(Waiting { proved: program.unavoidable, value: 0.0, depth: 0, bytes: 0, content });
    }
    let search = Search {
        program,
        landscape,
        incumbent,
        tree: Mutex::new(tree),
        added: Condvar::new(),
        ended: Condvar::new(),
        stopping: AtomicBool::new(false),
    };
    match limits.pool {
        Some(pool) => search.run_together(pool, bound, watch),
        None => search.run_alone(bound(), watch),
    }
    let tree = search.tree.into_inner().expect("no thread panics while it holds the tree");
    let searched = Searched { lower: tree.lower(), nodes: tree.nodes, stop: tree.stop };
    if tree.open() > MANY_OPEN {
        // The caller has asked for the time that giving back a million nodes takes.
        std::thread::spawn(move || drop(tree));
    }
    searched
}

/// What an open node is made of: a node that was bounded waits to be split, a root to be bounded.
struct Content<R, P, S> {
    product: Product<R>,
    /// What its children start from, and where it is split; none for a root.
    split: Option<(S, Split<P>)>,
}

/// An open node of a search with this bound.
type Waits<B> = Waiting<ContentOf<B>>;
type ContentOf<B> = Content<<B as NodeBound>::Region, <B as NodeBound>::Place, <B as NodeBound>::State>;

/// What the threads share.
struct Search<'a, B: NodeBound> {
    program: &'a Program,
    landscape: &'a Landscape<'a>,
    incumbent: &'a Incumbent<'a>,
    tree: Mutex<Tree<ContentOf<B>>>,
    /// Wakes threads without a node: told when nodes were added or the search has ended.
    added: Condvar,
    /// Wakes the thread that keeps the watch when the search has ended; telling it of every node would cost more than the nodes.
    ended: Condvar,
    /// Tells threads in the middle of a node that the search is to stop.
    stopping: AtomicBool,
}

/// Ends the search when its thread panics: the others would wait for its node for ever. The panic itself goes on to the caller.
struct Alarm<'s, 'a, B: NodeBound>(&'s Search<'a, B>);

impl<B: NodeBound> Drop for Alarm<'_, '_, B> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.tree.lock().unwrap_or_else(PoisonError::into_inner).stop = Some(StopReason::Interrupted);
            self.0.added.notify_all();
            self.0.ended.notify_all();
        }
    }
}

impl<B: NodeBound> Search<'_, B> {
    fn tree(&self) -> MutexGuard<'_, Tree<ContentOf<B>>> {
        self.tree.lock().expect("no thread panics while it holds the tree")
    }

    /// The calling thread does everything.
    fn run_alone(&self, bound: B, watch: &mut dyn Watch) {
        let mut worker = Worker { search: self, bound, nodes: 0 };
        let mut next_report = 0;
        loop {
            let node = {
                let mut tree = self.tree();
                if tree.nodes >= next_report {
                    next_report = tree.nodes + REPORT_PERIOD;
                    watch.observe(self.progress(&tree));
                }
                tree.stop = tree.stop.or_else(|| watch.should_stop());
                if tree.stop.is_some() {
                    return;
                }
                tree.take(0, self.incumbent.cut())
            };
            let Some(node) = node else { return };
            worker.treat(node, 0, &mut || watch.should_stop().is_some());
        }
    }

    /// The threads of the pool bound nodes; the calling one keeps the watch.
    fn run_together(&self, pool: &ThreadPool, bound: impl Fn() -> B + Sync, watch: &mut dyn Watch) {
        pool.in_place_scope(|scope| {
            for thread in 0..pool.current_num_threads() {
                let bound = &bound;
                scope.spawn(move |_| {
                    let _alarm = Alarm(self);
                    let mut worker = Worker { search: self, bound: bound(), nodes: 0 };
                    while let Some(node) = self.wait_for_node(thread) {
                        worker.treat(node, thread, &mut || self.stopping.load(Ordering::Relaxed));
                    }
                });
            }
            let mut tree = self.tree();
            while !tree.is_done() {
                tree.stop = tree.stop.or_else(|| watch.should_stop());
                self.stopping.store(tree.stop.is_some(), Ordering::Relaxed);
                watch.observe(self.progress(&tree));
                tree = self.ended.wait_timeout(tree, WATCH_PERIOD).expect("no thread panics while it holds the tree").0;
            }
            drop(tree);
            self.added.notify_all();
        });
    }

    /// The next node for a thread; none when the search is done.
    fn wait_for_node(&self, thread: usize) -> Option<Waits<B>> {
        let mut tree = self.tree();
        loop {
            if tree.is_done() {
                self.added.notify_all();
                self.ended.notify_all();
                return None;
            }
            if let Some(node) = tree.take(thread, self.incumbent.cut()) {
                return Some(node);
            }
            if !tree.is_done() {
                tree = self.added.wait(tree).expect("no thread panics while it holds the tree");
            }
        }
    }

    fn progress(&self, tree: &Tree<ContentOf<B>>) -> Progress {
        let upper = self.incumbent.upper();
        let lower = self.incumbent.mean(tree.lower().min(self.incumbent.total())).min(upper);
        Progress::Search { nodes: tree.nodes, open: tree.open(), bounds: Bounds { lower, upper } }
    }
}

/// One thread's view of the search.
struct Worker<'s, 'a, B: NodeBound> {
    search: &'s Search<'a, B>,
    bound: B,
    /// Nodes bounded by this thread.
    nodes: u64,
}

impl<B: NodeBound> Worker<'_, '_, B> {
    /// Bounds a root, or splits a node and bounds its children; then gives the results to the tree.
    fn treat(&mut self, node: Waits<B>, thread: usize, stop: &mut dyn FnMut() -> bool) {
        let before = self.nodes;
        let mut results = Results { closed: f64::INFINITY, open: Vec::new() };
        let Content { product, split } = node.content;
        match split {
            None => {
                let state = self.bound.root_state();
                self.visit(product, &state, node.proved, 0, &mut results, stop);
            }
            Some((state, Split { neuron, place })) => {
                let group = product.group(neuron);
                let parts = self.bound.split(&product.regions[neuron], &place).map(Arc::new);
                // Exchangeable neurons: only their number in each child matters (rule R4 of the certificates).
                for in_first in (0..=group.len()).rev() {
                    let child = product.with_regions(&group, in_first, &parts);
                    self.visit(child, &state, node.proved, node.depth + 1, &mut results, stop);
                }
            }
        }
        let mut tree = self.search.tree();
        tree.nodes += self.nodes - before;
        tree.finish(thread, results.closed, results.open);
        drop(tree);
        self.search.added.notify_all();
    }

    fn visit(
        &mut self,
        product: Product<B::Region>,
        parent: &B::State,
        inherited: f64,
        depth: u32,
        results: &mut Results<B>,
        stop: &mut dyn FnMut() -> bool,
    ) {
        self.nodes += 1;
        if product.dominated() {
            return;
        }
        let cut = self.search.incumbent.cut();
        match self.bound.bound(&Node { product: &product, parent, inherited, depth, cut }, stop) {
            Bounded::Closed(proved) => {
                results.closed = results.closed.min(proved);
                // A decided node is closed below the cut when its optimum is better than the incumbent: it must be taken.
                if proved < cut {
                    self.round(&product, true);
                }
            }
            Bounded::Open(Open { proved, value, state, split }) => {
                self.round(&product, self.nodes.is_multiple_of(DESCENT_PERIOD));
                let bytes = B::bytes(&state) + product.regions[split.neuron].bytes();
                let content = Content { product, split: Some((state, split)) };
                results.open.push(Waiting { proved, value, depth, bytes, content });
            }
        }
    }

    /// Offers the relaxation's solution and a local optimum near it as incumbent, on demand or if it looks better.
    fn round(&self, product: &Product<B::Region>, demanded: bool) {
        let Search { program, landscape, incumbent, .. } = self.search;
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

/// What treating a node gave.
struct Results<B: NodeBound> {
    /// Lowest bound proved for a leaf that was closed.
    closed: f64,
    open: Vec<Waits<B>>,
}
