//! burn's two commonest optimisers in one pass over the numbers of a batch, with a learning rate for each restart.
//!
//! The formulas, the state and even the single precision of the hyperparameters are those of burn's own rules, which take a dozen passes.

#![expect(clippy::inline_always, reason = "only what is inlined into the dispatched function is compiled for its registers")]

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use burn::optim::{AdaptiveMomentumState, Optimizer, RecordState, StateSink, StateSource};
use burn::tensor::{Device, Tensor};
use pulp::{Arch, Simd, WithSimd};

/// Gradient descent with momentum and no dampening.
#[derive(Clone, Debug)]
pub(crate) struct OnePassSgd {
    pub(crate) momentum: f32,
    pub(crate) nesterov: bool,
    /// Learning rate of each restart.
    pub(crate) rates: Vec<f64>,
}

/// Adam.
#[derive(Clone, Debug)]
pub(crate) struct OnePassAdam {
    pub(crate) beta_1: f32,
    pub(crate) beta_2: f32,
    pub(crate) epsilon: f32,
    /// Share of the parameters that a step with a learning rate of 1 takes away,
    pub(crate) decay: f64,
    /// from the rows before this one.
    pub(crate) decayed: usize,
    /// Learning rate of each restart.
    pub(crate) rates: Vec<f64>,
}

/// What momentum remembers: the direction of the last step.
#[derive(Clone, Debug)]
pub(crate) struct Velocity<const D: usize>(Tensor<D>);

impl<const D: usize> RecordState for Velocity<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        out.push_tensor(prefix, "velocity", self.0.to_data());
    }

    fn state_unflatten(prefix: &str, src: &mut StateSource, device: &Device) -> Option<Self> {
        Some(Self(Tensor::from_data(src.take_tensor(prefix, "velocity")?, device)))
    }
}

/// An optimiser that has a learning rate for each restart.
pub(crate) trait Rated: Optimizer {
    /// Sets them.
    fn set_rates(&mut self, rates: &[f64]);
}

impl Rated for OnePassSgd {
    fn set_rates(&mut self, rates: &[f64]) {
        rates.clone_into(&mut self.rates);
    }
}

impl Rated for OnePassAdam {
    fn set_rates(&mut self, rates: &[f64]) {
        rates.clone_into(&mut self.rates);
    }
}

impl Optimizer for OnePassSgd {
    type State<const D: usize> = Velocity<D>;

    fn step<const D: usize>(
        &self,
        lr: f64,
        tensor: Tensor<D>,
        grad: Tensor<D>,
        state: Option<Velocity<D>>,
    ) -> (Tensor<D>, Option<Velocity<D>>) {
        let (mut parameters, gradient) = (OnCpu::of(tensor), OnCpu::of(grad));
        // Before the first step the velocity is the gradient, whatever the momentum.
        let momentum = if state.is_some() { f64::from(self.momentum) } else { 0.0 };
        let mut velocity = state.map_or_else(|| gradient.clone().zeroed(), |state| OnCpu::of(state.0));
        Arch::new().dispatch(Descend {
            parameters: parameters.values(),
            gradient: gradient.seen(),
            velocity: velocity.values(),
            momentum,
            ahead: self.nesterov.then_some(f64::from(self.momentum)),
            rates: &self.rates,
            rate: lr,
        });
        (parameters.tensor(), Some(Velocity(velocity.tensor())))
    }

    fn to_device<const D: usize>(state: Velocity<D>, device: &Device) -> Velocity<D> {
        Velocity(state.0.to_device(device))
    }
}

impl Optimizer for OnePassAdam {
    type State<const D: usize> = AdaptiveMomentumState<D>;

    fn step<const D: usize>(
        &self,
        lr: f64,
        tensor: Tensor<D>,
        grad: Tensor<D>,
        state: Option<AdaptiveMomentumState<D>>,
    ) -> (Tensor<D>, Option<AdaptiveMomentumState<D>>) {
        let (mut parameters, gradient) = (OnCpu::of(tensor), OnCpu::of(grad));
        let (time, mut first, mut second) = match state {
            Some(state) => (state.time + 1, OnCpu::of(state.moment_1), OnCpu::of(state.moment_2)),
            None => (1, gradient.clone().zeroed(), gradient.clone().zeroed()),
        };
        let [first_share, second_share] = [self.beta_1, self.beta_2].map(|beta| 1.0 - beta.powi(time as i32));
        // burn's Adam goes on in single precision here, its AdamW does not.
        let (factor, epsilon) = if self.decay > 0.0 {
            let root = f64::from(second_share).sqrt();
            (root / f64::from(first_share), f64::from(self.epsilon) * root)
        } else {
            let root = second_share.sqrt();
            (f64::from(root / first_share), f64::from(self.epsilon * root))
        };
        Arch::new().dispatch(Adapt {
            parameters: parameters.values(),
            gradient: gradient.seen(),
            first: first.values(),
            second: second.values(),
            decay: [self.beta_1, self.beta_2].map(f64::from),
            gain: [1.0 - self.beta_1, 1.0 - self.beta_2].map(f64::from),
            factor,
            epsilon,
            lost: self.decay,
            decayed: self.decayed,
            rates: &self.rates,
            rate: lr,
        });
        (parameters.tensor(), Some(AdaptiveMomentumState::new(time, first.tensor(), second.tensor())))
    }

