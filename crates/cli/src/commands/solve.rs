//! `optgap solve`: the global optimum of one instance.

use crate::input::{self, InstanceArguments};
use crate::weights::{self, WeightsArguments};
use crate::{Exit, interrupt, terminal};
use anyhow::bail;
use optgap_cli::REGISTRY;
use optgap_harness::{AttemptError, ClockWatch, Engine, ExactAttempt, search};
use optgap_problem::{Instance, Parameters, Progress, StopReason, Tolerance, Weights};
use optgap_results::{Status, Verdict};
use serde::Serialize;
use std::time::Duration;

/// Find the global optimum of an instance and prove it
///
/// Lines with nodes, bounds and time go to stderr while the search works, the result to stdout. A search that runs into its
/// time limit or is interrupted gives the best weights and the best lower bound that it has.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  optgap solve instance.json
  optgap solve houses.csv --target price --features rooms,area --width 2 --time-limit 60
  optgap solve instance.json --json --quiet | tail -n 1")]
pub(crate) struct Arguments {
    #[command(flatten)]
    instance: InstanceArguments,
    /// Exact method with parameters: name[parameter=value,...]
    #[arg(long, value_name = "METHOD", default_value = "cones")]
    method: String,
    /// Stop after this many seconds [default: no limit]
    #[arg(long, value_name = "S", value_parser = input::time_limit, allow_negative_numbers = true)]
    time_limit: Option<Duration>,
    /// Relative bound gap at which the bounds count as closed
    #[arg(long, value_name = "G", value_parser = relative_gap, allow_negative_numbers = true, default_value = "1e-9")]
    gap: f64,
    #[command(flatten)]
    weights: WeightsArguments,
    /// Print one JSON object instead of the summary
    #[arg(long)]
    json: bool,
    /// No progress lines
    #[arg(long, short)]
    quiet: bool,
}

/// Relative bound gaps that can be asked for. Below, rounding alone would keep the bounds apart.
const GAPS: std::ops::RangeInclusive<f64> = 1e-13..=1.0;
/// Seconds between two progress lines.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let instance = arguments.instance.read()?;
    let level = instance.constant_level();
    let method = REGISTRY.method(&arguments.method, &Parameters::default())?;
    let Engine::Exact(solver) = &method.engine else {
        bail!("--method {}: is a trainer; use `optgap train`", method.summary.name);
    };
    let output = arguments.weights.reserve()?;
    let tolerance = Tolerance { relative: arguments.gap, ..Tolerance::for_level(level) };
    let mut lines = ProgressLines::new();
    let mut listener = |elapsed, progress| lines.hear(elapsed, progress);
    let mut watch = ClockWatch::new(arguments.time_limit, interrupt::flag()?);
    if !arguments.quiet {
        watch = watch.heard_by(&mut listener);
    }
    let attempt = match search(&instance, solver.as_ref(), tolerance, &mut watch) {
        Ok(attempt) => attempt,
        Err(AttemptError::Unsupported(reason)) => bail!("{}: {reason}", instance.name),
        Err(AttemptError::Failed(reason)) => {
            terminal::note(&format!("error: {}: {reason}", instance.name));
            return Ok(Exit::SomeFailed);
        }
    };
    let seconds = watch.elapsed().as_secs_f64();
    if let Some(output) = &output {
        weights::save(output, &attempt.weights)?;
    }
    let object = Object::new(&instance, &attempt, seconds);
    if arguments.json {
        terminal::print(&serde_json::to_string(&object)?)?;
    } else {
        terminal::print(&summary(&instance, &object, level))?;
    }
    let interrupted = attempt.stop == StopReason::Interrupted && attempt.status != Status::Optimal;
    Ok(if interrupted { Exit::Interrupted } else { Exit::Fine })
}

fn relative_gap(text: &str) -> Result<f64, String> {
    input::within(text, GAPS, "relative bound gap")
}

/// What `--json` prints.
#[derive(Serialize)]
struct Object<'a> {
    instance: &'a str,
    status: Status,
    verdict: Verdict,
    lower: f64,
    upper: f64,
    bound_gap: f64,
    nodes: u64,
    seconds: f64,
    stop: StopReason,
    weights: &'a Weights,
}

impl<'a> Object<'a> {
    fn new(instance: &'a Instance, attempt: &'a ExactAttempt, seconds: f64) -> Self {
        let bounds = attempt.result.bounds;
        Self {
            instance: &instance.name,
            status: attempt.status,
            verdict: attempt.verdict,
            lower: bounds.lower,
            upper: bounds.upper,
            bound_gap: bounds.gap(),
            nodes: attempt.result.nodes,
            seconds,
            stop: attempt.stop,
            weights: &attempt.weights,
        }
    }
}

fn summary(instance: &Instance, object: &Object<'_>, level: f64) -> String {
    let meaning = match (object.status, object.verdict) {
        (Status::Optimal, Verdict::Checked) => "bounds closed, proof checked",
        (Status::Optimal, _) => "bounds closed, proof not checked independently",
        _ => "the optimum lies between the bounds",
    };
    let constant = if level == 0.0 { "a constant fits perfectly: degenerate" } else { "loss of the best constant" };
    format!(
        "instance   {}\n\
         status     {} ({meaning})\n\
         upper      {:.16e}   loss of the weights\n\
         lower      {:.16e}   no weights have less\n\
         bound gap  {:.3e}\n\
         L0         {level:.16e}   {constant}\n\
         nodes      {}\n\
         time       {:.3} s\n",
        input::description(instance),
        object.status,
        object.upper,
        object.lower,
        object.bound_gap,
        object.nodes,
        object.seconds
    )
}

/// Writes a line per second of a search to stderr.
struct ProgressLines {
    next: Option<Duration>,
}

impl ProgressLines {
    fn new() -> Self {
        Self { next: None }
    }

    fn hear(&mut self, elapsed: Duration, progress: Progress) {
        let Progress::Search { nodes, open, bounds } = progress else { return };
        if self.next.is_some_and(|next| elapsed < next) {
            return;
        }
        if self.next.is_none() {
            let header = ["nodes", "open", "lower", "upper", "bound gap", "time"];
            terminal::note(&format!(
                "{:>10} {:>8} {:>14} {:>14} {:>10} {:>9}",
                header[0], header[1], header[2], header[3], header[4], header[5]
            ));
        }
        self.next = Some(elapsed + PROGRESS_EVERY);
        let (lower, upper, gap) = (bounds.lower, bounds.upper, bounds.gap());
        terminal::note(&format!(
            "{nodes:>10} {open:>8} {lower:>14.8e} {upper:>14.8e} {gap:>10.2e} {:>7.1} s",
            elapsed.as_secs_f64()
        ));
    }
}
