//! `optgap gen`: an instance of a family as JSON.

use crate::{Exit, terminal};
use optgap_cli::REGISTRY;
use optgap_problem::instance_to_json;
use optgap_results::OutputFile;
use std::path::PathBuf;

/// Make an instance of a family and write it as JSON
///
/// The same family, parameters and seed give the same bytes on every machine.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  optgap gen xor
  optgap gen \"teacher[n=100,noise=0.1]\" --seed 7 --out teacher.json
  optgap gen vertex-cover --size medium")]
pub(crate) struct Arguments {
    /// Family with parameters: name[parameter=value,...]; `optgap list` shows them
    family: String,
    /// Named parameter set to start from: tiny, small, medium or large
    #[arg(long, value_name = "S")]
    size: Option<String>,
    /// Data seed
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 1)]
    seed: u64,
    /// Write to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let output = arguments.out.as_deref().map(OutputFile::reserve).transpose()?;
    let choice = REGISTRY.family(&arguments.family, arguments.size.as_deref())?;
    let json = instance_to_json(&choice.instance(arguments.seed)?) + "\n";
    match output {
        Some(output) => output.write(json.as_bytes())?,
        None => terminal::print(&json)?,
    }
    Ok(Exit::Fine)
}
