//! The page: one HTML file with everything in it.

mod notes;
pub(crate) mod tables;

use crate::certificates::CertificateOutcome;
use crate::chart::{Chart, style_sheet};
use crate::finding::{self, Mood};
use crate::table::RunTable;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use optgap_problem::About;
use optgap_results::CellRecord;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("sort.js");
/// Nothing may be loaded from anywhere: the page works from a memory stick.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// What the page says beyond the records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportMeta {
    /// Name of the run or plan.
    pub title: String,
    /// The command that made the run, if known.
    pub command: Option<String>,
    /// How many cells the run has, if known: fewer records than this make an unfinished run.
    pub planned_cells: Option<usize>,
    /// Name of each family, and the family in words.
    pub families: Vec<(String, About)>,
    /// Name and value of what is to be known of the machine and the build.
    pub environment: Vec<(String, String)>,
    /// When the page was made: the only line that differs between two pages of the same records.
    pub date: Option<String>,
}

/// The whole page.
pub(crate) fn page(table: &RunTable, records: &[CellRecord], charts: &[Chart], meta: &ReportMeta) -> String {
    let title = if meta.title.is_empty() { "optgap" } else { &meta.title };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (title) " · optimality gap" }
                style { (PreEscaped(STYLE)) (PreEscaped(style_sheet())) }
            }
            body {
                (head(table, title, meta))
                main {
                    (contents(table))
                    (violations(table))
                    (certificates(table))
                    @for chart in charts { (figure(chart)) }
                    (tables::families(table, &meta.families))
                    (tables::instances(table))
                    (tables::setbacks(table))
                    (notes::definitions())
                    (notes::methods(records))
                    (notes::environment(table, records, meta))
                }
                footer { "Made by optgap from the records of the run alone. This page loads nothing from the network." }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    // Escaping leaves control characters, which HTML does not allow, in names that have them.
    let allowed = |character: char| if character.is_control() && character != '\n' { ' ' } else { character };
    page.into_string().chars().map(allowed).chain(['\n']).collect()
}

fn head(table: &RunTable, title: &str, meta: &ReportMeta) -> Markup {
    html! {
        header {
            p.kicker { "Gradient descent against exact optima · " (title) }
            @if let Some(progress) = finding::progress(table) { p.unfinished { (progress) } }
            h1 { (with_typography(&finding::sentence(table))) }
            @if let Some(checked) = table.certificates.sentence() { p.checked { (with_typography(&checked)) } }
            div.counts {
                @for count in finding::counts(table) {
                    div.count.good[count.mood == Mood::Good].bad[count.mood == Mood::Bad] {
                        strong { (count.value) }
                        span { (count.words) }
                    }
                }
            }
            @if let Some(date) = &meta.date { (PreEscaped("\n")) p.date { "Made " (date) } (PreEscaped("\n")) }
        }
    }
}

fn contents(table: &RunTable) -> Markup {
    html! {
        nav {
            a href="#gap-by-family" { "Charts" }
            a href="#families" { "Families" }
            a href="#instances" { "Instances" }
            @if !table.certificates.faults.is_empty() { a href="#certificates" { "Certificates without proof" } }
            @if !table.setbacks.is_empty() { a href="#setbacks" { "Failed and refused" } }
            a href="#definitions" { "Definitions" }
            a href="#methods" { "Methods" }
            a href="#environment" { "Environment" }
        }
    }
}

fn violations(table: &RunTable) -> Markup {
    html! {
        @if !table.violations.is_empty() {
            section.card.alarm id="violations" {
                h2 { "Violations" }
                p { "A loss lies below a lower bound: the loss or the bound is wrong. These instances take part in no gap and no share." }
                ul { @for violation in &table.violations { li { (violation) } } }
            }
        }
    }
}

/// Certificates that prove nothing, if there are any.
fn certificates(table: &RunTable) -> Markup {
    let certificates = &table.certificates;
    html! {
        @if !certificates.faults.is_empty() {
            section.card.alarm[certificates.rejected() > 0] id="certificates" {
                h2 { "Certificates without proof" }
                p {
                    "Rejected: an independent program read the certificate and refused it, so that solver, certificate or checker is wrong. \
                     Not written: there is nothing to check. These lower bounds rest on the solver's own arithmetic alone."
                }
                div.wide { table.sortable {
                    thead { tr { th { "instance" } th { "method" } th { "certificate" } th { "reason" } th { "cell" } } }
                    tbody { @for fault in &certificates.faults { tr {
                        th.name scope="row" { (fault.instance) }
                        td { (fault.method) }
                        td.alarm[fault.outcome == CertificateOutcome::Rejected] { (fault.outcome.word()) }
                        td.reason { (fault.reason) }
                        td { code { (fault.cell) } }
                    } } }
                } }
            }
        }
    }
}

fn figure(chart: &Chart) -> Markup {
    html! {
        figure.card id=(chart.name) {
            h2.unseen { (chart.title) }
            (PreEscaped(chart.inline()))
            figcaption {
                b { "How to read. " } (chart.reading)
                span.links {
                    a href={ "charts/" (chart.name) ".svg" } { "svg" }
                    a href={ "charts/" (chart.name) ".csv" } { "csv" }
                }
            }
        }
    }
}

/// The terminal's words with the signs of print.
fn with_typography(text: &str) -> String {
    text.replace("<= 1e-6", "≤ 10⁻⁶").replace(" %", "\u{202f}%")
}
