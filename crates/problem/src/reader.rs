//! Files of instances and weights: JSON, and CSV with a choice of columns.

use crate::wire::{FormatError, instance_from_json, weights_from_json};
use crate::{Dataset, DatasetError, Instance, InstanceError, Loss, Network, Weights};
use std::fs;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// How a CSV file becomes an instance.
#[derive(Clone, Debug, Default)]
pub struct CsvOptions {
    /// Column with the label: a name of the header row, or a number counted from 1. Without one, the last column.
    pub target: Option<String>,
    /// Columns with the inputs, by name or number. Without any, all others.
    pub features: Vec<String>,
}

/// A file that cannot be used. Always names the file.
#[derive(Debug, Error)]
#[error("{}: {kind}", file.display())]
pub struct FileError {
    /// The file.
    pub file: PathBuf,
    kind: FileErrorKind,
}

#[derive(Debug, Error)]
enum FileErrorKind {
    #[error("cannot be read: {0}")]
    Read(#[from] std::io::Error),
    #[error("is not text (byte {0} is not UTF-8); give an instance as JSON or CSV")]
    Binary(usize),
    #[error(transparent)]
    Format(#[from] FormatError),
    #[error("no column {name:?}; the columns are {known}")]
    NoColumn { name: String, known: String },
    #[error("column {name:?} is chosen twice; every column may be used once")]
    ColumnTwice { name: String },
    #[error("line {line}: {found} columns where the first line has {expected}; make all lines equally long")]
    Ragged { line: usize, found: usize, expected: usize },
    #[error(
        "line {line}, column {column}: {text:?} is not a finite number (decimals take a point); remove the line or fill the value in"
    )]
    Number { line: usize, column: String, text: String },
    #[error("{0}")]
    Csv(#[from] csv::Error),
    #[error("line 1 mixes numbers and words ({text:?}); name all columns in a header, or fill in the values of the first sample")]
    MixedFirstLine { text: String },
    #[error("column {name:?} stands twice in the header; choose it by its number")]
    SameName { name: String },
    #[error("has no input column besides the target {0:?}; give at least two columns")]
    NoInputs(String),
    #[error(transparent)]
    Data(#[from] DatasetError),
    #[error(transparent)]
    Instance(#[from] InstanceError),
}

fn with_file<T>(file: &Path, result: Result<T, FileErrorKind>) -> Result<T, FileError> {
    result.map_err(|kind| FileError { file: file.to_owned(), kind })
}

/// Reads an instance from a JSON file.
///
/// # Errors
/// Names the file, the place and the remedy.
pub fn read_instance(file: &Path) -> Result<Instance, FileError> {
    with_file(file, read_text(file).and_then(|text| Ok(instance_from_json(&text)?)))
}

/// Reads weights from a JSON file.
///
/// # Errors
/// Names the file, the place and the remedy.
pub fn read_weights(file: &Path) -> Result<Weights, FileError> {
    with_file(file, read_text(file).and_then(|text| Ok(weights_from_json(&text)?)))
}

/// Reads an instance from a CSV file with or without a header row, for the given network.
///
/// A first line of numbers is a sample, a first line without any number is the header. Columns are separated by commas, or
/// by semicolons or tabs where the first line has them.
///
/// # Errors
/// Names the file, the line, the column and the remedy.
pub fn read_csv(file: &Path, options: &CsvOptions, network: Network) -> Result<Instance, FileError> {
    with_file(file, read_text(file).and_then(|text| csv_instance(file, &text, options, network)))
}

fn read_text(file: &Path) -> Result<String, FileErrorKind> {
    let mut bytes = fs::read(file)?;
    // A byte order mark, as spreadsheet programs write it, is not part of the first column's name.
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    String::from_utf8(bytes).map_err(|error| FileErrorKind::Binary(error.utf8_error().valid_up_to()))
}

fn csv_instance(file: &Path, text: &str, options: &CsvOptions, network: Network) -> Result<Instance, FileErrorKind> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(text))
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut records = reader.records().collect::<Result<Vec<_>, _>>()?;
    let first = records.first().ok_or(DatasetError::Empty)?;
    let numbers = first.iter().filter(|field| field.parse::<f64>().is_ok()).count();
    let has_header = numbers == 0;
    if numbers > 0 && numbers < first.len() {
        return Err(FileErrorKind::MixedFirstLine { text: first.iter().collect::<Vec<_>>().join(", ") });
    }
    let names: Vec<String> = if has_header {
        first.iter().map(str::to_owned).collect()
    } else {
        (1..=first.len()).map(|number| number.to_string()).collect()
    };
    if has_header {
        records.remove(0);
    }
    let columns = Columns::choose(&names, options)?;
    let mut rows = Vec::with_capacity(records.len());
    let mut labels = Vec::with_capacity(records.len());
    for record in &records {
        let line = line_number(text, record);
        if record.len() != names.len() {
            return Err(FileErrorKind::Ragged { line, found: record.len(), expected: names.len() });
        }
        let number = |column: usize| parse_number(&record[column], line, &names[column]);
        rows.push(columns.features.iter().map(|&column| number(column)).collect::<Result<Vec<_>, _>>()?);
        labels.push(number(columns.target)?);
    }
    let mut instance = Instance::new(Dataset::new(&rows, labels)?, network, Loss::Squared)?;
    instance.name = file.file_stem().map_or_else(|| "csv".into(), |stem| stem.to_string_lossy().into_owned());
    let features: Vec<&String> = columns.features.iter().map(|&column| &names[column]).collect();
    instance.provenance = serde_json::json!({"source": "csv", "features": features, "target": names[columns.target]});
    Ok(instance)
}

/// Semicolons and tabs separate columns where the first line has them, else commas.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default().as_bytes();
    [b';', b'\t'].into_iter().find(|separator| first.contains(separator)).unwrap_or(b',')
}

