//! Non-negative least squares for the few variables of a node.
//!
//! The active-set method of Lawson and Hanson on the Gram matrix, which is fast; where its columns are nearly dependent the
//! Gram matrix has lost half of the digits, and an orthogonalisation of the columns takes over.

use crate::linear::{cholesky, cholesky_solve, fast_inner, least_squares, subtract};

/// A pivot of the Gram matrix below this share of its diagonal entry makes the orthogonalisation take over.
const SMALL_PIVOT: f64 = 1e-7;
/// A gradient counts as positive above this share of its natural scale.
const GRADIENT_TOLERANCE: f64 = 1e-13;

/// `min |A x - y|^2` over `x_c >= 0` for `c < bounded`, the other variables free. Holds its own scratch space.
#[derive(Default)]
pub(crate) struct Nnls {
    size: usize,
    bounded: usize,
    rows: usize,
    /// `A`, column after column.
    columns: Vec<f64>,
    /// `y`.
    pub(crate) target: Vec<f64>,
    gram: Vec<f64>,
    linear: Vec<f64>,
    /// The solution.
    pub(crate) solution: Vec<f64>,
    /// Which variables are not at zero; kept as the start of the next solve.
    passive: Vec<bool>,
    refused: Vec<bool>,
    members: Vec<usize>,
    factor: Vec<f64>,
    trial: Vec<f64>,
    /// Did this solve meet nearly dependent columns?
    delicate: bool,
}

impl Nnls {
    /// Sets the number of variables, of which the first `bounded` are bounded below by zero, and of rows.
    pub(crate) fn resize(&mut self, size: usize, bounded: usize, rows: usize) {
        (self.size, self.bounded, self.rows) = (size, bounded, rows);
        self.columns.resize(size * rows, 0.0);
        self.target.resize(rows, 0.0);
        self.gram.resize(size * size, 0.0);
        self.linear.resize(size, 0.0);
        self.solution.resize(size, 0.0);
        self.refused.resize(size, false);
        self.passive.clear();
        self.passive.resize(size, false);
        self.factor.resize(size * size, 0.0);
        self.trial.resize(size, 0.0);
    }

    /// Names the variables that are probably not zero; the next solve begins with them.
    pub(crate) fn start_from(&mut self, support: &[bool]) {
        self.passive.iter_mut().zip(support).for_each(|(passive, &probable)| *passive = probable);
    }

    /// Column `c` of `A`.
    pub(crate) fn column_mut(&mut self, c: usize) -> &mut [f64] {
        &mut self.columns[c * self.rows..(c + 1) * self.rows]
    }

    fn column(&self, c: usize) -> &[f64] {
        &self.columns[c * self.rows..(c + 1) * self.rows]
    }

    fn build_gram(&mut self) {
        for r in 0..self.size {
            for c in 0..=r {
                let value = fast_inner(self.column(r), self.column(c));
                self.gram[r * self.size + c] = value;
                self.gram[c * self.size + r] = value;
            }
            self.linear[r] = fast_inner(self.column(r), &self.target);
        }
    }

    /// Solves, starting from the passive set of the last call.
    pub(crate) fn solve(&mut self) {
        self.build_gram();
        self.refused.fill(false);
        self.delicate = false;
        self.start_feasible();
        let mut largest = 0.0f64;
        for c in 0..self.size {
            largest = largest.max(self.linear[c].abs());
        }
        for _ in 0..4 * self.size + 8 {
            let Some(entering) = self.most_violated(largest) else { break };
            self.passive[entering] = true;
            if !self.solve_passive() || (entering < self.bounded && self.trial[entering] <= 0.0) {
                self.passive[entering] = false;
                self.refused[entering] = true;
                continue;
            }
            self.walk_to_trial();
        }
    }

    /// A feasible point on the old passive set: variables that come out negative are dropped until none does.
    fn start_feasible(&mut self) {
        for c in self.bounded..self.size {
            self.passive[c] = true;
        }
        loop {
            if !self.solve_passive() {
                self.passive.fill(false);
                self.solution.fill(0.0);
                return;
            }
            let mut dropped = false;
            for c in 0..self.bounded {
                if self.passive[c] && self.trial[c] <= 0.0 {
                    self.passive[c] = false;
                    dropped = true;
                }
            }
            if !dropped {
                self.solution.copy_from_slice(&self.trial);
                return;
            }
        }
    }

