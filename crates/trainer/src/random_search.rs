//! No descent at all: random hidden units, and the best output weights for them. What descent is worth, it is worth against this.

use crate::least_squares::coefficients;
use optgap_problem::{
    EndPoint, Instance, NetworkKind, Progress, Restarts, StopReason, TrainError, TrainOutcome, Trainer, Unsupported, Watch,
    Weights,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// Widest network: least squares take the cube of it.
const MOST_UNITS: usize = 256;

/// Draws networks and keeps the best. A restart is a search of its own, a step of it is a draw.
///
/// The hidden weights of a draw are normal; with hidden bias each kink goes through a sample that is drawn, too, so that it cuts the
/// data. Output weights and output bias are then those of least squares; where outputs are fixed to 1, one factor on all hidden weights is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RandomSearch {
    /// Draws of each restart.
    pub draws: u64,
}

impl Trainer for RandomSearch {
    fn supports(&self, instance: &Instance) -> Result<(), Unsupported> {
        instance.validate().map_err(|error| Unsupported(error.to_string()))?;
        instance.is_relu_regression()?;
        if instance.network.kind != NetworkKind::Dense {
            return Err(Unsupported("random search is for dense networks".into()));
        }
        if instance.network.width > MOST_UNITS {
            return Err(Unsupported(format!("random search is for at most {MOST_UNITS} hidden units")));
        }
        Ok(())
    }

    fn train(
        &self,
        instance: &Instance,
        restarts: Restarts,
        target: Option<f64>,
        watch: &mut dyn Watch,
    ) -> Result<TrainOutcome, TrainError> {
        self.supports(instance)?;
        if restarts.count == 0 {
            return Err(TrainError::Failed("0 restarts were asked for; give at least 1".into()));
        }
        let mut interrupted = None;
        let mut best = f64::INFINITY;
        let mut ends = Vec::with_capacity(restarts.count);
        for index in 0..restarts.count {
            let mut random = ChaCha8Rng::seed_from_u64(restarts.seed);
            random.set_stream(index as u64);
            let mut found = (Weights::zero(instance.network.width, instance.data.dimension()), f64::INFINITY);
            let mut draws = 0;
            let stop = loop {
                interrupted = interrupted.or_else(|| watch.should_stop());
                if let Some(reason) = interrupted {
                    break reason;
                }
                if target.is_some_and(|target| found.1 <= target) {
                    break StopReason::TargetReached;
                }
                if draws == self.draws {
                    break StopReason::StepLimit;
                }
                let (weights, loss) = draw(instance, &mut random);
                draws += 1;
                if loss < found.1 {
                    found = (weights, loss);
                }
            };
            best = best.min(found.1);
            watch.observe(Progress::Training { step: draws, active: restarts.count - index - 1, best });
            ends.push(EndPoint { weights: found.0, steps: draws, stop });
        }
        Ok(TrainOutcome { ends, path: "random" })
    }
}

/// A random network with fitted outputs, and its loss.
fn draw(instance: &Instance, random: &mut ChaCha8Rng) -> (Weights, f64) {
    let (data, network) = (&instance.data, &instance.network);
    let mut weights = Weights::zero(network.width, data.dimension());
    for unit in 0..network.width {
        weights.hidden[unit].fill_with(|| random.sample(StandardNormal));
        if network.hidden_bias {
            let through = data.input(random.random_range(0..data.len()));
            weights.hidden_bias[unit] = -product(&weights.hidden[unit], through);
        }
    }
    let activity = |unit: usize| -> Vec<f64> {
        data.samples().map(|(x, _)| (product(&weights.hidden[unit], x) + weights.hidden_bias[unit]).max(0.0)).collect()
    };
    let units: Vec<Vec<f64>> = (0..network.width).map(activity).collect();
    let mut columns = if network.train_output {
        units
    } else {
        vec![(0..data.len()).map(|sample| units.iter().map(|unit| unit[sample]).sum()).collect()]
    };
    if network.output_bias {
        columns.push(vec![1.0; data.len()]);
    }
    let mut fit = coefficients(&columns, data.labels());
    if network.output_bias {
        weights.output_bias = fit.pop().expect("the constant column is the last");
    }
    if network.train_output {
        weights.output = fit;
    } else {
        // A negative factor would turn the units around.
        let factor = fit[0].max(0.0);
        weights.hidden.iter_mut().flatten().chain(&mut weights.hidden_bias).for_each(|value| *value *= factor);
    }
    let squares: f64 = data.samples().map(|(x, y)| (weights.predict(x) - y).powi(2)).sum();
    (weights, squares / data.len() as f64)
}

fn product(weights: &[f64], input: &[f64]) -> f64 {
    weights.iter().zip(input).map(|(w, x)| w * x).sum()
}
