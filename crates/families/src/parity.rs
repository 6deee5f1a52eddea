//! Parity of some of the bits.
//!
//! **Definition.** Inputs are corners of the cube `{-1, 1}^d`: all of them, or `corners` of them drawn at random. The label
//! is the product of the first `subset` coordinates; a share `flips` of the labels is negated. The network has `width`
//! units, hidden bias and output bias. Corners that were not drawn, at most 200, are the test set, with their true labels.
//!
//! **Source.** Minsky and Papert (1969); learning parity with noise (Blum, Kalai and Wasserman 2003); its study under
//! gradient descent by Barak, Edelman, Goel, Kakade, Malach and Zhang (2022).
//!
//! **Reference.** 0 without flips and with `width >= subset`; on all corners every affine function has a loss of at least 1,
//! that of the zero function.
//!
//! **Proof.** With `t` the number of relevant coordinates that are -1, the label is 1 for even `t` and -1 for odd, which is
//! `1 - 2 relu(t) + 4 relu(t-1) - 4 relu(t-2) + ...` with `subset` units, and `t = (subset - sum x_i) / 2` is affine. On all
//! corners the label is orthogonal to every affine function once `subset >= 2`.
//!
//! **Descent** is expected to succeed for two relevant bits and to become hopeless as they get more: the gradient at a
//! random start says next to nothing of which bits matter, and the number of steps grows like `d^subset`. Few corners make
//! it worse for the test loss than for the training loss: with enough width they can be memorised.

use crate::about::about;
use crate::admission::refuse_trivial;
use crate::request::{Request, dataset, state_optimum, width};
use crate::stream::{Purpose, Stream, TEST_SAMPLES};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag, Weights};

/// See the module documentation.
pub(crate) struct Parity;

const PARAMETERS: &[Parameter] = &[
    Parameter::integer("dimension", "bits", 2, 14, 3),
    Parameter::integer("subset", "relevant bits", 2, 14, 2),
    width(2),
    Parameter::integer("corners", "how many corners are drawn; 0 takes all", 0, 10_000, 0),
    Parameter::real("flips", "share of the labels that are negated", 0.0, 0.5, 0.0),
];

impl Family for Parity {
    fn name(&self) -> &'static str {
        "parity"
    }

    fn tag(&self) -> Tag {
        Tag::Adversarial
    }

    fn about(&self) -> About {
        about(include_str!("parity.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "dimension=2" },
            Size { name: "small", parameters: "dimension=3,subset=3,width=3" },
            Size { name: "medium", parameters: "dimension=4,subset=4,width=4" },
            Size { name: "large", parameters: "dimension=6,subset=5,width=5" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (dimension, subset, width) = (parameters.count("dimension"), parameters.count("subset"), parameters.count("width"));
        let (corners, flips) = (parameters.count("corners"), parameters.real("flips"));
        if subset > dimension {
            let text = format!("{dimension} bits cannot have subset={subset} relevant ones; raise dimension or lower subset");
            return Err(BadParameter::Combination(text));
        }
        let [rows, others] = cube(dimension, corners, &mut Stream::new(seed, Purpose::Subsample))?;
        let label = |row: &Vec<f64>| row[..subset].iter().product::<f64>();
        let mut labels: Vec<f64> = rows.iter().map(label).collect();
        let flipped = (flips * labels.len() as f64).round() as usize;
        for index in Stream::new(seed, Purpose::Noise).subset(labels.len(), flipped) {
            labels[index] = -labels[index];
        }
        let network = Network { output_bias: true, ..Network::dense(width) };
        let drawn = !others.is_empty() || (1..labels.len()).contains(&flipped);
        let mut instance = Request::new(self, parameters, seed).drawn(drawn).instance(&rows, labels, network)?;
        if !others.is_empty() {
            instance.test = Some(dataset(&others, others.iter().map(label).collect())?);
        }
        if flipped == 0 && width >= subset {
            state_optimum(&mut instance, 0.0, &witness(dimension, subset, width));
        } else {
            refuse_trivial(&instance)?;
        }
        Ok(instance)
    }
}

/// So many corners of the cube, drawn at random, or all for 0; and at most 200 of the others.
///
/// # Errors
/// When the cube has fewer.
pub(crate) fn cube(dimension: usize, corners: usize, stream: &mut Stream) -> Result<[Vec<Vec<f64>>; 2], BadParameter> {
    let total = 1 << dimension;
    if corners > total {
        let text = format!("{dimension} bits have {total} corners, so corners={corners} is too many; raise dimension");
        return Err(BadParameter::Combination(text));
    }
    let chosen = if corners == 0 { (0..total).collect() } else { stream.subset(total, corners) };
    let others = (0..total).filter(|corner| chosen.binary_search(corner).is_err()).take(TEST_SAMPLES);
    let rows = |corners: &mut dyn Iterator<Item = usize>| corners.map(|corner| bits(corner, dimension)).collect();
    Ok([rows(&mut chosen.iter().copied()), rows(&mut others.into_iter())])
}

/// The bits of a number as -1 and 1.
fn bits(corner: usize, dimension: usize) -> Vec<f64> {
    (0..dimension).map(|bit| if corner >> bit & 1 == 1 { 1.0 } else { -1.0 }).collect()
}

/// The alternating sum of the module documentation.
pub(crate) fn witness(dimension: usize, subset: usize, width: usize) -> Weights {
    let mut weights = Weights::zero(width, dimension);
    weights.output.fill(0.0);
    weights.output_bias = 1.0;
    for unit in 0..subset {
        weights.hidden[unit][..subset].fill(-0.5);
        weights.hidden_bias[unit] = subset as f64 / 2.0 - unit as f64;
        weights.output[unit] = match unit {
            0 => -2.0,
            unit if unit % 2 == 1 => 4.0,
            _ => -4.0,
        };
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, sum_of_squares, witness_of};

    #[test]
    fn as_many_units_as_relevant_bits_fit_exactly() {
        for subset in 2..=6 {
            let instance = made(&Parity, &format!("dimension=7,subset={subset},width=6"), 0).expect("valid");
            assert_eq!(sum_of_squares(&instance, &witness_of(&instance)), 0.0, "{subset}");
            assert_eq!(instance.constant_level(), 1.0);
        }
        assert_eq!(made(&Parity, "dimension=4,subset=3", 0).expect("valid").reference, None);
    }

    #[test]
    fn flips_are_as_many_as_asked_and_the_test_set_is_the_rest_of_the_cube() {
        let instance = made(&Parity, "dimension=6,corners=40,flips=0.1", 5).expect("valid");
        let wrong = instance.data.samples().filter(|(x, y)| x[0] * x[1] != *y).count();
        assert_eq!(wrong, 4);
        let test = instance.test.expect("the other corners");
        assert_eq!(test.len(), 24);
        assert!(test.samples().all(|(x, y)| x[0] * x[1] == y));
    }

    #[test]
    fn more_than_the_cube_has_is_refused() {
        for text in ["dimension=3,subset=4", "dimension=3,corners=9"] {
            assert!(made(&Parity, text, 0).expect_err("too many").to_string().contains("raise dimension"));
        }
    }
}
