//! The join of records to tables.

use crate::synthetic::{EXACT, checked, exact, failed, instance, trained};
use optgap_problem::{Bounds, Reference, Tag};
use optgap_report::{Closure, Proportion, RunTable};
use optgap_results::{CellRecord, InstanceSummary, Status};

fn xor() -> InstanceSummary {
    instance("xor", Tag::Structured, "xor", (4, 2, 2))
}

fn table(records: &[CellRecord]) -> RunTable {
    RunTable::new(records, None)
}

#[test]
fn a_familys_shares_medians_and_seconds_agree_with_a_calculation_by_hand() {
    let (small, large) = (xor(), instance("xor", Tag::Structured, "xor-large", (9, 2, 2)));
    let records = [
        exact(&small, 0.25, 0.25, 0.99),
        trained(&small, "adam", &[0.25, 0.25 + 1e-6, 0.75, f64::INFINITY], 0.09),
        exact(&large, 0.5, 0.5, 0.0),
        trained(&large, "adam", &[0.625, 0.75, 1.0], 0.015),
    ];
    let table = table(&records);
    let family = &table.families[0];
    assert_eq!((family.instances(), family.closed(), table.instances.len()), (2, 2, 2));
    let adam = &family.trainers[0];
    // 0.25 + 1e-6 - 0.25 is a little below 1e-6 in floating point.
    assert_eq!(adam.restarts, Proportion { successes: 2, trials: 7 });
    assert_eq!(adam.instances, Proportion { successes: 1, trials: 2 });
    assert_eq!((adam.diverged, adam.undecided), (1, 0));
    // Medians of the restarts: (1e-6 + 0.5) / 2 and 0.25; of the best restarts: 0 and 0.125.
    assert!((adam.median_gap.expect("gaps") - (0.25 + 0.5e-6 + 0.25) / 2.0).abs() < 1e-15);
    assert_eq!(adam.best_gap, Some(0.0625));
    // sqrt(1.00 * 0.01) - 0.01 and sqrt(0.1 * 0.025) - 0.01.
    assert!((family.exact_seconds.expect("timed") - 0.09).abs() < 1e-12);
    assert!((adam.seconds.expect("timed") - 0.04).abs() < 1e-12);
}

#[test]
fn proved_is_said_of_checked_bounds_only() {
    let mut records = vec![exact(&xor(), 0.25, 0.25, 1.0)];
    assert_eq!(table(&records).instances[0].closure, Closure::Unchecked);
    assert!(!Closure::Unchecked.words().contains("proved"));
    records[0] = checked(exact(&xor(), 0.25, 0.25, 1.0), 0.25);
    assert_eq!(table(&records).instances[0].closure, Closure::Proved);
    records[0] = checked(exact(&xor(), 0.2, 0.25, 1.0), 0.2);
    assert_eq!(table(&records).instances[0].closure, Closure::Open);
}

#[test]
fn an_optimum_by_construction_serves_where_no_exact_method_gave_a_bound() {
    let known = InstanceSummary { reference: Some(Reference::Optimum(0.25)), ..xor() };
    let descent = trained(&known, "adam", &[0.25, 0.75], 1.0);
    let alone = table(&[descent.clone(), failed(&known, EXACT, Status::Unsupported, "a population")]);
    assert_eq!((alone.instances[0].closure, alone.instances[0].closure.is_closed()), (Closure::Constructed, false));
    assert_eq!(alone.families[0].trainers[0].restarts, Proportion { successes: 1, trials: 2 });
    // A search that ran has the word, however little it says.
    let searched = table(&[descent.clone(), exact(&known, 0.1, 0.25, 1.0)]);
    assert_eq!(searched.instances[0].closure, Closure::Open);
    let bounded = InstanceSummary { reference: Some(Reference::AtLeast(0.25)), ..xor() };
    assert_eq!(table(&[trained(&bounded, "adam", &[0.25], 1.0)]).instances[0].closure, Closure::NoBounds);
}

#[test]
fn an_unchecked_bound_does_not_become_proved_through_a_weaker_checked_one() {
    let weak = checked(exact(&xor(), 0.1, 0.25, 1.0), 0.1);
    let strong = CellRecord { cell: "other".into(), ..exact(&xor(), 0.25, 0.25, 1.0) };
    let table = table(&[weak, strong]);
    assert_eq!((table.instances.len(), table.instances[0].closure), (1, Closure::Unchecked));
}

