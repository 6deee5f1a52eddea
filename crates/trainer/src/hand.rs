//! The same arithmetic without burn: the yardstick for what its tensors, its graph and its optimisers cost.

use crate::initial;
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::one_pass::Descend;
use crate::settings::Settings;
use optgap_problem::{Instance, Restarts, Unsupported};
use pulp::Arch;

/// Plain gradient descent with momentum of all restarts of a dense network, in plain loops. For benches, which hold [`crate::Batch`]
/// against it.
#[derive(Debug)]
pub struct HandLoop {
    kernel: Kernel,
    parameters: Vec<f64>,
    velocity: Vec<f64>,
    momentum: f64,
    rates: Vec<f64>,
}

impl HandLoop {
    /// Starts as a batch with these settings would.
    ///
    /// # Errors
    /// When there is no code for the network.
    pub fn start(instance: &Instance, restarts: Restarts, settings: &Settings, momentum: f64) -> Result<Self, Unsupported> {
        let layout = Layout::new(instance);
        let kernel = Kernel::new(instance, &layout).ok_or_else(|| Unsupported("no code for the network".into()))?;
        let columns: Vec<Vec<f64>> = (0..restarts.count)
            .map(|index| initial::start(instance, &layout, restarts, index, settings.initialisation))
            .collect();
        let parameters: Vec<f64> = (0..layout.rows()).flat_map(|row| columns.iter().map(move |column| column[row])).collect();
        let velocity = vec![0.0; parameters.len()];
        Ok(Self { kernel, parameters, velocity, momentum, rates: vec![settings.base_rate(instance); restarts.count] })
    }

    /// One step of every restart.
    pub fn step(&mut self) {
        let (_, gradient) = self.kernel.evaluate(&self.parameters, self.rates.len());
        Arch::new().dispatch(Descend {
            parameters: &mut self.parameters,
            gradient: &gradient,
            velocity: &mut self.velocity,
            momentum: self.momentum,
            ahead: None,
            rates: &self.rates,
            rate: 1.0,
        });
    }
}
