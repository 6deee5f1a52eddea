//! What every command does when all is well, and when a person breaks it off.

use crate::workplace::{Finished, PLAN, TABLE, Workplace, XOR};
use optgap_problem::{Instance, Weights, instance_from_json, read_instance, read_weights, weights_from_json};
use serde_json::Value;
use std::process::{Command, Stdio};

pub(crate) fn last_line(finished: &Finished) -> Value {
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    serde_json::from_str(finished.stdout.lines().last().expect("a line")).expect("JSON")
}

pub(crate) fn keys(object: &Value) -> Vec<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}

pub(crate) fn upper(instance: &Instance, weights: &Weights) -> f64 {
    instance.loss_of(weights).expect("the weights fit").hi
}

#[test]
fn solve_prints_an_object_whose_weights_reproduce_the_upper_bound() {
    let place = Workplace::new();
    place.write("xor.json", XOR);
    let object = last_line(&place.run(&["solve", "xor.json", "--json", "--save-weights", "weights.json"]));
    let mut expected = ["instance", "status", "verdict", "lower", "upper", "bound_gap", "nodes", "seconds", "stop", "weights"];
    expected.sort_unstable();
    assert_eq!(keys(&object), expected);
    assert_eq!((&object["status"], &object["instance"]), (&"optimal".into(), &"xor".into()));
    let instance = instance_from_json(XOR).expect("valid");
    let weights = weights_from_json(&object["weights"].to_string()).expect("weights");
    assert_eq!(object["upper"].as_f64(), Some(upper(&instance, &weights)));
    assert_eq!(object["lower"].as_f64(), Some(0.0));
    assert_eq!(read_weights(&place.path("weights.json")).expect("saved"), weights);
}

