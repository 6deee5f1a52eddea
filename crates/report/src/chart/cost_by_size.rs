//! How fast the cost of exact search grows with the number of samples, in seconds and in nodes.

use super::Draft;
use super::axis::{Frame, LogAxis};
use super::layout::{Heading, Key, LegendEntry, MARGIN, WIDTH, X_AXIS_ROOM};
use super::paint::Role;
use super::render::text_width;
use super::runtime::border;
use super::scene::{Anchor, Label, Marker, Paint, Point, Scene};
use crate::cost::{CostSeries, SizeCost, Spread, cost_series};
use crate::number::{self, NOTHING, counted, exact};
use crate::statistics::Growth;
use crate::table::{RunTable, tag_word};
use crate::write::csv_text;
use std::collections::BTreeSet;

const NAME: &str = "cost-by-size";
const TITLE: &str = "How fast does the cost of exact search grow with the data?";
const READING: &str = "Each line is exact search on one family and shape: k hidden units, d inputs. Both axes are logarithmic, so a \
    straight line is a power of n and its slope the exponent, given in the legend with its 95 % interval: at an exponent of 1 twice the \
    samples cost twice as much, at 2 four times, and below 0 more data make the search shorter. Where searches were left out as open, \
    the true exponent is rather higher.";
/// Room for the labels and the title of an axis on the left.
const LEFT: f64 = 68.0;
const HEIGHT: f64 = 290.0;
/// Room for the name of a family.
const NAME_ROOM: f64 = 30.0;
const LEGEND_LINE: f64 = 22.0;
/// Room between the legend of a family and its plots.
const LEGEND_SPACE: f64 = 16.0;
const RADIUS: f64 = 4.2;
const BAND: f64 = 0.13;
/// Length of a line in the legend.
const SAMPLE: f64 = 46.0;
/// Room of an exponent in the legend, and before the first.
const COLUMN: f64 = 230.0;
const COLUMN_SPACE: f64 = 56.0;
/// Room between the legend of the chart and the first family.
const HEAD_SPACE: f64 = 10.0;

/// One of the costs of a size.
type SpreadOf = fn(&SizeCost) -> Option<Spread>;

/// What the series of a chart have in common.
struct View<'a> {
    table: &'a RunTable,
    /// The words of every shape, in the order of their colours.
    shapes: Vec<String>,
    samples: LogAxis,
    seconds: LogAxis,
    nodes: LogAxis,
}

/// None for a run without three numbers of samples of one family and shape.
pub(super) fn draft(table: &RunTable) -> Option<Draft> {
    let series = cost_series(table);
    let families: Vec<&[CostSeries]> = series.chunk_by(|a, b| (a.tag, a.family) == (b.tag, b.family)).collect();
    if families.is_empty() {
        return None;
    }
    let subtitle =
        format!("{} and nodes of exact search until its bounds closed, against the number of samples n", table.clock.unit);
    let heading = Heading { title: TITLE, subtitle: &subtitle, legend: legend(&series) };
    let height: f64 = families.iter().map(|family| block_height(family)).sum();
    let mut scene = Scene::new(WIDTH, heading.height() + HEAD_SPACE + height);
    heading.draw(&mut scene);
    let view = View::new(table, &series);
    let mut top = heading.height() + HEAD_SPACE;
    for family in families {
        draw_family(&mut scene, &view, family, top);
        top += block_height(family);
    }
    Some(Draft { name: NAME, title: TITLE, reading: READING.into(), scene, csv: csv(table, &series) })
}

fn legend(series: &[CostSeries]) -> Vec<LegendEntry> {
    let mut legend = vec![
        LegendEntry::marker(Marker::Circle, Role::Muted, true, "median over the instances of a size"),
        LegendEntry { key: Key::Swatch(Role::Grid), words: "from the least to the most".into() },
    ];
    if series.iter().any(|series| series.open() > 0) {
        let words = "hollow: open at its budget, at least this";
        legend.push(LegendEntry::marker(Marker::Circle, Role::Muted, false, words));
    }
    legend
}

/// Room that a family takes: its name, its legend with a head and its plots.
fn block_height(family: &[CostSeries]) -> f64 {
    plots_offset(family) + HEIGHT + X_AXIS_ROOM
}

fn plots_offset(family: &[CostSeries]) -> f64 {
    NAME_ROOM + LEGEND_LINE * (family.len() + 1) as f64 + LEGEND_SPACE
}

