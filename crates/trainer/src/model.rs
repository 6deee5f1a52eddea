//! The loss of many restarts at once, in burn tensors, and its gradient by burn's autodiff.

use crate::batched::Batched;
use crate::fused;
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::population::Population;
use crate::settings::Path;
use burn::tensor::{Device, Tensor};
use optgap_problem::{Instance, Loss, TrainError};
use std::sync::Arc;

/// What is minimised, on the device, and the network that is trained.
///
/// Parameters come as a matrix `[rows, R]`, one column per restart (see [`Layout`]).
#[derive(Clone, Debug)]
pub(crate) struct Model {
    layout: Layout,
    objective: Objective,
}

/// What is minimised, and how it is computed.
#[derive(Clone, Debug)]
enum Objective {
    /// The mean squared error of samples, in one operation.
    Fused(Arc<Kernel>),
    /// The mean squared error of samples, in burn's own operations.
    Batched(Batched),
    /// The mean squared distance from a teacher over all inputs.
    Population(Box<Population>),
}

impl Model {
    /// Uploads the samples, or the teacher of a population, to `device`.
    pub(crate) fn new(instance: &Instance, layout: Layout, path: Path, device: &Device) -> Self {
        let kernel = || Kernel::new(instance, &layout).filter(|_| path == Path::Fused);
        let objective = if instance.loss == Loss::GaussianPopulation {
            Objective::Population(Box::new(Population::new(instance, device)))
        } else if let Some(kernel) = kernel() {
            Objective::Fused(Arc::new(kernel))
        } else {
            Objective::Batched(Batched::new(instance, &layout, device))
        };
        Self { layout, objective }
    }

    /// The loss of each restart, `[1, R]`.
    pub(crate) fn losses(&self, parameters: &Tensor<2>) -> Tensor<2> {
        match &self.objective {
            Objective::Fused(kernel) => fused::losses(kernel, parameters),
            Objective::Batched(batched) => batched.losses(&self.layout, parameters),
            Objective::Population(population) => population.losses(&self.layout, parameters),
        }
    }