#[test]
fn solve_reads_tables_and_writes_a_summary() {
    let place = Workplace::new();
    place.write("table.csv", TABLE).write("table.txt", TABLE).write("xor.txt", XOR);
    let finished = place.run(&["solve", "table.csv", "--target", "price", "--features", "b,a", "--width", "1"]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    for part in ["table: 5 samples, 2 inputs, 1 hidden unit\n", "status     optimal", "bound gap", "nodes"] {
        assert!(finished.stdout.contains(part), "{part}: {}", finished.stdout);
    }
    for file in ["table.txt", "xor.txt"] {
        assert_eq!(place.run(&["solve", file, "--quiet"]).code, Some(0), "the content tells the format of {file}");
    }
}

#[test]
fn train_prints_an_object_and_repeats_itself_for_a_seed() {
    let place = Workplace::new();
    place.write("xor.json", XOR);
    let train = |seed: &str| {
        let arguments =
            ["train", "xor.json", "--restarts", "5", "--steps", "40", "--seed", seed, "--json", "--save-weights", "w.json"];
        last_line(&place.run(&arguments))
    };
    let object = train("3");
    let mut expected = ["instance", "method", "best", "restarts", "losses", "polished", "steps", "seconds", "weights"];
    expected.sort_unstable();
    assert_eq!(keys(&object), expected);
    assert_eq!((&object["method"], &object["restarts"]), (&"adam[steps=40]".into(), &5.into()));
    assert_eq!(object["losses"].as_array().expect("losses").len(), 5);
    let instance = read_instance(&place.path("xor.json")).expect("valid");
    let weights = read_weights(&place.path("w.json")).expect("saved");
    assert_eq!(object["best"].as_f64(), Some(upper(&instance, &weights)));
    assert_eq!(train("3")["losses"], object["losses"]);
    assert_ne!(train("4")["losses"], object["losses"]);
}

#[test]
fn run_reports_and_continues_and_report_writes_the_same_page_again() {
    let place = Workplace::new();
    place.write("plan.toml", PLAN);
    let first = place.run(&["run", "plan.toml", "--jobs", "2"]);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    assert!(first.stderr.contains("4 cells, 0 of them done already") && first.stderr.contains("[4/4] "), "{}", first.stderr);
    for part in ["teacher", "xor", "report: results/work/tiny/report/index.html"] {
        assert!(first.stdout.contains(part), "{part}: {}", first.stdout);
    }
    let page = place.path("results/work/tiny/report/index.html");
    let drawn = std::fs::read(&page).expect("written");
    let second = place.run(&["run", "plan.toml"]);
    assert!(second.stderr.contains("4 cells, 4 of them done already"), "{}", second.stderr);
    assert_eq!((second.code, &second.stdout), (Some(0), &first.stdout));
    std::fs::remove_file(&page).expect("removed");
    let report = place.run(&["report", "results/work/tiny"]);
    assert_eq!((report.code, &report.stdout), (Some(0), &first.stdout));
    assert!(std::fs::read(&page).expect("written again") == drawn, "the same records give the same page");
    let kept = place.run(&["run", "results/work/tiny/run.toml"]);
    assert!(kept.stderr.contains("4 cells, 4 of them done already"), "the kept plan is the plan: {}", kept.stderr);
}

#[test]
fn a_contradiction_among_the_records_ends_with_code_1() {
    let place = Workplace::new();
    place.write("plan.toml", PLAN);
    place.run(&["run", "plan.toml", "--out", "run"]);
    let file = place.path("run/cells/local.jsonl");
    let text = std::fs::read_to_string(&file).expect("records");
    let planted: Vec<String> = text.lines().map(|line| plant_a_bound(line) + "\n").collect();
    std::fs::write(&file, planted.concat()).expect("written");
    for arguments in [&["run", "plan.toml", "--out", "run"][..], &["report", "run"]] {
        let finished = place.run(arguments);
        assert_eq!(finished.code, Some(1), "{}{}", finished.stdout, finished.stderr);
        assert!(finished.stdout.contains("VIOLATION"), "{}", finished.stdout);
    }
}

/// The record with a lower bound far above what descent reached.
fn plant_a_bound(line: &str) -> String {
    let mut record: Value = serde_json::from_str(line).expect("a record");
    if let Some(bounds) = record["exact"].get_mut("bounds") {
        bounds["lower"] = 1e3.into();
    }
    record.to_string()
}

#[test]
fn every_command_explains_itself_with_examples() {
    let place = Workplace::new();
    for command in ["run", "solve", "train", "score", "decide", "verify", "list", "info", "gen", "new", "report"] {
        let finished = place.run(&[command, "--help"]);
        assert_eq!(finished.code, Some(0));
        assert!(finished.stdout.contains("Example") && finished.stdout.contains(&format!("optgap {command} ")), "{command}");
    }
    let top = place.run(&["--help"]);
    assert!(top.stdout.contains("Exit codes: 0 fine"), "{}", top.stdout);
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_optgap"))
        .arg("list")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

/// A search that no machine finishes: many units, many random labels.
const ENDLESS: &[&str] = &["gen", "random-labels[n=60,dimension=4,width=3]", "--out", "hard.json"];

#[test]
fn a_search_ends_at_its_time_limit_with_bounds() {
    let place = Workplace::new();
    place.run(ENDLESS);
    let object = last_line(&place.run(&["solve", "hard.json", "--time-limit", "0.5", "--json"]));
    assert_eq!((&object["status"], &object["stop"]), (&"bounded".into(), &"time-limit".into()));
    assert!(object["lower"].as_f64().expect("a number") < object["upper"].as_f64().expect("a number"));
}

#[cfg(unix)]
#[test]
fn an_interrupted_search_prints_what_it_has_and_ends_with_code_130() {
    use std::io::{BufRead, BufReader};

    let place = Workplace::new();
    place.run(ENDLESS);
    let mut child = Command::new(env!("CARGO_BIN_EXE_optgap"))
        .args(["solve", "hard.json", "--json"])
        .current_dir(place.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // The first line of progress says that the search is on its way and listens.
    let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
    stderr.read_line(&mut String::new()).expect("a line");
    let signal = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("sent");
    assert!(signal.success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    let object: Value = serde_json::from_slice(&output.stdout).expect("one object");
    assert_eq!(object["stop"], "interrupted");
}