impl<'a> View<'a> {
    fn new(table: &'a RunTable, series: &[CostSeries]) -> Self {
        let shapes: BTreeSet<(usize, usize, String)> =
            series.iter().map(|series| (series.width, series.dimension, shape_words(series))).collect();
        let sizes = || series.iter().flat_map(|series| &series.sizes);
        let spreads =
            |spread: fn(&SizeCost) -> Option<Spread>| sizes().filter_map(spread).flat_map(|spread| [spread.least, spread.most]);
        Self {
            table,
            shapes: shapes.into_iter().map(|(.., words)| words).collect(),
            samples: LogAxis::around(sizes().map(|size| size.samples as f64)),
            seconds: LogAxis::around(spreads(|size| Some(size.seconds))),
            nodes: LogAxis::around(spreads(|size| size.nodes)),
        }
    }

    /// Place of a series in the order of the colours: the same for the same shape of every family.
    fn colour(&self, series: &CostSeries) -> usize {
        let words = shape_words(series);
        self.shapes.iter().position(|shape| *shape == words).unwrap_or(0)
    }
}

/// `k = 2, d = 3`, and what else sets the series apart.
fn shape_words(series: &CostSeries) -> String {
    let shape = format!("k = {}, d = {}", series.width, series.dimension);
    if series.distinction.is_empty() { shape } else { format!("{shape}, {}", series.distinction) }
}

fn draw_family(scene: &mut Scene, view: &View, family: &[CostSeries], top: f64) {
    let Some(first) = family.first() else { return };
    let title = format!("{} · {}", tag_word(first.tag).to_uppercase(), first.family);
    scene.line((MARGIN, top), (WIDTH - MARGIN, top), 1.0, Role::Grid);
    scene.text(Label::new(title, (MARGIN, top + 0.6 * NAME_ROOM), Anchor::Start).sized(12.0).bold().muted());
    draw_legend(scene, view, family, top + NAME_ROOM + LEGEND_LINE / 2.0);
    let (start, space) = (MARGIN + LEFT, LEFT + 22.0);
    let width = (WIDTH - MARGIN - start - space) / 2.0;
    let plots: [(&str, LogAxis, SpreadOf); 2] =
        [(view.table.clock.unit, view.seconds, |size| Some(size.seconds)), ("nodes", view.nodes, |size| size.nodes)];
    for (index, (title, axis, spread)) in plots.into_iter().enumerate() {
        let left = start + (width + space) * index as f64;
        let plot_top = top + plots_offset(family);
        let frame = Frame { left, right: left + width, top: plot_top, bottom: plot_top + HEIGHT };
        let (x, y) = (view.samples.between(left, frame.right), axis.between(frame.bottom, frame.top));
        frame.log_x(scene, x, "samples n", false);
        frame.log_y(scene, y, true);
        frame.y_title(scene, title, left - LEFT + 8.0);
        border(scene, frame);
        for series in family {
            let points = series.sizes.iter().filter_map(|size| Some((x.place(size.samples as f64), spread(size)?, size)));
            draw_series(scene, view, series, &points.collect::<Vec<_>>(), y);
        }
    }
}

/// One line per series: how it is drawn, its shape, both exponents, and how many searches there are.
fn draw_legend(scene: &mut Scene, view: &View, family: &[CostSeries], top: f64) {
    let words = MARGIN + SAMPLE + 12.0;
    let widest = family.iter().map(|series| text_width(&shape_words(series), 13.0, false)).fold(0.0, f64::max);
    let seconds = (words + widest + COLUMN_SPACE).min(WIDTH - 3.0 * COLUMN);
    let nodes = seconds + COLUMN;
    let unit = view.table.clock.unit;
    let heads = [(seconds, format!("exponent of {unit}")), (nodes, "exponent of nodes".to_owned())];
    for (x, words) in heads {
        scene.text(Label::new(words, (x, top), Anchor::Start).sized(12.0).muted());
    }
    scene.text(Label::new("instances", (WIDTH - MARGIN, top), Anchor::End).sized(12.0).muted());
    for (index, series) in family.iter().enumerate() {
        let y = top + LEGEND_LINE * (index + 1) as f64;
        let colour = view.colour(series);
        scene.line((MARGIN, y), (MARGIN + SAMPLE, y), 2.0, Role::Line(colour));
        scene.marker(Marker::of_series(colour), (MARGIN + SAMPLE / 2.0, y), RADIUS, true, Role::Series(colour));
        scene.text(Label::new(shape_words(series), (words, y), Anchor::Start));
        scene.text(Label::new(growth_words(series.seconds), (seconds, y), Anchor::Start));
        scene.text(Label::new(growth_words(series.nodes), (nodes, y), Anchor::Start));
        let left_out = if series.open() > 0 { format!(", {} of them open, left out", series.open()) } else { String::new() };
        let count = format!("{}{left_out}", series.searches());
        scene.text(Label::new(count, (WIDTH - MARGIN, y), Anchor::End).sized(12.0).muted());
    }
}

