//! The mean squared error of many restarts at once, in burn's own operations: for every network that is trained on samples.

use crate::layout::Layout;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};
use optgap_problem::{Activation, Instance};

/// Most rows in one matrix product. gemm cuts longer sums at places that depend on the number of columns, and so on
/// which restarts share a batch; it leaves sums of up to 512 terms whole.
const BLOCK: usize = 512;
/// Fewest columns of a parameter matrix: gemm sums a product with a single column in another order.
pub(crate) const LEAST_COLUMNS: usize = 2;

/// The training samples on the device.
///
/// All hidden units of all restarts are computed in one product `[rows, inputs] x [inputs, k * R]`, and no operation ever
/// mixes columns of different restarts, so that the gradient of the sum of the losses holds each restart's own gradient.
#[derive(Clone, Debug)]
pub(crate) struct Batched {
    blocks: Vec<Block>,
    samples: usize,
    patches: usize,
    activation: Activation,
}

/// Some of the samples: inputs `[block * patches, inputs]` and labels `[block, 1]`.
#[derive(Clone, Debug)]
struct Block {
    inputs: Tensor<2>,
    labels: Tensor<2>,
}

impl Batched {
    /// Uploads the samples to `device`.
    pub(crate) fn new(instance: &Instance, layout: &Layout, device: &Device) -> Self {
        let patches = instance.network.patches();
        let samples: Vec<(&[f64], f64)> = instance.data.samples().collect();
        let blocks = samples.chunks((BLOCK / patches).max(1)).map(|block| Block::new(block, layout, device)).collect();
        Self { blocks, samples: samples.len(), patches, activation: instance.network.activation }
    }

    /// The loss of each restart, `[1, R]`.
    pub(crate) fn losses(&self, layout: &Layout, parameters: &Tensor<2>) -> Tensor<2> {
        let sums = self.blocks.iter().map(|block| self.squared_errors(block, layout, parameters));
        let sum = sums.reduce(|sum, next| sum + next).expect("a data set is never empty");
        // Not `div_scalar`: burn 0.22 takes that one's gradient in single precision.
        sum.mul_scalar(1.0 / self.samples as f64)
    }

    /// Sum of the squared errors of each restart, `[1, R]`.
    fn squared_errors(&self, block: &Block, layout: &Layout, parameters: &Tensor<2>) -> Tensor<2> {
        let [_, restarts] = parameters.dims();
        let (inputs, labels) = block.on_graph_of(parameters);
        let [samples, _] = labels.dims();
        let width = layout.width();
        let hidden = parameters.clone().slice(layout.hidden()).reshape([layout.inputs(), width * restarts]);
        let mut units = inputs.matmul(hidden);
        if self.activation == Activation::Relu {
            units = relu(units);
        }
        if self.patches > 1 {
            let shares = units.reshape([samples, self.patches, width * restarts]).mul_scalar(1.0 / self.patches as f64);
            units = shares.sum_dim(1).reshape([samples, width * restarts]);
        }
        for rows in layout.inner() {
            let matrix = parameters.clone().slice(rows).reshape([1, width, width, restarts]);
            units = (matrix * units.reshape([samples, 1, width, restarts])).sum_dim(2).reshape([samples, width * restarts]);
        }
        if let Some(rows) = layout.output() {
            units = units * parameters.clone().slice(rows).reshape([1, width * restarts]);
        }
        let mut predictions = units.reshape([samples, width, restarts]).sum_dim(1).reshape([samples, restarts]);
        if let Some(row) = layout.output_bias() {
            predictions = predictions + parameters.clone().slice(row..=row);
        }
        (predictions - labels).square().sum_dim(0)
    }
}

impl Block {
    fn new(samples: &[(&[f64], f64)], layout: &Layout, device: &Device) -> Self {
        let constant = vec![1.0; layout.inputs() - layout.dimension()];
        let shown = samples.iter().flat_map(|(input, _)| input.chunks_exact(layout.dimension()));
        let inputs: Vec<f64> = shown.flat_map(|patch| patch.iter().chain(&constant).copied()).collect();
        let labels: Vec<f64> = samples.iter().map(|&(_, label)| label).collect();
        let rows = inputs.len() / layout.inputs();
        Self {
            inputs: Tensor::from_data(TensorData::new(inputs, [rows, layout.inputs()]), device),
            labels: Tensor::from_data(TensorData::new(labels, [samples.len(), 1]), device),
        }
    }

    /// Inputs and labels as constants of the autodiff graph, if the parameters belong to one.
    fn on_graph_of(&self, parameters: &Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let (inputs, labels) = (self.inputs.clone(), self.labels.clone());
        if parameters.is_autodiff() { (inputs.autodiff(), labels.autodiff()) } else { (inputs, labels) }
    }
}
