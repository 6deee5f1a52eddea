//! `optgap verify`: what a certificate proves.

use crate::input::{self, InstanceArguments};
use crate::{Exit, terminal};
use anyhow::Context;
use optgap_cli::REGISTRY;
use optgap_problem::{Instance, Verified};
use optgap_report::size_words;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Check a certificate: what does it prove of the instance?
///
/// The checker shares no code with the search: it reads instance and certificate by itself and computes with intervals, and with
/// whole numbers of any length where these leave a question open; it has no tolerances. An accepted certificate proves that no
/// weights have a loss below the lower bound; the upper bound is the exact loss of the weights in the certificate. `solve`, `decide`
/// and `run` write certificates; `crates/checker/FORMAT.md` describes them.
///
/// Exit codes: 0 accepted, 1 rejected, 2 wrong usage, or a file that cannot be read.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  optgap solve instance.json --certificate proof.certificate
  optgap verify instance.json proof.certificate
  optgap verify houses.csv proof.certificate --target price --width 2      as for `solve`
  optgap verify instance.json proof.certificate --json | tail -n 1")]
pub(crate) struct Arguments {
    #[command(flatten)]
    instance: InstanceArguments,
    /// The certificate
    certificate: PathBuf,
    /// Print one JSON object instead of the summary
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let (instance, document) = arguments.instance.read_document()?;
    let file = &arguments.certificate;
    let certificate = std::fs::read(file).with_context(|| format!("{}: cannot be read", file.display()))?;
    let started = Instant::now();
    let answer = REGISTRY.verifier.verify(&document, &certificate);
    let checked = Checked { answer, bytes: certificate.len() as u64, seconds: started.elapsed().as_secs_f64() };
    if arguments.json {
        terminal::print(&serde_json::to_string(&checked.object())?)?;
    } else {
        terminal::print(&checked.summary(&instance, file))?;
    }
    Ok(if checked.answer.is_ok() { Exit::Fine } else { Exit::Violation })
}

/// What the checker answered.
struct Checked {
    answer: Result<Verified, String>,
    bytes: u64,
    seconds: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Accepted,
    Rejected,
}

/// What `--json` prints. What there is not is `null`: the reason of an acceptance, the bounds of a rejection.
#[derive(Serialize)]
struct Object<'a> {
    verdict: Word,
    reason: Option<&'a str>,
    lower: Option<f64>,
    upper: Option<f64>,
    exact_lower: Option<&'a str>,
    exact_upper: Option<&'a str>,
    seconds: f64,
}

/// Fractions with more characters than this are shown as decimals alone.
const SHORT: usize = 40;

impl Checked {
    fn object(&self) -> Object<'_> {
        let proved = self.answer.as_ref().ok();
        Object {
            verdict: if proved.is_some() { Word::Accepted } else { Word::Rejected },
            reason: self.answer.as_ref().err().map(String::as_str),
            lower: proved.map(|proved| proved.lower),
            upper: proved.map(|proved| proved.upper),
            exact_lower: proved.map(|proved| proved.exact_lower.as_str()),
            exact_upper: proved.map(|proved| proved.exact_upper.as_str()),
            seconds: self.seconds,
        }
    }

    fn summary(&self, instance: &Instance, file: &Path) -> String {
        let verdict = match &self.answer {
            Err(reason) => format!("verdict    REJECTED: {reason}\n"),
            Ok(proved) => format!(
                "verdict    ACCEPTED: every loss is at least the lower bound, by exact arithmetic\n\
                 lower      {:.16e}   {}no weights have less\n\
                 upper      {:.16e}   {}the exact loss of the certificate's weights\n\
                 bound gap  {:.3e}\n\
                 nodes      {}\n",
                proved.lower,
                fraction(&proved.exact_lower),
                proved.upper,
                fraction(&proved.exact_upper),
                proved.upper - proved.lower,
                proved.nodes
            ),
        };
        format!(
            "instance   {}\n\
             proof      {}, {}\n\
             {verdict}\
             time       {:.3} s\n",
            input::description(instance),
            file.display(),
            size_words(self.bytes),
            self.seconds
        )
    }
}

fn fraction(exact: &str) -> String {
    if exact.len() <= SHORT { format!("= {exact}, ") } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use optgap_problem::{Dataset, Loss, Network};

    fn checked(answer: Result<Verified, String>) -> Checked {
        Checked { answer, bytes: 2345, seconds: 0.125 }
    }

    fn proved() -> Verified {
        let exact_upper = format!("1/{}", "8".repeat(SHORT));
        Verified { lower: 0.125, upper: 0.25, exact_lower: "1/8".into(), exact_upper, nodes: 17 }
    }

    fn summary(answer: Result<Verified, String>) -> String {
        let data = Dataset::new(&[vec![0.0], vec![1.0]], vec![0.0, 1.0]).expect("valid");
        let mut instance = Instance::new(data, Network::dense(1), Loss::Squared).expect("valid");
        instance.name = "pair".into();
        checked(answer).summary(&instance, Path::new("p.certificate"))
    }

    #[test]
    fn an_accepted_certificate_is_told_with_short_fractions_and_the_gap() {
        let text = summary(Ok(proved()));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "proof      p.certificate, 2.3 kB");
        assert!(lines[2].starts_with("verdict    ACCEPTED"), "{text}");
        assert_eq!(lines[3], "lower      1.2500000000000000e-1   = 1/8, no weights have less");
        assert_eq!(lines[4], "upper      2.5000000000000000e-1   the exact loss of the certificate's weights");
        assert_eq!(lines[5..], ["bound gap  1.250e-1", "nodes      17", "time       0.125 s"]);
    }

    #[test]
    fn a_rejected_one_is_told_with_the_reason_and_no_bound() {
        let text = summary(Err("node 3: no rule holds".into()));
        assert!(text.contains("verdict    REJECTED: node 3: no rule holds\ntime"), "{text}");
    }

    #[test]
    fn the_object_has_the_same_keys_for_both_answers() {
        let json = |answer| serde_json::to_string(&checked(answer).object()).expect("serialises");
        let accepted = json(Ok(Verified { exact_upper: "1/4".into(), ..proved() }));
        assert_eq!(
            accepted,
            r#"{"verdict":"accepted","reason":null,"lower":0.125,"upper":0.25,"exact_lower":"1/8","exact_upper":"1/4","seconds":0.125}"#
        );
        let rejected = json(Err("node 3".into()));
        assert_eq!(
            rejected,
            r#"{"verdict":"rejected","reason":"node 3","lower":null,"upper":null,"exact_lower":null,"exact_upper":null,"seconds":0.125}"#
        );
    }
}
