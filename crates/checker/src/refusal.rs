//! Why a certificate proves nothing.

use crate::CheckError;
use std::fmt;
use thiserror::Error;

/// The rules of `FORMAT.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The root cones cover the space.
    Roots,
    /// A split's children cover it.
    Split,
    /// Neurons that are split together can be exchanged.
    Group,
    /// A neuron is off everywhere.
    Off,
    /// A dual vector is feasible, and its bound reaches the claim.
    Bound,
    /// What follows from a bound for groups.
    Claims,
    /// The file's form, and its tree.
    Form,
    /// The statement: weights that are the network's.
    Statement,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = match self {
            Self::Roots => 1,
            Self::Split => 3,
            Self::Group => 4,
            Self::Off => 5,
            Self::Bound => 6,
            Self::Claims => 7,
            Self::Form => 8,
            Self::Statement => 9,
        };
        write!(f, "rule R{number}")
    }
}

/// A certificate that is refused.
#[derive(Debug, Error)]
pub enum Refusal {
    /// The instance cannot be read, or is of a kind that cannot be certified.
    #[error(transparent)]
    Instance(#[from] CheckError),
    /// Something is wrong with the file as a whole.
    #[error("{rule}: {reason}")]
    File {
        /// The rule that fails.
        rule: Rule,
        /// What is wrong.
        reason: String,
    },
    /// Something is wrong at a node.
    #[error("node {node}, {rule}: {reason}")]
    Node {
        /// The node's number.
        node: u64,
        /// The rule that fails.
        rule: Rule,
        /// What is wrong.
        reason: String,
    },
}

/// What is wrong at the place at hand; the caller knows the node.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) rule: Rule,
    pub(crate) reason: String,
}

impl Fault {
    pub(crate) fn new(rule: Rule, reason: impl Into<String>) -> Self {
        Self { rule, reason: reason.into() }
    }

    /// A fault of form.
    pub(crate) fn form(reason: impl Into<String>) -> Self {
        Self::new(Rule::Form, reason)
    }

    pub(crate) fn at(self, node: u64) -> Refusal {
        Refusal::Node { node, rule: self.rule, reason: self.reason }
    }
}

impl From<Fault> for Refusal {
    fn from(Fault { rule, reason }: Fault) -> Self {
        Self::File { rule, reason }
    }
}

/// Fails with a fault unless the condition holds.
pub(crate) fn require(holds: bool, rule: Rule, reason: impl Into<String>) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(Fault::new(rule, reason)) }
}
