//! One noisy curve, fitted by ever wider networks.
//!
//! **Definition.** `n` inputs `x ~ N(0, 1)`, rounded to multiples of `2^-16`, and labels `sin(2 x) + noise N(0, 1)`; the
//! same data at every width. Hidden bias and output bias. The test set holds 200 further samples without noise.
//!
//! **Source.** The textbook picture of under- and overfitting.
//!
//! **Reference.** None, but the optimum never rises with the width.
//!
//! **Descent** is expected to reach the optimum at width 1 and 2, to miss it more and more while every further kink has a
//! place that must be found, and to fit ever better all the same; the test loss of the exact optimum should turn upwards at
//! a smaller width than that of descent, which is too lazy to overfit.

use crate::about::about;
use crate::admission::refuse_trivial;
use crate::planted::noisy;
use crate::request::{Request, dataset, samples, width};
use crate::stream::{Purpose, Stream, gaussian_rows};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag};

/// See the module documentation.
pub(crate) struct WidthLadder;

const PARAMETERS: &[Parameter] =
    &[samples(30), width(2), Parameter::real("noise", "standard deviation of the label noise", 0.0, 100.0, 0.3)];

impl Family for WidthLadder {
    fn name(&self) -> &'static str {
        "width-ladder"
    }

    fn tag(&self) -> Tag {
        Tag::Ladder
    }

    fn about(&self) -> About {
        about(include_str!("width_ladder.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "width=1" },
            Size { name: "small", parameters: "width=2" },
            Size { name: "medium", parameters: "width=3" },
            Size { name: "large", parameters: "width=6" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let [rows, test_rows] = gaussian_rows(seed, parameters.count("n"), 1);
        let curve = |rows: &[Vec<f64>]| rows.iter().map(|row| libm::sin(2.0 * row[0])).collect::<Vec<f64>>();
        let labels = noisy(curve(&rows), parameters.real("noise"), Stream::new(seed, Purpose::Noise));
        let network = Network { output_bias: true, ..Network::dense(parameters.count("width")) };
        let mut instance = Request::new(self, parameters, seed).instance(&rows, labels, network)?;
        instance.test = Some(dataset(&test_rows, curve(&test_rows))?);
        refuse_trivial(&instance)?;
        Ok(instance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::made;

    #[test]
    fn every_width_has_the_same_data() {
        let [narrow, wide] = ["width=1", "width=5"].map(|width| made(&WidthLadder, width, 6).expect("valid"));
        assert_eq!((narrow.data, narrow.test), (wide.data, wide.test));
    }
}
