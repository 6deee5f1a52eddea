//! Each restart as a burn module of its own, trained by burn's module optimisers as any network is: slow, and the measure for the
//! other paths.

use crate::batch::Stepping;
use crate::layout::Layout;
use crate::optimiser::OptimiserKind;
use crate::settings::Settings;
use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::module::{Module, Param};
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, AdamWConfig, GradientsParams, LionConfig, ModuleOptimizer, RmsPropConfig, SgdConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};
use optgap_problem::{Activation, Instance, Loss, TrainError, Unsupported};

/// What the path does not treat.
///
/// # Errors
/// The reason.
pub(crate) fn supports(instance: &Instance, settings: &Settings) -> Result<(), Unsupported> {
    if settings.clip.is_some() {
        return Err(Unsupported("burn's modules clip each tensor by itself; take another path or no clip".into()));
    }
    if instance.loss == Loss::GaussianPopulation {
        return Err(Unsupported("the plain path is for samples; a population has a path of its own".into()));
    }
    match settings.optimiser {
        OptimiserKind::Adam { decay, .. } if decay > 0.0 && instance.network.output_bias => {
            Err(Unsupported("burn's own weight decay would also reach the output bias; take another path or no decay".into()))
        }
        _ => Ok(()),
    }
}

/// The network as a module. Parameters that are not trained are missing.
#[derive(Module, Debug)]
struct Net {
    /// `[inputs, k]`, without the constant input.
    hidden: Param<Tensor<2>>,
    /// `[1, k]`.
    hidden_bias: Option<Param<Tensor<2>>>,
    /// The inner matrices of a deep linear network, `[k, k]` each, one above the other.
    inner: Option<Param<Tensor<2>>>,
    /// `[k, 1]`.
    output: Option<Param<Tensor<2>>>,
    /// `[1, 1]`.
    output_bias: Option<Param<Tensor<2>>>,
}

/// Restarts one by one.
pub(crate) struct PlainBatch {
    layout: Layout,
    activation: Activation,
    patches: usize,
    /// `[n * patches, inputs]` and `[n, 1]`.
    inputs: Tensor<2>,
    labels: Tensor<2>,
    restarts: Vec<PlainRestart>,
    schedule: Option<ModuleLrScheduler>,
    base_rate: f64,
}

struct PlainRestart {
    net: Net,
    optimiser: ModuleOptimizer,
    rate: f64,
}

impl PlainBatch {
    /// Starts at the given packed parameters, with the full learning rate.
    ///
    /// # Errors
    /// When burn refuses double precision or the schedule.
    pub(crate) fn start(instance: &Instance, columns: &[Vec<f64>], settings: &Settings) -> Result<Self, TrainError> {
        let device = crate::device::device()?.autodiff();
        let layout = Layout::new(instance);
        let (data, inputs) = (&instance.data, layout.dimension());
        let rows = data.inputs().len() / inputs;
        let base_rate = settings.base_rate(instance);
        let restarts = columns.iter().map(|column| PlainRestart {
            net: Net::packed(&layout, column, &device),
            optimiser: module_optimiser(settings.optimiser),
            rate: base_rate,
        });
        Ok(Self {
            activation: instance.network.activation,
            patches: instance.network.patches(),
            inputs: Tensor::from_data(TensorData::new(data.inputs().to_vec(), [rows, inputs]), &device),
            labels: Tensor::from_data(TensorData::new(data.labels().to_vec(), [data.len(), 1]), &device),
            restarts: restarts.collect(),
            schedule: settings.schedule.start(settings.stopping.steps)?,
            base_rate,
            layout,
        })
    }

    fn loss(&self, net: &Net) -> Tensor<1> {
        let (k, [samples, _]) = (self.layout.width(), self.labels.dims());
        let mut units = self.inputs.clone().matmul(net.hidden.val());
        if let Some(bias) = &net.hidden_bias {
            units = units + bias.val();
        }
        if self.activation == Activation::Relu {
            units = relu(units);
        }
        if self.patches > 1 {
            units = units.reshape([samples, self.patches, k]).mean_dim(1).reshape([samples, k]);
        }
        if let Some(inner) = &net.inner {
            let matrices = inner.val().chunk(inner.val().dims()[0] / k, 0);
            units = matrices.into_iter().fold(units, |units, matrix| units.matmul(matrix.transpose()));
        }
        let mut predictions = match &net.output {
            Some(output) => units.matmul(output.val()),
            None => units.sum_dim(1),
        };
        if let Some(bias) = &net.output_bias {
            predictions = predictions + bias.val();
        }
        (predictions - self.labels.clone()).square().mean()
    }
}