/// Line of a record, counted from 1; its position may lie before the blank lines above it.
fn line_number(text: &str, record: &csv::StringRecord) -> usize {
    let start = record.position().map_or(0, |position| position.byte() as usize).min(text.len());
    let blank = text[start..].bytes().take_while(|b| matches!(b, b'\n' | b'\r')).count();
    text[..start + blank].matches('\n').count() + 1
}

fn parse_number(text: &str, line: usize, column: &str) -> Result<f64, FileErrorKind> {
    text.parse().ok().filter(|value: &f64| value.is_finite()).ok_or_else(|| FileErrorKind::Number {
        line,
        column: column.to_owned(),
        text: text.to_owned(),
    })
}

/// Positions of the chosen columns.
struct Columns {
    features: Vec<usize>,
    target: usize,
}

impl Columns {
    fn choose(names: &[String], options: &CsvOptions) -> Result<Self, FileErrorKind> {
        let target = match &options.target {
            Some(name) => find_column(names, name)?,
            None => names.len() - 1,
        };
        let features = if options.features.is_empty() {
            (0..names.len()).filter(|&column| column != target).collect()
        } else {
            options.features.iter().map(|name| find_column(names, name)).collect::<Result<Vec<_>, _>>()?
        };
        if features.is_empty() {
            return Err(FileErrorKind::NoInputs(names[target].clone()));
        }
        for (index, column) in features.iter().enumerate() {
            if *column == target || features[..index].contains(column) {
                return Err(FileErrorKind::ColumnTwice { name: names[*column].clone() });
            }
        }
        Ok(Self { features, target })
    }
}

fn find_column(names: &[String], wanted: &str) -> Result<usize, FileErrorKind> {
    let by_number = || wanted.parse::<usize>().ok().filter(|number| (1..=names.len()).contains(number)).map(|number| number - 1);
    if names.iter().filter(|name| *name == wanted).count() > 1 {
        return Err(FileErrorKind::SameName { name: wanted.to_owned() });
    }
    names
        .iter()
        .position(|name| name == wanted)
        .or_else(by_number)
        .ok_or_else(|| FileErrorKind::NoColumn { name: wanted.to_owned(), known: names.join(", ") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(text: &str, target: Option<&str>, features: &[&str]) -> Result<Instance, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("table.csv");
        fs::write(&file, text).expect("written");
        let options =
            CsvOptions { target: target.map(str::to_owned), features: features.iter().map(|&name| name.to_owned()).collect() };
        read_csv(&file, &options, Network::dense(2)).map_err(|error| error.to_string())
    }

    #[test]
    fn columns_are_chosen_by_name_or_number() {
        let instance = csv("a, b ,c\n1,2,3\n4,5,6\n", Some("b"), &[]).expect("valid");
        assert_eq!(instance.data.labels(), [2.0, 5.0]);
        assert_eq!(instance.data.inputs(), [1.0, 3.0, 4.0, 6.0]);
        assert_eq!(instance.name, "table");
        let instance = csv("\u{feff}1,2,3\n4,5,6\n", Some("1"), &["3"]).expect("valid");
        assert_eq!(instance.data.labels(), [1.0, 4.0]);
        assert_eq!(instance.data.inputs(), [3.0, 6.0]);
        assert_eq!(csv("a;b\r\n1;2\r\n", None, &[]).expect("valid").data.labels(), [2.0]);
    }

    #[test]
    fn faults_name_line_and_column() {
        let fault = |text: &str, target: Option<&str>| csv(text, target, &[]).expect_err("broken");
        assert!(fault("a,b\n1,2\n3\n", None).contains("line 3: 1 columns where the first line has 2"));
        assert!(fault("a,b\n1,NaN\n", None).contains("line 2, column b: \"NaN\" is not a finite number"));
        assert!(fault("a,b\n1,\n", None).contains("line 2, column b: \"\""));
        assert!(fault("a,b\n1,2\n", Some("z")).contains("no column \"z\"; the columns are a, b"));
        assert!(fault("a\n1\n", None).contains("has no input column besides the target \"a\""));
        assert!(fault("", None).contains("no samples"));
        assert!(fault("a,b\n", None).contains("no samples"));
        assert!(csv("a,b\n1,2\n", Some("b"), &["b"]).expect_err("twice").contains("chosen twice"));
        assert!(fault("1,2,\n3,4,5\n", None).contains("line 1 mixes numbers and words"));
        assert!(fault("a,a,b\n1,2,3\n", Some("a")).contains("stands twice in the header"));
        assert!(fault("a,b\n\n\n1,x\n", None).contains("line 4, column b"));
        assert!(fault("a;b\n1,5;2\n", None).contains("decimals take a point"));
    }

    #[test]
    fn a_file_of_bytes_is_refused_as_such() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("noise.json");
        fs::write(&file, [0x7b, 0xff, 0x00]).expect("written");
        let message = read_instance(&file).expect_err("binary").to_string();
        assert!(message.contains("noise.json: is not text (byte 1"), "{message}");
        assert!(
            read_weights(&folder.path().join("none.json"))
                .expect_err("missing")
                .to_string()
                .contains("none.json: cannot be read")
        );
    }
}
