//! Descent directions from burn's own optimisers.

use crate::layout::Layout;
use crate::one_pass::{OnePassAdam, OnePassSgd, Rated};
use burn::optim::{LionConfig, Optimizer, RecordState, RmsPropConfig, StateSink, StateSource};
use burn::tensor::{Tensor, TensorData};
use optgap_problem::TrainError;

/// Which of burn's optimisers descends, with its own parameters. burn stores them in single precision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OptimiserKind {
    /// Gradient descent with momentum and no dampening.
    Sgd {
        /// Share of the last direction that is kept, from 0 to below 1.
        momentum: f64,
        /// Does the gradient count as if the momentum's part of the step were taken already (Nesterov 1983; Sutskever and others
        /// 2013)? Otherwise the momentum is that of a heavy ball.
        nesterov: bool,
    },
    /// Adam (Kingma and Ba 2015).
    Adam {
        /// Decay of the mean gradient.
        beta_1: f64,
        /// Decay of the mean squared gradient.
        beta_2: f64,
        /// Added to the root of the mean squared gradient.
        epsilon: f64,
        /// Share of the parameters, in units of the learning rate, that each step takes away (`AdamW`, Loshchilov and Hutter 2019); the
        /// output bias is spared.
        decay: f64,
    },
    /// `RMSProp` (Hinton 2012).
    RmsProp {
        /// Decay of the mean squared gradient.
        alpha: f64,
        /// Share of the last direction that is kept, from 0 to below 1.
        momentum: f64,
        /// Added to the root of the mean squared gradient.
        epsilon: f64,
        /// Is the variance of the gradient taken instead of its mean square?
        centred: bool,
    },
    /// Lion (Chen and others 2023): steps of one size, in the direction of the sign.
    Lion {
        /// Weight of the memory in the direction.
        beta_1: f64,
        /// Decay of the memory.
        beta_2: f64,
    },
}

impl OptimiserKind {
    /// A fresh optimiser without memory.
    ///
    /// burn's defaults are never used: its dampening is 0.1 and its epsilon 1e-5.
    pub(crate) fn start(self, layout: &Layout) -> Box<dyn Optimiser> {
        match self {
            Self::Sgd { momentum, nesterov } => {
                OnePass::start(OnePassSgd { momentum: momentum as f32, nesterov, rates: Vec::new() })
            }
            Self::Adam { beta_1, beta_2, epsilon, decay } => {
                let [beta_1, beta_2, epsilon] = [beta_1, beta_2, epsilon].map(|value| value as f32);
                let decayed = layout.output_bias().unwrap_or(layout.rows());
                let decay = f64::from(decay as f32);
                OnePass::start(OnePassAdam { beta_1, beta_2, epsilon, decay, decayed, rates: Vec::new() })
            }
            Self::RmsProp { alpha, momentum, epsilon, centred } => {
                let [alpha, momentum, epsilon] = [alpha, momentum, epsilon].map(|value| value as f32);
                let config = RmsPropConfig::new().with_alpha(alpha).with_momentum(momentum);
                Stock::start(config.with_epsilon(epsilon).with_centered(centred).build())
            }
            Self::Lion { beta_1, beta_2 } => {
                Stock::start(LionConfig::new().with_beta_1(beta_1 as f32).with_beta_2(beta_2 as f32).build())
            }
        }
    }
}

/// An optimiser that works on all restarts of a batch, entry by entry.
pub(crate) trait Optimiser {
    /// The parameters after a step, `[rows, R]`, for their gradient, with `factor` on all learning rates. Updates the optimiser's
    /// memory.
    fn step(&mut self, factor: f64, parameters: Tensor<2>, gradient: Tensor<2>) -> Tensor<2>;

    /// Sets the learning rate of each restart.
    fn set_rates(&mut self, rates: &[f64]);

    /// Forgets all restarts but those in the given columns. Rates are to be set afterwards.
    ///
    /// # Errors
    /// When burn does not take its own state back.
    fn keep(&mut self, columns: &[usize]) -> Result<(), TrainError>;
}

/// A rule with learning rates of its own, and its state for the one packed parameter matrix.
struct OnePass<O: Rated> {
    rule: O,
    state: Option<O::State<2>>,
}

impl<O: Rated> OnePass<O> {
    fn start(rule: O) -> Box<dyn Optimiser> {
        Box::new(Self { rule, state: None })
    }
}

impl<O: Rated> Optimiser for OnePass<O> {
    fn step(&mut self, factor: f64, parameters: Tensor<2>, gradient: Tensor<2>) -> Tensor<2> {
        let (parameters, state) = self.rule.step(factor, parameters, gradient, self.state.take());
        self.state = state;
        parameters
    }

