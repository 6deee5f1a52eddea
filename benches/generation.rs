//! Making instances: the medium size of every family, one after the other, and the dearest of them alone.

use criterion::{Criterion, criterion_group, criterion_main};
use optgap_cli::REGISTRY;
use optgap_harness::FamilyChoice;
use optgap_problem::instance_to_json;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Every family but the user's files, at its medium size.
fn choices() -> Vec<FamilyChoice> {
    let names = REGISTRY.families.iter().map(|family| family.name()).filter(|name| *name != "files");
    names.map(|name| REGISTRY.family(name, Some("medium")).expect("a size")).collect()
}

/// An instance as it goes to its file.
fn made(choice: &FamilyChoice, seed: u64) -> String {
    instance_to_json(&choice.instance(seed).expect("an instance"))
}

fn generation(criterion: &mut Criterion) {
    let choices = choices();
    let seconds = |choice: &FamilyChoice| {
        let start = Instant::now();
        black_box(made(choice, 1));
        start.elapsed()
    };
    let dearest = choices.iter().max_by_key(|choice| seconds(choice)).expect("there are families");
    let mut group = criterion.benchmark_group("generation");
    group.sample_size(20).measurement_time(Duration::from_secs(3));
    group.bench_function("every family, medium", |bencher| {
        bencher.iter(|| choices.iter().map(|choice| made(choice, 1).len()).sum::<usize>());
    });
    group.bench_function(format!("{}, medium", dearest.family.name()), |bencher| bencher.iter(|| made(dearest, 1)));
    group.finish();
}

criterion_group!(benches, generation);
criterion_main!(benches);
