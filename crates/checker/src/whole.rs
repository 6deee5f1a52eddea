//! Linear algebra in whole numbers, by elimination without fractions (Bareiss).

use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

/// `sum a_c b_c`.
pub(crate) fn dot(a: &[BigInt], b: &[BigInt]) -> BigInt {
    a.iter().zip(b).filter(|(x, y)| !x.is_zero() && !y.is_zero()).map(|(x, y)| x * y).sum()
}

/// Columns that do not depend on those before them, by elimination of one row after the other.
pub(crate) fn independent_columns(rows: &[Vec<BigInt>], columns: usize) -> Vec<usize> {
    // A column is independent of those before it iff its pivot is found: that is a column echelon form of the rows.
    let mut reduced: Vec<Vec<BigInt>> = Vec::new();
    let mut pivots: Vec<usize> = Vec::new();
    for row in rows {
        let mut row = row.clone();
        for (other, &pivot) in reduced.iter().zip(&pivots) {
            eliminate(&mut row, other, pivot);
        }
        if let Some(pivot) = row.iter().position(|entry| !entry.is_zero()) {
            make_primitive(&mut row);
            reduced.push(row);
            pivots.push(pivot);
            // Earlier rows may still have this column, which the order of the pivots must not depend on.
            let (last, earlier) = reduced.split_last_mut().expect("just pushed");
            for (other, &own) in earlier.iter_mut().zip(&pivots) {
                eliminate(other, last, pivot);
                debug_assert!(!other[own].is_zero());
            }
            if pivots.len() == columns {
                break;
            }
        }
    }
    pivots.sort_unstable();
    pivots
}

/// Removes column `pivot` of `row` by a multiple of `other`.
fn eliminate(row: &mut [BigInt], other: &[BigInt], pivot: usize) {
    if row[pivot].is_zero() {
        return;
    }
    let (own, theirs) = (row[pivot].clone(), other[pivot].clone());
    row.iter_mut().zip(other).for_each(|(entry, o)| *entry = &*entry * &theirs - o * &own);
    make_primitive(row);
}

/// Divides by the common power of two, which keeps numbers short at little cost.
pub(crate) fn make_primitive(row: &mut [BigInt]) {
    let zeros = row.iter().filter_map(BigInt::trailing_zeros).min().unwrap_or(0);
    row.iter_mut().for_each(|entry| *entry >>= zeros);
}

/// The solution of a square system `sum_c columns[c] x_c = right`: numerators and a positive common denominator; none if the
/// columns are dependent.
pub(crate) fn solve(columns: &[&[BigInt]], right: &[BigInt]) -> Option<(Vec<BigInt>, BigInt)> {
    let size = columns.len();
    let mut rows: Vec<Vec<BigInt>> =
        (0..size).map(|r| columns.iter().map(|column| column[r].clone()).chain([right[r].clone()]).collect()).collect();
    let mut previous = BigInt::one();
    for step in 0..size {
        let pivot = (step..size).find(|&r| !rows[r][step].is_zero())?;
        if pivot != step {
            // Exchanging two rows turns the sign of one keeps the determinant's sign free to be fixed at the end.
            rows.swap(pivot, step);
        }
        let pivot_row = std::mem::take(&mut rows[step]);
        for row in rows.iter_mut().filter(|row| !row.is_empty()) {
            let factor = std::mem::take(&mut row[step]);
            for c in step + 1..=size {
                row[c] = (&row[c] * &pivot_row[step] - &factor * &pivot_row[c]) / &previous;
            }
        }
        // Rows above hold `previous` on their own diagonal: after this step all diagonals are the new pivot.
        for (r, row) in rows.iter_mut().enumerate().take(step) {
            row[r].clone_from(&pivot_row[step]);
        }
        previous.clone_from(&pivot_row[step]);
        rows[step] = pivot_row;
    }
    let mut numerators: Vec<BigInt> = rows.into_iter().map(|mut row| row.pop().expect("a right-hand side")).collect();
    if previous.is_negative() {
        previous = -previous;
        numerators.iter_mut().for_each(|n| *n = -&*n);
    }
    Some((numerators, previous))
}