/// `1.23  [1.10, 1.41]` with real minus signs.
fn growth_words(growth: Option<Growth>) -> String {
    let words = |growth: Growth| {
        let [lower, upper] = growth.interval;
        format!("{:.2}  [{lower:.2}, {upper:.2}]", growth.exponent).replace('-', "−")
    };
    growth.map_or_else(|| NOTHING.into(), words)
}

/// The line and its band end where the median is open: what open searches have spent says little of what they cost, so
/// that their hollow markers stand alone.
fn draw_series(scene: &mut Scene, view: &View, series: &CostSeries, points: &[(f64, Spread, &SizeCost)], y: LogAxis) {
    let colour = view.colour(series);
    let closed = || points.iter().filter(|(_, spread, _)| !spread.median_open);
    let place = |value: fn(&Spread) -> f64| closed().map(move |(x, spread, _)| (*x, y.place(value(spread))));
    let band: Vec<Point> = place(|spread| spread.most).chain(place(|spread| spread.least).rev()).collect();
    scene.area(band, Paint::faded(Role::Series(colour), BAND));
    scene.path(place(|spread| spread.median).collect(), 2.0, Role::Line(colour));
    let marker = Marker::of_series(colour);
    for (x, spread, size) in points {
        let paint = || Paint::from(Role::Series(colour)).noted(note(series, size));
        if let Some(open) = spread.most_open {
            scene.marker(marker, (*x, y.place(open)), RADIUS, false, paint());
        }
        if !spread.median_open {
            scene.marker(marker, (*x, y.place(spread.median)), RADIUS, true, paint());
        }
    }
}

fn note(series: &CostSeries, size: &SizeCost) -> String {
    let open = if size.open > 0 { format!(", {} open at the budget", size.open) } else { String::new() };
    let nodes = size.nodes.map_or_else(String::new, |nodes| format!(", {:.0} nodes", nodes.median));
    format!(
        "{} {}, n = {}: median {} s{nodes} of {}{open}",
        series.family,
        shape_words(series),
        size.samples,
        number::seconds(Some(size.seconds.median)),
        counted(size.searches, "instance"),
    )
}

fn csv(table: &RunTable, series: &[CostSeries]) -> String {
    let header = [
        "side",
        "family",
        "hidden_units",
        "inputs",
        "apart_by",
        "method",
        "samples",
        "instances",
        "open",
        "clock",
        "median_seconds",
        "least_seconds",
        "most_seconds",
        "median_nodes",
        "least_nodes",
        "most_nodes",
        "seconds_exponent",
        "seconds_exponent_lower",
        "seconds_exponent_upper",
        "nodes_exponent",
        "nodes_exponent_lower",
        "nodes_exponent_upper",
    ];
    let lines = series.iter().flat_map(|series| series.sizes.iter().map(move |size| csv_line(table, series, size)));
    csv_text(&header, &lines.collect::<Vec<_>>())
}

fn csv_line(table: &RunTable, series: &CostSeries, size: &SizeCost) -> Vec<String> {
    let mut line = vec![
        tag_word(series.tag).to_owned(),
        series.family.to_owned(),
        series.width.to_string(),
        series.dimension.to_string(),
        series.distinction.clone(),
        series.method.to_owned(),
        size.samples.to_string(),
        size.searches.to_string(),
        size.open.to_string(),
        table.clock.unit.to_owned(),
    ];
    for spread in [Some(size.seconds), size.nodes] {
        let values = spread.map(|spread| [spread.median, spread.least, spread.most]);
        line.extend((0..3).map(|index| exact(values.map(|values| values[index]))));
    }
    for growth in [series.seconds, series.nodes] {
        let values = growth.map(|growth| [growth.exponent, growth.interval[0], growth.interval[1]]);
        // More digits than a resampled interval has would differ between machines.
        line.extend((0..3).map(|index| values.map_or_else(String::new, |values| format!("{:.4}", values[index]))));
    }
    line
}
