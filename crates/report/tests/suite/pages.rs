//! The files of a report.

use crate::cost::growing;
use crate::synthetic::{EXACT, exact, failed, instance, trained};
use optgap_problem::{About, Tag};
use optgap_report::{ReportMeta, ReportPaths, write_report};
use optgap_results::{CellRecord, InstanceSummary, Status};
use std::fs;
use std::path::{Path, PathBuf};

const HOSTILE: &str = "</title><script>alert('x')</script>\"&\n\u{1}<img src=x>";

/// Every special case at once: hostile names, open bounds, a violation, a degenerate instance, divergence, failures.
fn records() -> Vec<CellRecord> {
    let hostile = instance(HOSTILE, Tag::Structured, HOSTILE, (20, 2, 2));
    let open = instance("open", Tag::Adversarial, "open", (30, 2, 2));
    let wrong = instance("wrong", Tag::Ladder, "wrong", (10, 1, 1));
    let degenerate = InstanceSummary { constant_level: 0.0, ..instance("open", Tag::Adversarial, "zero", (3, 1, 1)) };
    let tiny = instance("tiny", Tag::Structured, "a family with a name that is far too long for any chart to show", (1, 1, 1));
    vec![
        exact(&hostile, 0.0, 0.0, 0.0),
        trained(&hostile, HOSTILE, &[0.0, 1e-15, 1e-9, 0.5, 1e30, f64::INFINITY], 0.0),
        exact(&open, 0.1, 0.4, 1e5),
        trained(&open, "sgd", &[f64::INFINITY, f64::INFINITY], 1e-9),
        exact(&wrong, 0.5, 0.5, 1.0),
        trained(&wrong, "sgd", &[0.25], 1.0),
        exact(&degenerate, 0.0, 0.0, 0.5),
        trained(&degenerate, "sgd", &[0.0, 1.0], 1.0),
        failed(&tiny, EXACT, Status::Unsupported, HOSTILE),
        failed(&tiny, "sgd", Status::Error, HOSTILE),
    ]
}

fn meta() -> ReportMeta {
    let about = About { title: HOSTILE.into(), reference: HOSTILE.into(), descent: HOSTILE.into(), ..About::default() };
    ReportMeta {
        title: HOSTILE.into(),
        command: Some(HOSTILE.into()),
        planned_cells: Some(11),
        families: vec![(HOSTILE.into(), about)],
        environment: vec![(HOSTILE.into(), HOSTILE.into())],
        date: None,
    }
}

