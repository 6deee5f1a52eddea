//! Three bits that lead to each other, against three bits that do not.
//!
//! **Definition.** Inputs are corners of the cube `{-1, 1}^d`: all of them, or `corners` drawn at random. With
//! `target=staircase` the label is `x_1 + x_1 x_2 + x_1 x_2 x_3`, with `target=parity` it is `x_1 x_2 x_3`: the same inputs,
//! the same relevant bits. Hidden bias and output bias. Corners that were not drawn, at most 200, are the test set.
//!
//! **Source.** Abbe, Boix-Adserà and Misiakiewicz (2022), the merged-staircase property.
//!
//! **Reference.** 0 with `width >= 7` for both, and with `width >= 3` for the parity.
//!
//! **Proof.** With `t = (7 + 4 x_1 + 2 x_2 + x_3) / 2`, which takes the values 0 to 7 on the eight cases, seven units
//! `relu(t), relu(t-1), ..., relu(t-6)` and a constant interpolate any labels. Parity of three bits needs three units
//! (family `parity`).
//!
//! **Descent** is expected to learn the staircase and to miss the parity at the same size: the first bit alone has a
//! correlation with the staircase, which shows the way to the second and that one to the third, while the parity has no
//! correlation with anything short of all three bits. It is the purest pair of equal capacity and different structure.

use crate::about::about;
use crate::admission::refuse_trivial;
use crate::request::{Request, dataset, state_optimum, width};
use crate::stream::{Purpose, Stream};
use crate::{parity, parity::cube};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag, Weights};

/// See the module documentation.
pub(crate) struct Staircase;

const PARAMETERS: &[Parameter] = &[
    Parameter::choice("target", "what the labels are", &["staircase", "parity"]),
    Parameter::integer("dimension", "bits", 3, 14, 3),
    width(7),
    Parameter::integer("corners", "how many corners are drawn; 0 takes all", 0, 10_000, 0),
];

/// Relevant bits.
const BITS: usize = 3;

impl Family for Staircase {
    fn name(&self) -> &'static str {
        "staircase"
    }

    fn tag(&self) -> Tag {
        Tag::Structured
    }

    fn about(&self) -> About {
        about(include_str!("staircase.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "dimension=3,width=2" },
            Size { name: "small", parameters: "dimension=3,width=7" },
            Size { name: "medium", parameters: "dimension=4,width=7" },
            Size { name: "large", parameters: "dimension=6,width=5" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (dimension, width, is_parity) =
            (parameters.count("dimension"), parameters.count("width"), parameters.text("target") == "parity");
        let corners = parameters.count("corners");
        let [rows, others] = cube(dimension, corners, &mut Stream::new(seed, Purpose::Subsample))?;
        let label = |row: &Vec<f64>| if is_parity { row[0] * row[1] * row[2] } else { row[0] * (1.0 + row[1] * (1.0 + row[2])) };
        let network = Network { output_bias: true, ..Network::dense(width) };
        let request = Request::new(self, parameters, seed).drawn(!others.is_empty());
        let mut instance = request.instance(&rows, rows.iter().map(label).collect(), network)?;
        if !others.is_empty() {
            instance.test = Some(dataset(&others, others.iter().map(label).collect())?);
        }
        if width >= 7 {
            let labels: Vec<f64> = (0..8).map(|case| label(&case_bits(case))).collect();
            state_optimum(&mut instance, 0.0, &interpolating(&labels, dimension, width));
        } else if is_parity && width >= BITS {
            state_optimum(&mut instance, 0.0, &parity::witness(dimension, BITS, width));
        } else {
            refuse_trivial(&instance)?;
        }
        Ok(instance)
    }
}

/// The bits for which `t` is the number of the case.
fn case_bits(case: usize) -> Vec<f64> {
    (0..BITS).rev().map(|bit| if case >> bit & 1 == 1 { 1.0 } else { -1.0 }).collect()
}

/// The network of the module documentation that gives these labels to the eight cases.
fn interpolating(labels: &[f64], dimension: usize, width: usize) -> Weights {
    let mut weights = Weights::zero(width, dimension);
    weights.output.fill(0.0);
    weights.output_bias = labels[0];
    let mut slope = 0.0;
    for (unit, pair) in labels.windows(2).enumerate() {
        weights.hidden[unit][..BITS].copy_from_slice(&[2.0, 1.0, 0.5]);
        weights.hidden_bias[unit] = 3.5 - unit as f64;
        weights.output[unit] = pair[1] - pair[0] - slope;
        slope = pair[1] - pair[0];
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, sum_of_squares, witness_of};

    #[test]
    fn both_targets_are_fitted_exactly_on_the_same_inputs() {
        let both = ["staircase", "parity"]
            .map(|target| made(&Staircase, &format!("target={target},dimension=5,width=8"), 0).expect("valid"));
        assert_eq!(both[0].data.inputs(), both[1].data.inputs());
        for instance in both {
            assert_eq!(sum_of_squares(&instance, &witness_of(&instance)), 0.0, "{}", instance.name);
        }
        let three = made(&Staircase, "target=parity,width=3", 0).expect("valid");
        assert_eq!(sum_of_squares(&three, &witness_of(&three)), 0.0);
        assert_eq!(made(&Staircase, "width=3", 0).expect("valid").reference, None);
    }

    #[test]
    fn the_stairs_have_the_levels_of_their_terms() {
        let instance = made(&Staircase, "", 0).expect("valid");
        for (x, y) in instance.data.samples() {
            assert_eq!(y, x[0] + x[0] * x[1] + x[0] * x[1] * x[2]);
        }
    }
}
