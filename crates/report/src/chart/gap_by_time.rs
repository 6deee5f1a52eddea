//! Is what is hard for exact search also hard for descent?

use super::Draft;
use super::axis::LogAxis;
use super::layout::{Heading, LegendEntry, MARGIN, WIDTH, X_AXIS_ROOM, nothing, panel_title, panels, point_paint};
use super::paint::Role;
use super::runtime::border;
use super::scene::{Marker, Scene};
use crate::instance_row::InstanceRow;
use crate::number::{self, exact};
use crate::table::{RunTable, tag_word};
use crate::thresholds::{LEAST_DRAWN_GAP, LEAST_SECONDS, SUCCESS_GAP};
use crate::write::csv_text;

const NAME: &str = "gap-by-exact-time";
const TITLE: &str = "Is what is hard for exact search also hard for descent?";
const READING: &str = "Each marker is one trainer on one instance: to the right where exact search took long, upwards where the median restart \
    ended far from the optimum. The tinted band is the optimum. Markers high on the left are traps that exact search sees through at once; markers low \
    on the right are easy for descent and costly to solve exactly.";
const LEFT: f64 = 92.0;
const HEIGHT: f64 = 360.0;
const HEADS: f64 = 34.0;
const RADIUS: f64 = 4.4;

/// One trainer on one instance.
struct Pair<'a> {
    instance: &'a InstanceRow,
    method: &'a str,
    series: usize,
    /// Upper end of the median restart's gap; infinite where most restarts diverged.
    gap: f64,
    exact_seconds: f64,
    closed: bool,
}

pub(super) fn draft(table: &RunTable) -> Draft {
    let pairs = pairs(table);
    let subtitle = format!(
        "median restart's gap against {} of exact search, both logarithmic; one marker per instance and trainer",
        table.clock.unit
    );
    let heading = Heading { title: TITLE, subtitle: &subtitle, legend: legend(table, &pairs) };
    let top = heading.height() + HEADS;
    let mut scene = Scene::new(WIDTH, top + HEIGHT + X_AXIS_ROOM);
    heading.draw(&mut scene);
    if pairs.is_empty() {
        nothing(&mut scene, "no instance with bounds, restarts and a timed exact search");
    } else {
        draw(&mut scene, table, &pairs, top);
    }
    Draft { name: NAME, title: TITLE, reading: READING.into(), scene, csv: csv(&pairs) }
}

fn pairs(table: &RunTable) -> Vec<Pair<'_>> {
    let mut pairs = Vec::new();
    for instance in table.instances.iter().filter(|instance| instance.assessable()) {
        let Some((exact_seconds, closed)) = instance.exact_seconds() else { continue };
        for row in &instance.descent {
            let series = table.trainers.iter().position(|label| *label == row.method).unwrap_or(0);
            let gap = row.median_gap().into_iter();
            pairs.extend(gap.map(|gap| Pair { instance, method: &row.method, series, gap, exact_seconds, closed }));
        }
    }
    pairs
}

fn legend(table: &RunTable, pairs: &[Pair]) -> Vec<LegendEntry> {
    let count = |method: &str| pairs.iter().filter(|pair| pair.method == method).count();
    let trainers = table.trainers.iter().enumerate();
    let mut legend: Vec<LegendEntry> = trainers
        .map(|(series, method)| LegendEntry::trainer(series, format!("{method} (n = {} instances)", count(method))))
        .collect();
    if pairs.iter().any(|pair| !pair.closed) {
        legend.push(LegendEntry::marker(Marker::Circle, Role::Muted, false, "hollow: exact search open at its budget"));
    }
    legend
}

fn draw(scene: &mut Scene, table: &RunTable, pairs: &[Pair], top: f64) {
    let seconds = LogAxis::covering(pairs.iter().map(|pair| pair.exact_seconds.max(LEAST_SECONDS)), -2, 0);
    let gaps = LogAxis::covering(pairs.iter().map(|pair| pair.gap.max(LEAST_DRAWN_GAP)), -8, 0);
    for (index, (tag, frame)) in panels(&table.tags(), top, HEIGHT, LEFT).into_iter().enumerate() {
        let here: Vec<&Pair> = pairs.iter().filter(|pair| pair.instance.summary.tag == tag).collect();
        panel_title(scene, frame, tag, &format!("n = {} markers", here.len()));
        let x = seconds.between(frame.left + 10.0, frame.right - 10.0);
        let y = gaps.between(frame.bottom - 10.0, frame.top + 10.0);
        scene.rectangle((frame.left, y.place(SUCCESS_GAP)), (frame.right, frame.bottom), Role::SuccessZone);
        frame.log_x(scene, x, &format!("{} of exact search", table.clock.unit), false);
        frame.log_y(scene, y, index == 0);
        scene.line((frame.left, y.place(SUCCESS_GAP)), (frame.right, y.place(SUCCESS_GAP)), 1.5, Role::Threshold);
        if index == 0 {
            frame.y_title(scene, "median restart's gap (in units of L0)", MARGIN + 8.0);
        }
        for pair in here {
            let at = (x.place(pair.exact_seconds), y.place(pair.gap));
            let (gap, time) = (number::gap(Some(pair.gap)), number::seconds(Some(pair.exact_seconds)));
            let note = format!("{}: {} gap {gap}, exact {time} s", pair.instance.summary.name, pair.method);
            let paint = point_paint(Role::Series(pair.series), note);
            scene.marker(Marker::of_series(pair.series), at, RADIUS, pair.closed, paint);
        }
        border(scene, frame);
    }
}

fn csv(pairs: &[Pair]) -> String {
    let header = ["side", "family", "instance", "method", "median_gap", "diverged", "exact_seconds", "exact_closed"];
    let lines = pairs.iter().map(|pair| {
        let summary = &pair.instance.summary;
        vec![
            tag_word(summary.tag).to_owned(),
            summary.family.clone(),
            summary.name.clone(),
            pair.method.to_owned(),
            exact(Some(pair.gap)),
            pair.gap.is_infinite().to_string(),
            exact(Some(pair.exact_seconds)),
            pair.closed.to_string(),
        ]
    });
    csv_text(&header, &lines.collect::<Vec<_>>())
}
