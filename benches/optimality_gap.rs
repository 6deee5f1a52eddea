//! The optimality gap itself: runs the smoke plan from scratch, prints its table and draws its charts.
//!
//! No criterion here: an instance is solved once, and what is measured stands in the records. Options of criterion, such as
//! `--save-baseline`, are taken and ignored, so that one `cargo bench` can serve all benches.

use anyhow::Context;
use optgap_cli::{REGISTRY, Report};
use optgap_harness::{Conclusion, Plan, RunOptions};
use optgap_results::RunFolder;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

/// The plan, from the root of the repository, where cargo starts benches.
const PLAN: &str = "benches/plans/smoke.toml";
/// Folder of the run; made anew each time, or all cells would be done already.
const FOLDER: &str = "results/work/optimality-gap";

fn main() -> anyhow::Result<ExitCode> {
    let folder = Path::new(FOLDER);
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("{FOLDER}: cannot be removed"))?;
    }
    let plan = Plan::read(Path::new(PLAN), &REGISTRY)?;
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let options = RunOptions { folder, jobs, retry: &[], worker: "bench" };
    let outcome = optgap_harness::run(&plan, options, &AtomicBool::new(false), &())?;
    let folder = RunFolder::at(folder);
    let report = Report::of(&folder)?;
    println!("{}", report.headline());
    println!("report: {}", report.write(&folder)?.display());
    Ok(if outcome.conclusion() == Conclusion::Fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
