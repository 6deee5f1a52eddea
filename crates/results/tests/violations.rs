//! Losses below bounds.

mod common;

use common::record;
use optgap_problem::{Bounds, Reference};
use optgap_results::{CellRecord, Certification, ExactResult, REFERENCE_MARGIN, RestartEnd, Status, violations};

fn exact(cell: &str, lower: f64, upper: f64) -> CellRecord {
    let result = ExactResult { bounds: Bounds { lower, upper }, loss_lower: upper, nodes: 1, arrangement_log10: None };
    CellRecord { exact: Some(result), training: None, certification: Certification::default(), ..record(cell) }
}

fn trained(cell: &str, losses: &[f64]) -> CellRecord {
    let mut record = CellRecord { exact: None, certification: Certification::default(), ..record(cell) };
    let training = record.training.as_mut().expect("training");
    let end = training.ends[0];
    training.ends = losses.iter().map(|&loss| RestartEnd { loss: Some([loss, loss]), polished: None, ..end }).collect();
    record
}

fn with_reference(mut record: CellRecord, reference: Reference) -> CellRecord {
    record.instance.reference = Some(reference);
    record
}

fn found(records: &[CellRecord]) -> Vec<String> {
    violations(records, REFERENCE_MARGIN).iter().map(ToString::to_string).collect()
}

#[test]
fn a_loss_below_a_bound_names_both_cells_and_a_loss_on_it_is_fine() {
    let records = [exact("e", 0.125, 0.25), trained("good", &[0.5, 0.125]), trained("bad", &[0.5, 0.0625])];
    assert_eq!(found(&records), ["pair: cell bad has loss 6.25e-2 below the lower bound 1.25e-1 of cell e"]);
    assert_eq!(found(&records[..2]), [""; 0]);
}

#[test]
fn bounds_of_another_training_problem_prove_nothing_here() {
    let mut other = exact("e", 0.125, 0.25);
    let data = optgap_problem::Dataset::new(&[vec![7.0]], vec![1.0]).expect("valid");
    let network = optgap_problem::Network::dense(1);
    other.instance.fingerprint =
        optgap_problem::Instance::new(data, network, optgap_problem::Loss::Squared).expect("valid").fingerprint();
    assert_eq!(found(&[other, trained("low", &[0.0])]), [""; 0]);
}

#[test]
fn a_reference_counts_as_a_bound_and_an_optimum_as_a_loss_within_the_margin() {
    let at_least = |record| with_reference(record, Reference::AtLeast(0.125));
    assert_eq!(
        found(&[at_least(trained("low", &[0.0625]))]),
        ["pair: cell low has loss 6.25e-2 below the lower bound 1.2499999975e-1 of the reference"]
    );
    assert_eq!(found(&[at_least(trained("near", &[0.125 - 1e-12]))]), [""; 0]);
    let optimum = |record| with_reference(record, Reference::Optimum(0.125));
    assert_eq!(
        found(&[optimum(exact("e", 0.1875, 0.25))]),
        ["pair: the reference has loss 1.2500000025e-1 below the lower bound 1.875e-1 of cell e"]
    );
    assert_eq!(found(&[at_least(exact("e", 0.1875, 0.25)), optimum(exact("f", 0.125 + 1e-12, 0.25))]).len(), 1);
    assert_eq!(found(&[optimum(exact("f", 0.125 + 1e-12, 0.25))]), [""; 0]);
}

#[test]
fn statuses_are_written_as_words_and_read_back() {
    assert_eq!(Status::Killed.to_string(), "killed");
    assert_eq!("error".parse::<Status>().expect("known"), Status::Error);
    assert!("broken".parse::<Status>().expect_err("unknown").to_string().contains("unknown variant `broken`"));
}

#[test]
fn a_polished_loss_below_a_bound_is_a_violation_too() {
    let mut descent = trained("descent", &[0.3]);
    assert_eq!(found(&[exact("search", 0.25, 0.25), descent.clone()]), [""; 0]);
    descent.training.as_mut().expect("trained").ends[0].polished = Some([0.125, 0.125]);
    let named = found(&[exact("search", 0.25, 0.25), descent]);
    assert_eq!(named, ["pair: cell descent has loss 1.25e-1 below the lower bound 2.5e-1 of cell search"]);
}

#[test]
fn a_bound_that_a_checker_proved_is_a_bound_of_its_own() {
    let mut weak = exact("weak", 0.125, 0.5);
    weak.certification.checked_lower = Some(0.1875);
    let records = [weak, trained("low", &[0.15])];
    assert_eq!(found(&records), ["pair: cell low has loss 1.5e-1 below the lower bound 1.875e-1 of cell weak"]);
}
