//! Seconds of exact search and of descent against the size of the instance.

use super::Draft;
use super::axis::{Frame, LogAxis};
use super::layout::{Heading, LegendEntry, MARGIN, WIDTH, X_AXIS_ROOM, nothing, panel_title, panels, point_paint};
use super::paint::Role;
use super::scene::{Marker, Scene};
use crate::instance_row::InstanceRow;
use crate::number::{self, counted, exact};
use crate::table::{RunTable, tag_word};
use crate::thresholds::LEAST_SECONDS;
use crate::write::csv_text;

const NAME: &str = "runtime-by-size";
const TITLE: &str = "What does it cost to search and to descend?";
const READING: &str = "Each marker is one method on one instance: dark squares are exact search until its bounds closed (hollow: still open when \
    its budget ended), the other markers are all restarts of a trainer together. A cloud that rises steeply to the right is a method that \
    pays for size; where both clouds overlap, the exact answer costs no more than descent.";
const LEFT: f64 = 92.0;
const HEIGHT: f64 = 360.0;
const HEADS: f64 = 34.0;
const RADIUS: f64 = 4.0;

/// One method on one instance.
struct Timing<'a> {
    instance: &'a InstanceRow,
    method: &'a str,
    /// Place among the trainers; none for exact search.
    series: Option<usize>,
    seconds: f64,
    /// Did it end by itself?
    finished: bool,
}

pub(super) fn draft(table: &RunTable) -> Draft {
    let timings = timings(table);
    let subtitle = format!("{} per instance against its size, both logarithmic", table.clock.unit);
    let heading = Heading { title: TITLE, subtitle: &subtitle, legend: legend(table, &timings) };
    let top = heading.height() + HEADS;
    let mut scene = Scene::new(WIDTH, top + HEIGHT + X_AXIS_ROOM);
    heading.draw(&mut scene);
    if timings.is_empty() {
        nothing(&mut scene, "no timed cell");
    } else {
        draw(&mut scene, table, &timings, top);
    }
    Draft { name: NAME, title: TITLE, reading: READING.into(), scene, csv: csv(table, &timings) }
}

fn timings(table: &RunTable) -> Vec<Timing<'_>> {
    let mut timings = Vec::new();
    for instance in &table.instances {
        for row in &instance.exact {
            let seconds = row.seconds.into_iter();
            timings.extend(seconds.map(|seconds| Timing {
                instance,
                method: &row.method,
                series: None,
                seconds,
                finished: row.closed,
            }));
        }
        for row in &instance.descent {
            let series = table.trainers.iter().position(|label| *label == row.method);
            let seconds = row.seconds.into_iter();
            timings.extend(seconds.map(|seconds| Timing { instance, method: &row.method, series, seconds, finished: true }));
        }
    }
    timings
}

fn legend(table: &RunTable, timings: &[Timing]) -> Vec<LegendEntry> {
    let count = |method: &str| timings.iter().filter(|timing| timing.method == method).count();
    let exact = table
        .exact_methods
        .iter()
        .map(|method| LegendEntry::marker(Marker::Square, Role::Exact, true, format!("{method} (exact, n = {})", count(method))));
    let trainers = table.trainers.iter().enumerate();
    let trainers =
        trainers.map(|(series, method)| LegendEntry::trainer(series, format!("{method}, all restarts (n = {})", count(method))));
    let mut legend: Vec<LegendEntry> = exact.chain(trainers).collect();
    if timings.iter().any(|timing| !timing.finished) {
        legend.push(LegendEntry::marker(Marker::Square, Role::Exact, false, "hollow: open at its budget"));
    }
    legend
}

fn draw(scene: &mut Scene, table: &RunTable, timings: &[Timing], top: f64) {
    let sizes = LogAxis::covering(timings.iter().map(|timing| timing.instance.size() as f64), 1, 2);
    let seconds = LogAxis::covering(timings.iter().map(|timing| timing.seconds.max(LEAST_SECONDS)), -2, 0);
    for (index, (tag, frame)) in panels(&table.tags(), top, HEIGHT, LEFT).into_iter().enumerate() {
        let here = || timings.iter().filter(|timing| timing.instance.summary.tag == tag);
        let instances = table.instances.iter().filter(|row| row.summary.tag == tag).count();
        panel_title(scene, frame, tag, &format!("n = {}", counted(instances, "instance")));
        let (x, y) = (sizes.between(frame.left + 10.0, frame.right - 10.0), seconds.between(frame.bottom, frame.top));
        frame.log_x(scene, x, "samples × inputs × hidden units", false);
        frame.log_y(scene, y, index == 0);
        if index == 0 {
            frame.y_title(scene, table.clock.unit, MARGIN + 8.0);
        }
        for timing in here() {
            draw_timing(scene, timing, x, y);
        }
        border(scene, frame);
    }
}

fn draw_timing(scene: &mut Scene, timing: &Timing, x: LogAxis, y: LogAxis) {
    let at = (x.place(timing.instance.size() as f64), y.place(timing.seconds));
    let (marker, role) =
        timing.series.map_or((Marker::Square, Role::Exact), |series| (Marker::of_series(series), Role::Series(series)));
    let words = if timing.finished { "" } else { ", open at its budget" };
    let seconds = number::seconds(Some(timing.seconds));
    let note = format!("{}: {} {seconds} s{words}", timing.instance.summary.name, timing.method);
    scene.marker(marker, at, RADIUS, timing.finished, point_paint(role, note));
}

/// The lower and left edge of a plot.
pub(super) fn border(scene: &mut Scene, frame: Frame) {
    scene.path(vec![(frame.left, frame.top), (frame.left, frame.bottom), (frame.right, frame.bottom)], 1.2, Role::Muted);
}

fn csv(table: &RunTable, timings: &[Timing]) -> String {
    let header = [
        "side",
        "family",
        "instance",
        "method",
        "kind",
        "samples",
        "inputs",
        "hidden_units",
        "size",
        "seconds",
        "clock",
        "finished",
    ];
    let lines = timings.iter().map(|timing| {
        let summary = &timing.instance.summary;
        vec![
            tag_word(summary.tag).to_owned(),
            summary.family.clone(),
            summary.name.clone(),
            timing.method.to_owned(),
            if timing.series.is_none() { "exact" } else { "descent" }.to_owned(),
            summary.samples.to_string(),
            summary.dimension.to_string(),
            summary.width.to_string(),
            timing.instance.size().to_string(),
            exact(Some(timing.seconds)),
            table.clock.unit.to_owned(),
            timing.finished.to_string(),
        ]
    });
    csv_text(&header, &lines.collect::<Vec<_>>())
}
