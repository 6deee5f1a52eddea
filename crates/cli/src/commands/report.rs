//! `optgap report`: table, page and charts from the records of a run.

use crate::{Exit, terminal};
use optgap_cli::Report;
use optgap_results::RunFolder;
use std::path::PathBuf;

/// Print the table of a run and write its page and charts again
///
/// Works from the records alone and runs nothing. An unfinished run gives the report of what is there.
#[derive(clap::Args)]
#[command(after_help = "Example:
  optgap report results/work/quick")]
pub(crate) struct Arguments {
    /// Folder of the run
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let folder = RunFolder::at(&arguments.folder);
    let report = Report::of(&folder)?;
    terminal::print(&report.headline())?;
    terminal::print(&format!("report: {}", report.write(&folder)?.display()))?;
    Ok(if report.is_sound() { Exit::Fine } else { Exit::Violation })
}
