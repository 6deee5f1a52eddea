//! Column generation: the fit of a node and the rays that improve it.

use crate::arrangement::{Cells, Ray};
use crate::hull::{Column, Hull};
use crate::product::Product;

/// New columns per neuron and round.
const NEW_COLUMNS: usize = 4;
/// Rays per neuron that are priced again before all are.
const CANDIDATES: usize = 200;
/// Rounds of column generation.
const MOST_ROUNDS: usize = 200;
/// A ray improves the fit if the dual inequality fails there by this share of its scale.
const IMPROVES: f64 = 1e-11;
/// A ray is tight if the dual inequality holds there with less than this share of its scale.
const TIGHT: f64 = 1e-9;
/// Residuals below this share of the largest are set to zero: they are rounding.
const NEGLIGIBLE: f64 = 1e-10;

impl Hull<'_> {
    /// Begins the fit of a node with those of the parent's columns that lie in its regions.
    pub(super) fn begin(&mut self, product: &Product<Cells>, parent: &[Column]) {
        self.fit.reset(&self.target);
        self.columns.clear();
        self.candidates.clear();
        let free = usize::from(self.program.output_bias);
        if self.program.output_bias {
            self.fit.add_free(self.roots.iter().copied());
        }
        for &Column { neuron, ray } in parent {
            // What left the neuron's region may have entered that of another one in its group.
            let same_sign = |&j: &usize| product.sign(j) == product.sign(neuron);
            let others = (0..product.regions.len()).filter(|&j| j != neuron).filter(same_sign);
            let holder = [neuron].into_iter().chain(others).find(|&j| product.regions[j].contains(ray));
            let column = holder.map(|neuron| Column { neuron, ray });
            if let Some(column) = column.filter(|column| !self.columns.contains(column)) {
                self.add_column(product, column);
            }
        }
        self.fit.start_with(free..free + self.columns.len());
    }

    fn add_column(&mut self, product: &Product<Cells>, column: Column) {
        self.arrangement.preactivations(column.ray, &mut self.z);
        self.program.incidence.outputs(self.kernels, product.sign(column.neuron), &self.z, &mut self.outputs);
        self.fit.add(self.outputs.iter().zip(&self.roots).map(|(output, m)| output * m));
        self.columns.push(column);
    }

    /// The columns in use, with their multipliers.
    pub(super) fn used(&self) -> impl Iterator<Item = (Column, f64)> {
        let multipliers = &self.fit.multipliers[usize::from(self.program.output_bias)..];
        self.columns.iter().copied().zip(multipliers.iter().copied()).filter(|(_, multiplier)| *multiplier > 0.0)
    }

    /// Solves the fit and takes over its residuals.
    fn solve(&mut self) {
        self.fit.solve();
        self.residuals.clear();
        self.residuals.extend(self.fit.rest.iter().zip(&self.roots).map(|(rest, m)| -rest * m));
        let largest = self.residuals.iter().fold(0.0f64, |largest, r| largest.max(r.abs()));
        self.residuals.iter_mut().filter(|r| r.abs() < NEGLIGIBLE * largest).for_each(|r| *r = 0.0);
    }

    /// Generates columns until the sum of squares falls below `needed`, or no ray improves the fit. Returns whether the
    /// latter; the tight rays are known then.
    pub(super) fn converge(&mut self, product: &Product<Cells>, needed: f64, stop: &mut dyn FnMut() -> bool) -> bool {
        for _ in 0..MOST_ROUNDS {
            self.solve();
            if self.value() < needed || stop() {
                return false;
            }
            self.point_residuals.gather(&self.program.incidence, &self.residuals);
            let mut improving = self.price_candidates(product);
            if improving.is_empty() {
                improving = self.price_all(product);
            }
            if improving.is_empty() {
                return true;
            }
            improving.into_iter().for_each(|column| self.add_column(product, column));
        }
        false
    }

    /// The steepest of the candidates, which the last pricing of all rays has left.
    fn price_candidates(&mut self, product: &Product<Cells>) -> Vec<Column> {
        let mut improving = Vec::new();
        let candidates = std::mem::take(&mut self.candidates);
        for (neuron, rays) in &candidates {
            self.sums.take(self.arrangement, &product.regions[*neuron], rays, &self.point_residuals.values);
            let steep = self.steep(product, *neuron, rays);
            self.take_steepest(steep, *neuron, &mut improving);
        }
        self.candidates = candidates;
        improving
    }

    /// The steepest of all rays. Renews candidates and tight rays.
    fn price_all(&mut self, product: &Product<Cells>) -> Vec<Column> {
        self.candidates.clear();
        self.tight.clear();
        let loose = TIGHT * self.point_residuals.magnitude.scale();
        let mut improving = Vec::new();
        for neuron in product.distinct() {
            let region = &product.regions[neuron];
            self.sums.take(self.arrangement, region, region.rays(), &self.point_residuals.values);
            let values = region.rays().iter().zip(&self.sums.values);
            let tight = values.filter(|(ray, sum)| product.sign(neuron) * **sum < loose && self.arrangement.length(**ray) > 0.0);
            self.tight.extend(tight.map(|(&ray, _)| Column { neuron, ray }));
            let mut steep = self.steep(product, neuron, region.rays());
            if steep.len() > CANDIDATES {
                steep.select_nth_unstable_by(CANDIDATES, |a, b| a.0.total_cmp(&b.0));
                steep.truncate(CANDIDATES);
            }
            let mut candidates: Vec<Ray> = steep.iter().map(|(_, ray)| *ray).collect();
            candidates.sort_unstable();
            self.candidates.push((neuron, candidates));
            self.take_steepest(steep, neuron, &mut improving);
        }
        improving
    }

    /// Those of a neuron's rays that improve the fit, with their steepness, by the sums along them.
    fn steep(&self, product: &Product<Cells>, neuron: usize, rays: &[Ray]) -> Vec<(f64, Ray)> {
        let improving = -IMPROVES * self.point_residuals.magnitude.scale();
        let values = rays.iter().zip(&self.sums.values).map(|(&ray, sum)| (product.sign(neuron) * sum, ray));
        let steep = values.filter(|&(value, ray)| value < improving && self.arrangement.length(ray) > 0.0);
        steep.map(|(value, ray)| (value / self.arrangement.length(ray), ray)).collect()
    }

    /// Adds the steepest of a neuron's rays that are no columns yet.
    fn take_steepest(&self, mut steep: Vec<(f64, Ray)>, neuron: usize, improving: &mut Vec<Column>) {
        steep.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let columns = steep.into_iter().map(|(_, ray)| Column { neuron, ray });
        improving.extend(columns.filter(|column| !self.columns.contains(column)).take(NEW_COLUMNS));
    }

    /// The sum of squares of the fit over all samples: proves nothing.
    pub(super) fn value(&self) -> f64 {
        self.fit.value() + self.program.unavoidable
    }
}
