//! A page from invented records, to look at while working on charts: `cargo run -p optgap-report --example demo -- FOLDER`.

use optgap_problem::{About, Tag};
use optgap_report::{ReportMeta, RunTable, headline, write_report};
use optgap_results::{CellRecord, Status};
use std::path::PathBuf;

#[path = "../tests/suite/synthetic.rs"]
mod synthetic;

/// Name, side, description, optimum in units of `L0`, and the share of restarts that reach it.
const FAMILIES: [(&str, Tag, &str, f64, f64); 9] = [
    (
        "teacher",
        Tag::Structured,
        "Labels of a random network of the same shape with a little noise. Descent is expected to reach the optimum from most starts, the more units the student has to spare.",
        0.02,
        0.85,
    ),
    (
        "real",
        Tag::Structured,
        "Iris and diabetes, two features each, z-scored. Descent is expected to come near the optimum, and to end in a few distinct minima.",
        0.45,
        0.4,
    ),
    ("files", Tag::Structured, "Instances from a folder of the user.", 0.3, 0.6),
    (
        "xor",
        Tag::Structured,
        "Four points whose labels are the exclusive or of their inputs; optimum 0. With two units about half of the starts end in a dead end.",
        0.0,
        0.45,
    ),
    (
        "random-labels",
        Tag::Adversarial,
        "Labels without any relation to the inputs: nothing to learn, everything to memorise.",
        0.6,
        0.12,
    ),
    (
        "vertex-cover",
        Tag::Adversarial,
        "A cubic graph as training data, so that the optimal loss counts its smallest vertex cover. Training it exactly solves an NP-hard problem; descent is expected to find covers that are too large.",
        0.3,
        0.03,
    ),
    ("trapped-steps", Tag::Adversarial, "A staircase whose far steps no gradient sees.", 0.05, 0.0),
    ("parity", Tag::Adversarial, "Parity of the bits on a grid.", 0.5, 0.0),
    ("planted-outliers", Tag::Ladder, "A teacher with a growing share of mislabelled samples.", 0.2, 0.3),
];

/// A small generator of numbers that look random and are the same everywhere.
struct Noise(u64);

impl Noise {
    /// A number from 0 to 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as f64) / f64::from(1_u32 << 31)
    }
}

fn losses(optimum: f64, reach: f64, noise: &mut Noise) -> Vec<f64> {
    let depth = if reach > 0.2 { 3.5 } else { 0.9 };
    let traps: Vec<f64> = (0..4).map(|_| 10_f64.powf(-0.2 - depth * noise.next()) * (1.0 - optimum)).collect();
    let end = |_| {
        if noise.next() < reach {
            optimum + 10_f64.powf(-11.0 + 3.5 * noise.next())
        } else if noise.next() < 0.01 {
            f64::INFINITY
        } else {
            optimum + traps[(4.0 * noise.next()) as usize] * (1.0 + 1e-4 * noise.next())
        }
    };
    (0..64).map(end).collect()
}

fn records() -> Vec<CellRecord> {
    let mut noise = Noise(7);
    let mut records = Vec::new();
    for (family, tag, _, level, reach) in FAMILIES {
        for index in 0..6_u32 {
            let (n, d, k) = (10 + 14 * index as usize, 1 + index as usize % 2, 1 + index as usize % 3);
            let instance = synthetic::instance(family, tag, &format!("{family}-n{n}-d{d}-k{k}"), (n, d, k));
            let optimum = if level == 0.0 { 0.0 } else { level * (0.7 + 0.6 * noise.next()) };
            let seconds = 0.002 * ((n * d * k) as f64).powf(1.6) * (0.4 + noise.next());
            let open = index == 5 && tag != Tag::Structured;
            let mut exact = synthetic::exact(
                &instance,
                if open { 0.8 * optimum } else { optimum * (1.0 - 4e-10 * noise.next()) },
                optimum,
                seconds,
            );
            if index < 4 {
                let lower = exact.exact.map_or(0.0, |exact| exact.bounds.lower);
                exact = synthetic::checked(exact, lower);
            } else if index == 4 && family == "xor" {
                exact = synthetic::rejected(exact, "node 17: at the third ray, r . v is -1/8");
            }
            records.push(exact);
            for (method, factor, cost) in [("adam", 1.0, 0.02), ("sgd", 0.7, 0.012)] {
                let ends = losses(optimum, reach * factor * (0.6 + 0.6 * noise.next()), &mut noise);
                records.push(synthetic::trained(
                    &instance,
                    method,
                    &ends,
                    cost * (n as f64).powf(0.8) * (0.8 + 0.4 * noise.next()),
                ));
            }
        }
    }
    let huge = synthetic::instance("teacher", Tag::Structured, "teacher-n9000", (9000, 2, 4));
    records.push(synthetic::failed(&huge, "cone-search", Status::Unsupported, "not supported: more than 4096 samples"));
    records.push(synthetic::failed(&huge, "adam", Status::Error, "training failed: out of patience"));
    records
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("usage: demo FOLDER")?);
    let records = records();
    let meta = ReportMeta {
        title: "demonstration with invented numbers".into(),
        command: Some("cargo run -p optgap-report --example demo".into()),
        planned_cells: Some(records.len() + 3),
        families: FAMILIES
            .map(|(name, _, text, ..)| (name.to_owned(), About { title: text.to_owned(), ..About::default() }))
            .into(),
        environment: vec![("processor".into(), "an imagined one, 2 cores".into())],
        date: None,
    };
    print!("{}", headline(&RunTable::new(&records, meta.planned_cells)));
    println!("{}", write_report(&folder, &records, &meta)?.index.display());
    Ok(())
}
