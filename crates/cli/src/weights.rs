//! Weights that come from files and go to files.

use anyhow::{Context, bail};
use clap::Args;
use optgap_problem::{Instance, Weights, read_weights, weights_to_json};
use optgap_results::OutputFile;
use std::path::{Path, PathBuf};

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

/// Reads weights of the instance's network.
///
/// # Errors
/// Names the file and what is wrong: not readable, not of the network's shape, or with a loss beyond every number.
pub(crate) fn read(file: &Path, instance: &Instance) -> anyhow::Result<Weights> {
    let weights = read_weights(file)?;
    check(file, instance, &weights)?;
    Ok(weights)
}

/// Are these weights of the instance's network, with a finite loss?
///
/// # Errors
/// As [`read`].
pub(crate) fn check(file: &Path, instance: &Instance, weights: &Weights) -> anyhow::Result<()> {
    let loss = instance.loss_of(weights).with_context(|| file.display().to_string())?;
    if !loss.is_finite() {
        bail!("{}: the loss of these weights is too large for a number; are they of this instance?", file.display());
    }
    Ok(())
}