    fn to_device<const D: usize>(state: AdaptiveMomentumState<D>, device: &Device) -> AdaptiveMomentumState<D> {
        state.to_device(device)
    }
}

/// A tensor whose numbers lie one after the other in this process's memory.
#[derive(Clone)]
struct OnCpu(FloatTensor<Flex>);

impl OnCpu {
    fn of<const D: usize>(tensor: Tensor<D>) -> Self {
        let tensor = tensor.try_into_primitive::<Flex>().expect("batches live on the CPU device, where they were put");
        Self(if tensor.is_contiguous() { tensor } else { tensor.to_contiguous() })
    }

    /// The numbers, to read.
    fn seen(&self) -> &[f64] {
        self.0.as_slice().expect("contiguous, in double precision")
    }

    /// The numbers, to change; a copy where others see them, too.
    fn values(&mut self) -> &mut [f64] {
        self.0.storage_mut()
    }

    fn zeroed(mut self) -> Self {
        self.values().fill(0.0);
        self
    }

    fn tensor<const D: usize>(self) -> Tensor<D> {
        Tensor::from_primitive::<Flex>(self.0)
    }
}

/// Numbers below this become 0: where a gradient has vanished, memory decays to numbers for which processors need a hundred times as
/// long.
const LEAST: f64 = 1e-290;

#[inline(always)]
fn normal(value: f64) -> f64 {
    if value.abs() < LEAST { 0.0 } else { value }
}

/// A step of gradient descent over plain numbers, `[rows, restarts]` row after row.
pub(crate) struct Descend<'a> {
    pub(crate) parameters: &'a mut [f64],
    pub(crate) gradient: &'a [f64],
    pub(crate) velocity: &'a mut [f64],
    pub(crate) momentum: f64,
    /// Weight of the velocity in a step that looks ahead.
    pub(crate) ahead: Option<f64>,
    pub(crate) rates: &'a [f64],
    pub(crate) rate: f64,
}

impl WithSimd for Descend<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let restarts = self.rates.len();
        let rows = self.parameters.chunks_exact_mut(restarts).zip(self.velocity.chunks_exact_mut(restarts));
        for ((parameters, velocity), gradient) in rows.zip(self.gradient.chunks_exact(restarts)) {
            let entries = parameters.iter_mut().zip(velocity).zip(gradient).zip(self.rates);
            match self.ahead {
                None => entries.for_each(|(((p, v), g), rate)| {
                    *v = normal(g + *v * self.momentum);
                    *p -= *v * rate * self.rate;
                }),
                Some(ahead) => entries.for_each(|(((p, v), g), rate)| {
                    *v = normal(g + *v * self.momentum);
                    *p -= (*v * ahead + g) * rate * self.rate;
                }),
            }
        }
    }
}

/// A step of Adam over plain numbers, `[rows, restarts]` row after row.
pub(crate) struct Adapt<'a> {
    pub(crate) parameters: &'a mut [f64],
    pub(crate) gradient: &'a [f64],
    pub(crate) first: &'a mut [f64],
    pub(crate) second: &'a mut [f64],
    pub(crate) decay: [f64; 2],
    pub(crate) gain: [f64; 2],
    pub(crate) factor: f64,
    pub(crate) epsilon: f64,
    pub(crate) lost: f64,
    pub(crate) decayed: usize,
    pub(crate) rates: &'a [f64],
    pub(crate) rate: f64,
}

impl WithSimd for Adapt<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let restarts = self.rates.len();
        let moments = self.first.chunks_exact_mut(restarts).zip(self.second.chunks_exact_mut(restarts));
        let rows = self.parameters.chunks_exact_mut(restarts).zip(self.gradient.chunks_exact(restarts));
        for (row, ((parameters, gradient), (first, second))) in rows.zip(moments).enumerate() {
            let lost = if row < self.decayed { self.lost } else { 0.0 };
            let moments = first.iter_mut().zip(second);
            for (((p, g), (m, v)), rate) in parameters.iter_mut().zip(gradient).zip(moments).zip(self.rates) {
                *m = normal(*m * self.decay[0] + g * self.gain[0]);
                *v = normal(*v * self.decay[1] + g * g * self.gain[1]);
                let kept = *p - *p * (rate * self.rate * lost);
                *p = kept - *m * self.factor / (v.sqrt() + self.epsilon) * rate * self.rate;
            }
        }
    }
}
