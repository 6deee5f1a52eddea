//! Colouring a hypergraph as the training of as many units as there are colours.
//!
//! **Definition.** A hypergraph with the vertices `V` and a number `k` of colours, the width. Inputs have a coordinate for
//! each vertex; the samples are
//! - for every vertex `v` the unit vector `e_v` with label 1,
//! - for every edge the sum of its unit vectors with label 0.
//!
//! With `outputs=fixed` all output weights are 1 and there are no biases. With `outputs=free` everything is trained, biases
//! and output bias included; the points then have one more coordinate `t`, which is 0, and a gadget on the axis of `t` holds
//! the free parameters in place: points `(0, ..., 0, t)` with label `relu(t-1) + ... + relu(t-k)`, four in each of the
//! intervals `[-1,1], [1,2], ..., [k-1,k], [k,k+2]`, at 1/4, 3/8, 5/8 and 3/4 of their length. `drop-edge` leaves the last
//! edge out: for an odd cycle, a complete graph with `k + 1` vertices or the Fano plane that makes the one thing between no
//! and yes.
//!
//! **Source.** Our own construction in the spirit of Manurangsi and Reichman (2018) and of Goel, Klivans, Manurangsi and
//! Reichman (2021), who showed that fitting `k` units exactly is NP-hard.
//!
//! **Reference.** 0 if there is a colouring in which no edge has one colour only. If there is none, the optimum is positive;
//! with fixed outputs its sum of squares is at least `min(1, r^2 / (k^2 + r))` for the smallest edge size `r`, with free
//! outputs only a search knows how large it is.
//!
//! **Proof.** *Colourable:* unit `j` gets weight 1 on the vertices of its colour and a large negative one on all others, or
//! with free outputs `1 + j` and bias `-j`, and slope 1 along `t`. *Fixed outputs, not colourable:* give `v` the colour of
//! the unit that has the largest weight there. If that weight is not positive the vertex costs 1. If it is, and the
//! prediction at `v` is `1 - s_v`, the weight is at least `(1 - s_v) / k`; some edge has one colour only, whose unit alone
//! predicts at least `sum (1 - s_v) / k` there. With equal `s` this costs `r s^2 + (r (1 - s) / k)^2`, least `r^2 / (k^2 +
//! r)`; unequal ones cost more. *Free outputs:* let the loss be 0. The four inner points of neighbouring intervals lie on no
//! line, so each of `k` disjoint intervals on the axis holds a kink, each unit has one of them, and between them the
//! function is the label's. So unit `j` has its kink at `t = j` and changes the slope there by `a_j |u_j| = 1`, hence `a_j >
//! 0`; to the far left the slope is 0, which a unit that faces left would spoil; so all face right, the output bias is 0 and
//! `b_j = -j u_j < 0`. Label 0 at an edge now needs all units off, label 1 at a vertex needs one on, `w_jv > j u_j`; an edge
//! of one colour `j` would have the sum `> j u_j` and be on.
//!
//! **Descent** is expected to fail from most starts once the graph is larger than a handful of vertices, on colourable and
//! uncolourable instances alike and at similar losses: which unit serves which vertex is settled early, and to recolour a
//! vertex its unit must first give up a label that it fits. Minimal pairs differ in one sample and in the optimum; descent
//! should hardly tell them apart.

use crate::about::about;
use crate::hypergraph::{CHOICE, Hypergraph};
use crate::request::{Request, state_optimum};
use crate::stream::{Purpose, Stream};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Reference, Size, Tag, Weights};

/// See the module documentation.
pub(crate) struct Colouring;

const PARAMETERS: &[Parameter] = &[
    CHOICE[0],
    CHOICE[1],
    CHOICE[2],
    CHOICE[3],
    Parameter::integer("width", "colours, which are hidden units", 1, 8, 2),
    Parameter::choice("outputs", "whether output weights and biases are trained", &["fixed", "free"]),
];

/// Where the gadget has its points in an interval, as shares of its length.
const SHARES: [f64; 4] = [0.25, 0.375, 0.625, 0.75];