#[test]
fn descent_below_the_incumbent_lowers_the_upper_bound() {
    let table = table(&[exact(&xor(), 0.2, 0.4, 1.0), trained(&xor(), "sgd", &[0.3, 0.35], 1.0)]);
    assert_eq!(table.instances[0].bounds, Some(Bounds { lower: 0.2, upper: 0.3 }));
    let restarts = &table.instances[0].descent[0].restarts;
    let gap = restarts[1].gap.expect("bounds and a unit");
    assert!((gap.lower - 0.05).abs() < 1e-15 && (gap.upper - 0.15).abs() < 1e-15, "{gap:?}");
}

#[test]
fn open_bounds_leave_restarts_undecided_and_never_reached() {
    let table = table(&[exact(&xor(), 0.2, 0.3, 1.0), trained(&xor(), "sgd", &[0.3, 0.31], 1.0)]);
    let sgd = &table.families[0].trainers[0];
    assert_eq!((sgd.restarts.successes, sgd.undecided), (0, 1));
    // Open search counts at its budget of 10 s.
    assert_eq!(table.instances[0].exact_seconds(), Some((10.0, false)));
}

#[test]
fn a_degenerate_instance_has_no_gap_and_is_counted() {
    let degenerate = InstanceSummary { constant_level: 0.0, ..xor() };
    let table = table(&[exact(&degenerate, 0.0, 0.0, 1.0), trained(&degenerate, "sgd", &[0.0, 1.0], 1.0)]);
    let family = &table.families[0];
    assert_eq!((family.degenerate, family.closed()), (1, 1));
    assert_eq!(family.trainers[0].restarts.trials, 0);
    assert_eq!((family.trainers[0].median_gap, table.floor()), (None, None));
}

#[test]
fn without_exact_search_there_are_no_bounds_and_no_gaps() {
    let table = table(&[trained(&xor(), "sgd", &[0.3, f64::INFINITY], 1.0)]);
    assert_eq!(table.count(Closure::NoBounds), 1);
    let sgd = &table.families[0].trainers[0];
    assert_eq!((sgd.restarts.trials, sgd.median_gap, sgd.best_gap), (0, None, None));
    assert_eq!(sgd.seconds.map(|seconds| (seconds * 1e9).round()), Some(1e9));
}

#[test]
fn without_descent_there_are_bounds_only() {
    let table = table(&[exact(&xor(), 0.25, 0.25, 1.0)]);
    assert!(table.trainers.is_empty() && table.families[0].trainers.is_empty());
    assert_eq!(table.families[0].closed(), 1);
}

#[test]
fn all_restarts_diverged_is_an_infinite_gap() {
    let table = table(&[exact(&xor(), 0.25, 0.25, 1.0), trained(&xor(), "sgd", &[f64::INFINITY; 3], 1.0)]);
    let sgd = &table.families[0].trainers[0];
    assert_eq!((sgd.diverged, sgd.median_gap), (3, Some(f64::INFINITY)));
    assert_eq!(sgd.restarts, Proportion { successes: 0, trials: 3 });
}

#[test]
fn a_loss_below_a_lower_bound_is_a_violation_and_spoils_the_instance() {
    let table = table(&[exact(&xor(), 0.25, 0.25, 1.0), trained(&xor(), "sgd", &[0.2, 0.25], 1.0)]);
    assert_eq!((table.violations.len(), table.families[0].violations), (1, 1));
    assert_eq!((table.count(Closure::Violated), table.families[0].closed()), (1, 0));
    assert_eq!(table.families[0].trainers[0].restarts.trials, 0);
}

#[test]
fn a_reference_value_is_a_bound_with_a_margin() {
    let known = |value| InstanceSummary { reference: Some(Reference::Optimum(value)), ..xor() };
    assert_eq!(table(&[trained(&known(0.5), "sgd", &[0.5 - 1e-12], 1.0)]).violations.len(), 0);
    assert_eq!(table(&[trained(&known(0.5), "sgd", &[0.4], 1.0)]).violations.len(), 1);
}

#[test]
fn failed_refused_and_interrupted_cells_are_told_apart() {
    let records = [
        failed(&xor(), EXACT, Status::Unsupported, "too wide"),
        failed(&xor(), "adam", Status::Error, "panicked"),
        failed(&xor(), "sgd", Status::Interrupted, ""),
    ];
    let table = RunTable::new(&records, Some(3));
    assert_eq!((table.setbacks.len(), table.failed_cells(), table.families[0].failed_cells), (3, 1, 1));
    assert!(table.instances[0].exact.is_empty(), "a refusal is no result of the method");
    assert_eq!((table.finished_cells, table.unfinished()), (2, true));
    assert_eq!(table.trainers, ["adam", "sgd"]);
}

