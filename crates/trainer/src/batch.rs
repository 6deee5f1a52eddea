//! A batch of restarts that take their steps together.

use crate::batched::LEAST_COLUMNS;
use crate::initial;
use crate::layout::Layout;
use crate::model::Model;
use crate::optimiser::{Optimiser, select_columns};
use crate::plain::PlainBatch;
use crate::settings::{Path, Settings};
use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::tensor::{Device, Tensor, TensorData};
use optgap_problem::{Instance, Restarts, TrainError};
use std::ops::Range;

/// Restarts that take their steps together, whatever they are made of.
pub(crate) trait Stepping {
    /// One optimisation step of every restart.
    fn step(&mut self) -> Result<(), TrainError>;
    /// The loss of every restart at its present parameters.
    fn losses(&self) -> Result<Vec<f64>, TrainError>;
    /// The present parameters of every restart, packed as [`Layout`] says.
    fn columns(&self) -> Result<Vec<Vec<f64>>, TrainError>;
    /// Sets each restart's learning rate to a factor times the full one.
    fn set_rates(&mut self, factors: &[f64]);
    /// Goes on with the restarts of the given columns alone, in ascending order, of which there is at least one. Rates are to be set
    /// afterwards.
    fn keep(&mut self, columns: &[usize]) -> Result<(), TrainError>;
}

/// Starts at the given parameters, one column per restart, on the path of the settings.
pub(crate) fn start(instance: &Instance, columns: &[Vec<f64>], settings: &Settings) -> Result<Box<dyn Stepping>, TrainError> {
    Ok(match settings.path {
        Path::Plain => Box::new(PlainBatch::start(instance, columns, settings)?),
        Path::Fused | Path::Batched => Box::new(Batch::with_columns(instance, columns, settings)?),
    })
}

/// Restarts of one instance in one parameter matrix, one column each. `step` is one optimisation step of all of them.
///
/// The numbers of a column do not depend on which other columns are in the batch. For that, a batch of one restart gets
/// a second column that repeats it.
pub struct Batch {
    model: Model,
    device: Device,
    optimiser: Box<dyn Optimiser>,
    schedule: Option<ModuleLrScheduler>,
    clip: Option<f64>,
    base_rate: f64,
    restarts: usize,
    parameters: Tensor<2>,
}

impl Batch {
    /// Starts the restarts of the given range, which is not empty, with their initial weights and the full learning rate.
    ///
    /// # Errors
    /// When burn refuses double precision.
    ///
    /// # Panics
    /// When the range is empty.
    pub fn start(instance: &Instance, restarts: Restarts, range: Range<usize>, settings: &Settings) -> Result<Self, TrainError> {
        let layout = Layout::new(instance);
        let columns: Vec<Vec<f64>> =
            range.map(|index| initial::start(instance, &layout, restarts, index, settings.initialisation)).collect();
        Self::with_columns(instance, &columns, settings)
    }

    /// Starts at the given parameters, one column per restart, with the full learning rate.
    pub(crate) fn with_columns(instance: &Instance, columns: &[Vec<f64>], settings: &Settings) -> Result<Self, TrainError> {
        assert!(!columns.is_empty(), "a batch has at least one restart");
        let device = crate::device::device()?;
        let layout = Layout::new(instance);
        let kept = padded((0..columns.len()).collect());
        let rows: Vec<f64> = (0..layout.rows()).flat_map(|row| kept.iter().map(move |&c| columns[c][row])).collect();
        let parameters = Tensor::from_data(TensorData::new(rows, [layout.rows(), kept.len()]), &device);
        let mut optimiser = settings.optimiser.start(&layout);
        let base_rate = settings.base_rate(instance);
        optimiser.set_rates(&vec![base_rate; kept.len()]);
        let schedule = settings.schedule.start(settings.stopping.steps)?;
        let model = Model::new(instance, layout, settings.path, &device);
        let (clip, restarts) = (settings.clip, columns.len());
        Ok(Self { model, device, optimiser, schedule, clip, base_rate, restarts, parameters })
    }

    /// One optimisation step of every restart.
    ///
    /// # Errors
    /// When burn loses a gradient.
    pub fn step(&mut self) -> Result<(), TrainError> {
        Stepping::step(self)
    }
}

impl Stepping for Batch {
    fn step(&mut self) -> Result<(), TrainError> {
        let gradient = self.model.gradient(self.parameters.clone())?;
        let gradient = match self.clip {
            Some(longest) => clipped(gradient, longest),
            None => gradient,
        };
        // Nobody else sees the parameters while they move, so that it happens in their place.
        let parameters = std::mem::replace(&mut self.parameters, Tensor::empty([0, 0], &self.device));
        let factor = self.schedule.as_mut().map_or(1.0, |schedule| schedule.step().base());
        self.parameters = self.optimiser.step(factor, parameters, gradient);
        Ok(())
    }

    fn losses(&self) -> Result<Vec<f64>, TrainError> {
        let mut losses = numbers(self.model.losses(&self.parameters))?;
        losses.truncate(self.restarts);
        Ok(losses)
    }

    fn columns(&self) -> Result<Vec<Vec<f64>>, TrainError> {
        let [_, width] = self.parameters.dims();
        let values = numbers(self.parameters.clone())?;
        Ok((0..self.restarts).map(|column| values.iter().skip(column).step_by(width).copied().collect()).collect())
    }

    fn set_rates(&mut self, factors: &[f64]) {
        let kept = padded((0..factors.len()).collect());
        let rates: Vec<f64> = kept.iter().map(|&column| self.base_rate * factors[column]).collect();
        self.optimiser.set_rates(&rates);
    }

    fn keep(&mut self, columns: &[usize]) -> Result<(), TrainError> {
        self.restarts = columns.len();
        let columns = padded(columns.to_vec());
        self.parameters = Tensor::from_data(select_columns(&self.parameters.to_data(), &columns)?, &self.device);
        self.optimiser.keep(&columns)
    }
}

/// Gradients, `[rows, R]`, of which none is longer than so much. burn's own clipping would measure all restarts as one.
fn clipped(gradient: Tensor<2>, longest: f64) -> Tensor<2> {
    let lengths = gradient.clone().square().sum_dim(0).sqrt();
    gradient * lengths.clamp_min(longest).recip().mul_scalar(longest)
}

/// The columns, with the last one repeated until they are enough for a parameter matrix.
fn padded(mut columns: Vec<usize>) -> Vec<usize> {
    let last = *columns.last().expect("a batch has at least one restart");
    columns.resize(columns.len().max(LEAST_COLUMNS), last);
    columns
}

fn numbers(tensor: Tensor<2>) -> Result<Vec<f64>, TrainError> {
    tensor.try_into_vec_as().map_err(|error| TrainError::Failed(format!("burn did not hand its numbers out: {error:?}")))
}
