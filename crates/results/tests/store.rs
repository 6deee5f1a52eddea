//! The store: append, repair, read and join.

mod common;

use common::record;
use optgap_results::{CellRecord, PlannedCell, RunFolder, Status};
use std::fs::{self, OpenOptions};
use std::io::Write;
use tempfile::TempDir;

fn run() -> (TempDir, RunFolder) {
    let folder = tempfile::tempdir().expect("a folder");
    let run = RunFolder::at(folder.path().join("run"));
    run.create().expect("writable");
    (folder, run)
}

fn append(run: &RunFolder, worker: &str, records: &[CellRecord]) {
    let mut writer = run.writer(worker).expect("writable");
    for record in records {
        writer.append(record).expect("written");
    }
}

fn append_bytes(run: &RunFolder, worker: &str, bytes: &[u8]) {
    let file = run.root().join(format!("cells/{worker}.jsonl"));
    OpenOptions::new().append(true).open(file).and_then(|mut handle| handle.write_all(bytes)).expect("written");
}

#[test]
fn records_read_back_bit_by_bit_in_the_order_of_the_plan() {
    let (_folder, run) = run();
    let mut records = ["b", "a", "z", "c"].map(record);
    records[1].wall_s = 0.1 + 0.2;
    append(&run, "one", &records[..2]);
    append(&run, "two", &records[2..]);
    let planned =
        |cell: &str| PlannedCell { cell: cell.into(), instance: "xor".into(), method: "sgd".into(), training_seed: Some(1) };
    run.write_plan("name = \"p\"\n", &["z", "b", "missing"].map(planned)).expect("written");
    let [b, a, z, c] = records;
    assert_eq!(run.records().expect("readable"), [z, b, a, c]);
    assert_eq!(run.planned().expect("readable").len(), 3);
    let planned: Vec<String> = run.planned_records().expect("readable").into_iter().map(|record| record.cell).collect();
    assert_eq!(planned, ["z", "b"]);
}

#[test]
fn a_torn_last_line_is_passed_over_by_readers_and_cut_off_by_the_next_writer() {
    let (_folder, run) = run();
    append(&run, "one", &[record("a")]);
    let torn = &serde_json::to_vec(&record("b")).expect("serialises")[..200];
    append_bytes(&run, "one", torn);
    assert_eq!(run.records().expect("readable").len(), 1);
    append(&run, "one", &[record("c")]);
    assert_eq!(run.records().expect("readable"), [record("a"), record("c")]);
}

#[test]
fn a_torn_line_longer_than_a_block_is_cut_off_whole() {
    let (_folder, run) = run();
    append(&run, "one", &[record("a")]);
    append_bytes(&run, "one", "x".repeat(200_000).as_bytes());
    append(&run, "one", &[record("b")]);
    assert_eq!(run.records().expect("readable"), [record("a"), record("b")]);
    let (_other, run) = self::run();
    append(&run, "one", &[]);
    append_bytes(&run, "one", "x".repeat(200_000).as_bytes());
    append(&run, "one", &[record("b")]);
    assert_eq!(run.records().expect("readable"), [record("b")]);
}

#[test]
fn a_bad_line_before_the_last_is_an_error_with_file_and_line() {
    let (_folder, run) = run();
    append(&run, "one", &[record("a")]);
    append_bytes(&run, "one", b"{\"schema\": \"cell/1\", \"cell\"\n");
    append(&run, "one", &[record("b")]);
    let message = run.records().expect_err("broken").to_string();
    assert!(message.contains("one.jsonl, line 2: cannot be understood"), "{message}");
}

#[test]
fn a_newer_schema_is_refused_with_both_versions() {
    let (_folder, run) = run();
    append(&run, "one", &[]);
    append_bytes(&run, "one", b"{\"schema\": \"cell/2\", \"anything\": 1}\n");
    let message = run.records().expect_err("newer").to_string();
    assert!(message.contains("line 1: schema \"cell/2\" is not known; this version reads up to \"cell/1\""), "{message}");
}

