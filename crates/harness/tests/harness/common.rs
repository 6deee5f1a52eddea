//! A small registry of made-up plug-ins that misbehave on demand.

use optgap_harness::{Event, Observer, Plan, PlanError, Registry, RunOptions, RunOutcome};
use optgap_problem::{
    About, BadParameter, Bounds, CertificateSink, Dataset, EndPoint, ExactOutcome, ExactSolver, ExactTask, Family, Instance,
    Loss, Method, Network, Parameter, Parameters, Polish, Progress, Reference, Restarts, Size, SolveError, StopReason, Tag,
    TrainError, TrainOutcome, Trainer, Unsupported, Verified, Verifier, Watch, Weights,
};
use optgap_results::{CellRecord, Certification, Status, TrainingResult};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

pub(crate) const REGISTRY: Registry = Registry {
    families: &[&Line],
    solvers: &[Method {
        name: "finder",
        meaning: "finds",
        version: 1,
        parameters: FINDER,
        build: |parameters| {
            let text = |name| parameters.text(name).to_owned();
            Ok(Box::new(Finder { mode: text("mode"), proof: text("proof") }))
        },
    }],
    trainers: &[Method {
        name: "walker",
        meaning: "walks",
        version: 1,
        parameters: WALKER,
        build: |parameters| Ok(Box::new(Walker { rate: parameters.real("rate"), mode: parameters.text("mode").to_owned() })),
    }],
    polish: Some(&Halfway),
    verifier: &Reader,
};

/// Reads certificates of the form `lower <= upper`, and believes them.
struct Reader;

impl Verifier for Reader {
    fn verify(&self, instance: &[u8], certificate: &[u8]) -> Result<Verified, String> {
        let instance = std::str::from_utf8(instance).map_err(|error| error.to_string())?;
        assert!(instance.contains("optgap-instance/1"), "{instance}");
        let text = std::str::from_utf8(certificate).map_err(|error| error.to_string())?;
        assert!(text != "panic", "the reader is lost");
        let (lower, upper) = text.split_once(" <= ").ok_or("node 0: no rule holds")?;
        let number = |text: &str| text.parse::<f64>().map_err(|error| error.to_string());
        let (exact_lower, exact_upper) = (lower.to_owned(), upper.to_owned());
        Ok(Verified { lower: number(lower)?, upper: number(upper)?, exact_lower, exact_upper, nodes: 1 })
    }
}

/// Halves the distance to the best slope; refuses weights that have it already.
struct Halfway;

impl Polish for Halfway {
    fn polish(&self, instance: &Instance, given: &Weights) -> Result<Weights, Unsupported> {
        let (reached, best) = (given.hidden[0][0], slope(instance));
        if reached == best { Err(Unsupported("nothing to do".into())) } else { Ok(weights(f64::midpoint(reached, best))) }
    }
}

/// `y = slope * x` on `x = 0, 1, ..`: one unit fits it exactly.
struct Line;

impl Family for Line {
    fn name(&self) -> &'static str {
        "line"
    }
    fn tag(&self) -> Tag {
        Tag::Structured
    }
    fn about(&self) -> About {
        About { title: "A line.".into(), ..About::default() }
    }
    fn parameters(&self) -> &'static [Parameter] {
        const { &[Parameter::integer("n", "samples", 2, 50, 4), Parameter::real("scale", "of y", 0.0, 1e300, 1.0)] }
    }
    fn sizes(&self) -> &'static [Size] {
        &[Size { name: "tiny", parameters: "n=3" }, Size { name: "small", parameters: "n=9" }]
    }
    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (n, slope) = (parameters.count("n"), parameters.real("scale") * seed as f64);
        let rows: Vec<Vec<f64>> = (0..n).map(|x| vec![x as f64]).collect();
        let labels = (0..n).map(|x| slope * x as f64).collect();
        let data = Dataset::new(&rows, labels).map_err(|error| BadParameter::Combination(error.to_string()))?;
        let mut instance = Instance::new(data, Network::dense(1), Loss::Squared)
            .map_err(|error| BadParameter::Combination(error.to_string()))?;
        instance.name = format!("line-n{n}-{seed}");
        instance.reference = Some(Reference::Infimum(0.0));
        Ok(instance)
    }
}

