//! Loss and gradient of a two-layer network for eight restarts at a time, compiled for the vector registers that the machine has.
//!
//! Every number is computed by multiplications and additions that are rounded on their own, in an order that depends on the instance
//! alone: whatever the registers' width, and whichever restarts are side by side, the results are the same.

#![expect(clippy::inline_always, reason = "only what is inlined into the dispatched function is compiled for its registers")]

use crate::layout::Layout;
use optgap_problem::{Activation, Instance, NetworkKind};
use pulp::{Arch, Simd, WithSimd};

/// Restarts side by side.
const LANES: usize = 8;

/// One number of each restart.
type Lane = [f64; LANES];

/// Numbers of inputs, the constant one among them, that have code of their own; others are filled up with zeros.
const INPUTS: [usize; 10] = [1, 2, 3, 4, 5, 7, 9, 13, 17, 33];

/// The samples and the network's shape.
#[derive(Debug)]
pub(crate) struct Kernel {
    layout: Layout,
    /// Inputs of a sample, filled up.
    padded: usize,
    /// Row after row, filled up: `n * padded` numbers.
    inputs: Vec<f64>,
    labels: Vec<f64>,
    arch: Arch,
}

impl Kernel {
    /// The kernel of an instance; none for other networks than dense ones of `relu` units, or more inputs than there is code for.
    pub(crate) fn new(instance: &Instance, layout: &Layout) -> Option<Self> {
        let padded = Self::padded(instance, layout)?;
        let mut inputs = Vec::with_capacity(instance.data.len() * padded);
        for (row, _) in instance.data.samples() {
            let start = inputs.len();
            inputs.extend_from_slice(row);
            inputs.resize(start + layout.inputs(), 1.0);
            inputs.resize(start + padded, 0.0);
        }
        let labels = instance.data.labels().to_vec();
        Some(Self { layout: layout.clone(), padded, inputs, labels, arch: Arch::new() })
    }

    /// Is there code for the instance?
    pub(crate) fn treats(instance: &Instance, layout: &Layout) -> bool {
        Self::padded(instance, layout).is_some()
    }

    /// The number of inputs that there is code for, at least that of the instance.
    fn padded(instance: &Instance, layout: &Layout) -> Option<usize> {
        let dense = instance.network.kind == NetworkKind::Dense && instance.network.activation == Activation::Relu;
        INPUTS.into_iter().find(|&padded| dense && padded >= layout.inputs())
    }

    /// The mean squared error of every restart, and its gradient, for packed parameters `[rows, restarts]`; the gradient has their
    /// shape.
    pub(crate) fn evaluate(&self, parameters: &[f64], restarts: usize) -> (Vec<f64>, Vec<f64>) {
        let mut losses = vec![0.0; restarts];
        let mut gradient = vec![0.0; parameters.len()];
        self.arch.dispatch(Evaluation { kernel: self, parameters, losses: &mut losses, gradient: &mut gradient });
        (losses, gradient)
    }

    #[inline(always)]
    fn blocks<const D: usize>(&self, parameters: &[f64], losses: &mut [f64], gradient: &mut [f64]) {
        let mut block = Block::<D>::new(self.layout.width());
        for first in (0..losses.len()).step_by(LANES) {
            block.gather(&self.layout, parameters, losses.len(), first);
            let loss = block.evaluate(self.inputs.as_chunks::<D>().0, &self.labels);
            let lanes = LANES.min(losses.len() - first);
            losses[first..first + lanes].copy_from_slice(&loss[..lanes]);
            block.scatter(&self.layout, gradient, losses.len(), first);
        }
    }
}

/// What is dispatched.
struct Evaluation<'a> {
    kernel: &'a Kernel,
    parameters: &'a [f64],
    losses: &'a mut [f64],
    gradient: &'a mut [f64],
}

impl WithSimd for Evaluation<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { kernel, parameters, losses, gradient } = self;
        match kernel.padded {
            1 => kernel.blocks::<1>(parameters, losses, gradient),
            2 => kernel.blocks::<2>(parameters, losses, gradient),
            3 => kernel.blocks::<3>(parameters, losses, gradient),
            4 => kernel.blocks::<4>(parameters, losses, gradient),
            5 => kernel.blocks::<5>(parameters, losses, gradient),
            7 => kernel.blocks::<7>(parameters, losses, gradient),
            9 => kernel.blocks::<9>(parameters, losses, gradient),
            13 => kernel.blocks::<13>(parameters, losses, gradient),
            17 => kernel.blocks::<17>(parameters, losses, gradient),
            _ => kernel.blocks::<33>(parameters, losses, gradient),
        }
    }
}

/// Parameters of eight restarts and their gradient, unit after unit.
struct Block<const D: usize> {
    weights: Vec<[Lane; D]>,
    outputs: Vec<Lane>,
    bias: Lane,
    weights_gradient: Vec<[Lane; D]>,
    outputs_gradient: Vec<Lane>,
    bias_gradient: Lane,
    /// What the units give for the sample at hand.
    hidden: Vec<Lane>,
}