/// A vector on which `size - 1` independent rows of `size` entries vanish, unique up to its length; none if they are dependent.
pub(crate) fn common_zero(rows: &[&[BigInt]], size: usize) -> Option<Vec<BigInt>> {
    let mut vector: Vec<BigInt> = (0..size).map(|omitted| minor(rows, omitted)).collect();
    if vector.iter().all(Zero::is_zero) {
        return None;
    }
    vector.iter_mut().skip(1).step_by(2).for_each(|entry| *entry = -&*entry);
    make_primitive(&mut vector);
    Some(vector)
}

/// The determinant of the rows without one column.
fn minor(rows: &[&[BigInt]], omitted: usize) -> BigInt {
    let entry = |r: usize, c: usize| &rows[r][c + usize::from(c >= omitted)];
    match rows.len() {
        0 => BigInt::one(),
        1 => entry(0, 0).clone(),
        2 => entry(0, 0) * entry(1, 1) - entry(0, 1) * entry(1, 0),
        3 => {
            entry(0, 0) * (entry(1, 1) * entry(2, 2) - entry(1, 2) * entry(2, 1))
                - entry(0, 1) * (entry(1, 0) * entry(2, 2) - entry(1, 2) * entry(2, 0))
                + entry(0, 2) * (entry(1, 0) * entry(2, 1) - entry(1, 1) * entry(2, 0))
        }
        size => determinant((0..size).map(|r| (0..size).map(|c| entry(r, c).clone()).collect()).collect()),
    }
}

/// The determinant of a square matrix.
pub(crate) fn determinant(mut rows: Vec<Vec<BigInt>>) -> BigInt {
    let size = rows.len();
    let mut previous = BigInt::one();
    let mut turned = false;
    for step in 0..size {
        let Some(pivot) = (step..size).find(|&r| !rows[r][step].is_zero()) else { return BigInt::zero() };
        if pivot != step {
            rows.swap(pivot, step);
            turned = !turned;
        }
        let (above, below) = rows.split_at_mut(step + 1);
        let pivot_row = &above[step];
        for row in below {
            for c in step + 1..size {
                row[c] = (&row[c] * &pivot_row[step] - &row[step] * &pivot_row[c]) / &previous;
            }
        }
        previous.clone_from(&pivot_row[step]);
    }
    if turned { -previous } else { previous }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matrix(size: usize) -> impl Strategy<Value = Vec<Vec<BigInt>>> {
        prop::collection::vec(prop::collection::vec((-3i64..4).prop_map(BigInt::from), size), size)
    }

    #[test]
    fn dependent_columns_are_those_of_earlier_ones() {
        let rows = [[1, 2, 0, 5], [2, 4, 1, 0], [3, 6, 1, 5]].map(|row| row.map(BigInt::from).to_vec());
        assert_eq!(independent_columns(&rows, 4), [0, 2]);
    }

    proptest! {
        #[test]
        fn solutions_solve((columns, right) in (1usize..5).prop_flat_map(|size| (matrix(size), prop::collection::vec((-5i64..5).prop_map(BigInt::from), size)))) {
            let views: Vec<&[BigInt]> = columns.iter().map(Vec::as_slice).collect();
            match solve(&views, &right) {
                None => prop_assert!(determinant(columns.clone()).is_zero()),
                Some((numerators, denominator)) => {
                    prop_assert!(denominator.is_positive());
                    prop_assert_eq!(&denominator, &determinant(columns.clone()).abs());
                    for r in 0..right.len() {
                        let sum: BigInt = columns.iter().zip(&numerators).map(|(column, n)| &column[r] * n).sum();
                        prop_assert_eq!(sum, &right[r] * &denominator);
                    }
                }
            }
        }

        #[test]
        fn common_zeros_are_zeros((size, rows) in (1usize..6).prop_flat_map(|size| (Just(size), matrix(size)))) {
            let views: Vec<&[BigInt]> = rows[1..].iter().map(Vec::as_slice).collect();
            let rank = independent_columns(&rows[1..], size).len();
            match common_zero(&views, size) {
                Some(vector) => {
                    prop_assert_eq!(rank, size - 1);
                    prop_assert!(vector.iter().any(|v| !v.is_zero()) && views.iter().all(|row| dot(row, &vector).is_zero()));
                }
                None => prop_assert!(rank < size - 1),
            }
        }
    }
}
