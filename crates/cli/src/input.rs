//! The instance that a command works on: a file in JSON or CSV.

use anyhow::{Context, bail};
use clap::Args;
use optgap_problem::{CsvOptions, Instance, Loss, Network, NetworkKind, instance_to_json, read_csv, read_instance};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Hidden units for a CSV file when none are given.
const DEFAULT_WIDTH: usize = 2;
/// Seconds that a time limit may have: from a millisecond to a year.
const TIME_LIMIT_S: std::ops::RangeInclusive<f64> = 1e-3..=3.2e7;

/// A file, and what a CSV file does not say of itself.
#[derive(Args)]
pub(crate) struct InstanceArguments {
    /// Instance as JSON (see `optgap gen`), or a table as CSV with or without a header line
    file: PathBuf,
    /// Hidden units of the network [default: 2]
    #[arg(long, value_name = "K", allow_negative_numbers = true, help_heading = CSV)]
    width: Option<usize>,
    /// Column with the label, by name or by number from 1 [default: the last one]
    #[arg(long, value_name = "COLUMN", help_heading = CSV)]
    target: Option<String>,
    /// Columns with the inputs, separated by commas [default: all others]
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = CSV)]
    features: Vec<String>,
    /// Give the network an output bias
    #[arg(long, help_heading = CSV)]
    output_bias: bool,
    /// Leave out the biases of the hidden units
    #[arg(long, help_heading = CSV)]
    no_hidden_bias: bool,
    /// Fix all output weights at 1
    #[arg(long, help_heading = CSV)]
    fixed_output: bool,
}

const CSV: &str = "CSV files (JSON files state these themselves)";

impl InstanceArguments {
    /// Reads the file.
    pub(crate) fn read(&self) -> anyhow::Result<Instance> {
        self.read_for(DEFAULT_WIDTH)
    }

    /// Reads the file, and gives besides the instance its JSON, which programs read that share no code with this one. A JSON
    /// file is handed on as it is, byte by byte.
    pub(crate) fn read_document(&self) -> anyhow::Result<(Instance, Vec<u8>)> {
        let instance = self.read()?;
        let document = if is_json(&self.file) {
            std::fs::read(&self.file).with_context(|| format!("{}: cannot be read", self.file.display()))?
        } else {
            instance_to_json(&instance).into_bytes()
        };
        Ok((instance, document))
    }

    /// Reads the file; a CSV file without `--width` is for this many hidden units.
    pub(crate) fn read_for(&self, width: usize) -> anyhow::Result<Instance> {
        if is_json(&self.file) {
            if let Some(flag) = self.csv_flag() {
                bail!("{}: {flag} is for CSV files; a JSON file states its own network and data", self.file.display());
            }
            return Ok(read_instance(&self.file)?);
        }
        let network = Network {
            hidden_bias: !self.no_hidden_bias,
            output_bias: self.output_bias,
            train_output: !self.fixed_output,
            ..Network::dense(self.width.unwrap_or(width))
        };
        let options = CsvOptions { target: self.target.clone(), features: self.features.clone() };
        Ok(read_csv(&self.file, &options, network)?)
    }

    /// A flag that means nothing for a JSON file.
    fn csv_flag(&self) -> Option<&'static str> {
        let given = [
            (self.width.is_some(), "--width"),
            (self.target.is_some(), "--target"),
            (!self.features.is_empty(), "--features"),
            (self.output_bias, "--output-bias"),
            (self.no_hidden_bias, "--no-hidden-bias"),
            (self.fixed_output, "--fixed-output"),
        ];
        given.into_iter().find(|(given, _)| *given).map(|(_, flag)| flag)
    }
}

/// By the ending of the name; for other endings, by whether the content begins like an object.
fn is_json(file: &Path) -> bool {
    let ending = file.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("json") => true,
        Some("csv") => false,
        _ => {
            let mut start = [0; 64];
            let length = File::open(file).and_then(|mut handle| handle.read(&mut start)).unwrap_or(0);
            let text = start[..length].strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start[..length]);
            text.trim_ascii_start().starts_with(b"{")
        }
    }
}

/// Name and shape of an instance on one line.
pub(crate) fn description(instance: &Instance) -> String {
    format!("{}: {}", instance.name, shape(instance))
}

/// Numbers of samples, inputs and hidden units.
pub(crate) fn shape(instance: &Instance) -> String {
    let (data, width) = (&instance.data, instance.network.width);
    let units = match instance.network.kind {
        NetworkKind::Dense => counted(width, "hidden unit"),
        NetworkKind::DeepLinear { depth } => format!("a product of {depth} matrices"),
        NetworkKind::SharedFilter { patch_size, .. } => format!("1 filter of {}", counted(patch_size, "input")),
    };
    let samples = match instance.loss {
        Loss::GaussianPopulation => format!("a population labelled by {}", counted(data.len(), "unit")),
        Loss::Squared | Loss::ZeroOne => counted(data.len(), "sample"),
    };
    [samples, counted(data.dimension(), "input"), units].join(", ")
}

/// A number of things in words.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// What the line `L0` of a summary means.
pub(crate) fn level_words(level: f64) -> &'static str {
    if level == 0.0 { "a constant fits perfectly: degenerate" } else { "loss of the best constant" }
}

/// Reads a time limit on the command line.
pub(crate) fn time_limit(text: &str) -> Result<Duration, String> {
    within(text, TIME_LIMIT_S, "seconds").map(Duration::from_secs_f64)
}

/// Reads a number on the command line that must lie in a range.
pub(crate) fn within(text: &str, range: std::ops::RangeInclusive<f64>, what: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("not a number of {what}"))?;
    let (least, most) = (range.start(), range.end());
    if range.contains(&value) { Ok(value) } else { Err(format!("give a number of {what} from {least:e} to {most:e}")) }
}
