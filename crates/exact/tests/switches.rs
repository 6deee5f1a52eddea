//! Every switch of the solver leaves the optimum where it is.

use optgap_conformance::exact::{AGREEMENT, assert_contains, solve};
use optgap_conformance::reference::{RELATIVE_ERROR, reference_instances};
use optgap_exact::{Bound, Cones, OneSided};
use optgap_problem::{ExactSolver, ExactTask, Instance, NoWatch, Tolerance};

/// Small enough for every combination, and of every kind: noisy, random, with ties and duplicates, collinear, real.
const NAMES: [&str; 9] = [
    "absolute-steps-n9-k2",
    "collinear-n12-k2",
    "grid-parity-n16-k1",
    "grid-parity-n16-k2",
    "integers-with-duplicates-n30-k2",
    "iris-sepal-n60-k2",
    "noisy-teacher-n40-d3-k1",
    "random-labels-n12-d2-k2",
    "random-labels-n20-d1-k3",
];

fn instances() -> impl Iterator<Item = (Instance, f64)> {
    let all = reference_instances().into_iter();
    all.filter(|r| NAMES.contains(&r.instance.name.as_str())).map(|r| (r.instance, r.optimum))
}

fn combinations() -> Vec<Cones> {
    let mut combinations = Vec::new();
    for bound in [Bound::Interval, Bound::Hull] {
        for one_sided in [OneSided::Always, OneSided::Never] {
            for threads in [1, 2] {
                for starts in [0, 200] {
                    combinations.push(Cones { bound, one_sided, threads, starts, ..Cones::DEFAULT });
                }
            }
        }
    }
    combinations
}

#[test]
fn all_combinations_of_switches_find_the_same_optimum() {
    let mut seen = 0;
    for (instance, optimum) in instances() {
        seen += 1;
        for solver in combinations() {
            let bounds = solve(&solver, &instance);
            assert_contains(bounds, optimum, &instance, RELATIVE_ERROR);
        }
    }
    assert_eq!(seen, NAMES.len());
}

#[test]
fn the_weights_do_not_depend_on_the_number_of_threads() {
    for (instance, _) in instances() {
        let task = ExactTask::optimum(Tolerance::for_level(instance.constant_level()));
        let loss = |threads| {
            let solver = Cones { threads, ..Cones::DEFAULT };
            let outcome = solver.solve(&instance, task, &mut NoWatch).expect("supported");
            instance.loss_of(&outcome.weights).expect("fits").hi
        };
        let (one, two) = (loss(1), loss(2));
        assert!((one - two).abs() <= AGREEMENT * one.max(instance.constant_level()), "{}: {one} {two}", instance.name);
    }
}

#[test]
fn little_memory_makes_the_search_go_deep_and_finds_the_same_optimum() {
    for (instance, optimum) in instances() {
        for bound in [Bound::Interval, Bound::Hull] {
            let solver = Cones { memory_limit: 1, bound, ..Cones::DEFAULT };
            assert_contains(solve(&solver, &instance), optimum, &instance, RELATIVE_ERROR);
        }
    }
}
