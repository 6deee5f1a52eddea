//! Small dense linear algebra in floating point. Nothing here is trusted: every bound is checked elsewhere.

use crate::kernels::Kernels;
use crate::program::Program;

/// Columns whose remainder after projection is below this share of their length count as dependent.
const DEPENDENT: f64 = 1e-11;

/// A projection that leaves less than this share of a column is repeated.
const CANCELLED: f64 = 0.5;

/// Orthonormal coordinates of the weighted points: `sqrt(m_i) x_i = R^T q_i`.
pub(crate) struct Whitening {
    dim: usize,
    /// `R^-1`, row after row, upper triangular.
    inverse: Vec<f64>,
}

impl Whitening {
    /// `u = R^-1 corner`: the neuron in float coordinates whose pre-activations are `Q corner`.
    pub(crate) fn to_float_coordinates(&self, corner: &[f64]) -> Vec<f64> {
        self.inverse.chunks(self.dim).map(|row| row.iter().zip(corner).map(|(a, b)| a * b).sum()).collect()
    }

    /// `q = R^-T x`: whitened coordinates of a point.
    pub(crate) fn to_whitened_point(&self, point: &[f64]) -> Vec<f64> {
        (0..self.dim).map(|c| (0..self.dim).map(|r| self.inverse[r * self.dim + c] * point[r]).sum()).collect()
    }
}

/// Orthonormalises the columns of the weighted point matrix; `None` if they are dependent in floating point.
pub(crate) fn whitening(program: &Program) -> Option<Whitening> {
    let (n, dim) = (program.incidence.points(), program.dim);
    let mut factors = Orthogonal::default();
    for c in 0..dim {
        let column: Vec<f64> = (0..n).map(|i| program.points[i * dim + c] * program.point_weights[i].sqrt()).collect();
        let projected = factors.project(&column);
        if projected.share.is_nan() || projected.share <= DEPENDENT {
            return None;
        }
        factors.push(projected);
    }
    Some(Whitening { dim, inverse: invert_upper(&factors.upper) })
}

/// Inverse of an upper triangular matrix given by columns, row after row.
fn invert_upper(upper: &[Vec<f64>]) -> Vec<f64> {
    let dim = upper.len();
    let mut inverse = vec![0.0; dim * dim];
    for c in 0..dim {
        inverse[c * dim + c] = 1.0 / upper[c][c];
        for r in (0..c).rev() {
            let sum: f64 = (r + 1..=c).map(|t| upper[t][r] * inverse[t * dim + c]).sum();
            inverse[r * dim + c] = -sum / upper[r][r];
        }
    }
    inverse
}

/// Columns as an orthonormal basis times an upper triangular matrix, built column by column.
#[derive(Default)]
pub(crate) struct Orthogonal {
    kernels: Kernels,
    basis: Vec<Vec<f64>>,
    /// Column `c` holds its `c + 1` entries on and above the diagonal.
    upper: Vec<Vec<f64>>,
}

/// A column split into its part in a basis and the rest.
pub(crate) struct Projected {
    shares: Vec<f64>,
    rest: Vec<f64>,
    length: f64,
    /// Length of the rest relative to the column's.
    pub(crate) share: f64,
}

impl Orthogonal {
    /// Number of columns.
    pub(crate) fn len(&self) -> usize {
        self.basis.len()
    }

    /// Splits a column against the basis.
    pub(crate) fn project(&self, column: &[f64]) -> Projected {
        let mut rest = column.to_vec();
        let mut shares = vec![0.0; self.basis.len()];
        let original = self.kernels.inner(column, column).sqrt();
        let mut length = original;
        // Twice is enough: where much was cancelled a second pass removes what rounding left of the first.
        for _ in 0..2 {
            let before = length;
            for (share, direction) in shares.iter_mut().zip(&self.basis) {
                let found = self.kernels.inner(direction, &rest);
                *share += found;
                self.kernels.subtract(&mut rest, found, direction);
            }
            length = self.kernels.inner(&rest, &rest).sqrt();
            if length > CANCELLED * before {
                break;
            }
        }
        Projected { shares, rest, length, share: if original > 0.0 { length / original } else { 0.0 } }
    }

    /// Adds a projected column whose rest is not zero.
    pub(crate) fn push(&mut self, projected: Projected) {
        let Projected { mut shares, mut rest, length, .. } = projected;
        rest.iter_mut().for_each(|v| *v /= length);
        shares.push(length);
        self.basis.push(rest);
        self.upper.push(shares);
    }

    /// The orthonormal basis.
    pub(crate) fn basis(&self) -> &[Vec<f64>] {
        &self.basis
    }

