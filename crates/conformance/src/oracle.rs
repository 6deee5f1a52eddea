//! The optimum of tiny instances by enumeration of every activation cell: slow, short, and independent of any solver.
//!
//! A sign pattern `sigma` of one neuron has the closed cell `{u : sigma_i u.x_i >= 0 for all i}`. In full-rank coordinates it
//! is a pointed cone, hence the hull of its extreme rays, and every extreme ray is cut out by hyperplanes `u.x_i = 0`. There
//! are finitely many such rays; those consistent with `sigma` span the cell, and on it the neuron's outputs are linear. So the
//! optimum is the least value of one non-negative least-squares problem per choice of a cell and a sign for every neuron.
//! Under a shared filter the `x_i` are the patches of all samples, and a sample's output is the mean over its own.

use crate::nonnegative::least_squares_value;
use optgap_problem::Instance;
use std::collections::BTreeSet;

/// Inputs are multiplied by this and must then be integers.
const INPUT_SCALE: f64 = 1024.0;
/// Largest scaled input: products of three stay far inside `i128`.
const LARGEST_INPUT: f64 = 1e9;
/// Most points, which are samples or their patches: patterns are enumerated.
const MOST_POINTS: usize = 15;

/// The optimal loss of an instance with few samples, at most two inputs (of a patch), and inputs that are multiples of 1/1024.
///
/// # Panics
/// When the instance is outside these limits.
pub fn brute_force_optimum(instance: &Instance) -> f64 {
    instance.is_relu_regression().expect("the oracle is for squared errors of relu units");
    let rows = integer_rows(instance);
    let labels = instance.data.labels();
    let network = &instance.network;
    let cells = cells(&rows, network.patches());
    let mut columns: Vec<Vec<f64>> = Vec::new();
    if network.output_bias {
        columns.extend([vec![1.0; labels.len()], vec![-1.0; labels.len()]]);
    }
    let mut best = f64::INFINITY;
    let least_positive = if network.train_output { 0 } else { network.width };
    for positive in least_positive..=network.width {
        choose(&cells, network.width, positive, 0, &mut columns, labels, &mut best);
    }
    best / labels.len() as f64
}

/// Tries every multiset of cells for the neurons of each sign.
fn choose(
    cells: &[Vec<Vec<f64>>],
    neurons: usize,
    positive: usize,
    least: usize,
    columns: &mut Vec<Vec<f64>>,
    labels: &[f64],
    best: &mut f64,
) {
    if neurons == 0 {
        *best = best.min(least_squares_value(columns, labels));
        return;
    }
    let sign = if positive > 0 { 1.0 } else { -1.0 };
    for cell in least..cells.len() {
        let kept = columns.len();
        columns.extend(cells[cell].iter().map(|outputs| outputs.iter().map(|z| sign * z).collect()));
        // Neurons of equal sign are exchangeable; the first negative one starts anew.
        let next = if positive == 1 { 0 } else { cell };
        choose(cells, neurons - 1, positive.saturating_sub(1), next, columns, labels, best);
        columns.truncate(kept);
    }
}

/// What a unit sees (with a first 1 for a hidden bias) as integers, reduced to independent columns.
fn integer_rows(instance: &Instance) -> Vec<Vec<i128>> {
    let (inputs, bias) = (instance.network.unit_inputs(instance.data.dimension()), instance.network.hidden_bias);
    let points = instance.data.inputs().chunks_exact(inputs);
    assert!(points.len() <= MOST_POINTS && inputs <= 2, "the oracle is for tiny instances");
    let integer = |value: f64| {
        let scaled = value * INPUT_SCALE;
        assert!(scaled.fract() == 0.0 && scaled.abs() <= LARGEST_INPUT, "the oracle needs inputs that are multiples of 1/1024");
        scaled as i128
    };
    let constant = bias.then_some(INPUT_SCALE as i128);
    let rows: Vec<Vec<i128>> = points.map(|x| constant.into_iter().chain(x.iter().map(|&v| integer(v))).collect()).collect();
    let mut kept: Vec<usize> = Vec::new();
    for column in 0..rows[0].len() {
        kept.push(column);
        let chosen: Vec<Vec<i128>> = rows.iter().map(|row| kept.iter().map(|&c| row[c]).collect()).collect();
        if rank(chosen) < kept.len() {
            kept.pop();
        }
    }
    rows.iter().map(|row| kept.iter().map(|&c| row[c]).collect()).collect()
}

/// Rank by fraction-free elimination.
fn rank(mut rows: Vec<Vec<i128>>) -> usize {
    let columns = rows[0].len();
    let mut found = 0;
    for column in 0..columns {
        let Some(pivot) = (found..rows.len()).find(|&r| rows[r][column] != 0) else { continue };
        rows.swap(found, pivot);
        for r in found + 1..rows.len() {
            let (a, b) = (rows[found][column], rows[r][column]);
            for c in 0..columns {
                rows[r][c] = rows[r][c] * a - rows[found][c] * b;
            }
        }
        found += 1;
    }
    found
}

