//! The option `--save-weights`.

use anyhow::Context;
use clap::Args;
use optgap_problem::{Weights, weights_to_json};
use optgap_results::OutputFile;
use std::path::PathBuf;

/// Where weights go.
#[derive(Args)]
pub(crate) struct WeightsArguments {
    /// Write the best weights to this file, as JSON
    #[arg(long, value_name = "OUT")]
    save_weights: Option<PathBuf>,
}

impl WeightsArguments {
    /// Checks before the work that the file can be written after it.
    pub(crate) fn reserve(&self) -> anyhow::Result<Option<OutputFile>> {
        self.save_weights.as_deref().map(OutputFile::reserve).transpose().context("--save-weights")
    }
}

/// Writes the weights in the format that they are read in.
pub(crate) fn save(output: &OutputFile, weights: &Weights) -> anyhow::Result<()> {
    Ok(output.write((weights_to_json(weights) + "\n").as_bytes())?)
}
