//! The crates depend on each other only as `crates/README.md` draws it.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// For every crate the crates of the workspace that it depends on, without the prefix `optgap-`.
const ALLOWED: &[(&str, &[&str])] = &[
    ("problem", &[]),
    ("checker", &[]),
    ("families", &["problem"]),
    ("exact", &["problem"]),
    ("trainer", &["problem"]),
    ("results", &["problem"]),
    ("conformance", &["problem"]),
    ("harness", &["problem", "results"]),
    ("report", &["problem", "results"]),
    ("cli", &["problem", "families", "exact", "trainer", "harness", "report", "results", "checker"]),
];

/// Who may use `conformance` in tests; nobody may depend on it otherwise.
const TESTED_BY_CONFORMANCE: &[&str] = &["families", "exact", "trainer", "cli"];

/// The only crate that knows the tensor library.
const KNOWS_BURN: &str = "trainer";

/// A package's dependencies of one kind: `None` is the normal kind.
fn dependencies(package: &Value, kind: Option<&str>) -> BTreeSet<String> {
    let all = package["dependencies"].as_array().expect("a list of dependencies");
    let chosen = all.iter().filter(|dependency| dependency["kind"].as_str() == kind);
    chosen.map(|dependency| dependency["name"].as_str().expect("a name").to_owned()).collect()
}

fn of_workspace(names: &BTreeSet<String>) -> BTreeSet<&str> {
    names.iter().filter_map(|name| name.strip_prefix("optgap-")).collect()
}

/// The crates of the workspace by name without prefix; the root package is left out.
fn crates() -> BTreeMap<String, Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages").iter();
    packages
        .filter_map(|package| {
            let name = package["name"].as_str()?.strip_prefix("optgap-")?;
            Some((name.to_owned(), package.clone()))
        })
        .collect()
}

#[test]
fn every_crate_depends_on_exactly_the_crates_of_the_picture() {
    let crates = crates();
    let known: BTreeSet<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    assert_eq!(crates.keys().map(String::as_str).collect::<BTreeSet<_>>(), known);
    for (name, allowed) in ALLOWED {
        for kind in [None, Some("build")] {
            let found = dependencies(&crates[*name], kind);
            let expected: BTreeSet<&str> = if kind.is_none() { allowed.iter().copied().collect() } else { BTreeSet::new() };
            assert_eq!(of_workspace(&found), expected, "{name}, kind {kind:?}");
        }
    }
}

#[test]
fn tests_borrow_nothing_but_conformance() {
    for (name, package) in crates() {
        let found = dependencies(&package, Some("dev"));
        let allowed: &[&str] = if TESTED_BY_CONFORMANCE.contains(&name.as_str()) { &["conformance"] } else { &[] };
        assert!(of_workspace(&found).iter().all(|dependency| allowed.contains(dependency)), "{name}: {found:?}");
    }
}

#[test]
fn burn_is_known_to_the_trainer_alone() {
    for (name, package) in crates() {
        for kind in [None, Some("dev"), Some("build")] {
            let found = dependencies(&package, kind);
            let knows = found.iter().any(|dependency| dependency.starts_with("burn"));
            assert_eq!(knows, name == KNOWS_BURN && kind.is_none(), "{name}, kind {kind:?}: {found:?}");
        }
    }
}
