//! How often a restart reaches the optimum, per family and trainer.

use super::Draft;
use super::layout::{Heading, Key, LegendEntry, MARGIN, Row, Rows, WIDTH, X_AXIS_ROOM, nothing};
use super::paint::Role;
use super::scene::{Anchor, Label, Marker, Paint, Scene};
use crate::number::{exact, percent, ratio};
use crate::table::{RunTable, tag_word};
use crate::write::csv_text;

const NAME: &str = "success-by-family";
const TITLE: &str = "How often does one start reach the optimum?";
const READING: &str = "The filled marker is the share of all restarts that reached the optimum, its line the 95 % Wilson interval \
    (restarts taken as independent); the hollow square is the share of instances that any restart reached. A low marker with a high \
    square means: many starts are needed; both low means: more starts do not help.";
/// Room on the right for the counts.
const COUNTS: f64 = 190.0;
/// Room above the plot for the heads of the counts.
const HEADS: f64 = 12.0;

pub(super) fn draft(table: &RunTable) -> Draft {
    let count = |method: &str| -> usize {
        let rows = table.families.iter().flat_map(|family| &family.trainers).filter(|row| row.method == method);
        rows.map(|row| row.restarts.trials).sum()
    };
    let trainers = table.trainers.iter().enumerate();
    let mut legend: Vec<LegendEntry> = trainers
        .map(|(series, method)| LegendEntry::trainer(series, format!("{method} (n = {} restarts)", count(method))))
        .collect();
    legend.push(LegendEntry {
        key: Key::Marker { marker: Marker::Square, role: Role::Muted, filled: false },
        words: "instances reached by any restart".into(),
    });
    let heading = Heading { title: TITLE, subtitle: "share of restarts with gap ≤ 10⁻⁶ and its 95 % interval", legend };
    let rows = Rows::new(table, heading.height() + HEADS);
    let mut scene = Scene::new(WIDTH, rows.bottom + X_AXIS_ROOM);
    heading.draw(&mut scene);
    if rows.lines.iter().all(|row| row.trainer.restarts.trials == 0) {
        nothing(&mut scene, "no restart on an instance with bounds");
    } else {
        let right = WIDTH - MARGIN - COUNTS;
        let frame = rows.frame(right);
        frame.percent_x(&mut scene, "share that reached the optimum");
        rows.draw(&mut scene, WIDTH - MARGIN);
        for (x, words) in [(WIDTH - MARGIN - 84.0, "restarts"), (WIDTH - MARGIN, "instances")] {
            scene.text(Label::new(words, (x, frame.top - 2.0), Anchor::End).sized(12.0).muted());
        }
        for row in &rows.lines {
            draw_row(&mut scene, row, (frame.left, frame.right));
        }
    }
    Draft { name: NAME, title: TITLE, reading: READING.into(), scene, csv: csv(table) }
}

fn draw_row(scene: &mut Scene, row: &Row, (left, right): (f64, f64)) {
    let place = |share: f64| left + share * (right - left);
    let role = Role::Series(row.series);
    let restarts = row.trainer.restarts;
    if let Some(share) = row.trainer.instances.share() {
        scene.marker(Marker::Square, (place(share), row.y), 5.5, false, Paint::faded(Role::Muted, 0.9));
    }
    if let (Some(share), Some([lower, upper])) = (restarts.share(), restarts.interval()) {
        scene.line((place(lower), row.y), (place(upper), row.y), 2.4, Paint::faded(role, 0.75));
        for end in [lower, upper] {
            scene.line((place(end), row.y - 4.0), (place(end), row.y + 4.0), 2.0, Paint::faded(role, 0.75));
        }
        let note = format!("{}, {}: {} of restarts", row.family.name, row.trainer.method, percent(restarts));
        scene.marker(Marker::of_series(row.series), (place(share), row.y), 5.0, true, Paint::from(role).noted(note));
    }
    for (x, proportion) in [(WIDTH - MARGIN - 84.0, restarts), (WIDTH - MARGIN, row.trainer.instances)] {
        scene.text(Label::new(ratio(proportion), (x, row.y), Anchor::End).sized(12.0).muted());
    }
}

fn csv(table: &RunTable) -> String {
    let header = [
        "side",
        "family",
        "method",
        "restarts_reached",
        "restarts",
        "undecided",
        "diverged",
        "share",
        "interval_lower",
        "interval_upper",
        "instances_reached",
        "instances",
    ];
    let rows = table.families.iter().flat_map(|family| family.trainers.iter().map(move |trainer| (family, trainer)));
    let lines = rows.map(|(family, trainer)| {
        let interval = trainer.restarts.interval();
        vec![
            tag_word(family.tag).to_owned(),
            family.name.clone(),
            trainer.method.clone(),
            trainer.restarts.successes.to_string(),
            trainer.restarts.trials.to_string(),
            trainer.undecided.to_string(),
            trainer.diverged.to_string(),
            exact(trainer.restarts.share()),
            exact(interval.map(|[lower, _]| lower)),
            exact(interval.map(|[_, upper]| upper)),
            trainer.instances.successes.to_string(),
            trainer.instances.trials.to_string(),
        ]
    });
    csv_text(&header, &lines.collect::<Vec<_>>())
}