    fn set_rates(&mut self, rates: &[f64]) {
        self.rule.set_rates(rates);
    }

    fn keep(&mut self, columns: &[usize]) -> Result<(), TrainError> {
        self.state = self.state.take().map(|state| kept::<O>(&state, columns)).transpose()?;
        Ok(())
    }
}

/// One of burn's stock rules. It knows one learning rate only: it steps from the origin, and the step is then scaled.
struct Stock<O: Optimizer> {
    rule: O,
    state: Option<O::State<2>>,
    /// Learning rate of each restart, `[1, R]`.
    rates: Option<Tensor<2>>,
}

impl<O: Optimizer> Stock<O> {
    fn start(rule: O) -> Box<dyn Optimiser> {
        Box::new(Self { rule, state: None, rates: None })
    }
}

impl<O: Optimizer> Optimiser for Stock<O> {
    fn step(&mut self, factor: f64, parameters: Tensor<2>, gradient: Tensor<2>) -> Tensor<2> {
        let origin = gradient.zeros_like();
        let (direction, state) = self.rule.step(factor, origin, gradient, self.state.take());
        self.state = state;
        parameters + direction * self.rates.clone().expect("rates are set before the first step")
    }

    fn set_rates(&mut self, rates: &[f64]) {
        let device = crate::device::device().expect("configured when the batch was started");
        self.rates = Some(Tensor::from_data(TensorData::new(rates.to_vec(), [1, rates.len()]), &device));
    }

    fn keep(&mut self, columns: &[usize]) -> Result<(), TrainError> {
        self.state = self.state.take().map(|state| kept::<O>(&state, columns)).transpose()?;
        Ok(())
    }
}

/// A rule's memory of the given columns.
fn kept<O: Optimizer>(state: &O::State<2>, columns: &[usize]) -> Result<O::State<2>, TrainError> {
    const PREFIX: &str = "restarts";
    let mut sink = StateSink::default();
    state.state_flatten(PREFIX, &mut sink);
    let mut source = StateSource::new(sink.scalars.into_iter().collect());
    for (name, data) in sink.tensors {
        source.insert_tensor(name, select_columns(&data, columns)?);
    }
    let state = O::State::<2>::state_unflatten(PREFIX, &mut source, &crate::device::device()?);
    state.ok_or_else(|| TrainError::Failed("burn did not take its optimiser state back".into()))
}

