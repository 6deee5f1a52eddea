//! Planted networks, and labels that they give without any rounding.
//!
//! Inputs are multiples of `2^-16`, directions and biases of `2^-10`, outputs of `2^-6`. Pre-activations are then multiples of
//! `2^-26` below `2^10` and labels multiples of `2^-32` below `2^17`, 49 of the 53 bits of an `f64`.

use crate::admission::refuse_trivial;
use crate::request::state_optimum;
use crate::stream::{Purpose, Stream, to_grid};
use optgap_problem::{BadParameter, Instance, Weights};

/// Inverse resolution of directions and biases.
const HIDDEN_GRID: f64 = 1024.0;

/// Inverse resolution of outputs.
const OUTPUT_GRID: f64 = 64.0;

/// After so many draws a unit is taken as it is.
const MOST_DRAWS: usize = 1000;

/// A network with hidden bias and outputs of random sign and a size in `[1/2, 3/2)`. Every unit is redrawn until it is on
/// for some rows and off for others, so that its kink matters.
pub(crate) fn network(seed: u64, width: usize, rows: &[Vec<f64>]) -> Weights {
    let mut stream = Stream::new(seed, Purpose::Teacher);
    let dimension = rows[0].len();
    let mut weights = Weights::zero(width, dimension);
    for unit in 0..width {
        for _ in 0..MOST_DRAWS {
            weights.hidden[unit] = direction(&mut stream, dimension);
            weights.hidden_bias[unit] = to_grid(0.5 * stream.normal(), HIDDEN_GRID);
            let on = |row: &Vec<f64>| product(&weights.hidden[unit], row) + weights.hidden_bias[unit] > 0.0;
            if rows.iter().any(on) && !rows.iter().all(on) {
                break;
            }
        }
        weights.output[unit] = stream.sign() * to_grid(0.5 + stream.uniform(), OUTPUT_GRID);
    }
    weights
}

/// A direction that is uniform on the sphere, with a length of 1 up to the grid.
pub(crate) fn direction(stream: &mut Stream, dimension: usize) -> Vec<f64> {
    let direction: Vec<f64> = (0..dimension).map(|_| stream.normal()).collect();
    let length = direction.iter().map(|v| v * v).sum::<f64>().sqrt();
    direction.into_iter().map(|v| to_grid(v / length, HIDDEN_GRID)).collect()
}

/// `u . v`, exact for a direction and inputs on their grids.
pub(crate) fn product(u: &[f64], v: &[f64]) -> f64 {
    u.iter().zip(v).map(|(a, b)| a * b).sum()
}

/// What a network gives for each row.
pub(crate) fn labels(weights: &Weights, rows: &[Vec<f64>]) -> Vec<f64> {
    rows.iter().map(|row| weights.predict(row)).collect()
}

/// Labels with noise of a standard deviation.
pub(crate) fn noisy(mut labels: Vec<f64>, deviation: f64, mut stream: Stream) -> Vec<f64> {
    if deviation > 0.0 {
        labels.iter_mut().for_each(|label| *label += deviation * stream.normal());
    }
    labels
}

/// The same function with so many units: the spare ones have output 0.
pub(crate) fn padded(mut weights: Weights, width: usize) -> Weights {
    let dimension = weights.hidden[0].len();
    weights.hidden.resize(width, vec![0.0; dimension]);
    weights.hidden_bias.resize(width, 0.0);
    weights.output.resize(width, 0.0);
    weights
}

/// States the optimum of 0 where the labels are the teacher's own and the network has room for it. Elsewhere nobody knows the
/// optimum, and a trivial instance is refused.
pub(crate) fn state_if_attained(instance: &mut Instance, teacher: Weights, own_labels: bool) -> Result<(), BadParameter> {
    let width = instance.network.width;
    if !own_labels || width < teacher.width() {
        return refuse_trivial(instance);
    }
    state_optimum(instance, 0.0, &padded(teacher, width));
    Ok(())
}

/// `sum_s s relu(s u . x)` over some signs: `relu(u . x)`, or with both `u . x` itself.
pub(crate) fn rectified(u: &[f64], width: usize, signs: &[f64]) -> Weights {
    let mut weights = Weights::zero(width, u.len());
    weights.output.fill(0.0);
    for (unit, &sign) in signs.iter().enumerate() {
        weights.hidden[unit] = u.iter().map(|v| sign * v).collect();
        weights.output[unit] = sign;
    }
    weights
}
