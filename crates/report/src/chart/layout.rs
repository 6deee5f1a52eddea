//! What charts have in common: heading, legend, and rows of families.

use super::axis::Frame;
use super::paint::Role;
use super::render::text_width;
use super::scene::{Anchor, Label, Marker, Paint, Scene};
use crate::table::{FamilyRow, RunTable, TrainerRow, tag_word};
use optgap_problem::Tag;

/// Width of every chart in pixels.
pub(super) const WIDTH: f64 = 1040.0;
/// Distance from the edge of the drawing to its contents.
pub(super) const MARGIN: f64 = 24.0;
/// Room below a plot for tick labels and the axis title.
pub(super) const X_AXIS_ROOM: f64 = 64.0;
const TITLE_SIZE: f64 = 19.0;
const LEGEND_LINE: f64 = 24.0;
const LONGEST_NAME: f64 = 210.0;

/// A sample of how something is drawn, with its meaning.
pub(super) struct LegendEntry {
    pub(super) key: Key,
    pub(super) words: String,
}

/// How the sample in a legend looks.
pub(super) enum Key {
    Marker { marker: Marker, role: Role, filled: bool },
    Swatch(Role),
    Bar(Role),
}

impl LegendEntry {
    pub(super) fn marker(marker: Marker, role: Role, filled: bool, words: impl Into<String>) -> Self {
        Self { key: Key::Marker { marker, role, filled }, words: words.into() }
    }

    /// A trainer by its place.
    pub(super) fn trainer(series: usize, words: impl Into<String>) -> Self {
        Self::marker(Marker::of_series(series), Role::Series(series), true, words)
    }
}

/// Title, subtitle and legend at the head of a drawing.
pub(super) struct Heading<'a> {
    pub(super) title: &'a str,
    pub(super) subtitle: &'a str,
    pub(super) legend: Vec<LegendEntry>,
}

impl Heading<'_> {
    /// Room that the heading takes.
    pub(super) fn height(&self) -> f64 {
        let lines = self.places().last().map_or(0.0, |(_, line)| f64::from(*line) + 1.0);
        MARGIN + 52.0 + lines * LEGEND_LINE
    }

    pub(super) fn draw(&self, scene: &mut Scene) {
        scene.text(Label::new(self.title, (MARGIN, MARGIN + 8.0), Anchor::Start).sized(TITLE_SIZE).bold());
        scene.text(Label::new(self.subtitle, (MARGIN, MARGIN + 33.0), Anchor::Start).muted());
        for (entry, (x, line)) in self.legend.iter().zip(self.places()) {
            let y = MARGIN + 64.0 + f64::from(line) * LEGEND_LINE;
            match entry.key {
                Key::Marker { marker, role, filled } => scene.marker(marker, (x + 7.0, y), 5.0, filled, role),
                Key::Swatch(role) => scene.rectangle((x, y - 6.0), (x + 14.0, y + 6.0), role),
                Key::Bar(role) => scene.line((x + 7.0, y - 8.0), (x + 7.0, y + 8.0), 3.0, role),
            }
            scene.text(Label::new(&entry.words, (x + 21.0, y), Anchor::Start));
        }
    }

    /// Left edge and line of every legend entry, wrapped at the width of the drawing.
    fn places(&self) -> Vec<(f64, u16)> {
        let (mut x, mut line) = (MARGIN, 0);
        let place = |entry: &LegendEntry| {
            let width = 21.0 + text_width(&entry.words, 13.0, false);
            if x > MARGIN && x + width > WIDTH - MARGIN {
                (x, line) = (MARGIN, line + 1);
            }
            let here = (x, line);
            x += width + 26.0;
            here
        };
        self.legend.iter().map(place).collect()
    }
}

/// A horizontal line of a chart: one trainer on one family.
pub(super) struct Row<'a> {
    pub(super) family: &'a FamilyRow,
    pub(super) trainer: &'a TrainerRow,
    /// Place of the trainer in the order of all labels.
    pub(super) series: usize,
    /// Vertical centre.
    pub(super) y: f64,
}

/// The rows of a chart that has families from top to bottom, each with a line per trainer, by side.
pub(super) struct Rows<'a> {
    pub(super) lines: Vec<Row<'a>>,
    /// Height of one row.
    pub(super) pitch: f64,
    /// Width of the column of names.
    pub(super) gutter: f64,
    /// Where the last row ends.
    pub(super) bottom: f64,
    top: f64,
    names: Vec<(String, f64)>,
    /// Rows of families that no trainer treats, or whose restarts have no gap.
    empty: Vec<f64>,
    sides: Vec<(Tag, usize, f64)>,
    separators: Vec<f64>,
}

const SIDE_ROOM: f64 = 34.0;
const FAMILY_SPACE: f64 = 10.0;

