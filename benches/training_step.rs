//! One optimisation step of 64 restarts of a two-layer network, for a few sizes, with each of the trainers' optimisers.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use optgap_families::FAMILIES;
use optgap_problem::{Family, Instance, Method, Parameters, Restarts, Selector, Trainer};
use optgap_trainer::{Batch, METHODS, Settings};

/// Samples, inputs and hidden units.
const SIZES: [(usize, usize, usize); 5] = [(40, 2, 2), (40, 2, 3), (100, 2, 2), (100, 2, 3), (500, 4, 4)];
const RESTARTS: Restarts = Restarts { count: 64, seed: 1 };

fn instance((samples, dimension, width): (usize, usize, usize)) -> Instance {
    let family: &dyn Family = *FAMILIES.iter().find(|family| family.name() == "teacher").expect("a family");
    let text = format!("teacher[n={samples},dimension={dimension},teacher-width={width},width={width}]");
    let selector: Selector = text.parse().expect("a selector");
    let parameters = selector.choices()[0].complete(family.parameters()).expect("declared parameters");
    family.instance(&parameters, 1).expect("an instance")
}

fn settings(method: &Method<dyn Trainer>) -> Settings {
    let completed = Parameters::default().complete(method.parameters).expect("defaults are in range");
    match method.name {
        "sgd" => Settings::sgd(&completed),
        "adam" => Settings::adam(&completed),
        other => panic!("no settings for the method {other}"),
    }
}

fn training_step(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("training_step");
    group.throughput(Throughput::Elements(RESTARTS.count as u64));
    for method in METHODS {
        for size in SIZES {
            let instance = instance(size);
            let mut batch = Batch::start(&instance, RESTARTS, 0..RESTARTS.count, &settings(method)).expect("a batch");
            let id = BenchmarkId::new(method.name, format!("n={},d={},k={}", size.0, size.1, size.2));
            group.bench_function(id, |bencher| bencher.iter(|| batch.step().expect("a step")));
        }
    }
    group.finish();
}

criterion_group!(benches, training_step);
criterion_main!(benches);