    /// Gradient of each restart's loss with respect to its own parameters, `[rows, R]`.
    ///
    /// # Errors
    /// When burn lost the gradient, which its process-wide graph could do in an older release.
    pub(crate) fn gradient(&self, parameters: Tensor<2>) -> Result<Tensor<2>, TrainError> {
        let parameters = parameters.autodiff().require_grad();
        // Of a tensor with several numbers burn differentiates the sum.
        let mut gradients = self.losses(&parameters).backward();
        parameters
            .grad_remove(&mut gradients)
            .ok_or_else(|| TrainError::Failed("burn returned no gradient for the parameters".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batched::LEAST_COLUMNS;
    use crate::initial::{Initialisation, Law, start};
    use burn::tensor::TensorData;
    use optgap_problem::{Activation, Dataset, Loss, Network, NetworkKind, Restarts, Weights};

    const RESTARTS: usize = 3;

    fn network(width: usize, bits: u32) -> Network {
        Network {
            kind: NetworkKind::Dense,
            width,
            activation: Activation::Relu,
            hidden_bias: bits & 1 != 0,
            output_bias: bits & 2 != 0,
            train_output: bits & 4 != 0,
        }
    }

    fn wave(n: u32, d: u32, network: Network) -> Instance {
        let rows: Vec<Vec<f64>> = (0..n).map(|i| (1..=d).map(|j| f64::from(i * j + 1).sin()).collect()).collect();
        let labels = (0..n).map(|i| (0.9 * f64::from(i)).cos() + 0.3).collect();
        Instance::new(Dataset::new(&rows, labels).expect("valid"), network, Loss::Squared).expect("valid")
    }

    /// All combinations of the three switches, on the same data, each on both paths; a shared filter and a product of matrices.
    fn instances() -> Vec<(Instance, Path)> {
        let dense = (0..8).map(|bits| wave(7, 2, network(3, bits)));
        let both = dense.flat_map(|instance| [(instance.clone(), Path::Fused), (instance, Path::Batched)]);
        both.chain(others().map(|instance| (instance, Path::Fused))).collect()
    }

    /// Networks for which there is no code of their own.
    fn others() -> impl Iterator<Item = Instance> {
        let filters =
            (0..8).map(|bits| Network { kind: NetworkKind::SharedFilter { patches: 3, patch_size: 2 }, ..network(1, bits) });
        let products = [2, 3, 5].map(|depth| Network { output_bias: depth == 3, ..Network::deep_linear(depth, 3) });
        filters.chain(products).map(|network| wave(7, 6, network))
    }

    fn columns(instance: &Instance, count: usize) -> Vec<Vec<f64>> {
        let layout = &Layout::new(instance);
        let initialisation = Initialisation { law: Law::He, scale: 1.0, bias_scale: 0.5 };
        let mut columns: Vec<_> =
            (0..count).map(|index| start(instance, layout, Restarts { count, seed: 5 }, index, initialisation)).collect();
        if let Some(row) = layout.output_bias() {
            for column in &mut columns {
                column[row] = 0.25;
            }
        }
        columns
    }

    fn packed(columns: &[Vec<f64>], device: &Device) -> Tensor<2> {
        let rows = columns[0].len();
        let values: Vec<f64> = (0..rows).flat_map(|row| columns.iter().map(move |column| column[row])).collect();
        Tensor::from_data(TensorData::new(values, [rows, columns.len()]), device)
    }

    /// The gradient on a path, one column per restart.
    fn gradients(instance: &Instance, path: Path, columns: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let device = crate::device::device().expect("double precision");
        let model = Model::new(instance, Layout::new(instance), path, &device);
        let values: Vec<f64> = model.gradient(packed(columns, &device)).expect("a gradient").try_into_vec_as().expect("numbers");
        (0..columns.len()).map(|c| values.iter().skip(c).step_by(columns.len()).copied().collect()).collect()
    }

    /// The textbook formula, sample by sample, in the order of the packed rows.
    fn gradient_by_hand(instance: &Instance, layout: &Layout, weights: &Weights) -> Vec<f64> {
        let (d, k, n) = (layout.dimension(), layout.width(), instance.data.len() as f64);
        let mut gradient = vec![0.0; layout.rows()];
        for (input, label) in instance.data.samples() {
            let slope = 2.0 * (weights.predict(input) - label) / n;
            for j in 0..k {
                let z: f64 = weights.hidden_bias[j] + (0..d).map(|i| weights.hidden[j][i] * input[i]).sum::<f64>();
                if z <= 0.0 {
                    continue;
                }
                for i in 0..layout.inputs() {
                    gradient[i * k + j] += slope * weights.output[j] * input.get(i).copied().unwrap_or(1.0);
                }
                if let Some(rows) = layout.output() {
                    gradient[rows.start + j] += slope * z;
                }
            }
            if let Some(row) = layout.output_bias() {
                gradient[row] += slope;
            }
        }
        gradient
    }

    fn loss(instance: &Instance, layout: &Layout, column: &[f64]) -> f64 {
        let enclosure = instance.loss_of(&layout.unpack(column)).expect("fits the network");
        f64::midpoint(enclosure.lo, enclosure.hi)
    }

    fn assert_close(left: f64, right: f64, tolerance: f64) {
        assert!((left - right).abs() <= tolerance * right.abs().max(1.0), "{left} against {right}");
    }

    #[test]
    fn losses_agree_with_the_scoring_function_for_every_switch() {
        let device = crate::device::device().expect("double precision");
        for (instance, path) in instances() {
            let layout = Layout::new(&instance);
            let columns = columns(&instance, RESTARTS);
            let losses = Model::new(&instance, layout.clone(), path, &device).losses(&packed(&columns, &device));
            let losses: Vec<f64> = losses.try_into_vec_as().expect("numbers");
            for (column, found) in columns.iter().zip(losses) {
                assert_close(found, loss(&instance, &layout, column), 1e-14);
            }
        }
    }

    #[test]
    fn burns_gradient_is_the_textbook_formula_for_every_switch() {
        for (instance, path) in instances().into_iter().filter(|(instance, _)| instance.network.kind == NetworkKind::Dense) {
            let layout = Layout::new(&instance);
            let columns = columns(&instance, RESTARTS);
            for (column, found) in columns.iter().zip(gradients(&instance, path, &columns)) {
                let expected = gradient_by_hand(&instance, &layout, &layout.unpack(column));
                assert_eq!(found.len(), instance.network.parameter_count(2));
                found.iter().zip(expected).for_each(|(&found, expected)| assert_close(found, expected, 1e-12));
            }
        }
    }

    #[test]
    fn the_gradient_is_the_central_difference_of_the_score_for_every_switch() {
        const STEP: f64 = 1e-5;
        for (instance, path) in instances() {
            let layout = Layout::new(&instance);
            let columns = columns(&instance, RESTARTS);
            for (column, found) in columns.iter().zip(gradients(&instance, path, &columns)) {
                for row in 0..layout.rows() {
                    let shifted = |by: f64| {
                        let mut moved = column.clone();
                        moved[row] += by;
                        loss(&instance, &layout, &moved)
                    };
                    assert_close(found[row], (shifted(STEP) - shifted(-STEP)) / (2.0 * STEP), 1e-9);
                }
            }
        }
    }

    #[test]
    fn the_gradient_of_a_column_does_not_depend_on_the_others() {
        for (n, d) in [(1, 11), (5, 1), (40, 2), (500, 3), (1100, 11)] {
            for (k, bits) in [(1, 0), (1, 1), (1, 6), (2, 5), (3, 0), (3, 7)] {
                let instance = wave(n, d, network(k, bits));
                let all = columns(&instance, 64);
                for path in [Path::Fused, Path::Batched] {
                    let expected = gradients(&instance, path, &all);
                    for range in [0..LEAST_COLUMNS, 7..10, 20..36, 5..38] {
                        assert_eq!(gradients(&instance, path, &all[range.clone()]), expected[range], "n={n} d={d} k={k} {bits}");
                    }
                }
            }
        }
    }

    #[test]
    fn both_paths_agree_for_every_number_of_inputs() {
        for d in (1..=32).step_by(3).chain([2, 33]) {
            let instance = wave(30, d, network(5, d));
            let columns = columns(&instance, 11);
            let [fused, batched] = [Path::Fused, Path::Batched].map(|path| gradients(&instance, path, &columns));
            for (&fused, &batched) in fused.iter().flatten().zip(batched.iter().flatten()) {
                assert_close(fused, batched, 1e-12);
            }
        }
    }

    #[test]
    fn a_restart_that_has_diverged_does_not_seem_to_rest() {
        let instance = wave(5, 2, network(2, 7));
        let layout = Layout::new(&instance);
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e200] {
            let mut columns = columns(&instance, 2);
            columns[1][0] = bad;
            let device = crate::device::device().expect("double precision");
            for path in [Path::Fused, Path::Batched] {
                let model = Model::new(&instance, layout.clone(), path, &device);
                let losses: Vec<f64> = model.losses(&packed(&columns, &device)).try_into_vec_as().expect("numbers");
                assert!(losses[0].is_finite() && !losses[1].is_finite(), "{bad} {path:?}: {losses:?}");
            }
        }
    }
}
