//! Where the restarts of each family end: a dot per restart on a logarithmic axis.

use super::Draft;
use super::axis::{Frame, LogAxis};
use super::layout::{Heading, LegendEntry, MARGIN, Row, Rows, WIDTH, X_AXIS_ROOM, nothing};
use super::paint::Role;
use super::render::text_width;
use super::scene::{Anchor, Label, Marker, Paint, Scene};
use crate::number::{self, exact};
use crate::table::{RunTable, tag_word};
use crate::thresholds::{LEAST_DRAWN_GAP, MOST_DRAWN_RESTARTS, SUCCESS_GAP};
use crate::write::csv_text;

const NAME: &str = "gap-by-family";
const TITLE: &str = "How far from the optimum does descent end?";
const RADIUS: f64 = 2.5;
/// Width of a row's cloud of dots as a share of its height.
const CLOUD: f64 = 0.86;
/// Dots within this many decades push each other apart.
const BIN_DECADES: f64 = 0.2;
/// Room above the plot for the names of the vertical lines.
const LINE_NAMES: f64 = 54.0;
/// Room on the right for the numbers of restarts.
const COUNTS: f64 = 92.0;
/// Room on the right for diverged restarts, where there are any.
const DIVERGED: f64 = 74.0;

/// One restart of a row.
#[derive(Clone, Copy)]
struct Dot {
    /// Upper end of the gap; infinite for a diverged restart.
    gap: f64,
    /// Are the instance's bounds closed?
    closed: bool,
}

pub(super) fn draft(table: &RunTable) -> Draft {
    let legend = legend(table);
    let subtitle = "optimality gap of every restart, (loss − optimum) / L0, upper end";
    let heading = Heading { title: TITLE, subtitle, legend };
    let rows = Rows::new(table, heading.height() + LINE_NAMES);
    let mut scene = Scene::new(WIDTH, rows.bottom + X_AXIS_ROOM);
    heading.draw(&mut scene);
    let clouds: Vec<Vec<Dot>> = rows.lines.iter().map(|row| dots(table, row)).collect();
    let all = || clouds.iter().flatten();
    if all().next().is_none() {
        nothing(&mut scene, "no restart on an instance with bounds");
    } else {
        let slot = if all().any(|dot| dot.gap.is_infinite()) { DIVERGED } else { 0.0 };
        let frame = rows.frame(WIDTH - MARGIN - COUNTS - slot);
        let shown = all().map(|dot| dot.gap.max(LEAST_DRAWN_GAP));
        let axis = LogAxis::covering(shown, -8, 0).between(frame.left + 12.0, frame.right);
        background(&mut scene, frame, axis, table.floor());
        if slot > 0.0 {
            scene.text(Label::new("diverged", (frame.right + slot / 2.0, frame.top - 14.0), Anchor::Middle).muted());
        }
        rows.draw(&mut scene, WIDTH - MARGIN);
        for (row, cloud) in rows.lines.iter().zip(&clouds) {
            draw_row(&mut scene, row, cloud, axis, (rows.pitch, frame.right + slot / 2.0));
        }
        lines(&mut scene, frame, axis, table.floor());
    }
    Draft { name: NAME, title: TITLE, reading: reading(), scene, csv: csv(table) }
}

fn reading() -> String {
    format!(
        "Each dot is where one restart ended; left of the dashed line the optimum is reached. Dots stand side by side where \
         many restarts end in the same place, so a wide cloud far from the left edge is a trap. Rows with more than \
         {MOST_DRAWN_RESTARTS} restarts show {MOST_DRAWN_RESTARTS} of them, evenly by rank; gaps below 1e-12 are drawn at the left edge."
    )
}

