//! The exact search as `solve`, `score` and `decide` run it: its options, its progress lines, its failures.

use crate::{Exit, input, interrupt, proof, terminal};
use anyhow::bail;
use clap::Args;
use optgap_cli::REGISTRY;
use optgap_harness::{AttemptError, ClockWatch, Engine, ExactAttempt, Trace, certify, search};
use optgap_problem::{
    Bounds, ExactSolver, ExactTask, Instance, Parameters, Progress, Selector, StopReason, Value, Weights, cells_log10,
};
use optgap_results::{CertificateFile, CertificateState, Certification, ExactResult, Status, Verdict};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The options that every command with an exact search has.
#[derive(Args)]
pub(crate) struct SearchArguments {
    /// Exact method with parameters: name[parameter=value,...]; `optgap list` shows the names, `optgap info NAME` the parameters
    #[arg(long, value_name = "METHOD", default_value = "cones", help_heading = SEARCH)]
    method: String,
    /// Stop the search after this many seconds [default: no limit]
    #[arg(long, value_name = "S", value_parser = input::time_limit, allow_negative_numbers = true, help_heading = SEARCH)]
    time_limit: Option<Duration>,
    /// Threads of the search [default: all cores]
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = SEARCH)]
    threads: Option<u32>,
    /// Memory that the open nodes of the search may hold, in MiB [default: the method's own]
    #[arg(long, value_name = "MIB", allow_negative_numbers = true, help_heading = SEARCH)]
    memory_limit: Option<u32>,
    /// No progress lines
    #[arg(long, short, help_heading = SEARCH)]
    quiet: bool,
}

const SEARCH: &str = "Search";
/// Parameters of methods that have a flag of their own.
const THREADS: &str = "threads";
const MEMORY_LIMIT: &str = "memory-limit";
/// Threads at most when none are asked for.
const MOST_THREADS: usize = 1024;
/// Seconds between two progress lines.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// A search that delivered, and its wall seconds.
pub(crate) struct Searched {
    pub(crate) attempt: ExactAttempt,
    pub(crate) seconds: f64,
}

impl Searched {
    /// What is known of the optimum where no search can be done: no loss is negative, and these weights have one.
    pub(crate) fn refused(instance: &Instance, best: &Weights) -> anyhow::Result<Self> {
        let loss = instance.loss_of(best)?;
        let bounds = Bounds { lower: 0.0, upper: loss.hi };
        let result = ExactResult { bounds, loss_lower: loss.lo, nodes: 0, arrangement_log10: cells_log10(instance) };
        let attempt = ExactAttempt {
            status: Status::Unsupported,
            verdict: Verdict::NotApplicable,
            certificate: None,
            certification: Certification::default(),
            stop: StopReason::Converged,
            result,
            weights: best.clone(),
            trace: Trace::default(),
        };
        Ok(Self { attempt, seconds: 0.0 })
    }

    pub(crate) fn bounds(&self) -> Bounds {
        self.attempt.result.bounds
    }

    /// Has the certificate checked at once, if one was asked for.
    pub(crate) fn check(&mut self, instance: &Instance, file: Option<CertificateFile>) {
        let Some(file) = file else { return };
        certify(instance, &mut self.attempt, file, REGISTRY.verifier);
        if self.attempt.certification.state() == CertificateState::None {
            self.attempt.certification = Certification::unwritten("the method writes none");
        }
    }

    /// The lower bound: that of the search, or the checker's if it proved more.
    fn strongest_lower(&self) -> f64 {
        self.attempt.certification.checked_lower.map_or(self.bounds().lower, |proved| proved.max(self.bounds().lower))
    }

    /// Did a person break it off before it was finished?
    fn interrupted(&self) -> bool {
        self.attempt.stop == StopReason::Interrupted && self.attempt.status != Status::Optimal
    }

    /// The exit code. Weights with a loss below the lower bound, which may well have come from a file, mean that the bound is
    /// wrong: that is said aloud.
    pub(crate) fn exit(&self, instance: &Instance) -> Exit {
        let (lower, upper) = (self.strongest_lower(), self.bounds().upper);
        if lower > upper {
            terminal::note(&format!("VIOLATION {}: loss {upper:e} lies below the lower bound {lower:e}", instance.name));
            return Exit::Violation;
        }
        let certified = self.certified(instance);
        if certified == Exit::Fine && self.interrupted() { Exit::Interrupted } else { certified }
    }

