//! The chart of how cost grows with the number of samples.

use crate::synthetic::{exact, instance};
use optgap_problem::{Parameters, Tag, Value};
use optgap_report::{ReportMeta, write_report};
use optgap_results::{CellRecord, InstanceSummary, Status};
use std::fs;

/// Searches of two families and two shapes on 10, 20, 40 and 80 samples, five of each; they cost exactly `1e-4 n^2` seconds
/// and `n` nodes. Two of the largest with random labels are open.
pub(crate) fn growing() -> Vec<CellRecord> {
    let mut records = Vec::new();
    for (family, tag) in [("teacher", Tag::Structured), ("random-labels", Tag::Adversarial)] {
        for (dimension, width) in [(2, 1), (3, 2)] {
            for samples in [10, 20, 40, 80] {
                let searches = (1..=5).map(|seed| {
                    let name = format!("n{samples}d{dimension}k{width}s{seed}");
                    let instance = with_samples(instance(family, tag, &name, (samples, dimension, width)));
                    let open = family == "random-labels" && width == 2 && samples == 80 && seed > 3;
                    let seconds = 1e-4 * (samples * samples) as f64;
                    let mut record = exact(&instance, if open { 0.25 } else { 0.5 }, 0.5, seconds);
                    record.exact.as_mut().expect("exact").nodes = samples as u64;
                    record
                });
                records.extend(searches);
            }
        }
    }
    records
}

/// With its number of samples among its parameters, as families have it.
fn with_samples(instance: InstanceSummary) -> InstanceSummary {
    let parameters = Parameters([("n".to_owned(), Value::Integer(instance.samples as i64))].into());
    InstanceSummary { parameters, ..instance }
}

/// The chart's drawing and table; none where the run has no such chart.
fn chart(records: &[CellRecord]) -> Option<(String, String)> {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = write_report(folder.path(), records, &ReportMeta::default()).expect("a report");
    let chart = paths.charts.iter().find(|chart| chart.svg.ends_with("cost-by-size.svg"))?;
    Some([&chart.svg, &chart.csv].map(|path| fs::read_to_string(path).expect("a file")).into())
}

/// The words of a drawing, one text a line.
fn words(svg: &str) -> String {
    let document = roxmltree::Document::parse(svg).expect("well formed");
    let texts = document.descendants().filter(|node| node.has_tag_name("text")).filter_map(|node| node.text());
    texts.map(str::trim).collect::<Vec<_>>().join("\n")
}

/// Those searches alone that satisfy a condition.
fn only(condition: impl Fn(&CellRecord) -> bool) -> Vec<CellRecord> {
    growing().into_iter().filter(condition).collect()
}

#[test]
fn the_table_has_a_line_per_series_and_size_with_its_exponents() {
    let (_, csv) = chart(&growing()).expect("a chart");
    insta::assert_snapshot!(csv);
}

#[test]
fn the_legend_says_the_exponents_and_how_many_open_searches_they_leave_out() {
    let (svg, _) = chart(&growing()).expect("a chart");
    insta::assert_snapshot!(words(&svg));
}

#[test]
fn two_sizes_make_no_chart_and_three_do() {
    assert!(chart(&[]).is_none());
    assert!(chart(&only(|record| record.instance.samples <= 20)).is_none());
    assert!(chart(&only(|record| record.instance.samples <= 40)).is_some());
}

#[test]
fn sizes_count_only_together_with_others_of_the_same_family_shape_and_parameters() {
    let mixed = only(|record| match record.instance.samples {
        10 => record.instance.width == 1,
        20 => record.instance.family == "teacher",
        samples => samples == 40 && record.instance.family == "random-labels" && record.instance.width == 1,
    });
    assert!(chart(&mixed).is_none());
    let mut noisy = only(|record| record.instance.samples <= 40);
    for record in noisy.iter_mut().filter(|record| record.instance.samples == 40) {
        record.instance.parameters.0.insert("noise".into(), Value::Real(0.5));
    }
    assert!(chart(&noisy).is_none());
}

#[test]
fn series_of_one_shape_are_told_apart_by_the_parameters_that_differ() {
    let mut records = growing();
    for (index, record) in records.iter_mut().enumerate() {
        let noise = if index % 5 < 2 { 0.0 } else { 0.5 };
        record.instance.parameters.0.extend([("noise".into(), Value::Real(noise)), ("copies".into(), Value::Integer(1))]);
    }
    let words = words(&chart(&records).expect("a chart").0);
    assert!(words.contains("k = 1, d = 2, noise = 0\n") && words.contains("k = 1, d = 2, noise = 0.5\n"), "{words}");
    assert!(!words.contains("copies"), "{words}");
}

#[test]
fn with_fewer_than_three_sizes_closed_there_is_a_line_but_no_exponent() {
    let mut records = only(|record| record.instance.family == "random-labels" && record.instance.width == 2);
    for record in records.iter_mut().filter(|record| record.instance.samples > 20) {
        record.status = Status::Bounded;
    }
    let (svg, _) = chart(&records).expect("a chart");
    assert!(words(&svg).contains("k = 2, d = 3\n–\n–\n20, 10 of them open, left out"), "{}", words(&svg));
}
