//! Exclusive or: the four corners of a square with alternating labels.
//!
//! **Definition.** Points `(0,0), (0,1), (1,0), (1,1)` with labels `0, 1, 1, 0`, each point `copies` times; or the same
//! square centred at the origin, with coordinates -1 and +1.
//!
//! **Source.** Minsky and Papert (1969); Rumelhart, Hinton and Williams (1986) trained it by gradient descent.
//!
//! **Reference.** 0 for width 2 and more: with `t` the number of coordinates that are "one", `f = relu(t) - 2 relu(t - 1)`.
//! For width 1 it is 1/4, the level of the best constant.
//!
//! **Proof.** Width 1: the output sign -1 cannot beat the zero function, whose loss
//! is 1/2, because no label is negative. With the sign +1, `f = relu(p)` for an affine `p`, and
//! `p(0,0) + p(1,1) = p(0,1) + p(1,0)`. If `p > 0` at most at one of the two corners labelled 1, the other one alone costs 1 of
//! the sum of squares, which is four times the loss. If `p` has values `u, v > 0` at both, the values `r, s` at the corners
//! labelled 0 sum to `u + v`. When both are positive the sum is that of the affine function, at least 1 (the least-squares
//! fit is the constant 1/2). Otherwise one of them is not positive, so the other is at least `u + v`, and
//! `(u-1)^2 + (v-1)^2 + (u+v)^2 >= 4/3`, attained at `u = v = 1/3`. Copies multiply both sum and count.
//!
//! **Descent** at width 2 is expected to fail from a good part of the starts: when a unit dies or both settle on the same
//! corner there is nothing left to fit the rest with, and by the proof above one unit alone ends at 1/4. Each spare unit is
//! one more try at finding the two useful kinks, so success rises quickly with width. The centred square spreads the first
//! kinks over all quadrants and changes the odds although the optimum is the same.

use crate::about::about;
use crate::request::{Request, state_optimum, width};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag, Weights};

/// See the module documentation.
pub(crate) struct Xor;

const PARAMETERS: &[Parameter] = &[
    width(2),
    Parameter::integer("copies", "how often each of the four points is in the data", 1, 1000, 1),
    Parameter::switch("centred", "whether coordinates are -1 and 1 instead of 0 and 1", false),
];

impl Family for Xor {
    fn name(&self) -> &'static str {
        "xor"
    }

    fn tag(&self) -> Tag {
        Tag::Structured
    }

    fn about(&self) -> About {
        about(include_str!("xor.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "width=2" },
            Size { name: "small", parameters: "width=3" },
            Size { name: "medium", parameters: "width=4" },
            Size { name: "large", parameters: "width=8" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (width, copies, centred) = (parameters.count("width"), parameters.count("copies"), parameters.switch("centred"));
        let corner = |bit: bool| if bit { 1.0 } else { f64::from(-i8::from(centred)) };
        let mut rows = Vec::with_capacity(4 * copies);
        let mut labels = Vec::with_capacity(4 * copies);
        for (first, second) in [(false, false), (false, true), (true, false), (true, true)] {
            for _ in 0..copies {
                rows.push(vec![corner(first), corner(second)]);
                labels.push(f64::from(u8::from(first != second)));
            }
        }
        let mut instance = Request::new(self, parameters, seed).drawn(false).instance(&rows, labels, Network::dense(width))?;
        state_optimum(&mut instance, if width == 1 { 0.25 } else { 0.0 }, &witness(width, centred));
        Ok(instance)
    }
}

/// The weights of the module documentation. With `t = (x_1 + x_2) / 2 + 1` on the centred square all numbers stay exact.
fn witness(width: usize, centred: bool) -> Weights {
    let mut weights = Weights::zero(width, 2);
    weights.output.fill(0.0);
    let (slope, shift) = if centred { (0.5, 1.0) } else { (1.0, 0.0) };
    if width == 1 {
        (weights.hidden_bias[0], weights.output[0]) = (0.5, 1.0);
        return weights;
    }
    for (unit, output) in [1.0, -2.0].into_iter().enumerate() {
        weights.hidden[unit].fill(slope);
        weights.hidden_bias[unit] = shift - unit as f64;
        weights.output[unit] = output;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, sum_of_squares};
    use optgap_problem::Reference;

    fn xor(width: usize, copies: usize, centred: bool) -> Instance {
        made(&Xor, &format!("width={width},copies={copies},centred={centred}"), 0).expect("valid")
    }

    #[test]
    fn the_witness_attains_the_reference_exactly() {
        for (width, optimum) in [(1, 0.25), (2, 0.0), (5, 0.0)] {
            for centred in [false, true] {
                let instance = xor(width, 3, centred);
                let weights = witness(width, centred);
                assert_eq!(sum_of_squares(&instance, &weights) / 12.0, optimum, "width {width}, centred {centred}");
                assert_eq!(instance.reference, Some(Reference::Optimum(optimum)));
            }
        }
    }

    #[test]
    fn no_single_unit_on_a_grid_of_weights_beats_the_constant() {
        let instance = xor(1, 1, false);
        let grid = || (-12..=12).map(|step| f64::from(step) / 6.0);
        for first in grid() {
            for second in grid() {
                for bias in grid() {
                    let unit = |x: &[f64]| (first * x[0] + second * x[1] + bias).max(0.0);
                    let squares: f64 = instance.data.samples().map(|(x, y)| (unit(x) - y).powi(2)).sum();
                    assert!(squares >= 1.0 - 1e-12, "({first}, {second}, {bias}): {squares}");
                }
            }
        }
    }

    #[test]
    fn copies_multiply_the_samples_and_nothing_else() {
        assert_eq!(xor(2, 10, false).data.len(), 40);
        assert_eq!(xor(2, 10, false).constant_level(), xor(2, 1, false).constant_level());
    }
}