fn weights(slope: f64) -> Weights {
    Weights { inner: vec![], hidden: vec![vec![slope]], hidden_bias: vec![0.0], output: vec![1.0], output_bias: 0.0 }
}

fn slope(instance: &Instance) -> f64 {
    instance.data.labels()[1]
}

const FINDER: &[Parameter] = &[
    Parameter::choice(
        "mode",
        "how it behaves",
        &["right", "loose", "boast", "panic", "refuse", "fail", "not-finite", "wrong-shape", "wait", "start"],
    ),
    Parameter::choice(
        "proof",
        "the certificate that it writes",
        &["none", "good", "negative", "too-much", "infinite", "bad", "panic", "unwritten", "overdue"],
    ),
];

struct Finder {
    mode: String,
    proof: String,
}

impl Finder {
    /// Writes the certificate that it was told to write.
    fn certify(&self, sink: &dyn CertificateSink) -> Option<Result<(), String>> {
        let text = match self.proof.as_str() {
            "none" => return None,
            "unwritten" => return Some(Err("the certificate: disk full".into())),
            "good" => "0 <= 1e-30",
            "negative" => "-1 <= inf",
            "too-much" => "1e3 <= 1e-30",
            "infinite" => "inf <= inf",
            "overdue" => {
                sink.append(b"an earlier search").expect("written");
                sink.restart().expect("emptied");
                "0 <= 0"
            }
            other => other,
        };
        Some(sink.append(text.as_bytes()).map_err(|error| error.to_string()))
    }
}

impl ExactSolver for Finder {
    fn supports(&self, _: &Instance) -> Result<(), Unsupported> {
        if self.mode == "refuse" { Err(Unsupported("no lines today".into())) } else { Ok(()) }
    }
    fn solve(&self, instance: &Instance, task: ExactTask<'_>, watch: &mut dyn Watch) -> Result<ExactOutcome, SolveError> {
        let mut outcome = ExactOutcome {
            weights: weights(slope(instance)),
            lower: 0.0,
            nodes: 1,
            stop: StopReason::BoundsClosed,
            certificate: None,
        };
        outcome.certificate = task.certificate.and_then(|sink| self.certify(sink));
        match self.mode.as_str() {
            "panic" => panic!("the finder is lost"),
            "fail" => return Err(SolveError::Failed("no way".into())),
            "not-finite" => outcome.weights.hidden[0][0] = f64::NAN,
            "wrong-shape" => outcome.weights.output.push(1.0),
            "loose" => (outcome.weights, outcome.lower) = (weights(0.0), f64::NEG_INFINITY),
            "boast" => {
                outcome.weights = weights(0.0);
                outcome.lower = instance.loss_of(&outcome.weights).expect("fits").lo;
            }
            "wait" => outcome = wait(outcome, watch),
            "start" => outcome.weights = task.start.cloned().unwrap_or(weights(0.0)),
            _ => watch.observe(Progress::Search { nodes: 0, open: 1, bounds: Bounds { lower: 0.0, upper: 1.0 } }),
        }
        Ok(outcome)
    }
}

/// Works until told to stop, and has nothing by then.
fn wait(mut outcome: ExactOutcome, watch: &mut dyn Watch) -> ExactOutcome {
    outcome.weights = weights(0.0);
    outcome.stop = loop {
        match watch.should_stop() {
            Some(reason) => break reason,
            None => std::thread::sleep(std::time::Duration::from_millis(1)),
        }
    };
    outcome
}