/// Every maximal cell, as the neuron's outputs at the rays that span it: means over `patches` rows each.
fn cells(rows: &[Vec<i128>], patches: usize) -> Vec<Vec<Vec<f64>>> {
    let preactivations: Vec<Vec<i128>> =
        rays(rows).iter().map(|ray| rows.iter().map(|row| row.iter().zip(ray).map(|(x, v)| x * v).sum()).collect()).collect();
    let mut spans: BTreeSet<Vec<usize>> = BTreeSet::new();
    for pattern in 0..1usize << rows.len() {
        let agrees = |z: &Vec<i128>| (0..rows.len()).all(|i| if pattern >> i & 1 == 1 { z[i] >= 0 } else { z[i] <= 0 });
        spans.insert((0..preactivations.len()).filter(|&r| agrees(&preactivations[r])).collect());
    }
    let contained = |small: &Vec<usize>| spans.iter().any(|large| large != small && small.iter().all(|r| large.contains(r)));
    let maximal = spans.iter().filter(|span| !contained(span));
    let mean = |z: &[i128]| z.iter().map(|z| z.max(&0)).sum::<i128>() as f64 / (INPUT_SCALE * patches as f64);
    let outputs = |&r: &usize| preactivations[r].chunks_exact(patches).map(mean).collect();
    maximal.map(|span| span.iter().map(outputs).collect()).collect()
}

/// Both directions of every line cut out by hyperplanes `u.x_i = 0`, once each.
fn rays(rows: &[Vec<i128>]) -> Vec<Vec<i128>> {
    let mut lines: BTreeSet<Vec<i128>> = BTreeSet::new();
    match rows[0].len() {
        // No input differs from zero: a neuron can do nothing.
        0 => {}
        1 => {
            lines.insert(vec![1]);
        }
        2 => lines.extend(rows.iter().map(|x| vec![-x[1], x[0]])),
        3 => {
            for a in rows {
                lines.extend(
                    rows.iter().map(|b| vec![a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]),
                );
            }
        }
        more => unreachable!("{more} coordinates"),
    }
    let primitive: BTreeSet<Vec<i128>> = lines.into_iter().filter(|line| line.iter().any(|v| *v != 0)).map(shorten).collect();
    primitive
        .iter()
        .flat_map(|line| [line.clone(), line.iter().map(|v| -v).collect()])
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// Divides by the greatest common divisor.
fn shorten(line: Vec<i128>) -> Vec<i128> {
    let divisor = line.iter().fold(0i128, |mut a, &value| {
        let mut b = value.abs();
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a
    });
    line.into_iter().map(|v| v / divisor).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use optgap_problem::{Dataset, Loss, Network};

    fn instance(rows: &[Vec<f64>], labels: &[f64], width: usize) -> Instance {
        Instance::new(Dataset::new(rows, labels.to_vec()).expect("valid"), Network::dense(width), Loss::Squared).expect("valid")
    }

    #[test]
    fn exclusive_or_needs_two_units() {
        let rows = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]].map(|r| r.to_vec());
        assert!(brute_force_optimum(&instance(&rows, &[0.0, 1.0, 1.0, 0.0], 2)) < 1e-20);
        assert!((brute_force_optimum(&instance(&rows, &[0.0, 1.0, 1.0, 0.0], 1)) - 0.25).abs() < 1e-12);
    }

    #[test]
    fn equal_inputs_leave_the_spread_of_their_labels() {
        let rows = vec![vec![3.0], vec![3.0], vec![3.0]];
        assert!((brute_force_optimum(&instance(&rows, &[1.0, 2.0, 3.0], 1)) - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_filter_of_one_weight_cannot_tell_signs_apart() {
        // Of the patches (1, -1) and (-1, 1) a filter gives |w| / 2 both times.
        let data = Dataset::new(&[vec![1.0, -1.0], vec![-1.0, 1.0]], vec![1.0, 2.0]).expect("valid");
        let network = Network { hidden_bias: false, ..Network::shared_filter(2, 1) };
        let filter = Instance::new(data, network, Loss::Squared).expect("valid");
        assert!((brute_force_optimum(&filter) - 0.25).abs() < 1e-12);
    }

    #[test]
    fn three_points_on_a_line_in_general_position_have_six_cells() {
        let rows = integer_rows(&instance(&[vec![0.0], vec![1.0], vec![3.0]], &[0.0; 3], 1));
        assert_eq!(cells(&rows, 1).len(), 6);
    }
}
