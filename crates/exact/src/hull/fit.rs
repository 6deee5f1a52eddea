//! Non-negative least squares over the columns of a hull, which come and go: an orthogonal basis of the columns in use is
//! kept up to date, so that the residual is a projection and loses no digits where columns are nearly parallel.

use crate::kernels::Kernels;

/// A column whose remainder outside the basis is below this share depends on it.
const DEPENDENT: f64 = 1e-11;
/// A column may descend if its inner product with the rest exceeds this share of the product of their lengths.
const DESCENT: f64 = 1e-12;
/// Columns entered per column present before the solution counts as good enough: degenerate data could cycle.
const MOST_ENTRIES: usize = 8;

/// Minimises `|target - sum_c multiplier_c column_c|` over non-negative multipliers.
#[derive(Default)]
pub(crate) struct ConeFit {
    kernels: Kernels,
    target: Vec<f64>,
    /// Column after column.
    columns: Vec<f64>,
    lengths: Vec<f64>,
    /// So many of the first columns may have multipliers of either sign; they are used from the start.
    free: usize,
    /// Columns in use, in the order of the basis.
    passive: Vec<usize>,
    /// Orthonormal basis of the columns in use, vector after vector.
    basis: Vec<f64>,
    /// Column `t` of the triangular factor has its `t + 1` entries from `t (t + 1) / 2` on.
    upper: Vec<f64>,
    /// Inner products of the basis with the target.
    shares: Vec<f64>,
    pub(crate) multipliers: Vec<f64>,
    /// The target less its projection onto the columns in use.
    pub(crate) rest: Vec<f64>,
    proposal: Vec<f64>,
    scratch: Vec<f64>,
    rotations: Vec<(f64, f64)>,
}

impl ConeFit {
    /// Starts a problem without columns.
    pub(crate) fn reset(&mut self, target: &[f64]) {
        self.target.clear();
        self.target.extend_from_slice(target);
        self.rest.clone_from(&self.target);
        self.columns.clear();
        self.lengths.clear();
        self.multipliers.clear();
        self.free = 0;
        self.passive.clear();
        self.basis.clear();
        self.upper.clear();
        self.shares.clear();
    }

    /// Number of columns.
    pub(crate) fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Sum of squares of the rest.
    pub(crate) fn value(&self) -> f64 {
        self.kernels.inner(&self.rest, &self.rest)
    }

    /// Adds a column and returns its number.
    pub(crate) fn add(&mut self, column: impl Iterator<Item = f64>) -> usize {
        let start = self.columns.len();
        self.columns.extend(column);
        self.lengths.push(self.kernels.inner(&self.columns[start..], &self.columns[start..]).sqrt());
        self.multipliers.push(0.0);
        self.lengths.len() - 1
    }

    /// Adds a column whose multiplier may have either sign. Only before all others.
    pub(crate) fn add_free(&mut self, column: impl Iterator<Item = f64>) {
        let index = self.add(column);
        self.free = index + 1;
        self.enter(index);
    }

    /// Begins with these columns in use, as far as they can be.
    pub(crate) fn start_with(&mut self, columns: impl Iterator<Item = usize>) {
        columns.for_each(|c| {
            self.enter(c);
        });
        loop {
            self.propose();
            let negative = (0..self.passive.len()).filter(|&t| self.passive[t] >= self.free && self.proposal[t] <= 0.0);
            let Some(worst) = negative.min_by(|&a, &b| self.proposal[a].total_cmp(&self.proposal[b])) else { break };
            self.leave(worst);
        }
        self.accept();
    }

    /// Solves from the columns in use.
    pub(crate) fn solve(&mut self) {
        let scale = self.kernels.inner(&self.target, &self.target).sqrt();
        for _ in 0..MOST_ENTRIES * self.len() {
            let Some(entering) = self.steepest(scale) else { return };
            if !self.enter(entering) {
                return;
            }
            self.settle();
        }
    }

    /// The column not in use along which the sum of squares falls most steeply.
    fn steepest(&self, scale: f64) -> Option<usize> {
        let n = self.target.len();
        let mut best = (DESCENT * scale, None);
        for c in self.free..self.len() {
            if self.lengths[c] > 0.0 && !self.passive.contains(&c) {
                let slope = self.kernels.inner(&self.columns[c * n..(c + 1) * n], &self.rest) / self.lengths[c];
                if slope > best.0 {
                    best = (slope, Some(c));
                }
            }
        }
        best.1
    }

    /// Walks from the present multipliers to the minimum over the columns in use; columns that would become negative leave.
    fn settle(&mut self) {
        loop {
            self.propose();
            let mut step = 1.0;
            for (&c, &proposed) in self.passive.iter().zip(&self.proposal) {
                if c >= self.free && proposed <= 0.0 {
                    step = f64::min(step, self.multipliers[c] / (self.multipliers[c] - proposed));
                }
            }
            if step >= 1.0 && self.passive.iter().zip(&self.proposal).all(|(&c, &v)| c < self.free || v > 0.0) {
                return self.accept();
            }
            let mut leaving = None;
            let mut least = f64::INFINITY;
            for (t, (&c, &proposed)) in self.passive.iter().zip(&self.proposal).enumerate() {
                let present = &mut self.multipliers[c];
                let moved = *present + step * (proposed - *present);
                if c >= self.free && proposed <= 0.0 && moved <= least {
                    (least, leaving) = (moved, Some(t));
                }
                *present = if c >= self.free { moved.max(0.0) } else { moved };
            }
            let Some(t) = leaving else { return };
            self.multipliers[self.passive[t]] = 0.0;
            self.leave(t);
        }
    }