fn legend(table: &RunTable) -> Vec<LegendEntry> {
    let restarts = |method: &str| {
        let rows = table.families.iter().flat_map(|family| &family.trainers).filter(|row| row.method == method);
        rows.map(|row| row.restarts.trials).sum::<usize>()
    };
    let trainers = table.trainers.iter().enumerate();
    let mut legend: Vec<LegendEntry> = trainers
        .map(|(series, method)| LegendEntry::trainer(series, format!("{method} (n = {} restarts)", restarts(method))))
        .collect();
    legend.push(LegendEntry {
        key: super::layout::Key::Bar(Role::Ink),
        words: "median over instances of the median restart".into(),
    });
    let open = table.instances.iter().any(|row| row.assessable() && !row.closure.is_closed());
    if open {
        legend.push(LegendEntry::marker(Marker::Circle, Role::Muted, false, "hollow: bounds open, gap at most this"));
    }
    legend
}

fn dots(table: &RunTable, row: &Row) -> Vec<Dot> {
    let instances = table.instances_of(row.family).filter(|instance| instance.assessable());
    let ends = instances.filter_map(|instance| Some((instance.by(&row.trainer.method)?, instance.closure.is_closed())));
    let dots = ends.flat_map(|(descent, closed)| {
        descent.restarts.iter().map(move |restart| Dot { gap: restart.gap.map_or(f64::INFINITY, |gap| gap.upper), closed })
    });
    let mut dots: Vec<Dot> = dots.collect();
    dots.sort_by(|a, b| a.gap.total_cmp(&b.gap).then(a.closed.cmp(&b.closed)));
    dots
}

fn background(scene: &mut Scene, frame: Frame, axis: LogAxis, floor: Option<f64>) {
    let success = axis.place(SUCCESS_GAP);
    scene.rectangle((frame.left, frame.top), (success, frame.bottom), Role::SuccessZone);
    let clamped = 10_f64.powf(axis.least) <= LEAST_DRAWN_GAP;
    frame.log_x(scene, axis, "optimality gap (in units of L0, the loss of the best constant; logarithmic)", clamped);
    let name = Label::new("optimum reached: gap ≤ 10⁻⁶", (success - 6.0, frame.top - 30.0), Anchor::End);
    scene.text(name.sized(12.0).coloured(Role::Ink));
    if let Some(floor) = floor.filter(|floor| *floor > 0.0) {
        let text = format!("floor {}: widest closed bounds", number::gap(Some(floor)));
        let x = axis.place(floor);
        let fits = x - text_width(&text, 12.0, false) > MARGIN;
        let (x, anchor) = if fits { (x - 5.0, Anchor::End) } else { (x + 5.0, Anchor::Start) };
        scene.text(Label::new(text, (x, frame.top - 12.0), anchor).sized(12.0).muted());
    }
}

fn lines(scene: &mut Scene, frame: Frame, axis: LogAxis, floor: Option<f64>) {
    let success = axis.place(SUCCESS_GAP);
    scene.line((success, frame.top - 38.0), (success, frame.bottom), 1.5, Role::Threshold);
    if let Some(floor) = floor.filter(|floor| *floor > 0.0) {
        let x = axis.place(floor);
        scene.line((x, frame.top - 20.0), (x, frame.bottom), 1.6, Role::Floor);
    }
}

fn draw_row(scene: &mut Scene, row: &Row, dots: &[Dot], axis: LogAxis, (pitch, diverged_x): (f64, f64)) {
    let shown = evenly_by_rank(dots);
    let places: Vec<f64> = shown.iter().map(|dot| if dot.gap.is_infinite() { diverged_x } else { axis.place(dot.gap) }).collect();
    let decade = (axis.to - axis.from) / (axis.most - axis.least);
    let offsets = spread(&places, BIN_DECADES * decade);
    for ((dot, x), offset) in shown.iter().zip(&places).zip(offsets) {
        let y = row.y + offset * (CLOUD * pitch / 2.0 - RADIUS);
        let paint = Paint::faded(Role::Series(row.series), 0.62);
        scene.marker(Marker::of_series(row.series), (*x, y), RADIUS, dot.closed, paint);
    }
    if let Some(median) = row.trainer.median_gap {
        let x = if median.is_infinite() { diverged_x } else { axis.place(median) };
        let half = 0.46 * pitch;
        scene.line((x, row.y - half), (x, row.y + half), 5.5, Role::Surface);
        scene.line((x, row.y - half), (x, row.y + half), 3.0, Role::Ink);
    }
    let count = Label::new(format!("n = {}", dots.len()), (WIDTH - MARGIN, row.y), Anchor::End);
    scene.text(count.sized(12.0).muted());
}

