//! How the learning rate changes with the steps, by burn's schedulers.

use burn::lr_scheduler::composed::{ComposedLrSchedulerConfig, SchedulerReduction};
use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::lr_scheduler::linear::LinearLrSchedulerConfig;
use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::lr_scheduler::step::StepLrSchedulerConfig;
use optgap_problem::TrainError;

/// A factor on all learning rates that depends on the step alone. What plateaus do to a restart's own rate comes on top.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// Its course.
    pub kind: ScheduleKind,
    /// Steps during which the factor also rises in equal parts from nearly 0 to 1.
    pub warm_up: usize,
}

/// The course of a learning rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleKind {
    /// Always 1.
    Constant,
    /// Half a cosine from 1 at the first step to 0 at the end of the step budget (Loshchilov and Hutter 2017).
    Cosine,
    /// 1 for the first third of the step budget, 1/10 for the second, 1/100 for the last.
    Step,
}

/// Steps of a step schedule over the budget.
const STAIRS: usize = 3;

impl Schedule {
    /// The schedule over a budget of steps; none where it is always 1.
    ///
    /// # Errors
    /// When burn refuses its numbers.
    pub(crate) fn start(self, steps: u64) -> Result<Option<ModuleLrScheduler>, TrainError> {
        if self.kind == ScheduleKind::Constant && self.warm_up == 0 {
            return Ok(None);
        }
        let steps = steps as usize;
        let course = ComposedLrSchedulerConfig::new().with_reduction(SchedulerReduction::Prod);
        let course = match self.kind {
            ScheduleKind::Constant => course,
            ScheduleKind::Cosine => course.cosine(CosineAnnealingLrSchedulerConfig::new(1.0, steps)),
            ScheduleKind::Step => course.step(StepLrSchedulerConfig::new(1.0, steps.div_ceil(STAIRS))),
        };
        let course = match self.warm_up {
            0 => course,
            warm_up => course.linear(LinearLrSchedulerConfig::new(1.0 / (warm_up as f64 + 1.0), 1.0, warm_up)),
        };
        course.init().map(Some).map_err(|error| TrainError::Failed(format!("the schedule: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factors(kind: ScheduleKind, warm_up: usize, steps: u64) -> Vec<f64> {
        let mut scheduler = Schedule { kind, warm_up }.start(steps).expect("valid").expect("not always 1");
        (0..steps).map(|_| scheduler.step().base()).collect()
    }

    #[test]
    fn courses_begin_and_end_where_they_should() {
        let cosine = factors(ScheduleKind::Cosine, 0, 100);
        assert!((cosine[0] - 1.0).abs() < 1e-12 && (cosine[50] - 0.5).abs() < 1e-12 && cosine[99] < 1e-3, "{cosine:?}");
        let stairs = factors(ScheduleKind::Step, 0, 9);
        for (factor, expected) in stairs.iter().zip([1.0, 1.0, 1.0, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01]) {
            assert!((factor - expected).abs() < 1e-12, "{stairs:?}");
        }
    }

    #[test]
    fn warming_up_rises_to_one_and_then_leaves_the_course_alone() {
        let warm = factors(ScheduleKind::Constant, 4, 8);
        for (factor, expected) in warm.iter().zip([0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 1.0, 1.0]) {
            assert!((factor - expected).abs() < 1e-12, "{warm:?}");
        }
        let both = factors(ScheduleKind::Step, 2, 6);
        assert!((both[0] - 1.0 / 3.0).abs() < 1e-12 && (both[5] - 0.01).abs() < 1e-12, "{both:?}");
        assert!(Schedule { kind: ScheduleKind::Constant, warm_up: 0 }.start(5).expect("valid").is_none());
    }
}
