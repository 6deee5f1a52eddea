//! How stiff the data make the loss: the scale of a stable learning rate.

use optgap_problem::{Instance, Loss};

/// Steps of the power iteration: the estimate errs low by a few per cent at most, which no learning rate notices.
const POWER_STEPS: usize = 30;

/// An estimate of the loss's largest curvature, `2 m max(1, s / sqrt(m))`.
///
/// `m` is the largest eigenvalue of the inputs' second moments `X'X / n` (with the constant input of a hidden bias) and
/// `s` the root mean square of the labels. A unit with output 1 that is active on every sample has the curvature `2 m`;
/// where labels are larger than such units make them, balanced units have outputs of about `(s / sqrt(m))^(1/2)`, whose
/// square multiplies the curvature. Plain gradient descent is stable below `2 / curvature`.
///
/// Always positive and finite: 1 for inputs without any non-zero value and for overflow.
pub(crate) fn estimate(instance: &Instance) -> f64 {
    // Of a population the inputs are standard normal, and the labels are what the teacher says.
    let (moment, label_level) = if instance.loss == Loss::GaussianPopulation {
        (1.0, instance.constant_level().sqrt())
    } else {
        let labels = instance.data.labels();
        (largest_moment(instance), (labels.iter().map(|y| y * y).sum::<f64>() / labels.len() as f64).sqrt())
    };
    let outputs = if instance.network.train_output { (label_level / moment.sqrt()).max(1.0) } else { 1.0 };
    let curvature = 2.0 * moment * outputs;
    if curvature.is_normal() { curvature } else { 1.0 }
}

/// Largest eigenvalue of the second moments, by power iteration from a fixed start.
fn largest_moment(instance: &Instance) -> f64 {
    let constant = if instance.network.hidden_bias { 1.0 } else { 0.0 };
    let dimension = instance.network.unit_inputs(instance.data.dimension());
    let mut direction: Vec<f64> = (0..=dimension).map(|i| 1.0 + 1.0 / (i + 2) as f64).collect();
    let mut moment = 0.0;
    for _ in 0..POWER_STEPS {
        let length = direction.iter().map(|v| v * v).sum::<f64>().sqrt();
        if !length.is_normal() {
            break;
        }
        for v in &mut direction {
            *v /= length;
        }
        let mut image = vec![0.0; dimension + 1];
        // Of a shared filter the patches: the mean over those of a sample has no larger moment than they have.
        for input in instance.data.inputs().chunks_exact(dimension) {
            let product = direction[dimension] * constant + input.iter().zip(&direction).map(|(x, v)| x * v).sum::<f64>();
            image.iter_mut().zip(input).for_each(|(sum, x)| *sum += product * x);
            image[dimension] += product * constant;
        }
        for v in &mut image {
            *v /= (instance.data.inputs().len() / dimension) as f64;
        }
        moment = image.iter().zip(&direction).map(|(a, b)| a * b).sum();
        direction = image;
    }
    moment
}

#[cfg(test)]
mod tests {
    use super::*;
    use optgap_problem::{Dataset, Network};

    fn instance(rows: &[Vec<f64>], labels: &[f64], hidden_bias: bool) -> Instance {
        let data = Dataset::new(rows, labels.to_vec()).expect("valid");
        Instance::new(data, Network { hidden_bias, ..Network::dense(1) }, Loss::Squared).expect("valid")
    }

    #[test]
    fn the_curvature_is_twice_the_largest_second_moment() {
        // X'X / n = [[5, 4], [4, 5]], with the eigenvalues 9 and 1.
        let rows = [vec![3.0, 3.0], vec![1.0, -1.0]];
        assert!((estimate(&instance(&rows, &[1.0, 1.0], false)) - 18.0).abs() < 1e-9);
        // The constant input adds a row and a column: [[1, 0], [0, 1]] for inputs 1 and -1.
        assert!((estimate(&instance(&[vec![1.0], vec![-1.0]], &[0.0, 1.0], true)) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn large_labels_raise_the_curvature_where_outputs_are_trained() {
        let mut large = instance(&[vec![2.0], vec![-2.0]], &[10.0, 10.0], false);
        assert!((estimate(&large) - 2.0 * 4.0 * 5.0).abs() < 1e-9);
        large.network.train_output = false;
        assert!((estimate(&large) - 2.0 * 4.0).abs() < 1e-9);
    }

    #[test]
    fn degenerate_data_have_a_usable_curvature() {
        assert_eq!(estimate(&instance(&[vec![0.0]], &[1.0], false)), 1.0);
        assert_eq!(estimate(&instance(&[vec![1e200]], &[1.0], true)), 1.0);
    }
}
