//! The loss over the whole Gaussian population, in burn tensors.

use crate::layout::Layout;
use burn::tensor::{Device, Tensor, TensorData};
use optgap_problem::Instance;
use std::f64::consts::PI;

/// Added to squared lengths: the length of a unit that has vanished keeps a gradient of 0.
const LEAST_SQUARE: f64 = 1e-300;

/// A teacher without biases, whose distance from each restart's network is the loss.
///
/// With `h(u, v) = E relu(u . x) relu(v . x) = (|u| |v| sin t + (pi - t) u . v) / (2 pi)`, `t` being the angle between `u` and `v`, the loss is
/// the sum of `a b h(u, v)` over all pairs of units of the student and the negated teacher. What the angle contributes to the gradient of `h`
/// cancels, so it enters as a constant: its own derivative, infinite for parallel units, is never asked for.
#[derive(Clone, Debug)]
pub(crate) struct Population {
    /// Incoming weights, `[d, 1, t, 1]`.
    units: Tensor<4>,
    /// Output weights, `[1, t, 1]`.
    outputs: Tensor<3>,
    /// Mean square of the teacher.
    level: f64,
}

impl Population {
    /// The teacher that the instance's samples are.
    pub(crate) fn new(instance: &Instance, device: &Device) -> Self {
        let (data, dimension) = (&instance.data, instance.data.dimension());
        let count = data.len();
        let entries = (0..dimension).flat_map(|axis| (0..count).map(move |unit| data.input(unit)[axis])).collect();
        let units = Tensor::from_data(TensorData::new::<f64, _>(entries, [dimension, 1, count, 1]), device);
        let outputs = Tensor::from_data(TensorData::new(data.labels().to_vec(), [1, count, 1]), device);
        Self { units, outputs, level: instance.constant_level() }
    }

    /// The loss of each restart, `[1, R]`, for parameters `[rows, R]`.
    pub(crate) fn losses(&self, layout: &Layout, parameters: &Tensor<2>) -> Tensor<2> {
        let [_, restarts] = parameters.dims();
        let (width, dimension) = (layout.width(), layout.dimension());
        let hidden = parameters.clone().slice(layout.hidden());
        let own = hidden.clone().reshape([dimension, width, 1, restarts]);
        let others = hidden.reshape([dimension, 1, width, restarts]);
        let (teacher, teacher_outputs) = if parameters.is_autodiff() {
            (self.units.clone().autodiff(), self.outputs.clone().autodiff())
        } else {
            (self.units.clone(), self.outputs.clone())
        };
        let mut within = overlaps(own.clone(), others);
        let mut across = overlaps(own, teacher) * teacher_outputs;
        if let Some(rows) = layout.output() {
            let outputs = parameters.clone().slice(rows);
            let own = outputs.clone().reshape([width, 1, restarts]);
            within = within * own.clone() * outputs.reshape([1, width, restarts]);
            across = across * own;
        }
        let total = |pairs: Tensor<3>| pairs.sum_dim(0).sum_dim(1).reshape([1, restarts]);
        total(within) - total(across).mul_scalar(2.0) + self.level
    }
}

