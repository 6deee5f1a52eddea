//! What a chart consists of, in pixels from the upper left corner: the charts make scenes, one module renders them.

use super::paint::Role;

/// A point in pixels.
pub(super) type Point = (f64, f64);

/// How a shape looks.
#[derive(Clone, Debug)]
pub(super) struct Paint {
    pub(super) role: Role,
    /// From 0 to 1.
    pub(super) opacity: f64,
    /// Shown when a reader points at the shape.
    pub(super) note: Option<String>,
}

impl From<Role> for Paint {
    fn from(role: Role) -> Self {
        Self { role, opacity: 1.0, note: None }
    }
}

impl Paint {
    pub(super) fn faded(role: Role, opacity: f64) -> Self {
        Self { role, opacity, note: None }
    }

    pub(super) fn noted(mut self, note: String) -> Self {
        self.note = Some(note);
        self
    }
}

/// Which end of a text stands at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A line of text, vertically centred at its point.
#[derive(Clone, Debug)]
pub(super) struct Label {
    pub(super) text: String,
    pub(super) at: Point,
    /// Pixels per em.
    pub(super) size: f64,
    pub(super) anchor: Anchor,
    pub(super) bold: bool,
    /// Reads from bottom to top.
    pub(super) upright: bool,
    pub(super) role: Role,
}

impl Label {
    pub(super) fn new(text: impl Into<String>, at: Point, anchor: Anchor) -> Self {
        Self { text: text.into(), at, size: 13.0, anchor, bold: false, upright: false, role: Role::Ink }
    }

    pub(super) fn sized(mut self, size: f64) -> Self {
        self.size = size;
        self
    }

    pub(super) fn bold(mut self) -> Self {
        self.bold = true;
        self
    }

    pub(super) fn muted(self) -> Self {
        self.coloured(Role::Muted)
    }

    pub(super) fn coloured(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    pub(super) fn upright(mut self) -> Self {
        self.upright = true;
        self
    }
}

/// Shape of a data point. Each trainer has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    Circle,
    Triangle,
    Diamond,
    Square,
    Inverted,
}

impl Marker {
    const SERIES: [Self; 4] = [Self::Circle, Self::Triangle, Self::Diamond, Self::Inverted];

    /// The marker of a trainer by its place in the order of the labels.
    pub(super) fn of_series(series: usize) -> Self {
        let round = series / super::paint::SERIES_COLOURS;
        Self::SERIES[(series + round) % Self::SERIES.len()]
    }

    /// Corners around the origin for a marker that covers about the area of a circle of this radius; none for a circle.
    fn corners(self, radius: f64) -> Vec<Point> {
        let r = radius;
        match self {
            Self::Circle => Vec::new(),
            Self::Triangle => vec![(0.0, -1.35 * r), (1.25 * r, 0.95 * r), (-1.25 * r, 0.95 * r)],
            Self::Inverted => vec![(0.0, 1.35 * r), (1.25 * r, -0.95 * r), (-1.25 * r, -0.95 * r)],
            Self::Diamond => vec![(0.0, -1.4 * r), (1.4 * r, 0.0), (0.0, 1.4 * r), (-1.4 * r, 0.0)],
            Self::Square => vec![(-r, -r), (r, -r), (r, r), (-r, r)],
        }
    }
}

/// One thing to draw.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Path { points: Vec<Point>, width: f64, paint: Paint },
    Area { points: Vec<Point>, paint: Paint },
    Circle { centre: Point, radius: f64, filled: bool, paint: Paint },
    Text(Label),
}

/// A drawing of a fixed size.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) shapes: Vec<Shape>,
}

impl Scene {
    /// An empty drawing.
    pub(super) fn new(width: f64, height: f64) -> Self {
        let mut scene = Self { width, height, shapes: Vec::new() };
        scene.rectangle((0.0, 0.0), (width, height), Role::Surface);
        scene
    }

    pub(super) fn line(&mut self, from: Point, to: Point, width: f64, paint: impl Into<Paint>) {
        self.shapes.push(Shape::Path { points: vec![from, to], width, paint: paint.into() });
    }

    pub(super) fn path(&mut self, points: Vec<Point>, width: f64, paint: impl Into<Paint>) {
        self.shapes.push(Shape::Path { points, width, paint: paint.into() });
    }

    pub(super) fn area(&mut self, points: Vec<Point>, paint: impl Into<Paint>) {
        self.shapes.push(Shape::Area { points, paint: paint.into() });
    }

    pub(super) fn rectangle(&mut self, (left, top): Point, (right, bottom): Point, paint: impl Into<Paint>) {
        self.area(vec![(left, top), (right, top), (right, bottom), (left, bottom)], paint);
    }

    pub(super) fn text(&mut self, label: Label) {
        self.shapes.push(Shape::Text(label));
    }

    /// A data point; hollow where it is not the last word.
    pub(super) fn marker(&mut self, marker: Marker, centre: Point, radius: f64, filled: bool, paint: impl Into<Paint>) {
        let paint = paint.into();
        let mut points: Vec<Point> = marker.corners(radius).into_iter().map(|(x, y)| (centre.0 + x, centre.1 + y)).collect();
        match points.first().copied() {
            None => self.shapes.push(Shape::Circle { centre, radius, filled, paint }),
            Some(_) if filled => self.area(points, paint),
            Some(first) => {
                points.push(first);
                self.path(points, HOLLOW_WIDTH, paint);
            }
        }
    }
}

/// Line width of hollow markers.
pub(super) const HOLLOW_WIDTH: f64 = 1.4;
