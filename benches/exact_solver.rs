//! Whole searches, from the instance to closed bounds: small reference instances, and entries of the target table (the
//! one-second half of `plans/targets.toml`) with one and with two threads.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use optgap_conformance::reference::reference_instances;
use optgap_exact::Cones;
use optgap_families::FAMILIES;
use optgap_problem::{ExactSolver, ExactTask, Family, Instance, NoWatch, Selector, StopReason, Tolerance};
use std::time::Duration;

/// One for each kind: learnable and random labels, degenerate and real data, and every width.
const REFERENCES: [&str; 8] = [
    "collinear-n12-k2",
    "integers-with-duplicates-n30-k2",
    "iris-sepal-n60-k2",
    "noisy-teacher-n60-d2-k2",
    "noisy-teacher-n60-d4-k1",
    "noisy-teacher-n20-d1-k3",
    "random-labels-n25-d2-k2",
    "random-labels-n20-d1-k4",
];
/// Entries of the target table, one for every width and kind that closes well within a second or two on one thread.
const TARGETS: [&str; 6] = [
    "teacher[n=30,dimension=2,teacher-width=3,width=3]",
    "teacher[n=100,dimension=1,teacher-width=4,width=4]",
    "random-labels[n=200,dimension=3,width=1]",
    "random-labels[n=500,dimension=1,width=2]",
    "random-labels[n=100,dimension=2,width=2]",
    "random-labels[n=20,dimension=2,width=3]",
];
/// Data seed of the targets.
const SEED: u64 = 2;
/// The least that criterion allows: a search is long and varies little.
const SAMPLES: usize = 10;

fn generated(text: &str) -> Instance {
    let selector: Selector = text.parse().expect("a selector");
    let family: &dyn Family = *FAMILIES.iter().find(|family| family.name() == selector.name).expect("a family");
    let parameters = selector.choices()[0].complete(family.parameters()).expect("declared parameters");
    family.instance(&parameters, SEED).expect("an instance")
}

fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(SAMPLES).measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_millis(500));
    group
}

fn bench(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, solver: Cones, instance: &Instance) {
    let tolerance = Tolerance::for_level(instance.constant_level());
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            let outcome = solver.solve(instance, ExactTask::optimum(tolerance), &mut NoWatch).expect("supported");
            assert_eq!(outcome.stop, StopReason::BoundsClosed);
            outcome
        });
    });
}

fn references(criterion: &mut Criterion) {
    let mut group = group(criterion, "exact_solver");
    let references = reference_instances();
    for name in REFERENCES {
        let reference = references.iter().find(|r| r.instance.name == name).expect("a reference instance");
        bench(&mut group, name, Cones::default(), &reference.instance);
    }
    group.finish();
}

fn targets(criterion: &mut Criterion) {
    let mut group = group(criterion, "exact_solver_targets");
    for text in TARGETS {
        let instance = generated(text);
        for threads in [1, 2] {
            let name = format!("{}, threads {threads}", instance.name);
            bench(&mut group, &name, Cones { threads, ..Cones::default() }, &instance);
        }
    }
    group.finish();
}

criterion_group!(benches, references, targets);
criterion_main!(benches);
