//! What a hull's fit says of weights and splits.

use crate::arrangement::Cells;
use crate::hull::Hull;
use crate::product::Product;

/// An excess below this share of the hull is rounding.
const ROUNDING: f64 = 1e-13;

impl Hull<'_> {
    /// The combined directions of the fit, for rounding, and how much the hull exceeds the ReLU there, by neuron and point,
    /// weighted by what that costs.
    pub(super) fn combine(&mut self, product: &Product<Cells>) -> Vec<f64> {
        let n = self.program.incidence.points();
        let mut hulls = vec![0.0; product.regions.len() * n];
        let mut preactivations = std::mem::take(&mut self.preactivations);
        preactivations.clear();
        preactivations.resize(product.regions.len() * n, 0.0);
        let mut ray = Vec::new();
        for (column, multiplier) in self.used() {
            self.arrangement.preactivations(column.ray, &mut ray);
            let block = column.neuron * n..(column.neuron + 1) * n;
            for ((sum, hull), z) in preactivations[block.clone()].iter_mut().zip(&mut hulls[block]).zip(&ray) {
                *sum += multiplier * z;
                *hull += multiplier * z.max(0.0);
            }
        }
        self.preactivations = preactivations;
        let mut losses = hulls;
        losses.iter_mut().zip(&self.preactivations).for_each(|(hull, z)| {
            let excess = *hull - z.max(0.0);
            *hull = if excess > ROUNDING * *hull { excess } else { 0.0 };
        });
        let costs = self.program.incidence.point_sums(&self.costs(product));
        losses.chunks_mut(n).for_each(|losses| losses.iter_mut().zip(&costs).for_each(|(loss, cost)| *loss *= cost));
        losses
    }

    /// What it costs, per sample, that the hull exceeds the ReLU at the combined directions.
    fn costs(&self, product: &Product<Cells>) -> Vec<f64> {
        let (program, constant) = (self.program, self.constant());
        let truth = |i: usize| product.error_of(program, &self.preactivations, constant, i);
        (0..program.len()).map(|i| program.multiplicity[i] * truth(i).abs() + self.residuals[i].abs()).collect()
    }

    pub(super) fn constant(&self) -> f64 {
        if self.program.output_bias { self.fit.multipliers[0] } else { 0.0 }
    }
}
