//! Principal components of recorded columns, the same bytes on every platform.
//!
//! The correlation matrix is diagonalised by cyclic rotations: C. G. J. Jacobi, "Über ein leichtes Verfahren, die in der
//! Theorie der Säcularstörungen vorkommenden Gleichungen numerisch aufzulösen", Journal für die reine und angewandte
//! Mathematik 30 (1846), 51-94; that they converge was shown by Forsythe and Henrici (1960). Sums of the recorded numbers are
//! exact, and from there on only sums, products, quotients and square roots are taken, which are correctly rounded everywhere.

use crate::stream::{INPUT_GRID, to_grid};
use crate::table::Column;

/// Components that can be asked for.
pub(crate) const MOST_COMPONENTS: usize = 5;

/// Passes over all pairs of columns. Convergence is quadratic: thirty columns need about eight.
const SWEEPS: usize = 16;

/// Smallest share of a standardised column's variance that makes a component; rounding errors leave about `1e-15`.
const LEAST_VARIANCE: f64 = 1e-9;

/// A square matrix as a list of its rows.
type Matrix = Vec<Vec<f64>>;

/// Scores of all rows in the first `count` principal components, one list per component, of unit variance in the training
/// rows and rounded to multiples of `2^-16`.
///
/// Centres, deviations and components come from the training rows alone. A column that is constant there has no part in any
/// component. A component's largest loading is positive.
///
/// # Errors
/// The number of components that have variance in the training rows, when that is less than `count`.
pub(crate) fn component_scores(columns: &[Column], training: &[usize], count: usize) -> Result<Vec<Vec<f64>>, usize> {
    let mut components = diagonalised(correlations(columns, training));
    components.retain(|component| component.variance > LEAST_VARIANCE);
    if components.len() < count {
        return Err(components.len());
    }
    let standardised: Vec<Vec<f64>> = columns.iter().map(|column| standardised(column, training)).collect();
    let rows = columns.first().map_or(0, |column| column.values.len());
    let scores = |component: &Component| (0..rows).map(|row| component.score(&standardised, row)).collect();
    Ok(components[..count].iter().map(scores).collect())
}

/// A principal component: an eigenvector of the correlations.
struct Component {
    /// The eigenvalue; those of all components add up to the number of columns that are not constant.
    variance: f64,
    /// Of unit length, one number per column.
    loadings: Vec<f64>,
}

impl Component {
    fn score(&self, standardised: &[Vec<f64>], row: usize) -> f64 {
        let sum: f64 = self.loadings.iter().zip(standardised).map(|(loading, column)| loading * column[row]).sum();
        to_grid(sum / self.variance.sqrt(), INPUT_GRID)
    }

    /// The sign is free; here the loading of largest magnitude is positive, the first of equal ones.
    fn oriented(mut self) -> Self {
        let largest = self.loadings.iter().fold(0.0_f64, |largest, &l| if l.abs() > largest.abs() { l } else { largest });
        if largest < 0.0 {
            self.loadings.iter_mut().for_each(|loading| *loading = -*loading);
        }
        self
    }
}

/// All values, less the training rows' mean, in units of their deviation; only centred where the deviation is 0.
fn standardised(column: &Column, training: &[usize]) -> Vec<f64> {
    let count = training.len() as i128;
    let sum = total(column, training);
    let spread = covariance(column, column, training);
    let unit = if spread == 0.0 { count as f64 } else { spread.sqrt() };
    column.values.iter().map(|&value| (count * i128::from(value) - sum) as f64 / unit).collect()
}

/// Correlations of the columns in the training rows; 0 for a column that is constant there, with itself, too.
fn correlations(columns: &[Column], training: &[usize]) -> Matrix {
    let spreads: Vec<f64> = columns.iter().map(|column| covariance(column, column, training)).collect();
    let correlation = |a: usize, b: usize| match covariance(&columns[a], &columns[b], training) {
        0.0 => 0.0,
        covariance => covariance / (spreads[a] * spreads[b]).sqrt(),
    };
    (0..columns.len()).map(|a| (0..columns.len()).map(|b| correlation(a, b)).collect()).collect()
}