fn write(folder: &Path, records: &[CellRecord]) -> ReportPaths {
    write_report(folder, records, &meta()).expect("a report")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

/// Runs of nothing, of exact search alone, of descent alone, of everything, and of exact search over several sizes.
fn runs() -> [Vec<CellRecord>; 5] {
    let all = records();
    let exact_only = all.iter().filter(|record| record.exact.is_some()).cloned().collect();
    let descent_only = all.iter().filter(|record| record.training.is_some()).cloned().collect();
    [Vec::new(), exact_only, descent_only, all, growing()]
}

#[test]
fn every_chart_of_every_kind_of_run_is_a_well_formed_svg_of_finite_numbers() {
    for (records, charts) in runs().into_iter().zip([5, 5, 5, 5, 6]) {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = write(folder.path(), &records);
        assert_eq!(paths.charts.len(), charts);
        for chart in &paths.charts {
            let text = fs::read_to_string(&chart.svg).expect("an svg");
            let document = roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", chart.svg.display()));
            assert_eq!(document.root_element().tag_name().name(), "svg");
            for node in document.descendants().filter(roxmltree::Node::is_element) {
                for attribute in node.attributes() {
                    let (name, value) = (attribute.name(), attribute.value());
                    assert!(!value.contains("NaN") && !value.contains("inf"), "{}: {name}={value}", chart.svg.display());
                    assert_ne!(value, "2147483647", "{}: a number left the drawing", chart.svg.display());
                    assert!(name != "class" || !value.is_empty(), "{}: a shape without a role", chart.svg.display());
                }
            }
        }
    }
}

#[test]
fn everything_drawn_lies_inside_the_drawing() {
    let folder = tempfile::tempdir().expect("a folder");
    for chart in write(folder.path(), &[records(), growing()].concat()).charts {
        let text = fs::read_to_string(&chart.svg).expect("an svg");
        let document = roxmltree::Document::parse(&text).expect("well formed");
        let size: Vec<f64> = document
            .root_element()
            .attribute("viewBox")
            .expect("a box")
            .split(' ')
            .map(|part| part.parse().expect("a number"))
            .collect();
        let within = |name: &str, value: &str, most: f64| {
            let value: f64 = value.parse().expect("a number");
            assert!((-20.0..=most + 20.0).contains(&value), "{}: {name} = {value} of {most}", chart.svg.display());
        };
        for node in document.descendants() {
            for (name, most) in [("x", size[2]), ("cx", size[2]), ("y", size[3]), ("cy", size[3])] {
                node.attribute(name).into_iter().for_each(|value| within(name, value, most));
            }
            for (x, y) in node.attribute("points").unwrap_or_default().split_whitespace().filter_map(|pair| pair.split_once(','))
            {
                within("x", x, size[2]);
                within("y", y, size[3]);
            }
        }
    }
}

#[test]
fn tables_for_machines_have_the_same_number_of_fields_on_every_line_and_no_infinities() {
    for records in runs() {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = write(folder.path(), &records);
        for path in paths.charts.iter().map(|chart| &chart.csv).chain(&paths.tables) {
            let mut reader = csv::Reader::from_path(path).expect("a table");
            for record in reader.records() {
                let record = record.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                for field in &record {
                    assert!(!field.parse::<f64>().is_ok_and(|number| !number.is_finite()), "{}: {field}", path.display());
                }
            }
        }
    }
}

#[test]
fn hostile_names_stay_text_and_nothing_is_loaded_from_anywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = write(folder.path(), &records());
    let page = fs::read_to_string(&paths.index).expect("a page");
    assert!(page.contains("&lt;script&gt;alert("), "the name is not shown at all");
    for (text, origin) in paths
        .charts
        .iter()
        .map(|chart| (fs::read_to_string(&chart.svg).expect("an svg"), "chart"))
        .chain([(page.clone(), "page")])
    {
        assert!(!text.contains("<script>alert") && !text.contains("<img"), "{origin}");
        assert!(!text.contains('\u{1}'), "{origin}: control characters are not allowed in XML");
        let without_namespace = text.replace("http://www.w3.org/2000/svg", "");
        assert!(!without_namespace.contains("http://") && !without_namespace.contains("https://"), "{origin}");
        assert!(!text.contains("url(") && !text.contains("@import") && !text.contains("<link"), "{origin}");
    }
    assert_eq!(page.matches("<script>").count(), 1);
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn the_page_says_what_the_terminal_says_and_links_to_files_that_exist() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = write(folder.path(), &records());
    let page = fs::read_to_string(&paths.index).expect("a page");
    assert!(page.contains("Unfinished run: 10 of 11 cells."));
    assert!(page.contains("Violations") && page.contains("below the lower bound"));
    let links: Vec<&str> = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(links.len() > 12, "{links:?}");
    for link in links {
        match link.strip_prefix('#') {
            Some(anchor) => assert!(page.contains(&format!("id=\"{anchor}\"")), "no {link}"),
            None => assert!(folder.path().join("report").join(link).is_file(), "no file {link}"),
        }
    }
}

#[test]
fn the_same_records_give_the_same_bytes_in_any_order_and_the_date_is_one_line() {
    let [first, second, third] = [(); 3].map(|()| tempfile::tempdir().expect("a folder"));
    let mut reversed = records();
    reversed.reverse();
    write(first.path(), &records());
    write(second.path(), &reversed);
    let dated = ReportMeta { date: Some("2026-11-23".into()), ..meta() };
    write_report(third.path(), &records(), &dated).expect("a report");
    let (names, others) = (files(first.path()), files(second.path()));
    assert_eq!(names.len(), 13, "page, five charts of two files, two tables, and nothing temporary: {names:?}");
    for (one, other) in names.iter().zip(&others) {
        assert!(fs::read(one).expect("bytes") == fs::read(other).expect("bytes"), "{} differs", one.display());
    }
    let page = |folder: &Path| fs::read_to_string(folder.join("report/index.html")).expect("a page");
    let with_date = page(third.path());
    let without_date: Vec<&str> = with_date.lines().filter(|line| !line.contains("2026-11-23")).collect();
    assert_eq!(without_date.len() + 1, with_date.lines().count());
    assert_eq!(without_date.concat(), page(first.path()).lines().collect::<String>());
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("taken");
    fs::write(&file, "a file").expect("written");
    let error = write_report(&file, &records(), &meta()).expect_err("a file is no folder").to_string();
    assert!(error.contains("taken") && error.contains("check that"), "{error}");
    fs::create_dir_all(folder.path().join("report/index.html")).expect("made");
    let error = write_report(folder.path(), &records(), &meta()).expect_err("a folder is no file").to_string();
    assert!(error.contains("index.html"), "{error}");
    assert!(files(folder.path()).iter().all(|path| !path.to_string_lossy().ends_with(".tmp")), "a temporary file is left");
}
