//! The same information many times over.
//!
//! **Definition.** The inputs and the noisy teacher of family `teacher` at the same seed, `n` different samples, each of
//! them `copies` times; with `jitter` the inputs of all copies but the first are moved by `N(0, jitter^2)`, rounded to
//! multiples of `2^-16`, and keep their label. Hidden bias. The test set holds 200 further samples.
//!
//! **Source.** Our own: the essay's "structured, redundant data" as a knob.
//!
//! **Reference.** 0 without noise and jitter, for `width >= teacher-width`. Without jitter the optimum does not depend on
//! `copies` at all: sums of squares and number of samples grow alike.
//!
//! **Descent** with full batches cannot tell copies from none: the gradient is the same. It is expected to gain from jitter,
//! which fills the space between the samples and removes the optima that hang on single points. Exact search pays nothing
//! for copies, which it counts as weights, and much for jitter.

use crate::about::about;
use crate::planted;
use crate::request::{Request, dataset, dimension, width};
use crate::stream::{INPUT_GRID, Purpose, Stream, gaussian_rows, to_grid};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag};

/// See the module documentation.
pub(crate) struct Redundant;

const PARAMETERS: &[Parameter] = &[
    Parameter::integer("different", "different samples", 3, 1000, 20),
    dimension(2),
    Parameter::integer("teacher-width", "hidden units of the teacher", 1, 64, 2),
    width(2),
    Parameter::integer("copies", "how often each sample is in the data", 1, 50, 3),
    Parameter::real("jitter", "standard deviation by which the inputs of copies are moved", 0.0, 10.0, 0.0),
    Parameter::real("noise", "standard deviation of the label noise", 0.0, 100.0, 0.3),
];

impl Family for Redundant {
    fn name(&self) -> &'static str {
        "redundant"
    }

    fn tag(&self) -> Tag {
        Tag::Structured
    }

    fn about(&self) -> About {
        about(include_str!("redundant.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "different=10,dimension=1" },
            Size { name: "small", parameters: "different=20" },
            Size { name: "medium", parameters: "different=40" },
            Size { name: "large", parameters: "different=40,copies=5,jitter=0.1,width=3" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (width, teacher_width) = (parameters.count("width"), parameters.count("teacher-width"));
        let (noise, jitter) = (parameters.real("noise"), parameters.real("jitter"));
        let [originals, test_rows] = gaussian_rows(seed, parameters.count("different"), parameters.count("dimension"));
        let teacher = planted::network(seed, teacher_width, &originals);
        let noisy = |rows, purpose| planted::noisy(planted::labels(&teacher, rows), noise, Stream::new(seed, purpose));
        let labels = noisy(&originals, Purpose::Noise);
        let mut stream = Stream::new(seed, Purpose::Jitter);
        let mut copied = (Vec::new(), Vec::new());
        for copy in 0..parameters.count("copies") {
            for (row, &label) in originals.iter().zip(&labels) {
                let moved =
                    |&x: &f64| if copy > 0 && jitter > 0.0 { to_grid(x + jitter * stream.normal(), INPUT_GRID) } else { x };
                copied.0.push(row.iter().map(moved).collect());
                copied.1.push(label);
            }
        }
        let (rows, labels) = copied;
        let mut instance = Request::new(self, parameters, seed).instance(&rows, labels, Network::dense(width))?;
        instance.test = Some(dataset(&test_rows, noisy(&test_rows, Purpose::TestNoise))?);
        planted::state_if_attained(&mut instance, teacher, noise == 0.0 && jitter == 0.0)?;
        Ok(instance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::made;

    #[test]
    fn copies_are_copies_and_jitter_moves_all_but_the_first() {
        let plain = made(&Redundant, "copies=4", 2).expect("valid");
        let moved = made(&Redundant, "copies=4,jitter=0.5", 2).expect("valid");
        assert_eq!(plain.data.len(), 80);
        for index in 0..80 {
            assert_eq!(plain.data.input(index), plain.data.input(index % 20));
            assert_eq!(moved.data.labels()[index], plain.data.labels()[index % 20]);
            assert_eq!(moved.data.input(index) == plain.data.input(index), index < 20);
        }
        let once = made(&Redundant, "copies=1", 2).expect("valid");
        assert!((once.constant_level() - plain.constant_level()).abs() < 1e-12);
    }
}