    /// Removes all columns but the first `len`.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.basis.truncate(len);
        self.upper.truncate(len);
    }

    /// Coefficients of the columns in the combination nearest to a projected vector.
    pub(crate) fn coefficients(&self, projected: &Projected) -> Vec<f64> {
        self.combination(&projected.shares)
    }

    /// Coefficients of the columns in the vector that has these coordinates in the basis.
    pub(crate) fn combination(&self, coordinates: &[f64]) -> Vec<f64> {
        let size = self.len();
        let mut solution = coordinates.to_vec();
        for r in (0..size).rev() {
            solution[r] /= self.upper[r][r];
            for t in 0..r {
                solution[t] -= self.upper[r][t] * solution[r];
            }
        }
        solution
    }

    /// The shortest vector whose inner products with the columns are `targets`.
    pub(crate) fn shortest(&self, targets: &[f64]) -> Vec<f64> {
        let mut vector = vec![0.0; self.basis.first().map_or(0, Vec::len)];
        let mut parts: Vec<f64> = Vec::with_capacity(targets.len());
        for (c, target) in targets.iter().enumerate() {
            let known: f64 = parts.iter().zip(&self.upper[c]).map(|(p, u)| p * u).sum();
            let part = (target - known) / self.upper[c][c];
            subtract(&mut vector, -part, &self.basis[c]);
            parts.push(part);
        }
        vector
    }
}

/// `sum_i a_i b_i`.
pub(crate) fn inner(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Euclidean length.
pub(crate) fn norm(a: &[f64]) -> f64 {
    inner(a, a).sqrt()
}

/// `a -= share * b`.
pub(crate) fn subtract(a: &mut [f64], share: f64, b: &[f64]) {
    a.iter_mut().zip(b).for_each(|(x, y)| *x -= share * y);
}

/// Coefficients of the combination of `columns` nearest to `target`; `None` if the columns are dependent.
pub(crate) fn least_squares<'a>(columns: impl Iterator<Item = &'a [f64]>, target: &[f64]) -> Option<Vec<f64>> {
    let mut factors = Orthogonal::default();
    for column in columns {
        let projected = factors.project(column);
        if projected.share.is_nan() || projected.share <= DEPENDENT {
            return None;
        }
        factors.push(projected);
    }
    let solution = factors.coefficients(&factors.project(target));
    solution.iter().all(|v| v.is_finite()).then_some(solution)
}

/// Cholesky factor of the symmetric positive definite matrix given by `entry(r, c)`, in the lower triangle of `factor`
/// (`size * size`). A pivot below `tolerance` times its diagonal entry makes it fail.
pub(crate) fn cholesky(factor: &mut [f64], size: usize, tolerance: f64, entry: impl Fn(usize, usize) -> f64) -> bool {
    for r in 0..size {
        for c in 0..=r {
            let given = entry(r, c);
            let mut value = given;
            for t in 0..c {
                value -= factor[r * size + t] * factor[c * size + t];
            }
            if r == c {
                if value.is_nan() || value <= (tolerance * given).max(0.0) {
                    return false;
                }
                factor[r * size + r] = value.sqrt();
            } else {
                factor[r * size + c] = value / factor[c * size + c];
            }
        }
    }
    true
}

/// Solves `L L^T x = b` in place.
pub(crate) fn cholesky_solve(factor: &[f64], size: usize, vector: &mut [f64]) {
    cholesky_forward(factor, size, vector);
    cholesky_back(factor, size, vector);
}

/// Solves `L x = b` in place.
pub(crate) fn cholesky_forward(factor: &[f64], size: usize, vector: &mut [f64]) {
    for r in 0..size {
        let known: f64 = (0..r).map(|c| factor[r * size + c] * vector[c]).sum();
        vector[r] = (vector[r] - known) / factor[r * size + r];
    }
}

/// Solves `L^T x = b` in place.
pub(crate) fn cholesky_back(factor: &[f64], size: usize, vector: &mut [f64]) {
    for r in (0..size).rev() {
        let known: f64 = (r + 1..size).map(|c| factor[c * size + r] * vector[c]).sum();
        vector[r] = (vector[r] - known) / factor[r * size + r];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn least_squares_solves_regular_systems_and_refuses_dependent_ones() {
        let columns = [vec![1.0, 0.0, 1.0], vec![0.0, 2.0, 1.0]];
        let solution = least_squares(columns.iter().map(Vec::as_slice), &[3.0, 4.0, 5.0]).expect("regular");
        assert!((solution[0] - 3.0).abs() < 1e-14 && (solution[1] - 2.0).abs() < 1e-14);
        assert!(least_squares([[1.0, 2.0].as_slice(), &[2.0, 4.0]].into_iter(), &[1.0, 1.0]).is_none());
    }

    #[test]
    fn cholesky_solves_and_detects_singular_matrices() {
        let matrix = [4.0, 2.0, 2.0, 3.0];
        let mut factor = [0.0; 4];
        assert!(cholesky(&mut factor, 2, 1e-13, |r, c| matrix[r * 2 + c]));
        let mut vector = [8.0, 7.0];
        cholesky_solve(&factor, 2, &mut vector);
        assert!((vector[0] - 1.25).abs() < 1e-14 && (vector[1] - 1.5).abs() < 1e-14);
        assert!(!cholesky(&mut factor, 2, 1e-13, |_, _| 1.0));
    }
}
