//! The contract between the tree of nodes and the bound of a single node.
//!
//! The tree (`search`) knows cones, splits, order, threads and limits; a node bound knows how to bound a product of cones,
//! where to split it, and which point inside it is worth a look. Every bound that it hands out is proved.

use crate::branching::Split;
use crate::node::Product;

/// A node to be bounded.
pub(crate) struct Node<'a, S> {
    pub(crate) product: &'a Product,
    /// What the parent left, or the state of a root.
    pub(crate) parent: &'a S,
    /// A lower bound of the node's sum of squares that is proved already.
    pub(crate) inherited: f64,
    /// Splits above this node.
    pub(crate) depth: u32,
    /// A node whose sum of squares is proved to reach this is closed.
    pub(crate) cut: f64,
}

/// What bounding a node gave.
pub(crate) enum Bounded<S> {
    /// The node is done with: a proved lower bound of its sum of squares.
    Closed(f64),
    /// The node must be split.
    Open(Open<S>),
}

/// A node that was bounded but not closed.
pub(crate) struct Open<S> {
    /// A proved lower bound of its sum of squares.
    pub(crate) proved: f64,
    /// Value of its relaxation: proves nothing, orders nodes of equal proved bound.
    pub(crate) value: f64,
    /// What its children start from.
    pub(crate) state: S,
    /// Where it is split.
    pub(crate) split: Split,
}

/// A point inside a node, for upper bounds.
pub(crate) struct Candidate<'a> {
    /// Pre-activations of every neuron on every point, neuron after neuron.
    pub(crate) preactivations: &'a [f64],
    /// The free constant, 0 if there is none.
    pub(crate) constant: f64,
}

/// Bounds nodes; owns the scratch space of one thread.
pub(crate) trait NodeBound: Send {
    /// What a node leaves to its children.
    type State: Send + 'static;

    /// The state from which roots start.
    fn root(&self) -> Self::State;

    /// Bounds a node: closes it with a proof, or says where to split it. Long work asks `stop` now and then, and leaves the node
    /// open when the answer is yes.
    fn bound(&mut self, node: &Node<'_, Self::State>, stop: &mut dyn FnMut() -> bool) -> Bounded<Self::State>;

    /// The relaxation's solution in the node that was bounded last.
    fn candidate(&self) -> Candidate<'_>;

    /// Bytes that a state holds, roughly.
    fn bytes(state: &Self::State) -> usize;
}
