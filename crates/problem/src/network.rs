//! The network, its loss function's name and its weights.

use serde::{Deserialize, Serialize};

/// The largest width that is accepted: wider networks than this are always a typing error here.
pub const MAX_WIDTH: usize = 4096;

/// The largest depth of a product of matrices that is accepted.
pub const MAX_DEPTH: usize = 64;

/// How samples reach the hidden units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NetworkKind {
    /// Every hidden unit sees all inputs with weights of its own.
    Dense,
    /// Convolution without overlap (Brutzkus and Globerson, 2017): the inputs are `patches` disjoint patches one after the
    /// other, every hidden unit sees each of them with the same weights, and the mean of what it gives counts.
    SharedFilter {
        /// Number of patches, at least 1.
        patches: usize,
        /// Inputs of a patch, at least 1.
        patch_size: usize,
    },
    /// A product of matrices: every layer is linear and has no bias. `hidden` is the first matrix, the square ones of
    /// `inner` follow, `output` is the last.
    DeepLinear {
        /// Number of matrices, at least 2.
        depth: usize,
    },
}

/// What a hidden unit does with its pre-activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// `max(0, z)`.
    Relu,
    /// 1 where `z > 0`, else 0.
    Threshold,
    /// `z`: the activation of [`NetworkKind::DeepLinear`] and of no other network.
    Linear,
}

/// What is minimised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// The mean over the samples of `(f(x) - y)^2`.
    Squared,
    /// The share of the samples with `y f(x) <= 0`; labels are -1 and 1.
    ZeroOne,
    /// The mean of `(f(x) - g(x))^2` over all `x ~ N(0, I_d)`, in closed form. `g` is the network of `relu` units without
    /// bias whose incoming weights are the inputs of the samples and whose output weights are the labels.
    GaussianPopulation,
}

/// A two-layer network with one output: `f(x) = sum_j a_j relu(w_j . x + b_j) + c`, or with a shared filter `f(x) = a (1/P)
/// sum_p relu(w . x[p] + b) + c` over the `P` patches of `x`; or a product of matrices.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    /// How samples reach the hidden units.
    pub kind: NetworkKind,
    /// Number `k` of hidden units, from 1 to [`MAX_WIDTH`]; 1 for a shared filter.
    pub width: usize,
    /// Activation of the hidden units.
    pub activation: Activation,
    /// Are the `b_j` trained? Otherwise they are 0.
    pub hidden_bias: bool,
    /// Is `c` trained? Otherwise it is 0.
    pub output_bias: bool,
    /// Are the `a_j` trained? Otherwise they are 1.
    pub train_output: bool,
}

impl Network {
    /// A dense `relu` network of the given width with hidden bias and trained outputs, the commonest kind.
    pub fn dense(width: usize) -> Self {
        Self {
            kind: NetworkKind::Dense,
            width,
            activation: Activation::Relu,
            hidden_bias: true,
            output_bias: false,
            train_output: true,
        }
    }

    /// A single `relu` filter with bias and trained output on `patches` patches of `patch_size` inputs.
    pub fn shared_filter(patches: usize, patch_size: usize) -> Self {
        Self { kind: NetworkKind::SharedFilter { patches, patch_size }, ..Self::dense(1) }
    }

    /// A product of `depth` matrices with `width` inner dimensions, without any bias.
    pub fn deep_linear(depth: usize, width: usize) -> Self {
        let kind = NetworkKind::DeepLinear { depth };
        Self { kind, activation: Activation::Linear, hidden_bias: false, ..Self::dense(width) }
    }

    /// Number of the square matrices of `inner`.
    pub fn inner_layers(&self) -> usize {
        match self.kind {
            NetworkKind::Dense | NetworkKind::SharedFilter { .. } => 0,
            NetworkKind::DeepLinear { depth } => depth.saturating_sub(2),
        }
    }

    /// How often every hidden unit looks at a sample.
    pub fn patches(&self) -> usize {
        match self.kind {
            NetworkKind::Dense | NetworkKind::DeepLinear { .. } => 1,
            NetworkKind::SharedFilter { patches, .. } => patches,
        }
    }

    /// Inputs that a hidden unit sees at a time, of samples with `dimension` inputs: the length of a row of `hidden`.
    pub fn unit_inputs(&self, dimension: usize) -> usize {
        match self.kind {
            NetworkKind::Dense | NetworkKind::DeepLinear { .. } => dimension,
            NetworkKind::SharedFilter { patch_size, .. } => patch_size,
        }
    }

    /// Number of trained parameters for samples of `dimension` inputs.
    pub fn parameter_count(&self, dimension: usize) -> usize {
        let per_unit = self.unit_inputs(dimension) + usize::from(self.hidden_bias) + usize::from(self.train_output);
        self.width * (per_unit + self.inner_layers() * self.width) + usize::from(self.output_bias)
    }
}

/// Values for every parameter of a network. Parameters that the network lacks hold their fixed value (0, or 1 for
/// `output`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// `w`: `width` rows of `d` numbers, or one row of the length of a patch.
    pub hidden: Vec<Vec<f64>>,
    /// The inner matrices of a deep linear network, each `width` rows of `width` numbers; empty for all others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inner: Vec<Vec<Vec<f64>>>,
    /// `b`: `width` numbers.
    pub hidden_bias: Vec<f64>,
    /// `a`: `width` numbers.
    pub output: Vec<f64>,
    /// `c`.
    #[serde(default)]
    pub output_bias: f64,
}

impl Weights {
    /// All zeros but the outputs, which are 1: the zero function.
    pub fn zero(width: usize, dimension: usize) -> Self {
        Self {
            hidden: vec![vec![0.0; dimension]; width],
            inner: Vec::new(),
            hidden_bias: vec![0.0; width],
            output: vec![1.0; width],
            output_bias: 0.0,
        }
    }

    /// Number of hidden units.
    pub fn width(&self) -> usize {
        self.hidden.len()
    }

    /// Is every number finite?
    pub fn is_finite(&self) -> bool {
        let matrices = self.hidden.iter().chain(self.inner.iter().flatten()).flatten();
        matrices.chain(&self.hidden_bias).chain(&self.output).all(|v| v.is_finite()) && self.output_bias.is_finite()
    }

    /// The prediction `f(x)` of a `relu` network in ordinary floating point. For scores use `Instance::loss_of`. A unit with
    /// fewer weights than there are inputs is a shared filter: it looks at one patch after the other, and the mean counts.
    ///
    /// # Panics
    /// When the parts of the weights differ in length or a unit has no weights.
    pub fn predict(&self, input: &[f64]) -> f64 {
        let mut sum = self.output_bias;
        for unit in 0..self.width() {
            let weights = &self.hidden[unit];
            let patches = input.chunks_exact(weights.len());
            let count = patches.len() as f64;
            let activity = |patch: &[f64]| {
                let products = weights.iter().zip(patch).map(|(w, x)| w * x);
                (products.sum::<f64>() + self.hidden_bias[unit]).max(0.0)
            };
            sum += self.output[unit] * patches.map(activity).sum::<f64>() / count;
        }
        sum
    }
}
