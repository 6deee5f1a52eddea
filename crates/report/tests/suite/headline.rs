//! The table in the terminal.

use crate::synthetic::{EXACT, checked, exact, failed, instance, trained};
use optgap_problem::Tag;
use optgap_report::{RunTable, headline};
use optgap_results::{CellRecord, Status};

fn run() -> Vec<CellRecord> {
    let teacher = instance("teacher", Tag::Structured, "teacher-1", (20, 2, 2));
    let wide = instance("teacher", Tag::Structured, "teacher-2", (20, 2, 3));
    let cover = instance("vertex-cover", Tag::Adversarial, "cover-1", (30, 4, 2));
    vec![
        checked(exact(&teacher, 0.125, 0.125, 0.5), 0.125),
        trained(&teacher, "adam", &[0.125, 0.125, 0.25, 0.5], 0.25),
        trained(&teacher, "sgd", &[0.125, 0.25, 0.25, f64::INFINITY], 0.125),
        exact(&wide, 0.0, 0.0, 12.0),
        trained(&wide, "adam", &[1e-9, 1e-7, 1e-3, 1e-2], 0.5),
        trained(&wide, "sgd", &[1e-3, 1e-3, 1e-3, 1e-2], 0.25),
        exact(&cover, 0.25, 0.375, 3.0),
        trained(&cover, "adam", &[0.5, 0.5, 0.625, 0.75], 1.0),
        failed(&cover, "sgd", Status::Memout, "over 512 MiB"),
    ]
}

#[test]
fn the_table_shows_counts_a_sentence_and_a_line_per_family_and_trainer() {
    insta::assert_snapshot!(headline(&RunTable::new(&run(), Some(12))));
}

#[test]
fn the_table_of_nothing_says_so() {
    insta::assert_snapshot!(headline(&RunTable::new(&[], Some(4))), @r"
    Unfinished run: 0 of 4 cells.
    0 instances · 0 violations · 0 bounds closed, unchecked · 0 open
    No cell is finished yet.
    ");
}

#[test]
fn a_violation_is_named_with_both_cells() {
    let xor = instance("xor", Tag::Structured, "xor", (4, 2, 2));
    let text = headline(&RunTable::new(&[exact(&xor, 0.25, 0.25, 1.0), trained(&xor, "sgd", &[0.125], 1.0)], None));
    assert!(text.contains("1 instance · 1 violation ·"), "{text}");
    let last = text.lines().last().expect("lines");
    assert!(last.starts_with("VIOLATION xor: cell ") && last.contains("-sgd") && last.contains(EXACT), "{text}");
}

#[test]
fn the_word_proved_needs_a_checker() {
    let xor = instance("xor", Tag::Structured, "xor", (4, 2, 2));
    let text = headline(&RunTable::new(&[exact(&xor, 0.25, 0.25, 1.0), trained(&xor, "sgd", &[0.25], 1.0)], None));
    assert!(text.contains("1 bounds closed, unchecked") && !text.contains("proved"), "{text}");
}
