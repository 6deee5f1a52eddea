//! The user's own data: a folder of instance JSON and CSV files.
//!
//! **Definition.** The files of `folder` whose names end in `.json` or `.csv`, sorted by name. A JSON file is an instance with
//! its own network. A CSV file gets a dense network of `width` units; `target` is the label's column (default: the last) and
//! `features` the input columns joined by `+` (default: all others), by name or number. `file` names one file; without it the
//! data seed is the number of the file, from 1: a plan with the seeds 1 to 7 runs a folder of seven files.
//!
//! **Source.** The user.
//!
//! **Reference.** What a JSON file states, else none. Trivial sizes are not refused: the data are as the user wants them.
//!
//! **Descent**: no expectation; to find out is what the family is for. Two signs of what will happen: labels near an affine
//! function of the inputs favour descent, few samples per hidden unit and conflicting labels of near neighbours do not.

use crate::about::about;
use crate::request::Request;
use optgap_problem::{
    About, BadParameter, CsvOptions, Family, Instance, Network, Parameter, Parameters, Size, Tag, read_csv, read_instance,
};
use std::path::Path;

/// See the module documentation.
pub(crate) struct Files;

/// Names that an error message lists.
const MOST_LISTED: usize = 20;

const PARAMETERS: &[Parameter] = &[
    Parameter::text("folder", "path of the folder, from where optgap is started", ""),
    Parameter::text("file", "name of one file in the folder; without it the data seed is the file's number, from 1", ""),
    Parameter::text("target", "CSV only: name or number of the label's column; without it the last", ""),
    Parameter::text("features", "CSV only: names or numbers of the input columns, joined by +; without it all others", ""),
    Parameter::integer("width", "CSV only: hidden units", 1, 4096, 2),
    Parameter::switch("output-bias", "CSV only: whether the network has an output bias", false),
];

impl Family for Files {
    fn name(&self) -> &'static str {
        "files"
    }

    fn tag(&self) -> Tag {
        Tag::Structured
    }

    fn about(&self) -> About {
        about(include_str!("files.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    /// None: sizes are those of the files.
    fn sizes(&self) -> &'static [Size] {
        &[]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let folder = parameters.text("folder");
        let names = listing(folder)?;
        let file = parameters.text("file");
        let name = if file.is_empty() { by_number(folder, &names, seed)? } else { by_name(folder, &names, file)? };
        let path = Path::new(folder).join(name);
        let (read, part) = if is_csv(name) {
            let part = csv_part(parameters);
            (read_csv(&path, &csv_options(parameters), csv_network(parameters)), part)
        } else {
            (read_instance(&path), String::new())
        };
        let mut instance = read.map_err(|error| BadParameter::Combination(error.to_string()))?;
        let place = Path::new(folder).file_name().map_or_else(String::new, |last| format!("{}-", last.display()));
        instance.name = format!("files-{place}{name}{part}");
        let original =
            std::mem::replace(&mut instance.provenance, Request::new(self, parameters, seed).drawn(file.is_empty()).provenance());
        instance.provenance["file"] = name.into();
        instance.provenance["original"] = original;
        Ok(instance)
    }
}

fn is_csv(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}

fn is_json(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

/// Names of the folder's instance files in alphabetical order, at least one.
fn listing(folder: &str) -> Result<Vec<String>, BadParameter> {
    let fault = |problem: String| {
        Err(BadParameter::Value {
            name: "folder".into(),
            value: format!("{folder:?}"),
            expected: format!("a folder with .json or .csv files, as files[folder=PATH] ({problem})"),
        })
    };
    if folder.is_empty() {
        return fault("none is given".into());
    }
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return fault(error.to_string()),
    };
    let mut names = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) if entry.path().is_file() => names.extend(entry.file_name().into_string()),
            Ok(_) => {}
            Err(error) => return fault(error.to_string()),
        }
    }
    names.retain(|name| is_csv(name) || is_json(name));
    names.sort();
    if names.is_empty() { fault("it has none".into()) } else { Ok(names) }
}

fn by_number<'a>(folder: &str, names: &'a [String], seed: u64) -> Result<&'a str, BadParameter> {
    let position = seed.checked_sub(1).and_then(|position| usize::try_from(position).ok());
    position.and_then(|position| names.get(position)).map(String::as_str).ok_or_else(|| {
        BadParameter::Combination(format!(
            "folder {folder:?} has {} files, and the data seed is a file's number: there is no number {seed}; take seeds from 1 \
             to {}, or name one with file=...: {}",
            names.len(),
            names.len(),
            listed(names)
        ))
    })
}

fn by_name<'a>(folder: &str, names: &'a [String], file: &str) -> Result<&'a str, BadParameter> {
    names.iter().map(String::as_str).find(|name| *name == file).ok_or_else(|| BadParameter::Value {
        name: "file".into(),
        value: file.to_owned(),
        expected: format!("one of the files of {folder:?}: {}", listed(names)),
    })
}

