//! The harness's side of a running method: clock, limit and interruption.

use optgap_problem::{Progress, StopReason, Watch};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Stops a method at a time limit or when a flag is raised, and passes its progress on.
pub struct ClockWatch<'a> {
    started: Instant,
    limit: Option<Duration>,
    interrupt: &'a AtomicBool,
    listener: Option<&'a mut dyn FnMut(Duration, Progress)>,
}

impl<'a> ClockWatch<'a> {
    /// A watch whose clock starts now.
    pub fn new(limit: Option<Duration>, interrupt: &'a AtomicBool) -> Self {
        Self { started: Instant::now(), limit, interrupt, listener: None }
    }

    /// The same watch, with a listener that hears of every progress and the time since the start.
    #[must_use]
    pub fn heard_by(self, listener: &'a mut dyn FnMut(Duration, Progress)) -> Self {
        Self { listener: Some(listener), ..self }
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

impl Watch for ClockWatch<'_> {
    fn observe(&mut self, progress: Progress) {
        let elapsed = self.elapsed();
        if let Some(listener) = &mut self.listener {
            listener(elapsed, progress);
        }
    }

    fn should_stop(&mut self) -> Option<StopReason> {
        if self.interrupt.load(Ordering::Relaxed) {
            Some(StopReason::Interrupted)
        } else if self.remaining().is_some_and(|left| left.is_zero()) {
            Some(StopReason::TimeLimit)
        } else {
            None
        }
    }

    fn remaining(&self) -> Option<Duration> {
        self.limit.map(|limit| limit.saturating_sub(self.elapsed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_stops_at_its_limit_or_when_interrupted_and_not_before() {
        let interrupt = AtomicBool::new(false);
        let mut unlimited = ClockWatch::new(None, &interrupt);
        assert_eq!((unlimited.should_stop(), unlimited.remaining()), (None, None));
        let mut long = ClockWatch::new(Some(Duration::from_hours(1)), &interrupt);
        assert_eq!(long.should_stop(), None);
        assert!(long.remaining().is_some_and(|left| left > Duration::from_mins(50)));
        let mut spent = ClockWatch::new(Some(Duration::ZERO), &interrupt);
        assert_eq!(spent.should_stop(), Some(StopReason::TimeLimit));
        interrupt.store(true, Ordering::Relaxed);
        assert_eq!(spent.should_stop(), Some(StopReason::Interrupted));
    }

    #[test]
    fn progress_reaches_the_listener() {
        let interrupt = AtomicBool::new(false);
        let mut heard = Vec::new();
        let progress = Progress::Training { step: 1, active: 2, best: 0.5 };
        let mut listener = |_: Duration, progress| heard.push(progress);
        ClockWatch::new(None, &interrupt).heard_by(&mut listener).observe(progress);
        assert_eq!(heard, [progress]);
    }
}
