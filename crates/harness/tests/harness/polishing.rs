//! Polishing of end points outside a run.

use crate::common::REGISTRY;
use optgap_harness::{Engine, TrainingAttempt, descend, polish_ends};
use optgap_problem::{Instance, NoWatch, Parameters, Restarts};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

fn trained() -> (Instance, TrainingAttempt) {
    let instance = REGISTRY.family("line", None).expect("known").instance(1).expect("valid");
    let method = REGISTRY.method("walker", &Parameters::default()).expect("known");
    let Engine::Training(trainer) = &method.engine else { panic!("a trainer") };
    let attempt = descend(&instance, trainer.as_ref(), Restarts { count: 4, seed: 1 }, None, &mut NoWatch).expect("trained");
    (instance, attempt)
}

fn polished(limit: Duration, interrupted: bool) -> TrainingAttempt {
    let (instance, mut attempt) = trained();
    let polish = REGISTRY.polish.expect("the toy polishes");
    polish_ends(&instance, &mut attempt, polish, limit, &AtomicBool::new(interrupted));
    attempt
}

#[test]
fn only_end_points_that_are_finite_and_accepted_are_polished_and_nothing_else_changes() {
    let (_, before) = trained();
    let after = polished(Duration::MAX, false);
    let polished: Vec<bool> = after.result.ends.iter().map(|end| end.polished.is_some()).collect();
    assert_eq!(polished, [false, false, true, true], "the best is refused, the second diverged");
    let losses = |attempt: &TrainingAttempt| attempt.result.ends.iter().map(|end| end.loss).collect::<Vec<_>>();
    assert_eq!((losses(&after), &after.weights), (losses(&before), &before.weights));
    assert_eq!(before.result.polish_s, None);
}

#[test]
fn a_limit_and_an_interruption_end_polishing() {
    for attempt in [polished(Duration::ZERO, false), polished(Duration::MAX, true)] {
        assert!(attempt.result.ends.iter().all(|end| end.polished.is_none()));
        assert!(attempt.result.polish_s.is_some());
    }
}
