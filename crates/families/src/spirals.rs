//! Two spirals that wind around each other.
//!
//! **Definition.** For `i = 0, 1, ..., 96` the points `(r sin t, r cos t)` with `t = i pi / 16` and `r = 6.5 (104 - i) / 104`,
//! labelled 1, and their negatives, labelled -1, rounded to multiples of `2^-16`. Of these 194 points `n / 2` of each arm are
//! taken, at equal steps of `i`, rounded down: so the arms make three turns for every `n`. Hidden bias and output bias.
//!
//! **Source.** Lang and Witbrock (1988), after A. Wieland.
//!
//! **Reference.** None. Few units cannot follow the arms, and how well they can do only a search knows.
//!
//! **Descent** is expected to stop at poor fits for small widths: the two arms lie symmetrically, so that at the start every
//! direction is as good as every other, and a unit that serves one turn is in the way of the next. It is a benchmark of the
//! eighties at which descent with one hidden layer was seen to fail.

use crate::about::about;
use crate::admission::refuse_trivial;
use crate::request::{Request, width};
use crate::stream::{INPUT_GRID, to_grid};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag};

/// See the module documentation.
pub(crate) struct Spirals;

/// Points of the benchmark.
const WHOLE: usize = 194;

const PARAMETERS: &[Parameter] =
    &[Parameter::integer("n", "points of both arms together, an even number", 4, WHOLE as i64, 40), width(3)];

impl Family for Spirals {
    fn name(&self) -> &'static str {
        "spirals"
    }

    fn tag(&self) -> Tag {
        Tag::Adversarial
    }

    fn about(&self) -> About {
        about(include_str!("spirals.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "n=20,width=1" },
            Size { name: "small", parameters: "n=30,width=2" },
            Size { name: "medium", parameters: "n=40,width=3" },
            Size { name: "large", parameters: "n=194,width=8" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let count = parameters.count("n");
        if count % 2 == 1 {
            return Err(BadParameter::Combination(format!(
                "n={count} is odd, but the two arms are equally long; give an even number"
            )));
        }
        let arm: Vec<Vec<f64>> = (0..count / 2).map(|step| point(step * (WHOLE / 2 - 1) / (count / 2 - 1))).collect();
        let other = arm.iter().map(|point| point.iter().map(|v| -v).collect());
        let rows: Vec<Vec<f64>> = arm.iter().cloned().chain(other).collect();
        let mut labels = vec![1.0; count / 2];
        labels.resize(count, -1.0);
        let network = Network { output_bias: true, ..Network::dense(parameters.count("width")) };
        let instance = Request::new(self, parameters, seed).drawn(false).instance(&rows, labels, network)?;
        refuse_trivial(&instance)?;
        Ok(instance)
    }
}

fn point(index: usize) -> Vec<f64> {
    let (radius, angle) = (6.5 * (104.0 - index as f64) / 104.0, index as f64 * std::f64::consts::PI / 16.0);
    vec![to_grid(radius * libm::sin(angle), INPUT_GRID), to_grid(radius * libm::cos(angle), INPUT_GRID)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::made;

    #[test]
    fn the_arms_never_come_near_each_other() {
        let instance = made(&Spirals, "n=194", 0).expect("valid");
        let apart = |label: f64| instance.data.samples().filter(move |(_, y)| *y == label).map(|(x, _)| x);
        let distances = apart(1.0).flat_map(|a| apart(-1.0).map(move |b| ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt()));
        assert!(distances.fold(f64::INFINITY, f64::min) > 0.93);
        assert_eq!(instance.constant_level(), 1.0);
    }

    #[test]
    fn odd_numbers_are_refused() {
        assert!(made(&Spirals, "n=21", 0).expect_err("odd").to_string().contains("give an even number"));
    }
}
