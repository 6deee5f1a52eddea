//! Set splitting as the training of three threshold units.
//!
//! **Definition.** A set `{1..m}` and some of its subsets, the edges of a hypergraph. Inputs are 0 or 1 in `m + 3`
//! coordinates. Labelled 1 are the origin and, for every subset, the sum of its unit vectors; labelled -1 are the unit
//! vectors `e_1..e_m`. The last three coordinates are 0 so far; with all others 0, six more points `101, 011` (label 1) and
//! `100, 010, 001, 111` (label -1) stand there. The network has two threshold units and a threshold at the output: the sign
//! of `a_1 T(w_1 . x + b_1) + a_2 T(w_2 . x + b_2) + c`, all trained. The loss is the share of wrong signs.
//!
//! **Source.** Blum and Rivest, "Training a 3-node neural network is NP-complete" (1992).
//!
//! **Reference.** 0 if the set can be split in two so that no subset lies in one half; else at least one sample is wrong,
//! `1/n`.
//!
//! **Proof.** *A split `S_1, S_2`:* unit `j` is on where `x` weighs more than -1/2, with weights -1 on `S_j` and `m`
//! elsewhere, and the output is on if both are. *No error:* of the functions of two bits that a threshold computes, only
//! those that are 1 at one of the four values fit the six points with the origin (tried out over all linearly separable
//! pairs), so the positive samples are those in the intersection of two half-spaces `A` and `B`. Let `S_1` be the `i` with
//! `e_i` outside `A`; all others lie outside `B`. Were a subset inside `S_1`: with `w . x + b` positive at the origin and
//! not at the `e_i`, its value at the subset's point is at most `b - |subset| b < 0` (with the border the other way round
//! the same), and that point would be outside `A` although its label is 1. The same for `B`.
//!
//! **Descent** has nothing to go by: the loss is constant almost everywhere. No method of optgap treats it yet, neither the
//! trainers nor the exact search; the family is here to be scored, and for methods to come. The threshold network is where
//! the NP-hardness of training was first proved.

use crate::about::about;
use crate::hypergraph::{CHOICE, Hypergraph};
use crate::request::{Request, state_optimum};
use crate::stream::{Purpose, Stream};
use optgap_problem::{
    About, Activation, BadParameter, Family, Instance, Loss, Network, Parameter, Parameters, Reference, Size, Tag, Weights,
};

/// See the module documentation.
pub(crate) struct SetSplitting;

const PARAMETERS: &[Parameter] = &[CHOICE[0], CHOICE[1], CHOICE[2], CHOICE[3]];

/// The points that leave the output no choice but a conjunction, and their labels.
const GATE: [([f64; 3], f64); 6] = [
    ([1.0, 0.0, 1.0], 1.0),
    ([0.0, 1.0, 1.0], 1.0),
    ([1.0, 0.0, 0.0], -1.0),
    ([0.0, 1.0, 0.0], -1.0),
    ([0.0, 0.0, 1.0], -1.0),
    ([1.0, 1.0, 1.0], -1.0),
];

