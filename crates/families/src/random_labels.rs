//! Labels that have nothing to do with the inputs.
//!
//! **Definition.** Inputs `x ~ N(0, I_d)`, rounded to multiples of `2^-16`: the very inputs of family `teacher` for the same
//! `n`, `dimension` and seed, so that the two families differ in the labels alone. Labels are `N(0, 1)` or random signs.
//!
//! **Source.** The randomisation test of Zhang, Bengio, Hardt, Recht and Vinyals (2017).
//!
//! **Reference.** None: the optimum is 0 as soon as `width >= n`, and such sizes are refused; below that only a search knows.
//!
//! **Descent** is expected to miss the optimum from most starts. Every sample pulls in a direction of its own, so the loss
//! has many local minima of nearly the same height, and which samples a unit serves is decided at initialisation and never
//! reconsidered. The gap itself should stay small, for the many minima crowd near the optimum when `n` is large; a tight
//! target then separates methods better than the median gap. More width makes fitting easier, here as everywhere.

use crate::about::about;
use crate::admission::refuse_trivial;
use crate::request::{OUTPUT_BIAS, Request, dataset, dimension, samples, width};
use crate::stream::{Purpose, Stream, gaussian_rows};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag};

/// See the module documentation.
pub(crate) struct RandomLabels;

const PARAMETERS: &[Parameter] = &[
    samples(40),
    dimension(2),
    width(2),
    Parameter::choice("labels", "distribution of the labels: N(0, 1) or -1 and +1 with equal chance", &["gaussian", "signs"]),
    OUTPUT_BIAS,
];

impl Family for RandomLabels {
    fn name(&self) -> &'static str {
        "random-labels"
    }

    fn tag(&self) -> Tag {
        Tag::Adversarial
    }

    fn about(&self) -> About {
        about(include_str!("random_labels.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "n=12,dimension=1" },
            Size { name: "small", parameters: "n=40,dimension=2" },
            Size { name: "medium", parameters: "n=60,dimension=2" },
            Size { name: "large", parameters: "n=60,dimension=3" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let network = Network { output_bias: parameters.switch("output-bias"), ..Network::dense(parameters.count("width")) };
        let [rows, test_rows] = gaussian_rows(seed, parameters.count("n"), parameters.count("dimension"));
        let signs = parameters.text("labels") == "signs";
        let labels = |count, purpose| {
            let mut stream = Stream::new(seed, purpose);
            (0..count).map(|_| if signs { stream.sign() } else { stream.normal() }).collect()
        };
        let drawn = labels(rows.len(), Purpose::Labels);
        let mut instance = Request::new(self, parameters, seed).instance(&rows, drawn, network)?;
        instance.test = Some(dataset(&test_rows, labels(test_rows.len(), Purpose::TestLabels))?);
        refuse_trivial(&instance)?;
        Ok(instance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::made;
    use crate::teacher::Teacher;

    #[test]
    fn the_inputs_are_those_of_the_teacher_family() {
        let text = "n=30,dimension=3";
        let [ours, teachers] = [&RandomLabels as &dyn Family, &Teacher].map(|family| made(family, text, 9).expect("valid"));
        assert_eq!(ours.data.inputs(), teachers.data.inputs());
    }

    #[test]
    fn labels_are_signs_or_normals_as_asked() {
        let signs = made(&RandomLabels, "labels=signs,n=200", 9).expect("valid");
        assert!(signs.data.labels().iter().all(|label| label.abs() == 1.0));
        assert!((60..=140).contains(&signs.data.labels().iter().filter(|label| **label > 0.0).count()));
        let normals = made(&RandomLabels, "n=200", 9).expect("valid");
        assert!((0.7..1.4).contains(&normals.constant_level()), "{}", normals.constant_level());
    }
}
