//! The open nodes of a search and what is proved of the rest.

use crate::certificate::NodeId;
use crate::search::Expanded;
use optgap_problem::StopReason;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Share of the memory limit that nodes in order of their bound may hold. Beyond it the search goes depth first, which needs
/// little more.
const HEAP_SHARE: f64 = 0.5;

/// An open node, and what the search knows of it.
pub(crate) struct Waiting<N> {
    /// Its number in the certificate.
    pub(crate) id: NodeId,
    /// A proved lower bound of its sum of squares: orders the search.
    pub(crate) proved: f64,
    /// Value of its relaxation: proves nothing.
    pub(crate) value: f64,
    pub(crate) depth: u32,
    /// Memory that it holds, roughly.
    pub(crate) bytes: usize,
    pub(crate) content: N,
}

impl<N> PartialEq for Waiting<N> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl<N> Eq for Waiting<N> {}
impl<N> PartialOrd for Waiting<N> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<N> Ord for Waiting<N> {
    /// The heap's greatest node has the lowest proved bound; among equals the lowest value, then the greatest depth.
    fn cmp(&self, other: &Self) -> Ordering {
        let by_bound = other.proved.total_cmp(&self.proved).then(other.value.total_cmp(&self.value));
        by_bound.then(self.depth.cmp(&other.depth))
    }
}

/// Open nodes, nodes in work, and the lowest bound of those that are closed.
pub(crate) struct Tree<N> {
    heap: BinaryHeap<Waiting<N>>,
    /// Nodes of the depth-first mode.
    stack: Vec<Waiting<N>>,
    /// Proved bound of the node that each thread works on; infinite when it is idle.
    in_work: Vec<f64>,
    /// Lowest bound proved for a closed leaf.
    closed: f64,
    bytes: usize,
    memory: usize,
    most_nodes: u64,
    /// Nodes bounded.
    pub(crate) nodes: u64,
    /// Why the search ends before every leaf is closed.
    pub(crate) stop: Option<StopReason>,
}

impl<N> Tree<N> {
    /// An empty tree for so many threads, whose open nodes may hold `memory` bytes, to be left after `most_nodes`.
    pub(crate) fn new(threads: usize, memory: usize, most_nodes: u64) -> Self {
        Self {
            heap: BinaryHeap::new(),
            stack: Vec::new(),
            in_work: vec![f64::INFINITY; threads],
            closed: f64::INFINITY,
            bytes: 0,
            memory,
            most_nodes,
            nodes: 0,
            stop: None,
        }
    }

    /// Number of open nodes.
    pub(crate) fn open(&self) -> usize {
        self.heap.len() + self.stack.len() + self.in_work.iter().filter(|bound| bound.is_finite()).count()
    }

    /// Is there nothing left to do, or no more allowed?
    pub(crate) fn is_done(&self) -> bool {
        self.stop.is_some() || self.nodes >= self.most_nodes || self.open() == 0
    }

    /// The lower bound as it stands: the lowest over closed leaves and open nodes, each proved.
    pub(crate) fn lower(&self) -> f64 {
        let working = self.in_work.iter().copied().fold(self.closed, f64::min);
        let stacked = self.stack.iter().map(|node| node.proved).fold(working, f64::min);
        self.heap.peek().map_or(stacked, |node| node.proved.min(stacked))
    }

    /// Adds an open node.
    pub(crate) fn add(&mut self, node: Waiting<N>) {
        self.bytes += node.bytes;
        if (self.bytes as f64) < HEAP_SHARE * self.memory as f64 {
            self.heap.push(node);
        } else {
            self.stack.push(node);
        }
        if self.bytes > self.memory {
            self.stop = self.stop.or(Some(StopReason::MemoryLimit));
        }
    }

    /// Hands a node to a thread. Nodes that an incumbent found meanwhile has closed are dropped on the way.
    pub(crate) fn take(&mut self, thread: usize, cut: f64) -> Option<Waiting<N>> {
        while let Some(node) = self.stack.pop().or_else(|| self.heap.pop()) {
            self.bytes -= node.bytes;
            if node.proved < cut {
                self.in_work[thread] = node.proved;
                return Some(node);
            }
            self.closed = self.closed.min(node.proved);
        }
        None
    }

    /// A thread is done with its node.
    pub(crate) fn finish(&mut self, thread: usize, expanded: Expanded<N>) {
        self.in_work[thread] = f64::INFINITY;
        self.nodes += expanded.nodes;
        self.closed = self.closed.min(expanded.closed);
        // The first child comes last and so is the first that the depth-first mode takes.
        expanded.open.into_iter().rev().for_each(|node| self.add(node));
    }
}
