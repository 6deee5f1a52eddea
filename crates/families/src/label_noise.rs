//! From a teacher to random labels.
//!
//! **Definition.** The inputs and the teacher of family `teacher` at the same seed, without noise; a share `share` of the
//! labels is replaced by the labels of other samples, drawn at random: the distribution of the labels stays, what they say
//! of the inputs goes. The samples that lose their label at a small share lose it at every larger one. Hidden bias. The test
//! set holds 200 further samples with the teacher's labels.
//!
//! **Source.** Zhang, Bengio, Hardt, Recht and Vinyals (2017), partially corrupted labels.
//!
//! **Reference.** 0 at `share=0` for `width >= teacher-width`. Beyond, only a search knows.
//!
//! **Descent** is expected to pass gradually from frequent success to frequent failure at a tight gap, while the gap itself
//! grows less: replaced labels lift the optimum and add local minima near it. Exact search is expected to take longer on the
//! way, since the bounds of random labels are weak.

use crate::about::about;
use crate::planted;
use crate::request::{Request, dataset, dimension, samples, width};
use crate::stream::{Purpose, Stream, gaussian_rows};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag};

/// See the module documentation.
pub(crate) struct LabelNoise;

const PARAMETERS: &[Parameter] = &[
    samples(40),
    dimension(2),
    Parameter::integer("teacher-width", "hidden units of the teacher", 1, 64, 2),
    width(2),
    Parameter::real("share", "share of the labels that are replaced", 0.0, 1.0, 0.25),
];

impl Family for LabelNoise {
    fn name(&self) -> &'static str {
        "label-noise"
    }

    fn tag(&self) -> Tag {
        Tag::Ladder
    }

    fn about(&self) -> About {
        about(include_str!("label_noise.rs"))
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
        let (width, teacher_width) = (parameters.count("width"), parameters.count("teacher-width"));
        let [rows, test_rows] = gaussian_rows(seed, parameters.count("n"), parameters.count("dimension"));
        let teacher = planted::network(seed, teacher_width, &rows);
        let clean = planted::labels(&teacher, &rows);
        let mut stream = Stream::new(seed, Purpose::Labels);
        let mut labels = clean.clone();
        // Everything is drawn at every share, so that the replaced ones are nested.
        let replaced = (parameters.real("share") * clean.len() as f64).round() as usize;
        for (place, &sample) in stream.order(clean.len()).iter().enumerate() {
            let donor = clean[stream.below(clean.len())];
            if place < replaced {
                labels[sample] = donor;
            }
        }
        let mut instance = Request::new(self, parameters, seed).instance(&rows, labels, Network::dense(width))?;
        instance.test = Some(dataset(&test_rows, planted::labels(&teacher, &test_rows))?);
        planted::state_if_attained(&mut instance, teacher, replaced == 0)?;
        Ok(instance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::made;

    #[test]
    fn replaced_labels_are_nested_and_as_many_as_asked_at_most() {
        let labels = |share: f64| made(&LabelNoise, &format!("n=100,share={share}"), 4).expect("valid").data.labels().to_vec();
        let clean = labels(0.0);
        let differing = |noisy: &[f64]| (0..100).filter(|&i| noisy[i] != clean[i]).collect::<Vec<_>>();
        let (few, many) = (differing(&labels(0.2)), differing(&labels(0.6)));
        assert!(few.len() <= 20 && few.len() >= 15, "{}", few.len());
        assert!(many.len() <= 60 && few.iter().all(|sample| many.contains(sample)));
        assert!(labels(1.0).iter().all(|label| clean.contains(label)));
    }
}