/// The given columns of a matrix of `f64`.
///
/// # Errors
/// When the data is no such matrix.
pub(crate) fn select_columns(data: &TensorData, columns: &[usize]) -> Result<TensorData, TrainError> {
    let values: Vec<f64> =
        data.try_to_vec().map_err(|error| TrainError::Failed(format!("tensor data is not in double precision: {error:?}")))?;
    let width = data.shape().as_slice().last().copied().unwrap_or(1).max(1);
    let rows = values.len() / width;
    let selected = values.chunks_exact(width).flat_map(|row| columns.iter().map(|&column| row[column])).collect();
    Ok(TensorData::new::<f64, _>(selected, [rows, columns.len()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::optim::momentum::MomentumConfig;
    use burn::optim::{AdamConfig, AdamWConfig, SgdConfig};
    use optgap_problem::{Dataset, Instance, Loss, Network};

    const RATES: [f64; 3] = [0.1, 0.02, 0.003];

    fn layout(output_bias: bool) -> Layout {
        let data = Dataset::new(&[vec![0.5, 1.0]], vec![1.0]).expect("valid");
        let network = Network { output_bias, ..Network::dense(2) };
        Layout::new(&Instance::new(data, network, Loss::Squared).expect("valid"))
    }

    fn matrix(rows: usize, step: usize) -> Tensor<2> {
        let device = crate::device::device().expect("double precision");
        let values: Vec<f64> = (0..rows * RATES.len()).map(|i| ((i * 7 + step * 3) as f64 * 0.37).sin()).collect();
        Tensor::from_data(TensorData::new(values, [rows, RATES.len()]), &device)
    }

    /// Parameters after some steps of an optimiser with gradients that are waves.
    fn descended(optimiser: &mut dyn Optimiser, rows: usize) -> Vec<f64> {
        optimiser.set_rates(&RATES);
        let moved = (1..6).fold(matrix(rows, 0), |parameters, step| {
            optimiser.step(if step == 4 { 0.5 } else { 1.0 }, parameters, matrix(rows, step))
        });
        moved.try_into_vec_as().expect("numbers")
    }

    fn assert_equal(ours: OptimiserKind, layout: &Layout, mut burns: Box<dyn Optimiser>) {
        let ours = descended(&mut *ours.start(layout), layout.rows());
        for (ours, burns) in ours.iter().zip(descended(&mut *burns, layout.rows())) {
            assert!((ours - burns).abs() < 1e-14, "{ours} {burns}");
        }
    }

    #[test]
    fn rules_of_one_pass_are_burns_own() {
        let layout = layout(false);
        for nesterov in [false, true] {
            let momentum = MomentumConfig::new().with_momentum(0.9).with_dampening(0.0).with_nesterov(nesterov);
            let burns = SgdConfig::new().with_momentum(Some(momentum)).build();
            assert_equal(OptimiserKind::Sgd { momentum: 0.9, nesterov }, &layout, Stock::start(burns));
        }
        let plain = SgdConfig::new().build();
        assert_equal(OptimiserKind::Sgd { momentum: 0.0, nesterov: false }, &layout, Stock::start(plain));
        let adam = OptimiserKind::Adam { beta_1: 0.9, beta_2: 0.99, epsilon: 1e-8, decay: 0.0 };
        let burns = AdamConfig::new().with_beta_1(0.9).with_beta_2(0.99).with_epsilon(1e-8).build();
        assert_equal(adam, &layout, Stock::start(burns));
    }

    #[test]
    fn weight_decay_is_burns_own_but_for_the_output_bias() {
        let layout = layout(true);
        let adamw = OptimiserKind::Adam { beta_1: 0.9, beta_2: 0.99, epsilon: 1e-8, decay: 0.5 };
        let step = |optimiser: &mut dyn Optimiser| -> Vec<f64> {
            optimiser.set_rates(&[0.1; 3]);
            optimiser.step(1.0, matrix(layout.rows(), 0), matrix(layout.rows(), 1)).try_into_vec_as().expect("numbers")
        };
        let ours = step(&mut *adamw.start(&layout));
        let without = step(&mut *OptimiserKind::Adam { beta_1: 0.9, beta_2: 0.99, epsilon: 1e-8, decay: 0.0 }.start(&layout));
        let rule = AdamWConfig::new().with_beta_1(0.9).with_beta_2(0.99).with_epsilon(1e-8).with_weight_decay(0.5).build();
        let (burns, _) = rule.step(0.1, matrix(layout.rows(), 0), matrix(layout.rows(), 1), None);
        let burns: Vec<f64> = burns.try_into_vec_as().expect("numbers");
        let last = ours.len() - RATES.len();
        assert!(ours[..last].iter().zip(&burns).all(|(ours, burns)| (ours - burns).abs() < 1e-14), "{ours:?} {burns:?}");
        assert!(ours[last..].iter().zip(&without[last..]).all(|(with, without)| (with - without).abs() < 1e-8));
        // The very first number is 0 and has nothing to lose.
        assert!(ours[1..last].iter().zip(&without[1..]).all(|(with, without)| with != without));
    }

    #[test]
    fn memory_follows_the_columns_that_are_kept() {
        let layout = layout(false);
        let kinds = [
            OptimiserKind::Sgd { momentum: 0.9, nesterov: true },
            OptimiserKind::Adam { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-8, decay: 0.1 },
            OptimiserKind::RmsProp { alpha: 0.9, momentum: 0.5, epsilon: 1e-8, centred: true },
            OptimiserKind::Lion { beta_1: 0.9, beta_2: 0.99 },
        ];
        for kind in kinds {
            let select = |tensor: &Tensor<2>| {
                let device = crate::device::device().expect("double precision");
                Tensor::from_data(select_columns(&tensor.to_data(), &[2, 0]).expect("a matrix"), &device)
            };
            let mut whole = kind.start(&layout);
            let mut part = kind.start(&layout);
            whole.set_rates(&RATES);
            part.set_rates(&RATES);
            let first = whole.step(1.0, matrix(layout.rows(), 0), matrix(layout.rows(), 1));
            let same = part.step(1.0, matrix(layout.rows(), 0), matrix(layout.rows(), 1));
            part.keep(&[2, 0]).expect("kept");
            part.set_rates(&[RATES[2], RATES[0]]);
            let expected = select(&whole.step(1.0, first, matrix(layout.rows(), 2)));
            let found = part.step(1.0, select(&same), select(&matrix(layout.rows(), 2)));
            let numbers = |tensor: Tensor<2>| -> Vec<f64> { tensor.try_into_vec_as().expect("numbers") };
            assert_eq!(numbers(found), numbers(expected), "{kind:?}");
        }
    }
}
