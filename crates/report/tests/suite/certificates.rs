//! Certificates in tables, headline, page and CSV.

use crate::synthetic::{checked, exact, instance, rejected, trained};
use optgap_problem::{Bounds, Tag};
use optgap_report::{CertificateOutcome, Closure, ReportMeta, RunTable, headline, write_report};
use optgap_results::{CellRecord, Certification, InstanceSummary};
use std::fs;

fn problem(name: &str) -> InstanceSummary {
    instance("xor", Tag::Structured, name, (4, 2, 2))
}

fn table(records: &[CellRecord]) -> RunTable {
    RunTable::new(records, None)
}

/// One of each kind: proved, proved too low, refused, not written, and without any certificate.
fn records() -> Vec<CellRecord> {
    let unwritten = Certification::unwritten("out.certificate: cannot be written: No space left on device");
    vec![
        checked(exact(&problem("proved"), 0.25, 0.25, 1.0), 0.25),
        checked(exact(&problem("weak"), 0.25, 0.25, 1.0), 0.125),
        rejected(exact(&problem("refused"), 0.25, 0.25, 1.0), "node 7: <the third ray>"),
        CellRecord { certification: unwritten, ..exact(&problem("full-disk"), 0.25, 0.25, 1.0) },
        exact(&problem("plain"), 0.25, 0.25, 1.0),
        trained(&problem("proved"), "sgd", &[0.25], 1.0),
    ]
}

#[test]
fn proved_rests_on_what_the_checker_proved_and_not_on_what_the_solver_claims() {
    let table = table(&records());
    let of = |name: &str| table.instances.iter().find(|row| row.summary.name == name).expect("a row");
    assert_eq!((table.count(Closure::Proved), table.count(Closure::Unchecked)), (1, 4));
    assert_eq!(of("proved").closure, Closure::Proved);
    let weak = of("weak");
    assert_eq!((weak.closure, weak.bounds), (Closure::Unchecked, Some(Bounds { lower: 0.25, upper: 0.25 })));
    assert_eq!(weak.certificate.as_ref().map(|row| (row.outcome, row.proved)), Some((CertificateOutcome::Accepted, Some(0.125))));
    assert_eq!(of("plain").certificate, None);
    assert!(table.violations.is_empty(), "a proof of less is no contradiction");
}

#[test]
fn rounding_on_the_way_into_a_record_leaves_a_bound_proved() {
    // Closed to the tolerance of the plan and not a bit more.
    let (lower, upper) = (0.25 * (1.0 - 1e-9), 0.25);
    let closure = |proved| table(&[checked(exact(&problem("x"), lower, upper, 1.0), proved)]).instances[0].closure;
    assert_eq!(closure(lower.next_down().next_down()), Closure::Proved);
    assert_eq!(closure(lower * (1.0 - 1e-12)), Closure::Unchecked);
}

#[test]
fn a_checked_bound_above_the_solvers_own_counts() {
    let row = &table(&[checked(exact(&problem("x"), 0.125, 0.25, 1.0), 0.25)]).instances[0];
    assert_eq!((row.bounds, row.closure), (Some(Bounds { lower: 0.25, upper: 0.25 }), Closure::Proved));
}

#[test]
fn of_several_certificates_a_rejected_one_is_shown_and_then_the_strongest() {
    let other = |record: CellRecord, cell: &str| CellRecord { cell: cell.into(), ..record };
    let weak = checked(exact(&problem("x"), 0.125, 0.25, 1.0), 0.125);
    let strong = other(checked(exact(&problem("x"), 0.25, 0.25, 1.0), 0.25), "strong");
    let refused = other(rejected(exact(&problem("x"), 0.25, 0.25, 1.0), "node 1"), "refused");
    let shown = |records: &[CellRecord]| table(records).instances[0].certificate.clone().expect("some");
    assert_eq!(shown(&[weak.clone(), strong.clone()]).proved, Some(0.25));
    assert_eq!(shown(&[weak, strong, refused]).outcome, CertificateOutcome::Rejected);
}

#[test]
fn the_headline_says_how_much_was_checked_at_what_cost_and_names_what_was_refused() {
    let text = headline(&table(&records()));
    // Three certificates were checked: a quarter of a second each, after searches of a CPU second each.
    let line = "2 of 5 lower bounds re-checked by an independent program in exact arithmetic, in 0.75 s (their search: 3.00 s); \
                6.0 kB of certificates. 1 certificate REJECTED.";
    assert!(text.lines().any(|found| found == line), "{text}");
    assert!(text.contains("· 1 REJECTED certificate · 1 certificate not written"), "{text}");
    let last = text.lines().last().expect("lines");
    assert!(
        last.starts_with("REJECTED refused: the certificate of cell ") && last.ends_with(": node 7: <the third ray>"),
        "{text}"
    );
}

#[test]
fn a_run_without_certificates_says_nothing_of_them() {
    let plain = [exact(&problem("plain"), 0.25, 0.25, 1.0)];
    assert!(!headline(&table(&plain)).contains("certificate"));
    let (page, _) = written(&plain);
    assert!(!page.contains("<th>certificate</th>") && !page.contains("re-checked"), "no empty column");
}

#[test]
fn the_page_shows_the_state_of_every_instance_and_what_went_wrong_first() {
    let (page, _) = written(&records());
    for part in [
        "2 of 5 lower bounds re-checked",
        "checked: 0.25 s, 2.0 kB",
        "REJECTED: 0.25 s, 2.0 kB",
        "not written",
        "node 7: &lt;the third ray&gt;",
        "No space left on device",
        "href=\"#certificates\"",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let section = page.find("id=\"certificates\"").expect("a section");
    assert!(page[..section].ends_with("<section class=\"card alarm\" ") && section < page.find("<figure").expect("charts"));
    let unwritten_only = &records()[3..];
    assert!(written(unwritten_only).0.contains("<section class=\"card\" id=\"certificates\""), "no alarm");
}

#[test]
fn the_table_for_machines_has_state_bound_seconds_and_bytes() {
    let (_, table) = written(&records());
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let columns = ["instance", "certificate", "checked_lower_bound", "check_seconds", "certificate_bytes"];
    let places = columns.map(|name| header.iter().position(|column| column == name).expect(name));
    let lines = reader.records().map(|line| {
        let line = line.expect("a line");
        places.map(|place| line[place].to_owned()).join(",")
    });
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    let expected = [
        "full-disk,not written,,,",
        "plain,,,,",
        "proved,checked,0.25,0.25,2000",
        "refused,rejected,,0.25,2000",
        "weak,checked,0.125,0.25,2000",
    ];
    assert_eq!(lines, expected);
}

/// The page and the table of instances.
fn written(records: &[CellRecord]) -> (String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = write_report(folder.path(), records, &ReportMeta::default()).expect("a report");
    let table = paths.tables.iter().find(|path| path.ends_with("instances.csv")).expect("a table");
    (fs::read_to_string(&paths.index).expect("a page"), fs::read_to_string(table).expect("a table"))
}
