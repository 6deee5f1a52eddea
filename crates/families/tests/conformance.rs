//! Every family in the registry against the rules for families, and the golden list of fingerprints.

use optgap_conformance::family::{Subject, failures, golden_lines};
use optgap_families::FAMILIES;
use optgap_problem::{Parameters, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// One line per family and size: a change of these is a change of every published result.
const GOLDEN: &str = include_str!("golden.txt");

/// Three small files for the family that reads a folder.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, shift) in [("a.csv", 0), ("b.csv", 1), ("c.csv", 2)] {
        let line = |i: i32| format!("{},{},{}\n", i, i * i % 7 + shift, (i + shift) * i % 5);
        let table: String = std::iter::once("first,second,label\n".to_owned()).chain((0..12).map(line)).collect();
        fs::write(folder.path().join(name), table).expect("written");
    }
    folder
}

fn subjects(folder: &Path) -> Vec<Subject<'static>> {
    let path = Value::Text(folder.to_str().expect("a plain path").to_owned());
    let given =
        |name: &str| if name == "files" { BTreeMap::from([("folder".to_owned(), path.clone())]) } else { BTreeMap::new() };
    FAMILIES.iter().map(|family| Subject { family: *family, given: Parameters(given(family.name())) }).collect()
}

#[test]
fn every_family_keeps_every_rule() {
    let folder = folder();
    let broken: Vec<String> = subjects(folder.path()).iter().flat_map(failures).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_size_is_the_instance_that_it_always_was() {
    let folder = folder();
    let lines: Vec<String> =
        subjects(folder.path()).iter().flat_map(|subject| golden_lines(subject).expect("instances")).collect();
    let found = lines.join("\n") + "\n";
    if std::env::var_os("OPTGAP_GOLDEN").is_some() {
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden.txt"), &found).expect("written");
        return;
    }
    let known: BTreeSet<&str> = GOLDEN.lines().collect();
    let changed: Vec<&str> = found.lines().filter(|line| !known.contains(line)).collect();
    assert!(
        found == GOLDEN,
        "{}\nare not in tests/golden.txt; if that is meant: OPTGAP_GOLDEN=1 cargo test -p optgap-families",
        changed.join("\n")
    );
}

#[test]
fn every_family_but_the_users_files_has_all_four_sizes() {
    for family in FAMILIES.iter().filter(|family| family.name() != "files") {
        assert_eq!(family.sizes().len(), 4, "{}", family.name());
    }
}