impl<const D: usize> Block<D> {
    fn new(width: usize) -> Self {
        Self {
            weights: vec![[[0.0; LANES]; D]; width],
            outputs: vec![[1.0; LANES]; width],
            bias: [0.0; LANES],
            weights_gradient: vec![[[0.0; LANES]; D]; width],
            outputs_gradient: vec![[0.0; LANES]; width],
            bias_gradient: [0.0; LANES],
            hidden: vec![[0.0; LANES]; width],
        }
    }

    /// Takes the restarts from the given one on; lanes beyond the last one repeat it.
    #[inline(always)]
    fn gather(&mut self, layout: &Layout, parameters: &[f64], restarts: usize, first: usize) {
        let lane = |row: usize| {
            let row = &parameters[row * restarts..(row + 1) * restarts];
            match row[first..].first_chunk::<LANES>() {
                Some(lane) => *lane,
                None => std::array::from_fn(|index| row[(first + index).min(restarts - 1)]),
            }
        };
        for unit in 0..layout.width() {
            for input in 0..layout.inputs() {
                self.weights[unit][input] = lane(input * layout.width() + unit);
            }
        }
        if let Some(rows) = layout.output() {
            self.outputs.iter_mut().zip(rows).for_each(|(output, row)| *output = lane(row));
        }
        if let Some(row) = layout.output_bias() {
            self.bias = lane(row);
        }
    }

    /// Hands the gradient back, in the same places.
    #[inline(always)]
    fn scatter(&self, layout: &Layout, gradient: &mut [f64], restarts: usize, first: usize) {
        let lanes = LANES.min(restarts - first);
        let mut put = |row: usize, lane: &Lane| {
            let start = row * restarts + first;
            gradient[start..start + lanes].copy_from_slice(&lane[..lanes]);
        };
        for unit in 0..layout.width() {
            for input in 0..layout.inputs() {
                put(input * layout.width() + unit, &self.weights_gradient[unit][input]);
            }
        }
        if let Some(rows) = layout.output() {
            rows.zip(&self.outputs_gradient).for_each(|(row, lane)| put(row, lane));
        }
        if let Some(row) = layout.output_bias() {
            put(row, &self.bias_gradient);
        }
    }

    /// The mean squared errors; leaves their gradient.
    #[inline(always)]
    fn evaluate(&mut self, inputs: &[[f64; D]], labels: &[f64]) -> Lane {
        self.weights_gradient.fill([[0.0; LANES]; D]);
        self.outputs_gradient.fill([0.0; LANES]);
        self.bias_gradient = [0.0; LANES];
        let mut loss = [0.0; LANES];
        for (x, &y) in inputs.iter().zip(labels) {
            let residual = self.forward(x).map(|prediction| prediction - y);
            loss = plus(loss, times(residual, residual));
            self.backward(x, residual);
        }
        let samples = labels.len() as f64;
        let scale = 2.0 / samples;
        let lanes = self.weights_gradient.iter_mut().flatten().chain(&mut self.outputs_gradient);
        lanes.chain([&mut self.bias_gradient]).for_each(|lane| *lane = scaled(*lane, scale));
        loss.map(|sum| sum / samples)
    }

    /// The predictions for a sample; leaves what the units give.
    #[inline(always)]
    fn forward(&mut self, x: &[f64; D]) -> Lane {
        let mut prediction = self.bias;
        for ((w, a), hidden) in self.weights.iter().zip(&self.outputs).zip(&mut self.hidden) {
            let mut z = scaled(w[0], x[0]);
            for input in 1..D {
                z = plus(z, scaled(w[input], x[input]));
            }
            // Not the larger of the two: what is no number must stay so, or a restart that has diverged would seem to rest.
            *hidden = z.map(|z| if z < 0.0 { 0.0 } else { z });
            prediction = plus(prediction, times(*a, *hidden));
        }
        prediction
    }

    /// Adds what the residuals of the sample give to half of the gradient.
    #[inline(always)]
    fn backward(&mut self, x: &[f64; D], residual: Lane) {
        self.bias_gradient = plus(self.bias_gradient, residual);
        let gradients = self.weights_gradient.iter_mut().zip(&mut self.outputs_gradient);
        for (((w, a), hidden), output) in gradients.zip(&self.hidden).zip(&self.outputs) {
            *a = plus(*a, times(residual, *hidden));
            let slope = times(residual, *output);
            let slope: Lane = std::array::from_fn(|lane| if hidden[lane] > 0.0 { slope[lane] } else { 0.0 });
            for input in 0..D {
                w[input] = plus(w[input], scaled(slope, x[input]));
            }
        }
    }
}

#[inline(always)]
fn plus(a: Lane, b: Lane) -> Lane {
    std::array::from_fn(|lane| a[lane] + b[lane])
}

#[inline(always)]
fn times(a: Lane, b: Lane) -> Lane {
    std::array::from_fn(|lane| a[lane] * b[lane])
}

#[inline(always)]
fn scaled(a: Lane, factor: f64) -> Lane {
    a.map(|value| value * factor)
}
