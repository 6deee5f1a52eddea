//! Descent directions from burn's own optimisers.

use crate::one_pass::{OnePassAdam, OnePassSgd, Rated};
use burn::optim::{Optimizer, RecordState, StateSink, StateSource};
use burn::tensor::{Tensor, TensorData};
use optgap_problem::TrainError;

/// Which of burn's optimisers descends, with its own parameters. burn stores them in single precision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OptimiserKind {
    /// Gradient descent with heavy-ball momentum and no dampening.
    Sgd {
        /// Share of the last direction that is kept, from 0 to below 1.
        momentum: f64,
    },
    /// Adam (Kingma and Ba 2015).
    Adam {
        /// Decay of the mean gradient.
        beta_1: f64,
        /// Decay of the mean squared gradient.
        beta_2: f64,
        /// Added to the root of the mean squared gradient.
        epsilon: f64,
    },
}

impl OptimiserKind {
    /// A fresh optimiser without memory.
    pub(crate) fn start(self) -> Box<dyn Optimiser> {
        match self {
            Self::Sgd { momentum } => OnePass::start(OnePassSgd { momentum: momentum as f32, rates: Vec::new() }),
            Self::Adam { beta_1, beta_2, epsilon } => {
                let [beta_1, beta_2, epsilon] = [beta_1, beta_2, epsilon].map(|value| value as f32);
                OnePass::start(OnePassAdam { beta_1, beta_2, epsilon, rates: Vec::new() })
            }
        }
    }
}

/// An optimiser that works on all restarts of a batch, entry by entry.
pub(crate) trait Optimiser {
    /// The parameters after a step, `[rows, R]`, for their gradient. Updates the optimiser's memory.
    fn step(&mut self, parameters: Tensor<2>, gradient: Tensor<2>) -> Tensor<2>;

    /// Sets the learning rate of each restart.
    fn set_rates(&mut self, rates: &[f64]);

    /// Forgets all restarts but those in the given columns. Rates are to be set afterwards.
    ///
    /// # Errors
    /// When burn does not take its own state back.
    fn keep(&mut self, columns: &[usize]) -> Result<(), TrainError>;
}

/// A rule of burn's with its state for the one packed parameter matrix.
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
    fn step(&mut self, parameters: Tensor<2>, gradient: Tensor<2>) -> Tensor<2> {
        let (parameters, state) = self.rule.step(1.0, parameters, gradient, self.state.take());
        self.state = state;
        parameters
    }

    fn set_rates(&mut self, rates: &[f64]) {
        self.rule.set_rates(rates);
    }

    fn keep(&mut self, columns: &[usize]) -> Result<(), TrainError> {
        self.state = self.state.take().map(|state| kept::<O>(state, columns)).transpose()?;
        Ok(())
    }
}

/// A rule's memory of the given columns.
fn kept<O: Optimizer>(state: O::State<2>, columns: &[usize]) -> Result<O::State<2>, TrainError> {
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
