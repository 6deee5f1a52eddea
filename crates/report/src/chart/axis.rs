//! Axes: from numbers to pixels, and the ticks on the way.

use super::paint::Role;
use super::scene::{Anchor, Label, Scene};
use crate::number::power_of_ten;

/// Least distance in pixels between two labelled powers of ten.
const LABEL_DISTANCE: f64 = 46.0;
/// Distance from the axis to its tick labels.
const TICK_LABEL_OFFSET: f64 = 15.0;
/// How far an axis around numbers reaches beyond them, in powers of ten.
const AROUND: f64 = 0.06;

/// A logarithmic axis, labelled at whole powers of ten. Numbers beyond its ends are drawn at the ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LogAxis {
    /// Exponent of ten at the start.
    pub(super) least: f64,
    /// Exponent of ten at the end.
    pub(super) most: f64,
    /// Pixel at the start.
    pub(super) from: f64,
    /// Pixel at the end.
    pub(super) to: f64,
}

impl LogAxis {
    /// The smallest axis with whole powers at both ends that holds all positive numbers given, and these exponents.
    pub(super) fn covering(values: impl Iterator<Item = f64>, least: i32, most: i32) -> Self {
        let range = values.filter(|value| *value > 0.0 && value.is_finite()).fold((least, most), |(least, most), value| {
            (least.min(value.log10().floor() as i32), most.max(value.log10().ceil() as i32))
        });
        let (least, most) = if range.0 > range.1 { (-1, 1) } else { range };
        Self { least: f64::from(least), most: f64::from(most.max(least + 1)), from: 0.0, to: 1.0 }
    }

    /// The axis that ends a little beyond the positive numbers given, and holds a whole power with its label.
    pub(super) fn around(values: impl Iterator<Item = f64>) -> Self {
        let exponents = values.filter(|value| *value > 0.0 && value.is_finite()).map(f64::log10);
        let range = exponents.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), exponent| {
            (least.min(exponent - AROUND), most.max(exponent + AROUND))
        });
        let (least, most) = if range.0 > range.1 { (-1.0, 1.0) } else { range };
        Self { least: if least.ceil() > most { least.floor() } else { least }, most, from: 0.0, to: 1.0 }
    }

    /// The same axis between other pixels.
    pub(super) fn between(self, from: f64, to: f64) -> Self {
        Self { from, to, ..self }
    }

    /// The pixel of a number; numbers that are not positive are at the start, infinite ones at the end.
    pub(super) fn place(self, value: f64) -> f64 {
        let exponent = if value > 0.0 { value.log10().clamp(self.least, self.most) } else { self.least };
        self.from + (exponent - self.least) / (self.most - self.least) * (self.to - self.from)
    }

    /// Every whole exponent, each with whether it has room for a label.
    pub(super) fn ticks(self) -> impl Iterator<Item = (i32, f64, bool)> {
        let decade = (self.to - self.from).abs() / (self.most - self.least);
        let step = (LABEL_DISTANCE / decade).ceil().max(1.0) as i32;
        (self.least.ceil() as i32..=self.most.floor() as i32)
            .map(move |exponent| (exponent, self.place(10_f64.powi(exponent)), exponent.rem_euclid(step) == 0))
    }
}

/// The frame of a plot: where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

impl Frame {
    /// Vertical lines at every power, labels below where there is room, and the axis title. A first label that stands for
    /// everything below it is marked as such.
    pub(super) fn log_x(self, scene: &mut Scene, axis: LogAxis, title: &str, open_start: bool) {
        for (exponent, x, labelled) in axis.ticks() {
            scene.line((x, self.top), (x, self.bottom), 1.0, Role::Grid);
            if labelled {
                let sign = if open_start && f64::from(exponent) == axis.least { "≤ " } else { "" };
                let at = (x, self.bottom + TICK_LABEL_OFFSET);
                scene.text(Label::new(format!("{sign}{}", power_of_ten(exponent)), at, Anchor::Middle).muted());
            }
        }
        self.x_title(scene, title);
    }

