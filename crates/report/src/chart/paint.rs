//! Colours by role, for light and for dark.
//!
//! A drawing names roles only. Each role has a class in the SVG, and a style sheet gives the classes their colours, so that
//! one drawing serves both themes. The series colours differ in lightness as well as in hue, and every series has a marker
//! of its own, so that charts stay readable in grey and with colour blindness.

use std::fmt::Write;

/// Number of series colours; series beyond it start again with other markers.
pub(super) const SERIES_COLOURS: usize = 8;

/// What a shape is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Surface,
    Ink,
    Muted,
    Grid,
    SuccessZone,
    Threshold,
    Floor,
    Exact,
    Reached,
    Missed,
    Impossible,
    Open,
    /// A trainer, by its place in the order of the labels.
    Series(usize),
    /// A line in the colour of a series, with a dash of its own.
    Line(usize),
}

/// Where the indices of lines begin.
const FIRST_LINE: u8 = (12 + SERIES_COLOURS) as u8;
/// Lengths of dash and gap of the lines; the first is whole.
const DASHES: [Option<&str>; 5] = [None, Some("110 45"), Some("22 40"), Some("110 40 22 40"), Some("55 40")];

/// A role's class, its colour in the light and in the dark theme, and its dash pattern.
struct Look {
    class: &'static str,
    light: &'static str,
    dark: &'static str,
    dash: Option<&'static str>,
}

const fn look(class: &'static str, light: &'static str, dark: &'static str) -> Look {
    Look { class, light, dark, dash: None }
}

/// In the order of [`Role::index`].
const LOOKS: [Look; 12 + SERIES_COLOURS] = [
    look("surface", "#ffffff", "#161b22"),
    look("ink", "#1c2330", "#e8ecf2"),
    look("muted", "#5b6577", "#a3adbb"),
    look("grid", "#e3e7ed", "#2b323c"),
    look("zone", "#edf6f1", "#16271f"),
    Look { class: "threshold", light: "#1b7a4f", dark: "#63d29b", dash: Some("60 40") },
    Look { class: "floor", light: "#6b7484", dark: "#98a3b3", dash: Some("15 30") },
    look("exact", "#2f3746", "#dfe5ee"),
    look("reached", "#2470b3", "#4a97dc"),
    look("missed", "#f2a23a", "#f4b455"),
    look("impossible", "#e4e8ee", "#262d37"),
    look("open", "#7b8494", "#6d7786"),
    look("s0", "#1b5fa6", "#6fb1f2"),
    look("s1", "#d9730d", "#ffc070"),
    look("s2", "#13795b", "#5ccba0"),
    look("s3", "#a63d8f", "#ee8fd8"),
    look("s4", "#7a5230", "#cfa27a"),
    look("s5", "#3c9dc4", "#b5e4f7"),
    look("s6", "#b3282d", "#ff8b85"),
    look("s7", "#7c7a12", "#e3e06a"),
];

impl Role {
    /// Place in the table of looks: what a drawn shape carries in place of a colour.
    pub(super) fn index(self) -> u8 {
        let index = match self {
            Self::Surface => 0,
            Self::Ink => 1,
            Self::Muted => 2,
            Self::Grid => 3,
            Self::SuccessZone => 4,
            Self::Threshold => 5,
            Self::Floor => 6,
            Self::Exact => 7,
            Self::Reached => 8,
            Self::Missed => 9,
            Self::Impossible => 10,
            Self::Open => 11,
            Self::Series(series) => 12 + series % SERIES_COLOURS,
            Self::Line(series) => usize::from(FIRST_LINE) + series % (SERIES_COLOURS * DASHES.len()),
        };
        index as u8
    }
}

/// The class of the role with this index, for what is filled or for what is stroked.
pub(super) fn class_of(index: u8, filled: bool) -> Option<String> {
    let kind = if filled { "f" } else { "s" };
    if let Some(series) = index.checked_sub(FIRST_LINE).map(usize::from).filter(|series| *series < SERIES_COLOURS * DASHES.len())
    {
        let look = &LOOKS[usize::from(Role::Series(series).index())];
        return Some(format!("{kind}-{} dash-{}", look.class, series % DASHES.len()));
    }
    LOOKS.get(usize::from(index)).map(|look| format!("{kind}-{}", look.class))
}

/// The style sheet of all classes, both themes. Selectors are prefixed so that it can stand in a page.
pub(crate) fn style_sheet() -> String {
    let mut light = String::new();
    let mut dark = String::new();
    for look in &LOOKS {
        for (sheet, colour) in [(&mut light, look.light), (&mut dark, look.dark)] {
            // Writing to a String cannot fail.
            let _ = write!(sheet, ".chart .f-{0}{{fill:{1}}}.chart .s-{0}{{stroke:{1}}}", look.class, colour);
        }
        if let Some(dash) = look.dash {
            let _ = write!(light, ".chart .s-{}{{stroke-dasharray:{dash};stroke-linecap:round}}", look.class);
        }
    }
    for (index, dash) in DASHES.iter().enumerate() {
        if let Some(dash) = dash {
            let _ = write!(light, ".chart .dash-{index}{{stroke-dasharray:{dash}}}");
        }
    }
    format!(
        ".chart{{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,\"DejaVu Sans\",sans-serif}}\
         {light}@media (prefers-color-scheme:dark){{{dark}}}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_its_own_look() {
        assert_eq!(class_of(Role::Open.index(), true).as_deref(), Some("f-open"));
        assert_eq!(class_of(Role::Series(0).index(), false).as_deref(), Some("s-s0"));
        assert_eq!(class_of(Role::Series(SERIES_COLOURS + 1).index(), true).as_deref(), Some("f-s1"));
        assert_eq!(class_of(Role::Line(0).index(), false).as_deref(), Some("s-s0 dash-0"));
        assert_eq!(class_of(Role::Line(SERIES_COLOURS + 1).index(), false).as_deref(), Some("s-s1 dash-4"));
        assert_eq!(class_of(200, true), None);
    }
}
