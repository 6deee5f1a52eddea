//! Samples: inputs and labels.

use thiserror::Error;

/// `len` samples of `dimension` inputs and one label each. Every number is finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    inputs: Vec<f64>,
    labels: Vec<f64>,
    dimension: usize,
}

/// What is wrong with a table of samples. Rows and columns count from 1.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum DatasetError {
    /// No sample at all.
    #[error("no samples: give at least one row in x and one label in y")]
    Empty,
    /// No input column.
    #[error("x, row 1: no columns; give at least one input per sample")]
    NoColumns,
    /// Rows of different lengths.
    #[error("x, row {row}: {found} columns where row 1 has {expected}; make all rows equally long")]
    Ragged {
        /// The offending row.
        row: usize,
        /// Its length.
        found: usize,
        /// Length of the first row.
        expected: usize,
    },
    /// Different numbers of rows and labels.
    #[error("{rows} rows in x but {labels} labels in y; every sample needs exactly one label")]
    LabelCount {
        /// Rows in x.
        rows: usize,
        /// Labels in y.
        labels: usize,
    },
    /// NaN or an infinity among the inputs.
    #[error("x, row {row}, column {column}: {value} is not a finite number; remove the sample or fill the value in")]
    InputNotFinite {
        /// Row of the value.
        row: usize,
        /// Column of the value.
        column: usize,
        /// The value.
        value: f64,
    },
    /// NaN or an infinity among the labels.
    #[error("y, row {row}: {value} is not a finite number; remove the sample or fill the value in")]
    LabelNotFinite {
        /// Row of the value.
        row: usize,
        /// The value.
        value: f64,
    },
}

impl Dataset {
    /// A data set from rows of inputs and labels.
    ///
    /// # Errors
    /// Names the first row and column that cannot be used.
    pub fn new(rows: &[Vec<f64>], labels: Vec<f64>) -> Result<Self, DatasetError> {
        let first = rows.first().ok_or(DatasetError::Empty)?;
        let dimension = first.len();
        if dimension == 0 {
            return Err(DatasetError::NoColumns);
        }
        if rows.len() != labels.len() {
            return Err(DatasetError::LabelCount { rows: rows.len(), labels: labels.len() });
        }
        let mut inputs = Vec::with_capacity(rows.len() * dimension);
        for (index, row) in rows.iter().enumerate() {
            if row.len() != dimension {
                return Err(DatasetError::Ragged { row: index + 1, found: row.len(), expected: dimension });
            }
            if let Some(column) = row.iter().position(|v| !v.is_finite()) {
                return Err(DatasetError::InputNotFinite { row: index + 1, column: column + 1, value: row[column] });
            }
            inputs.extend_from_slice(row);
        }
        if let Some(row) = labels.iter().position(|v| !v.is_finite()) {
            return Err(DatasetError::LabelNotFinite { row: row + 1, value: labels[row] });
        }
        Ok(Self { inputs, labels, dimension })
    }

    /// Number of samples `n`, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a data set is never empty")]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Number of inputs `d`, at least 1.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Inputs of sample `index`: `d` numbers.
    pub fn input(&self, index: usize) -> &[f64] {
        &self.inputs[index * self.dimension..(index + 1) * self.dimension]
    }

    /// All inputs, row after row: `n * d` numbers.
    pub fn inputs(&self) -> &[f64] {
        &self.inputs
    }

    /// All labels: `n` numbers.
    pub fn labels(&self) -> &[f64] {
        &self.labels
    }

    /// The samples as (input row, label) pairs.
    pub fn samples(&self) -> impl Iterator<Item = (&[f64], f64)> {
        self.inputs.chunks_exact(self.dimension).zip(self.labels.iter().copied())
    }
}
