//! The node bound by joint hulls: every neuron is replaced by the convex cone of what it can do inside its cone,
//! `hull { s relu(X u) : u in C_j }`, which is any number of neurons of that sign in that cone.
//!
//! The bound is the squared distance of the labels from the sum of these hulls. It is found by column generation: a
//! least-squares fit over some directions `u` (`fit`), then the search for directions along which the fit would fall
//! (`pricing`). A vector `r` is feasible for the dual when `s_j sum_i r_i relu(u . x_i) >= 0` on every cone `C_j`; that is checked
//! at the finitely many directions that decide it, with error bounds, and in exact arithmetic where the inequality is tight.
//!
//! Unlike the interval bound, samples cannot pick different points of the cone: at three neurons it needs a tenth of the nodes.

mod column;
mod fit;
mod generation;
mod meeting;
mod overlap;
mod pricing;
mod proof;
mod residuals;
mod solution;
mod sweep;
#[cfg(test)]
mod tests;

use crate::bound::{Bounded, Candidate, Node, NodeBound, Open};
use crate::branching::choose_by_score;
use crate::cone::Cone;
use crate::dual::Prover;
use crate::exact_fit::decided_optimum;
use crate::hull::column::{Column, Free};
use crate::hull::fit::ConeFit;
use crate::hull::meeting::Lines;
pub(crate) use crate::hull::pricing::MOST_DIM;
use crate::hull::pricing::Pricing;
use crate::hull::residuals::PointResiduals;
use crate::kernels::Kernels;
use crate::program::Program;
use std::sync::Arc;

/// What a node leaves to its children.
pub(crate) struct Columns {
    cones: Vec<Arc<Cone>>,
    columns: Vec<Column>,
}

/// The hull bound and its scratch space.
pub(crate) struct Hull<'a> {
    program: &'a Program,
    /// Labels times the roots of the multiplicities.
    target: Vec<f64>,
    roots: Vec<f64>,
    fit: ConeFit,
    /// Columns of either sign: the first ones of the fit.
    free: Vec<Free>,
    columns: Vec<Column>,
    pricing: Vec<Pricing>,
    lines: Lines,
    prover: Prover,
    /// `(p_i - y_i) * multiplicity_i`: the dual vector proposed.
    residuals: Vec<f64>,
    /// The sums of a dual vector at the points.
    point_residuals: PointResiduals,
    /// What one column gives at the samples.
    outputs: Vec<f64>,
    kernels: Kernels,
    /// Pre-activations of the combined directions at the points, neuron after neuron.
    preactivations: Vec<f64>,
}

impl<'a> Hull<'a> {
    /// Can this bound treat the program?
    pub(crate) fn treats(program: &Program) -> bool {
        program.dim <= MOST_DIM
    }

    pub(crate) fn new(program: &'a Program) -> Self {
        let roots: Vec<f64> = program.multiplicity.iter().map(|m| m.sqrt()).collect();
        Self {
            program,
            target: program.labels.iter().zip(&roots).map(|(y, m)| y * m).collect(),
            roots,
            fit: ConeFit::default(),
            free: Vec::new(),
            columns: Vec::new(),
            pricing: (0..program.width).map(|_| Pricing::default()).collect(),
            lines: Lines::default(),
            prover: Prover::default(),
            residuals: Vec::new(),
            point_residuals: PointResiduals::default(),
            outputs: vec![0.0; program.len()],
            kernels: Kernels::default(),
            preactivations: Vec::new(),
        }
    }
}

impl NodeBound for Hull<'_> {
    type State = Columns;

    fn root(&self) -> Columns {
        Columns { cones: Vec::new(), columns: Vec::new() }
    }

    fn bound(&mut self, node: &Node<'_, Columns>, stop: &mut dyn FnMut() -> bool) -> Bounded<Columns> {
        let product = node.product;
        let mut tight = Vec::new();
        self.begin(product, node.parent, false);
        let converged = self.converge(product, node.cut, &mut tight, stop);
        if converged && let Some(bound) = self.prove(product, &tight, node.cut) {
            return Bounded::Closed(bound);
        }
        let losses = self.combine(product);
        let n = self.program.incidence.points();
        let split = choose_by_score(self.program, product, node.depth, |j, i| losses[j * n + i]);
        let support = split.is_none().then(|| self.ray_multipliers(product));
        let columns = self.columns.iter().filter(|column| column.multiplier > 0.0).cloned().collect();
        let state = Columns { cones: product.cones.clone(), columns };
        if converged && product.has_both_signs() {
            self.begin(product, &state, true);
            if self.converge(product, node.cut, &mut tight, stop)
                && let Some(bound) = self.prove(product, &tight, node.cut)
            {
                return Bounded::Closed(bound);
            }
        }
        match (split, support) {
            (Some(split), _) => {
                let proved = self.prove_open(node, &mut tight, stop);
                Bounded::Open(Open { proved, value: self.value(), state, split })
            }
            // Nothing is cut: the hulls are exact, and rational arithmetic settles what floating point could not.
            (None, support) => Bounded::Closed(decided_optimum(self.program, product, &support.unwrap_or_default())),
        }
    }

    fn candidate(&self) -> Candidate<'_> {
        Candidate { preactivations: &self.preactivations, constant: self.constant() }
    }

    fn bytes(state: &Columns) -> usize {
        state.columns.iter().map(|column| size_of::<Column>() + size_of_val(column.direction.z())).sum()
    }
}
