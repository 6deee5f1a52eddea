//! Limits, refusals and what is left when time runs out.

use optgap_conformance::exact::{samples, with_samples};
use optgap_conformance::reference::reference_instances;
use optgap_exact::{Bound, Cones};
use optgap_problem::{Dataset, ExactSolver, ExactTask, Instance, Loss, Network, Progress, StopReason, Tolerance, Watch};
use std::time::{Duration, Instant};

/// Stops after a time, or after a number of questions.
struct Limit {
    started: Instant,
    allowed: Duration,
    questions: usize,
    seen: Vec<Progress>,
}

impl Limit {
    fn time(seconds: f64) -> Self {
        Self { started: Instant::now(), allowed: Duration::from_secs_f64(seconds), questions: usize::MAX, seen: Vec::new() }
    }
}

impl Watch for Limit {
    fn observe(&mut self, progress: Progress) {
        self.seen.push(progress);
    }
    fn should_stop(&mut self) -> Option<StopReason> {
        self.questions = self.questions.saturating_sub(1);
        if self.questions == 0 {
            return Some(StopReason::Interrupted);
        }
        (self.started.elapsed() > self.allowed).then_some(StopReason::TimeLimit)
    }
    fn remaining(&self) -> Option<Duration> {
        Some(self.allowed.saturating_sub(self.started.elapsed()))
    }
}

fn hard() -> (Instance, f64) {
    let all = reference_instances();
    let reference = all.into_iter().find(|r| r.instance.name == "random-labels-n25-d2-k3").expect("shipped");
    (reference.instance, reference.optimum)
}

#[test]
fn a_search_out_of_time_returns_valid_bounds_and_says_why() {
    let (mut instance, narrow_optimum) = hard();
    // More units can only do better.
    instance.network.width = 6;
    let tolerance = Tolerance::for_level(instance.constant_level());
    for seconds in [0.0, 0.05, 0.5] {
        let mut limit = Limit::time(seconds);
        let outcome = Cones::default().solve(&instance, ExactTask::optimum(tolerance), &mut limit).expect("supported");
        assert_eq!(outcome.stop, StopReason::TimeLimit);
        assert!(outcome.lower >= 0.0 && outcome.lower <= narrow_optimum);
        assert!(instance.loss_of(&outcome.weights).expect("fits").hi >= outcome.lower);
    }
}

#[test]
fn bounds_at_any_interruption_contain_the_optimum() {
    let reference = reference_instances().into_iter().find(|r| r.instance.name == "random-labels-n12-d2-k2").expect("shipped");
    let tolerance = Tolerance::for_level(reference.instance.constant_level());
    for questions in [1, 2, 300, 420, 450, 600, 1000, 1500, 2500] {
        let mut limit = Limit { questions, ..Limit::time(1e6) };
        let outcome = Cones::default().solve(&reference.instance, ExactTask::optimum(tolerance), &mut limit).expect("supported");
        let upper = reference.instance.loss_of(&outcome.weights).expect("fits").hi;
        assert!(
            outcome.lower <= reference.optimum * (1.0 + 1e-8) && reference.optimum * (1.0 - 1e-8) <= upper,
            "{questions}: {outcome:?}"
        );
    }
}

#[test]
fn progress_never_claims_more_than_the_optimum() {
    let reference = reference_instances().into_iter().find(|r| r.instance.name == "random-labels-n25-d2-k2").expect("shipped");
    let tolerance = Tolerance::for_level(reference.instance.constant_level());
    let mut limit = Limit::time(1e6);
    Cones::default().solve(&reference.instance, ExactTask::optimum(tolerance), &mut limit).expect("supported");
    assert!(limit.seen.len() > 3);
    for progress in limit.seen {
        let Progress::Search { bounds, .. } = progress else { panic!("a search reports a search") };
        assert!(bounds.lower <= reference.optimum * (1.0 + 1e-8), "{bounds:?}");
    }
}

#[test]
fn networks_that_are_far_too_wide_are_refused_with_the_reason() {
    let data = Dataset::new(&[vec![1.0, 2.0], vec![0.0, 1.0]], vec![1.0, 2.0]).expect("valid");
    let wide = Instance::new(data, Network::dense(200), Loss::Squared).expect("valid");
    let intervals = Cones { bound: Bound::Interval, ..Cones::default() };
    let message = intervals.supports(&wide).expect_err("too wide").to_string();
    assert!(message.contains("width 200 with 2 inputs needs"), "{message}");
}

#[test]
fn inputs_that_say_nothing_leave_the_best_constant() {
    let rows = vec![vec![0.0], vec![0.0], vec![0.0]];
    for (network, optimum) in [
        (Network { hidden_bias: false, ..Network::dense(1) }, 14.0 / 3.0),
        (Network { hidden_bias: false, output_bias: true, ..Network::dense(1) }, 2.0 / 3.0),
        (Network::dense(2), 2.0 / 3.0),
    ] {
        let data = Dataset::new(&rows, vec![1.0, 2.0, 3.0]).expect("valid");
        let instance = Instance::new(data, network, Loss::Squared).expect("valid");
        let bounds = optgap_conformance::exact::solve(&Cones::default(), &instance);
        assert!((bounds.upper - optimum).abs() < 1e-12, "{bounds:?}");
    }
}

#[test]
fn nearly_collinear_points_are_solved_in_their_own_coordinates() {
    // One unit in the last place off the line: the exact rank is three, and the solver must not pretend otherwise.
    let reference = reference_instances().into_iter().find(|r| r.instance.name == "collinear-n12-k2").expect("shipped");
    let mut bent = samples(&reference.instance);
    bent[5].0[1] = bent[5].0[1].next_up();
    let instance = with_samples(&reference.instance, bent);
    let tolerance = Tolerance::for_level(instance.constant_level());
    let mut limit = Limit::time(2.0);
    let outcome = Cones::default().solve(&instance, ExactTask::optimum(tolerance), &mut limit).expect("supported");
    let upper = instance.loss_of(&outcome.weights).expect("fits").hi;
    assert!(outcome.lower <= upper && upper <= reference.optimum * (1.0 + 1e-8));
}
