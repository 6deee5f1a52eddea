//! `optgap gen`: instances of a family as JSON.

use crate::{Exit, sweep, terminal};
use anyhow::Context;
use optgap_cli::REGISTRY;
use optgap_harness::FamilyChoice;
use optgap_problem::instance_to_json;
use optgap_results::OutputFile;
use std::path::PathBuf;

/// Make an instance of a family, or a folder of many, and write it as JSON
///
/// The same family, parameters and seed give the same bytes on every machine. Parameters are those of `--size`, or else the
/// defaults, with your own values in brackets on top; `optgap info FAMILY` shows them all.
///
/// With `--count M` the instances of M seeds, from `--seed` on, go into the folder of `--out`, a file each under the instance's
/// name; a file of that name is overwritten. The family `files` reads such a folder again, in plans too.
///
/// Exit codes: 0 fine, 2 wrong usage, 3 some seeds of `--count` have no instance, 130 interrupted.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  optgap gen xor
  optgap gen \"teacher[n=100,noise=0.1]\" --seed 7 --out teacher.json
  optgap gen vertex-cover --size medium | python3 -m json.tool
  optgap gen random-labels --size small --count 1000 --out sweep   the seeds 1 to 1000
  optgap gen \"files[folder=sweep]\" --seed 3                      the third of them by name")]
pub(crate) struct Arguments {
    /// Family with parameters: name[parameter=value,...]; `optgap list` shows the names, `optgap info NAME` the parameters
    family: String,
    /// Named parameter set to start from: tiny, small, medium or large
    #[arg(long, value_name = "S")]
    size: Option<String>,
    /// Data seed, with --count the first one
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 1)]
    seed: u64,
    /// Number of seeds, with a file for each [default: one instance, not in a folder]
    #[arg(long, value_name = "M", allow_negative_numbers = true, requires = "out", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Write to this file instead of stdout; with --count into this folder, which is made if it is missing
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let choice = || REGISTRY.family(&arguments.family, arguments.size.as_deref());
    match (arguments.count, &arguments.out) {
        (Some(count), Some(folder)) => {
            let end = arguments.seed.checked_add(count);
            let end = end.with_context(|| format!("--count {count}: the seeds go beyond {}; take fewer", u64::MAX))?;
            sweep::write(&choice()?, arguments.seed..end, folder)
        }
        (_, file) => {
            let output = file.as_deref().map(OutputFile::reserve).transpose()?;
            write(&choice()?, arguments.seed, output.as_ref())
        }
    }
}

fn write(choice: &FamilyChoice, seed: u64, output: Option<&OutputFile>) -> anyhow::Result<Exit> {
    let json = instance_to_json(&choice.instance(seed)?) + "\n";
    match output {
        Some(output) => output.write(json.as_bytes())?,
        None => terminal::print(&json)?,
    }
    Ok(Exit::Fine)
}