    /// Horizontal lines at every power, labels on the left where there is room.
    pub(super) fn log_y(self, scene: &mut Scene, axis: LogAxis, labelled_side: bool) {
        for (exponent, y, labelled) in axis.ticks() {
            scene.line((self.left, y), (self.right, y), 1.0, Role::Grid);
            if labelled && labelled_side {
                scene.text(Label::new(power_of_ten(exponent), (self.left - 9.0, y), Anchor::End).muted());
            }
        }
    }

    /// Lines and labels at 0, 20, ..., 100 percent along x.
    pub(super) fn percent_x(self, scene: &mut Scene, title: &str) {
        for step in 0..=5_u8 {
            let x = self.left + f64::from(step) / 5.0 * (self.right - self.left);
            scene.line((x, self.top), (x, self.bottom), 1.0, Role::Grid);
            let at = (x, self.bottom + TICK_LABEL_OFFSET);
            scene.text(Label::new(format!("{} %", 20 * step), at, Anchor::Middle).muted());
        }
        self.x_title(scene, title);
    }

    /// Lines and labels at 0, 25, ..., 100 percent along y.
    pub(super) fn percent_y(self, scene: &mut Scene, labelled_side: bool) {
        for step in 0..=4_u8 {
            let y = self.bottom + f64::from(step) / 4.0 * (self.top - self.bottom);
            scene.line((self.left, y), (self.right, y), 1.0, Role::Grid);
            if labelled_side {
                scene.text(Label::new(format!("{} %", 25 * step), (self.left - 9.0, y), Anchor::End).muted());
            }
        }
    }

    /// The words under the x axis.
    pub(super) fn x_title(self, scene: &mut Scene, title: &str) {
        let at = (f64::midpoint(self.left, self.right), self.bottom + 3.0 * TICK_LABEL_OFFSET - 4.0);
        scene.text(Label::new(title, at, Anchor::Middle));
    }

    /// The words beside the y axis, from bottom to top.
    pub(super) fn y_title(self, scene: &mut Scene, title: &str, x: f64) {
        scene.text(Label::new(title, (x, f64::midpoint(self.top, self.bottom)), Anchor::Middle).upright());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_whole_powers_and_clamps_what_lies_beyond() {
        let axis = LogAxis::covering([3e-5, 0.2, 0.0, f64::INFINITY].into_iter(), -2, 0).between(0.0, 500.0);
        assert_eq!((axis.least, axis.most), (-5.0, 0.0));
        assert_eq!(
            [0.0, 1e-9, 1e-5, 1.0, 7.0, f64::INFINITY].map(|value| axis.place(value).round()),
            [0.0, 0.0, 0.0, 500.0, 500.0, 500.0]
        );
        assert!((axis.place(0.01) - 300.0).abs() < 1e-9);
    }

    #[test]
    fn an_axis_around_numbers_ends_close_to_them_and_has_a_label() {
        let exponents = |axis: LogAxis| axis.ticks().map(|(exponent, ..)| exponent).collect::<Vec<_>>();
        let axis = LogAxis::around([8.0, 500.0].into_iter()).between(0.0, 300.0);
        assert_eq!(exponents(axis), [1, 2]);
        assert!(axis.place(8.0) > 0.0 && axis.place(8.0) < 20.0 && axis.place(500.0) > 280.0);
        assert_eq!(exponents(LogAxis::around([20.0, 30.0].into_iter())), [1]);
        assert_eq!(exponents(LogAxis::around(std::iter::empty())), [-1, 0, 1]);
    }

    #[test]
    fn labels_thin_out_where_there_is_no_room() {
        let labelled =
            |axis: LogAxis| axis.ticks().filter(|(.., labelled)| *labelled).map(|(exponent, ..)| exponent).collect::<Vec<_>>();
        let axis = LogAxis { least: -4.0, most: 0.0, from: 0.0, to: 400.0 };
        assert_eq!(labelled(axis), [-4, -3, -2, -1, 0]);
        assert_eq!(labelled(axis.between(0.0, 100.0)), [-4, -2, 0]);
        assert_eq!(axis.ticks().count(), 5);
    }
}
