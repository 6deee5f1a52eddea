//! The folder `src/` against the `mod` lines and the registry: a family cannot be forgotten silently.

use optgap_families::FAMILIES;
use std::fs;
use std::path::Path;

/// Stem and text of every source file but `lib.rs`.
fn sources() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let paths = fs::read_dir(folder).expect("src exists").map(|entry| entry.expect("readable").path());
    paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("lib.rs"))
        .map(|path| {
            let stem = path.file_stem().expect("a file name").display().to_string();
            (stem, fs::read_to_string(&path).expect("text"))
        })
        .collect()
}

#[test]
fn every_source_file_has_its_mod_line() {
    let library = include_str!("../src/lib.rs");
    for (stem, _) in sources() {
        assert!(library.contains(&format!("\nmod {stem};")), "src/{stem}.rs has no `mod {stem};` in src/lib.rs");
    }
}

#[test]
fn every_family_file_is_in_the_registry_under_its_name_and_once() {
    let mut written: Vec<String> =
        sources().iter().filter(|(_, text)| text.contains("impl Family for")).map(|(stem, _)| stem.replace('_', "-")).collect();
    let mut registered: Vec<String> = FAMILIES.iter().map(|family| family.name().to_owned()).collect();
    written.sort();
    registered.sort();
    assert_eq!(registered, written);
}

#[test]
fn every_family_file_documents_definition_source_reference_and_descent() {
    for (stem, text) in sources().iter().filter(|(_, text)| text.contains("impl Family for")) {
        for heading in ["**Definition.**", "**Source.**", "**Reference.**", "**Descent**"] {
            assert!(text.contains(&format!("//! {heading}")), "src/{stem}.rs: the module documentation lacks {heading}");
        }
    }
}
