//! Non-negative least squares for the few variables of a node, on the normal equations.
//!
//! Block principal pivoting (Kostreva; Júdice and Pires): all variables that violate their optimality condition change
//! sides at once, and one at a time when that does not help. Every exchange updates one small tableau, which then holds
//! the solution and the gradient of the new set of passive variables. From a good start one or two rounds suffice.

/// A pivot below this share of its diagonal entry of the Gram matrix: the column depends on the passive ones.
const SMALL_PIVOT: f64 = 1e-11;
/// A gradient counts as positive above this share of its natural scale.
const GRADIENT_TOLERANCE: f64 = 1e-13;
/// Rounds that may pass without fewer violations before only one variable changes per round.
const PATIENCE: usize = 3;

/// Rows of the tableau are padded to a multiple of this, for wide registers.
const BLOCK: usize = 4;

/// `min |A x - y|^2` over `x_c >= 0` for `c < bounded`, the other variables free. Holds its own scratch space.
#[derive(Default)]
pub(crate) struct Nnls {
    size: usize,
    bounded: usize,
    /// `A^T A`, of which the lower triangle is to be set before each solve, and `A^T y`.
    pub(crate) gram: Vec<f64>,
    pub(crate) linear: Vec<f64>,
    /// The solution.
    pub(crate) solution: Vec<f64>,
    /// Which variables are not at zero; kept as the start of the next solve.
    passive: Vec<bool>,
    /// `size` rows of `width` entries: the Gram matrix and the linear part after the exchanges of the passive variables.
    /// Column `size` holds the solution in passive rows, the gradient in the others.
    tableau: Vec<f64>,
    width: usize,
    pivot_row: Vec<f64>,
    violations: Vec<usize>,
    corrections: Vec<f64>,
}

impl Nnls {
    /// Sets the number of variables, of which the first `bounded` are bounded below by zero.
    pub(crate) fn resize(&mut self, size: usize, bounded: usize) {
        (self.size, self.bounded) = (size, bounded);
        self.gram.resize(size * size, 0.0);
        self.linear.resize(size, 0.0);
        self.solution.resize(size, 0.0);
        self.passive.clear();
        self.passive.resize(size, false);
    }

    /// Names the variables that are probably not zero; the next solve begins with them.
    pub(crate) fn start_from(&mut self, support: &[bool]) {
        self.passive.iter_mut().zip(support).for_each(|(passive, &probable)| *passive = probable);
    }

    /// Solves, starting from the passive set of the last call.
    pub(crate) fn solve(&mut self) {
        self.fill_tableau();
        for c in (0..self.size).rev() {
            if c >= self.bounded || std::mem::take(&mut self.passive[c]) {
                self.passive[c] = false;
                self.enter(c);
            }
        }
        let tolerance = GRADIENT_TOLERANCE * self.linear.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let (mut fewest, mut patience) = (usize::MAX, PATIENCE);
        for _ in 0..8 * self.size + 16 {
            self.find_violations(tolerance);
            let count = self.violations.len();
            if count == 0 {
                break;
            }
            if count < fewest {
                (fewest, patience) = (count, PATIENCE);
            } else if patience > 0 {
                patience -= 1;
            } else {
                // Murty's rule: always the last one ends without a cycle.
                self.violations.drain(..count - 1);
            }
            let mut changed = false;
            for t in 0..self.violations.len() {
                let c = self.violations[t];
                changed |= if self.passive[c] { self.exchange(c) } else { self.enter(c) };
            }
            if !changed {
                break;
            }
        }
        self.read_solution();
    }

    fn fill_tableau(&mut self) {
        let size = self.size;
        let width = (size + 1).next_multiple_of(BLOCK);
        self.width = width;
        self.tableau.clear();
        self.tableau.resize(size * width, 0.0);
        for r in 0..size {
            for c in 0..r {
                self.gram[c * size + r] = self.gram[r * size + c];
            }
        }
        for (r, row) in self.tableau.chunks_exact_mut(width).enumerate() {
            row[..size].copy_from_slice(&self.gram[r * size..(r + 1) * size]);
            row[size] = self.linear[r];
        }
    }

