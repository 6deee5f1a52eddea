//! `optgap score`: how far given weights are from the optimum.

use crate::input::{self, InstanceArguments};
use crate::searching::{SearchArguments, Searched};
use crate::{Exit, terminal, weights};
use optgap_cli::REGISTRY;
use optgap_harness::{Assessment, EndKind, assess};
use optgap_problem::{Enclosure, ExactTask, Instance, Tolerance, Weights, read_weights};
use optgap_results::Status;
use serde::Serialize;
use std::path::PathBuf;

/// Say how far weights trained elsewhere are from the optimum
///
/// Scores the weights, solves their own activation cell (the polished loss), and searches for the optimum, beginning with
/// them. L0 is the loss of the best constant, gap = (loss - optimum) / L0, and missed = (loss - optimum) / (L0 - optimum).
/// While bounds are open both are intervals.
///
/// The kind of end point: "optimum" if the gap is proved to be at most 1e-6; else "stationary" if polishing lowers the loss
/// by at most 1e-6 L0, so that training has converged within its cell; else "not-stationary". "unknown" only where a network
/// is too large to be polished. Of a network that is too large for exact search (status "unsupported"), loss, polished loss
/// and kind are told all the same.
#[derive(clap::Args)]
#[command(after_help = "Weights are JSON, for f(x) = sum_j a_j relu(w_j . x + b_j) + c, one row of hidden per unit:
  {\"hidden\": [[w11, w12], [w21, w22]], \"hidden_bias\": [b1, b2], \"output\": [a1, a2], \"output_bias\": c}
scripts/score_pytorch.py writes them from PyTorch or NumPy.

Examples:
  optgap score instance.json weights.json
  optgap score houses.csv weights.json --target price --time-limit 60
  optgap score instance.json weights.json --json --quiet | tail -n 1")]
pub(crate) struct Arguments {
    #[command(flatten)]
    instance: InstanceArguments,
    /// Weights as JSON; a CSV instance without --width takes its hidden units from here
    weights: PathBuf,
    /// Print one JSON object instead of the summary
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    search: SearchArguments,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let given = read_weights(&arguments.weights)?;
    let instance = arguments.instance.read_for(given.width().max(1))?;
    weights::check(&arguments.weights, &instance, &given)?;
    let solver = arguments.search.solver()?;
    let polished = REGISTRY.polish.and_then(|polish| polish.polish(&instance, &given).ok());
    let best = polished.as_ref().unwrap_or(&given);
    let task = ExactTask { start: Some(best), ..ExactTask::optimum(Tolerance::for_level(instance.constant_level())) };
    let searched = match solver.supports(&instance) {
        Ok(()) => arguments.search.run(solver.as_ref(), &instance, task)?,
        // Loss and polish are worth knowing of any network.
        Err(_) => Some(Searched::refused(&instance, best)?),
    };
    let Some(searched) = searched else { return Ok(Exit::SomeFailed) };
    let scored = Scored::new(&instance, &given, polished.as_ref(), &searched)?;
    if arguments.json {
        terminal::print(&serde_json::to_string(&scored.object(&instance, &searched))?)?;
    } else {
        terminal::print(&scored.summary(&instance, &searched))?;
    }
    Ok(searched.exit(&instance))
}

/// The weights with everything that is known of them.
struct Scored {
    loss: Enclosure,
    polished: Option<Enclosure>,
    assessment: Assessment,
}

/// What `--json` prints. Losses are the upper ends of their enclosures.
#[derive(Serialize)]
struct Object<'a> {
    instance: &'a str,
    kind: EndKind,
    loss: f64,
    /// `null` where the network is too large to be polished.
    polished: Option<f64>,
    lower: f64,
    upper: f64,
    level: f64,
    /// `null` where `L0` is 0.
    gap: Option<[f64; 2]>,
    /// `null` where the bounds are too wide.
    missed_share: Option<[f64; 2]>,
    status: Status,
    seconds: f64,
    /// The best weights known.
    weights: &'a Weights,
}

impl Scored {
    fn new(instance: &Instance, given: &Weights, polished: Option<&Weights>, searched: &Searched) -> anyhow::Result<Self> {
        let loss = instance.loss_of(given)?;
        let polished = polished.map(|weights| instance.loss_of(weights)).transpose()?;
        Ok(Self { loss, polished, assessment: assess(instance, loss, polished, searched.bounds()) })
    }

    fn object<'a>(&self, instance: &'a Instance, searched: &'a Searched) -> Object<'a> {
        let bounds = searched.bounds();
        Object {
            instance: &instance.name,
            kind: self.assessment.kind,
            loss: self.loss.hi,
            polished: self.polished.map(|loss| loss.hi),
            lower: bounds.lower,
            upper: bounds.upper,
            level: instance.constant_level(),
            gap: self.assessment.gap,
            missed_share: self.assessment.missed_share,
            status: searched.attempt.status,
            seconds: searched.seconds,
            weights: &searched.attempt.weights,
        }
    }

    fn summary(&self, instance: &Instance, searched: &Searched) -> String {
        let (bounds, level) = (searched.bounds(), instance.constant_level());
        let polished = self.polished.map_or_else(|| "none                   ".to_owned(), |loss| format!("{:.16e}", loss.hi));
        let gap = self.assessment.gap.map_or_else(|| "none: L0 is 0".to_owned(), |gap| format!("{} L0", interval(gap, 1.0)));
        let missed = self.assessment.missed_share.map_or_else(String::new, |share| {
            format!("missed     {} % of what training can gain over a constant\n", interval(share, 100.0))
        });
        format!(
            "instance   {}\n\
             end point  {}\n\
             loss       {:.16e}   of the given weights\n\
             polished   {polished}   at the best point of their activation cell\n\
             upper      {:.16e}   best loss found, from these weights on\n\
             lower      {:.16e}   no weights have less\n\
             status     {}\n\
             L0         {level:.16e}   {}\n\
             gap        {gap}\n\
             {missed}\
             nodes      {}\n\
             time       {:.3} s\n",
            input::description(instance),
            self.kind_words(level),
            self.loss.hi,
            bounds.upper,
            bounds.lower,
            searched.status_words(),
            input::level_words(level),
            searched.effort_words(),
            searched.seconds
        )
    }

    fn kind_words(&self, level: f64) -> String {
        let gain = self.assessment.polish_gain.unwrap_or(0.0);
        let gain = if level > 0.0 { format!("{:.2e} L0", gain / level) } else { format!("{gain:.2e}") };
        match self.assessment.kind {
            EndKind::Optimum => "optimum: the gap is at most 1e-6 L0".to_owned(),
            EndKind::Stationary => format!("stationary in its activation cell: polishing gains {gain}"),
            EndKind::NotStationary => format!("not stationary: polishing its activation cell lowers the loss by {gain}"),
            EndKind::Unknown => "unknown: the network is too large to be polished".to_owned(),
        }
    }
}

/// One number, or two while they differ visibly.
fn interval([least, most]: [f64; 2], scale: f64) -> String {
    let number = |value: f64| match scale * value {
        0.0 => "0".to_owned(),
        value @ 1e-3..1e4 => format!("{value:.4}"),
        value => format!("{value:.3e}"),
    };
    match (number(least), number(most)) {
        (least, most) if least == most => most,
        (_, most) if least == 0.0 => format!("at most {most}"),
        (least, most) => format!("between {least} and {most}"),
    }
}
