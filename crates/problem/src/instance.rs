//! An instance and the one function that scores weights on it.

use crate::population;
use crate::prediction::{error_of, prediction};
use crate::{
    Activation, Dataset, Enclosure, Fingerprint, Loss, MAX_DEPTH, MAX_WIDTH, Network, NetworkKind, Unsupported, Weights,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A training problem: find weights of `network` that minimise `loss` on `data`.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// A name for people; not part of the fingerprint.
    pub name: String,
    /// Training samples.
    pub data: Dataset,
    /// The network.
    pub network: Network,
    /// The loss.
    pub loss: Loss,
    /// What is known of the optimum by construction.
    pub reference: Option<Reference>,
    /// Samples from the same source that are not trained on.
    pub test: Option<Dataset>,
    /// Where the instance comes from: family, parameters, source of the data.
    pub provenance: serde_json::Value,
}

/// What is known of the optimal loss by construction, and in which sense.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reference {
    /// The optimal loss is this.
    Optimum(f64),
    /// The optimal loss is not below this.
    AtLeast(f64),
    /// The losses come as near to this as one likes, and perhaps never reach it.
    Infimum(f64),
}

/// A reference may lie above the level of the best constant by this share, because both are rounded.
const REFERENCE_MARGIN: f64 = 1e-9;

/// Why an instance cannot be built.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum InstanceError {
    /// No hidden unit.
    #[error("network.width is 0; give at least one hidden unit")]
    ZeroWidth,
    /// More hidden units than are ever meant.
    #[error("network.width is {0}; at most {MAX_WIDTH} hidden units are supported")]
    HugeWidth(usize),
    /// Several filters on the same patches.
    #[error("network.width is {0}; a network with a shared filter has one filter: give width 1")]
    SharedWidth(usize),
    /// Patches that do not make up a sample.
    #[error(
        "network.patches is {patches} and network.patch_size {patch_size}, but x has {columns} columns; their product must be \
         the number of columns, and neither may be 0"
    )]
    Patches {
        /// Number of patches.
        patches: usize,
        /// Inputs of a patch.
        patch_size: usize,
        /// Columns of the samples.
        columns: usize,
    },
    /// A name that a terminal or a page would not show as it is.
    #[error("name holds a control character; use plain text on one line")]
    ControlCharacter,
    /// A product of too few or too many matrices.
    #[error("network.depth is {0}; a product of matrices has from 2 to {MAX_DEPTH}")]
    Depth(usize),
    /// Activation and kind of network that do not go together.
    #[error("network.activation must be linear for the kind deep-linear, without hidden_bias, and linear for no other kind")]
    Activation,
    /// A label that is no class.
    #[error("y, row {row}: {value} is no class; the loss zero-one needs the labels -1 and 1")]
    Class {
        /// Row of the label, from 1.
        row: usize,
        /// The label.
        value: f64,
    },
    /// A network that the population loss does not know.
    #[error("loss: gaussian-population is for dense relu networks without hidden_bias and output_bias, and without test data")]
    Population,
    /// Labels whose squares leave the range of floating point.
    #[error("y: the labels are so large that their squares overflow; divide y by a constant")]
    HugeLabels,
    /// A reference value that cannot be an optimal loss.
    #[error("reference is {0}; an optimal loss is finite, at least 0 and at most that of the best constant, {1}")]
    Reference(f64, f64),
    /// Test samples with other columns than the training samples.
    #[error("test.x has {found} columns where x has {expected}; use the same columns for both")]
    TestColumns {
        /// Columns of the test samples.
        found: usize,
        /// Columns of the training samples.
        expected: usize,
    },
}

/// Weights that do not fit the instance's network.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum ShapeMismatch {
    /// A part of the weights has the wrong length.
    #[error("weights: {part} has length {found}, but the network needs {expected}")]
    Length {
        /// Which part.
        part: &'static str,
        /// Its length.
        found: usize,
        /// The length that fits.
        expected: usize,
    },
    /// A parameter that the network lacks has another value than the fixed one.
    #[error("weights: {part} must be {fixed} everywhere, because the network does not train it")]
    Fixed {
        /// Which part.
        part: &'static str,
        /// The value it is fixed at.
        fixed: f64,
    },
}

