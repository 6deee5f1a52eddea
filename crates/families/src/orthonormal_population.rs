//! A teacher of orthonormal units over the whole Gaussian population.
//!
//! **Definition.** The loss is the mean of `(f(x) - g(x))^2` over all `x ~ N(0, I_k)`, in closed form; `g(x) = relu(x_1) +
//! ... + relu(x_k)`, and the student `f` has `width` units, no biases and output weights fixed to 1. The file has the units
//! of `g` as samples.
//!
//! **Source.** Safran and Shamir, "Spurious local minima are common in two-layer ReLU neural networks" (2018), whose
//! objective is half of this loss.
//!
//! **Reference.** 0 for `width >= teacher-width`: the units of the teacher, and idle ones.
//!
//! **Descent** with the published protocol (normal weights of variance `1/k`, step 0.1 for half the loss, until the gradient
//! vanishes) ended above half a loss of 0.001 in 0.3 % of 1,000 runs for `k = 6`, 5.5 % for `k = 7` and 12.6 % for `k = 8`,
//! at half losses of 0.02508, 0.02320 and 0.02151: local minima in which one unit stands for two. The same shares are
//! expected here, and hardly any failure with one spare unit. No exact method treats a population; the optimum is known by
//! construction.

use crate::about::about;
use crate::orthonormal_teacher::orthonormal;
use crate::request::{Request, state_optimum};
use optgap_problem::{About, BadParameter, Family, Instance, Loss, Network, Parameter, Parameters, Size, Tag};

/// See the module documentation.
pub(crate) struct OrthonormalPopulation;

const PARAMETERS: &[Parameter] = &[
    Parameter::integer("teacher-width", "hidden units of the teacher, which are the inputs", 1, 32, 6),
    Parameter::integer("width", "hidden units of the student", 1, 64, 6),
];

impl Family for OrthonormalPopulation {
    fn name(&self) -> &'static str {
        "orthonormal-population"
    }

    fn tag(&self) -> Tag {
        Tag::Structured
    }

    fn about(&self) -> About {
        about(include_str!("orthonormal_population.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "teacher-width=2,width=2" },
            Size { name: "small", parameters: "teacher-width=4,width=4" },
            Size { name: "medium", parameters: "teacher-width=8,width=8" },
            Size { name: "large", parameters: "teacher-width=16,width=16" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (teacher_width, width) = (parameters.count("teacher-width"), parameters.count("width"));
        let teacher = orthonormal(teacher_width, teacher_width);
        let network = Network { hidden_bias: false, train_output: false, ..Network::dense(width) };
        let request = Request::new(self, parameters, seed).drawn(false);
        let mut instance = request.instance_with_loss(&teacher.hidden, teacher.output, network, Loss::GaussianPopulation)?;
        if width >= teacher_width {
            state_optimum(&mut instance, 0.0, &orthonormal(teacher_width, width));
        }
        Ok(instance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, witness_of};
    use optgap_problem::Weights;

    #[test]
    fn the_teacher_has_no_loss_and_the_published_minimum_has_the_published_one() {
        let instance = made(&OrthonormalPopulation, "teacher-width=7,width=7", 0).expect("valid");
        assert!(instance.loss_of(&witness_of(&instance)).expect("fits").hi < 1e-12);
        // Safran, Yehudai and Shamir (2021): one unit of the minimum at k = 7 is nearly minus its axis.
        let (own, others) = ([-0.6327, 0.9969], [0.1860, 0.2617, -0.0351]);
        let entry = |unit: usize, axis: usize| match (unit, axis) {
            (0, 0) => own[0],
            (unit, axis) if unit == axis => own[1],
            (0, _) => others[0],
            (_, 0) => others[1],
            _ => others[2],
        };
        let published = Weights {
            hidden: (0..7).map(|unit| (0..7).map(|axis| entry(unit, axis)).collect()).collect(),
            ..Weights::zero(7, 7)
        };
        let half = instance.loss_of(&published).expect("fits").hi / 2.0;
        assert!((half - 0.02320).abs() < 5e-6, "{half}");
    }
}
