//! The vertex cover of a cycle, with noise on its inputs.
//!
//! **Definition.** The samples of family `vertex-cover` for a cycle, `copies` times; every entry of every input is moved by `N(0, (sigma
//! r)^2)`, where `r` is the root mean square of all entries, and rounded to multiples of `2^-16`. Labels stay. One unit
//! without biases.
//!
//! **Source.** Smoothed analysis (Spielman and Teng 2004): how much noise does a worst case survive?
//!
//! **Reference.** At `sigma=0` that of `vertex-cover`, the cover number over the number of samples of one copy. Otherwise only a search knows.
//!
//! **Descent** is expected to keep failing for small noise, which moves the local minima without removing them and breaks
//! the ties that made exact success possible, and to find its way for noise of the size of the inputs, where the graph can
//! no longer be seen in them. In a first trial success was not monotone in the noise.

use crate::about::about;
use crate::request::{Request, dataset};
use crate::stream::{INPUT_GRID, Purpose, Stream, to_grid};
use crate::vertex_cover::VertexCover;
use optgap_problem::{About, BadParameter, Dataset, Family, Instance, Parameter, Parameters, Size, Tag, Value};
use std::collections::BTreeMap;

/// See the module documentation.
pub(crate) struct Smoothing;

const PARAMETERS: &[Parameter] = &[
    Parameter::integer("vertices", "vertices of the cycle", 3, 30, 5),
    Parameter::integer("copies", "how often the samples are taken, each time with noise of its own", 1, 50, 3),
    Parameter::real("sigma", "noise on the inputs, in units of their root mean square", 0.0, 100.0, 0.1),
];

impl Family for Smoothing {
    fn name(&self) -> &'static str {
        "smoothing"
    }

    fn tag(&self) -> Tag {
        Tag::Ladder
    }

    fn about(&self) -> About {
        about(include_str!("smoothing.rs"))
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
        let sigma = parameters.real("sigma");
        let cycle = covered_cycle(parameters.count("vertices"), parameters.count("copies"))?;
        let deviation = sigma * mean_square(&cycle.data).sqrt();
        let mut stream = Stream::new(seed, Purpose::Jitter);
        let mut moved = |&x: &f64| if sigma > 0.0 { to_grid(x + deviation * stream.normal(), INPUT_GRID) } else { x };
        let rows: Vec<Vec<f64>> = cycle.data.samples().map(|(row, _)| row.iter().map(&mut moved).collect()).collect();
        let request = Request::new(self, parameters, seed).drawn(sigma > 0.0);
        let mut instance = request.instance(&rows, cycle.data.labels().to_vec(), cycle.network)?;
        if sigma == 0.0 {
            instance.reference = cycle.reference;
            instance.provenance["witness"] = cycle.provenance["witness"].clone();
        }
        Ok(instance)
    }
}

/// The instance of family `vertex-cover` for a cycle, with its samples so many times: its optimum is the same.
pub(crate) fn covered_cycle(vertices: usize, copies: usize) -> Result<Instance, BadParameter> {
    let given = BTreeMap::from([("vertices".to_owned(), Value::Integer(vertices as i64))]);
    let mut cycle = VertexCover.instance(&Parameters(given).complete(VertexCover.parameters())?, 0)?;
    let rows: Vec<Vec<f64>> = cycle.data.samples().map(|(row, _)| row.to_vec()).collect();
    cycle.data = dataset(&vec![rows; copies].concat(), cycle.data.labels().repeat(copies))?;
    Ok(cycle)
}

/// The mean square of all entries of the inputs.
pub(crate) fn mean_square(data: &Dataset) -> f64 {
    data.inputs().iter().map(|x| x * x).sum::<f64>() / data.inputs().len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::made;

    #[test]
    fn noise_moves_inputs_by_its_size_and_leaves_labels() {
        let [clean, noisy] =
            ["sigma=0", "sigma=0.5"].map(|sigma| made(&Smoothing, &format!("vertices=12,copies=1,{sigma}"), 1).expect("valid"));
        assert_eq!(clean.data.labels(), noisy.data.labels());
        let moves = clean.data.inputs().iter().zip(noisy.data.inputs()).map(|(a, b)| (a - b) * (a - b));
        let share = (moves.sum::<f64>() / clean.data.inputs().len() as f64 / mean_square(&clean.data)).sqrt();
        assert!((share - 0.5).abs() < 0.08, "{share}");
        assert!(clean.reference.is_some() && noisy.reference.is_none());
    }
}
