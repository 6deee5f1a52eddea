//! Faults of plans, with file and line.

use std::fmt::Display;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A plan that cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{}{}: {message}", file.display(), line.map_or(String::new(), |line| format!(", line {line}")))]
pub struct PlanError {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1, where the fault has a place.
    pub line: Option<usize>,
    /// What is wrong and what to write instead, on one line.
    pub message: String,
}

/// The text of a plan, to which faults refer.
pub(crate) struct Source {
    pub(crate) file: PathBuf,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn read(file: &Path) -> Result<Self, PlanError> {
        let fault = |message| PlanError { file: file.to_owned(), line: None, message };
        let bytes = fs::read(file).map_err(|error| fault(format!("cannot be read: {error}")))?;
        let text = String::from_utf8(bytes).map_err(|_| fault("is not text; give a plan in TOML".to_owned()))?;
        Ok(Self { file: file.to_owned(), text })
    }

    /// A fault at a range of bytes of the text.
    pub(crate) fn fault(&self, place: Range<usize>, problem: impl Display) -> PlanError {
        // An error at the very end of the text belongs to its last line.
        let end = place.start.min(self.text.trim_end().len());
        let line = self.text[..end].matches('\n').count() + 1;
        let message = problem.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        PlanError { file: self.file.clone(), line: Some(line), message }
    }
}
