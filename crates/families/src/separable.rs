//! Two classes with a margin between them.
//!
//! **Definition.** Inputs `x ~ N(0, I_d)`, rounded to multiples of `2^-16`, drawn again until they are at least `margin`
//! away from a random hyperplane through the origin; the label is the side, -1 or 1. Hidden bias. `loss` is the squared
//! error or the share of wrong signs. The test set holds 200 further samples.
//!
//! **Source.** Rosenblatt's perceptron (1958) and Novikoff's theorem (1962), which needs the margin.
//!
//! **Reference.** With `loss=zero-one` and two units or more the optimum is 0: `relu(u . x) - relu(-u . x)`. Squared errors
//! do not vanish, since a score must be exactly 1; how low they can be only a search knows.
//!
//! **Descent** on squared errors is expected to succeed from most starts: a single direction carries the labels, and units
//! that have found it saturate the two sides. The wider the margin, the better both the optimum and the odds. Counted errors
//! have no gradient, and no method of optgap treats them yet.

use crate::about::about;
use crate::admission::refuse_trivial;
use crate::planted::{direction, product, rectified};
use crate::request::{Request, dataset, dimension, samples, state_optimum, width};
use crate::stream::{Purpose, Stream, TEST_SAMPLES};
use optgap_problem::{About, BadParameter, Family, Instance, Loss, Network, Parameter, Parameters, Size, Tag};

/// See the module documentation.
pub(crate) struct Separable;

const PARAMETERS: &[Parameter] = &[
    samples(40),
    dimension(2),
    width(2),
    Parameter::real("margin", "least distance from the hyperplane", 0.0, 2.0, 0.3),
    Parameter::choice("loss", "what is minimised", &["squared", "zero-one"]),
];

impl Family for Separable {
    fn name(&self) -> &'static str {
        "separable"
    }

    fn tag(&self) -> Tag {
        Tag::Structured
    }

    fn about(&self) -> About {
        about(include_str!("separable.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "n=12,dimension=1,width=1" },
            Size { name: "small", parameters: "n=40,dimension=2,width=2" },
            Size { name: "medium", parameters: "n=80,dimension=2,width=2" },
            Size { name: "large", parameters: "n=200,dimension=4,width=2" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (dimension, width, margin) = (parameters.count("dimension"), parameters.count("width"), parameters.real("margin"));
        let u = direction(&mut Stream::new(seed, Purpose::Teacher), dimension);
        let drawn = |purpose, count| apart(&u, margin, count, Stream::new(seed, purpose));
        let (rows, labels) = drawn(Purpose::Inputs, parameters.count("n"));
        let (test_rows, test_labels) = drawn(Purpose::TestInputs, TEST_SAMPLES);
        let counted = parameters.text("loss") == "zero-one";
        let loss = if counted { Loss::ZeroOne } else { Loss::Squared };
        let request = Request::new(self, parameters, seed);
        let mut instance = request.instance_with_loss(&rows, labels, Network::dense(width), loss)?;
        instance.test = Some(dataset(&test_rows, test_labels)?);
        refuse_trivial(&instance)?;
        if counted && width >= 2 {
            state_optimum(&mut instance, 0.0, &rectified(&u, width, &[1.0, -1.0]));
        }
        Ok(instance)
    }
}

/// Inputs with a margin, and their sides.
fn apart(u: &[f64], margin: f64, count: usize, mut stream: Stream) -> (Vec<Vec<f64>>, Vec<f64>) {
    let mut samples = Vec::with_capacity(count);
    while samples.len() < count {
        let row = stream.input_rows(1, u.len()).remove(0);
        let distance = product(u, &row);
        if distance.abs() >= margin && distance != 0.0 {
            samples.push((row, distance.signum()));
        }
    }
    samples.into_iter().unzip()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, witness_of};

    #[test]
    fn a_linear_function_makes_no_error_and_keeps_the_margin() {
        let instance = made(&Separable, "loss=zero-one,dimension=5,margin=0.5", 4).expect("valid");
        let weights = witness_of(&instance);
        assert_eq!(instance.loss_of(&weights).expect("fits").hi, 0.0);
        assert!(instance.data.samples().all(|(x, y)| y * weights.predict(x) >= 0.5));
        assert_eq!(made(&Separable, "", 4).expect("valid").reference, None);
    }
}
