//! When a restart stops, why, and what is heard on the way.

use crate::{BATCH, Stopwatch, descents, easy, loss, noisy, train, trainer, wide};
use optgap_problem::{Progress, Restarts, StopReason};

#[test]
fn a_restart_stops_at_the_target_and_is_there() {
    let instance = easy();
    let target = 0.05 * instance.constant_level();
    for method in descents() {
        let outcome = train(&*trainer(method, ""), &instance, 8, Some(target));
        let reached: Vec<usize> = (0..8).filter(|&i| outcome.ends[i].stop == StopReason::TargetReached).collect();
        assert!(!reached.is_empty(), "{}", method.name);
        assert!(reached.iter().all(|&index| loss(&instance, &outcome, index) <= target * (1.0 + 1e-12)));
        let onward = train(&*trainer(method, ""), &instance, 8, None);
        assert!(reached.iter().all(|&index| outcome.ends[index].steps < onward.ends[index].steps));
    }
}

#[test]
fn plateaus_and_the_step_limit_are_named() {
    let instance = noisy();
    for method in descents() {
        let outcome = train(&*trainer(method, "reductions=2"), &instance, 8, None);
        assert!(outcome.ends.iter().all(|end| end.stop == StopReason::Converged && end.steps < 20_000), "{}", method.name);
        let outcome = train(&*trainer(method, "steps=30"), &instance, 8, None);
        assert!(outcome.ends.iter().all(|end| end.stop == StopReason::StepLimit && end.steps == 30), "{}", method.name);
    }
}

#[test]
fn the_watch_is_asked_before_every_step_and_obeyed_at_once() {
    let instance = wide();
    for method in descents() {
        for reason in [StopReason::TimeLimit, StopReason::Interrupted] {
            let mut watch = Stopwatch::new(37, reason);
            let restarts = Restarts { count: 100, seed: 3 };
            let outcome = trainer(method, "").train(&instance, restarts, None, &mut watch).expect("trained");
            assert_eq!(outcome.ends.len(), 100);
            assert!(outcome.ends.iter().all(|end| end.stop == reason), "{}", method.name);
            assert!(outcome.ends[..BATCH].iter().all(|end| end.steps == 37), "{}", method.name);
            assert!(outcome.ends[BATCH..].iter().all(|end| end.steps == 0), "the second batch never starts");
            assert_eq!(watch.questions, 38);
        }
    }
}

#[test]
fn interrupted_restarts_return_the_best_weights_so_far() {
    let instance = noisy();
    for method in descents() {
        let trainer = trainer(method, "check-every=1000");
        let run = |at| {
            let restarts = Restarts { count: 8, seed: 3 };
            trainer.train(&instance, restarts, None, &mut Stopwatch::new(at, StopReason::TimeLimit)).expect("trained")
        };
        let (start, end) = (run(0), run(60));
        assert!((0..8).all(|index| loss(&instance, &end, index) < loss(&instance, &start, index)), "{}", method.name);
    }
}

#[test]
fn progress_is_reported_with_falling_losses() {
    let instance = noisy();
    for method in descents() {
        let mut watch = Stopwatch::new(u64::MAX, StopReason::TimeLimit);
        let restarts = Restarts { count: 70, seed: 3 };
        trainer(method, "steps=100").train(&instance, restarts, None, &mut watch).expect("trained");
        let heard: Vec<(u64, usize, f64)> = watch
            .heard
            .iter()
            .map(|progress| match *progress {
                Progress::Training { step, active, best } => (step, active, best),
                Progress::Search { .. } => panic!("a trainer does not search"),
            })
            .collect();
        assert_eq!((heard[0].0, heard[0].1), (0, 70));
        assert!(heard.windows(2).all(|pair| pair[1].2 <= pair[0].2));
        assert_eq!(heard.last().map(|last| (last.0, last.1)), Some((100, 0)));
    }
}
