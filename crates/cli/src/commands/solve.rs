//! `optgap solve`: the global optimum of one instance.

use crate::input::{self, InstanceArguments};
use crate::proof::{self, CertificateArguments};
use crate::searching::{SearchArguments, Searched};
use crate::weights::{self, WeightsArguments};
use crate::{Exit, terminal};
use optgap_problem::{ExactTask, Instance, StopReason, Tolerance, Weights};
use optgap_results::{Certification, Status, Verdict};
use serde::Serialize;
use std::path::PathBuf;

/// Find the global optimum of an instance and prove it
///
/// Lines with nodes, bounds and time go to stderr while the search works, the result to stdout. A search that runs into its
/// time limit or is interrupted gives the best weights and the best lower bound that it has.
///
/// With --certificate the proof of the lower bound goes to a file while the search works, and is checked at once by a program
/// that shares no code with the search; `optgap verify` checks it again at any time. Certificates of long searches are large.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  optgap solve instance.json
  optgap solve houses.csv --target price --features rooms,area --width 2 --time-limit 60
  optgap solve instance.json --start descent.json --save-weights best.json --threads 4 --memory-limit 4096
  optgap solve instance.json --certificate proof.certificate
  optgap solve instance.json --json --quiet | tail -n 1")]
pub(crate) struct Arguments {
    #[command(flatten)]
    instance: InstanceArguments,
    /// Relative bound gap at which the bounds count as closed
    #[arg(long, value_name = "G", value_parser = relative_gap, allow_negative_numbers = true, default_value = "1e-9")]
    gap: f64,
    /// Begin with these weights (JSON), for example those that descent found
    #[arg(long, value_name = "WEIGHTS")]
    start: Option<PathBuf>,
    #[command(flatten)]
    weights: WeightsArguments,
    #[command(flatten)]
    certificate: CertificateArguments,
    /// Print one JSON object instead of the summary
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    search: SearchArguments,
}

/// Relative bound gaps that can be asked for. Below, rounding alone would keep the bounds apart.
const GAPS: std::ops::RangeInclusive<f64> = 1e-13..=1.0;
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let instance = arguments.instance.read()?;
    let level = instance.constant_level();
    let solver = arguments.search.solver()?;
    let start = arguments.start.as_deref().map(|file| weights::read(file, &instance)).transpose()?;
    let output = arguments.weights.reserve()?;
    let tolerance = Tolerance { relative: arguments.gap, ..Tolerance::for_level(level) };
    let certificate = arguments.certificate.open()?;
    let task =
        ExactTask { start: start.as_ref(), certificate: proof::sink(certificate.as_ref()), ..ExactTask::optimum(tolerance) };
    let Some(mut searched) = arguments.search.run(solver.as_ref(), &instance, task)? else { return Ok(Exit::SomeFailed) };
    if let Some(output) = &output {
        weights::save(output, &searched.attempt.weights)?;
    }
    searched.check(&instance, certificate);
    if arguments.json {
        terminal::print(&serde_json::to_string(&Object::new(&instance, &searched))?)?;
    } else {
        terminal::print(&summary(&instance, &searched, level, &arguments.certificate))?;
    }
    Ok(searched.exit(&instance))
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
    #[serde(flatten)]
    certification: &'a Certification,
    weights: &'a Weights,
}

impl<'a> Object<'a> {
    fn new(instance: &'a Instance, searched: &'a Searched) -> Self {
        let (attempt, bounds) = (&searched.attempt, searched.bounds());
        Self {
            instance: &instance.name,
            status: attempt.status,
            verdict: attempt.verdict,
            lower: bounds.lower,
            upper: bounds.upper,
            bound_gap: bounds.gap(),
            nodes: attempt.result.nodes,
            seconds: searched.seconds,
            stop: attempt.stop,
            certification: &attempt.certification,
            weights: &attempt.weights,
        }
    }
}

fn summary(instance: &Instance, searched: &Searched, level: f64, certificate: &CertificateArguments) -> String {
    let bounds = searched.bounds();
    format!(
        "instance   {}\n\
         status     {}\n\
         upper      {:.16e}   loss of the weights\n\
         lower      {:.16e}   no weights have less\n\
         {}\
         bound gap  {:.3e}\n\
         L0         {level:.16e}   {}\n\
         nodes      {}\n\
         time       {:.3} s\n",
        input::description(instance),
        searched.status_words(),
        bounds.upper,
        bounds.lower,
        certificate.line(&searched.attempt),
        bounds.gap(),
        input::level_words(level),
        searched.effort_words(),
        searched.seconds
    )
}
