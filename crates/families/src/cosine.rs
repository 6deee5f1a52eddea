//! A wave along a hidden direction, too fast for a gradient to see.
//!
//! **Definition.** Inputs `x ~ N(0, I_d)`, rounded to multiples of `2^-16`; labels `cos(2 pi f u . x)` for a random
//! direction `u` and a frequency `f`. Hidden bias and output bias. The test set holds 200 further samples.
//!
//! **Source.** Shamir (2018), "Distribution-specific hardness of learning neural networks": the variance of the gradient
//! over the directions `u` vanishes exponentially in the dimension.
//!
//! **Reference.** None: a small network can follow a few crests, and which ones only a search knows.
//!
//! **Descent** is expected to do worse the higher the frequency: at any weights the gradients for different directions are
//! nearly the same, so that descent learns the scatter of the sample and not the wave. At low frequency it should come
//! close, which makes the frequency a knob from benign to hopeless at equal size.

use crate::about::about;
use crate::admission::refuse_trivial;
use crate::planted::{direction, product};
use crate::request::{Request, dataset, dimension, samples, width};
use crate::stream::{Purpose, Stream, gaussian_rows};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag};

/// See the module documentation.
pub(crate) struct Cosine;

const PARAMETERS: &[Parameter] =
    &[samples(40), dimension(2), width(2), Parameter::real("frequency", "waves per unit of length", 0.0, 100.0, 1.0)];

impl Family for Cosine {
    fn name(&self) -> &'static str {
        "cosine"
    }

    fn tag(&self) -> Tag {
        Tag::Adversarial
    }

    fn about(&self) -> About {
        about(include_str!("cosine.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "n=12,dimension=1" },
            Size { name: "small", parameters: "n=40,dimension=2" },
            Size { name: "medium", parameters: "n=60,dimension=2" },
            Size { name: "large", parameters: "n=100,dimension=3,width=3" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (dimension, frequency) = (parameters.count("dimension"), parameters.real("frequency"));
        let [rows, test_rows] = gaussian_rows(seed, parameters.count("n"), dimension);
        let u = direction(&mut Stream::new(seed, Purpose::Teacher), dimension);
        let wave = |rows: &[Vec<f64>]| {
            rows.iter().map(|row| libm::cos(std::f64::consts::TAU * frequency * product(&u, row))).collect::<Vec<f64>>()
        };
        let network = Network { output_bias: true, ..Network::dense(parameters.count("width")) };
        let mut instance = Request::new(self, parameters, seed).instance(&rows, wave(&rows), network)?;
        instance.test = Some(dataset(&test_rows, wave(&test_rows))?);
        refuse_trivial(&instance)?;
        Ok(instance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::made;

    #[test]
    fn a_fast_wave_has_the_variance_of_a_cosine() {
        let instance = made(&Cosine, "n=400,frequency=5", 1).expect("valid");
        assert!((instance.constant_level() - 0.5).abs() < 0.06, "{}", instance.constant_level());
        let slow = made(&Cosine, "n=400,frequency=0.05", 1).expect("valid");
        assert!(slow.constant_level() < 0.05);
        assert!(made(&Cosine, "frequency=0", 1).expect_err("constant").to_string().contains("nothing to learn"));
    }
}
