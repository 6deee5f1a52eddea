//! Definitions, methods and environment.

use super::ReportMeta;
use crate::table::RunTable;
use maud::{Markup, html};
use optgap_results::CellRecord;
use std::collections::{BTreeMap, BTreeSet};

/// Word and meaning of everything that the page counts or measures.
const DEFINITIONS: [(&str, &str); 17] = [
    (
        "L0",
        "Loss of the best constant prediction of the instance: the unit of every gap. Where it is 0 the instance is called degenerate and has no gap.",
    ),
    (
        "Bounds",
        "Per instance: the highest lower bound of all exact cells, and the lowest loss found by any cell, exact or descent. Closed means that they differ by at most 1e-12 L0 or 1e-9 of the upper bound, or that an exact cell closed them to the tolerance of its own plan.",
    ),
    (
        "Proved; closed, unchecked; open",
        "Proved: bounds closed by the lower bound that an independent checker proved, not by the solver's own. Closed, unchecked: bounds closed by the solver's own outward-rounded arithmetic, which no second program has checked. Known by construction: no exact method gave a lower bound, because none treats the instance or none ran; the family states the optimum, and its documentation says why. Open: the search ended before its bounds met.",
    ),
    (
        "Certificate",
        "A file in which a search writes down, while it works, the proof of its lower bound; certificates/ in the run's folder, by the cell. Checked: a program that shares nothing with the solver read it with the instance and proved a lower bound in exact arithmetic. Rejected: it refused it. Not written: there was nothing to check. The seconds of checking are wall seconds and in no time of a method; those of the search contain the writing.",
    ),
    (
        "Gap",
        "(L − L*) / L0 for the loss L of unpolished weights and the optimum L*. As L* lies between the bounds and L in its enclosure, the gap is the interval from (L − upper bound)⁺ / L0 to (L − lower bound) / L0. Tables and charts show the upper end.",
    ),
    (
        "Reached",
        "A restart has reached the optimum if the upper end of its gap is at most 1e-6. If the bounds leave that open, the restart counts as not reached and the family's line says how many there are.",
    ),
    (
        "Restarts at gap ≤ 1e-6",
        "Reached restarts over all restarts of a trainer on the instances of a family that have bounds and L0 > 0. In brackets the 95 % Wilson interval; with none or all reached, its open end follows the rule of three, 3/n. The interval takes restarts as independent, though those of one instance share their data.",
    ),
    (
        "Polished",
        "In the terminal's table and in the CSV files: the same share once every end point is carried to the best point of its own activation cell, where the loss is a convex quadratic. A restart that reaches the optimum only then was in the right cell and had not converged; one that misses it even then is in a wrong cell, and more steps within it cannot help.",
    ),
    (
        "Instances, any restart",
        "Instances on which at least one restart reached the optimum, over the instances that were tried and have bounds and L0 > 0. How many restarts there were is part of the method.",
    ),
    (
        "Median gap, best gap",
        "Median gap: the median over the instances of each instance's median restart. Best gap: the median over the instances of each instance's best restart. A diverged restart counts as an infinite gap. An even number has the mean of its two middle values.",
    ),
    (
        "Seconds",
        "CPU seconds of the cell where cells ran side by side, wall seconds where they ran alone; only from one machine. Means are geometric means of seconds + 10 ms, less 10 ms. Exact search counts until its bounds closed, and at its budget where they stayed open; with several exact methods, the fastest. Descent counts all restarts together.",
    ),
    (
        "Exponent",
        "How a cost grows with the number of samples n: slope of the least-squares line through log cost against log n over the instances of one family, shape and method. In brackets the 95 % percentile bootstrap interval over instances, from 2,000 resamples. Searches that were open at their budget are left out and counted beside it; there is none with fewer than three numbers of samples.",
    ),
    (
        "Floor",
        "The widest closed bounds in units of L0. Gaps below the floor are not known everywhere; nothing is ever added to a gap to keep it off the axis.",
    ),
    (
        "Decision view",
        "For a level ε, an instance is reached if any restart's loss is at most ε L0, missed if a loss of at most ε L0 is known but no restart has it, impossible if the lower bound is above ε L0, and else open.",
    ),
    (
        "Violation",
        "A loss that lies wholly below a lower bound, or below a reference value by more than 1e-9 of it: one of the two is wrong. The instance then takes part in no gap and no share.",
    ),
    (
        "Failed cells",
        "Cells that ended in a time-out without result, ran out of memory, were killed, or failed. A refusal is the method's own statement that it does not treat an instance. Neither removes the instance from any count of other methods.",
    ),
    (
        "Structured, adversarial, ladder",
        "The side of a family: data with a structure that a small network captures, or real data; data built to be hard; or families in which a parameter leads from one to the other.",
    ),
];

pub(super) fn definitions() -> Markup {
    html! {
        section.card id="definitions" {
            h2 { "Definitions" }
            dl { @for (word, meaning) in DEFINITIONS { dt { (word) } dd { (meaning) } } }
        }
    }
}

/// Every method of the run with its parameters and budget.
pub(super) fn methods(records: &[CellRecord]) -> Markup {
    let mut methods: BTreeMap<(bool, String, u32, String), BTreeSet<String>> = BTreeMap::new();
    for record in records {
        let parameters = record.method.parameters.0.iter().map(|(name, value)| format!("{name} = {value}"));
        let parameters = parameters.collect::<Vec<_>>().join(", ");
        let key = (crate::instance_row::is_training(record), record.method.label.clone(), record.method.version, parameters);
        methods.entry(key).or_default().insert(record.budget_s.to_string());
    }
    html! {
        section.card id="methods" {
            h2 { "Methods" }
            div.wide { table {
                thead { tr { th { "method" } th { "kind" } th.number { "version" } th { "parameters" } th.number { "budget per cell, s" } } }
                tbody {
                    @for ((training, label, version, parameters), budgets) in &methods {
                        tr {
                            th.name scope="row" { (label) }
                            td { @if *training { "descent" } @else { "exact" } }
                            td.number { (version) }
                            td { (parameters) }
                            td.number { (budgets.iter().cloned().collect::<Vec<_>>().join(", ")) }
                        }
                    }
                }
            } }
        }
    }
}

pub(super) fn environment(table: &RunTable, records: &[CellRecord], meta: &ReportMeta) -> Markup {
    let distinct = |value: &dyn Fn(&CellRecord) -> String| {
        let values: BTreeSet<String> = records.iter().map(value).collect();
        values.into_iter().collect::<Vec<_>>().join(", ")
    };
    let seconds = if table.clock.machines > 1 {
        let machines = table.clock.machines;
        format!(
            "{} of machine {} only, which ran {} cells; {machines} machines took part",
            table.clock.unit, table.clock.machine, table.clock.cells
        )
    } else {
        table.clock.unit.to_owned()
    };
    let facts = [
        ("command", meta.command.clone().unwrap_or_default()),
        ("source revision", distinct(&|record| record.revision.clone())),
        ("machine", distinct(&|record| record.machine.clone())),
        ("cells side by side", distinct(&|record| record.jobs.to_string())),
        ("seconds", seconds),
        (
            "finished cells",
            table
                .planned_cells
                .map_or_else(|| table.finished_cells.to_string(), |planned| format!("{} of {planned}", table.finished_cells)),
        ),
    ];
    html! {
        section.card id="environment" {
            h2 { "Environment" }
            div.wide { table.facts { tbody {
                @for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
                    tr { th.name scope="row" { (name) } td { (value) } }
                }
                @for (name, value) in &meta.environment { tr { th.name scope="row" { (name) } td { (value) } } }
            } } }
        }
    }
}
