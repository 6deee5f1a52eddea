//! The same data for a network with and without shared weights.
//!
//! **Definition.** The data of family `gaussian-convolution` at the same seed. With `shared=1` the network is the filter
//! that made the labels; with `shared=0` it is dense, with a unit for each patch that sees all inputs. No biases, output
//! weights 1. The test set holds 200 further samples.
//!
//! **Source.** Our own: inductive bias as the size of the space that is searched. `n = 20` samples of two patches of two
//! inputs leave 80 activation cells to the filter and about `10^7` to the dense network.
//!
//! **Reference.** 0 for both: the dense network has the filter in each unit, on its own patch, with `1 / patches` of its
//! length.
//!
//! **Descent** is expected to succeed for the filter from every live start, and for the dense network less often and slower,
//! since its units must first find the patches. The gap between the two is what the architecture knew beforehand. The test
//! loss should tell them apart even where both fit.

use crate::about::about;
use crate::gaussian_convolution::GaussianConvolution;
use crate::request::{Request, state_optimum};
use optgap_problem::{
    About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag, Weights, weights_from_json,
};

/// See the module documentation.
pub(crate) struct WeightSharing;

const PARAMETERS: &[Parameter] = &[
    Parameter::integer("n", "samples", 1, 10_000, 20),
    Parameter::integer("patches", "patches of a sample, a power of two or not", 1, 16, 2),
    Parameter::integer("patch-size", "inputs of a patch", 1, 16, 2),
    Parameter::integer("shared", "1 for one filter on all patches, 0 for a dense network", 0, 1, 0),
];

impl Family for WeightSharing {
    fn name(&self) -> &'static str {
        "weight-sharing"
    }

    fn tag(&self) -> Tag {
        Tag::Ladder
    }

    fn about(&self) -> About {
        about(include_str!("weight_sharing.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "n=10" },
            Size { name: "small", parameters: "n=20" },
            Size { name: "medium", parameters: "n=40,patches=3" },
            Size { name: "large", parameters: "n=100,patches=4" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (patches, shared) = (parameters.count("patches"), parameters.count("shared") == 1);
        let mut convolution = parameters.clone();
        convolution.0.remove("shared");
        let source = GaussianConvolution.instance(&convolution, seed)?;
        let filter = weights_from_json(&source.provenance["witness"].to_string()).expect("the source states its filter");
        let (network, witness) = if shared {
            (source.network, filter)
        } else {
            let network = Network { hidden_bias: false, train_output: false, ..Network::dense(patches) };
            (network, spread(&filter, patches))
        };
        let rows: Vec<Vec<f64>> = source.data.samples().map(|(row, _)| row.to_vec()).collect();
        let request = Request::new(self, parameters, seed);
        let mut instance = request.instance(&rows, source.data.labels().to_vec(), network)?;
        instance.test = source.test;
        state_optimum(&mut instance, 0.0, &witness);
        Ok(instance)
    }
}

/// The filter in a unit for each patch.
fn spread(filter: &Weights, patches: usize) -> Weights {
    let size = filter.hidden[0].len();
    let mut weights = Weights::zero(patches, patches * size);
    for (patch, row) in weights.hidden.iter_mut().enumerate() {
        let own = &mut row[patch * size..(patch + 1) * size];
        own.iter_mut().zip(&filter.hidden[0]).for_each(|(w, f)| *w = f / patches as f64);
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, sum_of_squares, witness_of};
    use optgap_problem::cells_log10;

    #[test]
    fn both_networks_fit_the_same_data() {
        let both = [0, 1].map(|shared| made(&WeightSharing, &format!("patches=4,shared={shared}"), 2).expect("valid"));
        assert_eq!((&both[0].data, &both[0].test), (&both[1].data, &both[1].test));
        for instance in both {
            assert_eq!(sum_of_squares(&instance, &witness_of(&instance)), 0.0, "{}", instance.name);
        }
        let thirds = made(&WeightSharing, "patches=3", 2).expect("valid");
        assert!(sum_of_squares(&thirds, &witness_of(&thirds)) < 1e-28);
    }

    #[test]
    fn the_cells_are_as_many_as_the_documentation_says() {
        let cells = [0, 1]
            .map(|shared| cells_log10(&made(&WeightSharing, &format!("shared={shared}"), 2).expect("valid")).expect("relu"));
        assert!((cells[1] - libm::log10(80.0)).abs() < 1e-9, "{cells:?}");
        assert!((6.0..8.0).contains(&cells[0]), "{cells:?}");
    }
}