    /// Takes the proposal as multipliers.
    fn accept(&mut self) {
        self.multipliers.fill(0.0);
        for (&c, &value) in self.passive.iter().zip(&self.proposal) {
            self.multipliers[c] = value;
        }
    }

    /// The unconstrained minimum over the columns in use, by back substitution.
    fn propose(&mut self) {
        self.proposal.clone_from(&self.shares);
        for r in (0..self.passive.len()).rev() {
            let factor = &self.upper[r * (r + 1) / 2..][..=r];
            self.proposal[r] /= factor[r];
            let value = self.proposal[r];
            self.proposal[..r].iter_mut().zip(factor).for_each(|(p, f)| *p -= value * f);
        }
    }

    /// Takes a column into use; false if it depends on those in use.
    fn enter(&mut self, column: usize) -> bool {
        let n = self.target.len();
        let mut vector = std::mem::take(&mut self.scratch);
        vector.clear();
        vector.extend_from_slice(&self.columns[column * n..(column + 1) * n]);
        let start = self.upper.len();
        self.upper.resize(start + self.passive.len() + 1, 0.0);
        // Twice is enough: the second pass removes what rounding left of the first.
        for _ in 0..2 {
            for (t, direction) in self.basis.chunks_exact(n).enumerate() {
                let share = self.kernels.inner(direction, &vector);
                self.upper[start + t] += share;
                self.kernels.subtract(&mut vector, share, direction);
            }
        }
        let length = self.kernels.inner(&vector, &vector).sqrt();
        let independent = length > DEPENDENT * self.lengths[column];
        if independent {
            vector.iter_mut().for_each(|v| *v /= length);
            let share = self.kernels.inner(&vector, &self.rest);
            self.kernels.subtract(&mut self.rest, share, &vector);
            self.shares.push(share);
            self.upper[start + self.passive.len()] = length;
            self.basis.extend_from_slice(&vector);
            self.passive.push(column);
        } else {
            self.upper.truncate(start);
        }
        self.scratch = vector;
        independent
    }

    /// Puts the column at place `t` of the basis out of use: the later columns move up, and plane rotations make their factor
    /// triangular again.
    fn leave(&mut self, t: usize) {
        let (n, count) = (self.target.len(), self.passive.len());
        self.passive.remove(t);
        for c in t + 1..count {
            // The entries of column `c`, which becomes column `c - 1` with one entry too many.
            let start = c * (c + 1) / 2;
            self.scratch.clear();
            self.scratch.extend_from_slice(&self.upper[start..=start + c]);
            for (s, &(cosine, sine)) in self.rotations.iter().enumerate() {
                let (above, below) = (self.scratch[t + s], self.scratch[t + s + 1]);
                self.scratch[t + s] = cosine * above + sine * below;
                self.scratch[t + s + 1] = cosine * below - sine * above;
            }
            let (above, below) = (self.scratch[c - 1], self.scratch[c]);
            let length = above.hypot(below);
            self.scratch[c - 1] = length;
            self.rotations.push((above / length, below / length));
            self.upper[(c - 1) * c / 2..][..c].copy_from_slice(&self.scratch[..c]);
        }
        for (s, &(cosine, sine)) in self.rotations.iter().enumerate() {
            let (above, below) = (self.shares[t + s], self.shares[t + s + 1]);
            self.shares[t + s] = cosine * above + sine * below;
            self.shares[t + s + 1] = cosine * below - sine * above;
            let (first, second) = self.basis[(t + s) * n..(t + s + 2) * n].split_at_mut(n);
            for (a, b) in first.iter_mut().zip(second) {
                (*a, *b) = (cosine * *a + sine * *b, cosine * *b - sine * *a);
            }
        }
        self.rotations.clear();
        self.upper.truncate((count - 1) * count / 2);
        let share = self.shares.pop().expect("a column in use has a share");
        self.kernels.subtract(&mut self.rest, -share, &self.basis[(count - 1) * n..]);
        self.basis.truncate((count - 1) * n);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Checks the optimality conditions of a solved fit.
    fn check(fit: &ConeFit, columns: &[&[f64]], free: usize) -> Result<(), TestCaseError> {
        let inner = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        for (c, column) in columns.iter().enumerate() {
            let slope = inner(column, &fit.rest);
            if c >= free {
                prop_assert!(fit.multipliers[c] >= 0.0);
                prop_assert!(slope < 1e-9, "column {} would lower the sum: {}", c, slope);
            }
            if fit.multipliers[c] != 0.0 {
                prop_assert!(slope.abs() < 1e-9);
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn fits_stay_optimal_while_columns_come(
            entries in prop::collection::vec(-1.0f64..1.0, 72),
            target in prop::collection::vec(-1.0f64..1.0, 6),
            repeated in 0usize..6,
        ) {
            let mut columns: Vec<&[f64]> = entries.chunks(6).collect();
            // A repeated column makes the fit degenerate.
            columns.push(columns[repeated]);
            let mut fit = ConeFit::default();
            fit.reset(&target);
            fit.add_free(columns[0].iter().copied());
            for upto in [5, 9, columns.len()] {
                while fit.len() < upto {
                    fit.add(columns[fit.len()].iter().copied());
                }
                fit.solve();
                check(&fit, &columns[..upto], 1)?;
            }
            let value = fit.value();
            let used: Vec<usize> = (0..columns.len()).filter(|&c| fit.multipliers[c] > 0.0).collect();
            let mut again = ConeFit::default();
            again.reset(&target);
            again.add_free(columns[0].iter().copied());
            columns[1..].iter().for_each(|column| { again.add(column.iter().copied()); });
            again.start_with(used.into_iter());
            again.solve();
            prop_assert!((again.value() - value).abs() < 1e-9);
        }
    }
}