    /// The exit code as far as the certificate decides it. One that was asked for and proves nothing is spoken of aloud, as the
    /// exit code of a finished search would else be a riddle.
    fn certified(&self, instance: &Instance) -> Exit {
        let name = &instance.name;
        match self.attempt.certification.state() {
            CertificateState::None | CertificateState::Accepted(_) => Exit::Fine,
            CertificateState::Rejected(reason) => {
                terminal::note(&format!("REJECTED {name}: the checker does not accept the certificate: {reason}"));
                Exit::Violation
            }
            CertificateState::Unwritten(reason) => {
                terminal::note(&format!("{name}: there is no certificate: {reason}"));
                Exit::SomeFailed
            }
        }
    }

    /// The line `status` of a summary.
    pub(crate) fn status_words(&self) -> String {
        let proved = proof::confirms(&self.attempt.certification, self.bounds().lower);
        let meaning = match (self.attempt.status, proved) {
            (Status::Optimal, true) => "bounds closed, proof checked",
            (Status::Optimal, _) => "bounds closed, proof not checked independently",
            (Status::Unsupported, _) => "too large for exact search: nothing is known but that no loss is negative",
            _ => "the optimum lies between the bounds",
        };
        format!("{} ({meaning})", self.attempt.status)
    }

    /// The line `nodes` of a summary: how much of an enumeration was spared.
    pub(crate) fn effort_words(&self) -> String {
        let nodes = self.attempt.result.nodes;
        let Some(log10) = self.attempt.result.arrangement_log10 else { return nodes.to_string() };
        let cells = if log10 < 6.0 { format!("{:.0}", 10f64.powf(log10)) } else { format!("10^{log10:.1}") };
        format!("{nodes}   an enumeration has {cells} cells")
    }
}

impl SearchArguments {
    /// The solver, with the parameters that have flags of their own.
    ///
    /// # Errors
    /// When there is no such exact method or a parameter does not exist or is out of range.
    pub(crate) fn solver(&self) -> anyhow::Result<Arc<dyn ExactSolver>> {
        let selector: Selector = self.method.parse()?;
        let method = REGISTRY.method(&self.method, &self.flags(&selector)?)?;
        match method.engine {
            Engine::Exact(solver) => Ok(solver),
            Engine::Training(_) => bail!("--method {}: is a trainer; use `optgap train`", method.summary.name),
        }
    }

    /// The flags as parameters. Without `--threads`, a method that can uses all cores.
    fn flags(&self, selector: &Selector) -> anyhow::Result<Parameters> {
        let method = REGISTRY.solvers.iter().find(|method| method.name == selector.name);
        let takes = |name: &str| method.is_some_and(|method| method.parameters.iter().any(|parameter| parameter.name == name));
        let mut values = BTreeMap::new();
        for (name, given) in [(THREADS, self.threads), (MEMORY_LIMIT, self.memory_limit)] {
            match given {
                // A method that is no solver is named by the caller.
                Some(_) if method.is_some() && !takes(name) => {
                    bail!("--{name}: the method {} has no parameter {name}", selector.name)
                }
                Some(given) if takes(name) => drop(values.insert(name.to_owned(), Value::Integer(given.into()))),
                _ => {}
            }
        }
        if takes(THREADS) && self.threads.is_none() && !selector.values.contains_key(THREADS) {
            let cores = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
            values.insert(THREADS.to_owned(), Value::Integer(cores as i64));
        }
        Ok(Parameters(values))
    }

    /// Runs the search with progress on stderr. None when the method broke down, which is told there, too.
    ///
    /// # Errors
    /// When the method refuses the instance.
    pub(crate) fn run(
        &self,
        solver: &dyn ExactSolver,
        instance: &Instance,
        task: ExactTask<'_>,
    ) -> anyhow::Result<Option<Searched>> {
        let mut lines = ProgressLines { next: None };
        let mut listener = |elapsed, progress| lines.hear(elapsed, progress);
        let mut watch = ClockWatch::new(self.time_limit, interrupt::flag()?);
        if !self.quiet {
            watch = watch.heard_by(&mut listener);
        }
        match search(instance, solver, task, &mut watch) {
            Ok(attempt) => Ok(Some(Searched { attempt, seconds: watch.elapsed().as_secs_f64() })),
            Err(AttemptError::Unsupported(reason)) => bail!("{}: {reason}", instance.name),
            Err(AttemptError::Failed(reason)) => {
                terminal::note(&format!("error: {}: {reason}", instance.name));
                Ok(None)
            }
        }
    }
}

/// Writes a line per second of a search to stderr.
struct ProgressLines {
    next: Option<Duration>,
}

impl ProgressLines {
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
