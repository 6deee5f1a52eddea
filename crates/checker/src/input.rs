//! The checker's own reader of instances and weights.

use crate::{CheckError, Document, MAX_BYTES, MAX_NUMBERS};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use std::fmt;

/// The part of an instance that decides the training loss.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "fields that do not enter the loss are named so that misspelt ones are refused")]
pub(crate) struct Instance {
    format: Format,
    #[serde(default)]
    name: IgnoredAny,
    pub(crate) network: Network,
    #[serde(default)]
    loss: Loss,
    #[serde(default)]
    pub(crate) weight_decay: f64,
    pub(crate) x: Table,
    pub(crate) y: List,
    #[serde(default)]
    test: IgnoredAny,
    #[serde(default)]
    reference: IgnoredAny,
    #[serde(default)]
    provenance: IgnoredAny,
}

#[derive(Debug, Deserialize)]
enum Format {
    #[serde(rename = "optgap-instance/1")]
    One,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Loss {
    #[default]
    Squared,
}

/// How samples reach the hidden units.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Dense,
    SharedFilter,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Activation {
    #[default]
    Relu,
}

/// The network's shape.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "activation has one value, which the parser checks")]
pub(crate) struct Network {
    pub(crate) kind: Kind,
    /// Only of a shared filter.
    pub(crate) patches: Option<usize>,
    pub(crate) patch_size: Option<usize>,
    pub(crate) width: usize,
    #[serde(default)]
    activation: Activation,
    #[serde(default = "yes")]
    pub(crate) hidden_bias: bool,
    #[serde(default)]
    pub(crate) output_bias: bool,
    #[serde(default = "yes")]
    pub(crate) train_output: bool,
}

fn yes() -> bool {
    true
}

/// Values of all parameters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Weights {
    pub(crate) hidden: Table,
    pub(crate) hidden_bias: List,
    pub(crate) output: List,
    #[serde(default)]
    pub(crate) output_bias: f64,
}

/// Reads an instance.
pub(crate) fn read_instance(bytes: &[u8]) -> Result<Instance, CheckError> {
    read(Document::Instance, bytes)
}

/// Reads weights.
pub(crate) fn read_weights(bytes: &[u8]) -> Result<Weights, CheckError> {
    read(Document::Weights, bytes)
}

fn read<'a, T: Deserialize<'a>>(document: Document, bytes: &'a [u8]) -> Result<T, CheckError> {
    if bytes.len() > MAX_BYTES {
        return Err(CheckError::TooLong { document, bytes: bytes.len() });
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(text).map_err(|error| CheckError::Json { document, error })
}

/// A list of numbers, at most [`MAX_NUMBERS`].
#[derive(Debug)]
pub(crate) struct List(pub(crate) Vec<f64>);

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut values = Vec::new();
        Numbers { into: &mut values }.deserialize(deserializer)?;
        Ok(Self(values))
    }
}

/// Equally long rows of numbers, row after row in one list of at most [`MAX_NUMBERS`].
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) values: Vec<f64>,
    pub(crate) rows: usize,
    /// At least 1 unless there is no row.
    pub(crate) columns: usize,
}

impl<'de> Deserialize<'de> for Table {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Rows)
    }
}

struct Rows;

impl<'de> Visitor<'de> for Rows {
    type Value = Table;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Table, A::Error> {
        let mut table = Table { values: Vec::new(), rows: 0, columns: 0 };
        while let Some(found) = sequence.next_element_seed(Numbers { into: &mut table.values })? {
            table.rows += 1;
            if table.rows == 1 {
                table.columns = found;
            }
            if found == 0 {
                return Err(A::Error::custom(format_args!("row {}: no columns", table.rows)));
            }
            if found != table.columns {
                let (row, columns) = (table.rows, table.columns);
                return Err(A::Error::custom(format_args!("row {row}: {found} columns where row 1 has {columns}")));
            }
        }
        Ok(table)
    }
}

/// Appends the numbers of one list to `into` and returns how many they were.
struct Numbers<'a> {
    into: &'a mut Vec<f64>,
}

impl<'de> DeserializeSeed<'de> for Numbers<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Numbers<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<usize, A::Error> {
        let before = self.into.len();
        while let Some(value) = sequence.next_element()? {
            if self.into.len() == MAX_NUMBERS {
                return Err(A::Error::custom(format_args!("more than {MAX_NUMBERS} numbers")));
            }
            self.into.push(value);
        }
        Ok(self.into.len() - before)
    }
}
