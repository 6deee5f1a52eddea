//! Certificates from the command line: written, checked, and what happens where that fails.

use crate::commands::keys;
use crate::workplace::{PLAN, TABLE, WEIGHTS, Workplace, XOR};
use serde_json::Value;

fn object(stdout: &str) -> Value {
    serde_json::from_str(stdout.lines().last().expect("a line")).expect("JSON")
}

#[test]
fn verify_rejects_what_is_no_certificate_with_the_reason_and_code_1() {
    let place = Workplace::new();
    place.write("xor.json", XOR).write("table.csv", TABLE).write("weights.json", WEIGHTS).write("empty", "");
    for arguments in [&["xor.json", "weights.json"][..], &["xor.json", "empty"], &["table.csv", "empty", "--target", "price"]] {
        let text = place.run(&[&["verify"][..], arguments].concat());
        assert_eq!(text.code, Some(1), "{}", text.stderr);
        assert!(text.stdout.contains("verdict    REJECTED: ") && !text.stdout.contains("lower"), "{}", text.stdout);
        let json = place.run(&[&["verify", "--json"][..], arguments].concat());
        assert_eq!((json.code, json.stderr.as_str()), (Some(1), ""));
        let object = object(&json.stdout);
        let mut expected = ["verdict", "reason", "lower", "upper", "exact_lower", "exact_upper", "seconds"];
        expected.sort_unstable();
        assert_eq!(keys(&object), expected);
        assert_eq!(object["verdict"], "rejected");
        assert!(object["reason"].as_str().is_some_and(|reason| !reason.is_empty()) && object["lower"].is_null(), "{object}");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_found_before_an_older_file_is_touched() {
    let place = Workplace::new();
    place.write("xor.json", XOR).write("p", "older");
    let refused = place.run(&["solve", "xor.json", "--certificate", "p", "--save-weights", "none/w"]);
    assert_eq!(refused.code, Some(2));
    assert_eq!(std::fs::read(place.path("p")).expect("kept"), b"older");
}

/// A device that takes nothing stands for a full disk.
#[cfg(target_os = "linux")]
#[test]
fn the_result_is_printed_when_the_certificate_cannot_be_written() {
    let place = Workplace::new();
    place.write("xor.json", XOR);
    for command in [&["solve", "xor.json"][..], &["decide", "xor.json", "--eps", "0.1"]] {
        let arguments = [command, &["--certificate", "/dev/full", "--quiet"]].concat();
        let text = place.run(&arguments);
        assert_eq!(text.code, Some(3), "{}{}", text.stdout, text.stderr);
        assert!(
            text.stdout.contains("upper      ") && text.stdout.contains("proof      there is no certificate: "),
            "{}",
            text.stdout
        );
        assert!(text.stderr.starts_with("xor: there is no certificate: ") && text.stderr.lines().count() == 1, "{}", text.stderr);
        let json = object(&place.run(&[&arguments[..], &["--json"]].concat()).stdout);
        assert_eq!((&json["verdict"], json["upper"].as_f64().is_some()), (&"unchecked".into(), true));
        assert!(json["certificate_fault"].is_string() && json.get("check_s").is_none(), "{json}");
    }
}

#[test]
fn a_rejected_certificate_among_the_records_is_loud_and_ends_a_run_with_code_1() {
    let place = Workplace::new();
    place.write("plan.toml", PLAN);
    place.run(&["run", "plan.toml", "--out", "run"]);
    let file = place.path("run/cells/local.jsonl");
    let text = std::fs::read_to_string(&file).expect("records");
    let planted: Vec<String> = text.lines().map(|line| plant_a_rejection(line) + "\n").collect();
    std::fs::write(&file, planted.concat()).expect("written");
    let run = place.run(&["run", "plan.toml", "--out", "run"]);
    assert_eq!(run.code, Some(1), "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("2 REJECTED: "), "{}", run.stderr);
    let report = place.run(&["report", "run"]);
    assert_eq!(report.code, Some(1), "{}", report.stderr);
    for part in ["0 of 2 lower bounds re-checked", "2 REJECTED certificates", "\nREJECTED xor-k2: the certificate of cell "] {
        assert!(run.stdout.contains(part) && report.stdout.contains(part), "{part}: {}", run.stdout);
    }
    let page = std::fs::read_to_string(place.path("run/report/index.html")).expect("written");
    assert!(page.contains("node 7: no rule holds"));
}

/// The record, of an exact method, with a certificate that the checker has refused.
fn plant_a_rejection(line: &str) -> String {
    let mut record: Value = serde_json::from_str(line).expect("a record");
    let object = record.as_object_mut().expect("an object");
    for field in ["checked_lower", "checked_upper"] {
        object.remove(field);
    }
    if !object["exact"].is_null() {
        object.insert("verdict".into(), "unchecked".into());
        object.insert("certificate_bytes".into(), 2000.into());
        object.insert("check_s".into(), 0.25.into());
        object.insert("certificate_fault".into(), "node 7: no rule holds".into());
    }
    record.to_string()
}

#[test]
fn a_certificate_is_written_checked_and_verified_again() {
    let place = Workplace::new();
    place.run(&["gen", "random-labels[n=12,dimension=1]", "--seed", "3", "--out", "r.json"]);
    place.write("table.csv", TABLE);
    let commands: [(&[&str], &[&str]); 3] = [
        (&["solve", "r.json", "--quiet"], &["r.json"]),
        (&["decide", "r.json", "--eps", "1e-3", "--quiet"], &["r.json"]),
        (&["solve", "table.csv", "--width", "1", "--quiet"], &["table.csv", "--width", "1"]),
    ];
    for (command, instance) in commands {
        let arguments = [command, &["--certificate", "p.certificate"]].concat();
        let text = place.run(&arguments);
        assert_eq!(text.code, Some(0), "{}{}", text.stdout, text.stderr);
        assert!(text.stdout.contains("proof      checked by an independent program in "), "{}", text.stdout);
        let json = object(&place.run(&[&arguments[..], &["--json"]].concat()).stdout);
        let bytes = std::fs::metadata(place.path("p.certificate")).expect("kept").len();
        assert_eq!((&json["verdict"], json["certificate_bytes"].as_u64()), (&"checked".into(), Some(bytes)));
        let verified = place.run(&[&["verify"], instance, &["p.certificate", "--json"]].concat());
        assert_eq!(verified.code, Some(0), "{}", verified.stdout);
        assert_eq!(object(&verified.stdout)["lower"], json["checked_lower"]);
    }
}
