//! From the vertex cover of a cycle to Gaussian data.
//!
//! **Definition.** The inputs `X` of family `vertex-cover` for a cycle, `copies` times; `G` has the same shape and independent entries `N(0,
//! s^2)`, where `s^2` is the mean square of the entries of `X`. Inputs are `sqrt(1-t) X + sqrt(t) G`, rounded to multiples
//! of `2^-16`. With `labels=adversarial` the labels are those of the cover, with `labels=teacher` those of a random ReLU on
//! the blended inputs. One unit without biases.
//!
//! **Source.** Our own, after smoothed analysis (Spielman and Teng 2004).
//!
//! **Reference.** At `t=0` with adversarial labels that of `vertex-cover`; 0 with a teacher's labels. Otherwise only a search
//! knows.
//!
//! **Descent** was seen in a first trial not to improve steadily: a little Gaussian removes exact ties, and with them
//! successes, before much of it makes the data benign. So the gap is expected to fall with `t` towards 1 and the share of
//! successes to be smallest somewhere between; dead units persist at every `t`.

use crate::about::about;
use crate::planted::{direction, labels};
use crate::request::{Request, state_optimum};
use crate::smoothing::{covered_cycle, mean_square};
use crate::stream::{INPUT_GRID, Purpose, Stream, to_grid};
use optgap_problem::{About, BadParameter, Family, Instance, Parameter, Parameters, Size, Tag, Weights};

/// See the module documentation.
pub(crate) struct Blend;

const PARAMETERS: &[Parameter] = &[
    Parameter::integer("vertices", "vertices of the cycle", 3, 30, 5),
    Parameter::integer("copies", "how often the samples are taken, each time with noise of its own", 1, 50, 3),
    Parameter::real("t", "share of the Gaussian inputs, in squares", 0.0, 1.0, 0.5),
    Parameter::choice("labels", "whose labels they are", &["adversarial", "teacher"]),
];

impl Family for Blend {
    fn name(&self) -> &'static str {
        "blend"
    }

    fn tag(&self) -> Tag {
        Tag::Ladder
    }

    fn about(&self) -> About {
        about(include_str!("blend.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "vertices=3" },
            Size { name: "small", parameters: "vertices=5" },
            Size { name: "medium", parameters: "vertices=8" },
            Size { name: "large", parameters: "vertices=12,copies=5" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (t, planted) = (parameters.real("t"), parameters.text("labels") == "teacher");
        let cycle = covered_cycle(parameters.count("vertices"), parameters.count("copies"))?;
        let (keep, add) = ((1.0 - t).sqrt(), (t * mean_square(&cycle.data)).sqrt());
        let mut stream = Stream::new(seed, Purpose::Jitter);
        let mut blended = |&x: &f64| if t > 0.0 { to_grid(keep * x + add * stream.normal(), INPUT_GRID) } else { x };
        let rows: Vec<Vec<f64>> = cycle.data.samples().map(|(row, _)| row.iter().map(&mut blended).collect()).collect();
        let request = Request::new(self, parameters, seed).drawn(t > 0.0 || planted);
        if planted {
            let mut teacher = Weights::zero(1, rows[0].len());
            teacher.hidden[0] = direction(&mut Stream::new(seed, Purpose::Teacher), rows[0].len());
            let mut instance = request.instance(&rows, labels(&teacher, &rows), cycle.network)?;
            state_optimum(&mut instance, 0.0, &teacher);
            return Ok(instance);
        }
        let mut instance = request.instance(&rows, cycle.data.labels().to_vec(), cycle.network)?;
        if t == 0.0 {
            instance.reference = cycle.reference;
            instance.provenance["witness"] = cycle.provenance["witness"].clone();
        }
        Ok(instance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, sum_of_squares, witness_of};

    #[test]
    fn the_ends_are_the_cover_and_gaussian_inputs_of_the_same_size() {
        let cover = made(&crate::vertex_cover::VertexCover, "vertices=9", 1).expect("valid");
        let [start, end] = ["t=0", "t=1"].map(|t| made(&Blend, &format!("vertices=9,copies=1,{t}"), 1).expect("valid"));
        assert_eq!((&start.data, start.reference), (&cover.data, cover.reference));
        let (before, after) = (mean_square(&start.data), mean_square(&end.data));
        assert!((after / before - 1.0).abs() < 0.3, "{before} {after}");
        assert_eq!(end.reference, None);
    }

    #[test]
    fn a_teachers_labels_are_fitted_exactly() {
        let instance = made(&Blend, "labels=teacher,t=0.3", 2).expect("valid");
        assert_eq!(sum_of_squares(&instance, &witness_of(&instance)), 0.0);
    }
}
