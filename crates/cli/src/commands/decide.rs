//! `optgap decide`: are there weights with a loss of at most eps?

use crate::input::{self, InstanceArguments};
use crate::proof::{self, CertificateArguments};
use crate::searching::{SearchArguments, Searched};
use crate::threshold::Threshold;
use crate::weights::{self, WeightsArguments};
use crate::witness::Question;
use crate::{Exit, terminal};
use optgap_problem::{Bounds, ExactTask, Instance, StopReason, Tolerance, Weights};
use optgap_results::{Certification, Verdict};
use serde::Serialize;
use std::path::PathBuf;

/// Decide whether any weights have a loss of at most eps
///
/// This is the decision problem that training is NP-hard for. The answer is "yes" with weights whose loss, as the independent
/// checker computes it without rounding, is at most eps; "no" if the proved lower bound is above eps; and "unknown" with both
/// bounds if neither is known when the search ends, because of a limit or because eps is nearer to the optimum than the
/// bounds come. The search ends at the first answer, usually long before the optimum is known.
///
/// With --certificate the proof of the lower bound goes to a file while the search works, and is checked at once by a program
/// that shares no code with the search: for a "no" that is the proof of the answer. `optgap verify` checks it again.
///
/// All three answers have the exit code 0; a script reads the answer from --json.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  optgap decide instance.json --eps 0.05
  optgap decide instance.json --eps 1/8 --time-limit 60 --save-weights witness.json
  optgap decide instance.json --eps 1/8 --certificate no.certificate
  optgap decide houses.csv --target price --width 2 --eps 1e-3 --json --quiet")]
pub(crate) struct Arguments {
    #[command(flatten)]
    instance: InstanceArguments,
    /// The loss in question, taken exactly: a decimal such as 0.05 or 1e-3, or a fraction such as 1/8
    #[arg(long, value_name = "E", value_parser = Threshold::parse, allow_hyphen_values = true)]
    eps: Threshold,
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

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let instance = arguments.instance.read()?;
    let solver = arguments.search.solver()?;
    let start = arguments.start.as_deref().map(|file| weights::read(file, &instance)).transpose()?;
    let output = arguments.weights.reserve()?;
    let certificate = arguments.certificate.open()?;
    let task = ExactTask {
        start: start.as_ref(),
        certificate: proof::sink(certificate.as_ref()),
        threshold: Some(arguments.eps.rounded_up()),
        ..ExactTask::optimum(Tolerance::for_level(instance.constant_level()))
    };
    let Some(mut searched) = arguments.search.run(solver.as_ref(), &instance, task)? else { return Ok(Exit::SomeFailed) };
    let object = Object::new(&instance, &searched, &arguments.eps);
    if let Some(output) = &output {
        weights::save(output, &object.weights)?;
    }
    searched.check(&instance, certificate);
    if arguments.json {
        terminal::print(&serde_json::to_string(&Printed::new(&object, &searched))?)?;
    } else {
        let proof = arguments.certificate.line(&searched.attempt);
        terminal::print(&summary(&instance, &searched, &object, &arguments.eps, &proof))?;
    }
    // An answer that was found before the interruption is an answer.
    let exit = searched.exit(&instance);
    Ok(if exit == Exit::Interrupted && object.answer != Answer::Unknown { Exit::Fine } else { exit })
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Yes,
    No,
    Unknown,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Printed<'a> {
    #[serde(flatten)]
    object: &'a Object,
    /// How far the lower bound is proved.
    verdict: Verdict,
    #[serde(flatten)]
    certification: &'a Certification,
}

impl<'a> Printed<'a> {
    fn new(object: &'a Object, searched: &'a Searched) -> Self {
        Self { object, verdict: searched.attempt.verdict, certification: &searched.attempt.certification }
    }
}

/// The answer with what it rests on. The weights are the witness of a "yes", else the best ones known.
#[derive(Serialize)]
struct Object {
    answer: Answer,
    lower: f64,
    upper: f64,
    weights: Weights,
}

impl Object {
    fn new(instance: &Instance, searched: &Searched, eps: &Threshold) -> Self {
        let (best, Bounds { lower, upper }) = (&searched.attempt.weights, searched.bounds());
        let excluded = eps.is_below(lower);
        let witness = if excluded { None } else { Question::new(instance, eps).witness(best) };
        let answer = match &witness {
            Some(_) => Answer::Yes,
            None if excluded => Answer::No,
            None => Answer::Unknown,
        };
        // A witness with rounded numbers has a loss of its own.
        let score = witness.as_ref().and_then(|weights| instance.loss_of(weights).ok());
        let upper = score.map_or(upper, |loss| loss.hi);
        Self { answer, lower, upper, weights: witness.unwrap_or_else(|| best.clone()) }
    }
}

fn summary(instance: &Instance, searched: &Searched, object: &Object, eps: &Threshold, proof: &str) -> String {
    let answer = match object.answer {
        Answer::Yes => format!("YES: the weights below have a loss of at most {eps}, checked without rounding"),
        Answer::No => format!("NO: every loss is above {eps}; the lower bound is proved"),
        Answer::Unknown if searched.attempt.stop == StopReason::BoundsClosed => {
            format!("UNKNOWN: {eps} is nearer to the optimum than the bounds come")
        }
        Answer::Unknown if searched.attempt.stop == StopReason::MemoryLimit => {
            "UNKNOWN: neither weights nor a proof were found within the memory limit".to_owned()
        }
        Answer::Unknown => "UNKNOWN: neither weights nor a proof were found in time".to_owned(),
    };
    let weights = if object.answer == Answer::Yes {
        format!("weights    {}\n", optgap_problem::weights_to_json(&object.weights))
    } else {
        String::new()
    };
    format!(
        "instance   {}\n\
         question   is there a loss <= {eps} ?\n\
         answer     {answer}\n\
         upper      {:.16e}   loss of the best weights found\n\
         lower      {:.16e}   no weights have less\n\
         {proof}\
         {weights}\
         nodes      {}\n\
         time       {:.3} s\n",
        input::description(instance),
        object.upper,
        object.lower,
        searched.effort_words(),
        searched.seconds
    )
}