impl Family for SetSplitting {
    fn name(&self) -> &'static str {
        "set-splitting"
    }

    fn tag(&self) -> Tag {
        Tag::Adversarial
    }

    fn about(&self) -> About {
        about(include_str!("set_splitting.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "vertices=3" },
            Size { name: "small", parameters: "hypergraph=fano,vertices=7,drop-edge=true" },
            Size { name: "medium", parameters: "hypergraph=fano,vertices=7" },
            Size { name: "large", parameters: "hypergraph=triples,vertices=12" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let hypergraph = Hypergraph::chosen(parameters, &mut Stream::new(seed, Purpose::Graph))?;
        let (rows, labels) = samples(&hypergraph);
        let network = Network { activation: Activation::Threshold, output_bias: true, ..Network::dense(2) };
        let request = Request::new(self, parameters, seed).drawn(hypergraph.random);
        let mut instance = request.instance_with_loss(&rows, labels, network, Loss::ZeroOne)?;
        match hypergraph.colouring(2) {
            Some(split) => state_optimum(&mut instance, 0.0, &witness(&split)),
            None => instance.reference = Some(Reference::AtLeast(1.0 / rows.len() as f64)),
        }
        Ok(instance)
    }
}

/// Inputs and labels as in the module documentation.
fn samples(hypergraph: &Hypergraph) -> (Vec<Vec<f64>>, Vec<f64>) {
    let set = hypergraph.vertices;
    let mut rows = vec![vec![0.0; set]];
    rows.extend(hypergraph.points());
    rows.iter_mut().for_each(|row| row.extend([0.0; 3]));
    let mut labels = vec![1.0; rows.len()];
    labels[1..=set].fill(-1.0);
    for (bits, label) in GATE {
        let mut row = vec![0.0; set];
        row.extend(bits);
        rows.push(row);
        labels.push(label);
    }
    (rows, labels)
}

/// The weights that belong to a split.
fn witness(split: &[usize]) -> Weights {
    let mut weights = Weights::zero(2, split.len() + 3);
    for (half, gate) in [[-1.0, -1.0, 1.0], [1.0, 1.0, -1.0]].into_iter().enumerate() {
        let weight = |&own: &usize| if own == half { -1.0 } else { split.len() as f64 };
        weights.hidden[half] = split.iter().map(weight).chain(gate).collect();
        weights.hidden_bias[half] = 0.5;
    }
    weights.output_bias = -1.5;
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, witness_of};

    #[test]
    fn a_split_makes_no_error_and_the_triangle_has_none() {
        for text in ["vertices=4", "hypergraph=fano,vertices=7,drop-edge=true", "hypergraph=triples,vertices=12,density=0.05"] {
            let instance = made(&SetSplitting, text, 3).expect("valid");
            assert_eq!(instance.reference, Some(Reference::Optimum(0.0)), "{text}");
            assert_eq!(instance.loss_of(&witness_of(&instance)).expect("fits").hi, 0.0, "{text}");
        }
        for (text, samples) in [("vertices=3", 13.0), ("hypergraph=fano,vertices=7", 21.0)] {
            let instance = made(&SetSplitting, text, 0).expect("valid");
            assert_eq!(instance.reference, Some(Reference::AtLeast(1.0 / samples)));
        }
    }

    /// All sets of the seven points that a half-space cuts off, as bits, with the origin as the last point.
    fn half_spaces() -> std::collections::BTreeSet<u32> {
        let points: Vec<[f64; 3]> = GATE.iter().map(|(bits, _)| *bits).chain([[0.0; 3]]).collect();
        // Threshold functions of three bits have weights up to 2 and half-integral borders; more does no harm.
        let grid = || (-4..=4).map(f64::from);
        let mut sets = std::collections::BTreeSet::new();
        for (x, y, z) in grid().flat_map(|x| grid().flat_map(move |y| grid().map(move |z| (x, y, z)))) {
            for step in -26..=26 {
                let border = f64::from(step) / 2.0 + 0.25;
                let on = |point: &[f64; 3]| x * point[0] + y * point[1] + z * point[2] > border;
                sets.insert(points.iter().enumerate().map(|(i, point)| u32::from(on(point)) << i).sum());
            }
        }
        sets
    }

    #[test]
    fn only_conjunctions_fit_the_gate() {
        let wanted = GATE.iter().enumerate().map(|(i, (_, label))| u32::from(*label > 0.0) << i).sum::<u32>() | 1 << 6;
        let all = (1 << 7) - 1;
        let sets = half_spaces();
        assert_eq!(sets.len(), 72);
        assert!(!sets.contains(&wanted), "one half-space alone");
        let pairs = || sets.iter().flat_map(|a| sets.iter().map(move |b| (a, b)));
        // Complements of half-spaces are half-spaces, so these two stand for all gates but exclusive or.
        assert!(pairs().any(|(a, b)| a & b == wanted));
        assert!(!pairs().any(|(a, b)| a | b == wanted));
        assert!(sets.iter().all(|set| sets.contains(&(all & !set))));
    }
}