const WALKER: &[Parameter] = &[
    Parameter::real("rate", "step", 1e-6, 1.0, 0.5),
    Parameter::choice("mode", "how it behaves", &["right", "diverge", "miscount", "wait"]),
];

struct Walker {
    rate: f64,
    mode: String,
}

impl Trainer for Walker {
    fn supports(&self, _: &Instance) -> Result<(), Unsupported> {
        Ok(())
    }
    fn train(
        &self,
        instance: &Instance,
        restarts: Restarts,
        target: Option<f64>,
        watch: &mut dyn Watch,
    ) -> Result<TrainOutcome, TrainError> {
        let mut stop = if target.is_some() { StopReason::TargetReached } else { StopReason::Converged };
        if self.mode == "wait" {
            while watch.should_stop().is_none() {}
            stop = watch.should_stop().expect("told to stop");
        }
        let count = if self.mode == "miscount" { restarts.count - 1 } else { restarts.count };
        let end = |restart: usize| {
            // Restart 0 of a seed arrives, the others end at distances of their own; restart 1 may leave the finite numbers.
            let distance = self.rate * restart as f64 / (1 + restarts.seed) as f64;
            let lost = self.mode == "diverge" || (restart == 1 && restarts.count > 2);
            let reached = if lost { f64::NAN } else { slope(instance) + distance };
            EndPoint { weights: weights(reached), steps: 10 + restart as u64, stop }
        };
        Ok(TrainOutcome { ends: (0..count).map(end).collect(), path: "on-foot" })
    }
}

/// A folder with a plan and a place for its run.
pub(crate) struct Workshop {
    folder: TempDir,
    pub(crate) interrupt: AtomicBool,
}

impl Workshop {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), interrupt: AtomicBool::new(false) }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn try_plan(&self, text: &str) -> Result<Plan, PlanError> {
        let file = self.path("plan.toml");
        fs::write(&file, text).expect("written");
        Plan::read(&file, &REGISTRY)
    }

    /// A plan of `line` with data seeds 1 and 2 and these methods.
    pub(crate) fn plan(&self, methods: &[&str]) -> Plan {
        let methods: Vec<String> = methods.iter().map(|method| format!("[[methods]]\nmethod = \"{method}\"\n")).collect();
        let methods = methods.concat();
        let text = format!("name = \"p\"\nseeds = [1, 2]\nrestarts = 3\n[[families]]\nfamily = \"line\"\n{methods}");
        self.try_plan(&text).expect("a valid plan")
    }

    pub(crate) fn run(&self, plan: &Plan) -> RunOutcome {
        self.run_with(plan, 1, &[], &())
    }

    pub(crate) fn run_with(&self, plan: &Plan, jobs: usize, retry: &[Status], observer: &dyn Observer) -> RunOutcome {
        let folder = self.path("run");
        let options = RunOptions { folder: &folder, jobs, retry, worker: "local" };
        optgap_harness::run(plan, options, &self.interrupt, observer).expect("a run")
    }
}

/// Raises a flag when a number of cells have finished or when the first one begins.
pub(crate) struct Interrupter<'a> {
    pub(crate) interrupt: &'a AtomicBool,
    pub(crate) after: usize,
}

impl Observer for Interrupter<'_> {
    fn hear(&self, event: Event<'_>) {
        let finished = match event {
            Event::Planned { .. } => return,
            Event::Started { .. } => 0,
            Event::Finished { done, .. } => done,
        };
        if finished == self.after {
            self.interrupt.store(true, Ordering::Relaxed);
        }
    }
}

/// The record without what no two runs have in common.
pub(crate) fn timeless(record: &CellRecord) -> CellRecord {
    let training = record.training.clone().map(|training| TrainingResult { polish_s: None, ..training });
    let certification = Certification { check_s: record.certification.check_s.and(Some(0.0)), ..record.certification.clone() };
    CellRecord { wall_s: 0.0, cpu_s: 0.0, jobs: 0, training, certification, ..record.clone() }
}