impl Stepping for PlainBatch {
    fn step(&mut self) -> Result<(), TrainError> {
        let factor = self.schedule.as_mut().map_or(1.0, |schedule| schedule.step().base());
        for index in 0..self.restarts.len() {
            let gradients = self.loss(&self.restarts[index].net).backward();
            let restart = &mut self.restarts[index];
            let gradients = GradientsParams::from_grads(gradients, &restart.net);
            restart.net = restart.optimiser.step(factor * restart.rate, restart.net.clone(), gradients);
        }
        Ok(())
    }

    fn losses(&self) -> Result<Vec<f64>, TrainError> {
        self.restarts.iter().map(|restart| Ok(self.loss(&restart.net).into_scalar::<f64>())).collect()
    }

    fn columns(&self) -> Result<Vec<Vec<f64>>, TrainError> {
        self.restarts.iter().map(|restart| restart.net.column()).collect()
    }

    fn set_rates(&mut self, factors: &[f64]) {
        self.restarts.iter_mut().zip(factors).for_each(|(restart, factor)| restart.rate = self.base_rate * factor);
    }

    fn keep(&mut self, columns: &[usize]) -> Result<(), TrainError> {
        let mut index = 0;
        self.restarts.retain(|_| {
            index += 1;
            columns.contains(&(index - 1))
        });
        Ok(())
    }
}

impl Net {
    /// The module of packed parameters, in the order of [`Layout`].
    fn packed(layout: &Layout, column: &[f64], device: &Device) -> Self {
        let (d, k) = (layout.dimension(), layout.width());
        let part = |rows: std::ops::Range<usize>, shape: [usize; 2]| {
            Param::from_data(TensorData::new(column[rows].to_vec(), shape), device)
        };
        let inner: Vec<_> = layout.inner().collect();
        Self {
            hidden: part(0..d * k, [d, k]),
            hidden_bias: (layout.inputs() > d).then(|| part(d * k..layout.hidden().end, [1, k])),
            inner: inner.first().map(|first| part(first.start..first.start + inner.len() * k * k, [inner.len() * k, k])),
            output: layout.output().map(|rows| part(rows, [k, 1])),
            output_bias: layout.output_bias().map(|row| part(row..row + 1, [1, 1])),
        }
    }

    /// The packed parameters.
    fn column(&self) -> Result<Vec<f64>, TrainError> {
        let parts =
            [Some(&self.hidden), self.hidden_bias.as_ref(), self.inner.as_ref(), self.output.as_ref(), self.output_bias.as_ref()];
        let mut column = Vec::new();
        for part in parts.into_iter().flatten() {
            let values: Result<Vec<f64>, _> = part.val().try_into_vec_as();
            column.extend(values.map_err(|error| TrainError::Failed(format!("burn did not hand its numbers out: {error:?}")))?);
        }
        Ok(column)
    }
}

/// burn's optimiser for a whole module, none of whose defaults are used.
fn module_optimiser(kind: OptimiserKind) -> ModuleOptimizer {
    match kind {
        OptimiserKind::Sgd { momentum, nesterov } => {
            let rule = MomentumConfig::new().with_momentum(momentum).with_dampening(0.0).with_nesterov(nesterov);
            SgdConfig::new().with_momentum((momentum > 0.0).then_some(rule)).init()
        }
        OptimiserKind::Adam { beta_1, beta_2, epsilon, decay: 0.0 } => {
            let config = AdamConfig::new().with_beta_1(beta_1 as f32).with_beta_2(beta_2 as f32);
            config.with_epsilon(epsilon as f32).init()
        }
        OptimiserKind::Adam { beta_1, beta_2, epsilon, decay } => {
            let config = AdamWConfig::new().with_beta_1(beta_1 as f32).with_beta_2(beta_2 as f32);
            config.with_epsilon(epsilon as f32).with_weight_decay(decay as f32).init()
        }
        OptimiserKind::RmsProp { alpha, momentum, epsilon, centred } => {
            let config = RmsPropConfig::new().with_alpha(alpha as f32).with_momentum(momentum as f32);
            config.with_epsilon(epsilon as f32).with_centered(centred).init()
        }
        OptimiserKind::Lion { beta_1, beta_2 } => LionConfig::new().with_beta_1(beta_1 as f32).with_beta_2(beta_2 as f32).init(),
    }
}
