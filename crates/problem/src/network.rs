//! The network, its loss function's name and its weights.

use serde::{Deserialize, Serialize};

/// The largest width that is accepted: wider networks than this are always a typing error here.
pub const MAX_WIDTH: usize = 4096;

/// How samples reach the hidden units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkKind {
    /// Every hidden unit sees all inputs with weights of its own.
    Dense,
}

/// What a hidden unit does with its pre-activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// `max(0, z)`.
    Relu,
}

/// What is minimised: the mean over the samples of this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// `(f(x) - y)^2`.
    Squared,
}

/// A two-layer network with one output: `f(x) = sum_j a_j relu(w_j . x + b_j) + c`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    /// How samples reach the hidden units.
    pub kind: NetworkKind,
    /// Number `k` of hidden units, from 1 to [`MAX_WIDTH`].
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

    /// Number of trained parameters for inputs of `dimension` columns.
    pub fn parameter_count(&self, dimension: usize) -> usize {
        let per_unit = dimension + usize::from(self.hidden_bias) + usize::from(self.train_output);
        self.width * per_unit + usize::from(self.output_bias)
    }
}

/// Values for every parameter of a network. Parameters that the network lacks hold their fixed value (0, or 1 for
/// `output`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// `w`: `width` rows of `d` numbers.
    pub hidden: Vec<Vec<f64>>,
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
        self.hidden.iter().flatten().chain(&self.hidden_bias).chain(&self.output).all(|v| v.is_finite())
            && self.output_bias.is_finite()
    }

    /// The prediction `f(x)` in ordinary floating point. For scores use `Instance::loss_of`.
    ///
    /// # Panics
    /// When the parts of the weights differ in length.
    pub fn predict(&self, input: &[f64]) -> f64 {
        let mut sum = self.output_bias;
        for unit in 0..self.width() {
            let z: f64 = self.hidden[unit].iter().zip(input).map(|(w, x)| w * x).sum::<f64>() + self.hidden_bias[unit];
            sum += self.output[unit] * z.max(0.0);
        }
        sum
    }
}
