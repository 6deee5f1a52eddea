//! Plans: what they mean and how their faults are reported.

use crate::common::Workshop;
use optgap_harness::Task;
use std::collections::HashSet;

const VALID: &str = r#"name = "valid"
description = "two sizes"
seeds = [1, 2]
training-seeds = [7, 8]
restarts = 5
exact-time-limit = 3
training-time-limit = 4.5

[[families]]
family = "line[scale=[1,3]]"
sizes = ["tiny", "small"]

[[families]]
family = "line"
seeds = [9]

[[methods]]
method = "finder"

[[methods]]
method = "walker[rate=[0.1,0.2]]"
restarts = 6
training-seeds = [1]
target-gap = 0.25

[[methods]]
method = "walker"
"#;

#[test]
fn a_plan_is_the_product_of_instances_and_methods() {
    let workshop = Workshop::new();
    let plan = workshop.try_plan(VALID).expect("valid");
    assert_eq!((plan.name.as_str(), plan.description.as_str()), ("valid", "two sizes"));
    // Two sizes, two scales, two seeds, and one more; one exact cell, one per rate and one per training seed.
    assert_eq!(plan.cells.len(), 9 * (1 + 2 + 2));
    let identities: HashSet<&String> = plan.cells.iter().map(|cell| &cell.id).collect();
    assert_eq!(identities.len(), plan.cells.len());
    let cell = &plan.cells[1];
    assert_eq!((cell.instance.summary.samples, cell.instance.summary.size.as_deref()), (3, Some("tiny")));
    assert_eq!((cell.method.label.as_str(), cell.time_limit_s), ("walker[rate=0.1]", 4.5));
    let Task::Training { restarts, target, .. } = &cell.task else { panic!("a trainer") };
    assert_eq!((restarts.count, restarts.seed), (6, 1));
    assert_eq!(*target, Some(0.25 * cell.instance.summary.constant_level));
    assert_eq!(plan.cells[0].time_limit_s, 3.0);
    assert_eq!(plan.cells[4].training_seed(), Some(8));
    assert_eq!(plan.cells[44].instance.summary.seed, 9);
}

#[test]
fn the_same_problem_from_two_entries_is_one_cell() {
    let workshop = Workshop::new();
    let both = VALID.replace("seeds = [9]", "seeds = [1, 2]\n[[families]]\nfamily = \"line[n=4]\"");
    assert_eq!(workshop.try_plan(&both).expect("valid").cells.len(), (8 + 2) * 5);
}

#[test]
fn a_method_meets_the_families_that_it_is_meant_for() {
    let workshop = Workshop::new();
    let limited = |names: &str| VALID.replace("restarts = 6", &format!("families = {names}\nrestarts = 6"));
    assert_eq!(workshop.try_plan(&limited("[\"line\"]")).expect("valid").cells.len(), 9 * 5);
    assert_eq!(workshop.try_plan(&limited("[]")).expect("valid").cells.len(), 9 * 3);
    let fault = workshop.try_plan(&limited("[\"lines\"]")).err().expect("not in the plan").to_string();
    assert!(fault.contains("no entry [[families]] of this plan has the family \"lines\""), "{fault}");
}

#[test]
fn a_cell_is_another_when_anything_that_decides_its_result_is_another() {
    let workshop = Workshop::new();
    let identities =
        |text: &str| -> Vec<String> { workshop.try_plan(text).expect("valid").cells.into_iter().map(|cell| cell.id).collect() };
    let base = identities(VALID);
    assert_eq!(base, identities(&VALID.replace("\"valid\"", "\"other\"").replace("restarts = 6", "restarts = 6 # same")));
    let differing = |text: &str| {
        let other: HashSet<String> = identities(text).into_iter().collect();
        base.iter().filter(|id| !other.contains(*id)).count()
    };
    assert_eq!(differing(&VALID.replace("exact-time-limit = 3", "exact-time-limit = 5")), 9);
    assert_eq!(differing(&VALID.replace("restarts = 6", "restarts = 7")), 18);
    assert_eq!(differing(&VALID.replace("target-gap = 0.25", "target-gap = 0.5")), 18);
    assert_eq!(differing(&VALID.replace("rate=[0.1,0.2]", "rate=[0.1,0.3]")), 9);
    assert_eq!(differing(&VALID.replace("seeds = [7, 8]", "seeds = [7, 9]")), 9);
    assert_eq!(differing(&VALID.replace("seeds = [9]", "seeds = [10]")), 5);
}

