//! Everything that can be wrong with the two documents.

use crate::{MAX_BYTES, MAX_PRODUCTS, MAX_WIDTH};
use std::fmt;
use thiserror::Error;

/// Which of the two documents is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// The instance.
    Instance,
    /// The weights.
    Weights,
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Instance => "instance",
            Self::Weights => "weights",
        })
    }
}

/// Why there is no exact loss.
#[derive(Debug, Error)]
pub enum CheckError {
    /// More bytes than are read.
    #[error("{document}: {bytes} bytes; at most {MAX_BYTES} are read")]
    TooLong {
        /// Which document.
        document: Document,
        /// Its length.
        bytes: usize,
    },
    /// Not JSON, or not of the expected shape; says the line and column.
    #[error("{document}: {error}")]
    Json {
        /// Which document.
        document: Document,
        /// What the parser says.
        error: serde_json::Error,
    },
    /// A training objective that this version cannot evaluate.
    #[error("instance: weight_decay is {0}; only 0 can be checked")]
    WeightDecay(f64),
    /// No sample at all.
    #[error("instance: no samples; give at least one row in x and one label in y")]
    NoSamples,
    /// A width outside the limits.
    #[error("instance: network.width is {0}; expected 1 to {MAX_WIDTH}")]
    Width(usize),
    /// A shared filter with more than one unit.
    #[error("instance: network.width is {0}; a shared filter has width 1")]
    SharedWidth(usize),
    /// Patches of a dense network, or such as do not make up a sample.
    #[error(
        "instance: network.patches and network.patch_size are {patches:?} and {patch_size:?} with {inputs} inputs; a shared \
         filter needs both, with that product, and a dense network has neither"
    )]
    Patches {
        /// Number of patches.
        patches: Option<usize>,
        /// Inputs of a patch.
        patch_size: Option<usize>,
        /// Number of inputs.
        inputs: usize,
    },
    /// Samples times width times inputs beyond the limit.
    #[error("{samples} samples, {width} hidden units and {inputs} inputs need more than {MAX_PRODUCTS} exact products")]
    TooMuchWork {
        /// Number of samples.
        samples: usize,
        /// Number of hidden units.
        width: usize,
        /// Number of inputs.
        inputs: usize,
    },
    /// A part whose length does not follow from the rest.
    #[error("{document}: {part} has length {found}, expected {expected}")]
    Length {
        /// Which document.
        document: Document,
        /// Which part of it.
        part: &'static str,
        /// Its length.
        found: usize,
        /// The length that fits.
        expected: usize,
    },
    /// A parameter that the network does not train has another value than the fixed one.
    #[error("weights: {part} must be {value} everywhere, because the network does not train it")]
    Fixed {
        /// Which part.
        part: &'static str,
        /// The value it is fixed at.
        value: f64,
    },
    /// A number that is not finite.
    #[error("{document}: {part} holds {value}, which is not a finite number")]
    NotFinite {
        /// Which document.
        document: Document,
        /// Which part of it.
        part: &'static str,
        /// The value.
        value: f64,
    },
}
