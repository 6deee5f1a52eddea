//! Least squares with a few columns.

/// Pivots below this share of the largest moment count as zero: their column is a combination of those before it.
const LEAST_PIVOT: f64 = 1e-12;

/// Coefficients of the columns, each as long as the labels, that fit the labels best, by elimination in the normal equations. A column
/// that depends on those before it gets 0.
pub(crate) fn coefficients(columns: &[Vec<f64>], labels: &[f64]) -> Vec<f64> {
    let inner = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let count = columns.len();
    let mut rows: Vec<Vec<f64>> =
        columns.iter().map(|row| columns.iter().map(|column| inner(row, column)).chain([inner(row, labels)]).collect()).collect();
    let size = (0..count).map(|i| rows[i][i]).fold(0.0, f64::max);
    let mut solved = vec![false; count];
    for step in 0..count {
        // The diagonal of what is left holds what the columns before do not explain.
        if rows[step][step] <= LEAST_PIVOT * size {
            continue;
        }
        solved[step] = true;
        let pivot = rows[step].clone();
        for (index, row) in rows.iter_mut().enumerate() {
            if index != step {
                let factor = row[step] / pivot[step];
                row.iter_mut().zip(&pivot).for_each(|(entry, p)| *entry -= factor * p);
            }
        }
    }
    (0..count).map(|i| if solved[i] { rows[i][count] / rows[i][i] } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn residuals_are_orthogonal_to_every_column() {
        let wave = |i: usize, j: usize| ((i * 7 + j * 3 + 1) as f64 * 0.9).sin();
        let mut columns: Vec<Vec<f64>> = (0..4).map(|j| (0..12).map(|i| wave(i, j)).collect()).collect();
        columns.push(columns[0].iter().zip(&columns[2]).map(|(a, b)| a - 2.0 * b).collect());
        columns.push(vec![0.0; 12]);
        let labels: Vec<f64> = (0..12).map(|i| wave(i, 9)).collect();
        let found = coefficients(&columns, &labels);
        let residuals: Vec<f64> =
            (0..12).map(|i| labels[i] - columns.iter().zip(&found).map(|(column, c)| c * column[i]).sum::<f64>()).collect();
        for column in &columns {
            assert!(column.iter().zip(&residuals).map(|(a, b)| a * b).sum::<f64>().abs() < 1e-12);
        }
        assert_eq!(found[4..], [0.0, 0.0]);
    }
}