/// At most [`MOST_DRAWN_RESTARTS`] of the sorted dots, the same share of every part of them.
fn evenly_by_rank(dots: &[Dot]) -> Vec<Dot> {
    let count = dots.len().min(MOST_DRAWN_RESTARTS);
    (0..count).map(|index| dots[(2 * index + 1) * dots.len() / (2 * count)]).collect()
}

/// Offsets from the middle of a row, from -1 to 1: the more dots share a bin of this width, the farther they spread.
/// Places are in rising order. No chance is involved: the order in the bin decides.
fn spread(places: &[f64], bin_width: f64) -> Vec<f64> {
    let bin = |place: f64| (place / bin_width).floor();
    let bins: Vec<&[f64]> = places.chunk_by(|a, b| bin(*a) == bin(*b)).collect();
    let fullest = bins.iter().map(|bin| bin.len()).max().unwrap_or(1) as f64;
    let offsets = bins.iter().flat_map(|bin| {
        let half_width = if bin.len() == 1 { 0.0 } else { (bin.len() as f64 / fullest).sqrt() };
        (0..bin.len()).map(move |index| half_width * (2.0 * radical_inverse(index + 1) - 1.0))
    });
    offsets.collect()
}

/// The van der Corput sequence: evenly spread over the unit interval for every length.
fn radical_inverse(mut index: usize) -> f64 {
    let (mut value, mut digit) = (0.0, 0.5);
    while index > 0 {
        value += digit * (index % 2) as f64;
        index /= 2;
        digit /= 2.0;
    }
    value
}

fn csv(table: &RunTable) -> String {
    let header = ["side", "family", "instance", "method", "restart", "gap_lower", "gap_upper", "reached", "diverged", "bounds"];
    let mut lines = Vec::new();
    for instance in table.instances.iter().filter(|instance| instance.assessable()) {
        for descent in &instance.descent {
            for (index, restart) in descent.restarts.iter().enumerate() {
                lines.push(vec![
                    tag_word(instance.summary.tag).to_owned(),
                    instance.summary.family.clone(),
                    instance.summary.name.clone(),
                    descent.method.clone(),
                    index.to_string(),
                    exact(restart.gap.map(|gap| gap.lower)),
                    exact(restart.gap.map(|gap| gap.upper)),
                    restart.gap.is_some_and(crate::GapInterval::succeeds).to_string(),
                    restart.diverged().to_string(),
                    instance.closure.words().to_owned(),
                ]);
            }
        }
    }
    csv_text(&header, &lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_in_one_place_spread_and_lonely_ones_stay_in_the_middle() {
        let offsets = spread(&[0.1, 0.2, 0.3, 0.4, 7.0], 1.0);
        assert_eq!(offsets[4], 0.0);
        assert!(offsets[..4].windows(2).all(|pair| pair[0] != pair[1]));
        assert!(offsets.iter().all(|offset| offset.abs() <= 1.0));
    }

    #[test]
    fn thinning_keeps_the_order_and_the_proportions() {
        let dots: Vec<Dot> = (0..1500).map(|rank| Dot { gap: f64::from(rank), closed: true }).collect();
        let shown = evenly_by_rank(&dots);
        assert_eq!(shown.len(), MOST_DRAWN_RESTARTS);
        assert_eq!((shown[0].gap, shown[149].gap), (5.0, 1495.0));
        assert_eq!(evenly_by_rank(&dots[..3]).len(), 3);
    }
}
