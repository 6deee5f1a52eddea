//! What a run says, in counts and one sentence: the same words in the terminal and on the page.

use crate::instance_row::{Closure, InstanceRow};
use crate::number::{self, counted};
use crate::statistics::{GapInterval, Proportion};
use crate::table::{RunTable, tag_word};
use optgap_problem::Tag;

/// How a count is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Neutral,
    Good,
    Bad,
}

/// One of the counts that stand before everything else.
pub(crate) struct Count {
    pub(crate) value: usize,
    pub(crate) words: &'static str,
    pub(crate) mood: Mood,
}

/// The counts: always instances, violations, closed and open bounds; the others where they are not zero.
pub(crate) fn counts(table: &RunTable) -> Vec<Count> {
    let (proved, unchecked) = (table.count(Closure::Proved), table.count(Closure::Unchecked));
    let violations = table.violations.len();
    let interrupted = table.setbacks.iter().filter(|setback| setback.status == optgap_results::Status::Interrupted).count();
    let refused = table.setbacks.len() - table.failed_cells() - interrupted;
    let degenerate = table.instances.iter().filter(|row| row.degenerate()).count();
    let all = [
        (table.instances.len(), ["instance", "instances"], Mood::Neutral, true),
        (violations, ["violation", "violations"], if violations == 0 { Mood::Good } else { Mood::Bad }, true),
        (proved, ["proved"; 2], Mood::Good, proved > 0),
        (unchecked, ["bounds closed, unchecked"; 2], Mood::Neutral, unchecked > 0 || proved == 0),
        (table.count(Closure::Constructed), ["known by construction"; 2], Mood::Neutral, false),
        (table.count(Closure::Open), ["open"; 2], Mood::Neutral, true),
        (table.count(Closure::NoBounds), ["without bounds"; 2], Mood::Neutral, false),
        (degenerate, ["degenerate (L0 = 0)"; 2], Mood::Neutral, false),
        (table.certificates.rejected(), ["REJECTED certificate", "REJECTED certificates"], Mood::Bad, false),
        (table.certificates.unwritten(), ["certificate not written", "certificates not written"], Mood::Neutral, false),
        (table.failed_cells(), ["failed cell", "failed cells"], Mood::Bad, false),
        (refused, ["refused cell", "refused cells"], Mood::Neutral, false),
        (interrupted, ["interrupted cell", "interrupted cells"], Mood::Neutral, false),
    ];
    let shown = all.into_iter().filter(|(value, .., always)| *always || *value > 0);
    shown.map(|(value, [one, many], mood, _)| Count { value, words: if value == 1 { one } else { many }, mood }).collect()
}

/// One sentence: on how much of each side descent reached the optimum.
pub(crate) fn sentence(table: &RunTable) -> String {
    if table.instances.is_empty() {
        return "No cell is finished yet.".into();
    }
    if table.trainers.is_empty() {
        return "No trainer ran: there is no descent to compare with the optima.".into();
    }
    let sides: Vec<Side> = table.tags().into_iter().map(|tag| Side::of(table, tag)).filter(|side| side.any.trials > 0).collect();
    if sides.is_empty() {
        return "No instance has both bounds and restarts: optimality gaps are not known.".into();
    }
    let any: Vec<String> = sides.iter().map(|side| format!("{} {}", number::ratio(side.any), tag_word(side.tag))).collect();
    let single: Vec<String> = sides.iter().map(|side| number::percent(side.single)).collect();
    let last = sides.last().map_or(0, |side| side.any.trials);
    format!(
        "Descent reached the optimum (gap <= 1e-6) from at least one start on {} {}, and from {} of all single starts{}.",
        listed(&any),
        if sides.len() == 1 && last == 1 { "instance" } else { "instances" },
        listed(&single),
        if sides.len() > 1 { " respectively" } else { "" },
    )
}

/// `30 of 84 cells`, where the run is known to be unfinished.
pub(crate) fn progress(table: &RunTable) -> Option<String> {
    let planned = table.planned_cells.filter(|_| table.unfinished())?;
    Some(format!("Unfinished run: {} of {}.", table.finished_cells, counted(planned, "cell")))
}

struct Side {
    tag: Tag,
    any: Proportion,
    single: Proportion,
}

impl Side {
    fn of(table: &RunTable, tag: Tag) -> Self {
        let tried = |row: &&InstanceRow| row.summary.tag == tag && row.assessable() && !row.descent.is_empty();
        let rows: Vec<&InstanceRow> = table.instances.iter().filter(tried).collect();
        let restarts = |row: &InstanceRow| {
            let all = row.descent.iter().flat_map(|descent| &descent.restarts);
            Proportion::of(all, |restart| restart.gap.is_some_and(GapInterval::succeeds))
        };
        Self {
            tag,
            any: Proportion::of(&rows, |row| restarts(row).successes > 0),
            single: rows.iter().fold(Proportion::default(), |sum, row| sum.plus(restarts(row))),
        }
    }
}

fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