#[test]
fn certificates_are_written_unless_a_plan_says_otherwise_and_make_another_cell_of_exact_methods_alone() {
    let workshop = Workshop::new();
    let cells = |text: &str| workshop.try_plan(text).expect("valid").cells;
    let (with, without) = (cells(VALID), cells(&VALID.replace("restarts = 5", "restarts = 5\ncertificates = false")));
    for (with, without) in with.iter().zip(&without) {
        assert_eq!(with.id == without.id, matches!(with.task, Task::Training { .. }), "{}", with.method.label);
        assert_eq!(with.method.label, without.method.label);
        if let (Task::Exact { certificate, .. }, Task::Exact { certificate: none, .. }) = (&with.task, &without.task) {
            assert!(*certificate && !none);
        }
    }
}

#[test]
fn every_fault_is_one_line_with_file_and_line_number() {
    let cases: &[(&str, &str, usize, &str)] = &[
        ("seeds = [1, 2]", "seeds = [1, 2", 4, "expected"),
        ("seeds = [1, 2]", "seeds = \"1\"", 3, "invalid type: string"),
        ("seeds = [1, 2]", "seeds = [-1]", 3, "invalid value: integer `-1`"),
        ("seeds = [1, 2]", "seeds = []", 3, "the list of seeds is empty"),
        ("restarts = 5", "restart = 5", 5, "unknown field `restart`"),
        ("restarts = 5", "restarts = 0", 5, "0 for restarts is out of range; give a number from 1 to 1000000"),
        ("exact-time-limit = 3", "exact-time-limit = -3", 6, "-3 for a time limit in seconds is out of range"),
        ("exact-time-limit = 3", "exact-time-limit = nan", 6, "NaN for a time limit in seconds is out of range"),
        ("restarts = 5", "certificates = \"yes\"", 5, "invalid type: string"),
        ("target-gap = 0.25", "target-gap = -1", 24, "-1 for target-gap is out of range"),
        ("method = \"finder\"", "method = \"finder\"\nrestarts = 3", 19, "restarts is for trainers"),
        ("method = \"walker\"", "method = \"walker\"\nwarm-start = true", 28, "warm-start is for exact methods"),
        ("line[scale=[1,3]]", "lines", 10, "unknown family \"lines\"; known: line"),
        ("line[scale=[1,3]]", "line[slope=1]", 10, "line: unknown parameter \"slope\"; known: n, scale"),
        ("line[scale=[1,3]]", "line[n=51]", 10, "parameter n = 51: expected a whole number from 2 to 50"),
        ("line[scale=[1,3]]", "line[n=", 10, "the closing ] is missing"),
        ("line[scale=[1,3]]", "line[scale=1e300]", 10, "the labels are so large that their squares overflow"),
        ("\"small\"", "\"huge\"", 11, "unknown size of line \"huge\"; known: tiny, small"),
        ("method = \"finder\"", "method = \"seeker\"", 18, "unknown method \"seeker\"; known: finder, walker"),
        ("walker[rate=[0.1,0.2]]", "walker[rate=2]", 21, "walker: parameter rate = 2: expected a number"),
        ("name = \"valid\"", "name = \"../valid\"", 1, "the name is used for a folder"),
        ("name = \"valid\"", "", 1, "missing field `name`"),
    ];
    let workshop = Workshop::new();
    for (part, replacement, line, problem) in cases {
        assert!(VALID.contains(part), "{part}");
        let error = workshop.try_plan(&VALID.replacen(part, replacement, 1)).err().unwrap_or_else(|| panic!("{replacement}"));
        assert_eq!(error.line, Some(*line), "{replacement}: {error}");
        let text = error.to_string();
        assert!(text.contains(&format!("plan.toml, line {line}: ")) && text.contains(problem), "{replacement}: {text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}

#[test]
fn a_file_that_is_no_plan_is_named() {
    let workshop = Workshop::new();
    let read =
        |name: &str| optgap_harness::Plan::read(&workshop.path(name), &crate::common::REGISTRY).err().expect("fails").to_string();
    assert!(read("none.toml").contains("none.toml: cannot be read"));
    std::fs::write(workshop.path("noise.toml"), [0xff, 0xfe]).expect("written");
    assert!(read("noise.toml").contains("noise.toml: is not text"));
    let empty = workshop.try_plan("name = \"p\"\nfamilies = []\nmethods = []\n").err().expect("empty").to_string();
    assert!(empty.contains("at least one entry [[families]]"), "{empty}");
}
