//! Proofs of hull bounds: a vector is made feasible at the rays where it is tight, and checked at all others.

use crate::arrangement::Cells;
use crate::bound::{Node, Proof};
use crate::certificate::DualVector;
use crate::dual::{Claim, Row};
use crate::exact_fit::decided_optimum;
use crate::hull::{Column, Hull};
use crate::product::Product;
use crate::vertex::Vertex;
use std::sync::Arc;

/// A node that stays open is given a proof of its own if its hull lies above the bound proved for its parent by this share of
/// the cut: what is left when time runs out.
const WORTH_PROVING: f64 = 0.5;
/// With more tight rays regions of opposite sign overlap so much that nothing but zero is feasible.
const MOST_ROWS: usize = 4096;
/// Rounds of a proof: moving the vector into some inequalities can violate others.
const PROOF_ROUNDS: usize = 4;

impl Hull<'_> {
    /// A proved bound of a node that stays open: its own if that is worth the effort, or that of its parent.
    pub(super) fn prove_open(&mut self, node: &Node<'_, Self>, stop: &mut dyn FnMut() -> bool) -> Proof {
        let worth = node.inherited + WORTH_PROVING * node.cut;
        let proved = if self.value() > worth && self.converge(node.product, worth, stop) {
            self.prove(node.product, node.inherited)
        } else {
            None
        };
        proved.unwrap_or_else(|| Proof::silent(node.inherited))
    }

    /// A lower bound proved from the present residuals, if it reaches `needed`.
    pub(super) fn prove(&mut self, product: &Product<Cells>, needed: f64) -> Option<Proof> {
        let mut residuals = self.residuals.clone();
        let mut rows = std::mem::take(&mut self.tight);
        let mut points: Vec<(usize, Arc<Vertex>)> = Vec::with_capacity(rows.len());
        for _ in 0..PROOF_ROUNDS {
            if rows.len() > MOST_ROWS {
                return None;
            }
            points.extend(rows[points.len()..].iter().map(|row| (row.neuron, self.arrangement.vertex(row.ray))));
            let claim = Claim::hulls(self.program, product.positive, &points);
            let bound = self.prover.prove_rows(&claim, (0..points.len()).map(Row::Point), &residuals, needed)?;
            self.add_violated(product, &mut rows);
            if rows.len() == points.len() {
                return Some(self.proof(bound, None));
            }
            residuals.clone_from(&self.prover.residuals);
        }
        None
    }

    /// A bound with the vector that proves it: the given one, or the prover's.
    fn proof(&self, bound: f64, vector: Option<DualVector>) -> Proof {
        let mut proof = Proof::silent(bound);
        if self.recorded {
            vector.unwrap_or_else(|| self.prover.vector()).write(&mut proof.record);
        }
        proof
    }

    /// Adds the rays at which the prover's vector is not proved feasible.
    fn add_violated(&mut self, product: &Product<Cells>, rows: &mut Vec<Column>) {
        let mut proven = rows.clone();
        proven.sort_unstable();
        self.point_residuals.gather(&self.program.incidence, &self.prover.residuals);
        let error = self.arrangement.sum_error(self.point_residuals.magnitude);
        for neuron in product.distinct() {
            let region = &product.regions[neuron];
            self.sums.take(self.arrangement, region, region.rays(), &self.point_residuals.values);
            for (&ray, sum) in region.rays().iter().zip(&self.sums.values) {
                let row = Column { neuron, ray };
                if product.sign(neuron) * sum < error && self.arrangement.length(ray) > 0.0 && proven.binary_search(&row).is_err()
                {
                    rows.push(row);
                }
            }
        }
    }

    /// The optimum of a node whose regions no hyperplane cuts, rounded down.
    pub(super) fn decided(&self, product: &Product<Cells>) -> Proof {
        let all = product.regions.iter().enumerate().flat_map(|(neuron, region)| {
            region.rays().iter().filter(|&&ray| self.arrangement.length(ray) > 0.0).map(move |&ray| Column { neuron, ray })
        });
        let all: Vec<Column> = all.collect();
        let used: Vec<(Column, f64)> = self.used().collect();
        let multiplier = |column: &Column| used.iter().find(|(other, _)| other == column).map_or(0.0, |(_, value)| *value);
        let support: Vec<f64> = all.iter().map(multiplier).collect();
        let rays: Vec<_> = all.iter().map(|column| (product.sign(column.neuron), self.arrangement.vertex(column.ray))).collect();
        let optimum = decided_optimum(self.program, rays.iter().map(|(sign, ray)| (*sign, &**ray)), &support);
        optimum.map_or(Proof::silent(self.program.unavoidable), |(bound, vector)| self.proof(bound, Some(vector)))
    }
}