/// `n^2` times the covariance, exact in whole numbers until the last rounding.
fn covariance(a: &Column, b: &Column, training: &[usize]) -> f64 {
    let products: i128 = training.iter().map(|&row| i128::from(a.values[row]) * i128::from(b.values[row])).sum();
    (training.len() as i128 * products - total(a, training) * total(b, training)) as f64
}

fn total(column: &Column, training: &[usize]) -> i128 {
    training.iter().map(|&row| i128::from(column.values[row])).sum()
}

/// Components of a symmetric matrix by descending variance.
fn diagonalised(mut matrix: Matrix) -> Vec<Component> {
    let size = matrix.len();
    let mut vectors: Matrix = (0..size).map(|a| (0..size).map(|b| if a == b { 1.0 } else { 0.0 }).collect()).collect();
    for _ in 0..SWEEPS {
        for p in 0..size {
            for q in p + 1..size {
                rotate(&mut matrix, &mut vectors, p, q);
            }
        }
    }
    let pairs = vectors.into_iter().enumerate();
    let mut components: Vec<Component> =
        pairs.map(|(k, loadings)| Component { variance: matrix[k][k], loadings }.oriented()).collect();
    components.sort_by(|a, b| b.variance.total_cmp(&a.variance));
    components
}

/// Turns the plane of two axes so that their entry off the diagonal becomes 0; the rows of `vectors` turn with them.
fn rotate(matrix: &mut Matrix, vectors: &mut Matrix, p: usize, q: usize) {
    if matrix[p][q] == 0.0 {
        return;
    }
    // The smaller of the two angles, by its tangent: the root of t^2 + 2 ratio t - 1 of least magnitude.
    let ratio = (matrix[q][q] - matrix[p][p]) / (2.0 * matrix[p][q]);
    let tangent = 1.0_f64.copysign(ratio) / (ratio.abs() + (ratio * ratio + 1.0).sqrt());
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = tangent * cosine;
    let turned = |a: f64, b: f64| (cosine * a - sine * b, sine * a + cosine * b);
    for row in matrix.iter_mut() {
        (row[p], row[q]) = turned(row[p], row[q]);
    }
    for rows in [&mut *matrix, vectors] {
        for k in 0..rows.len() {
            (rows[p][k], rows[q][k]) = turned(rows[p][k], rows[q][k]);
        }
    }
    (matrix[p][q], matrix[q][p]) = (0.0, 0.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::{NAMES, Source};

    fn column(values: &[i64]) -> Column {
        Column { name: String::new(), values: values.to_vec() }
    }

    fn measurements(data: &str, target: &str) -> Vec<Column> {
        let source = Source::named(data);
        source.measurements(source.columns(), target)
    }

    fn all_rows(columns: &[Column]) -> Vec<usize> {
        (0..columns[0].values.len()).collect()
    }

    #[test]
    fn two_columns_have_their_sum_and_difference_as_components() {
        // Deviations (-3, -1, 1, 3) and (-1, -3, 3, 1) have the correlation 12 / 20: variances 1.6 and 0.4.
        let columns = [column(&[0, 2, 4, 6]), column(&[20, 0, 60, 40])];
        let components = diagonalised(correlations(&columns, &[0, 1, 2, 3]));
        let half = 0.5_f64.sqrt();
        for (component, (variance, loadings)) in components.iter().zip([(1.6, [half, half]), (0.4, [half, -half])]) {
            assert!((component.variance - variance).abs() < 1e-15, "{}", component.variance);
            assert!(component.loadings.iter().zip(loadings).all(|(a, b)| (a - b).abs() < 1e-15), "{:?}", component.loadings);
        }
        let scores = component_scores(&columns, &[0, 1, 2, 3], 2).expect("two directions");
        // Sums -4, -4, 4, 4 and differences -2, 2, -2, 2 of the deviations, scaled to unit variance.
        assert_eq!(scores, [[-1.0, -1.0, 1.0, 1.0], [-1.0, 1.0, -1.0, 1.0]]);
    }

    #[test]
    fn the_irises_have_the_published_shares_of_variance() {
        // Printed by every text that standardises the four measurements: 72.96, 22.85, 3.67 and 0.52 %.
        let columns = measurements("iris", "setosa");
        let components = diagonalised(correlations(&columns, &all_rows(&columns)));
        for (component, share) in components.iter().zip([0.729_624, 0.228_508, 0.036_689, 0.005_179]) {
            assert!((component.variance / 4.0 - share).abs() < 5e-7, "{}", component.variance / 4.0);
        }
        let first = [0.521_066, -0.269_347, 0.580_413, 0.564_857];
        assert!(components[0].loadings.iter().zip(first).all(|(a, b)| (a - b).abs() < 5e-7), "{:?}", components[0].loadings);
    }

    #[test]
    fn components_are_orthonormal_eigenvectors_of_every_table() {
        for data in NAMES {
            let columns = measurements(data, Source::named(data).target);
            let matrix = correlations(&columns, &all_rows(&columns));
            let components = diagonalised(matrix.clone());
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            for (k, component) in components.iter().enumerate() {
                for (row, loading) in matrix.iter().zip(&component.loadings) {
                    let residual = dot(row, &component.loadings) - component.variance * loading;
                    assert!(residual.abs() < 1e-13, "{data}: {residual}");
                }
                for (other, earlier) in components[..=k].iter().enumerate() {
                    let product = dot(&component.loadings, &earlier.loadings);
                    assert!((product - f64::from(u8::from(other == k))).abs() < 1e-13, "{data}: {product}");
                }
            }
            let variances: f64 = components.iter().map(|component| component.variance).sum();
            assert!((variances - columns.len() as f64).abs() < 1e-12, "{data}: {variances}");
        }
    }

    #[test]
    fn scores_are_uncorrelated_and_of_unit_variance_in_the_training_rows() {
        let columns = measurements("breast-cancer", "malignant");
        let training: Vec<usize> = (0..569).step_by(7).collect();
        let scores = component_scores(&columns, &training, MOST_COMPONENTS).expect("five directions");
        for (a, first) in scores.iter().enumerate() {
            for second in &scores[..=a] {
                let mean = training.iter().map(|&row| first[row] * second[row]).sum::<f64>() / training.len() as f64;
                let expected = f64::from(u8::from(std::ptr::eq(first, second)));
                assert!((mean - expected).abs() < 1e-4, "{mean} instead of {expected}");
            }
            assert!(first.iter().all(|score| (score * INPUT_GRID).fract() == 0.0));
        }
    }

    #[test]
    fn other_rows_have_no_influence_on_the_training_rows() {
        let mut columns = measurements("wine", "grignolino");
        let training: Vec<usize> = (0..178).step_by(3).collect();
        let before = component_scores(&columns, &training, 3).expect("three directions");
        columns.iter_mut().for_each(|column| column.values[1] = 1_000_000);
        let after = component_scores(&columns, &training, 3).expect("three directions");
        for (before, after) in before.iter().zip(&after) {
            assert!((0..178).all(|row| row == 1 || before[row] == after[row]));
            assert_ne!(before[1], after[1]);
        }
    }

    #[test]
    fn a_column_that_is_constant_in_the_training_rows_has_no_part() {
        let varied = [column(&[0, 2, 4, 6, 9]), column(&[20, 0, 60, 40, 7])];
        let with_constant = [varied[0].clone(), column(&[5, 5, 5, 5, 99]), varied[1].clone()];
        let training = [0, 1, 2, 3];
        assert_eq!(component_scores(&with_constant, &training, 2), component_scores(&varied, &training, 2));
        assert_eq!(component_scores(&with_constant, &training, 3), Err(2));
    }

    #[test]
    fn fewer_directions_than_asked_for_are_counted() {
        let columns = measurements("breast-cancer", "malignant");
        // Three rows differ in two directions, whatever the number of columns.
        assert_eq!(component_scores(&columns, &[3, 50, 400], 3), Err(2));
        assert!(component_scores(&columns, &[3, 50, 400], 2).is_ok());
        let twice = [column(&[1, 2, 4]), column(&[10, 20, 40])];
        assert_eq!(component_scores(&twice, &[0, 1, 2], 2), Err(1));
        assert_eq!(component_scores(&twice, &[0, 0, 0], 1), Err(0));
    }
}