#[test]
fn two_different_final_records_of_a_cell_are_an_error_that_names_both() {
    let (_folder, run) = run();
    append(&run, "one", &[record("a")]);
    append(&run, "two", &[record("b"), record("a")]);
    assert_eq!(run.records().expect("identical duplicates are fine").len(), 2);
    let mut other = record("a");
    other.wall_s += 1.0;
    append(&run, "two", &[other]);
    let message = run.records().expect_err("conflict").to_string();
    for part in ["cell a has two different records", "one.jsonl, line 1", "two.jsonl, line 3"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_final_record_replaces_a_failure_and_a_later_failure_an_earlier_one() {
    let (_folder, run) = run();
    let failure = |cell: &str, reason: &str| CellRecord { status: Status::Error, reason: Some(reason.into()), ..record(cell) };
    append(&run, "one", &[failure("a", "first"), record("a"), failure("b", "first"), failure("b", "second")]);
    append(&run, "two", &[failure("a", "third")]);
    assert_eq!(run.records().expect("readable"), [record("a"), failure("b", "second")]);
}

#[test]
fn no_number_that_is_not_finite_reaches_a_file() {
    let (_folder, run) = run();
    let mut writer = run.writer("one").expect("writable");
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut fields: [CellRecord; 7] = std::array::from_fn(|_| record("a"));
        fields[0].wall_s = value;
        fields[1].exact.as_mut().expect("exact").bounds.lower = value;
        fields[2].exact.as_mut().expect("exact").loss_lower = value;
        fields[3].weights.as_mut().expect("weights").hidden[0][0] = value;
        fields[4].training.as_mut().expect("training").ends[0].loss = Some([0.0, value]);
        fields[5].instance.parameters.0.insert("noise".into(), optgap_problem::Value::Real(value));
        fields[6].certification.checked_upper = Some(value);
        for broken in fields {
            let message = writer.append(&broken).expect_err("not finite").to_string();
            assert!(message.contains("the record of cell a does not read back"), "{message}");
        }
    }
    assert_eq!(fs::read(run.root().join("cells/one.jsonl")).expect("read"), b"");
}

#[test]
fn the_environment_of_every_worker_reads_back() {
    let (_folder, run) = run();
    run.write_environment("one", "{\"cores\": 2}").expect("written");
    assert_eq!(run.environments().expect("readable")["one"]["cores"], 2);
    run.write_environment("two", "{").expect("written");
    assert!(run.environments().expect_err("broken").to_string().contains("two.json, line 1"));
}

#[test]
fn a_file_has_one_writer_at_a_time() {
    let (_folder, run) = run();
    let first = run.writer("one").expect("writable");
    let message = run.writer("one").expect_err("taken").to_string();
    assert!(message.contains("one.jsonl: another run is writing"), "{message}");
    run.writer("two").expect("another file");
    drop(first);
    run.writer("one").expect("free again");
}

#[test]
fn a_folder_that_cannot_be_made_or_is_no_run_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("written");
    let message = RunFolder::at(file.join("run")).create().expect_err("below a file").to_string();
    assert!(message.contains("file/run: cannot be written"), "{message}");
    let message = RunFolder::at(folder.path()).records().expect_err("no run").to_string();
    assert!(message.contains("is not the folder of a run"), "{message}");
}

#[test]
fn records_from_before_polishing_starts_and_certificates_are_read() {
    let (_folder, run) = run();
    let mut line: serde_json::Value = serde_json::to_value(record("old")).expect("JSON");
    for name in ["start", "certificate_bytes", "check_s", "checked_lower", "checked_upper"] {
        line.as_object_mut().expect("an object").remove(name).expect("a field of the record itself");
    }
    line["exact"].as_object_mut().expect("an object").remove("arrangement_log10");
    line["training"].as_object_mut().expect("an object").remove("polish_s");
    line["training"]["ends"][0].as_object_mut().expect("an object").remove("polished");
    append(&run, "local", &[]);
    append_bytes(&run, "local", format!("{line}\n").as_bytes());
    let old = &run.records().expect("readable")[0];
    assert_eq!((&old.start, old.exact.expect("exact").arrangement_log10), (&None, None));
    assert_eq!(old.training.as_ref().expect("trained").ends[0].polished, None);
    assert_eq!(old.certification, optgap_results::Certification::default());
}

#[test]
fn certificates_lie_beside_the_records() {
    use optgap_problem::CertificateSink;

    let (folder, run) = run();
    run.certificate("0123").expect_err("there is no folder yet");
    run.create_certificates().expect("made");
    let certificate = run.certificate("0123").expect("writable");
    certificate.append(b"proof").expect("written");
    certificate.finish().expect("whole");
    assert_eq!(fs::read(folder.path().join("run/certificates/0123.certificate")).expect("there"), b"proof");
}

#[test]
fn traces_lie_beside_the_records_whole_or_not_at_all() {
    let (folder, run) = run();
    run.write_trace("0123", "t_s,nodes,lower,upper\n").expect("written");
    run.write_trace("0123", "t_s,nodes,lower,upper\n0,0,0,1\n").expect("written again");
    let kept = fs::read_to_string(folder.path().join("run/trace/0123.csv")).expect("there");
    assert_eq!(kept.lines().count(), 2);
    assert_eq!(fs::read_dir(folder.path().join("run/trace")).expect("a folder").count(), 1);
}
