//! When a restart slows down and when it stops.

use optgap_problem::StopReason;

/// The rules by which one restart slows down and stops. Losses are looked at every `check_every` steps only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stopping {
    /// Step budget of each restart.
    pub steps: u64,
    /// Steps between two checks.
    pub check_every: u64,
    /// Checks without a relative improvement of `improvement` that make a plateau.
    pub patience: u32,
    /// The relative improvement of the best loss that ends the wait for a plateau.
    pub improvement: f64,
    /// Factor on the learning rate at each plateau.
    pub reduction: f64,
    /// How often the rate is reduced; the plateau after the last reduction stops the restart.
    pub reductions: u32,
    /// A loss at or below this share of the best constant prediction's loss counts as converged.
    pub loss_floor: f64,
}

/// One restart's view of its own losses.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Restart {
    /// Lowest finite loss at a check, infinite before the first.
    pub(crate) best: f64,
    /// Parameters of `best`; the initial ones before the first check.
    pub(crate) parameters: Vec<f64>,
    /// Factor on the learning rate, 0 once stopped.
    pub(crate) rate: f64,
    /// Steps taken and the reason, once stopped.
    pub(crate) stopped: Option<(u64, StopReason)>,
    reference: f64,
    stale: u32,
    reductions: u32,
}

/// Levels of the loss at which a restart may stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Levels {
    /// The caller's target.
    pub(crate) target: Option<f64>,
    /// Loss that counts as zero.
    pub(crate) floor: f64,
}

impl Restart {
    pub(crate) fn new(parameters: Vec<f64>) -> Self {
        Self { best: f64::INFINITY, parameters, rate: 1.0, stopped: None, reference: f64::INFINITY, stale: 0, reductions: 0 }
    }

    pub(crate) fn is_active(&self) -> bool {
        self.stopped.is_none()
    }

    /// Remembers a loss if it is the lowest yet; `parameters` gives the column that has it.
    pub(crate) fn record(&mut self, loss: f64, parameters: impl FnOnce() -> Vec<f64>) {
        if loss < self.best {
            let parameters = parameters();
            if parameters.iter().all(|v| v.is_finite()) {
                self.best = loss;
                self.parameters = parameters;
            }
        }
    }

    /// Judges the loss of a check after `step` steps, once it is recorded.
    pub(crate) fn judge(&mut self, loss: f64, step: u64, levels: Levels, rules: &Stopping) {
        let reason = if !loss.is_finite() {
            Some(StopReason::Diverged)
        } else if levels.target.is_some_and(|target| self.best <= target) {
            Some(StopReason::TargetReached)
        } else if self.best <= levels.floor || self.plateau_ends(rules) {
            Some(StopReason::Converged)
        } else {
            (step >= rules.steps).then_some(StopReason::StepLimit)
        };
        if let Some(reason) = reason {
            self.stop(step, reason);
        }
    }

    pub(crate) fn stop(&mut self, step: u64, reason: StopReason) {
        self.stopped = Some((step, reason));
        self.rate = 0.0;
    }

    /// Counts the check towards a plateau; a plateau reduces the rate, and the last one is the end.
    fn plateau_ends(&mut self, rules: &Stopping) -> bool {
        if self.best < self.reference * (1.0 - rules.improvement) {
            self.reference = self.best;
            self.stale = 0;
            return false;
        }
        self.stale += 1;
        if self.stale < rules.patience {
            return false;
        }
        self.stale = 0;
        self.reductions += 1;
        self.rate *= rules.reduction;
        self.reductions > rules.reductions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Stopping =
        Stopping { steps: 100, check_every: 1, patience: 2, improvement: 0.1, reduction: 0.5, reductions: 1, loss_floor: 0.0 };
    const NO_TARGET: Levels = Levels { target: None, floor: 1e-6 };

    /// Feeds the losses of checks 0, 1, 2, ... until the restart stops.
    fn after(losses: &[f64], levels: Levels) -> Restart {
        let mut restart = Restart::new(vec![-1.0]);
        for (step, &loss) in losses.iter().enumerate() {
            restart.record(loss, || vec![step as f64]);
            restart.judge(loss, step as u64, levels, &RULES);
            if !restart.is_active() {
                break;
            }
        }
        restart
    }

    #[test]
    fn a_plateau_first_reduces_the_rate_and_then_stops() {
        assert_eq!(after(&[1.0, 0.95, 0.8, 0.75], NO_TARGET).rate, 1.0);
        assert_eq!(after(&[1.0, 0.95, 0.91], NO_TARGET).rate, 0.5);
        let restart = after(&[1.0, 0.95, 0.91, 1.0, 1.0, 0.0], NO_TARGET);
        assert_eq!(restart.stopped, Some((4, StopReason::Converged)));
        assert_eq!((restart.best, restart.parameters, restart.rate), (0.91, vec![2.0], 0.0));
    }

    #[test]
    fn levels_stop_a_restart_and_the_target_comes_first() {
        assert_eq!(after(&[1.0, 1e-7], NO_TARGET).stopped, Some((1, StopReason::Converged)));
        let levels = Levels { target: Some(0.5), ..NO_TARGET };
        assert_eq!(after(&[1.0, 0.5], levels).stopped, Some((1, StopReason::TargetReached)));
        assert_eq!(after(&[1.0, 1e-7], levels).stopped, Some((1, StopReason::TargetReached)));
    }

    #[test]
    fn the_step_limit_and_divergence_are_named() {
        let falling: Vec<f64> = (0..200).map(|i| 0.9f64.powi(i)).collect();
        let levels = Levels { target: None, floor: 0.0 };
        assert_eq!(after(&falling, levels).stopped, Some((100, StopReason::StepLimit)));
        for bad in [f64::NAN, f64::INFINITY] {
            let restart = after(&[2.0, 1.0, bad], NO_TARGET);
            assert_eq!(restart.stopped, Some((2, StopReason::Diverged)));
            assert_eq!((restart.best, restart.parameters), (1.0, vec![1.0]));
        }
        assert_eq!(after(&[f64::NAN], NO_TARGET).parameters, [-1.0]);
    }
}
