//! Labels of a random network of the same kind, with noise or without.
//!
//! **Definition.** Inputs `x ~ N(0, I_d)`, rounded to multiples of `2^-16`. The teacher has `teacher-width` units: each has a
//! direction uniform on the sphere, a bias `N(0, 1/4)` and an output of random sign with a size uniform in `[1/2, 3/2)`. A
//! unit is redrawn until it is on for some samples and off for others, so that every kink matters. Labels are
//! `teacher(x) + noise * N(0, 1)`. The student has `width` units. The test set holds 200 further samples.
//!
//! **Source.** The student-teacher setting of the statistical mechanics of learning (Gardner and Derrida 1989; Saad and
//! Solla 1995), here with biases and signed outputs.
//!
//! **Reference.** Without noise and with `width >= teacher-width` the optimum is exactly 0: inputs and teacher live on
//! binary grids so coarse that every label is an exact `f64`, hence the teacher, padded with units of output 0, has loss 0
//! and not merely 1e-30. With noise nothing is known but that the teacher's own loss is an upper bound.
//!
//! **Descent** is expected to do well and better with width. With `width = teacher-width` some starts end in local minima in
//! which one student unit stands for two teacher units while another is spent on a remnant (Safran and Shamir 2018 for the
//! orthonormal case); with a few spare units nearly every start succeeds. Noise lifts the optimum above 0 and adds shallow
//! minima near the teacher, so that success at a tight gap gets rarer although the function found is nearly the same.

use crate::about::about;
use crate::planted;
use crate::request::{OUTPUT_BIAS, Request, dataset, dimension, samples, width};
use crate::stream::{Purpose, Stream, gaussian_rows};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag};

/// See the module documentation.
pub(crate) struct Teacher;

const PARAMETERS: &[Parameter] = &[
    samples(40),
    dimension(2),
    Parameter::integer("teacher-width", "hidden units of the teacher", 1, 64, 2),
    width(2),
    Parameter::real("noise", "standard deviation of the label noise, in units of the labels", 0.0, 100.0, 0.3),
    OUTPUT_BIAS,
];

impl Family for Teacher {
    fn name(&self) -> &'static str {
        "teacher"
    }

    fn tag(&self) -> Tag {
        Tag::Structured
    }

    fn about(&self) -> About {
        about(include_str!("teacher.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "n=12,dimension=1" },
            Size { name: "small", parameters: "n=40,dimension=2" },
            Size { name: "medium", parameters: "n=100,dimension=2" },
            Size { name: "large", parameters: "n=100,dimension=3" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (width, teacher_width, noise) =
            (parameters.count("width"), parameters.count("teacher-width"), parameters.real("noise"));
        let [rows, test_rows] = gaussian_rows(seed, parameters.count("n"), parameters.count("dimension"));
        let teacher = planted::network(seed, teacher_width, &rows);
        let noisy = |rows, purpose| planted::noisy(planted::labels(&teacher, rows), noise, Stream::new(seed, purpose));
        let network = Network { output_bias: parameters.switch("output-bias"), ..Network::dense(width) };
        let mut instance = Request::new(self, parameters, seed).instance(&rows, noisy(&rows, Purpose::Noise), network)?;
        instance.test = Some(dataset(&test_rows, noisy(&test_rows, Purpose::TestNoise))?);
        planted::state_if_attained(&mut instance, teacher, noise == 0.0)?;
        Ok(instance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, witness_of};
    use optgap_problem::Reference;

    fn teacher(text: &str, seed: u64) -> Result<Instance, BadParameter> {
        made(&Teacher, text, seed)
    }

    /// `value * 2^bits`, which must be a whole number.
    fn whole(value: f64, bits: i32) -> i128 {
        let scaled = value * 2.0_f64.powi(bits);
        assert_eq!(scaled.fract(), 0.0, "{value} is not on the grid of 2^-{bits}");
        scaled as i128
    }

    #[test]
    fn without_noise_the_witness_fits_every_label_exactly() {
        for seed in 0..20 {
            for text in ["noise=0", "noise=0,n=200,dimension=64,teacher-width=64,width=70", "noise=0,dimension=1,width=3"] {
                let instance = teacher(text, seed).expect("valid");
                let witness = witness_of(&instance);
                for (input, label) in instance.data.samples() {
                    let unit = |j: usize| {
                        let products = witness.hidden[j].iter().zip(input).map(|(w, x)| whole(*w, 10) * whole(*x, 16));
                        let z = products.sum::<i128>() + (whole(witness.hidden_bias[j], 10) << 16);
                        whole(witness.output[j], 6) * z.max(0)
                    };
                    assert_eq!((0..witness.width()).map(unit).sum::<i128>(), whole(label, 32), "{text}, seed {seed}");
                }
            }
        }
    }

    #[test]
    fn noise_changes_labels_alone_and_has_no_reference() {
        let (clean, noisy) = (teacher("noise=0", 5).expect("valid"), teacher("noise=0.5", 5).expect("valid"));
        assert_eq!(clean.data.inputs(), noisy.data.inputs());
        let shifts = clean.data.labels().iter().zip(noisy.data.labels()).map(|(a, b)| (a - b) * (a - b));
        let variance = shifts.sum::<f64>() / 40.0;
        assert!((0.1..0.5).contains(&variance), "{variance}");
        assert_eq!((clean.reference, noisy.reference), (Some(Reference::Optimum(0.0)), None));
        assert_eq!(teacher("noise=0,width=1", 5).expect("valid").reference, None);
    }

    #[test]
    fn every_unit_of_the_teacher_has_its_kink_among_the_samples() {
        for seed in 0..50 {
            let instance = teacher("noise=0,n=12,dimension=1", seed).expect("valid");
            let witness = witness_of(&instance);
            for unit in 0..2 {
                let on = |input: &[f64]| witness.hidden[unit][0] * input[0] + witness.hidden_bias[unit] > 0.0;
                let count = instance.data.samples().filter(|(input, _)| on(input)).count();
                assert!((1..12).contains(&count), "seed {seed}, unit {unit} is on for {count} of 12");
            }
        }
    }

    #[test]
    fn trivial_sizes_are_refused_only_where_the_optimum_is_not_declared() {
        assert!(teacher("n=4,dimension=3", 1).expect_err("trivial").to_string().contains("at least 5 samples"));
        assert!(teacher("n=5,dimension=3", 1).is_ok());
        assert!(teacher("n=4,dimension=3,noise=0", 1).is_ok());
    }
}
