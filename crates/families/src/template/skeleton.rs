//! The family on one line: here, labels that are the size of the first input.
//!
//! **Definition.** Inputs `x ~ N(0, I_d)`, rounded to multiples of `2^-16`. Labels are `|x_1|`. The test set holds 200 further
//! samples.
//!
//! **Source.** Where the idea comes from: authors and year, or a sentence on why the data look like this.
//!
//! **Reference.** 0 for width 2 and more, attained by `relu(x_1) + relu(-x_1)` without rounding. For width 1 nothing is known.
//!
//! **Descent** is expected to reach 0 from about half of the starts of two units: from those whose units begin on different
//! sides of the kink. Say what you expect and why: reports print it beside what was measured.

use crate::about::about;
use crate::admission::refuse_trivial;
use crate::request::{Request, dataset, dimension, samples, state_optimum, width};
use crate::stream::gaussian_rows;
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag, Weights};

/// See the module documentation.
pub(crate) struct Skeleton;

/// A parameter that decides what the data are belongs here; it is then in plans, in names and on the command line.
const PARAMETERS: &[Parameter] = &[samples(40), dimension(2), width(2)];

impl Family for Skeleton {
    fn name(&self) -> &'static str {
        "skeleton"
    }

    fn tag(&self) -> Tag {
        Tag::Structured
    }

    fn about(&self) -> About {
        about(include_str!("skeleton.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "n=12,dimension=1" },
            Size { name: "small", parameters: "n=40,dimension=2" },
            Size { name: "medium", parameters: "n=100,dimension=2" },
            Size { name: "large", parameters: "n=100,dimension=3" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (width, dimension) = (parameters.count("width"), parameters.count("dimension"));
        let [rows, test_rows] = gaussian_rows(seed, parameters.count("n"), dimension);
        let labels = |rows: &[Vec<f64>]| rows.iter().map(|row| label(row)).collect();
        let mut instance = Request::new(self, parameters, seed).instance(&rows, labels(&rows), Network::dense(width))?;
        instance.test = Some(dataset(&test_rows, labels(&test_rows))?);
        match witness(width, dimension) {
            Some(weights) => state_optimum(&mut instance, 0.0, &weights),
            None => refuse_trivial(&instance)?,
        }
        Ok(instance)
    }
}

/// Your formula goes here. Use `libm` for sines, logarithms and the like: those of the standard library differ between
/// platforms.
fn label(row: &[f64]) -> f64 {
    row[0].abs()
}

/// Weights of loss 0, where the formula has such. Where no optimum is known, leave out this and its test, and call
/// `refuse_trivial` alone.
fn witness(width: usize, dimension: usize) -> Option<Weights> {
    if width < 2 {
        return None;
    }
    // All outputs are 1, and a unit without slope and bias is off.
    let mut weights = Weights::zero(width, dimension);
    weights.hidden[0][0] = 1.0;
    weights.hidden[1][0] = -1.0;
    Some(weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, sum_of_squares, witness_of};

    #[test]
    fn the_witness_fits_every_label_exactly() {
        for size in Skeleton.sizes() {
            let instance = made(&Skeleton, size.parameters, 1).expect("valid");
            assert_eq!(sum_of_squares(&instance, &witness_of(&instance)), 0.0, "{}", size.name);
        }
    }
}
