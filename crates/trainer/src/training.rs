//! Descent from many starts, in batches, until each restart has stopped.

use crate::batch::Batch;
use crate::initial;
use crate::layout::Layout;
use crate::settings::Settings;
use crate::stopping::{Levels, Restart};
use optgap_problem::{EndPoint, Instance, Loss, Progress, Restarts, StopReason, TrainError, TrainOutcome, Watch};

/// Most restarts in one batch: more gain nothing.
const MOST_RESTARTS: usize = 64;
/// A batch has at most about this many hidden values and weights, (n + d) * k per restart, or products of pairs of units of a
/// population, (n + k) * k * d, so that they stay in the cache.
const HIDDEN_VALUES: usize = 1 << 16;

/// Trains all restarts, batch after batch. A stop leaves the restarts of later batches at their initial weights.
pub(crate) fn train(
    instance: &Instance,
    restarts: Restarts,
    target: Option<f64>,
    settings: &Settings,
    watch: &mut dyn Watch,
) -> Result<TrainOutcome, TrainError> {
    let layout = Layout::new(instance);
    let levels = Levels { target, floor: settings.stopping.loss_floor * instance.constant_level() };
    let base_rate = settings.base_rate(instance);
    let size = batch_size(instance);
    let mut ends: Vec<EndPoint> = Vec::with_capacity(restarts.count);
    let mut best = f64::INFINITY;
    while ends.len() < restarts.count {
        let range = ends.len()..restarts.count.min(ends.len() + size);
        let starts = range.clone().map(|index| initial::column(&layout, restarts, index, settings.initialisation)).collect();
        let mut run = BatchRun::start(instance, starts, settings, base_rate, levels)?;
        run.waiting = restarts.count - range.end;
        run.best_elsewhere = best;
        let interrupted = run.finish(watch)?;
        best = run.best();
        ends.extend(run.restarts.iter().map(|restart| end_point(&layout, restart)));
        if let Some(reason) = interrupted {
            ends.extend((range.end..restarts.count).map(|index| {
                let start = initial::column(&layout, restarts, index, settings.initialisation);
                EndPoint { weights: layout.unpack(&start), steps: 0, stop: reason }
            }));
        }
    }
    Ok(TrainOutcome { ends })
}

/// Restarts per batch. It depends on the instance alone.
pub(crate) fn batch_size(instance: &Instance) -> usize {
    let (n, d, k) = (instance.data.len(), instance.data.dimension(), instance.network.width);
    let values = if instance.loss == Loss::GaussianPopulation { (n + k) * k * d } else { (n + d) * k };
    (HIDDEN_VALUES / values).clamp(1, MOST_RESTARTS)
}

fn end_point(layout: &Layout, restart: &Restart) -> EndPoint {
    let (steps, stop) = restart.stopped.expect("a finished batch has stopped every restart");
    EndPoint { weights: layout.unpack(&restart.parameters), steps, stop }
}

/// A batch on its way.
struct BatchRun<'a> {
    settings: &'a Settings,
    levels: Levels,
    batch: Batch,
    /// All restarts of the batch.
    restarts: Vec<Restart>,
    /// The restart in each column of `batch`.
    columns: Vec<usize>,
    /// Restarts of later batches.
    waiting: usize,
    /// Lowest loss of earlier batches.
    best_elsewhere: f64,
}

impl<'a> BatchRun<'a> {
    fn start(
        instance: &Instance,
        starts: Vec<Vec<f64>>,
        settings: &'a Settings,
        base_rate: f64,
        levels: Levels,
    ) -> Result<Self, TrainError> {
        let batch = Batch::with_columns(instance, &starts, settings.optimiser, base_rate)?;
        let columns = (0..starts.len()).collect();
        let restarts = starts.into_iter().map(Restart::new).collect();
        Ok(Self { settings, levels, batch, restarts, columns, waiting: 0, best_elsewhere: f64::INFINITY })
    }

    /// Steps until every restart has stopped; gives the watch's reason if that is why.
    fn finish(&mut self, watch: &mut dyn Watch) -> Result<Option<StopReason>, TrainError> {
        let mut step = 0;
        loop {
            if let Some(reason) = watch.should_stop() {
                self.interrupt(step, reason)?;
                return Ok(Some(reason));
            }
            if step % self.settings.stopping.check_every == 0 || step == self.settings.stopping.steps {
                self.check(step)?;
                let active = self.active() + self.waiting;
                watch.observe(Progress::Training { step, active, best: self.best() });
                if self.active() == 0 {
                    return Ok(None);
                }
            }
            self.batch.step()?;
            step += 1;
        }
    }

    fn active(&self) -> usize {
        self.restarts.iter().filter(|restart| restart.is_active()).count()
    }

    fn best(&self) -> f64 {
        self.restarts.iter().map(|restart| restart.best).fold(self.best_elsewhere, f64::min)
    }

    /// Reads the losses back and keeps the best parameters of each moving restart.
    fn record(&mut self) -> Result<Vec<f64>, TrainError> {
        let losses = self.batch.losses()?;
        let mut parameters = self.batch.columns()?;
        for (column, &index) in self.columns.iter().enumerate() {
            if self.restarts[index].is_active() {
                self.restarts[index].record(losses[column], || std::mem::take(&mut parameters[column]));
            }
        }
        Ok(losses)
    }

    fn check(&mut self, step: u64) -> Result<(), TrainError> {
        let losses = self.record()?;
        for (column, &index) in self.columns.iter().enumerate() {
            if self.restarts[index].is_active() {
                self.restarts[index].judge(losses[column], step, self.levels, &self.settings.stopping);
            }
        }
        self.compact()?;
        let factors: Vec<f64> = self.columns.iter().map(|&index| self.restarts[index].rate).collect();
        self.batch.set_rates(&factors);
        Ok(())
    }

    /// Drops the columns of stopped restarts once they are half of the batch.
    fn compact(&mut self) -> Result<(), TrainError> {
        let kept: Vec<usize> =
            (0..self.columns.len()).filter(|&column| self.restarts[self.columns[column]].is_active()).collect();
        if kept.is_empty() || 2 * kept.len() > self.columns.len() {
            return Ok(());
        }
        self.columns = kept.iter().map(|&column| self.columns[column]).collect();
        self.batch.keep(&kept)
    }

    /// Ends the batch where it stands.
    fn interrupt(&mut self, step: u64, reason: StopReason) -> Result<(), TrainError> {
        self.record()?;
        self.restarts.iter_mut().filter(|restart| restart.is_active()).for_each(|restart| restart.stop(step, reason));
        Ok(())
    }
}
