//! Vertex cover as the training of one `ReLU`: the sum of squares counts the cover.
//!
//! **Definition.** A graph with `m` vertices gives inputs `(x_0, x_1, ..., x_m)`. With `s` the least whole number whose square
//! is at least `5m + 1`, the samples are
//! - one anchor `s (1, 0, ..., 0)` with label `s`,
//! - for every edge `uv` the point `s (1, -1 at u, -1 at v)` with label 0,
//! - for every vertex `v` the point `(1, -4 at v)` with label 1.
//!
//! So `n = 1 + edges + m` and `d = m + 1`; width 1, no biases, output weight free or fixed to 1.
//!
//! **Source.** Our own construction in the spirit of Manurangsi and Reichman (2018), who showed that training one `ReLU` is
//! NP-hard. All numbers are whole, so data and labels are exact in `f64`.
//!
//! **Reference.** The optimal sum of squares is exactly `tau`, the vertex cover number, and the optimal loss `tau / n` (stored
//! as the nearest `f64`).
//!
//! **Proof.** *Reached:* take `w_0 = 1`, `w_v = 1` on a smallest cover and 0 elsewhere, output 1: anchor and
//! edges are fitted, a vertex outside the cover has `relu(1) = 1`, one inside has `relu(-3) = 0` and costs 1. *Not beaten:*
//! a positive output weight can be absorbed into `w`. If it is not positive, or if `w_0 <= 0`, the prediction at the anchor
//! is at most 0 and costs `s^2 > m >= tau`. Otherwise call `v` saturated when `w_v >= w_0 / 4`: its unit is then off at the
//! vertex point, which costs 1. If the saturated vertices are a cover, they cost at least `tau`. If not, some edge has
//! `w_u, w_v < w_0 / 4`, so that its pre-activation exceeds `s w_0 / 2`, and anchor and edge together cost more than
//! `s^2 ((w_0 - 1)^2 + w_0^2 / 4) >= s^2 / 5 > m >= tau`.
//!
//! **Descent** is expected to be a poor vertex cover heuristic. Whether a vertex is saturated is a binary choice that descent
//! makes early and cannot take back, because a saturated vertex point has no gradient. End points are (not always smallest)
//! covers, with losses that are whole multiples of `1 / n`, or dead units at the level of the anchor. The share of starts
//! that end at `tau` should fall roughly exponentially with the size of the graph and be smallest for graphs like
//! `petersen` or `crown`, whose smallest covers are few and far apart.

use crate::about::about;
use crate::graph::{CHOICE, Graph};
use crate::request::{Request, state_optimum};
use crate::stream::{Purpose, Stream};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag, Weights};

/// See the module documentation.
pub(crate) struct VertexCover;

/// Slope of the vertex points: twice the number of ends of an edge.
const SATURATION: f64 = 4.0;

const PARAMETERS: &[Parameter] = &[
    CHOICE[0],
    CHOICE[1],
    CHOICE[2],
    Parameter::switch("train-output", "whether the output weight is trained instead of fixed to 1", true),
];