impl Instance {
    /// Builds an instance with no name, reference, test data or provenance; the fields are public for those.
    ///
    /// # Errors
    /// When the width is 0 or above [`MAX_WIDTH`], or a shared filter does not fit the data.
    pub fn new(data: Dataset, network: Network, loss: Loss) -> Result<Self, InstanceError> {
        let instance = Self {
            name: String::from("unnamed"),
            data,
            network,
            loss,
            reference: None,
            test: None,
            provenance: serde_json::Value::Null,
        };
        instance.validate().map(|()| instance)
    }

    /// Checks what the types do not: width, patches, name, size of the labels, reference, columns of the test data.
    ///
    /// # Errors
    /// Names the field and the remedy.
    pub fn validate(&self) -> Result<(), InstanceError> {
        match self.network.width {
            0 => return Err(InstanceError::ZeroWidth),
            width if width > MAX_WIDTH => return Err(InstanceError::HugeWidth(width)),
            _ => {
                self.validate_kind()?;
                self.validate_loss()?;
            }
        }
        if self.name.chars().any(char::is_control) {
            return Err(InstanceError::ControlCharacter);
        }
        let level = self.constant_level();
        if !level.is_finite() {
            return Err(InstanceError::HugeLabels);
        }
        if let Some(reference) = self.reference {
            let (Reference::Optimum(value) | Reference::AtLeast(value) | Reference::Infimum(value)) = reference;
            if !(0.0..=level * (1.0 + REFERENCE_MARGIN)).contains(&value) {
                return Err(InstanceError::Reference(value, level));
            }
        }
        match &self.test {
            Some(test) if test.dimension() != self.data.dimension() => {
                Err(InstanceError::TestColumns { found: test.dimension(), expected: self.data.dimension() })
            }
            _ => Ok(()),
        }
    }

    fn validate_kind(&self) -> Result<(), InstanceError> {
        let linear = self.network.activation == Activation::Linear;
        match self.network.kind {
            NetworkKind::DeepLinear { depth } if !(2..=MAX_DEPTH).contains(&depth) => Err(InstanceError::Depth(depth)),
            NetworkKind::DeepLinear { .. } if linear && !self.network.hidden_bias => Ok(()),
            NetworkKind::SharedFilter { patches, patch_size } if !linear => self.validate_patches(patches, patch_size),
            NetworkKind::Dense if !linear => Ok(()),
            _ => Err(InstanceError::Activation),
        }
    }

    fn validate_loss(&self) -> Result<(), InstanceError> {
        let network = &self.network;
        match self.loss {
            Loss::Squared => Ok(()),
            Loss::ZeroOne => match self.data.labels().iter().position(|label| label.abs() != 1.0) {
                Some(index) => Err(InstanceError::Class { row: index + 1, value: self.data.labels()[index] }),
                None => Ok(()),
            },
            Loss::GaussianPopulation => {
                let plain = network.kind == NetworkKind::Dense && network.activation == Activation::Relu;
                let fitting = plain && !network.hidden_bias && !network.output_bias && self.test.is_none();
                if fitting { Ok(()) } else { Err(InstanceError::Population) }
            }
        }
    }

    fn validate_patches(&self, patches: usize, patch_size: usize) -> Result<(), InstanceError> {
        if self.network.width != 1 {
            return Err(InstanceError::SharedWidth(self.network.width));
        }
        let columns = self.data.dimension();
        // A data set has columns, so that neither factor of their number is 0.
        if patches.checked_mul(patch_size) == Some(columns) {
            Ok(())
        } else {
            Err(InstanceError::Patches { patches, patch_size, columns })
        }
    }

    /// The training loss of `weights`, enclosed by outward rounding. The only scoring function of optgap. Of weights that are
    /// not finite nothing is known: their loss is enclosed by zero and infinity.
    ///
    /// # Errors
    /// When the weights do not fit the network.
    pub fn loss_of(&self, weights: &Weights) -> Result<Enclosure, ShapeMismatch> {
        self.loss_on(&self.data, weights)
    }

