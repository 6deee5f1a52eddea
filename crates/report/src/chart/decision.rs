//! The decision view: for every level of loss, is it reached, missed, impossible or open?

use super::Draft;
use super::axis::{Frame, LogAxis};
use super::layout::{Heading, Key, LegendEntry, MARGIN, WIDTH, X_AXIS_ROOM, nothing, panel_title, panels};
use super::paint::Role;
use super::scene::{Point, Scene};
use crate::instance_row::InstanceRow;
use crate::number::{counted, exact};
use crate::table::{RunTable, tag_word};
use crate::thresholds::{DECISION_LEVELS_PER_DECADE, LEAST_DECISION_EXPONENT};
use crate::write::csv_text;
use optgap_problem::Tag;

const NAME: &str = "decision-view";
const TITLE: &str = "Which losses can be reached, and does descent reach them?";
const READING: &str = "Ask for a loss of at most ε·L0 and read upwards at ε. Blue: some restart got there. Orange: weights with that loss \
    exist, exact search has them, and every restart missed them. Pale: the lower bound says that no weights get there. Grey: the bounds leave it open. \
    Orange is descent's failure; pale is the network's limit.";
const LEFT: f64 = 92.0;
const HEIGHT: f64 = 250.0;
/// Room between the legend and the plots for the heads of the panels.
const HEADS: f64 = 34.0;

/// The answer for one instance at one level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Reached,
    Missed,
    Open,
    Impossible,
}

/// From the bottom of the plot to the top.
const ORDER: [(Answer, Role, &str); 4] = [
    (Answer::Reached, Role::Reached, "reached by descent"),
    (Answer::Missed, Role::Missed, "exists, descent missed it"),
    (Answer::Open, Role::Open, "open"),
    (Answer::Impossible, Role::Impossible, "impossible (lower bound)"),
];

pub(super) fn draft(table: &RunTable) -> Draft {
    let entry = |(_, role, words): (Answer, Role, &str)| LegendEntry { key: Key::Swatch(role), words: words.into() };
    let legend = ORDER.map(entry).into_iter().collect();
    let budget = "any restart of any trainer, within the budget of its cell";
    let heading = Heading {
        title: TITLE,
        subtitle: &format!("share of instances by level of loss, logarithmic; descent = {budget}"),
        legend,
    };
    let top = heading.height() + HEADS;
    let mut scene = Scene::new(WIDTH, top + HEIGHT + X_AXIS_ROOM);
    heading.draw(&mut scene);
    let tags: Vec<Tag> = table.tags().into_iter().filter(|tag| !members(table, *tag).is_empty()).collect();
    if tags.is_empty() {
        nothing(&mut scene, "no instance with bounds and restarts");
    }
    for (index, (tag, frame)) in panels(&tags, top, HEIGHT, LEFT).into_iter().enumerate() {
        panel(&mut scene, frame, tag, &members(table, tag), index == 0);
    }
    Draft { name: NAME, title: TITLE, reading: READING.into(), scene, csv: csv(table) }
}

/// Levels of loss in units of `L0`, rising.
fn levels() -> Vec<f64> {
    let steps = LEAST_DECISION_EXPONENT * DECISION_LEVELS_PER_DECADE..=0;
    steps.map(|step| 10_f64.powf(f64::from(step) / f64::from(DECISION_LEVELS_PER_DECADE))).collect()
}

/// Instances of a side on which descent can be compared with bounds.
fn members(table: &RunTable, tag: Tag) -> Vec<&InstanceRow> {
    let counts = |row: &&InstanceRow| row.summary.tag == tag && row.assessable() && !row.descent.is_empty();
    table.instances.iter().filter(counts).collect()
}

/// What is known of a loss of at most `level * L0` on this instance.
fn answer(row: &InstanceRow, level: f64) -> Answer {
    let Some(bounds) = row.bounds else { return Answer::Open };
    let reached = row.descent.iter().flat_map(|descent| &descent.restarts).filter_map(|restart| restart.level);
    if reached.min_by(f64::total_cmp).is_some_and(|best| best <= level) {
        Answer::Reached
    } else if bounds.upper <= level * row.summary.constant_level {
        Answer::Missed
    } else if bounds.lower > level * row.summary.constant_level {
        Answer::Impossible
    } else {
        Answer::Open
    }
}

fn shares(rows: &[&InstanceRow], level: f64) -> [f64; 4] {
    ORDER.map(|(kind, ..)| rows.iter().filter(|row| answer(row, level) == kind).count() as f64 / rows.len() as f64)
}

fn panel(scene: &mut Scene, frame: Frame, tag: Tag, rows: &[&InstanceRow], first: bool) {
    panel_title(scene, frame, tag, &format!("n = {}", counted(rows.len(), "instance")));
    let axis = LogAxis { least: f64::from(LEAST_DECISION_EXPONENT), most: 0.0, from: frame.left, to: frame.right };
    frame.percent_y(scene, first);
    frame.log_x(scene, axis, "level of loss ε (in units of L0)", false);
    if first {
        frame.y_title(scene, "share of instances", MARGIN + 8.0);
    }
    let levels = levels();
    let columns: Vec<[f64; 4]> = levels.iter().map(|level| shares(rows, *level)).collect();
    let height = |share: f64| frame.bottom + share * (frame.top - frame.bottom);
    let mut below = vec![0.0; levels.len()];
    for (place, (_, role, _)) in ORDER.iter().enumerate() {
        let above: Vec<f64> = columns.iter().zip(&below).map(|(column, below)| below + column[place]).collect();
        let edge = |shares: &[f64]| -> Vec<Point> {
            levels.iter().zip(shares).map(|(level, share)| (axis.place(*level), height(share.min(1.0)))).collect()
        };
        let mut outline = edge(&below);
        outline.extend(edge(&above).into_iter().rev());
        scene.area(outline, *role);
        if place + 1 < ORDER.len() {
            scene.path(edge(&above), 1.5, Role::Surface);
        }
        below = above;
    }
}

fn csv(table: &RunTable) -> String {
    let header = ["side", "level", "reached", "missed", "open", "impossible", "instances"];
    let mut lines = Vec::new();
    for tag in table.tags() {
        let rows = members(table, tag);
        for level in levels().into_iter().filter(|_| !rows.is_empty()) {
            let mut line = vec![tag_word(tag).to_owned(), exact(Some(level))];
            line.extend(ORDER.map(|(kind, ..)| rows.iter().filter(|row| answer(row, level) == kind).count().to_string()));
            line.push(rows.len().to_string());
            lines.push(line);
        }
    }
    csv_text(&header, &lines)
}
