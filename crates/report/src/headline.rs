//! The table in the terminal.

use crate::certificates::CertificateOutcome;
use crate::finding;
use crate::number;
use crate::table::{FamilyRow, RunTable, TrainerRow, tag_word};
use comfy_table::{Cell, CellAlignment, Row, Table};

/// Columns that are words; all others are numbers and stand on the right.
const TEXT_COLUMNS: [&str; 2] = ["family", "trainer"];

/// The result of a run for the terminal: counts, one sentence, and one line per family and trainer, structured families
/// first. Ends with a line break; contains no colour codes.
pub fn headline(table: &RunTable) -> String {
    let mut lines: Vec<String> = finding::progress(table).into_iter().collect();
    let counts = finding::counts(table).into_iter().map(|count| format!("{} {}", count.value, count.words));
    lines.push(counts.collect::<Vec<_>>().join(" · "));
    lines.push(finding::sentence(table));
    lines.extend(table.certificates.sentence());
    lines.push(String::new());
    if !table.families.is_empty() {
        let body: Vec<String> = body(table).lines().map(|line| line.trim_end().to_owned()).collect();
        let width = body.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        let (names, rows) = body.split_at(1);
        lines.extend_from_slice(names);
        lines.push("─".repeat(width));
        lines.extend_from_slice(rows);
        lines.push(String::new());
        lines.push(legend(table));
    }
    let rejected = table.certificates.faults.iter().filter(|fault| fault.outcome == CertificateOutcome::Rejected);
    lines.extend(rejected.map(|fault| format!("REJECTED {fault}")));
    lines.extend(table.violations.iter().map(|violation| format!("VIOLATION {violation}")));
    lines.join("\n").trim_end().to_owned() + "\n"
}

fn legend(table: &RunTable) -> String {
    let machines = match table.clock.machines {
        0 | 1 => String::new(),
        machines => format!(" of machine {} (1 of {machines})", table.clock.machine),
    };
    format!(
        "gap = (loss - optimum)/L0, upper end; reached = gap <= 1e-6, 95 % interval; polished = reached after solving the end\n\
         point's own activation cell, everything else is without it; any start = instances reached by at least one restart;\n\
         median gap = median over instances of the median restart, best gap = of the best restart;\n\
         seconds = {}{machines}, geometric mean shifted by 10 ms; exact search that stayed open counts at its budget.",
        table.clock.unit
    )
}

fn body(table: &RunTable) -> Table {
    let troubled = table.families.iter().any(|family| family.violations + family.failed_cells > 0);
    let mut names =
        vec!["family", "inst.", "closed", "exact s", "trainer", "restarts reached", "[95 %]", "polished", "any start"];
    names.extend(["median gap", "best gap", "descent s"]);
    if troubled {
        names.extend(["violations", "failed"]);
    }
    let mut grid = Table::new();
    grid.load_style(comfy_table::presets::NOTHING).set_header(names.iter().map(|name| Cell::new(*name)));
    for tag in table.tags() {
        grid.add_row(Row::from(vec![Cell::new(tag_word(tag))]));
        for family in table.families.iter().filter(|family| family.tag == tag) {
            for row in family_lines(family, troubled) {
                grid.add_row(Row::from(row));
            }
        }
    }
    for (index, name) in names.iter().enumerate() {
        let side = if TEXT_COLUMNS.contains(name) { CellAlignment::Left } else { CellAlignment::Right };
        if let Some(column) = grid.column_mut(index) {
            column.set_cell_alignment(side);
        }
    }
    grid
}

fn family_lines(family: &FamilyRow, troubled: bool) -> Vec<Vec<String>> {
    let lines = family.trainers.len().max(1);
    let mut rows = Vec::with_capacity(lines);
    for index in 0..lines {
        let mut row = if index == 0 {
            vec![
                format!("  {}", family.name),
                family.instances().to_string(),
                family.closed().to_string(),
                number::seconds(family.exact_seconds),
            ]
        } else {
            vec![String::new(); 4]
        };
        row.extend(family.trainers.get(index).map_or_else(|| vec![number::NOTHING.to_owned(); 8], trainer_cells));
        if troubled && index == 0 {
            row.extend([family.violations.to_string(), family.failed_cells.to_string()]);
        }
        rows.push(row);
    }
    rows
}

fn trainer_cells(row: &TrainerRow) -> Vec<String> {
    vec![
        row.method.clone(),
        format!("{} {:>5}", number::ratio(row.restarts), number::percent(row.restarts)),
        number::percent_interval(row.restarts),
        number::percent(row.polished),
        number::ratio(row.instances),
        number::gap(row.median_gap),
        number::gap(row.best_gap),
        number::seconds(row.seconds),
    ]
}
