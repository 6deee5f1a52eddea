//! The tables of the page, and the same as CSV.

use crate::certificates::{CertificateOutcome, CertificateRow};
use crate::instance_row::{Closure, DescentRow, InstanceRow};
use crate::number::{NOTHING, counted, exact, gap, loss, percent, percent_interval, ratio, seconds};
use crate::statistics::Proportion;
use crate::table::{FamilyRow, RunTable, Setback, TrainerRow, tag_word};
use crate::write::csv_text;
use maud::{Markup, html};
use optgap_problem::About;

/// Columns of the family table.
const FAMILY_COLUMNS: usize = 14;

/// One block per family: its results per trainer, and below what the family is.
pub(crate) fn families(table: &RunTable, abouts: &[(String, About)]) -> Markup {
    html! {
        section.card id="families" {
            h2 { "Families" }
            p.links { a href="tables/families.csv" { "csv" } }
            div.wide { table {
                thead {
                    tr {
                        th rowspan="2" { "family" } th.group colspan="5" { "exact search" } th.group colspan="8" { "descent" }
                    }
                    tr {
                        th.number { "instances" } th.number { "proved" } th.number { "closed, unchecked" } th.number { "open" }
                        th.number { (table.clock.unit) }
                        th { "trainer" } th.number colspan="3" { "restarts at gap ≤ 10⁻⁶, with 95 % interval" } th.number { "instances, any restart" }
                        th.number { "median gap" } th.number { "best gap" } th.number { (table.clock.unit) }
                    }
                }
                @for tag in table.tags() {
                    tbody { tr { th.side colspan=(FAMILY_COLUMNS) { (tag_word(tag)) } } }
                    @for family in table.families.iter().filter(|family| family.tag == tag) {
                        (family_block(family, about(abouts, &family.name)))
                    }
                }
            } }
        }
    }
}

fn about<'a>(abouts: &'a [(String, About)], family: &str) -> Option<&'a About> {
    abouts.iter().find(|(name, _)| name == family).map(|(_, about)| about)
}

fn family_block(family: &FamilyRow, about: Option<&About>) -> Markup {
    let lines = family.trainers.len().max(1);
    let count = |closure: Closure| family.closures.get(&closure).copied().unwrap_or(0);
    html! {
        tbody.family {
            @for line in 0..lines {
                tr {
                    @if line == 0 {
                        th.name rowspan=(lines) scope="rowgroup" { (family.name) }
                        td.number rowspan=(lines) { (family.instances()) }
                        td.number rowspan=(lines) { (count(Closure::Proved)) }
                        td.number rowspan=(lines) { (count(Closure::Unchecked)) }
                        td.number rowspan=(lines) { (count(Closure::Open)) }
                        td.number rowspan=(lines) { (seconds(family.exact_seconds)) }
                    }
                    @match family.trainers.get(line) {
                        Some(trainer) => (trainer_cells(trainer)),
                        None => td.muted colspan="8" { "no trainer ran" },
                    }
                }
            }
            @let remarks = remarks(family);
            @if about.is_some() || !remarks.is_empty() {
                tr { td.about colspan=(FAMILY_COLUMNS) {
                    @if !remarks.is_empty() { strong { (remarks.join(" · ")) ". " } }
                    @if let Some(about) = about {
                        (about.title) " " strong { "Optimum. " } (about.reference) " " strong { "Prediction. " } (about.descent)
                    }
                } }
            }
        }
    }
}

fn trainer_cells(row: &TrainerRow) -> Markup {
    html! {
        td { (row.method) }
        td.number { span.share style={ "--share:" (exact(row.restarts.share())) } { (percent(row.restarts)) } }
        td.number.muted { (percent_interval(row.restarts)) }
        td.number.muted { (ratio(row.restarts)) }
        td.number { (ratio(row.instances)) }
        td.number { (gap(row.median_gap)) }
        td.number { (gap(row.best_gap)) }
        td.number { (seconds(row.seconds)) }
    }
}

/// What a reader of a family's line must know and what is mostly nothing.
fn remarks(family: &FamilyRow) -> Vec<String> {
    let constructed = family.closures.get(&Closure::Constructed).copied().unwrap_or(0);
    let without_bounds = family.closures.get(&Closure::NoBounds).copied().unwrap_or(0);
    let undecided: usize = family.trainers.iter().map(|row| row.undecided).sum();
    let diverged: usize = family.trainers.iter().map(|row| row.diverged).sum();
    let all = [
        (family.violations, counted(family.violations, "violation")),
        (family.failed_cells, counted(family.failed_cells, "failed cell")),
        (
            constructed,
            format!("the optimum of {} is known by construction, and no exact method found it", counted(constructed, "instance")),
        ),
        (without_bounds, format!("{} without bounds", counted(without_bounds, "instance"))),
        (family.degenerate, format!("{} with L0 = 0, which has no gap", counted(family.degenerate, "instance"))),
        (undecided, format!("open bounds leave {} undecided, counted as not reached", counted(undecided, "restart"))),
        (diverged, format!("{} diverged", counted(diverged, "restart"))),
    ];
    all.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words).collect()
}

