//! Descent from many starts, in batches, until each restart has stopped.

use crate::batch::{self, Stepping};
use crate::initial;
use crate::layout::Layout;
use crate::settings::Settings;
use crate::shards::side_by_side;
use crate::stopping::{Levels, Restart};
use optgap_problem::{EndPoint, Instance, Loss, NetworkKind, Progress, Restarts, StopReason, TrainError, TrainOutcome, Watch};
use std::ops::Range;

/// Most restarts in one batch: what burn's graph costs per step, a few microseconds, is then small against the arithmetic.
const MOST_RESTARTS: usize = 512;
/// A batch has at most about this many numbers at a time, so that they stay in the cache: hidden values and weights, products of
/// pairs of units of a population, or of units and entries of a matrix.
const HIDDEN_VALUES: usize = 1 << 16;

/// Trains all restarts, batch after batch or several batches side by side. A stop leaves the restarts of batches that have not begun
/// at their initial weights.
pub(crate) fn train(
    instance: &Instance,
    restarts: Restarts,
    target: Option<f64>,
    settings: &Settings,
    watch: &mut dyn Watch,
) -> Result<TrainOutcome, TrainError> {
    let task = Task {
        instance,
        restarts,
        settings,
        layout: Layout::new(instance),
        levels: Levels { target, floor: settings.stopping.loss_floor * instance.constant_level() },
    };
    let size = batch_size(instance);
    let ranges: Vec<Range<usize>> =
        (0..restarts.count).step_by(size).map(|start| start..restarts.count.min(start + size)).collect();
    let ends = if settings.threads == 1 || ranges.len() == 1 {
        task.one_by_one(&ranges, watch)?
    } else {
        side_by_side(&task, &ranges, watch)?
    };
    Ok(TrainOutcome { ends, path: settings.path.word(instance, &task.layout) })
}

/// What the batches of a training have in common.
pub(crate) struct Task<'a> {
    instance: &'a Instance,
    restarts: Restarts,
    pub(crate) settings: &'a Settings,
    layout: Layout,
    levels: Levels,
}

/// What a batch hands back.
pub(crate) struct Trained {
    pub(crate) ends: Vec<EndPoint>,
    /// Lowest loss of the batch.
    best: f64,
    /// Why it was broken off, if it was.
    interrupted: Option<StopReason>,
}

impl Task<'_> {
    fn one_by_one(&self, ranges: &[Range<usize>], watch: &mut dyn Watch) -> Result<Vec<EndPoint>, TrainError> {
        let mut ends = Vec::with_capacity(self.restarts.count);
        let (mut best, mut interrupted) = (f64::INFINITY, None);
        for range in ranges {
            if let Some(reason) = interrupted {
                ends.extend(self.untouched(range.clone(), reason));
                continue;
            }
            let trained = self.batch(range.clone(), self.restarts.count - range.end, best, watch)?;
            best = best.min(trained.best);
            interrupted = trained.interrupted;
            ends.extend(trained.ends);
        }
        Ok(ends)
    }

    /// Trains the restarts of a range. `waiting` and `best_elsewhere` are for what is reported of progress alone.
    pub(crate) fn batch(
        &self,
        range: Range<usize>,
        waiting: usize,
        best_elsewhere: f64,
        watch: &mut dyn Watch,
    ) -> Result<Trained, TrainError> {
        let starts = range.map(|index| self.start(index)).collect();
        let mut run = BatchRun::start(self, starts)?;
        run.waiting = waiting;
        run.best_elsewhere = best_elsewhere;
        let interrupted = run.finish(watch)?;
        let ends = run.restarts.iter().map(|restart| end_point(&self.layout, restart)).collect();
        Ok(Trained { ends, best: run.best(), interrupted })
    }

    /// The restarts of a range where they begin.
    pub(crate) fn untouched(&self, range: Range<usize>, reason: StopReason) -> impl Iterator<Item = EndPoint> {
        range.map(move |index| EndPoint { weights: self.layout.unpack(&self.start(index)), steps: 0, stop: reason })
    }

    fn start(&self, index: usize) -> Vec<f64> {
        initial::start(self.instance, &self.layout, self.restarts, index, self.settings.initialisation)
    }
}

/// Restarts per batch. It depends on the instance alone.
pub(crate) fn batch_size(instance: &Instance) -> usize {
    let (n, d, k) = (instance.data.len(), instance.data.dimension(), instance.network.width);
    let values = match (instance.loss, instance.network.kind) {
        (Loss::GaussianPopulation, _) => (n + k) * k * d,
        (_, NetworkKind::DeepLinear { depth: 3.. }) => (n * k + d) * k,
        _ => (n * instance.network.patches() + d) * k,
    };
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
    batch: Box<dyn Stepping>,
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
    fn start(task: &Task<'a>, starts: Vec<Vec<f64>>) -> Result<Self, TrainError> {
        let Task { instance, settings, levels, .. } = *task;
        let batch = batch::start(instance, &starts, settings)?;
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
