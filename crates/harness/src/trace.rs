//! How the bounds of a search moved, at times that are evenly spaced on a logarithmic scale.

use optgap_problem::{Bounds, Progress, StopReason, Watch};
use std::fmt::Write;
use std::time::{Duration, Instant};

/// The first point after the very first one is kept from this time on.
const FIRST_S: f64 = 1e-3;
/// A point is kept when this many times the last kept one's time has passed: 384 points from a millisecond to a year.
const SPACING: f64 = 1.065;

/// The state of a search at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TracePoint {
    /// Wall seconds since the search began.
    pub seconds: f64,
    /// Nodes visited by then.
    pub nodes: u64,
    /// Bounds by then.
    pub bounds: Bounds,
}

/// At most 400 states of a search in the order of time, the first and the last one among them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    points: Vec<TracePoint>,
    /// The time from which on another point is kept.
    next_s: f64,
    /// The latest point, if it was not kept.
    latest: Option<TracePoint>,
}

impl Trace {
    /// The states.
    pub fn points(&self) -> &[TracePoint] {
        &self.points
    }

    fn add(&mut self, point: TracePoint) {
        if point.seconds < self.next_s {
            self.latest = Some(point);
            return;
        }
        self.points.push(point);
        self.latest = None;
        self.next_s = point.seconds.max(FIRST_S) * SPACING;
    }

    /// Keeps the final state, whenever it comes.
    fn end(mut self, point: TracePoint) -> Self {
        // What moved between the last kept point and the end would be lost otherwise.
        self.points.extend(self.latest.take().filter(|latest| latest.seconds < point.seconds));
        self.points.push(point);
        self
    }

    /// A header and a line per state; bounds read back as the same f64, and one that is not known yet is empty.
    pub fn to_csv(&self) -> String {
        let number = |value: f64| if value.is_finite() { format!("{value:?}") } else { String::new() };
        let mut text = String::from("t_s,nodes,lower,upper\n");
        for TracePoint { seconds, nodes, bounds } in &self.points {
            let (lower, upper) = (number(bounds.lower), number(bounds.upper));
            writeln!(text, "{seconds:.6},{nodes},{lower},{upper}").expect("a string takes everything");
        }
        text
    }
}

/// A watch that writes down what it hears before it passes it on.
pub(crate) struct TraceWatch<'a> {
    watch: &'a mut dyn Watch,
    started: Instant,
    trace: Trace,
}

impl<'a> TraceWatch<'a> {
    pub(crate) fn new(watch: &'a mut dyn Watch) -> Self {
        Self { watch, started: Instant::now(), trace: Trace::default() }
    }

    /// The trace, with the result as its last state.
    pub(crate) fn finish(self, nodes: u64, bounds: Bounds) -> Trace {
        let seconds = self.started.elapsed().as_secs_f64();
        self.trace.end(TracePoint { seconds, nodes, bounds })
    }
}

impl Watch for TraceWatch<'_> {
    fn observe(&mut self, progress: Progress) {
        if let Progress::Search { nodes, bounds, .. } = progress {
            self.trace.add(TracePoint { seconds: self.started.elapsed().as_secs_f64(), nodes, bounds });
        }
        self.watch.observe(progress);
    }
    fn should_stop(&mut self) -> Option<StopReason> {
        self.watch.should_stop()
    }
    fn remaining(&self) -> Option<Duration> {
        self.watch.remaining()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(seconds: f64, nodes: u64) -> TracePoint {
        TracePoint { seconds, nodes, bounds: Bounds { lower: 0.0, upper: 1.0 } }
    }

    #[test]
    fn a_year_of_points_leaves_at_most_400_with_the_first_and_the_last() {
        let mut trace = Trace::default();
        let (mut seconds, mut nodes) = (1e-5, 0);
        while seconds < 3.2e7 {
            trace.add(point(seconds, nodes));
            seconds *= 1.001;
            nodes += 1;
        }
        let trace = trace.end(point(3.2e7, nodes));
        let points = trace.points();
        assert!(points.len() <= 400 && points.len() > 300, "{}", points.len());
        assert!(points[0] == point(1e-5, 0) && points[points.len() - 1] == point(3.2e7, nodes));
        assert!(points.windows(2).all(|pair| pair[0].seconds < pair[1].seconds && pair[0].nodes < pair[1].nodes));
    }

    #[test]
    fn the_file_has_a_header_and_no_infinities() {
        let mut trace = Trace::default();
        trace.add(TracePoint { seconds: 0.25, nodes: 0, bounds: Bounds { lower: 0.0, upper: f64::INFINITY } });
        let text = trace.end(point(0.5, 7)).to_csv();
        assert_eq!(text, "t_s,nodes,lower,upper\n0.250000,0,0.0,\n0.500000,7,0.0,1.0\n");
    }
}
