//! The rules for families against a family that keeps them and against one flaw at a time.

use optgap_conformance::family::{Subject, failures, golden_lines};
use optgap_problem::{
    About, BadParameter, Dataset, Family, Instance, Loss, Network, Parameter, Parameters, Reference, Size, Tag, Weights,
};
use std::sync::atomic::{AtomicU64, Ordering};

/// One way to break the contract, or none.
#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    None,
    Silent,
    UnknownSize,
    SizeNotHonoured,
    Shrinking,
    Impure,
    SeedIgnored,
    SeedDenied,
    EqualLabels,
    WitnessMisses,
    WitnessBeaten,
    ReferenceTooHigh,
    NoWitness,
    Provenance,
    OneName,
    NoHelp,
    Trivial,
}

/// Points on a line with the labels `i^2 + seed`, and the flaw.
struct Sample(Flaw);

static CALLS: AtomicU64 = AtomicU64::new(0);

impl Family for Sample {
    fn name(&self) -> &'static str {
        "sample"
    }

    fn tag(&self) -> Tag {
        Tag::Structured
    }

    fn about(&self) -> About {
        let descent = if self.0 == Flaw::Silent { "" } else { "Succeeds." };
        let [title, definition, source, reference, descent] =
            ["Points.", "Points on a line.", "Folklore.", "None.", descent].map(str::to_owned);
        About { title, definition, source, reference, descent, ..About::default() }
    }

    fn parameters(&self) -> &'static [Parameter] {
        const { &[Parameter::integer("n", "samples", 2, 50, 9), Parameter::integer("width", "units", 1, 50, 1)] }
    }

    fn sizes(&self) -> &'static [Size] {
        match self.0 {
            Flaw::UnknownSize => &[Size { name: "enormous", parameters: "n=50" }],
            Flaw::Shrinking => &[Size { name: "tiny", parameters: "n=9" }, Size { name: "small", parameters: "n=8" }],
            _ => &[Size { name: "tiny", parameters: "n=9" }, Size { name: "small", parameters: "n=12" }],
        }
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (samples, width) = (parameters.count("n"), parameters.count("width"));
        if width >= samples && self.0 != Flaw::Trivial {
            let text = if self.0 == Flaw::NoHelp { "no" } else { "as many units as samples fit any labels" };
            return Err(BadParameter::Combination(text.into()));
        }
        let mut made = Instance::new(self.data(samples, seed), Network::dense(width), Loss::Squared).expect("valid");
        made.name = if self.0 == Flaw::OneName { "sample".into() } else { format!("sample-n{samples}-k{width}-s{seed}") };
        let family = if self.0 == Flaw::Provenance { "other" } else { "sample" };
        let stated = (self.0 != Flaw::SeedDenied).then_some(seed);
        made.provenance = serde_json::json!({"family": family, "parameters": parameters, "seed": stated});
        self.claim(&mut made);
        Ok(made)
    }
}

impl Sample {
    fn data(&self, samples: usize, seed: u64) -> Dataset {
        let count = if self.0 == Flaw::SizeNotHonoured { samples + 1 } else { samples };
        let shift = match self.0 {
            Flaw::Impure => CALLS.fetch_add(1, Ordering::Relaxed) as f64,
            Flaw::SeedIgnored => 0.0,
            _ => seed as f64,
        };
        let rows: Vec<Vec<f64>> = (0..count).map(|i| vec![i as f64]).collect();
        let label = |i: usize| if self.0 == Flaw::EqualLabels { 1.0 } else { (i * i) as f64 + shift };
        Dataset::new(&rows, (0..count).map(label).collect()).expect("valid")
    }

    /// The best constant is a witness for its own loss, which the optimum is below.
    fn claim(&self, made: &mut Instance) {
        let level = made.constant_level();
        let labels = made.data.labels();
        let mut constant = Weights::zero(made.network.width, 1);
        constant.hidden_bias[0] = labels.iter().sum::<f64>() / labels.len() as f64;
        made.reference = match self.0 {
            Flaw::WitnessMisses => Some(Reference::Optimum(0.0)),
            Flaw::WitnessBeaten => Some(Reference::Optimum(level)),
            Flaw::ReferenceTooHigh => Some(Reference::AtLeast(2.0 * level)),
            Flaw::NoWitness => Some(Reference::Optimum(0.5 * level)),
            _ => None,
        };
        if matches!(self.0, Flaw::WitnessMisses | Flaw::WitnessBeaten) {
            made.provenance["witness"] = serde_json::json!(constant);
        }
    }
}

fn broken(flaw: Flaw) -> String {
    failures(&Subject { family: &Sample(flaw), given: Parameters::default() }).join("\n")
}

#[test]
fn a_sound_family_breaks_no_rule() {
    assert_eq!(broken(Flaw::None), "");
    let lines = golden_lines(&Subject { family: &Sample(Flaw::None), given: Parameters::default() }).expect("instances");
    assert!(lines[0].starts_with("sample tiny 1 ") && lines[1].ends_with(" -"), "{lines:?}");
}

#[test]
fn every_flaw_is_caught_and_named() {
    let expected = [
        (Flaw::Silent, "nothing is said for what descent is expected to do"),
        (Flaw::UnknownSize, "[\"enormous\"] are not of"),
        (Flaw::SizeNotHonoured, "gives n=10"),
        (Flaw::Shrinking, "is smaller than the size before it"),
        (Flaw::Impure, "gives different bytes the second time"),
        (Flaw::SeedIgnored, "instances of the seeds 1 and 2 are equal"),
        (Flaw::SeedDenied, "differ although the provenance has no seed"),
        (Flaw::EqualLabels, "has L0 = 0"),
        (Flaw::WitnessMisses, "the witness has loss"),
        (Flaw::WitnessBeaten, "is below the reference"),
        (Flaw::ReferenceTooHigh, "is not between 0 and L0"),
        (Flaw::NoWitness, "needs weights that attain it in provenance.witness"),
        (Flaw::Provenance, "family is \"other\""),
        (Flaw::OneName, "sample is the name of two different instances"),
        (Flaw::NoHelp, "\"no\" is no help"),
        (Flaw::Trivial, "is accepted although any labels fit"),
    ];
    for (flaw, words) in expected {
        let found = broken(flaw);
        assert!(found.contains(words), "expected {words:?} in:\n{found}");
    }
}
