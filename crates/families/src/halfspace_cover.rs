//! Vertex cover as the search for the half-space with the fewest errors.
//!
//! **Definition.** A graph with `m` vertices. Labelled 1 are the unit vectors, one for each vertex; labelled -1 are the
//! midpoints `(e_u + e_v) / 2`, one for each edge. The network is one threshold unit with a trained output and output bias,
//! which is any half-space; the loss is the share of errors.
//!
//! **Source.** In the tradition of Johnson and Preparata (1978) and of Höffgen, Simon and Van Horn (1995), who showed that
//! the fewest errors of a half-space are hard to find and hard to approximate.
//!
//! **Reference.** The fewest errors are exactly the vertex cover number.
//!
//! **Proof.** *Reached:* bias 1, weight -3 on a smallest cover and 0 elsewhere; then a vertex is wrong if it is in the
//! cover, and no midpoint is. *Not beaten:* two vertices that are right have their midpoint in the same half-space, so it is
//! wrong. Take the wrong vertices and an end of every wrong midpoint: every edge has one of them, so they are a cover, no
//! larger than the number of errors.
//!
//! **Descent** has nothing to go by: the loss is constant almost everywhere. No method of optgap treats it yet; surrogate
//! losses are the usual way out, and how far they lead here is a question for methods to come. It is the anchor for solvers
//! of counted errors.

use crate::about::about;
use crate::graph::{CHOICE, Graph};
use crate::request::{Request, state_optimum};
use crate::stream::{Purpose, Stream};
use optgap_problem::{
    About, Activation, BadParameter, Family, Instance, Loss, Network, Parameter, Parameters, Size, Tag, Weights,
};

/// See the module documentation.
pub(crate) struct HalfspaceCover;

impl Family for HalfspaceCover {
    fn name(&self) -> &'static str {
        "halfspace-cover"
    }

    fn tag(&self) -> Tag {
        Tag::Adversarial
    }

    fn about(&self) -> About {
        about(include_str!("halfspace_cover.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        &CHOICE
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "graph=complete,vertices=3" },
            Size { name: "small", parameters: "graph=cycle,vertices=5" },
            Size { name: "medium", parameters: "graph=petersen,vertices=10" },
            Size { name: "large", parameters: "graph=random,vertices=20" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let graph = Graph::chosen(parameters, &mut Stream::new(seed, Purpose::Graph))?;
        let (rows, labels) = samples(&graph);
        let network = Network { activation: Activation::Threshold, output_bias: true, ..Network::dense(1) };
        let request = Request::new(self, parameters, seed).drawn(graph.random);
        let mut instance = request.instance_with_loss(&rows, labels, network, Loss::ZeroOne)?;
        let cover = graph.smallest_cover();
        let cover_number = cover.iter().filter(|chosen| **chosen).count();
        instance.provenance["cover-number"] = cover_number.into();
        state_optimum(&mut instance, cover_number as f64 / rows.len() as f64, &witness(&cover));
        Ok(instance)
    }
}

/// Inputs and labels as in the module documentation.
fn samples(graph: &Graph) -> (Vec<Vec<f64>>, Vec<f64>) {
    let point = |members: &[usize], value: f64| {
        let mut row = vec![0.0; graph.vertices];
        members.iter().for_each(|&member| row[member] = value);
        row
    };
    let vertices = (0..graph.vertices).map(|vertex| (point(&[vertex], 1.0), 1.0));
    vertices.chain(graph.edges.iter().map(|&(u, v)| (point(&[u, v], 0.5), -1.0))).unzip()
}

/// The half-space that belongs to a cover.
fn witness(cover: &[bool]) -> Weights {
    Weights {
        hidden: vec![cover.iter().map(|&chosen| if chosen { -3.0 } else { 0.0 }).collect()],
        hidden_bias: vec![1.0],
        output: vec![2.0],
        output_bias: -1.0,
        ..Weights::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::made;
    use optgap_problem::Reference;

    #[test]
    fn every_cover_errs_as_often_as_it_is_large_and_no_set_errs_less() {
        for (text, cover_number) in
            [("graph=cycle,vertices=5", 3), ("graph=complete,vertices=4", 3), ("graph=star,vertices=6", 1)]
        {
            let instance = made(&HalfspaceCover, text, 0).expect("valid");
            let samples = instance.data.len() as f64;
            assert_eq!(instance.reference, Some(Reference::Optimum(f64::from(cover_number) / samples)));
            let vertices = instance.data.dimension();
            let errors = |set: u32| {
                let chosen: Vec<bool> = (0..vertices).map(|vertex| set >> vertex & 1 == 1).collect();
                (instance.loss_of(&witness(&chosen)).expect("fits").hi * samples).round()
            };
            let fewest = (0..1_u32 << vertices).map(errors).fold(f64::INFINITY, f64::min);
            assert_eq!(fewest, f64::from(cover_number), "{text}");
        }
    }
}
