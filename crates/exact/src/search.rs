//! Branch and bound, whatever its nodes are: best bound first, every closed leaf proved, as many threads as allowed.
//!
//! One heap of open nodes serves all threads: bounding a node takes far longer than taking one. Nodes wait in order of their
//! proved bound, so that the bound of the whole rises steadily and a time-out leaves one worth having.

use crate::incumbent::Incumbent;
use crate::tree::{Tree, Waiting};
use optgap_problem::{Bounds, Progress, StopReason, Watch};
use rayon::ThreadPool;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Every this many nodes the watch of a single thread hears of the progress.
const REPORT_PERIOD: u64 = 64;
/// So often the watch is asked while other threads work.
const WATCH_PERIOD: Duration = Duration::from_millis(4);
/// More open nodes than these are given back by a thread of their own when a search is stopped.
const MANY_OPEN: usize = 20_000;

/// How much a search may use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits<'a> {
    /// Threads that bound nodes; without, the calling thread does it.
    pub(crate) pool: Option<&'a ThreadPool>,
    /// Bytes that open nodes may hold.
    pub(crate) memory: usize,
    /// The search ends after this many nodes.
    pub(crate) nodes: u64,
}

/// What the search delivers: a proved lower bound of the sum of squares.
pub(crate) struct Searched {
    pub(crate) lower: f64,
    pub(crate) nodes: u64,
    pub(crate) stop: Option<StopReason>,
}

/// One thread's way of treating nodes, with its scratch space.
pub(crate) trait Expand {
    /// What an open node is made of.
    type Content: Send + 'static;

    /// Bounds a root, or splits a node and bounds its children.
    fn expand(&mut self, node: Waiting<Self::Content>, stop: &mut dyn FnMut() -> bool) -> Expanded<Self::Content>;
}

/// What treating a node gave.
pub(crate) struct Expanded<N> {
    /// Nodes bounded.
    pub(crate) nodes: u64,
    /// Lowest bound proved for a leaf that was closed.
    pub(crate) closed: f64,
    pub(crate) open: Vec<Waiting<N>>,
}

impl<N> Expanded<N> {
    /// Nothing bounded, nothing left.
    pub(crate) fn nothing() -> Self {
        Self { nodes: 0, closed: f64::INFINITY, open: Vec::new() }
    }

    /// Takes note of a leaf that was closed with this proved bound.
    pub(crate) fn close(&mut self, proved: f64) {
        self.closed = self.closed.min(proved);
    }
}

/// Searches from the roots until every leaf is closed or a limit is reached. `expander` makes one for every thread.
pub(crate) fn search<E: Expand>(
    incumbent: &Incumbent,
    roots: impl IntoIterator<Item = Waiting<E::Content>>,
    limits: Limits<'_>,
    expander: impl Fn() -> E + Sync,
    watch: &mut dyn Watch,
) -> Searched {
    let threads = limits.pool.map_or(1, ThreadPool::current_num_threads);
    let mut tree = Tree::new(threads, limits.memory, limits.nodes);
    roots.into_iter().for_each(|root| tree.add(root));
    let search = Search {
        incumbent,
        tree: Mutex::new(tree),
        added: Condvar::new(),
        ended: Condvar::new(),
        stopping: AtomicBool::new(false),
    };
    match limits.pool {
        Some(pool) => search.run_together(pool, expander, watch),
        None => search.run_alone(expander(), watch),
    }
    let tree = search.tree.into_inner().expect("no thread panics while it holds the tree");
    let searched = Searched { lower: tree.lower(), nodes: tree.nodes, stop: tree.stop };
    if tree.open() > MANY_OPEN {
        // The caller has asked for the time that giving back a million nodes takes.
        std::thread::spawn(move || drop(tree));
    }
    searched
}

/// What the threads share.
struct Search<'a, N> {
    incumbent: &'a Incumbent<'a>,
    tree: Mutex<Tree<N>>,
    /// Wakes threads without a node: told when nodes were added or the search has ended.
    added: Condvar,
    /// Wakes the thread that keeps the watch when the search has ended; telling it of every node would cost more than the nodes.
    ended: Condvar,
    /// Tells threads in the middle of a node that the search is to stop.
    stopping: AtomicBool,
}

/// Ends the search when its thread panics: the others would wait for its node for ever. The panic itself goes on to the caller.
struct Alarm<'s, 'a, N>(&'s Search<'a, N>);

impl<N> Drop for Alarm<'_, '_, N> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.tree.lock().unwrap_or_else(PoisonError::into_inner).stop = Some(StopReason::Interrupted);
            self.0.added.notify_all();
            self.0.ended.notify_all();
        }
    }
}

impl<N: Send> Search<'_, N> {
    fn tree(&self) -> MutexGuard<'_, Tree<N>> {
        self.tree.lock().expect("no thread panics while it holds the tree")
    }

    /// The calling thread does everything.
    fn run_alone(&self, mut expander: impl Expand<Content = N>, watch: &mut dyn Watch) {
        let mut next_report = 0;
        loop {
            let node = {
                let mut tree = self.tree();
                if tree.nodes >= next_report {
                    next_report = tree.nodes + REPORT_PERIOD;
                    watch.observe(self.progress(&tree));
                }
                tree.stop = tree.stop.or_else(|| watch.should_stop());
                if tree.is_done() {
                    return;
                }
                tree.take(0, self.incumbent.cut())
            };
            let Some(node) = node else { return };
            let expanded = expander.expand(node, &mut || watch.should_stop().is_some());
            self.tree().finish(0, expanded);
        }
    }

    /// The threads of the pool bound nodes; the calling one keeps the watch.
    fn run_together<E: Expand<Content = N>>(&self, pool: &ThreadPool, expander: impl Fn() -> E + Sync, watch: &mut dyn Watch) {
        pool.in_place_scope(|scope| {
            for thread in 0..pool.current_num_threads() {
                let expander = &expander;
                scope.spawn(move |_| {
                    let _alarm = Alarm(self);
                    let mut expander = expander();
                    while let Some(node) = self.wait_for_node(thread) {
                        let expanded = expander.expand(node, &mut || self.stopping.load(Ordering::Relaxed));
                        self.tree().finish(thread, expanded);
                        self.added.notify_all();
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
    fn wait_for_node(&self, thread: usize) -> Option<Waiting<N>> {
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

    fn progress(&self, tree: &Tree<N>) -> Progress {
        let upper = self.incumbent.upper();
        let lower = self.incumbent.mean(tree.lower().min(self.incumbent.total())).min(upper);
        Progress::Search { nodes: tree.nodes, open: tree.open(), bounds: Bounds { lower, upper } }
    }
}
