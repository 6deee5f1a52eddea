//! Descent directions from burn's own optimisers.

use burn::optim::momentum::MomentumConfig;
use burn::optim::{Adam, AdamConfig, Optimizer, RecordState, Sgd, SgdConfig, StateSink, StateSource};
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
            Self::Sgd { momentum } => Box::new(Stock::new(sgd(momentum))),
            Self::Adam { beta_1, beta_2, epsilon } => Box::new(Stock::new(adam(beta_1, beta_2, epsilon))),
        }
    }
}

/// burn's defaults are not used: its dampening is 0.1 and its epsilon 1e-5.
fn sgd(momentum: f64) -> Sgd {
    let heavy_ball = MomentumConfig::new().with_momentum(momentum).with_dampening(0.0);
    SgdConfig::new().with_momentum((momentum > 0.0).then_some(heavy_ball)).build()
}

fn adam(beta_1: f64, beta_2: f64, epsilon: f64) -> Adam {
    AdamConfig::new().with_beta_1(beta_1 as f32).with_beta_2(beta_2 as f32).with_epsilon(epsilon as f32).build()
}

/// An optimiser that works on all restarts of a batch, entry by entry.
pub(crate) trait Optimiser {
    /// What to add to the parameters for a learning rate of 1, `[rows, R]`. Updates the optimiser's memory.
    fn direction(&mut self, gradient: Tensor<2>) -> Tensor<2>;

    /// Forgets all restarts but those in the given columns.
    ///
    /// # Errors
    /// When burn does not take its own state back.
    fn keep(&mut self, columns: &[usize]) -> Result<(), TrainError>;
}

/// One of burn's stock optimisers with its state for the one packed parameter matrix.
struct Stock<O: Optimizer> {
    rule: O,
    state: Option<O::State<2>>,
}

impl<O: Optimizer> Stock<O> {
    fn new(rule: O) -> Self {
        Self { rule, state: None }
    }
}

impl<O: Optimizer> Optimiser for Stock<O> {
    fn direction(&mut self, gradient: Tensor<2>) -> Tensor<2> {
        let origin = gradient.zeros_like();
        let (direction, state) = self.rule.step(1.0, origin, gradient, self.state.take());
        self.state = state;
        direction
    }

    fn keep(&mut self, columns: &[usize]) -> Result<(), TrainError> {
        const PREFIX: &str = "restarts";
        let Some(state) = self.state.take() else { return Ok(()) };
        let mut sink = StateSink::default();
        state.state_flatten(PREFIX, &mut sink);
        let mut source = StateSource::new(sink.scalars.into_iter().collect());
        for (name, data) in sink.tensors {
            source.insert_tensor(name, select_columns(&data, columns)?);
        }
        let state = O::State::<2>::state_unflatten(PREFIX, &mut source, &crate::device::device()?);
        self.state = Some(state.ok_or_else(|| TrainError::Failed("burn did not take its optimiser state back".into()))?);
        Ok(())
    }
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
