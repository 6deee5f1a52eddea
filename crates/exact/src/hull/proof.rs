//! Proofs of hull bounds: a vector is made feasible at the directions where it is tight, and checked at all others.

use crate::bound::Node;
use crate::dual::{Claim, Row};
use crate::hull::pricing::{Meeting, Priced};
use crate::hull::{Columns, Hull};
use crate::node::Product;
use crate::vertex::Vertex;
use std::sync::Arc;

/// A node that stays open is given a proof of its own if its hull lies above the bound proved for its parent by this share of
/// the cut: what is left when time runs out.
const WORTH_PROVING: f64 = 0.1;
/// Rounds of a proof: moving the vector into some inequalities can violate others.
const PROOF_ROUNDS: usize = 4;

impl Hull<'_> {
    /// A proved bound of a node that stays open: its own if that is worth the effort, or that of its parent.
    pub(super) fn prove_open(
        &mut self,
        node: &Node<'_, Columns>,
        tight: &mut Vec<(usize, Priced)>,
        stop: &mut dyn FnMut() -> bool,
    ) -> f64 {
        let worth = node.inherited + WORTH_PROVING * node.cut;
        let proved = if self.value() > worth && self.converge(node.product, worth, tight, stop) {
            self.prove(node.product, tight, node.inherited)
        } else {
            None
        };
        proved.unwrap_or(node.inherited)
    }

    /// A lower bound proved from the present residuals, if it reaches `needed`. `tight` names the directions whose inequalities
    /// may need help.
    pub(super) fn prove(&mut self, product: &Product, tight: &[(usize, Priced)], needed: f64) -> Option<f64> {
        let program = self.program;
        let mut residuals = self.residuals.clone();
        let mut meetings: Vec<(usize, Meeting)> = tight.iter().map(|(j, priced)| (*j, priced.meeting)).collect();
        let mut points: Vec<(usize, Arc<Vertex>)> = Vec::with_capacity(tight.len());
        for _ in 0..PROOF_ROUNDS {
            for (j, meeting) in &meetings[points.len()..] {
                points.push((*j, self.lines.vertex(program, &product.cones[*j], meeting)?));
            }
            let claim = Claim { program, product, lines: None, points: &points };
            let bound = self.prover.prove_rows(&claim, (0..points.len()).map(Row::Point), &residuals, needed)?;
            let proven = meetings.len();
            if !self.add_violated(product, &mut meetings) {
                return None;
            }
            if meetings.len() == proven {
                return Some(bound);
            }
            residuals.clone_from(&self.prover.residuals);
        }
        None
    }

    /// Adds the directions at which the prover's vector is not proved feasible. False if floating point cannot say.
    fn add_violated(&mut self, product: &Product, meetings: &mut Vec<(usize, Meeting)>) -> bool {
        let proven = meetings.len();
        self.point_residuals.gather(&self.program.incidence, &self.prover.residuals);
        product.cones.iter().enumerate().all(|(j, cone)| {
            self.pricing[j].prepare(cone, product.sign(j), &self.point_residuals);
            (1..=self.program.dim).all(|size| {
                self.pricing[j].visit(size, 0.0, |priced| {
                    if priced.value < priced.error && !meetings[..proven].contains(&(j, priced.meeting)) {
                        meetings.push((j, priced.meeting));
                    }
                })
            })
        })
    }
}
