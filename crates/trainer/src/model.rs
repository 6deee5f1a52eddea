//! The network's loss for many restarts at once, in burn tensors, and its gradient by burn's autodiff.

use crate::fused;
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::population::Population;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};
use optgap_problem::{Instance, Loss, TrainError};
use std::sync::Arc;

/// Most samples in one matrix product. gemm cuts longer sums at places that depend on the number of columns, and so on
/// which restarts share a batch; it leaves sums of up to 512 terms whole.
const BLOCK: usize = 512;
/// Fewest columns of a parameter matrix: gemm sums a product with a single column in another order.
pub(crate) const LEAST_COLUMNS: usize = 2;

/// What is minimised, on the device, and the network that is trained.
///
/// Parameters come as a matrix `[rows, R]`, one column per restart (see [`Layout`]). All hidden units of all restarts
/// are computed in one product `[n, inputs] x [inputs, k * R]`, and no operation ever mixes columns of different
/// restarts, so that the gradient of the sum of the losses holds each restart's own gradient.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    layout: Layout,
    objective: Objective,
}

/// What is minimised.
#[derive(Clone, Debug)]
enum Objective {
    /// The mean squared error of samples, in one operation.
    Fused(Arc<Kernel>),
    /// The mean squared error of samples, in burn's own operations.
    Samples { blocks: Vec<Block>, samples: usize },
    /// The mean squared distance from a teacher over all inputs.
    Population(Box<Population>),
}

/// Some of the samples: inputs `[block, inputs]` and labels `[block, 1]`.
#[derive(Clone, Debug)]
struct Block {
    inputs: Tensor<2>,
    labels: Tensor<2>,
}

impl Model {
    /// Uploads the samples, or the teacher of a population, to `device`.
    pub(crate) fn new(instance: &Instance, layout: Layout, device: &Device) -> Self {
        let objective = if instance.loss == Loss::GaussianPopulation {
            Objective::Population(Box::new(Population::new(instance, device)))
        } else if let Some(kernel) = Kernel::new(instance, &layout) {
            Objective::Fused(Arc::new(kernel))
        } else {
            let samples: Vec<(&[f64], f64)> = instance.data.samples().collect();
            let blocks = samples.chunks(BLOCK).map(|block| Block::new(block, &layout, device)).collect();
            Objective::Samples { blocks, samples: samples.len() }
        };
        Self { layout, objective }
    }

    /// The loss of each restart, `[1, R]`.
    pub(crate) fn losses(&self, parameters: &Tensor<2>) -> Tensor<2> {
        match &self.objective {
            Objective::Fused(kernel) => fused::losses(kernel, parameters),
            Objective::Samples { blocks, samples } => {
                let sums = blocks.iter().map(|block| block.squared_errors(&self.layout, parameters));
                let sum = sums.reduce(|sum, next| sum + next).expect("a data set is never empty");
                // Not `div_scalar`: burn 0.22 takes that one's gradient in single precision.
                sum.mul_scalar(1.0 / *samples as f64)
            }
            Objective::Population(population) => population.losses(&self.layout, parameters),
        }
    }

    /// Gradient of each restart's loss with respect to its own parameters, `[rows, R]`.
    ///
    /// # Errors
    /// When burn lost the gradient, which its process-wide graph could do in an older release.
    pub(crate) fn gradient(&self, parameters: Tensor<2>) -> Result<Tensor<2>, TrainError> {
        let parameters = parameters.autodiff().require_grad();
        let mut gradients = self.losses(&parameters).sum().backward();
        parameters
            .grad_remove(&mut gradients)
            .ok_or_else(|| TrainError::Failed("burn returned no gradient for the parameters".into()))
    }
}

impl Block {
    fn new(samples: &[(&[f64], f64)], layout: &Layout, device: &Device) -> Self {
        let constant = vec![1.0; layout.inputs() - layout.dimension()];
        let inputs: Vec<f64> = samples.iter().flat_map(|(input, _)| input.iter().chain(&constant).copied()).collect();
        let labels: Vec<f64> = samples.iter().map(|&(_, label)| label).collect();
        Self {
            inputs: Tensor::from_data(TensorData::new(inputs, [samples.len(), layout.inputs()]), device),
            labels: Tensor::from_data(TensorData::new(labels, [samples.len(), 1]), device),
        }
    }

