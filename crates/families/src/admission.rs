//! The sizes that are refused because their optimum is plain to see.

use optgap_problem::{BadParameter, Dataset, Instance};

/// Refuses instances that say nothing about a method, for families whose point is not an optimum of 0.
///
/// - Hidden bias and as many units as distinct points (one fewer with an output bias): units that switch on one after the
///   other along a line fit every label (Zhang et al. 2017).
/// - Hidden bias, trained outputs, two units, and distinct points that are affinely independent: every labelling is an
///   affine function `p = relu(p) - relu(-p)`.
pub(crate) fn refuse_trivial(instance: &Instance) -> Result<(), BadParameter> {
    let refuse = |text: String| Err(BadParameter::Combination(text));
    let Instance { data, network, .. } = instance;
    if !network.hidden_bias || !network.train_output {
        return Ok(());
    }
    let points = distinct_points(data);
    let count = points.len();
    if network.width + usize::from(network.output_bias) >= count {
        return refuse(format!(
            "width {} fits any labels of {count} distinct points; take more samples or fewer hidden units",
            network.width
        ));
    }
    if network.width >= 2 && affinely_independent(&points) {
        return refuse(format!(
            "{count} distinct points in {} dimensions are affinely independent, so two hidden units fit any labels; take at \
             least {} samples",
            data.dimension(),
            data.dimension() + 2
        ));
    }
    Ok(())
}

fn distinct_points(data: &Dataset) -> Vec<&[f64]> {
    let mut points: Vec<&[f64]> = data.samples().map(|(input, _)| input).collect();
    points.sort_unstable_by(|a, b| a.partial_cmp(b).expect("inputs are finite"));
    points.dedup();
    points
}

/// Is the matrix of the rows `[x, 1]` of full row rank?
///
/// Elimination modulo the prime `2^61 - 1` on the exact values. Full rank there is full rank over the rationals, so nothing
/// is refused wrongly; a full rank that is lost modulo the prime (one chance in `10^16`) would only let a trivial size pass.
fn affinely_independent(points: &[&[f64]]) -> bool {
    let dimension = points[0].len();
    if points.len() > dimension + 1 {
        return false;
    }
    let mut rows: Vec<Vec<u64>> = points.iter().map(|point| point.iter().map(|&x| residue(x)).chain([1]).collect()).collect();
    for rank in 0..rows.len() {
        let found = (0..=dimension).find_map(|column| (rank..rows.len()).find(|&r| rows[r][column] != 0).map(|r| (r, column)));
        let Some((pivot, column)) = found else { return false };
        rows.swap(rank, pivot);
        let (done, rest) = rows.split_at_mut(rank + 1);
        let pivot_row = &done[rank];
        let inverse = power(pivot_row[column], PRIME - 2);
        for row in rest {
            let factor = PRIME - multiply(row[column], inverse);
            row.iter_mut().zip(pivot_row).for_each(|(entry, &p)| *entry = (*entry + multiply(factor, p)) % PRIME);
        }
    }
    true
}

/// A Mersenne prime; products of residues fit in 128 bits and sums of two in 64.
const PRIME: u64 = (1 << 61) - 1;

fn multiply(a: u64, b: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(PRIME)) as u64
}

fn power(base: u64, mut exponent: u64) -> u64 {
    let (mut result, mut square) = (1, base);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiply(result, square);
        }
        square = multiply(square, square);
        exponent >>= 1;
    }
    result
}

/// A finite number, taken exactly as `sign * mantissa * 2^exponent`, modulo the prime. 2 has the order 61.
fn residue(value: f64) -> u64 {
    let (fraction, exponent) = libm::frexp(value.abs());
    let mantissa = (fraction * (1_u64 << 53) as f64) as u64;
    let magnitude = multiply(mantissa, power(2, i64::from(exponent - 53).rem_euclid(61) as u64));
    if value < 0.0 { (PRIME - magnitude) % PRIME } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;
    use optgap_problem::{Loss, Network};

    fn instance(rows: &[Vec<f64>], labels: Vec<f64>, network: Network) -> Instance {
        Instance::new(Dataset::new(rows, labels).expect("valid"), network, Loss::Squared).expect("valid")
    }

    fn verdict(rows: &[Vec<f64>], width: usize, output_bias: bool) -> Result<(), BadParameter> {
        let labels = (0..rows.len()).map(|index| index as f64).collect();
        let network = Network { output_bias, ..Network::dense(width) };
        refuse_trivial(&instance(rows, labels, network))
    }

    fn line(points: usize, dimension: usize) -> Vec<Vec<f64>> {
        (0..points).map(|index| (0..dimension).map(|axis| 0.1 * (index * (axis + 1)) as f64).collect()).collect()
    }

    #[test]
    fn affinely_independent_points_are_refused_and_dependent_ones_are_not() {
        let corners: Vec<Vec<f64>> = vec![vec![0.0, 0.1], vec![0.0, 0.1], vec![1.0 / 3.0, 0.0], vec![-1.5, 7.0]];
        assert!(verdict(&corners, 2, false).expect_err("trivial").to_string().contains("take at least 4 samples"));
        assert!(verdict(&corners, 1, false).is_ok());
        // Powers of two are exact, so these four points are collinear in any arithmetic.
        let collinear: Vec<Vec<f64>> = (0..4).map(|i| [0.5, -2.0, 0.125].map(|slope| slope * f64::from(i)).to_vec()).collect();
        assert!(verdict(&collinear, 2, false).is_ok());
    }

    #[test]
    fn units_as_many_as_points_are_refused() {
        assert!(verdict(&line(6, 1), 6, false).is_err());
        assert!(verdict(&line(6, 1), 5, false).is_ok());
        assert!(verdict(&line(6, 1), 5, true).expect_err("trivial").to_string().contains("width 5 fits any labels"));
        assert!(verdict(&line(6, 1), 4, true).is_ok());
    }

    #[test]
    fn residues_follow_the_arithmetic_of_fractions() {
        assert_eq!(residue(3.0), 3);
        assert_eq!(multiply(residue(0.375), 8), 3);
        assert_eq!(residue(-1.0), PRIME - 1);
        assert_eq!((residue(0.1) + residue(-0.1)) % PRIME, 0);
        assert_eq!(multiply(residue(2.0_f64.powi(-1074)), residue(2.0_f64.powi(1022))), residue(2.0_f64.powi(-52)));
        assert_eq!(residue(0.0), 0);
    }
}
