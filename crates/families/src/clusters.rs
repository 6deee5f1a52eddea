//! Four clouds of points at the corners of a diamond, opposite ones alike.
//!
//! **Definition.** Two orthogonal directions; centres at `separation` times each of them and their negatives. A sample is a
//! random centre plus `N(0, I_d)`, all coordinates rounded to multiples of `2^-16`; its label is 1 for the first direction
//! and -1 for the second, negated for a share `flips` of the samples. Hidden bias and output bias. The test set holds 200
//! further samples, without flips.
//!
//! **Source.** The Gaussian version of exclusive or; Frei, Chatterji and Bartlett (2022) study descent on it.
//!
//! **Reference.** None. Four units, one for each centre, tell the clouds apart when they are far apart, but squared errors
//! also count how far a score is from 1.
//!
//! **Descent** is expected to succeed: the clouds pull units towards their centres from any start, and the farther apart the
//! better. Flipped labels lift the optimum and leave the way to it as it is, so that the gap stays small where random labels
//! (`random-labels`) would make one.

use crate::about::about;
use crate::admission::refuse_trivial;
use crate::request::{Request, dataset, samples, width};
use crate::stream::{INPUT_GRID, Purpose, Stream, gaussian_rows, to_grid};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag};

/// See the module documentation.
pub(crate) struct Clusters;

const PARAMETERS: &[Parameter] = &[
    samples(40),
    Parameter::integer("dimension", "inputs", 2, 64, 2),
    width(2),
    Parameter::real("separation", "distance of the centres from the origin, in standard deviations of a cloud", 0.0, 100.0, 3.0),
    Parameter::real("flips", "share of the labels that are negated", 0.0, 0.5, 0.0),
];

impl Family for Clusters {
    fn name(&self) -> &'static str {
        "clusters"
    }

    fn tag(&self) -> Tag {
        Tag::Structured
    }

    fn about(&self) -> About {
        about(include_str!("clusters.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "n=12,width=1" },
            Size { name: "small", parameters: "n=40,width=2" },
            Size { name: "medium", parameters: "n=80,width=2" },
            Size { name: "large", parameters: "n=80,width=4" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (dimension, separation) = (parameters.count("dimension"), parameters.real("separation"));
        let [mut rows, mut test_rows] = gaussian_rows(seed, parameters.count("n"), dimension);
        let place = |rows: &mut [Vec<f64>], purpose| -> Vec<f64> {
            let mut stream = Stream::new(seed, purpose);
            rows.iter_mut().map(|row| moved(row, separation, &mut stream)).collect()
        };
        let mut labels = place(&mut rows, Purpose::Labels);
        let test_labels = place(&mut test_rows, Purpose::TestLabels);
        let flipped = (parameters.real("flips") * labels.len() as f64).round() as usize;
        for index in Stream::new(seed, Purpose::Noise).subset(labels.len(), flipped) {
            labels[index] = -labels[index];
        }
        let network = Network { output_bias: true, ..Network::dense(parameters.count("width")) };
        let mut instance = Request::new(self, parameters, seed).instance(&rows, labels, network)?;
        instance.test = Some(dataset(&test_rows, test_labels)?);
        refuse_trivial(&instance)?;
        Ok(instance)
    }
}

/// Moves a point to a random cloud; gives the label of the cloud.
fn moved(row: &mut [f64], separation: f64, stream: &mut Stream) -> f64 {
    let (label, side) = (stream.sign(), stream.sign());
    let axis = usize::from(label < 0.0);
    row[axis] = to_grid(row[axis] + side * separation, INPUT_GRID);
    label
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::made;

    #[test]
    fn far_clouds_are_told_apart_by_the_larger_coordinate() {
        let instance = made(&Clusters, "n=400,separation=8", 1).expect("valid");
        assert!(instance.data.samples().all(|(x, y)| (x[0].abs() - x[1].abs()).signum() == y));
        let positive = instance.data.labels().iter().filter(|label| **label > 0.0).count();
        assert!((150..250).contains(&positive), "{positive}");
    }

    #[test]
    fn flips_are_as_many_as_asked_and_spare_the_test_set() {
        let instance = made(&Clusters, "n=100,separation=9,flips=0.2", 1).expect("valid");
        let wrong =
            |data: &optgap_problem::Dataset| data.samples().filter(|(x, y)| (x[0].abs() - x[1].abs()).signum() != *y).count();
        assert_eq!((wrong(&instance.data), wrong(instance.test.as_ref().expect("a test set"))), (20, 0));
    }
}
