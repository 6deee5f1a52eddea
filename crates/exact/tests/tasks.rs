//! What else can be asked of a search: to begin with given weights, and to decide whether a loss exists.

use optgap_conformance::reference::{ReferenceInstance, reference_instances};
use optgap_exact::Cones;
use optgap_problem::{ExactOutcome, ExactSolver, ExactTask, Instance, NoWatch, SolveError, StopReason, Tolerance, Weights};

fn reference(name: &str) -> ReferenceInstance {
    reference_instances().into_iter().find(|reference| reference.instance.name == name).expect("shipped")
}

fn tolerance(instance: &Instance) -> Tolerance {
    Tolerance::for_level(instance.constant_level())
}

fn upper(instance: &Instance, outcome: &ExactOutcome) -> f64 {
    instance.loss_of(&outcome.weights).expect("fits").hi
}

#[test]
fn a_search_that_begins_with_the_optimum_ends_there_without_any_local_search() {
    let ReferenceInstance { instance, optimum } = reference("random-labels-n25-d2-k2");
    let task = ExactTask::optimum(tolerance(&instance));
    let best = Cones::default().solve(&instance, task, &mut NoWatch).expect("supported").weights;
    let cold = Cones { starts: 0, ..Cones::default() };
    for start in [best.clone(), Weights { output: best.output.iter().map(|a| a * 0.9).collect(), ..best.clone() }] {
        let outcome = cold.solve(&instance, ExactTask { start: Some(&start), ..task }, &mut NoWatch).expect("supported");
        assert_eq!(outcome.stop, StopReason::BoundsClosed);
        assert!((upper(&instance, &outcome) - optimum).abs() <= 1e-8 * optimum);
    }
}

#[test]
fn a_start_is_never_made_worse_and_useless_ones_do_no_harm() {
    let ReferenceInstance { instance, optimum } = reference("random-labels-n12-d2-k2");
    let task = ExactTask::optimum(tolerance(&instance));
    let mut huge = Weights::zero(2, 2);
    huge.hidden[0][0] = 1e200;
    huge.output[1] = -1e200;
    for start in [huge, Weights::zero(2, 2)] {
        let outcome =
            Cones::default().solve(&instance, ExactTask { start: Some(&start), ..task }, &mut NoWatch).expect("supported");
        assert!((upper(&instance, &outcome) - optimum).abs() <= 1e-8 * optimum);
    }
    let task = ExactTask { start: Some(&Weights::zero(3, 2)), ..task };
    let error = Cones::default().solve(&instance, task, &mut NoWatch).expect_err("another shape");
    assert!(matches!(&error, SolveError::Start(_)) && error.to_string().contains("hidden has length 3"), "{error}");
}

#[test]
fn a_threshold_is_decided_on_both_sides_of_the_optimum_with_a_proof() {
    for name in ["random-labels-n25-d2-k2", "random-labels-n12-d2-k2", "collinear-n12-k2"] {
        let ReferenceInstance { instance, optimum } = reference(name);
        let task = ExactTask::optimum(tolerance(&instance));
        let full = Cones::default().solve(&instance, task, &mut NoWatch).expect("supported").nodes;
        for share in [0.0, 0.3, 0.9, 0.999_999, 1.000_001, 1.1, 3.0] {
            let threshold = share * optimum;
            let outcome =
                Cones::default().solve(&instance, ExactTask { threshold: Some(threshold), ..task }, &mut NoWatch).expect("ok");
            assert!(outcome.lower <= optimum * (1.0 + 1e-8) && upper(&instance, &outcome) >= optimum * (1.0 - 1e-8));
            if share < 1.0 {
                assert_eq!(outcome.stop, StopReason::TargetExcluded, "{name} {share}");
                assert!(outcome.lower > threshold);
            } else {
                assert_eq!(outcome.stop, StopReason::TargetReached, "{name} {share}");
                assert!(upper(&instance, &outcome) <= threshold);
            }
            // Another cut may choose other splits, so that a decision near the optimum can cost a few nodes more.
            assert!(outcome.nodes <= full + full / 10 + 20, "{name} {share}: a decision is hardly more work than the optimum");
        }
    }
}

#[test]
fn a_witness_found_by_the_tree_search_ends_it_at_once() {
    let ReferenceInstance { instance, optimum } = reference("random-labels-n25-d2-k3");
    for threads in [1, 2] {
        let cold = Cones { starts: 0, threads, ..Cones::default() };
        let task = ExactTask { threshold: Some(1.5 * optimum), ..ExactTask::optimum(tolerance(&instance)) };
        let outcome = cold.solve(&instance, task, &mut NoWatch).expect("supported");
        assert_eq!(outcome.stop, StopReason::TargetReached);
        assert!(outcome.lower <= optimum && upper(&instance, &outcome) <= 1.5 * optimum);
    }
}
