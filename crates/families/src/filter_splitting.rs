//! Colouring a hypergraph as the training of one shared filter.
//!
//! **Definition.** A hypergraph with `m` vertices and a number `k` of parts. The filter has `k m` weights and looks at `k`
//! disjoint patches; its output is the mean over the patches and its output weight 1, without any bias. A vector `v` with a
//! coordinate for each vertex is shown as `k` patches of `k m` inputs, of which patch `p` has `v` in its block `p` and is 0
//! elsewhere: so the filter's block `p` is a unit of its own, and the prediction is the mean of `k` units of `v`. Samples
//! are the unit vectors with label 1 and, for every edge, the sum of its unit vectors with label 0. For edges of any size
//! and two parts this is set splitting.
//!
//! **Source.** After Brutzkus and Globerson (2017), who reduce set splitting to a convolution without overlap.
//!
//! **Reference.** As for family `colouring` with fixed outputs, whose optimum it shares: 0 if the vertices can be parted so
//! that no edge lies in one part, else a sum of squares of at least `min(1, r^2 / (k^2 + r))` for the smallest edge size
//! `r`.
//!
//! **Proof.** The mean of `k` units with weights `k w` is the sum of the units with weights `w`, so the two families have
//! the same predictions.
//!
//! **Descent** is expected to fail as on `colouring`: sharing weights among patches changes how the network is written, not
//! what it must decide. The same kind of filter on Gaussian patches (`gaussian-convolution`) should be learned from every
//! start, which makes this the clearest pair of one architecture and two sources of data.

use crate::about::about;
use crate::colouring::least_squares;
use crate::hypergraph::{CHOICE, Hypergraph};
use crate::request::{Request, state_optimum};
use crate::stream::{Purpose, Stream};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Reference, Size, Tag, Weights};

/// See the module documentation.
pub(crate) struct FilterSplitting;

const PARAMETERS: &[Parameter] =
    &[CHOICE[0], CHOICE[1], CHOICE[2], CHOICE[3], Parameter::integer("parts", "parts, which are patches", 1, 4, 2)];

impl Family for FilterSplitting {
    fn name(&self) -> &'static str {
        "filter-splitting"
    }

    fn tag(&self) -> Tag {
        Tag::Adversarial
    }

    fn about(&self) -> About {
        about(include_str!("filter_splitting.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "vertices=3" },
            Size { name: "small", parameters: "vertices=4" },
            Size { name: "medium", parameters: "vertices=5" },
            Size { name: "large", parameters: "vertices=7" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let hypergraph = Hypergraph::chosen(parameters, &mut Stream::new(seed, Purpose::Graph))?;
        let parts = parameters.count("parts");
        let rows: Vec<Vec<f64>> = hypergraph.points().map(|point| patches(&point, parts)).collect();
        let mut labels = vec![1.0; hypergraph.vertices];
        labels.resize(rows.len(), 0.0);
        let filter = Network::shared_filter(parts, parts * hypergraph.vertices);
        let network = Network { hidden_bias: false, train_output: false, ..filter };
        let request = Request::new(self, parameters, seed).drawn(hypergraph.random);
        let mut instance = request.instance(&rows, labels, network)?;
        let parted = hypergraph.colouring(parts);
        instance.provenance["colourable"] = parted.is_some().into();
        match parted {
            Some(parted) => state_optimum(&mut instance, 0.0, &witness(&hypergraph, &parted, parts)),
            None => instance.reference = Some(Reference::AtLeast(least_squares(&hypergraph, parts) / rows.len() as f64)),
        }
        Ok(instance)
    }
}

/// A vector in block `p` of patch `p`, for every patch.
fn patches(point: &[f64], parts: usize) -> Vec<f64> {
    let width = parts * point.len();
    let mut row = vec![0.0; parts * width];
    for part in 0..parts {
        let start = part * width + part * point.len();
        row[start..start + point.len()].copy_from_slice(point);
    }
    row
}

/// The filter that belongs to a division into parts.
fn witness(hypergraph: &Hypergraph, parted: &[usize], parts: usize) -> Weights {
    let largest = hypergraph.edges.iter().map(Vec::len).max().expect("there is an edge");
    let (on, off) = (parts as f64, -((parts * largest) as f64));
    let mut weights = Weights::zero(1, parts * hypergraph.vertices);
    let block = |part: usize| parted.iter().map(move |&own| if own == part { on } else { off });
    weights.hidden[0] = (0..parts).flat_map(block).collect();
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, sum_of_squares, witness_of};

    #[test]
    fn divisions_fit_exactly() {
        for text in ["vertices=4", "hypergraph=fano,vertices=7,drop-edge=true", "hypergraph=complete,vertices=3,parts=3"] {
            let instance = made(&FilterSplitting, text, 0).expect("valid");
            assert_eq!(sum_of_squares(&instance, &witness_of(&instance)), 0.0, "{text}");
            assert_eq!(instance.reference, Some(Reference::Optimum(0.0)), "{text}");
        }
    }

    #[test]
    fn a_filter_predicts_what_the_units_of_colouring_predict() {
        let text = "hypergraph=fano,vertices=7";
        let filter = made(&FilterSplitting, text, 0).expect("valid");
        let units = made(&crate::colouring::Colouring, text, 0).expect("valid");
        let mut weights = Weights::zero(2, 7);
        for unit in 0..2 {
            weights.hidden[unit] = (0..7).map(|i| f64::from((i * (3 + 2 * unit as i32)) % 5 - 2)).collect();
        }
        let joined = weights.hidden.concat().iter().map(|w| 2.0 * w).collect();
        let shared = Weights { hidden: vec![joined], ..Weights::zero(1, 14) };
        assert_eq!(sum_of_squares(&filter, &shared), sum_of_squares(&units, &weights));
        assert_eq!(filter.reference, units.reference);
    }
}
