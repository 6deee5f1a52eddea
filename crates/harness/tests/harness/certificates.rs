//! Certificates of a run: written, checked, recorded, and what happens where one of these fails.

use crate::common::{Interrupter, Workshop};
use optgap_harness::Conclusion;
use optgap_results::{CellRecord, CertificateState, Certification, Status, Verdict};
use std::fs;

/// A run of the finder with this certificate on one instance.
fn run(proof: &str) -> (Workshop, CellRecord, Conclusion) {
    let workshop = Workshop::new();
    let plan = workshop.plan(&[&format!("finder[proof={proof}]")]);
    let outcome = workshop.run(&plan);
    let record = outcome.records[0].clone();
    (workshop, record, outcome.conclusion())
}

fn names(workshop: &Workshop) -> Vec<String> {
    let entries = fs::read_dir(workshop.path("run/certificates")).expect("the folder is there");
    entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect()
}

fn content(workshop: &Workshop, record: &CellRecord) -> Option<Vec<u8>> {
    fs::read(workshop.path(&format!("run/certificates/{}.certificate", record.cell))).ok()
}

#[test]
fn an_accepted_certificate_is_kept_and_what_it_proves_is_recorded() {
    let (workshop, record, conclusion) = run("good");
    assert_eq!((record.status, record.verdict, conclusion), (Status::Optimal, Verdict::Checked, Conclusion::Fine));
    let proof = &record.certification;
    assert_eq!((proof.checked_lower, proof.checked_upper, proof.certificate_bytes), (Some(0.0), Some(1e-30), Some(10)));
    assert!(proof.check_s.is_some_and(|seconds| seconds >= 0.0) && proof.certificate_fault.is_none());
    assert_eq!(content(&workshop, &record).expect("kept"), b"0 <= 1e-30");
    assert_eq!(names(&workshop).len(), 2, "one for each instance");
}

#[test]
fn what_an_earlier_search_of_the_same_cell_wrote_is_forgotten() {
    let (workshop, record, _) = run("overdue");
    assert_eq!((record.verdict, content(&workshop, &record).expect("kept")), (Verdict::Checked, b"0 <= 0".to_vec()));
}

#[test]
fn a_rejected_certificate_leaves_the_bound_unchecked_and_is_not_passed_over() {
    for (proof, reason) in [
        ("bad", "node 0: no rule holds"),
        ("infinite", "it proves the bound inf"),
        ("panic", "panicked at crates/harness/tests/harness/common.rs"),
    ] {
        let (workshop, record, conclusion) = run(proof);
        assert_eq!((record.status, record.verdict, conclusion), (Status::Optimal, Verdict::Unchecked, Conclusion::SomeRejected));
        let CertificateState::Rejected(said) = record.certification.state() else { panic!("{proof}: {record:?}") };
        assert!(said.starts_with(reason), "{said}");
        assert_eq!(record.certification.certificate_bytes, content(&workshop, &record).map(|bytes| bytes.len() as u64));
    }
}

#[test]
fn a_certificate_that_cannot_be_written_says_why_and_is_no_failure_of_the_search() {
    let (workshop, record, conclusion) = run("unwritten");
    assert_eq!((record.status, record.verdict, conclusion), (Status::Optimal, Verdict::Unchecked, Conclusion::Fine));
    assert_eq!(record.certification, Certification::unwritten("the certificate: disk full"));
    assert!(names(&workshop).is_empty());
}

#[test]
fn a_file_that_cannot_be_opened_says_so_in_the_record() {
    let workshop = Workshop::new();
    let plan = workshop.plan(&["finder[proof=good]"]);
    fs::create_dir_all(workshop.path(&format!("run/certificates/{}.certificate", plan.cells[0].id)))
        .expect("a folder in its place");
    let records = workshop.run(&plan).records;
    let CertificateState::Unwritten(reason) = records[0].certification.state() else { panic!("{records:?}") };
    assert!(reason.contains(".certificate: cannot be written"), "{reason}");
    assert_eq!((records[0].status, records[1].verdict), (Status::Optimal, Verdict::Checked));
}

#[test]
fn a_folder_of_certificates_that_cannot_be_made_ends_the_run_before_any_work() {
    let workshop = Workshop::new();
    fs::create_dir_all(workshop.path("run")).expect("made");
    fs::write(workshop.path("run/certificates"), "a file").expect("written");
    let folder = workshop.path("run");
    let options = optgap_harness::RunOptions { folder: &folder, jobs: 1, retry: &[], worker: "local" };
    let plan = workshop.plan(&["finder[proof=good]"]);
    let error = optgap_harness::run(&plan, options, &workshop.interrupt, &()).expect_err("no folder").to_string();
    assert!(error.contains("run/certificates: cannot be written"), "{error}");
}

#[test]
fn methods_that_write_none_refuse_or_fail_leave_none() {
    let workshop = Workshop::new();
    let outcome = workshop.run(&workshop.plan(&["finder[proof=none]", "finder[mode=[refuse,fail],proof=good]", "walker"]));
    assert!(outcome.records.iter().all(|record| record.certification == Certification::default()));
    assert!(outcome.records.iter().all(|record| record.verdict != Verdict::Checked));
    assert!(names(&workshop).is_empty());
}

#[test]
fn a_plan_without_certificates_asks_for_none() {
    let workshop = Workshop::new();
    let text =
        "name = \"p\"\ncertificates = false\n[[families]]\nfamily = \"line\"\n[[methods]]\nmethod = \"finder[proof=good]\"\n";
    let records = workshop.run(&workshop.try_plan(text).expect("valid")).records;
    assert_eq!((&records[0].certification, records[0].verdict), (&Certification::default(), Verdict::Unchecked));
    assert!(!workshop.path("run/certificates").exists());
}

#[test]
fn a_cell_that_is_broken_off_leaves_no_half_certificate_and_is_certified_when_it_is_run_again() {
    let workshop = Workshop::new();
    let text = "name = \"p\"\nexact-time-limit = 0.01\n[[families]]\nfamily = \"line\"\n\
                [[methods]]\nmethod = \"finder[mode=wait,proof=good]\"\n";
    let plan = workshop.try_plan(text).expect("valid");
    let observer = Interrupter { interrupt: &workshop.interrupt, after: 0 };
    assert_eq!(workshop.run_with(&plan, 1, &[], &observer).conclusion(), Conclusion::Interrupted);
    assert!(names(&workshop).is_empty());
    // What a process leaves that is killed.
    let file = workshop.path(&format!("run/certificates/{}.certificate", plan.cells[0].id));
    fs::write(&file, "half of a certificate that is longer than the whole one").expect("written");
    workshop.interrupt.store(false, std::sync::atomic::Ordering::Relaxed);
    let records = workshop.run(&plan).records;
    assert_eq!((records[0].verdict, fs::read(&file).expect("kept").as_slice()), (Verdict::Checked, &b"0 <= 1e-30"[..]));
    assert_eq!(workshop.run(&plan).records, records, "it is done");
}

#[test]
fn a_proved_bound_above_a_loss_is_a_violation_and_one_below_the_methods_own_is_none() {
    let (_, record, conclusion) = run("too-much");
    assert_eq!((record.verdict, conclusion), (Verdict::Checked, Conclusion::Violation));
    let (_, record, conclusion) = run("negative");
    assert_eq!((record.verdict, conclusion), (Verdict::Checked, Conclusion::Fine));
    assert_eq!((record.certification.checked_lower, record.certification.checked_upper), (Some(-1.0), None));
}
