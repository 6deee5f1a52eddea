//! Certificates of the solver under the eyes of the checker: all that it proves is accepted, and nothing that is not true.

mod accepted;
mod damaged;
mod forged;
mod named;
mod wire;

use optgap_checker::{Refusal, Verdict, check};
use optgap_exact::Cones;
use optgap_problem::{ExactOutcome, ExactSolver, ExactTask, Instance, NoWatch, Tolerance, Watch, instance_to_json};
use std::sync::{Mutex, PoisonError};

/// A search with its certificate.
fn certify_watched(solver: &Cones, instance: &Instance, task: ExactTask<'_>, watch: &mut dyn Watch) -> (ExactOutcome, Vec<u8>) {
    let sink = Mutex::new(Vec::new());
    let outcome = solver.solve(instance, ExactTask { certificate: Some(&sink), ..task }, watch).expect("supported");
    assert_eq!(outcome.certificate, Some(Ok(())), "{}", instance.name);
    (outcome, sink.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// The same for the optimum, without limits.
fn certify(solver: &Cones, instance: &Instance) -> (ExactOutcome, Vec<u8>) {
    let task = ExactTask::optimum(Tolerance::for_level(instance.constant_level()));
    certify_watched(solver, instance, task, &mut NoWatch)
}

fn verify(instance: &Instance, certificate: &[u8]) -> Result<Verdict, Refusal> {
    check(instance_to_json(instance).as_bytes(), certificate)
}
