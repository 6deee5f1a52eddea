//! A teacher of orthonormal units on Gaussian samples.
//!
//! **Definition.** Inputs `x ~ N(0, I_d)`, rounded to multiples of `2^-16`, with `d = teacher-width`; labels `relu(x_1) +
//! ... + relu(x_d)`. The student has `width` units, no biases, and output weights fixed to 1. The test set holds 200 further
//! samples.
//!
//! **Source.** Safran and Shamir (2018); the same teacher over the whole population is family `orthonormal-population`.
//!
//! **Reference.** 0 for `width >= teacher-width`: the units of the teacher, and idle ones.
//!
//! **Descent** is expected to succeed almost always for few units and to fail the more often the more there are, from about
//! six on: then the loss has spurious minima in which one unit does the work of two and two do that of one. A spare unit or
//! two should cure nearly all of it.

use crate::about::about;
use crate::planted::labels;
use crate::request::{Request, dataset, samples, state_optimum};
use crate::stream::gaussian_rows;
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag, Weights};

/// See the module documentation.
pub(crate) struct OrthonormalTeacher;

const PARAMETERS: &[Parameter] = &[
    samples(40),
    Parameter::integer("teacher-width", "hidden units of the teacher, which are the inputs", 1, 32, 2),
    Parameter::integer("width", "hidden units of the student", 1, 128, 2),
];

impl Family for OrthonormalTeacher {
    fn name(&self) -> &'static str {
        "orthonormal-teacher"
    }

    fn tag(&self) -> Tag {
        Tag::Structured
    }

    fn about(&self) -> About {
        about(include_str!("orthonormal_teacher.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "n=20" },
            Size { name: "small", parameters: "n=40,teacher-width=3,width=3" },
            Size { name: "medium", parameters: "n=100,teacher-width=4,width=4" },
            Size { name: "large", parameters: "n=500,teacher-width=8,width=8" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (teacher_width, width) = (parameters.count("teacher-width"), parameters.count("width"));
        let [rows, test_rows] = gaussian_rows(seed, parameters.count("n"), teacher_width);
        let teacher = orthonormal(teacher_width, teacher_width);
        let network = Network { hidden_bias: false, train_output: false, ..Network::dense(width) };
        let mut instance = Request::new(self, parameters, seed).instance(&rows, labels(&teacher, &rows), network)?;
        instance.test = Some(dataset(&test_rows, labels(&teacher, &test_rows))?);
        if width >= teacher_width {
            state_optimum(&mut instance, 0.0, &orthonormal(teacher_width, width));
        }
        Ok(instance)
    }
}

/// Units along the axes, and idle ones.
pub(crate) fn orthonormal(teacher_width: usize, width: usize) -> Weights {
    let mut weights = Weights::zero(width, teacher_width);
    (0..teacher_width).for_each(|unit| weights.hidden[unit][unit] = 1.0);
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, sum_of_squares, witness_of};

    #[test]
    fn the_axes_fit_exactly_with_and_without_idle_units() {
        for text in ["teacher-width=5,width=5", "teacher-width=5,width=8"] {
            let instance = made(&OrthonormalTeacher, text, 2).expect("valid");
            assert_eq!(sum_of_squares(&instance, &witness_of(&instance)), 0.0, "{text}");
        }
        assert_eq!(made(&OrthonormalTeacher, "teacher-width=5,width=4", 2).expect("valid").reference, None);
    }
}
