//! Inputs of falling scale, all equally important.
//!
//! **Definition.** The inputs and the noisy teacher of family `teacher` at the same seed; then input `i` is multiplied by
//! `i^(-alpha)`, rounded to a power of two. Labels are those before the scaling. Hidden bias. The test set holds 200 further
//! samples.
//!
//! **Source.** Our own, after the study of descent under power-law spectra.
//!
//! **Reference.** 0 without noise for `width >= teacher-width`. The optimum does not depend on `alpha` at all: an invertible
//! linear map of the inputs is undone by the weights.
//!
//! **Descent** is expected to slow down as `alpha` grows, since the directions of small scale have small gradients and
//! matter as much as the others; at a fixed number of steps the gap grows with `alpha`, and polished end points should
//! mostly not. Exact search is indifferent. Adam, which scales every weight by itself, should suffer least.

use crate::about::about;
use crate::admission::refuse_trivial;
use crate::planted;
use crate::request::{Request, dataset, dimension, samples, state_optimum, width};
use crate::stream::{Purpose, Stream, gaussian_rows};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag};

/// See the module documentation.
pub(crate) struct Spectrum;

const PARAMETERS: &[Parameter] = &[
    samples(40),
    dimension(2),
    Parameter::integer("teacher-width", "hidden units of the teacher", 1, 64, 2),
    width(2),
    Parameter::real("alpha", "exponent of the decay", 0.0, 8.0, 4.0),
    Parameter::real("noise", "standard deviation of the label noise", 0.0, 100.0, 0.3),
];

impl Family for Spectrum {
    fn name(&self) -> &'static str {
        "spectrum"
    }

    fn tag(&self) -> Tag {
        Tag::Structured
    }

    fn about(&self) -> About {
        about(include_str!("spectrum.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "n=20,width=1,teacher-width=1" },
            Size { name: "small", parameters: "n=40" },
            Size { name: "medium", parameters: "n=100" },
            Size { name: "large", parameters: "n=100,dimension=6" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (width, teacher_width, noise) =
            (parameters.count("width"), parameters.count("teacher-width"), parameters.real("noise"));
        let [mut rows, mut test_rows] = gaussian_rows(seed, parameters.count("n"), parameters.count("dimension"));
        let teacher = planted::network(seed, teacher_width, &rows);
        let noisy =
            |rows: &[Vec<f64>], purpose| planted::noisy(planted::labels(&teacher, rows), noise, Stream::new(seed, purpose));
        let (labels, test_labels) = (noisy(&rows, Purpose::Noise), noisy(&test_rows, Purpose::TestNoise));
        let scales = scales(rows[0].len(), parameters.real("alpha"));
        for row in rows.iter_mut().chain(&mut test_rows) {
            row.iter_mut().zip(&scales).for_each(|(x, scale)| *x *= scale);
        }
        let mut instance = Request::new(self, parameters, seed).instance(&rows, labels, Network::dense(width))?;
        instance.test = Some(dataset(&test_rows, test_labels)?);
        if noise == 0.0 && width >= teacher_width {
            let mut teacher = planted::padded(teacher, width);
            for row in &mut teacher.hidden {
                row.iter_mut().zip(&scales).for_each(|(w, scale)| *w /= scale);
            }
            state_optimum(&mut instance, 0.0, &teacher);
        } else {
            refuse_trivial(&instance)?;
        }
        Ok(instance)
    }
}

/// `i^(-alpha)` for `i = 1, 2, ...`, as powers of two.
fn scales(dimension: usize, alpha: f64) -> Vec<f64> {
    (1..=dimension).map(|i| libm::exp2((-alpha * libm::log2(i as f64)).round())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, sum_of_squares, witness_of};

    #[test]
    fn scaling_leaves_labels_and_an_exact_fit() {
        let [flat, steep] =
            ["alpha=0", "alpha=4"].map(|alpha| made(&Spectrum, &format!("noise=0,dimension=5,{alpha}"), 3).expect("valid"));
        assert_eq!(flat.data.labels(), steep.data.labels());
        assert_eq!(sum_of_squares(&steep, &witness_of(&steep)), 0.0);
        assert_eq!(scales(5, 4.0), [1.0, 1.0 / 16.0, 1.0 / 64.0, 1.0 / 256.0, 1.0 / 512.0]);
    }
}