    /// The loss of `weights` on other samples, for example on [`Instance::test`].
    ///
    /// # Errors
    /// When the weights do not fit the network or the samples have another number of columns.
    pub fn loss_on(&self, samples: &Dataset, weights: &Weights) -> Result<Enclosure, ShapeMismatch> {
        self.check_shape(weights)?;
        check_length("a row of x", samples.dimension(), self.data.dimension())?;
        if !weights.is_finite() {
            return Ok(Enclosure::new(0.0, f64::INFINITY));
        }
        let loss = match self.loss {
            Loss::Squared => {
                mean_over(samples, |input, label| (self.prediction(weights, input) - Enclosure::exact(label)).square())
            }
            Loss::ZeroOne => {
                mean_over(samples, |input, label| error_of(self.prediction(weights, input) * Enclosure::exact(label)))
            }
            Loss::GaussianPopulation => population::loss(samples, weights),
        };
        Ok(Enclosure { lo: loss.lo.max(0.0), hi: loss.hi })
    }

    fn prediction(&self, weights: &Weights, input: &[f64]) -> Enclosure {
        prediction(self.network.activation, weights, input)
    }

    /// `L0`: the loss of the best constant prediction that the network can represent, the unit of every gap.
    ///
    /// Any constant with a hidden or output bias (not below 0 when outputs are fixed to 1 and there is no output
    /// bias), else the zero function, which is always wrong for the loss zero-one.
    pub fn constant_level(&self) -> f64 {
        let labels = self.data.labels();
        let n = labels.len() as f64;
        let mean = labels.iter().sum::<f64>() / n;
        let network = &self.network;
        let constant = if network.output_bias || (network.hidden_bias && network.train_output) {
            mean
        } else if network.hidden_bias {
            mean.max(0.0)
        } else {
            0.0
        };
        match self.loss {
            // Equal labels have level 0; their rounded mean may differ from them.
            Loss::Squared if constant != 0.0 && labels.iter().all(|y| *y == labels[0]) && labels[0] * constant > 0.0 => 0.0,
            Loss::Squared => labels.iter().map(|y| (y - constant) * (y - constant)).sum::<f64>() / n,
            Loss::ZeroOne => self.constant_errors() as f64 / n,
            Loss::GaussianPopulation => population::loss(&self.data, &Weights::zero(1, self.data.dimension())).hi,
        }
    }

    /// Errors of the best constant sign that the network can give.
    fn constant_errors(&self) -> usize {
        let positive = self.data.labels().iter().filter(|label| **label > 0.0).count();
        let negative = self.data.len() - positive;
        let Network { hidden_bias, output_bias, train_output, .. } = self.network;
        if output_bias || (hidden_bias && train_output) {
            positive.min(negative)
        } else if hidden_bias {
            negative
        } else {
            self.data.len()
        }
    }

    /// A hash of everything that decides the training problem: samples, network and loss, not names.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self)
    }

    /// Is it the training of `relu` units by squared errors on samples, which most methods are made for?
    ///
    /// # Errors
    /// What it is instead.
    pub fn is_relu_regression(&self) -> Result<(), Unsupported> {
        let refuse = |text: &str| Err(Unsupported(text.to_owned()));
        match (self.network.activation, self.loss) {
            (Activation::Relu, Loss::Squared) => Ok(()),
            (Activation::Threshold, _) => refuse("threshold units: neither squared errors nor gradients tell how to move them"),
            (Activation::Linear, _) => refuse("a deep linear network, which has no relu units"),
            (_, Loss::ZeroOne) => refuse("the loss counts errors, which has no gradient and is no square"),
            (_, Loss::GaussianPopulation) => refuse("the loss is over a whole population, not over samples"),
        }
    }

    fn check_shape(&self, weights: &Weights) -> Result<(), ShapeMismatch> {
        let network = &self.network;
        check_length("hidden", weights.hidden.len(), network.width)?;
        check_length("hidden_bias", weights.hidden_bias.len(), network.width)?;
        check_length("output", weights.output.len(), network.width)?;
        for row in &weights.hidden {
            check_length("a row of hidden", row.len(), network.unit_inputs(self.data.dimension()))?;
        }
        check_length("inner", weights.inner.len(), network.inner_layers())?;
        for matrix in &weights.inner {
            check_length("a matrix of inner", matrix.len(), network.width)?;
            for row in matrix {
                check_length("a row of a matrix of inner", row.len(), network.width)?;
            }
        }
        if !network.hidden_bias && weights.hidden_bias.iter().any(|&b| b != 0.0) {
            return Err(ShapeMismatch::Fixed { part: "hidden_bias", fixed: 0.0 });
        }
        if !network.output_bias && weights.output_bias != 0.0 {
            return Err(ShapeMismatch::Fixed { part: "output_bias", fixed: 0.0 });
        }
        if !network.train_output && weights.output.iter().any(|&a| a != 1.0) {
            return Err(ShapeMismatch::Fixed { part: "output", fixed: 1.0 });
        }
        Ok(())
    }
}

