//! Proved bounds against the loss of arbitrary units, whatever the node and its multipliers.

use super::ellipsoid::Ellipsoid;
use super::proof::Prover;
use super::relaxation::Relaxation;
use super::sides::{OneSign, Side, Sides};
use crate::descent::Landscape;
use crate::program::Program;
use optgap_problem::{Dataset, Instance, Loss, Network};
use proptest::prelude::*;

/// Rounding of the loss of a unit.
const ROUNDING: f64 = 1e-11;

/// The primal value of a solved relaxation may exceed the dual one by this share: kinks are met only nearly.
const DUALITY_GAP: f64 = 1e-7;

/// A program of one unit; every fourth point is repeated and every fifth lies in the plane of the first coordinates.
fn program(values: &[f64], labels: &[f64], whole: bool) -> Program {
    let round = |v: f64| if whole { (2.0 * v).round() } else { v };
    let mut rows: Vec<Vec<f64>> = values.chunks_exact(3).map(|row| row.iter().map(|&v| round(v)).collect()).collect();
    for i in (4..rows.len()).step_by(4) {
        rows[i] = rows[i - 1].clone();
    }
    for i in (5..rows.len()).step_by(5) {
        rows[i][2] = 0.0;
    }
    let labels: Vec<f64> = labels.iter().take(rows.len()).map(|&y| round(y)).collect();
    let network = Network { hidden_bias: false, ..Network::dense(1) };
    let instance = Instance::new(Dataset::new(&rows, labels).expect("valid"), network, Loss::Squared).expect("valid");
    Program::new(&instance)
}

/// Sides that contain a unit with pre-activations `z`, chosen by `codes`.
fn sides_around(problem: &OneSign, z: &[f64], codes: &[u8]) -> Sides {
    let mut sides = problem.root();
    for (i, &code) in codes.iter().enumerate().take(sides.len()) {
        let t = problem.targets[i];
        match code {
            0 if z[i] >= 0.0 => sides.side[i] = Side::On,
            0 if z[i] <= 0.0 => sides.side[i] = Side::Off,
            1 if sides.side[i] == Side::Open => {
                sides.raise_low(i, z[i].min(0.0) - 0.01, t);
            }
            _ => {}
        }
    }
    sides
}

fn preactivations(landscape: &Landscape, n: usize, parameters: &[f64]) -> Vec<f64> {
    (0..n).map(|i| crate::linear::inner(landscape.point(i), parameters)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_unit_of_a_node_is_below_what_is_proved(
        values in prop::collection::vec(-2.0f64..2.0, 24..60),
        labels in prop::collection::vec(-2.0f64..2.0, 20),
        unit in prop::collection::vec(-2.0f64..2.0, 3),
        codes in prop::collection::vec(0u8..3, 20),
        noise in prop::collection::vec(-1.0f64..1.0, 20),
        (whole, positive, scale) in (any::<bool>(), any::<bool>(), prop::sample::select(vec![0.0, 1e-12, 1e-6, 1e-2, 1.0])),
    ) {
        let program = program(&values, &labels, whole);
        let landscape = Landscape::new(&program);
        let problem = OneSign::new(&program, &landscape, positive);
        let unit = &unit[..program.dim];
        let z = preactivations(&landscape, program.len(), unit);
        let sides = sides_around(&problem, &z, &codes);
        let mut relaxation = Relaxation::default();
        relaxation.resize(program.len(), program.dim);
        relaxation.refine(&problem, &sides);
        let multipliers: Vec<f64> = relaxation.multipliers.iter().zip(&noise).map(|(q, e)| q + scale * e).collect();
        let mut prover = Prover::default();
        let loss = problem.loss(&z) + program.unavoidable;
        let margin = ROUNDING * (1.0 + loss);
        let Some(bound) = prover.prove(&problem, &sides, &multipliers) else { return Ok(()) };
        prop_assert!(bound <= loss + margin, "{bound} {loss}");
        let mut ellipsoid = Ellipsoid::default();
        let centre = landscape.unwhiten(&relaxation.parameters).0;
        if !ellipsoid.build(&problem, &sides, &prover.proved, centre) {
            return Ok(());
        }
        for (i, &z) in z.iter().enumerate().filter(|&(i, _)| sides.side[i] == Side::Open) {
            let shadow = ellipsoid.shadow(program.point(i));
            let (t, q, m) = (problem.target_enclosures[i], prover.proved[i], program.multiplicity[i]);
            let own = if q.lo >= 0.0 { problem.squares[i] } else { 0.0 };
            let cost = if z <= 0.0 { own + shadow.cost_off() } else { shadow.cost_on(m, (t + q.over(m)).lo) };
            prop_assert!(bound + cost <= loss + margin, "{bound} + {cost} {loss}");
            prop_assert!(shadow.low(loss + margin - bound) <= z + ROUNDING, "{z}");
        }
    }

    #[test]
    fn solved_relaxations_have_no_duality_gap(
        values in prop::collection::vec(-2.0f64..2.0, 30..60),
        labels in prop::collection::vec(-2.0f64..2.0, 20),
    ) {
        let program = program(&values, &labels, false);
        let landscape = Landscape::new(&program);
        let problem = OneSign::new(&program, &landscape, true);
        let mut sides = problem.root();
        sides.side.iter_mut().filter(|side| **side == Side::Open).for_each(|side| *side = Side::On);
        let mut relaxation = Relaxation::default();
        relaxation.resize(program.len(), program.dim);
        relaxation.refine(&problem, &sides);
        let proved = Prover::default().prove(&problem, &sides, &relaxation.multipliers);
        let primal: f64 = (0..program.len())
            .map(|i| {
                let (z, t) = (relaxation.z[i], problem.targets[i]);
                let output = if sides.side[i] == Side::On { z } else { z.max(0.0) };
                program.multiplicity[i] * (output - t).powi(2)
            })
            .sum();
        let primal = primal + program.unavoidable;
        prop_assert!(proved.is_some_and(|bound| bound > primal * (1.0 - DUALITY_GAP)), "{proved:?} {primal}");
    }
}