impl Family for Colouring {
    fn name(&self) -> &'static str {
        "colouring"
    }

    fn tag(&self) -> Tag {
        Tag::Adversarial
    }

    fn about(&self) -> About {
        about(include_str!("colouring.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "vertices=3" },
            Size { name: "small", parameters: "vertices=5" },
            Size { name: "medium", parameters: "vertices=4,outputs=free" },
            Size { name: "large", parameters: "hypergraph=fano,vertices=7,outputs=free" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let hypergraph = Hypergraph::chosen(parameters, &mut Stream::new(seed, Purpose::Graph))?;
        let (colours, free) = (parameters.count("width"), parameters.text("outputs") == "free");
        let mut rows: Vec<Vec<f64>> = hypergraph.points().collect();
        let mut labels = vec![1.0; hypergraph.vertices];
        labels.resize(rows.len(), 0.0);
        let network = if free {
            rows.iter_mut().for_each(|row| row.push(0.0));
            for (t, label) in gadget(colours) {
                rows.push(vec![0.0; hypergraph.vertices]);
                rows.last_mut().expect("just pushed").push(t);
                labels.push(label);
            }
            Network { output_bias: true, ..Network::dense(colours) }
        } else {
            Network { hidden_bias: false, train_output: false, ..Network::dense(colours) }
        };
        let request = Request::new(self, parameters, seed).drawn(hypergraph.random);
        let mut instance = request.instance(&rows, labels, network)?;
        let colouring = hypergraph.colouring(colours);
        instance.provenance["colourable"] = colouring.is_some().into();
        match colouring {
            Some(colouring) => state_optimum(&mut instance, 0.0, &witness(&hypergraph, &colouring, colours, free)),
            None if free => {}
            None => instance.reference = Some(Reference::AtLeast(least_squares(&hypergraph, colours) / rows.len() as f64)),
        }
        Ok(instance)
    }
}

/// The sum of squares that fixed outputs cannot go below where there is no colouring.
pub(crate) fn least_squares(hypergraph: &Hypergraph, colours: usize) -> f64 {
    let smallest = hypergraph.edges.iter().map(Vec::len).min().expect("there is an edge") as f64;
    (smallest * smallest / ((colours * colours) as f64 + smallest)).min(1.0)
}

/// Points on the axis of `t` and their labels.
fn gadget(colours: usize) -> impl Iterator<Item = (f64, f64)> {
    let last = colours as f64;
    let inner = (1..colours).map(|j| (j as f64, j as f64 + 1.0));
    let intervals = std::iter::once((-1.0, 1.0)).chain(inner).chain([(last, last + 2.0)]);
    intervals.flat_map(|(from, to)| SHARES.map(|share| from + share * (to - from))).map(move |t| {
        let label = (1..=colours).map(|kink| (t - kink as f64).max(0.0)).sum();
        (t, label)
    })
}

/// The weights that belong to a colouring.
fn witness(hypergraph: &Hypergraph, colouring: &[usize], colours: usize, free: bool) -> Weights {
    let largest = hypergraph.edges.iter().map(Vec::len).max().expect("there is an edge");
    let mut weights = Weights::zero(colours, hypergraph.vertices);
    for unit in 0..colours {
        let bias = if free { unit as f64 + 1.0 } else { 0.0 };
        // Outweighs all others of an edge.
        let off = -((1.0 + bias) * largest as f64);
        weights.hidden[unit] = colouring.iter().map(|&colour| if colour == unit { 1.0 + bias } else { off }).collect();
        if free {
            weights.hidden[unit].push(1.0);
            weights.hidden_bias[unit] = -bias;
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, sum_of_squares, witness_of};

    #[test]
    fn colourings_fit_exactly_with_fixed_and_with_free_outputs() {
        for outputs in ["fixed", "free"] {
            for graph in [
                "cycle,vertices=6",
                "complete,vertices=4,width=4",
                "fano,vertices=7,drop-edge=true",
                "petersen,vertices=10,width=3",
            ] {
                let instance = made(&Colouring, &format!("hypergraph={graph},outputs={outputs}"), 0).expect("valid");
                assert_eq!(instance.reference, Some(Reference::Optimum(0.0)), "{graph}");
                assert_eq!(sum_of_squares(&instance, &witness_of(&instance)), 0.0, "{graph}");
            }
        }
    }

    #[test]
    fn a_minimal_pair_differs_in_one_sample_and_in_the_answer() {
        let pair =
            |text: &str| [false, true].map(|drop| made(&Colouring, &format!("{text},drop-edge={drop}"), 0).expect("valid"));
        for text in
            ["vertices=5", "hypergraph=complete,vertices=4,width=3", "hypergraph=fano,vertices=7", "vertices=5,outputs=free"]
        {
            let [no, yes] = pair(text);
            assert_eq!(no.data.len(), yes.data.len() + 1);
            assert_eq!((&no.provenance["colourable"], &yes.provenance["colourable"]), (&false.into(), &true.into()));
            assert!(no.reference != Some(Reference::Optimum(0.0)) && yes.reference == Some(Reference::Optimum(0.0)));
        }
    }

    #[test]
    fn the_bound_of_the_triangle_is_below_what_its_best_weights_reach() {
        // Two vertices share a unit: residuals s cost 2 s^2 + 4 (1 - s)^2, least 4/3 at s = 2/3.
        let instance = made(&Colouring, "vertices=3", 0).expect("valid");
        let weights = Weights {
            hidden: vec![vec![1.0 / 3.0, 1.0 / 3.0, -9.0], vec![-9.0, -9.0, 1.0]],
            hidden_bias: vec![0.0; 2],
            output: vec![1.0; 2],
            ..Weights::default()
        };
        let Some(Reference::AtLeast(bound)) = instance.reference else { panic!("a bound") };
        assert!((bound * 6.0 - 4.0 / 6.0).abs() < 1e-12);
        assert!((sum_of_squares(&instance, &weights) - 4.0 / 3.0).abs() < 1e-12 && 4.0 / 3.0 > bound * 6.0);
    }

    #[test]
    fn neighbouring_intervals_of_the_gadget_have_no_common_line() {
        for colours in 1..=4 {
            let points: Vec<(f64, f64)> = gadget(colours).collect();
            assert_eq!(points.len(), 4 * (colours + 1));
            for group in points.windows(4).skip(2).step_by(4) {
                let slope = |a: (f64, f64), b: (f64, f64)| (b.1 - a.1) / (b.0 - a.0);
                assert!(slope(group[0], group[1]) < slope(group[2], group[3]), "{group:?}");
            }
        }
    }
}