/// The mean of what each sample costs.
fn mean_over(samples: &Dataset, cost: impl Fn(&[f64], f64) -> Enclosure) -> Enclosure {
    let sum = samples.samples().fold(Enclosure::ZERO, |sum, (input, label)| sum + cost(input, label));
    sum.over(samples.len() as f64)
}

fn check_length(part: &'static str, found: usize, expected: usize) -> Result<(), ShapeMismatch> {
    if found == expected { Ok(()) } else { Err(ShapeMismatch::Length { part, found, expected }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_rational::BigRational;
    use num_traits::{Signed, Zero};
    use proptest::prelude::*;

    fn xor() -> Instance {
        let rows = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]].map(|r| r.to_vec());
        let data = Dataset::new(&rows, vec![0.0, 1.0, 1.0, 0.0]).expect("valid");
        Instance::new(data, Network::dense(2), Loss::Squared).expect("valid")
    }

    fn xor_weights() -> Weights {
        Weights {
            inner: vec![],
            hidden: vec![vec![1.0, 1.0], vec![1.0, 1.0]],
            hidden_bias: vec![0.0, -1.0],
            output: vec![1.0, -2.0],
            output_bias: 0.0,
        }
    }

    #[test]
    fn the_exact_weights_of_xor_score_zero() {
        let loss = xor().loss_of(&xor_weights()).expect("fits");
        assert_eq!(loss.lo, 0.0);
        assert!(loss.hi < 1e-29, "{loss:?}");
    }

    #[test]
    fn weights_of_another_shape_are_refused_by_name() {
        let mut weights = xor_weights();
        weights.output_bias = 1.0;
        assert_eq!(xor().loss_of(&weights), Err(ShapeMismatch::Fixed { part: "output_bias", fixed: 0.0 }));
        weights.output.pop();
        assert_eq!(xor().loss_of(&weights), Err(ShapeMismatch::Length { part: "output", found: 1, expected: 2 }));
    }

    /// Two patches of two inputs.
    fn filter() -> Instance {
        let rows = [vec![1.0, 0.0, 0.0, 2.0], vec![-1.0, 3.0, 0.5, 0.5]];
        let data = Dataset::new(&rows, vec![1.5, 2.0]).expect("valid");
        Instance::new(data, Network::shared_filter(2, 2), Loss::Squared).expect("valid")
    }

    #[test]
    fn a_shared_filter_gives_the_mean_over_its_patches() {
        let weights =
            Weights { inner: vec![], hidden: vec![vec![1.0, 2.0]], hidden_bias: vec![-2.0], output: vec![3.0], output_bias: 0.0 };
        // Patches of the first sample: -1 and 2, of the second: 3 and -0.5.
        let predictions: Vec<f64> = filter().data.samples().map(|(x, _)| weights.predict(x)).collect();
        assert_eq!(predictions, [3.0, 4.5]);
        let loss = filter().loss_of(&weights).expect("fits");
        let exact = 4.25; // of 1.5 and 2.5
        assert!(loss.lo <= exact && exact <= loss.hi && loss.width() < 1e-13, "{loss:?}");
        assert_eq!(filter().network.parameter_count(4), 4);
        assert_eq!(filter().constant_level(), 0.0625);
    }

    #[test]
    fn patches_that_do_not_make_up_a_sample_are_refused() {
        let with = |patches, patch_size, width| {
            let network = Network { width, ..Network::shared_filter(patches, patch_size) };
            Instance::new(filter().data, network, Loss::Squared).expect_err("refused").to_string()
        };
        assert!(with(3, 2, 1).contains("patches is 3 and network.patch_size 2, but x has 4 columns"));
        assert!(with(0, 4, 1).contains("patches is 0"));
        assert!(with(usize::MAX, 4, 1).contains("but x has 4 columns"));
        assert!(with(2, 2, 2).contains("give width 1"));
        let dense = Weights::zero(1, 4);
        assert_eq!(filter().loss_of(&dense), Err(ShapeMismatch::Length { part: "a row of hidden", found: 4, expected: 2 }));
    }

    #[test]
    fn the_constant_level_follows_what_the_network_can_represent() {
        let mut instance = xor();
        assert_eq!(instance.constant_level(), 0.25);
        instance.network.hidden_bias = false;
        assert_eq!(instance.constant_level(), 0.5);
        instance.network.output_bias = true;
        assert_eq!(instance.constant_level(), 0.25);
        let negative = Dataset::new(&[vec![1.0], vec![2.0]], vec![-1.0, -3.0]).expect("valid");
        let mut fixed = Instance::new(negative, Network::dense(1), Loss::Squared).expect("valid");
        fixed.network.train_output = false;
        assert_eq!(fixed.constant_level(), 5.0);
        let equal = Dataset::new(&[vec![1.0], vec![2.0], vec![3.0]], vec![0.1; 3]).expect("valid");
        assert_eq!(Instance::new(equal, Network::dense(1), Loss::Squared).expect("valid").constant_level(), 0.0);
    }

    #[test]
    fn weights_that_are_not_finite_have_no_finite_loss() {
        let rows = [vec![0.0], vec![0.0]];
        let instance =
            Instance::new(Dataset::new(&rows, vec![0.0, 1.0]).expect("valid"), Network::dense(1), Loss::Squared).expect("valid");
        let mut weights = Weights::zero(1, 1);
        weights.hidden_bias[0] = f64::NAN;
        assert_eq!(instance.loss_of(&weights), Ok(Enclosure::new(0.0, f64::INFINITY)));
    }

    #[test]
    fn labels_whose_squares_overflow_are_refused() {
        let huge = Dataset::new(&[vec![1.0], vec![2.0]], vec![1e200, -1e200]).expect("finite");
        assert_eq!(Instance::new(huge, Network::dense(1), Loss::Squared), Err(InstanceError::HugeLabels));
    }

    fn rational(v: f64) -> BigRational {
        BigRational::from_float(v).expect("finite")
    }

    proptest! {
        #[test]
        fn the_enclosure_contains_the_exact_loss(values in prop::collection::vec(-1e6f64..1e6, 12)) {
            let data = Dataset::new(&[vec![values[0]], vec![values[1]], vec![values[2]]], values[3..6].to_vec()).unwrap();
            let mut network = Network::dense(2);
            network.output_bias = true;
            let instance = Instance::new(data, network, Loss::Squared).unwrap();
            let weights = Weights {
                inner: vec![],
                hidden: vec![vec![values[6]], vec![values[7]]],
                hidden_bias: vec![values[8], values[9]],
                output: vec![values[10], -1.5],
                output_bias: values[11],
            };
            let mut exact = BigRational::zero();
            for (input, label) in instance.data.samples() {
                let mut f = rational(weights.output_bias) - rational(label);
                for j in 0..2 {
                    let z = rational(weights.hidden[j][0]) * rational(input[0]) + rational(weights.hidden_bias[j]);
                    if z.is_positive() {
                        f += rational(weights.output[j]) * z;
                    }
                }
                exact += f.clone() * f;
            }
            exact /= rational(3.0);
            let enclosure = instance.loss_of(&weights).unwrap();
            prop_assert!(rational(enclosure.lo) <= exact && exact <= rational(enclosure.hi));
            prop_assert!(enclosure.width() <= 1e-12 * enclosure.hi);
        }
    }
}
