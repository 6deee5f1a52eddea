//! The contract between the tree of nodes and the bound of a single node.
//!
//! The tree (`search`) knows products of regions, order, threads and limits; a node bound knows what a region is, how to bound a
//! product of them, where to split it, and which point inside it is worth a look. Every bound that it hands out is proved.

use crate::certificate::Kind;
use crate::product::Product;
use std::sync::Arc;

/// A closed cone of parameter vectors of one neuron.
pub(crate) trait Region: Send + Sync + 'static {
    /// Is the neuron off on every point?
    fn is_off(&self) -> bool;

    /// Memory that it holds, roughly.
    fn bytes(&self) -> usize;
}

/// A node to be bounded.
pub(crate) struct Node<'a, B: NodeBound> {
    pub(crate) product: &'a Product<B::Region>,
    /// What the parent left, or the state of a root.
    pub(crate) parent: &'a B::State,
    /// A lower bound of the node's sum of squares that is proved already.
    pub(crate) inherited: f64,
    /// Splits above this node.
    pub(crate) depth: u32,
    /// A node whose sum of squares is proved to reach this is closed.
    pub(crate) cut: f64,
}

/// A proved lower bound of a node's sum of squares.
pub(crate) struct Proof {
    pub(crate) bound: f64,
    /// What the certificate says of it: empty if there is none, or if what is recorded of the nodes above proves as much.
    pub(crate) record: Vec<u8>,
}

impl Proof {
    /// A bound that needs no words.
    pub(crate) fn silent(bound: f64) -> Self {
        Self { bound, record: Vec::new() }
    }

    /// The higher one of this bound and one that is recorded already.
    pub(crate) fn or(self, recorded: f64) -> Self {
        if self.bound >= recorded { self } else { Self::silent(recorded) }
    }
}

/// What bounding a node gave.
pub(crate) enum Bounded<B: NodeBound> {
    /// The node is done with.
    Closed(Proof),
    /// The node must be split.
    Open(Open<B>),
}

/// A node that was bounded but not closed.
pub(crate) struct Open<B: NodeBound> {
    pub(crate) proof: Proof,
    /// Value of its relaxation: proves nothing, orders nodes of equal proved bound.
    pub(crate) value: f64,
    /// What its children start from.
    pub(crate) state: B::State,
    /// Where it is split.
    pub(crate) split: Split<B::Place>,
}

/// A neuron whose region is split, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Split<P> {
    pub(crate) neuron: usize,
    pub(crate) place: P,
}

/// A point inside a node, for upper bounds.
pub(crate) struct Candidate<'a> {
    /// Pre-activations of every neuron on every point, neuron after neuron.
    pub(crate) preactivations: &'a [f64],
    /// The free constant, 0 if there is none.
    pub(crate) constant: f64,
}

/// Bounds nodes; owns the scratch space of one thread.
pub(crate) trait NodeBound: Send + Sized {
    /// Where a neuron's parameter vector lies.
    type Region: Region;
    /// Where a region is split.
    type Place: Send + 'static;
    /// What a node leaves to its children.
    type State: Send + 'static;

    /// How its regions are described in a certificate.
    const KIND: Kind;

    /// What a certificate of this kind tells before its nodes.
    fn frame(&self, roots: &[Arc<Self::Region>]) -> Vec<u8>;

    /// Where a split was, as a certificate has it.
    fn write_place(&self, place: &Self::Place, parts: &[Arc<Self::Region>; 2], bytes: &mut Vec<u8>);

    /// Regions that cover the space of a neuron's parameter vectors.
    fn roots(&self) -> Vec<Arc<Self::Region>>;

    /// Two regions that cover the given one.
    fn split(&self, region: &Self::Region, place: &Self::Place) -> [Self::Region; 2];

    /// The state from which roots start.
    fn root_state(&self) -> Self::State;

    /// Bounds a node: closes it with a proof, or says where to split it. Long work asks `stop` now and then, and leaves the node
    /// open when the answer is yes.
    fn bound(&mut self, node: &Node<'_, Self>, stop: &mut dyn FnMut() -> bool) -> Bounded<Self>;

    /// The relaxation's solution in the node that was bounded last.
    fn candidate(&self) -> Candidate<'_>;

    /// Bytes that a state holds, roughly.
    fn bytes(state: &Self::State) -> usize;
}