impl Family for VertexCover {
    fn name(&self) -> &'static str {
        "vertex-cover"
    }

    fn tag(&self) -> Tag {
        Tag::Adversarial
    }

    fn about(&self) -> About {
        about(include_str!("vertex_cover.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "graph=complete,vertices=3" },
            Size { name: "small", parameters: "graph=cycle,vertices=5" },
            Size { name: "medium", parameters: "graph=prism,vertices=6" },
            Size { name: "large", parameters: "graph=petersen,vertices=10" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let graph = Graph::chosen(parameters, &mut Stream::new(seed, Purpose::Graph))?;
        let cover = graph.smallest_cover();
        let (rows, labels) = samples(&graph);
        let network = Network { hidden_bias: false, train_output: parameters.switch("train-output"), ..Network::dense(1) };
        let mut instance = Request::new(self, parameters, seed).drawn(graph.random).instance(&rows, labels, network)?;
        let cover_number = cover.iter().filter(|chosen| **chosen).count();
        let optimum = cover_number as f64 / instance.data.len() as f64;
        state_optimum(&mut instance, optimum, &witness(&cover));
        instance.provenance["cover-number"] = cover_number.into();
        Ok(instance)
    }
}

/// Inputs and labels as in the module documentation.
fn samples(graph: &Graph) -> (Vec<Vec<f64>>, Vec<f64>) {
    let least_square = 5 * graph.vertices + 1;
    let scale = (1..=least_square).find(|s| s * s >= least_square).expect("the square of a number is not below it") as f64;
    let point = |factor: f64, entries: &[(usize, f64)]| {
        let mut row = vec![0.0; graph.vertices + 1];
        row[0] = factor;
        for &(vertex, value) in entries {
            row[vertex + 1] = factor * value;
        }
        row
    };
    let mut rows = vec![point(scale, &[])];
    rows.extend(graph.edges.iter().map(|&(u, v)| point(scale, &[(u, -1.0), (v, -1.0)])));
    rows.extend((0..graph.vertices).map(|vertex| point(1.0, &[(vertex, -SATURATION)])));
    let mut labels = vec![0.0; rows.len()];
    labels[0] = scale;
    labels[1 + graph.edges.len()..].fill(1.0);
    (rows, labels)
}

/// The weights that belong to a cover.
fn witness(cover: &[bool]) -> Weights {
    let mut weights = Weights::zero(1, cover.len() + 1);
    weights.hidden[0][0] = 1.0;
    for (weight, &chosen) in weights.hidden[0][1..].iter_mut().zip(cover) {
        *weight = f64::from(u8::from(chosen));
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, sum_of_squares};
    use optgap_problem::Reference;

    fn instance(text: &str, seed: u64) -> Instance {
        made(&VertexCover, text, seed).expect("valid")
    }

    #[test]
    fn every_cover_costs_its_size_and_every_other_set_costs_more_than_all_vertices() {
        let instance = instance("graph=random,vertices=8,density=0.3", 3);
        let edges: Vec<Vec<usize>> = (instance.data.samples().skip(1))
            .filter(|(_, label)| *label == 0.0)
            .map(|(input, _)| (1..9).filter(|&i| input[i] < 0.0).collect())
            .collect();
        for set in 0..256_u32 {
            let chosen: Vec<bool> = (0..8).map(|vertex| set >> vertex & 1 == 1).collect();
            let covers = edges.iter().all(|ends| ends.iter().any(|&end| chosen[end - 1]));
            let cost = sum_of_squares(&instance, &witness(&chosen));
            if covers {
                assert_eq!(cost, f64::from(set.count_ones()));
            } else {
                assert!(cost > 8.0, "{set:b} costs {cost}");
            }
        }
    }

    /// The least sum of squares over `w_0 >= 0` with the given vertices saturated and no other. In the variables `w_0` and
    /// `t_v = w_0 - 4 w_v` the cell is a product of half-lines and the sum of squares is convex on it, so projected descent
    /// with the step of the inverse Lipschitz constant finds it.
    fn least_in_cell(instance: &Instance, saturated: u32) -> f64 {
        let dimension = instance.data.dimension();
        let off = |v: usize| saturated >> (v - 1) & 1 == 1;
        // x.w = (x_0 + sum_v x_v / 4) w_0 - sum_v x_v t_v / 4.
        let rows: Vec<(Vec<f64>, f64)> = (instance.data.samples())
            .map(|(x, y)| {
                let first = x[0] + x[1..].iter().sum::<f64>() / SATURATION;
                (std::iter::once(first).chain(x[1..].iter().map(|v| -v / SATURATION)).collect(), y)
            })
            .collect();
        let lipschitz: f64 = 2.0 * rows.iter().flat_map(|(row, _)| row).map(|v| v * v).sum::<f64>();
        let mut point = vec![1.0; dimension];
        (1..dimension).filter(|&v| off(v)).for_each(|v| point[v] = -1.0);
        let mut cost = f64::INFINITY;
        for _ in 0..40_000 {
            let mut gradient = vec![0.0; dimension];
            cost = 0.0;
            for (row, label) in &rows {
                let product: f64 = row.iter().zip(&point).map(|(r, p)| r * p).sum();
                let residual = product.max(0.0) - label;
                cost += residual * residual;
                // On the border of a half-line the derivative into the cell counts, also where the unit is just off.
                if product >= 0.0 {
                    gradient.iter_mut().zip(row).for_each(|(g, r)| *g += 2.0 * residual * r);
                }
            }
            for (index, value) in point.iter_mut().enumerate() {
                let moved = *value - gradient[index] / lipschitz;
                *value = if index > 0 && off(index) { moved.min(0.0) } else { moved.max(0.0) };
            }
        }
        cost
    }

    #[test]
    fn brute_force_over_all_cells_finds_the_cover_number() {
        for (text, cover_number) in [
            ("graph=complete,vertices=3", 2.0),
            ("graph=path,vertices=4", 2.0),
            ("graph=cycle,vertices=4", 2.0),
            ("graph=star,vertices=5", 1.0),
        ] {
            let instance = instance(text, 0);
            let vertices = instance.data.dimension() - 1;
            let least = (0..1_u32 << vertices).map(|set| least_in_cell(&instance, set)).fold(f64::INFINITY, f64::min);
            assert!((least - cover_number).abs() < 1e-6, "{text}: {least}");
            assert_eq!(instance.reference, Some(Reference::Optimum(cover_number / instance.data.len() as f64)));
        }
    }

    #[test]
    fn the_seed_matters_for_random_graphs_alone() {
        let random = |seed| instance("graph=random,vertices=8", seed);
        assert_ne!(random(1).fingerprint(), random(2).fingerprint());
        assert_eq!(instance("graph=star", 1), instance("graph=star", 2));
        assert!(instance("graph=star", 1).provenance["seed"].is_null());
    }
}
