//! Loss and gradient as one operation of burn's graph: a step then costs what its arithmetic costs.

use crate::kernel::Kernel;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::NoCheckpointing};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::{Tensor, TensorData};

/// Why a batch's parameters have the type that is asked for.
const ON_THE_CPU: &str = "parameters live on the CPU device, where they were put";

/// The loss of each restart, `[1, R]`, for packed parameters `[rows, R]` on the CPU device; with their gradient, if they belong to a
/// graph.
pub(crate) fn losses(kernel: &Kernel, parameters: &Tensor<2>) -> Tensor<2> {
    let [rows, restarts] = parameters.dims();
    if !parameters.is_autodiff() {
        let values = parameters.clone().try_into_primitive::<Flex>().expect(ON_THE_CPU);
        let (losses, _) = evaluated(kernel, &values, [rows, restarts]);
        return Tensor::from_primitive::<Flex>(losses);
    }
    let (values, node) = parameters.clone().try_into_primitive::<Autodiff<Flex>>().expect(ON_THE_CPU).into_parts();
    let (losses, gradient) = evaluated(kernel, &values, [rows, restarts]);
    let prepared = FusedLoss.prepare::<NoCheckpointing>([node]).compute_bound().stateful();
    let losses = match prepared {
        OpsKind::Tracked(operation) => operation.finish(gradient, losses),
        OpsKind::UnTracked(operation) => operation.finish(losses),
    };
    Tensor::from_primitive::<Autodiff<Flex>>(losses)
}

/// Losses `[1, R]` and their gradient `[rows, R]`.
fn evaluated(
    kernel: &Kernel,
    parameters: &FloatTensor<Flex>,
    [rows, restarts]: [usize; 2],
) -> (FloatTensor<Flex>, FloatTensor<Flex>) {
    let parameters = parameters.to_contiguous();
    let values = parameters.as_slice::<f64>().expect("contiguous, in double precision");
    let (losses, gradient) = kernel.evaluate(values, restarts);
    let tensor = |values: Vec<f64>, shape: [usize; 2]| FloatTensor::<Flex>::from_data(TensorData::new(values, shape));
    (tensor(losses, [1, restarts]), tensor(gradient, [rows, restarts]))
}

/// The node of the graph. Its state is the gradient of each loss with respect to its own restart's parameters.
#[derive(Debug)]
struct FusedLoss;

impl Backward<Flex, 1> for FusedLoss {
    type State = FloatTensor<Flex>;

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let upstream = gradients.consume::<Flex>(&ops.node);
        if let [Some(parameters)] = ops.parents {
            // The usual case costs no pass over the gradient: nothing comes between the losses and their sum.
            let alone = upstream.as_slice::<f64>().is_some_and(|weights| weights.iter().all(|&weight| weight == 1.0));
            let gradient = if alone { ops.state } else { Flex::float_mul(ops.state, upstream) };
            gradients.register::<Flex>(parameters.id, gradient);
        }
    }
}