    /// Makes a variable passive unless its column depends on the passive ones.
    fn enter(&mut self, c: usize) -> bool {
        let pivot = self.tableau[c * self.width + c];
        let independent = pivot > SMALL_PIVOT * self.gram[c * self.size + c];
        if independent {
            self.exchange(c);
        }
        independent
    }

    /// Moves variable `k` between passive and zero: a principal pivot, which undoes itself.
    fn exchange(&mut self, k: usize) -> bool {
        let width = self.width;
        self.passive[k] = !self.passive[k];
        let inverse = 1.0 / self.tableau[k * width + k];
        self.pivot_row.clear();
        self.pivot_row.extend(self.tableau[k * width..(k + 1) * width].iter().map(|v| v * inverse));
        for (r, row) in self.tableau.chunks_exact_mut(width).enumerate() {
            if r == k {
                row.copy_from_slice(&self.pivot_row);
                row[k] = inverse;
            } else {
                let factor = row[k];
                for (entries, pivots) in row.chunks_exact_mut(BLOCK).zip(self.pivot_row.chunks_exact(BLOCK)) {
                    for c in 0..BLOCK {
                        entries[c] -= factor * pivots[c];
                    }
                }
                row[k] = -factor * inverse;
            }
        }
        true
    }

    /// Passive variables below zero, and variables at zero along which the value falls.
    fn find_violations(&mut self, tolerance: f64) {
        let width = self.width;
        self.violations.clear();
        for c in 0..self.bounded {
            let value = self.tableau[c * width + self.size];
            let dependent = || self.tableau[c * width + c] <= SMALL_PIVOT * self.gram[c * self.size + c];
            if if self.passive[c] { value < 0.0 } else { value > tolerance && !dependent() } {
                self.violations.push(c);
            }
        }
    }

    /// The solution, after one step of refinement against the normal equations themselves.
    fn read_solution(&mut self) {
        let (size, width) = (self.size, self.width);
        let value = |c: usize| if self.passive[c] { self.tableau[c * width + size] } else { 0.0 };
        for c in 0..size {
            self.solution[c] = value(c);
        }
        self.corrections.clear();
        for r in 0..size {
            let row = &self.gram[r * size..(r + 1) * size];
            self.corrections.push(self.linear[r] - row.iter().zip(&self.solution).map(|(a, b)| a * b).sum::<f64>());
        }
        for r in (0..size).filter(|&r| self.passive[r]) {
            let row = &self.tableau[r * width..r * width + size];
            let passive = row.iter().zip(&self.corrections).zip(&self.passive).filter(|(_, passive)| **passive);
            let correction: f64 = passive.map(|((a, b), _)| a * b).sum();
            let refined = self.solution[r] + correction;
            self.solution[r] = if r < self.bounded { refined.max(0.0) } else { refined };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn solutions_satisfy_the_optimality_conditions(entries in prop::collection::vec(-1.0f64..1.0, 40), targets in prop::collection::vec(-1.0f64..1.0, 8), start in prop::collection::vec(any::<bool>(), 5)) {
            let columns: Vec<&[f64]> = entries.chunks(8).collect();
            let mut nnls = Nnls::default();
            nnls.resize(5, 4);
            nnls.start_from(&start);
            for (r, a) in columns.iter().enumerate() {
                for (c, b) in columns.iter().enumerate() {
                    nnls.gram[r * 5 + c] = crate::linear::inner(a, b);
                }
                nnls.linear[r] = crate::linear::inner(a, &targets);
            }
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

    #[test]
    fn dependent_columns_share_a_solution() {
        let mut nnls = Nnls::default();
        nnls.resize(2, 2);
        nnls.gram.copy_from_slice(&[4.0, 4.0, 4.0, 4.0]);
        nnls.linear.copy_from_slice(&[2.0, 2.0]);
        nnls.solve();
        assert!((nnls.solution[0] + nnls.solution[1] - 0.5).abs() < 1e-15);
    }
}
