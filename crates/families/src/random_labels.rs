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

use crate::admission::{assemble, provenance, refuse_trivial};
use crate::stream::{Purpose, Stream};
use optgap_problem::{BadParameter, Family, Instance, Network, Parameter, ParameterKind, Parameters, Size, Tag};

/// See the module documentation.
pub(crate) struct RandomLabels;

impl Family for RandomLabels {
    fn name(&self) -> &'static str {
        "random-labels"
    }

    fn tag(&self) -> Tag {
        Tag::Adversarial
    }

    fn description(&self) -> &'static str {
        "Gaussian inputs (those of `teacher` at the same seed) with labels drawn independently of them, Gaussian or random \
         signs. No reference below width n. Descent: expected to miss the optimum from most starts, since which samples a unit \
         serves is settled at initialisation; the gap stays small because the many local minima are of similar height."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[
            Parameter { name: "n", meaning: "samples", kind: ParameterKind::Integer { least: 3, most: 10_000, default: 40 } },
            Parameter { name: "dimension", meaning: "inputs", kind: ParameterKind::Integer { least: 1, most: 64, default: 2 } },
            Parameter {
                name: "width",
                meaning: "hidden units",
                kind: ParameterKind::Integer { least: 1, most: 4096, default: 2 },
            },
            Parameter {
                name: "labels",
                meaning: "distribution of the labels: N(0, 1) or -1 and +1 with equal chance",
                kind: ParameterKind::Choice { options: &["gaussian", "signs"] },
            },
            Parameter {
                name: "output-bias",
                meaning: "whether the network has an output bias",
                kind: ParameterKind::Switch { default: false },
            },
        ]
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
        let (samples, dimension) = (parameters.count("n"), parameters.count("dimension"));
        let (width, labels) = (parameters.count("width"), parameters.text("labels"));
        let output_bias = parameters.switch("output-bias");
        let rows = Stream::new(seed, Purpose::Inputs).input_rows(samples, dimension);
        let mut stream = Stream::new(seed, Purpose::Labels);
        let drawn = (0..samples).map(|_| if labels == "signs" { stream.sign() } else { stream.normal() }).collect();
        let network = Network { output_bias, ..Network::dense(width) };
        let bias = if output_bias { "-c" } else { "" };
        let name = format!("random-labels-{labels}-n{samples}-d{dimension}-k{width}{bias}-s{seed}");
        let instance = assemble(name, &rows, drawn, network, provenance(self.name(), parameters, Some(seed)))?;
        refuse_trivial(&instance)?;
        Ok(instance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::teacher::Teacher;
    use optgap_problem::Selector;

    fn made(family: &dyn Family, text: &str) -> Instance {
        let selector: Selector = format!("x[{text}]").parse().expect("a selector");
        family.instance(&selector.choices()[0].complete(family.parameters()).expect("declared"), 9).expect("valid")
    }

    #[test]
    fn the_inputs_are_those_of_the_teacher_family() {
        let text = "n=30,dimension=3";
        assert_eq!(made(&RandomLabels, text).data.inputs(), made(&Teacher, text).data.inputs());
    }

    #[test]
    fn labels_are_signs_or_normals_as_asked() {
        let signs = made(&RandomLabels, "labels=signs,n=200");
        assert!(signs.data.labels().iter().all(|label| label.abs() == 1.0));
        assert!((60..=140).contains(&signs.data.labels().iter().filter(|label| **label > 0.0).count()));
        let normals = made(&RandomLabels, "n=200");
        assert!((0.7..1.4).contains(&normals.constant_level()), "{}", normals.constant_level());
    }
}