/// One line per instance; a reader with JavaScript can sort and filter it.
pub(crate) fn instances(table: &RunTable) -> Markup {
    // Runs without any certificate need no column for them.
    let certified = table.certificates.any();
    html! {
        section.card id="instances" {
            h2 { "Instances" }
            p.links { a href="tables/instances.csv" { "csv" } }
            div.wide { table.sortable {
                thead {
                    tr {
                        th.group.name { "instance" } th colspan="5" {} th.group colspan=(if certified { 6 } else { 5 }) { "exact search" }
                        @for trainer in &table.trainers { th.group colspan="4" { (trainer) } }
                    }
                    tr {
                        th.name { "name" } th { "family" } th { "side" } th.number { "n" } th.number { "d" } th.number { "k" }
                        th.number { "L0" } th.number { "lower bound" } th.number { "upper bound" } th { "bounds" } @if certified { th { "certificate" } } th.number { "seconds" }
                        @for _ in &table.trainers {
                            th.number { "reached" } th.number { "median gap" } th.number { "best gap" } th.number { "seconds" }
                        }
                    }
                }
                tbody { @for row in &table.instances { (instance_line(row, &table.trainers, certified)) } }
            } }
        }
    }
}

fn instance_line(row: &InstanceRow, trainers: &[String], certified: bool) -> Markup {
    let summary = &row.summary;
    let exact_seconds = row.exact_seconds();
    html! {
        tr.alarm[row.closure == Closure::Violated] {
            th.name scope="row" { (summary.name) }
            td { (summary.family) }
            td { (tag_word(summary.tag)) }
            @for size in [summary.samples, summary.dimension, summary.width] { td.number { (size) } }
            (number_cell(Some(summary.constant_level), &loss(Some(summary.constant_level), 4)))
            (number_cell(row.bounds.map(|bounds| bounds.lower), &loss(row.bounds.map(|bounds| bounds.lower), 7)))
            (number_cell(row.bounds.map(|bounds| bounds.upper), &loss(row.bounds.map(|bounds| bounds.upper), 7)))
            td class=(closure_class(row.closure)) { (row.closure.words().trim_start_matches("bounds ")) @if row.degenerate() { " · degenerate" } }
            @if certified { (certificate_cell(row.certificate.as_ref())) }
            (number_cell(exact_seconds.map(|(value, _)| value), &seconds_or_more(exact_seconds)))
            @for trainer in trainers { (descent_cells(row, trainer)) }
        }
    }
}

fn certificate_cell(row: Option<&CertificateRow>) -> Markup {
    let class = match row.map(|row| row.outcome) {
        Some(CertificateOutcome::Rejected) => "alarm",
        Some(CertificateOutcome::Accepted) => "closed",
        Some(CertificateOutcome::Unwritten) | None => "muted",
    };
    html! { td class=(class) { (row.map_or_else(|| NOTHING.to_owned(), CertificateRow::words)) } }
}

fn descent_cells(row: &InstanceRow, trainer: &str) -> Markup {
    let descent = row.by(trainer);
    let successes = descent.filter(|descent| descent.assessed).map_or_else(Proportion::default, DescentRow::successes);
    let (median, best) = (descent.and_then(DescentRow::median_gap), descent.and_then(DescentRow::best_gap));
    let spent = descent.and_then(|descent| descent.seconds);
    html! {
        (number_cell(successes.share(), &ratio(successes)))
        (number_cell(median, &gap(median)))
        (number_cell(best, &gap(best)))
        (number_cell(spent, &seconds(spent)))
    }
}

/// A number with the value by which the column is sorted; what is missing comes last.
fn number_cell(value: Option<f64>, words: &str) -> Markup {
    let key = exact(value);
    html! { td.number data-key=[(!key.is_empty()).then_some(key)] { (words) } }
}

fn seconds_or_more(value: Option<(f64, bool)>) -> String {
    let words = seconds(value.map(|(value, _)| value));
    if value.is_some_and(|(_, closed)| !closed) { format!("> {words}") } else { words }
}

fn closure_class(closure: Closure) -> &'static str {
    match closure {
        Closure::Violated => "alarm",
        Closure::Proved | Closure::Unchecked | Closure::Constructed => "closed",
        Closure::Open | Closure::NoBounds => "muted",
    }
}

