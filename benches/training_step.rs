//! One optimisation step of many restarts of a two-layer network, for a few sizes, with each of the trainers' optimisers, and the same
//! descent in plain loops without burn as the yardstick for `sgd`.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use optgap_problem::{Dataset, Instance, Loss, Method, Network, Parameters, Restarts, Trainer};
use optgap_trainer::{Batch, HandLoop, METHODS, Settings};

/// Samples, inputs and hidden units.
const SIZES: [(usize, usize, usize); 7] =
    [(20, 2, 2), (20, 2, 8), (20, 2, 64), (100, 2, 2), (100, 2, 8), (100, 2, 64), (1000, 2, 64)];
/// Restarts of a batch: what the peers' figures are for, and what the trainers take.
const RESTARTS: [usize; 2] = [64, 512];

/// Points and labels without any meaning: the speed of a step does not depend on them.
fn instance((samples, dimension, width): (usize, usize, usize)) -> Instance {
    let wave = |seed: usize| (seed as f64 * 0.7).sin();
    let rows: Vec<Vec<f64>> = (0..samples).map(|i| (0..dimension).map(|j| wave(i * dimension + j)).collect()).collect();
    let labels = (0..samples).map(|i| wave(3 * i + 1)).collect();
    let data = Dataset::new(&rows, labels).expect("valid");
    Instance::new(data, Network::dense(width), Loss::Squared).expect("valid")
}

fn settings(method: &Method<dyn Trainer>) -> Settings {
    let completed = Parameters::default().complete(method.parameters).expect("defaults are in range");
    match method.name {
        "sgd" => Settings::sgd(&completed),
        "adam" => Settings::adam(&completed),
        "adamw" => Settings::adamw(&completed),
        "rmsprop" => Settings::rmsprop(&completed),
        "lion" => Settings::lion(&completed),
        other => panic!("no settings for the method {other}"),
    }
}

fn training_step(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("training_step");
    let sgd = settings(&METHODS[0]);
    for count in RESTARTS {
        group.throughput(Throughput::Elements(count as u64));
        let restarts = Restarts { count, seed: 1 };
        for size in SIZES {
            let (instance, id) = (instance(size), format!("n={},d={},k={},R={count}", size.0, size.1, size.2));
            for method in METHODS.iter().filter(|method| method.name != "random-search") {
                let mut batch = Batch::start(&instance, restarts, 0..count, &settings(method)).expect("a batch");
                let id = BenchmarkId::new(method.name, &id);
                group.bench_function(id, |bencher| bencher.iter(|| batch.step().expect("a step")));
            }
            let mut hand = HandLoop::start(&instance, restarts, &sgd, 0.9).expect("a dense network");
            group.bench_function(BenchmarkId::new("sgd-by-hand", &id), |bencher| bencher.iter(|| hand.step()));
        }
    }
    group.finish();
}

criterion_group!(benches, training_step);
criterion_main!(benches);
