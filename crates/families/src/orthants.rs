//! Every coordinate for itself: a local minimum in each orthant.
//!
//! **Definition.** For every coordinate `i` the points `e_i` with label `p_i` and `-e_i` with label `q_i`; `p_i` and `q_i`
//! are uniform in `[1, 2)`, different, and multiples of `2^-10`, or all 1 with `equal`. No biases, output weights fixed to
//! 1.
//!
//! **Source.** In the spirit of Auer, Herbster and Warmuth (1996), whose single neurons have exponentially many local
//! minima.
//!
//! **Reference.** Width 1: the sum of squares is exactly the sum of the smaller of `p_i^2` and `q_i^2`. Wider: 0.
//!
//! **Proof.** The loss is a sum over coordinates. One unit with weight `w` predicts `relu(w)` and `relu(-w)`, of which one
//! is 0, so that it fits one of the two labels at best. Two units with the weights `p_i` and `-q_i` fit both.
//!
//! **Descent** from small starts, with full batches and steps below `1 / curvature`, follows a law. Width 1: `w_i` never
//! changes its sign, so each of the `2^d` orthants has a minimum of its own and `P(success) = 2^-d` (all are global with
//! `equal`). Width `k >= 2`: coordinate `i` is fitted if the `k` signs at the start are mixed, so `P = (1 - 2^(1-k))^d`. The
//! state of all signs is kept only while the units are small against the labels: He's initialisation is expected to beat the
//! law for `k >= 2`, by units that cross zero when together they exceed the label. `provenance.law` has the probability.

use crate::about::about;
use crate::request::{Request, state_optimum};
use crate::stream::{Purpose, Stream};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag, Weights};

/// See the module documentation.
pub(crate) struct Orthants;

const PARAMETERS: &[Parameter] = &[
    Parameter::integer("dimension", "coordinates", 1, 32, 3),
    Parameter::integer("width", "hidden units", 1, 64, 1),
    Parameter::switch("equal", "whether all labels are 1, so that every minimum of one unit is global", false),
];

/// Inverse resolution of the labels.
const LABEL_GRID: usize = 1024;

impl Family for Orthants {
    fn name(&self) -> &'static str {
        "orthants"
    }

    fn tag(&self) -> Tag {
        Tag::Adversarial
    }

    fn about(&self) -> About {
        about(include_str!("orthants.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "dimension=2" },
            Size { name: "small", parameters: "dimension=5" },
            Size { name: "medium", parameters: "dimension=10" },
            Size { name: "large", parameters: "dimension=16" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (dimension, width, equal) = (parameters.count("dimension"), parameters.count("width"), parameters.switch("equal"));
        let mut stream = Stream::new(seed, Purpose::Labels);
        let pairs: Vec<[f64; 2]> = (0..dimension).map(|_| if equal { [1.0; 2] } else { different(&mut stream) }).collect();
        let point = |axis: usize, value: f64| {
            let mut row = vec![0.0; dimension];
            row[axis] = value;
            row
        };
        let rows: Vec<Vec<f64>> = (0..dimension).flat_map(|axis| [point(axis, 1.0), point(axis, -1.0)]).collect();
        let network = Network { hidden_bias: false, train_output: false, ..Network::dense(width) };
        let request = Request::new(self, parameters, seed).drawn(!equal);
        let mut instance = request.instance(&rows, pairs.concat(), network)?;
        let smaller: f64 = pairs.iter().map(|&[p, q]| p.min(q) * p.min(q)).sum();
        let optimum = if width == 1 { smaller / rows.len() as f64 } else { 0.0 };
        state_optimum(&mut instance, optimum, &witness(&pairs, width));
        instance.provenance["law"] = law(dimension, width, equal).into();
        Ok(instance)
    }
}

/// Two different labels.
fn different(stream: &mut Stream) -> [f64; 2] {
    let label = |step: usize| 1.0 + step as f64 / LABEL_GRID as f64;
    let first = stream.below(LABEL_GRID);
    let second = stream.below(LABEL_GRID - 1);
    [label(first), label(if second < first { second } else { second + 1 })]
}

/// The probability that a small start leads to the optimum.
fn law(dimension: usize, width: usize, equal: bool) -> f64 {
    let halves = |count: usize| (0..count).fold(1.0, |power, _| power / 2.0);
    match width {
        1 if equal => 1.0,
        1 => halves(dimension),
        width => (0..dimension).fold(1.0, |product, _| product * (1.0 - halves(width - 1))),
    }
}

fn witness(pairs: &[[f64; 2]], width: usize) -> Weights {
    let mut weights = Weights::zero(width, pairs.len());
    for (axis, &[p, q]) in pairs.iter().enumerate() {
        if width == 1 {
            weights.hidden[0][axis] = if p >= q { p } else { -q };
        } else {
            (weights.hidden[0][axis], weights.hidden[1][axis]) = (p, -q);
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, sum_of_squares};
    use optgap_problem::Reference;

    #[test]
    fn every_orthant_has_its_own_level_and_the_least_is_the_reference() {
        let instance = made(&Orthants, "dimension=4", 3).expect("valid");
        let labels = instance.data.labels();
        let level = |orthant: u32| {
            let fitted = |axis: usize| if orthant >> axis & 1 == 1 { labels[2 * axis] } else { -labels[2 * axis + 1] };
            let weights = Weights { hidden: vec![(0..4).map(fitted).collect()], ..Weights::zero(1, 4) };
            sum_of_squares(&instance, &weights) / 8.0
        };
        let levels: Vec<f64> = (0..16).map(level).collect();
        let least = levels.iter().copied().fold(f64::INFINITY, f64::min);
        let Some(Reference::Optimum(stated)) = instance.reference else { panic!("a reference") };
        assert!((least - stated).abs() < 1e-12);
        assert_eq!(levels.iter().filter(|level| **level - least < 1e-9).count(), 1);
    }

    #[test]
    fn the_law_is_that_of_the_signs_at_the_start() {
        // All assignments of signs to 3 units in 2 coordinates: mixed in both.
        let mixed = |signs: u32| ![0, 7].contains(&signs);
        let share = (0..64_u32).filter(|signs| mixed(signs & 7) && mixed(signs >> 3)).count() as f64 / 64.0;
        assert_eq!(law(2, 3, false), share);
        assert_eq!((law(5, 1, false), law(5, 1, true)), (1.0 / 32.0, 1.0));
    }
}