fn listed(names: &[String]) -> String {
    let shown = names.iter().take(MOST_LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let hidden = names.len().saturating_sub(MOST_LISTED);
    if hidden == 0 { shown } else { format!("{shown} and {hidden} more") }
}

fn csv_options(parameters: &Parameters) -> CsvOptions {
    let given = |name: &str| Some(parameters.text(name)).filter(|text| !text.is_empty());
    let features = given("features").map_or_else(Vec::new, |text| text.split('+').map(|name| name.trim().to_owned()).collect());
    CsvOptions { target: given("target").map(str::to_owned), features }
}

fn csv_network(parameters: &Parameters) -> Network {
    Network { output_bias: parameters.switch("output-bias"), ..Network::dense(parameters.count("width")) }
}

/// What the name says of an instance that is made from a CSV file.
fn csv_part(parameters: &Parameters) -> String {
    let mut part = String::new();
    for name in ["features", "target"] {
        let text = parameters.text(name);
        if !text.is_empty() {
            part.push('-');
            part.push_str(text);
        }
    }
    let bias = if parameters.switch("output-bias") { "-c" } else { "" };
    format!("{part}-k{}{bias}", parameters.count("width"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use optgap_problem::{Value, instance_to_json};
    use std::collections::BTreeMap;
    use std::fs;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let table = "a,b,c\n1,2,3\n4,5,7\n0,1,5\n2,2,2\n9,1,1\n";
        fs::write(folder.path().join("b.csv"), table).expect("written");
        fs::write(folder.path().join("notes.txt"), "not data").expect("written");
        fs::create_dir(folder.path().join("z.json")).expect("a folder in the folder");
        let parameters = Parameters::default().complete(crate::xor::Xor.parameters()).expect("defaults");
        let xor = crate::xor::Xor.instance(&parameters, 0).expect("valid");
        fs::write(folder.path().join("a.json"), instance_to_json(&xor)).expect("written");
        folder
    }

    fn made(folder: &Path, given: &[(&str, &str)], seed: u64) -> Result<Instance, String> {
        let texts = given.iter().map(|(name, text)| ((*name).to_owned(), Value::Text((*text).to_owned())));
        let mut values: BTreeMap<String, Value> = texts.collect();
        values.insert("folder".into(), Value::Text(folder.to_str().expect("a plain path").into()));
        let parameters = Parameters(values).complete(Files.parameters()).expect("declared");
        Files.instance(&parameters, seed).map_err(|error| error.to_string())
    }

    #[test]
    fn the_seed_is_the_number_of_a_file() {
        let folder = folder();
        let (first, second) = (made(folder.path(), &[], 1).expect("a.json"), made(folder.path(), &[], 2).expect("b.csv"));
        let place = folder.path().file_name().expect("a name").display();
        assert_eq!((first.name, second.name), (format!("files-{place}-a.json"), format!("files-{place}-b.csv-k2")));
        assert!(first.reference.is_some() && first.provenance["original"]["family"] == "xor");
        for seed in [0, 3] {
            let fault = made(folder.path(), &[], seed).expect_err("no such number");
            assert!(fault.contains("seeds from 1 to 2") && fault.ends_with("a.json, b.csv"), "{fault}");
        }
    }

    #[test]
    fn a_file_is_found_by_name_and_columns_are_chosen() {
        let folder = folder();
        let instance = made(folder.path(), &[("file", "b.csv"), ("target", "a"), ("features", "c+b")], 7).expect("valid");
        assert_eq!(instance.data.labels(), [1.0, 4.0, 0.0, 2.0, 9.0]);
        assert_eq!(instance.data.input(1), [7.0, 5.0]);
        assert!(instance.name.ends_with("-b.csv-c+b-a-k2"), "{}", instance.name);
        let fault = made(folder.path(), &[("file", "c.csv")], 1).expect_err("no such file");
        assert!(fault.ends_with("a.json, b.csv"), "{fault}");
        let fault = made(folder.path(), &[("file", "b.csv"), ("target", "q")], 1).expect_err("no such column");
        assert!(fault.contains("b.csv: no column \"q\""), "{fault}");
    }

    #[test]
    fn folders_that_cannot_be_used_are_named() {
        let empty = tempfile::tempdir().expect("a folder");
        assert!(made(empty.path(), &[], 1).expect_err("empty").contains("it has none"));
        assert!(made(&empty.path().join("none"), &[], 1).expect_err("missing").contains("parameter folder = "));
        let defaults = Parameters::default().complete(Files.parameters()).expect("defaults");
        assert!(Files.instance(&defaults, 1).expect_err("none").to_string().contains("none is given"));
        fs::write(empty.path().join("broken.csv"), "a,b\n1,x\n").expect("written");
        assert!(made(empty.path(), &[], 1).expect_err("broken").contains("broken.csv: line 2, column b"));
    }
}
