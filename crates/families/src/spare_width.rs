//! A teacher without noise and a student with units to spare.
//!
//! **Definition.** The inputs and the teacher of family `teacher` at the same seed, without noise; the student has
//! `teacher-width + spare` units. Hidden bias. The test set holds 200 further samples.
//!
//! **Source.** Over-parameterisation in the student-teacher setting (Safran, Yehudai and Shamir 2021; Livni, Shalev-Shwartz
//! and Shamir 2014).
//!
//! **Reference.** 0 for every `spare`: the teacher, and idle units.
//!
//! **Descent** is expected to succeed sometimes without spare units and nearly always with a few: a unit that stands for
//! two, or is dead, no longer spoils the fit when another one can take over. The optimum stays where it is all along, so
//! that this ladder shows the effect of width alone.

use crate::about::about;
use crate::planted;
use crate::request::{Request, dataset, dimension, samples, state_optimum};
use crate::stream::gaussian_rows;
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag};

/// See the module documentation.
pub(crate) struct SpareWidth;

const PARAMETERS: &[Parameter] = &[
    samples(40),
    dimension(2),
    Parameter::integer("teacher-width", "hidden units of the teacher", 1, 64, 2),
    Parameter::integer("spare", "units of the student beyond those of the teacher", 0, 1024, 0),
];

impl Family for SpareWidth {
    fn name(&self) -> &'static str {
        "spare-width"
    }

    fn tag(&self) -> Tag {
        Tag::Ladder
    }

    fn about(&self) -> About {
        about(include_str!("spare_width.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "n=12,dimension=1" },
            Size { name: "small", parameters: "n=40,dimension=2" },
            Size { name: "medium", parameters: "n=100,dimension=3,teacher-width=3" },
            Size { name: "large", parameters: "n=200,dimension=4,teacher-width=4" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let teacher_width = parameters.count("teacher-width");
        let width = teacher_width + parameters.count("spare");
        let [rows, test_rows] = gaussian_rows(seed, parameters.count("n"), parameters.count("dimension"));
        let teacher = planted::network(seed, teacher_width, &rows);
        let labels = planted::labels(&teacher, &rows);
        let mut instance = Request::new(self, parameters, seed).instance(&rows, labels, Network::dense(width))?;
        instance.test = Some(dataset(&test_rows, planted::labels(&teacher, &test_rows))?);
        state_optimum(&mut instance, 0.0, &planted::padded(teacher, width));
        Ok(instance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, sum_of_squares, witness_of};

    #[test]
    fn spare_units_change_the_network_and_not_the_data() {
        let [none, many] = [0, 9].map(|spare| made(&SpareWidth, &format!("spare={spare}"), 3).expect("valid"));
        assert_eq!((&none.data, none.network.width, many.network.width), (&many.data, 2, 11));
        assert_eq!(sum_of_squares(&many, &witness_of(&many)), 0.0);
        let teacher = made(&crate::teacher::Teacher, "noise=0", 3).expect("valid");
        assert_eq!(none.data, teacher.data);
    }
}