/// `h` of every unit of the first with every unit of the second, `[k, t, R]`, for `[d, k, 1, R]` and `[d, 1, t, R]`.
fn overlaps(first: Tensor<4>, second: Tensor<4>) -> Tensor<3> {
    let length = |units: &Tensor<4>| (units.clone().square().sum_dim(0) + LEAST_SQUARE).sqrt();
    let lengths = length(&first) * length(&second);
    let products = (first * second).sum_dim(0);
    let cosines = (products.clone().detach() / lengths.clone().detach()).clamp(-1.0, 1.0);
    let angles = cosines.acos();
    let sines = angles.clone().sin();
    let overlaps = (lengths * sines + products * (angles.neg() + PI)).mul_scalar(0.5 / PI);
    let [_, own, others, restarts] = overlaps.dims();
    overlaps.reshape([own, others, restarts])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::initial::{Initialisation, Law, start};
    use crate::settings::Path;
    use optgap_problem::{Dataset, Loss, Network, Restarts};

    fn instance(width: usize, train_output: bool) -> Instance {
        let rows = [vec![1.0, 0.0, 0.5], vec![0.0, 1.0, 0.0], vec![-0.3, 0.2, 1.0]];
        let data = Dataset::new(&rows, vec![1.0, -0.5, 2.0]).expect("valid");
        let network = Network { hidden_bias: false, train_output, ..Network::dense(width) };
        Instance::new(data, network, Loss::GaussianPopulation).expect("valid")
    }

    fn packed(columns: &[Vec<f64>], device: &Device) -> Tensor<2> {
        let rows = columns[0].len();
        let values: Vec<f64> = (0..rows).flat_map(|row| columns.iter().map(move |column| column[row])).collect();
        Tensor::from_data(TensorData::new(values, [rows, columns.len()]), device)
    }

    fn losses(instance: &Instance, columns: &[Vec<f64>]) -> Vec<f64> {
        let device = crate::device::device().expect("double precision");
        let population = Population::new(instance, &device);
        population.losses(&Layout::new(instance), &packed(columns, &device)).try_into_vec_as().expect("numbers")
    }

    fn columns(instance: &Instance, count: usize) -> Vec<Vec<f64>> {
        let initialisation = Initialisation { law: Law::He, scale: 1.0, bias_scale: 0.0 };
        let layout = Layout::new(instance);
        (0..count).map(|index| start(instance, &layout, Restarts { count, seed: 3 }, index, initialisation)).collect()
    }

    #[test]
    fn losses_are_those_of_the_scoring_function() {
        for train_output in [false, true] {
            let instance = instance(4, train_output);
            let columns = columns(&instance, 5);
            for (column, loss) in columns.iter().zip(losses(&instance, &columns)) {
                let scored = instance.loss_of(&Layout::new(&instance).unpack(column)).expect("fits");
                assert!((loss - scored.lo).abs() < 1e-12 * scored.lo.max(1.0), "{loss} {scored:?}");
            }
        }
    }

    #[test]
    fn gradients_are_those_of_small_differences() {
        let instance = instance(3, true);
        let start = columns(&instance, 2);
        let device = crate::device::device().expect("double precision");
        let model = crate::model::Model::new(&instance, Layout::new(&instance), Path::Fused, &device);
        let gradient: Vec<f64> = model.gradient(packed(&start, &device)).expect("a gradient").try_into_vec_as().expect("numbers");
        let step = 1e-6;
        for row in 0..start[0].len() {
            let moved = |by: f64| {
                let mut columns = start.clone();
                columns[1][row] += by;
                losses(&instance, &columns)[1]
            };
            let difference = (moved(step) - moved(-step)) / (2.0 * step);
            assert!((gradient[2 * row + 1] - difference).abs() < 1e-7, "row {row}: {} {difference}", gradient[2 * row + 1]);
        }
    }

    #[test]
    fn the_teacher_itself_and_a_vanished_unit_have_finite_gradients() {
        let instance = instance(4, false);
        // Units of the teacher, of which one is scaled by its output, and an idle one; entries of each input together.
        let column = vec![1.0, 0.0, -0.6, 0.0, 0.0, -0.5, 0.4, 0.0, 0.5, 0.0, 2.0, 0.0];
        let device = crate::device::device().expect("double precision");
        let model = crate::model::Model::new(&instance, Layout::new(&instance), Path::Fused, &device);
        let gradient: Vec<f64> =
            model.gradient(packed(&[column.clone(), column], &device)).expect("a gradient").try_into_vec_as().expect("numbers");
        assert!(gradient.iter().all(|v| v.is_finite()), "{gradient:?}");
    }
}
