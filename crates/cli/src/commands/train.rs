//! `optgap train`: gradient descent on one instance from many starts.

use crate::input::{self, InstanceArguments};
use crate::weights::{self, WeightsArguments};
use crate::{Exit, interrupt, terminal};
use anyhow::bail;
use optgap_cli::REGISTRY;
use optgap_harness::{AttemptError, ClockWatch, Engine, TrainingAttempt, descend, polish_ends};
use optgap_problem::{Instance, Parameters, Progress, Restarts, Value, Weights};
use optgap_results::RestartEnd;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// Train an instance by gradient descent from many starts
///
/// All starts run in one batch; the same seed gives the same numbers.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  optgap train instance.json
  optgap train houses.csv --target price --width 3 --method \"sgd[momentum=0.95]\" --restarts 256 --steps 20000")]
pub(crate) struct Arguments {
    #[command(flatten)]
    instance: InstanceArguments,
    /// Trainer with parameters: name[parameter=value,...]; `optgap list` shows the names, `optgap info NAME` the parameters
    #[arg(long, value_name = "METHOD", default_value = "adam")]
    method: String,
    /// Number of starts
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    restarts: u32,
    /// Step budget of each restart, in place of the method's own
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    steps: Option<u32>,
    /// Seed of the starts
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 1)]
    seed: u64,
    /// Stop after this many seconds [default: no limit]
    #[arg(long, value_name = "S", value_parser = input::time_limit, allow_negative_numbers = true)]
    time_limit: Option<Duration>,
    #[command(flatten)]
    weights: WeightsArguments,
    /// Print one JSON object instead of the summary
    #[arg(long)]
    json: bool,
    /// No progress lines
    #[arg(long, short)]
    quiet: bool,
}

/// Seconds between two progress lines.
const PROGRESS_EVERY: Duration = Duration::from_secs(2);

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let instance = arguments.instance.read()?;
    let steps = arguments.steps.map(|steps| ("steps".to_owned(), Value::Integer(steps.into())));
    let method = REGISTRY.method(&arguments.method, &Parameters(BTreeMap::from_iter(steps)))?;
    let Engine::Training(trainer) = &method.engine else {
        bail!("--method {}: is an exact method; use `optgap solve`", method.summary.name);
    };
    let output = arguments.weights.reserve()?;
    let mut next = PROGRESS_EVERY;
    let mut listener = |elapsed: Duration, progress| {
        if let Progress::Training { step, active, best } = progress
            && elapsed >= next
        {
            terminal::note(&format!("step {step:>8}  {active:>6} moving  best {best:.8e}  {:>6.1} s", elapsed.as_secs_f64()));
            next = elapsed + PROGRESS_EVERY;
        }
    };
    let interrupt = interrupt::flag()?;
    let mut watch = ClockWatch::new(arguments.time_limit, interrupt);
    if !arguments.quiet {
        watch = watch.heard_by(&mut listener);
    }
    let restarts = Restarts { count: arguments.restarts as usize, seed: arguments.seed };
    let mut attempt = match descend(&instance, trainer.as_ref(), restarts, None, &mut watch) {
        Ok(attempt) => attempt,
        Err(AttemptError::Unsupported(reason)) => bail!("{}: {reason}", instance.name),
        Err(AttemptError::Failed(reason)) => {
            terminal::note(&format!("error: {}: {reason}", instance.name));
            return Ok(Exit::SomeFailed);
        }
    };
    let seconds = watch.elapsed().as_secs_f64();
    if let Some(polish) = REGISTRY.polish {
        polish_ends(&instance, &mut attempt, polish, arguments.time_limit.unwrap_or(Duration::MAX), interrupt);
    }
    let object = Object::new(&instance, &method.summary.label, &attempt, seconds);
    if let (Some(output), Some(weights)) = (&output, object.weights) {
        weights::save(output, weights)?;
    }
    if arguments.json {
        terminal::print(&serde_json::to_string(&object)?)?;
    } else {
        terminal::print(&summary(&instance, &object))?;
    }
    Ok(if attempt.interrupted { Exit::Interrupted } else { Exit::Fine })
}

/// What `--json` prints. A restart that diverged has the loss `null`.
#[derive(Serialize)]
struct Object<'a> {
    instance: &'a str,
    method: &'a str,
    best: Option<f64>,
    restarts: usize,
    losses: Vec<Option<f64>>,
    /// Losses at the best points of the end points' own activation cells; `null` where a restart diverged or was not polished.
    polished: Vec<Option<f64>>,
    /// Over all restarts.
    steps: u64,
    seconds: f64,
    weights: Option<&'a Weights>,
}

impl<'a> Object<'a> {
    fn new(instance: &'a Instance, method: &'a str, attempt: &'a TrainingAttempt, seconds: f64) -> Self {
        let ends = &attempt.result.ends;
        let losses: Vec<Option<f64>> = ends.iter().map(RestartEnd::loss_upper).collect();
        Self {
            instance: &instance.name,
            method,
            best: losses.iter().flatten().copied().min_by(f64::total_cmp),
            restarts: ends.len(),
            losses,
            polished: ends.iter().map(RestartEnd::polished_upper).collect(),
            steps: ends.iter().map(|end| end.steps).sum(),
            seconds,
            weights: attempt.weights.as_ref(),
        }
    }
}

fn summary(instance: &Instance, object: &Object<'_>) -> String {
    let sorted = |losses: &[Option<f64>]| {
        let mut losses: Vec<f64> = losses.iter().flatten().copied().collect();
        losses.sort_by(f64::total_cmp);
        losses
    };
    let (losses, polished) = (sorted(&object.losses), sorted(&object.polished));
    let number = |loss: Option<&f64>| loss.map_or_else(|| "none".to_owned(), |loss| format!("{loss:.16e}"));
    let level = instance.constant_level();
    format!(
        "instance   {}\n\
         method     {}, {} restarts, {} of them diverged\n\
         best       {}\n\
         median     {}\n\
         worst      {}\n\
         polished   {}   best after solving each end point's activation cell\n\
         L0         {level:.16e}   {}\n\
         steps      {}\n\
         time       {:.3} s\n",
        input::description(instance),
        object.method,
        object.restarts,
        object.restarts - losses.len(),
        number(losses.first()),
        number(losses.get(losses.len() / 2)),
        number(losses.last()),
        number(polished.first()),
        input::level_words(level),
        object.steps,
        object.seconds
    )
}
