//! A record with every part filled in.

use optgap_problem::{Bounds, Dataset, Instance, Loss, Network, Parameters, StopReason, Tag, Value, Weights};
use optgap_results::{
    CellRecord, Certification, ExactResult, InstanceSummary, MethodSummary, RestartEnd, Status, TrainingResult, Verdict,
};
use std::collections::BTreeMap;

/// A record of the cell `cell` on the one instance that all these records share.
pub(crate) fn record(cell: &str) -> CellRecord {
    let data = Dataset::new(&[vec![0.0], vec![1.0]], vec![0.0, 1.0]).expect("valid");
    let instance = Instance::new(data, Network::dense(1), Loss::Squared).expect("valid");
    CellRecord {
        schema: CellRecord::SCHEMA.into(),
        cell: cell.into(),
        instance: InstanceSummary {
            name: "pair".into(),
            fingerprint: instance.fingerprint(),
            family: "pairs".into(),
            tag: Tag::Structured,
            size: None,
            parameters: Parameters(BTreeMap::from([("noise".into(), Value::Real(0.1))])),
            seed: 1,
            samples: 2,
            dimension: 1,
            width: 1,
            constant_level: 0.25,
            reference: None,
        },
        method: MethodSummary { name: "both".into(), label: "both".into(), version: 1, parameters: Parameters::default() },
        training_seed: Some(1),
        budget_s: 1.0,
        status: Status::Bounded,
        verdict: Verdict::Unchecked,
        stop: Some(StopReason::TimeLimit),
        reason: None,
        start: Some("0123456789abcdef".into()),
        exact: Some(ExactResult {
            bounds: Bounds { lower: 0.1, upper: 0.2 },
            loss_lower: 0.2,
            nodes: 3,
            arrangement_log10: Some(1.5),
        }),
        certification: Certification {
            certificate_bytes: Some(1 << 60),
            check_s: Some(0.1 + 0.2),
            checked_lower: Some(0.1f64.next_down()),
            checked_upper: Some(0.2f64.next_up()),
            certificate_fault: None,
        },
        training: Some(TrainingResult {
            ends: vec![RestartEnd {
                loss: Some([0.2, 0.2]),
                polished: Some([0.15, 0.15]),
                steps: 5,
                stop: StopReason::Converged,
            }],
            path: Some("fused".into()),
            polish_s: Some(0.01),
        }),
        weights: Some(Weights::zero(1, 1)),
        wall_s: 0.1,
        cpu_s: 0.1,
        jobs: 1,
        machine: "machine".into(),
        revision: "unknown".into(),
    }
}
