//! Whole searches, from the instance to closed bounds, on reference instances that take up to a few tenths of a second.

use criterion::{Criterion, criterion_group, criterion_main};
use optgap_conformance::reference::reference_instances;
use optgap_exact::Cones;
use optgap_problem::{ExactSolver, ExactTask, NoWatch, StopReason, Tolerance};
use std::time::Duration;

/// One for each kind: learnable and random labels, degenerate and real data, and every width.
const INSTANCES: [&str; 8] = [
    "collinear-n12-k2",
    "integers-with-duplicates-n30-k2",
    "iris-sepal-n60-k2",
    "noisy-teacher-n60-d2-k2",
    "noisy-teacher-n60-d4-k1",
    "noisy-teacher-n20-d1-k3",
    "random-labels-n25-d2-k2",
    "random-labels-n20-d1-k4",
];
/// The least that criterion allows: a search is long and varies little.
const SAMPLES: usize = 10;

fn exact_solver(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("exact_solver");
    group.sample_size(SAMPLES).measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_millis(500));
    let references = reference_instances();
    for name in INSTANCES {
        let reference = references.iter().find(|r| r.instance.name == name).expect("a reference instance");
        let tolerance = Tolerance::for_level(reference.instance.constant_level());
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let outcome =
                    Cones::default().solve(&reference.instance, ExactTask::optimum(tolerance), &mut NoWatch).expect("supported");
                assert_eq!(outcome.stop, StopReason::BoundsClosed);
                outcome
            });
        });
    }
    group.finish();
}

criterion_group!(benches, exact_solver);
criterion_main!(benches);
