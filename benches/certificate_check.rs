//! What proofs cost: a search, the same search with its certificate, and the check of that, for every kind of certificate.
//!
//! The check is one thread's work, like the searches. `certificates/...` in the report reads as three lines for each instance.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use optgap_checker::check;
use optgap_conformance::reference::reference_instances;
use optgap_exact::Cones;
use optgap_problem::{ExactSolver, ExactTask, Instance, NoWatch, Tolerance, instance_to_json};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Two for each kind: cells, cones, sides.
const REFERENCES: [&str; 6] = [
    "random-labels-n25-d2-k3",
    "random-labels-n20-d3-k2",
    "random-labels-n60-d2-k2",
    "random-labels-n40-d3-k1",
    "noisy-teacher-n60-d4-k1",
    "random-labels-n12-d2-k1",
];
/// The least that criterion allows: a search is long and varies little.
const SAMPLES: usize = 10;

/// A search, with or without a certificate; returns what was written.
fn search(instance: &Instance, certified: bool) -> Vec<u8> {
    let sink = Mutex::new(Vec::new());
    let optimum = ExactTask::optimum(Tolerance::for_level(instance.constant_level()));
    let task = if certified { ExactTask { certificate: Some(&sink), ..optimum } } else { optimum };
    Cones::default().solve(instance, task, &mut NoWatch).expect("supported");
    sink.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn certificates(criterion: &mut Criterion) {
    let references = reference_instances();
    for name in REFERENCES {
        let instance = &references.iter().find(|r| r.instance.name == name).expect("a reference instance").instance;
        let (json, certificate) = (instance_to_json(instance), search(instance, true));
        let mut group = criterion.benchmark_group(format!("certificates/{name}"));
        group.sample_size(SAMPLES).measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(300));
        group.bench_function("search", |bencher| bencher.iter(|| search(instance, false)));
        group.throughput(Throughput::Bytes(certificate.len() as u64));
        group.bench_function("search and write", |bencher| bencher.iter(|| search(instance, true)));
        group.bench_function("check", |bencher| {
            bencher.iter(|| check(json.as_bytes(), &certificate).expect("accepted"));
        });
        group.finish();
    }
}

criterion_group!(benches, certificates);
criterion_main!(benches);