impl<'a> Rows<'a> {
    /// Lays the families out from `top` downwards.
    pub(super) fn new(table: &'a RunTable, top: f64) -> Self {
        let pitch = if table.trainers.len() <= 3 { 24.0 } else { 18.0 };
        let widest = table.families.iter().map(|family| text_width(&family.name, 14.0, false)).fold(110.0, f64::max);
        let mut layout = Self {
            lines: Vec::new(),
            pitch,
            gutter: widest.min(LONGEST_NAME) + MARGIN + 16.0,
            bottom: top,
            top,
            names: Vec::new(),
            empty: Vec::new(),
            sides: Vec::new(),
            separators: Vec::new(),
        };
        for tag in table.tags() {
            let families: Vec<&FamilyRow> = table.families.iter().filter(|family| family.tag == tag).collect();
            layout.sides.push((tag, families.len(), layout.bottom + 0.6 * SIDE_ROOM));
            layout.bottom += SIDE_ROOM;
            for family in families {
                layout.add(family, table);
            }
        }
        layout.bottom = layout.bottom.max(top + SIDE_ROOM);
        layout
    }

    fn add(&mut self, family: &'a FamilyRow, table: &RunTable) {
        let height = self.pitch * family.trainers.len().max(1) as f64;
        let first = self.bottom + FAMILY_SPACE / 2.0 + self.pitch / 2.0;
        for (index, trainer) in family.trainers.iter().enumerate() {
            let series = table.trainers.iter().position(|label| *label == trainer.method).unwrap_or(index);
            self.lines.push(Row { family, trainer, series, y: first + self.pitch * index as f64 });
        }
        let middle = self.bottom + f64::midpoint(FAMILY_SPACE, height);
        self.names.push((family.name.clone(), middle));
        if family.trainers.is_empty() {
            self.empty.push(middle);
        }
        self.separators.push(self.bottom);
        self.bottom += height + FAMILY_SPACE;
    }

    /// The plot to the right of the names.
    pub(super) fn frame(&self, right: f64) -> Frame {
        Frame { left: self.gutter, right, top: self.top, bottom: self.bottom }
    }

    /// Draws names, sides and the lines between families; the lines reach to `right`.
    pub(super) fn draw(&self, scene: &mut Scene, right: f64) {
        for (tag, count, y) in &self.sides {
            scene.rectangle((MARGIN, y - 0.6 * SIDE_ROOM - 1.0), (right, y + 0.4 * SIDE_ROOM), Role::Surface);
            let families = crate::number::counted(*count, "family").replace("familys", "families");
            let words = format!("{} · {families}", tag_word(*tag).to_uppercase());
            scene.text(Label::new(words, (MARGIN, *y), Anchor::Start).sized(12.0).bold().muted());
        }
        for y in self.separators.iter().chain([&self.bottom]) {
            scene.line((MARGIN, *y), (right, *y), 1.0, Role::Grid);
        }
        for (name, y) in &self.names {
            scene.text(Label::new(shortened(name), (self.gutter - 14.0, *y), Anchor::End).sized(14.0));
        }
        for y in &self.empty {
            scene.text(Label::new("no restart to assess", (right, *y), Anchor::End).sized(12.0).muted());
        }
    }
}

/// A name that fits beside the plot; a longer one ends in an ellipsis.
fn shortened(name: &str) -> String {
    if text_width(name, 14.0, false) <= LONGEST_NAME {
        return name.to_owned();
    }
    let mut short: String = name.to_owned();
    while !short.is_empty() && text_width(&short, 14.0, false) > LONGEST_NAME - 14.0 {
        short.pop();
    }
    short + "…"
}

/// One plot per side, next to each other, with the same axes.
pub(super) fn panels(tags: &[Tag], top: f64, height: f64, left: f64) -> Vec<(Tag, Frame)> {
    let space = 34.0;
    let count = tags.len().max(1) as f64;
    let width = (WIDTH - MARGIN - left - space * (count - 1.0)) / count;
    let frame = |index: usize| {
        let start = left + (width + space) * index as f64;
        Frame { left: start, right: start + width, top, bottom: top + height }
    };
    tags.iter().enumerate().map(|(index, tag)| (*tag, frame(index))).collect()
}

/// The heading of a panel.
pub(super) fn panel_title(scene: &mut Scene, frame: Frame, tag: Tag, detail: &str) {
    let words = format!("{} · {detail}", tag_word(tag).to_uppercase());
    scene.text(Label::new(words, (frame.left, frame.top - 16.0), Anchor::Start).sized(12.0).bold().muted());
}

/// Words in place of data that do not exist.
pub(super) fn nothing(scene: &mut Scene, words: &str) {
    let at = (scene.width / 2.0, scene.height / 2.0);
    scene.text(Label::new(words, at, Anchor::Middle).sized(15.0).muted());
}

/// Data points are a little transparent, so that many in one place look like many.
pub(super) fn point_paint(role: Role, note: String) -> Paint {
    Paint::faded(role, 0.8).noted(note)
}
