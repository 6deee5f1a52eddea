//! Column generation: the fit of a node and the directions that improve it.

use crate::hull::Columns;
use crate::hull::Hull;
use crate::hull::column::{Column, Direction, Free, contains};
use crate::hull::overlap::common_rays;
use crate::hull::pricing::{MOST_DIM, Priced};
use crate::node::Product;
use std::sync::Arc;

/// New columns per neuron and round.
const NEW_COLUMNS: usize = 3;
/// Rounds of column generation.
const MOST_ROUNDS: usize = 40;
/// A direction improves the fit if `phi` there is below minus this share of its scale.
const IMPROVES: f64 = 1e-11;
/// A direction is tight if `phi` there is below this share of its scale.
const TIGHT: f64 = 1e-9;
/// Residuals below this share of the largest are set to zero: they would choose kinks for nothing.
const NEGLIGIBLE: f64 = 1e-10;
/// Residuals of cut samples below this share of the largest are not worth a kink when a proof has failed.
const IDLE: f64 = 1e-3;
/// A sample cuts an intersection of cones if its pre-activations there reach this share of the largest on both sides.
const KINK: f64 = 1e-7;

impl Hull<'_> {
    /// Begins the fit of a node with the rays of its cones and those inherited columns that lie in them, and on demand with
    /// what neurons of opposite sign can do together.
    pub(super) fn begin(&mut self, product: &Product, parent: &Columns, clean: bool) {
        let idle: Vec<usize> = if clean { self.idle_kinks(product) } else { Vec::new() };
        self.fit.reset(&self.target);
        self.columns.clear();
        self.free.clear();
        if self.program.output_bias {
            self.add_free(Free::Constant);
        }
        if clean {
            idle.into_iter().for_each(|sample| self.add_free(Free::Idle { sample }));
            for positive in 0..product.positive {
                for negative in product.positive..product.cones.len() {
                    self.add_overlap(product, positive, negative);
                }
            }
        }
        for (j, cone) in product.cones.iter().enumerate() {
            for ray in &cone.rays {
                self.add_column(product, j, Direction::Ray(Arc::clone(ray)));
            }
        }
        let mut start = Vec::new();
        for column in parent.columns.iter().filter(|column| column.multiplier > 0.0) {
            let (j, cone) = (column.neuron, &product.cones[column.neuron]);
            let unchanged = parent.cones.get(j).is_some_and(|before| Arc::ptr_eq(before, cone));
            let dim = self.program.dim;
            let known = (j * dim..(j + 1) * dim).find(|&c| self.columns[c].direction.is(&column.direction));
            if let Some(known) = known {
                start.push(known);
            } else if unchanged || contains(cone, column.direction.entries()) {
                start.push(self.columns.len());
                self.add_column(product, j, column.direction.clone());
            }
        }
        let free = self.free.len();
        self.fit.start_with(start.into_iter().map(|c| c + free));
    }

    /// Adds what two neurons of opposite sign can do together. There are such in dense networks only, where points are samples.
    fn add_overlap(&mut self, product: &Product, positive: usize, negative: usize) {
        let program = self.program;
        let rays = common_rays(&product.cones[positive], &product.cones[negative]);
        let along = |ray: &[f64; MOST_DIM], i: usize| program.point(i).iter().zip(ray).map(|(x, v)| x * v).sum::<f64>();
        let directions: Vec<Vec<f64>> = rays.iter().map(|ray| (0..program.len()).map(|i| along(ray, i)).collect()).collect();
        for sample in 0..program.len() {
            let size = directions.iter().map(|z| z[sample].abs()).fold(0.0, f64::max);
            let (above, below) =
                (directions.iter().any(|z| z[sample] > KINK * size), directions.iter().any(|z| z[sample] < -KINK * size));
            if above && below {
                self.add_free(Free::Kink { positive, negative, sample });
            }
        }
        for z in directions {
            self.add_free(Free::Shared { positive, negative, z });
        }
    }

    /// Cut samples with small residuals: their kinks hardly raise the bound but make inequalities nearly dependent.
    fn idle_kinks(&self, product: &Product) -> Vec<usize> {
        let largest = self.residuals.iter().fold(0.0f64, |largest, r| largest.max(r.abs()));
        let mut idle: Vec<usize> = product.cones.iter().flat_map(|cone| cone.cut.iter().copied()).collect();
        idle.sort_unstable();
        idle.dedup();
        idle.retain(|&i| self.residuals[i].abs() < IDLE * largest);
        idle
    }

    fn add_free(&mut self, free: Free) {
        match &free {
            Free::Constant => self.fit.add_free(self.roots.iter().copied()),
            Free::Shared { z, .. } => self.fit.add_free(z.iter().zip(&self.roots).map(|(z, m)| z.max(0.0) * m)),
            Free::Idle { sample } | Free::Kink { sample, .. } => {
                self.fit.add_free((0..self.roots.len()).map(|i| f64::from(u8::from(i == *sample))));
            }
        }
        self.free.push(free);
    }

    fn add_column(&mut self, product: &Product, neuron: usize, direction: Direction) {
        let (incidence, sign) = (&self.program.incidence, product.sign(neuron));
        incidence.outputs(self.kernels, sign, direction.z(), &mut self.outputs);
        self.fit.add(self.outputs.iter().zip(&self.roots).map(|(output, m)| output * m));
        self.columns.push(Column { neuron, direction, multiplier: 0.0 });
    }

    /// Solves the fit and takes over its residuals.
    fn solve(&mut self) {
        self.fit.solve();
        self.residuals.clear();
        self.residuals.extend(self.fit.rest.iter().zip(&self.roots).map(|(rest, m)| -rest * m));
        let largest = self.residuals.iter().fold(0.0f64, |largest, r| largest.max(r.abs()));
        self.residuals.iter_mut().filter(|r| r.abs() < NEGLIGIBLE * largest).for_each(|r| *r = 0.0);
    }

    /// Generates columns until the sum of squares falls below `needed`, or no direction improves the fit. Returns whether the
    /// latter; `tight` then has the directions where the dual inequality is nearly an equality.
    pub(super) fn converge(
        &mut self,
        product: &Product,
        needed: f64,
        tight: &mut Vec<(usize, Priced)>,
        stop: &mut dyn FnMut() -> bool,
    ) -> bool {
        for _ in 0..MOST_ROUNDS {
            self.solve();
            if self.value() < needed || stop() {
                return false;
            }
            tight.clear();
            self.point_residuals.gather(&self.program.incidence, &self.residuals);
            let mut improving: Vec<(usize, Priced)> = Vec::new();
            for (j, cone) in product.cones.iter().enumerate() {
                let pricing = &mut self.pricing[j];
                pricing.prepare(cone, product.sign(j), &self.point_residuals);
                let start = improving.len();
                // Larger faces have many more meeting points: they are visited only when the smaller ones have nothing to offer.
                for size in 1..=self.program.dim {
                    pricing.visit(size, TIGHT, |priced| {
                        if priced.value < -IMPROVES * priced.scale && size > 1 {
                            keep_steepest(&mut improving, start, (j, priced));
                        }
                        if priced.value < (TIGHT * priced.scale).max(priced.error) {
                            tight.push((j, priced));
                        }
                    });
                    if improving.len() > start {
                        break;
                    }
                }
            }
            if improving.is_empty() {
                return true;
            }
            for (j, priced) in improving {
                self.add_column(product, j, Direction::inside(&product.cones[j], &priced.lambda));
            }
        }
        false
    }

    /// The sum of squares of the fit over all samples: proves nothing.
    pub(super) fn value(&self) -> f64 {
        self.fit.value() + self.program.unavoidable
    }
}

/// Keeps the directions of one neuron with the least `phi` per scale, from `start` on.
fn keep_steepest(kept: &mut Vec<(usize, Priced)>, start: usize, new: (usize, Priced)) {
    let steepness = |priced: &Priced| priced.value / priced.scale;
    let place = kept[start..].iter().position(|(_, other)| steepness(&new.1) < steepness(other)).unwrap_or(kept.len() - start);
    kept.insert(start + place, new);
    kept.truncate(start + NEW_COLUMNS);
}
