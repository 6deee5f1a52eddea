//! The recorded calibration run against laws and published numbers. What descent does here is known from theory or from print,
//! so that a trainer with a mistake in it would be found out.

use optgap_results::{CellRecord, RunFolder};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Standard errors by which a share may differ from its law.
const STANDARD_ERRORS: f64 = 3.0;

/// Records of a family, by plan order.
fn recorded(family: &str) -> Vec<CellRecord> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the repository");
    let folder = RunFolder::at(repository.join("results/recorded/calibration"));
    let records = folder.planned_records().expect("the recorded run");
    let chosen: Vec<CellRecord> = records.into_iter().filter(|record| record.instance.family == family).collect();
    assert!(chosen.iter().all(|record| record.training.is_some()), "{family}");
    chosen
}

/// Losses of the end points; infinite where a restart diverged.
fn losses(record: &CellRecord) -> Vec<f64> {
    let ends = &record.training.as_ref().expect("a trainer's record").ends;
    ends.iter().map(|end| end.loss.map_or(f64::INFINITY, |[_, hi]| hi)).collect()
}

/// Share of the end points that reach the stated optimum to 1e-6 of `L0`.
fn share_of_successes(record: &CellRecord) -> f64 {
    let Some(optgap_problem::Reference::Optimum(optimum)) = record.instance.reference else { panic!("no optimum") };
    let losses = losses(record);
    let reached = losses.iter().filter(|loss| **loss - optimum <= 1e-6 * record.instance.constant_level).count();
    reached as f64 / losses.len() as f64
}

fn assert_near(share: f64, law: f64, trials: f64, what: &str) {
    let error = (law * (1.0 - law) / trials).sqrt();
    assert!((share - law).abs() <= STANDARD_ERRORS * error, "{what}: {share} of {trials}, law {law} +- {error}");
}

fn is_small_start(record: &CellRecord) -> bool {
    record.method.parameters.real("initial-scale") < 0.01
}

#[test]
fn small_starts_on_orthants_follow_the_law_of_their_signs_in_nine_cells_on_either_path() {
    for path in ["fused", "batched"] {
        let on_path = |record: &CellRecord| is_small_start(record) && record.method.parameters.text("path") == path;
        let records: Vec<CellRecord> = recorded("orthants").into_iter().filter(on_path).collect();
        let cells: BTreeSet<(usize, usize)> = records.iter().map(|r| (r.instance.dimension, r.instance.width)).collect();
        assert_eq!((cells.len(), records.len()), (9, 9));
        for record in &records {
            let (d, k) = (record.instance.dimension as i32, record.instance.width as i32);
            let law = if k == 1 { 0.5_f64.powi(d) } else { (1.0 - 0.5_f64.powi(k - 1)).powi(d) };
            assert_eq!(losses(record).len(), 4000);
            assert_near(share_of_successes(record), law, 4000.0, &record.instance.name);
        }
    }
}

#[test]
fn the_usual_initialisation_beats_the_law_from_two_units_on_and_not_with_one() {
    let mut pairs: BTreeMap<(usize, usize), [f64; 2]> = BTreeMap::new();
    for record in recorded("orthants") {
        let pair = pairs.entry((record.instance.width, record.instance.dimension)).or_default();
        pair[usize::from(is_small_start(&record))] = share_of_successes(&record);
    }
    for ((width, dimension), [usual, small]) in pairs {
        match width {
            1 => assert!((usual - small).abs() < 0.05, "d {dimension}: {usual} {small}"),
            2 => assert!(usual > small - 0.02, "d {dimension}: {usual} {small}"),
            _ => assert!(usual > small + 0.1, "k {width}, d {dimension}: {usual} {small}"),
        }
    }
}

#[test]
fn descent_on_vertex_covers_ends_at_whole_numbers_of_squares() {
    let records = recorded("vertex-cover");
    assert_eq!(records.len(), 8);
    for record in &records {
        for loss in losses(record) {
            let squares = loss * record.instance.samples as f64;
            assert!((squares - squares.round()).abs() < 1e-2, "{}: {squares}", record.instance.name);
        }
        let share = share_of_successes(record);
        assert!(share > 0.0 && share < 0.5, "{}: {share}", record.instance.name);
    }
}

#[test]
fn the_orthonormal_teacher_has_the_published_shares_and_levels_of_bad_minima() {
    // Safran and Shamir (2018), table 1: bad is half a loss of 1e-3 and more, in 1,000 runs.
    let published = [(6, 0.003, 0.02508), (7, 0.055, 0.02320), (8, 0.126, 0.02151)];
    let records = recorded("orthonormal-population");
    assert_eq!(records.len(), published.len());
    for (record, (width, share, level)) in records.iter().zip(published) {
        assert_eq!(record.instance.width, width);
        let halves: Vec<f64> = losses(record).iter().map(|loss| loss / 2.0).collect();
        let bad: Vec<f64> = halves.iter().copied().filter(|half| *half >= 1e-3).collect();
        assert_eq!(halves.len(), 1000);
        assert_near(bad.len() as f64 / 1000.0, share, 1000.0, &record.instance.name);
        assert!(bad.iter().all(|half| (half - level).abs() < 5e-6), "{}: {bad:?}", record.instance.name);
    }
}
