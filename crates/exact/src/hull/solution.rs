//! What a hull's fit says of weights and splits.

use crate::hull::Hull;
use crate::hull::column::{Free, coordinates};
use crate::node::Product;

impl Hull<'_> {
    /// The combined directions of the fit, for rounding, and how much the hull exceeds the ReLU there, by neuron and point,
    /// weighted by what that costs.
    pub(super) fn combine(&mut self, product: &Product) -> Vec<f64> {
        let (n, free) = (self.program.incidence.points(), self.free.len());
        let mut hulls = vec![0.0; product.cones.len() * n];
        self.preactivations.clear();
        self.preactivations.resize(product.cones.len() * n, 0.0);
        let mut add = |neuron: usize, multiplier: f64, z: &[f64]| {
            let block = neuron * n..(neuron + 1) * n;
            self.preactivations[block.clone()].iter_mut().zip(z).for_each(|(sum, z)| *sum += multiplier * z);
            hulls[block].iter_mut().zip(z).for_each(|(sum, z)| *sum += multiplier * z.max(0.0));
        };
        for (column, &multiplier) in self.columns.iter_mut().zip(&self.fit.multipliers[free..]) {
            column.multiplier = multiplier;
            add(column.neuron, multiplier, column.direction.z());
        }
        for (free, &multiplier) in self.free.iter().zip(&self.fit.multipliers) {
            if let Free::Shared { positive, negative, z } = free {
                add(if multiplier > 0.0 { *positive } else { *negative }, multiplier.abs(), z);
            }
        }
        for (free, &multiplier) in self.free.iter().zip(&self.fit.multipliers) {
            if let Free::Kink { positive, negative, sample } = free {
                hulls[positive * n + sample] += multiplier.abs();
                hulls[negative * n + sample] += multiplier.abs();
            }
        }
        let mut losses = hulls;
        losses.iter_mut().zip(&self.preactivations).for_each(|(sum, z)| *sum = (*sum - z.max(0.0)).max(0.0));
        let costs = self.program.incidence.point_sums(&self.costs(product));
        losses.chunks_mut(n).for_each(|losses| losses.iter_mut().zip(&costs).for_each(|(loss, cost)| *loss *= cost));
        losses
    }

    /// What it costs, per sample, that the hull exceeds the ReLU at the combined directions.
    fn costs(&self, product: &Product) -> Vec<f64> {
        let (program, constant) = (self.program, self.constant());
        let truth = |i: usize| product.error_of(program, &self.preactivations, constant, i);
        (0..program.len()).map(|i| program.multiplicity[i] * truth(i).abs() + self.residuals[i].abs()).collect()
    }

    pub(super) fn constant(&self) -> f64 {
        if self.program.output_bias { self.fit.multipliers[0] } else { 0.0 }
    }

    /// The fit in terms of the rays alone, for the exact fit of a decided node: there the ReLUs are linear, so that every
    /// direction may be replaced by the rays that it is made of.
    pub(super) fn ray_multipliers(&self, product: &Product) -> Vec<f64> {
        let dim = self.program.dim;
        let mut multipliers = vec![0.0; product.cones.len() * dim];
        for (index, column) in self.columns.iter().enumerate().filter(|(_, column)| column.multiplier > 0.0) {
            let rays = column.neuron * dim..(column.neuron + 1) * dim;
            if index < multipliers.len() {
                multipliers[index] += column.multiplier;
            } else if let Some(shares) = coordinates(&product.cones[column.neuron], column.direction.entries()) {
                multipliers[rays].iter_mut().zip(shares).for_each(|(sum, share)| *sum += column.multiplier * share.max(0.0));
            }
        }
        multipliers.extend(self.program.output_bias.then(|| self.constant()));
        multipliers
    }
}