    /// Sum of the squared errors of each restart, `[1, R]`.
    fn squared_errors(&self, layout: &Layout, parameters: &Tensor<2>) -> Tensor<2> {
        let [_, restarts] = parameters.dims();
        let [samples, _] = self.inputs.dims();
        let (inputs, labels) = self.on_graph_of(parameters);
        let width = layout.width();
        let columns = width * restarts;
        let hidden = parameters.clone().slice(layout.hidden()).reshape([layout.inputs(), columns]);
        let mut units = relu(inputs.matmul(hidden));
        if let Some(rows) = layout.output() {
            units = units * parameters.clone().slice(rows).reshape([1, columns]);
        }
        let mut predictions = units.reshape([samples, width, restarts]).sum_dim(1).reshape([samples, restarts]);
        if let Some(row) = layout.output_bias() {
            predictions = predictions + parameters.clone().slice(row..=row);
        }
        (predictions - labels).square().sum_dim(0)
    }

    /// Inputs and labels as constants of the autodiff graph, if the parameters belong to one.
    fn on_graph_of(&self, parameters: &Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let (inputs, labels) = (self.inputs.clone(), self.labels.clone());
        if parameters.is_autodiff() { (inputs.autodiff(), labels.autodiff()) } else { (inputs, labels) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::initial::{Initialisation, column};
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

    /// All combinations of the three switches, on the same data.
    fn instances() -> Vec<Instance> {
        (0..8).map(|bits| wave(7, 2, network(3, bits))).collect()
    }

    fn columns(layout: &Layout, count: usize) -> Vec<Vec<f64>> {
        let initialisation = Initialisation { scale: 1.0, bias_scale: 0.5 };
        let mut columns: Vec<_> =
            (0..count).map(|index| column(layout, Restarts { count, seed: 5 }, index, initialisation)).collect();
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

    /// burn's gradient, one column per restart.
    fn gradients_by_burn(instance: &Instance, columns: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let device = crate::device::device().expect("double precision");
        let model = Model::new(instance, Layout::new(instance), &device);
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
        for instance in instances() {
            let layout = Layout::new(&instance);
            let columns = columns(&layout, RESTARTS);
            let losses = Model::new(&instance, layout.clone(), &device).losses(&packed(&columns, &device));
            let losses: Vec<f64> = losses.try_into_vec_as().expect("numbers");
            for (column, found) in columns.iter().zip(losses) {
                assert_close(found, loss(&instance, &layout, column), 1e-14);
            }
        }
    }

    #[test]
    fn burns_gradient_is_the_textbook_formula_for_every_switch() {
        for instance in instances() {
            let layout = Layout::new(&instance);
            let columns = columns(&layout, RESTARTS);
            for (column, found) in columns.iter().zip(gradients_by_burn(&instance, &columns)) {
                let expected = gradient_by_hand(&instance, &layout, &layout.unpack(column));
                assert_eq!(found.len(), instance.network.parameter_count(2));
                found.iter().zip(expected).for_each(|(&found, expected)| assert_close(found, expected, 1e-12));
            }
        }
    }

    #[test]
    fn burns_gradient_is_the_central_difference_of_the_score_for_every_switch() {
        const STEP: f64 = 1e-5;
        for instance in instances() {
            let layout = Layout::new(&instance);
            let columns = columns(&layout, RESTARTS);
            for (column, found) in columns.iter().zip(gradients_by_burn(&instance, &columns)) {
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
                let all = columns(&Layout::new(&instance), 64);
                let expected = gradients_by_burn(&instance, &all);
                for range in [0..LEAST_COLUMNS, 7..10, 20..36, 5..38] {
                    assert_eq!(gradients_by_burn(&instance, &all[range.clone()]), expected[range], "n={n} d={d} k={k} {bits}");
                }
            }
        }
    }
}
