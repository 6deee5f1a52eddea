//! Six points on a line where more width makes descent worse.
//!
//! **Definition.** Points -3, -2, -1, 1, 2, 3 with labels -1, 2, -1, 1, -2, 1, all shifted by `shift`; hidden bias and
//! output bias.
//!
//! **Source.** Holzmüller and Steinwart (2022), "Training two-layer ReLU networks with gradient descent is inconsistent".
//!
//! **Reference.** 0 for width 4 and more: `relu(6x-12) + relu(4x+4) - relu(7x+15) - relu(4-4x) + 15` hits all six points.
//!
//! **Descent** from He's initialisation with zero biases has all kinks at the origin, in the gap between -1 and 1; on either
//! side of it the function is affine, and the best function of that kind has the loss 2, that of predicting 0. It is
//! expected to stay there, and the more surely the wider the network, since many small units move their kinks less. Biases
//! at the start, or a shift that puts the origin elsewhere, are the cure.

use crate::about::about;
use crate::request::{Request, state_optimum, width};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag, Weights};

/// See the module documentation.
pub(crate) struct Star;

const PARAMETERS: &[Parameter] = &[width(4), Parameter::real("shift", "added to all points", -100.0, 100.0, 0.0)];

/// Points and labels.
const SAMPLES: [(f64, f64); 6] = [(-3.0, -1.0), (-2.0, 2.0), (-1.0, -1.0), (1.0, 1.0), (2.0, -2.0), (3.0, 1.0)];

/// Slope, bias and output of the units that fit, at shift 0.
const FIT: [(f64, f64, f64); 4] = [(6.0, -12.0, 1.0), (4.0, 4.0, 1.0), (7.0, 15.0, -1.0), (-4.0, 4.0, -1.0)];

/// Output bias of the fit.
const FIT_BIAS: f64 = 15.0;

impl Family for Star {
    fn name(&self) -> &'static str {
        "star"
    }

    fn tag(&self) -> Tag {
        Tag::Adversarial
    }

    fn about(&self) -> About {
        about(include_str!("star.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "width=2" },
            Size { name: "small", parameters: "width=4" },
            Size { name: "medium", parameters: "width=16" },
            Size { name: "large", parameters: "width=64" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (width, shift) = (parameters.count("width"), parameters.real("shift"));
        let (rows, labels): (Vec<Vec<f64>>, _) = SAMPLES.iter().map(|&(x, y)| (vec![x + shift], y)).unzip();
        let network = Network { output_bias: true, ..Network::dense(width) };
        let mut instance = Request::new(self, parameters, seed).drawn(false).instance(&rows, labels, network)?;
        if width >= FIT.len() {
            state_optimum(&mut instance, 0.0, &witness(width, shift));
        }
        Ok(instance)
    }
}

fn witness(width: usize, shift: f64) -> Weights {
    let mut weights = Weights::zero(width, 1);
    weights.output.fill(0.0);
    for (unit, (slope, bias, output)) in FIT.into_iter().enumerate() {
        weights.hidden[unit][0] = slope;
        weights.hidden_bias[unit] = bias - slope * shift;
        weights.output[unit] = output;
    }
    weights.output_bias = FIT_BIAS;
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, sum_of_squares, witness_of};

    #[test]
    fn four_units_hit_all_points() {
        for text in ["", "width=9", "shift=12.5", "shift=-0.3"] {
            let instance = made(&Star, text, 0).expect("valid");
            assert!(sum_of_squares(&instance, &witness_of(&instance)) < 1e-25, "{text}");
        }
        assert_eq!(made(&Star, "width=3", 0).expect("valid").reference, None);
    }

    #[test]
    fn the_best_affine_functions_on_either_side_predict_zero() {
        // Least squares on the right: slope sum (x - 2) y = -1 + 1 = 0 and mean 0; the left is the mirror image.
        for side in [&SAMPLES[..3], &SAMPLES[3..]] {
            let centre = side.iter().map(|(x, _)| x).sum::<f64>() / 3.0;
            assert_eq!(side.iter().map(|(_, y)| y).sum::<f64>(), 0.0);
            assert_eq!(side.iter().map(|(x, y)| (x - centre) * y).sum::<f64>(), 0.0);
        }
        assert_eq!(made(&Star, "", 0).expect("valid").constant_level(), 2.0);
    }
}