/// Cells without the result that was asked for, if there are any.
pub(crate) fn setbacks(table: &RunTable) -> Markup {
    html! {
        @if !table.setbacks.is_empty() {
            section.card id="setbacks" {
                h2 { "Failed, refused and interrupted cells" }
                div.wide { table.sortable {
                    thead { tr { th { "instance" } th { "family" } th { "method" } th { "status" } th { "reason" } th { "cell" } } }
                    tbody { @for setback in &table.setbacks { (setback_line(setback)) } }
                } }
            }
        }
    }
}

fn setback_line(setback: &Setback) -> Markup {
    html! {
        tr {
            th.name scope="row" { (setback.instance) }
            td { (setback.family) }
            td { (setback.method) }
            td.alarm[setback.failed()] { (format!("{:?}", setback.status).to_lowercase()) }
            td.reason { (setback.reason) }
            td { code { (setback.cell) } }
        }
    }
}

/// The family table for machines.
pub(crate) fn families_csv(table: &RunTable) -> String {
    let header = [
        "side",
        "family",
        "instances",
        "proved",
        "closed_unchecked",
        "known_by_construction",
        "open",
        "without_bounds",
        "degenerate",
        "violations",
        "failed_cells",
        "exact_seconds",
        "method",
        "restarts_reached",
        "restarts",
        "restarts_reached_polished",
        "restarts_polished",
        "instances_reached",
        "instances_tried",
        "median_gap",
        "best_gap",
        "descent_seconds",
    ];
    let mut lines = Vec::new();
    for family in &table.families {
        let count = |closure: Closure| family.closures.get(&closure).copied().unwrap_or(0).to_string();
        let mut start = vec![tag_word(family.tag).to_owned(), family.name.clone(), family.instances().to_string()];
        start.extend([Closure::Proved, Closure::Unchecked, Closure::Constructed, Closure::Open, Closure::NoBounds].map(count));
        start.extend([family.degenerate, family.violations, family.failed_cells].map(|count| count.to_string()));
        start.push(exact(family.exact_seconds));
        for row in &family.trainers {
            let mut line = start.clone();
            line.push(row.method.clone());
            let counts = [row.restarts, row.polished, row.instances].map(|count| [count.successes, count.trials]);
            line.extend(counts.into_iter().flatten().map(|count| count.to_string()));
            line.extend([row.median_gap, row.best_gap, row.seconds].map(exact));
            lines.push(line);
        }
        if family.trainers.is_empty() {
            start.resize(header.len(), String::new());
            lines.push(start);
        }
    }
    csv_text(&header, &lines)
}

/// One line per instance and trainer for machines.
pub(crate) fn instances_csv(table: &RunTable) -> String {
    let header = [
        "side",
        "family",
        "instance",
        "fingerprint",
        "samples",
        "inputs",
        "hidden_units",
        "constant_level",
        "lower_bound",
        "upper_bound",
        "optimum",
        "exact_seconds",
        "exact_closed",
        "certificate",
        "checked_lower_bound",
        "check_seconds",
        "certificate_bytes",
        "method",
        "restarts_reached",
        "restarts",
        "restarts_reached_polished",
        "restarts_polished",
        "median_gap",
        "best_gap",
        "descent_seconds",
    ];
    let mut lines = Vec::new();
    for row in &table.instances {
        let summary = &row.summary;
        let mut start = vec![tag_word(summary.tag).to_owned(), summary.family.clone(), summary.name.clone()];
        start.push(summary.fingerprint.to_string());
        start.extend([summary.samples, summary.dimension, summary.width].map(|size| size.to_string()));
        let (lower, upper) = (row.bounds.map(|bounds| bounds.lower), row.bounds.map(|bounds| bounds.upper));
        start.extend([Some(summary.constant_level), lower, upper].map(exact));
        start.push(row.closure.words().to_owned());
        start.push(exact(row.exact_seconds().map(|(seconds, _)| seconds)));
        start.push(row.exact_seconds().map_or_else(String::new, |(_, closed)| closed.to_string()));
        let certificate = row.certificate.as_ref();
        start.push(certificate.map_or_else(String::new, |row| row.outcome.word().to_lowercase()));
        start.push(exact(certificate.and_then(|row| row.proved)));
        start.push(exact(certificate.and_then(|row| row.seconds)));
        start.push(certificate.and_then(|row| row.bytes).map_or_else(String::new, |bytes| bytes.to_string()));
        for descent in &row.descent {
            let mut line = start.clone();
            let successes = descent.successes();
            let polished = descent.polished_successes();
            line.push(descent.method.clone());
            let counts = [successes.successes, successes.trials, polished.successes, polished.trials];
            line.extend(counts.map(|count| count.to_string()));
            line.extend([descent.median_gap(), descent.best_gap(), descent.seconds].map(exact));
            lines.push(line);
        }
        if row.descent.is_empty() {
            start.resize(header.len(), String::new());
            lines.push(start);
        }
    }
    csv_text(&header, &lines)
}
