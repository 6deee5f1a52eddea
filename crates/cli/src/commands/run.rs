//! `optgap run`: a plan from its cells to its report.

use crate::printer::Printer;
use crate::{Exit, interrupt, terminal};
use anyhow::Context;
use optgap_cli::{REGISTRY, Report};
use optgap_harness::{Conclusion, Plan, RunOptions, RunOutcome};
use optgap_results::{RunFolder, Status};
use std::path::{Path, PathBuf};

/// Run a plan: every instance under every method, then the report
///
/// Cells that have a record already are skipped, so a run that was broken off continues where it stopped and a changed plan
/// adds only what is new.
///
/// Exact searches write certificates of their lower bounds into certificates/ of the run's folder, and a program that shares no
/// code with the search checks each at once; `certificates = false` in a plan leaves that out.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  optgap run                                     the quick plan, into results/work/quick
  optgap run my-plan.toml --jobs 4 --out results/work/mine
  optgap run --retry error                       run failed cells once more

Ctrl-C keeps everything that is finished. benches/plans/README.md describes plans, results/README.md the files of a run.")]
pub(crate) struct Arguments {
    /// The plan
    #[arg(default_value = "benches/plans/quick.toml")]
    plan: PathBuf,
    /// Cells that run side by side [default: number of processors]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Folder of the run [default: results/work/NAME, by the name of the plan]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Run cells with these statuses once more
    #[arg(long, value_name = "STATUSES", value_delimiter = ',', value_parser = retryable)]
    retry: Vec<Status>,
}

/// Name of this process's files in a folder that several could share.
const WORKER: &str = "local";

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let plan = Plan::read(&arguments.plan, &REGISTRY)?;
    let folder = arguments.out.clone().unwrap_or_else(|| Path::new("results/work").join(&plan.name));
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let options = RunOptions {
        folder: &folder,
        jobs: arguments.jobs.map_or(processors, usize::from),
        retry: &arguments.retry,
        worker: WORKER,
    };
    let printer = Printer::new();
    let outcome = optgap_harness::run(&plan, options, interrupt::flag()?, &printer);
    printer.finish();
    let outcome = outcome?;
    let run_folder = RunFolder::at(&folder);
    let report = Report::of(&run_folder)?;
    terminal::print(&report.headline())?;
    if !outcome.interrupted {
        let page = report.write(&run_folder).context("all records are kept, but the report failed")?;
        terminal::print(&format!("report: {}", page.display()))?;
    }
    // Those of the plan's own cells stand in the table already.
    for violation in outcome.violations.iter().filter(|violation| !report.violations().contains(violation)) {
        terminal::note(&format!("VIOLATION {violation}"));
    }
    Ok(conclude(&outcome))
}

fn conclude(outcome: &RunOutcome) -> Exit {
    if outcome.interrupted {
        let done = outcome.records.len();
        terminal::note(&format!("interrupted: {done} of {} cells are done; the same command continues", outcome.total));
    }
    let rejected = outcome.rejected().count();
    if rejected > 0 {
        terminal::note(&format!(
            "{rejected} REJECTED: the checker does not accept the certificates of {rejected} cells, whose lower bounds are not proved; \
             `optgap verify` repeats that"
        ));
    }
    if outcome.failed() > 0 {
        terminal::note(&format!("{} cells failed; their records hold the reason (--retry runs them again)", outcome.failed()));
    }
    match outcome.conclusion() {
        Conclusion::Fine => Exit::Fine,
        Conclusion::Violation | Conclusion::SomeRejected => Exit::Violation,
        Conclusion::SomeFailed => Exit::SomeFailed,
        Conclusion::Interrupted => Exit::Interrupted,
    }
}

/// Only failures can be run again: everything else is final.
fn retryable(word: &str) -> Result<Status, String> {
    match word.parse::<Status>() {
        Ok(status) if status.is_failure() => Ok(status),
        _ => Err("failures that can be run again are error, killed and memout".to_owned()),
    }
}