#[test]
fn a_failed_trainer_does_not_take_the_instance_out_of_the_count() {
    let table = table(&[exact(&xor(), 0.25, 0.25, 1.0), failed(&xor(), "adam", Status::Killed, "signal 9")]);
    assert_eq!(table.families[0].trainers[0].instances, Proportion { successes: 0, trials: 1 });
}

#[test]
fn of_two_records_of_one_cell_the_later_counts() {
    let first = failed(&xor(), "adam", Status::Error, "panicked");
    let again = trained(&xor(), "adam", &[0.25], 1.0);
    let table = table(&[exact(&xor(), 0.25, 0.25, 1.0), first, again]);
    assert_eq!((table.setbacks.len(), table.finished_cells), (0, 2));
    assert_eq!(table.families[0].trainers[0].restarts, Proportion { successes: 1, trials: 1 });
}

#[test]
fn the_order_of_the_records_does_not_matter() {
    let mut records = vec![
        exact(&xor(), 0.25, 0.25, 1.0),
        trained(&xor(), "adam", &[0.25, 0.5], 1.0),
        trained(&xor(), "sgd", &[0.3], 2.0),
        exact(&instance("b", Tag::Adversarial, "b", (5, 1, 1)), 0.1, 0.1, 3.0),
    ];
    let forwards = table(&records);
    records.reverse();
    assert_eq!(forwards, table(&records));
    assert_eq!(forwards.families.iter().map(|family| family.tag).collect::<Vec<_>>(), [Tag::Structured, Tag::Adversarial]);
}

#[test]
fn seconds_come_from_one_machine_and_from_the_clock_of_the_record() {
    let second = instance("xor", Tag::Structured, "second", (4, 2, 2));
    let third = instance("xor", Tag::Structured, "third", (4, 2, 2));
    let elsewhere = CellRecord { machine: "machine-2".into(), ..exact(&third, 0.25, 0.25, 9.0) };
    let alone = CellRecord { jobs: 1, wall_s: 3.0, ..exact(&second, 0.25, 0.25, 2.0) };
    let table = table(&[exact(&xor(), 0.25, 0.25, 2.0), alone, elsewhere]);
    assert_eq!((table.clock.machine.as_str(), table.clock.machines, table.clock.cells), ("machine-1", 2, 2));
    assert_eq!(table.clock.unit, "CPU or wall seconds");
    let seconds: Vec<Option<f64>> = table.instances.iter().map(|row| row.exact_seconds().map(|(seconds, _)| seconds)).collect();
    assert_eq!(seconds, [Some(3.0), None, Some(2.0)], "second, third, xor");
    assert_eq!(table.families[0].closed(), 3);
}

#[test]
fn learning_rates_of_one_trainer_are_rows_of_their_own() {
    let slow = trained(&xor(), "sgd[learning-rate=0.01]", &[0.5], 1.0);
    let table = table(&[exact(&xor(), 0.25, 0.25, 1.0), trained(&xor(), "sgd", &[0.25], 1.0), slow]);
    assert_eq!(table.trainers, ["sgd", "sgd[learning-rate=0.01]"]);
    assert_eq!(table.families[0].trainers.iter().map(|row| row.restarts.successes).collect::<Vec<_>>(), [1, 0]);
}

#[test]
fn polished_successes_stand_beside_the_others_and_change_none_of_them() {
    let optimum = exact(&xor(), 0.25, 0.25, 1.0);
    let plain = trained(&xor(), "adam", &[0.25, 0.5, 0.75, f64::INFINITY], 1.0);
    let mut polished = plain.clone();
    let ends = &mut polished.training.as_mut().expect("trained").ends;
    ends[1].polished = Some([0.25, 0.25]);
    let row = |record: CellRecord| RunTable::new(&[optimum.clone(), record], None).families[0].trainers[0].clone();
    assert_eq!(row(polished.clone()).polished, Proportion { successes: 2, trials: 4 });
    assert_eq!(row(polished).restarts, row(plain.clone()).restarts);
    let mut old = plain;
    old.training.as_mut().expect("trained").ends.iter_mut().for_each(|end| end.polished = None);
    assert_eq!(row(old).polished, Proportion::default(), "old records say nothing of it");
}