    fn most_violated(&self, largest: f64) -> Option<usize> {
        let mut best = None;
        let mut best_score = 0.0;
        let residual = if self.delicate { Some(self.residual()) } else { None };
        for c in 0..self.size {
            if self.passive[c] || self.refused[c] {
                continue;
            }
            let row = &self.gram[c * self.size..(c + 1) * self.size];
            let gradient = match &residual {
                Some(residual) => fast_inner(self.column(c), residual),
                None => self.linear[c] - row.iter().zip(&self.solution).map(|(a, b)| a * b).sum::<f64>(),
            };
            let diagonal = row[c];
            if diagonal <= 0.0 {
                continue;
            }
            let score = if c < self.bounded { gradient } else { gradient.abs() };
            if score > GRADIENT_TOLERANCE * largest && score * score > best_score * diagonal {
                best_score = score * score / diagonal;
                best = Some(c);
            }
        }
        best
    }

    /// `y - A x`.
    fn residual(&self) -> Vec<f64> {
        let mut residual = self.target.clone();
        for (c, &value) in self.solution.iter().enumerate().filter(|(_, value)| **value != 0.0) {
            subtract(&mut residual, value, self.column(c));
        }
        residual
    }

    /// From the feasible solution towards the trial, dropping variables that reach zero.
    fn walk_to_trial(&mut self) {
        for _ in 0..=self.size {
            let mut step = 1.0f64;
            let mut blocking = None;
            for c in 0..self.bounded {
                if self.passive[c] && self.trial[c] <= 0.0 {
                    let limit = self.solution[c] / (self.solution[c] - self.trial[c]);
                    if limit < step {
                        step = limit;
                        blocking = Some(c);
                    }
                }
            }
            for c in 0..self.size {
                self.solution[c] += step * (self.trial[c] - self.solution[c]);
            }
            let Some(blocking) = blocking else { return };
            for c in 0..self.bounded {
                if self.passive[c] && (c == blocking || self.solution[c] <= 0.0) {
                    self.passive[c] = false;
                    self.solution[c] = 0.0;
                }
            }
            if !self.solve_passive() {
                return;
            }
        }
    }

    /// The minimum over the passive variables, in `trial`.
    fn solve_passive(&mut self) -> bool {
        self.members.clear();
        self.members.extend((0..self.size).filter(|&c| self.passive[c]));
        let (members, size, gram) = (&self.members, self.size, &self.gram);
        let count = members.len();
        let solution = if cholesky(&mut self.factor, count, SMALL_PIVOT, |r, c| gram[members[r] * size + members[c]]) {
            let mut vector: Vec<f64> = members.iter().map(|&c| self.linear[c]).collect();
            cholesky_solve(&self.factor, count, &mut vector);
            vector
        } else {
            self.delicate = true;
            let Some(vector) = least_squares(members.iter().map(|&c| self.column(c)), &self.target) else { return false };
            vector
        };
        self.trial.fill(0.0);
        for (&c, &value) in self.members.iter().zip(&solution) {
            self.trial[c] = value;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn solutions_satisfy_the_optimality_conditions(entries in prop::collection::vec(-1.0f64..1.0, 40), targets in prop::collection::vec(-1.0f64..1.0, 8)) {
            let columns: Vec<&[f64]> = entries.chunks(8).collect();
            let mut nnls = Nnls::default();
            nnls.resize(5, 4, 8);
            for (c, column) in columns.iter().enumerate() {
                nnls.column_mut(c).copy_from_slice(column);
            }
            nnls.target.copy_from_slice(&targets);
            for _ in 0..2 {
                nnls.solve();
                for c in 0..5 {
                    let gradient = nnls.linear[c] - crate::linear::inner(&nnls.gram[c * 5..c * 5 + 5], &nnls.solution);
                    if c < 4 {
                        prop_assert!(nnls.solution[c] >= 0.0);
                        prop_assert!(gradient < 1e-8);
                    }
                    if c == 4 || nnls.solution[c] > 0.0 {
                        prop_assert!(gradient.abs() < 1e-8);
                    }
                }
            }
        }
    }
}
