//! One filter on Gaussian patches, labelled by a filter of the same kind.
//!
//! **Definition.** Inputs are `patches` disjoint patches of `patch-size` numbers `N(0, 1)`, rounded to multiples of `2^-16`.
//! The label is the mean over the patches of `relu(w . patch)` for a random filter `w` of length 1; the network is a filter
//! of the same kind, without bias, with output weight 1. The test set holds 200 further samples.
//!
//! **Source.** Brutzkus and Globerson (2017): on Gaussian inputs, gradient descent finds the filter in polynomial time.
//!
//! **Reference.** 0, reached by the filter itself.
//!
//! **Descent** is expected to succeed from every start that is not dead on all samples: over the whole population the filter
//! is the only minimum and descent cannot stop elsewhere but at saddle points. With few samples other minima may appear. The
//! same network on other data, `filter-splitting`, is NP-hard to train.

use crate::about::about;
use crate::planted::{direction, labels};
use crate::request::{Request, dataset, state_optimum};
use crate::stream::{Purpose, Stream, gaussian_rows};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag, Weights};

/// See the module documentation.
pub(crate) struct GaussianConvolution;

const PARAMETERS: &[Parameter] = &[
    Parameter::integer("n", "samples", 1, 10_000, 20),
    Parameter::integer("patches", "patches of a sample", 1, 16, 2),
    Parameter::integer("patch-size", "inputs of a patch", 1, 16, 2),
];

impl Family for GaussianConvolution {
    fn name(&self) -> &'static str {
        "gaussian-convolution"
    }

    fn tag(&self) -> Tag {
        Tag::Structured
    }

    fn about(&self) -> About {
        about(include_str!("gaussian_convolution.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "n=10" },
            Size { name: "small", parameters: "n=20" },
            Size { name: "medium", parameters: "n=40,patches=3,patch-size=3" },
            Size { name: "large", parameters: "n=100,patches=4,patch-size=3" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (patches, patch_size) = (parameters.count("patches"), parameters.count("patch-size"));
        let [rows, test_rows] = gaussian_rows(seed, parameters.count("n"), patches * patch_size);
        let mut filter = Weights::zero(1, patch_size);
        filter.hidden[0] = direction(&mut Stream::new(seed, Purpose::Teacher), patch_size);
        let network = Network { hidden_bias: false, train_output: false, ..Network::shared_filter(patches, patch_size) };
        let mut instance = Request::new(self, parameters, seed).instance(&rows, labels(&filter, &rows), network)?;
        instance.test = Some(dataset(&test_rows, labels(&filter, &test_rows))?);
        state_optimum(&mut instance, 0.0, &filter);
        Ok(instance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, sum_of_squares, witness_of};

    #[test]
    fn the_filter_fits_its_own_labels() {
        let instance = made(&GaussianConvolution, "n=50,patches=3,patch-size=4", 2).expect("valid");
        assert_eq!((instance.data.dimension(), instance.network.patches()), (12, 3));
        assert_eq!(sum_of_squares(&instance, &witness_of(&instance)), 0.0);
    }

    #[test]
    fn a_filter_that_is_off_everywhere_leaves_nothing_to_learn() {
        let faults = (0..40).filter_map(|seed| made(&GaussianConvolution, "n=1,patches=1", seed).err());
        assert!(faults.into_iter().any(|fault| fault.to_string().contains("take another seed or more samples")));
    }
}
