//! Records made by hand, for tests and for the demonstration page.

use optgap_problem::{Bounds, Fingerprint, Parameters, StopReason, Tag, Value};
use optgap_results::{
    CellRecord, Certification, ExactResult, InstanceSummary, MethodSummary, RestartEnd, Status, TrainingResult, Verdict,
};

/// Label of the exact method; every other label is a trainer's.
pub(crate) const EXACT: &str = "cone-search";

/// An instance with `L0 = 1`.
pub(crate) fn instance(
    family: &str,
    tag: Tag,
    name: &str,
    (samples, dimension, width): (usize, usize, usize),
) -> InstanceSummary {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    let digits: String = format!("{family}/{name}").bytes().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
    let fingerprint: Fingerprint = serde_json::from_str(&format!("\"{digits:0<64.64}\"")).expect("64 digits");
    InstanceSummary {
        name: name.to_owned(),
        fingerprint,
        family: family.to_owned(),
        tag,
        size: None,
        parameters: Parameters::default(),
        seed: 0,
        samples,
        dimension,
        width,
        constant_level: 1.0,
        reference: None,
    }
}

fn record(instance: &InstanceSummary, method: &str, status: Status) -> CellRecord {
    CellRecord {
        schema: CellRecord::SCHEMA.to_owned(),
        cell: format!("{}-{method}", instance.fingerprint.as_str().trim_end_matches('0')),
        instance: instance.clone(),
        method: MethodSummary {
            name: method.to_owned(),
            label: method.to_owned(),
            version: 1,
            parameters: Parameters([("restarts".to_owned(), Value::Integer(64))].into()),
        },
        training_seed: None,
        budget_s: 10.0,
        status,
        verdict: Verdict::NotApplicable,
        stop: None,
        reason: None,
        start: None,
        exact: None,
        certification: Certification::default(),
        training: None,
        weights: None,
        wall_s: 1.0,
        cpu_s: 0.5,
        jobs: 2,
        machine: "machine-1".to_owned(),
        revision: "0123abc".to_owned(),
    }
}

/// An exact cell with these bounds: optimal if they are equal to nine digits, else stopped by its limit.
pub(crate) fn exact(instance: &InstanceSummary, lower: f64, upper: f64, cpu_s: f64) -> CellRecord {
    let closed = upper - lower <= 1e-9 * upper.max(1e-3);
    CellRecord {
        verdict: Verdict::Unchecked,
        stop: Some(if closed { StopReason::BoundsClosed } else { StopReason::TimeLimit }),
        exact: Some(ExactResult { bounds: Bounds { lower, upper }, loss_lower: upper, nodes: 17, arrangement_log10: None }),
        cpu_s,
        ..record(instance, EXACT, if closed { Status::Optimal } else { Status::Bounded })
    }
}

/// The cell with a certificate of 2,000 bytes from which the checker proved this lower bound in a quarter of a second.
pub(crate) fn checked(record: CellRecord, lower: f64) -> CellRecord {
    let upper = record.best_loss().map(|loss| loss.hi);
    let certification = Certification { checked_lower: Some(lower), checked_upper: upper, ..sized() };
    CellRecord { verdict: Verdict::Checked, certification, ..record }
}

/// The cell with such a certificate, which the checker refused.
pub(crate) fn rejected(record: CellRecord, reason: &str) -> CellRecord {
    CellRecord { certification: Certification { certificate_fault: Some(reason.to_owned()), ..sized() }, ..record }
}

fn sized() -> Certification {
    Certification { certificate_bytes: Some(2000), check_s: Some(0.25), ..Certification::default() }
}

/// A trainer's cell whose restarts end at these losses; an infinite loss is a diverged restart.
pub(crate) fn trained(instance: &InstanceSummary, method: &str, losses: &[f64], cpu_s: f64) -> CellRecord {
    let end = |loss: &f64| RestartEnd {
        loss: loss.is_finite().then_some([*loss, *loss]),
        polished: loss.is_finite().then_some([*loss, *loss]),
        steps: 100,
        stop: if loss.is_finite() { StopReason::Converged } else { StopReason::Diverged },
    };
    let diverged = losses.iter().all(|loss| !loss.is_finite());
    CellRecord {
        training_seed: Some(0),
        stop: Some(StopReason::Converged),
        training: Some(TrainingResult { ends: losses.iter().map(end).collect(), path: None, polish_s: Some(0.001) }),
        cpu_s,
        ..record(instance, method, if diverged { Status::Diverged } else { Status::Feasible })
    }
}

/// A cell that delivered nothing.
pub(crate) fn failed(instance: &InstanceSummary, method: &str, status: Status, reason: &str) -> CellRecord {
    let training_seed = (method != EXACT).then_some(0);
    CellRecord { training_seed, reason: Some(reason.to_owned()), ..record(instance, method, status) }
}
