//! From a scene to SVG through plotters, the one place that knows it.
//!
//! plotters draws with whole coordinates and fixed colours. So scenes are drawn ten times enlarged, and a colour is only a
//! code for a role and a note, which is replaced by a class and a `<title>` afterwards.

use super::paint::class_of;
use super::scene::{Anchor, HOLLOW_WIDTH, Label, Paint, Point, Scene, Shape};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::fmt::Write;
use std::sync::OnceLock;

/// Drawing units per pixel.
const UNITS: f64 = 10.0;
/// plotters writes a font of size `s` as `s / 1.24` pixels per em.
const FONT_SCALE: f64 = 1.24;
/// Name under which the embedded font is known to plotters; a generic name, so that a browser has it too.
const FONT: &str = "sans-serif";
/// Width of bold text relative to regular text, generously.
const BOLD_FACTOR: f64 = 1.1;

/// Why a drawing could not be made.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct DrawingError(String);

impl<E: std::error::Error + Send + Sync> From<DrawingAreaErrorKind<E>> for DrawingError {
    fn from(error: DrawingAreaErrorKind<E>) -> Self {
        Self(error.to_string())
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// The inner part of an SVG element: everything between `<svg>` and `</svg>`.
pub(super) fn render(scene: &Scene) -> Result<String, DrawingError> {
    prepare_font()?;
    let mut drawn = String::new();
    let mut notes: Vec<&str> = Vec::new();
    {
        let area =
            SVGBackend::with_string(&mut drawn, (units(scene.width) as u32, units(scene.height) as u32)).into_drawing_area();
        for shape in &scene.shapes {
            draw(&area, shape, &mut notes)?;
        }
        area.present()?;
    }
    Ok(restyle(&drawn, &notes))
}

/// Size of the coordinate system of [`render`].
pub(super) fn view_box(scene: &Scene) -> String {
    format!("0 0 {} {}", units(scene.width), units(scene.height))
}

/// About how many pixels wide a text is, rather too many than too few.
pub(super) fn text_width(text: &str, size: f64, bold: bool) -> f64 {
    let measured = prepare_font().ok().and_then(|()| (FONT, UNITS * size * FONT_SCALE).into_font().box_size(text).ok());
    let regular = measured.map_or_else(|| 0.7 * size * text.chars().count() as f64, |(width, _)| f64::from(width) / UNITS);
    if bold { BOLD_FACTOR * regular } else { regular }
}

/// plotters has no font of its own here: registers the embedded one, once per process.
fn prepare_font() -> Result<(), DrawingError> {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let registered =
        REGISTERED.get_or_init(|| plotters::style::register_font(FONT, FontStyle::Normal, dejavu::sans::regular()).is_ok());
    if *registered { Ok(()) } else { Err(DrawingError("the embedded font cannot be read".into())) }
}

fn units(pixels: f64) -> i32 {
    (pixels * UNITS).round() as i32
}

fn place((x, y): Point) -> (i32, i32) {
    (units(x), units(y))
}

/// Red is the role, green and blue are the number of the note, 0 for none.
fn code<'a>(paint: &'a Paint, notes: &mut Vec<&'a str>) -> RGBAColor {
    let number = match &paint.note {
        Some(note) if notes.len() < usize::from(u16::MAX) => {
            notes.push(note);
            notes.len()
        }
        _ => 0,
    };
    RGBColor(paint.role.index(), (number >> 8) as u8, (number & 0xff) as u8).mix(paint.opacity)
}

fn draw<'a>(area: &Area<'_>, shape: &'a Shape, notes: &mut Vec<&'a str>) -> Result<(), DrawingError> {
    match shape {
        Shape::Path { points, width, paint } => {
            let style = ShapeStyle { color: code(paint, notes), filled: false, stroke_width: units(*width) as u32 };
            area.draw(&PathElement::new(points.iter().copied().map(place).collect::<Vec<_>>(), style))?;
        }
        Shape::Area { points, paint } => {
            area.draw(&Polygon::new(points.iter().copied().map(place).collect::<Vec<_>>(), code(paint, notes)))?;
        }
        Shape::Circle { centre, radius, filled, paint } => {
            let style = ShapeStyle { color: code(paint, notes), filled: *filled, stroke_width: units(HOLLOW_WIDTH) as u32 };
            area.draw(&Circle::new(place(*centre), units(*radius), style))?;
        }
        Shape::Text(label) => area.draw(&Text::new(one_line(&label.text), place(label.at), text_style(label)))?,
    }
    Ok(())
}

fn text_style(label: &Label) -> TextStyle<'static> {
    let style = if label.bold { FontStyle::Bold } else { FontStyle::Normal };
    let turn = if label.upright { FontTransform::Rotate270 } else { FontTransform::None };
    let font = (FONT, UNITS * label.size * FONT_SCALE).into_font().style(style).transform(turn);
    let side = match label.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let mut style = TextStyle::from(font).pos(Pos::new(side, VPos::Center));
    style.color = RGBColor(label.role.index(), 0, 0).to_backend_color();
    style
}

/// Control characters would break the line structure that [`restyle`] relies on, and some are not allowed in XML.
fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// Replaces colour codes by classes and note numbers by titles; drops the outer element. plotters writes one tag per line
/// and escapes `<` and `"` in texts, so a line that begins with `<` is a tag and quotes delimit values.
fn restyle(drawn: &str, notes: &[&str]) -> String {
    let mut out = String::with_capacity(drawn.len());
    for line in drawn.lines().filter(|line| !line.starts_with("<svg") && *line != "</svg>") {
        let Some(tag) = line.strip_prefix('<').filter(|tag| !tag.starts_with('/')) else {
            out.push_str(line);
            if line.starts_with("</") {
                out.push('\n');
            }
            continue;
        };
        let (name, rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let note = write_tag(&mut out, name, rest, notes);
        if let Some(note) = note {
            out.push_str("><title>");
            escape(&mut out, note);
            // Writing to a String cannot fail.
            let _ = writeln!(out, "</title></{name}>");
        } else if rest.ends_with("/>") {
            out.push_str("/>\n");
        } else {
            out.push('>');
        }
    }
    out
}

/// Writes a tag without its end and returns its note.
fn write_tag<'a>(out: &mut String, name: &str, rest: &str, notes: &[&'a str]) -> Option<&'a str> {
    out.push('<');
    out.push_str(name);
    let mut note = None;
    for attribute in rest.trim_end_matches("/>").trim_end_matches('>').split_inclusive("\" ") {
        let Some((key, value)) = attribute.trim_end().split_once('=') else { continue };
        let value = value.trim_matches('"').trim_end();
        match (key, value) {
            ("stroke", "none") | ("font-family", _) | ("opacity", "1") => {}
            ("fill", "none") => out.push_str(" fill=\"none\""),
            ("stroke-width", _) if rest.contains("stroke=\"none\"") => {}
            ("fill" | "stroke", colour) => {
                let code = u32::from_str_radix(colour.trim_start_matches('#'), 16).unwrap_or(0);
                let class = class_of((code >> 16) as u8, key == "fill").unwrap_or_default();
                let _ = write!(out, " class=\"{class}\"");
                note = ((code & 0xffff) as usize).checked_sub(1).and_then(|index| notes.get(index).copied());
            }
            ("font-size", size) => {
                let size = size.parse::<f64>().map_or(0.0, f64::round);
                let _ = write!(out, " font-size=\"{size}\"");
            }
            (key, value) => {
                let _ = write!(out, " {key}=\"{value}\"");
            }
        }
    }
    note
}

/// Text as it must stand in XML.
pub(super) fn escape(out: &mut String, text: &str) {
    for character in one_line(text).chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            character => out.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::paint::Role;
    use super::super::scene::Marker;
    use super::*;

    #[test]
    fn codes_become_classes_and_notes_become_titles() {
        let mut scene = Scene::new(10.0, 10.0);
        scene.marker(Marker::Circle, (5.0, 5.0), 1.0, true, Paint::faded(Role::Series(1), 0.5).noted("a <b> & \"c\"".into()));
        scene.marker(Marker::Circle, (5.0, 5.0), 1.0, false, Role::Exact);
        let svg = render(&scene).expect("drawn");
        assert!(svg.contains("<circle cx=\"50\" cy=\"50\" r=\"10\" opacity=\"0.5\" class=\"f-s1\"><title>a &lt;b&gt; &amp; &quot;c&quot;</title></circle>"), "{svg}");
        assert!(svg.contains("fill=\"none\" class=\"s-exact\" stroke-width=\"14\""), "{svg}");
        assert!(!svg.contains('#'), "a colour code is left: {svg}");
    }

    #[test]
    fn texts_keep_their_words_and_lose_their_control_characters() {
        let mut scene = Scene::new(10.0, 10.0);
        scene.text(Label::new("<one>\n\"two\" fill=\"#010203\"\u{1}", (1.0, 1.0), Anchor::Start).bold());
        let svg = render(&scene).expect("drawn");
        assert!(svg.contains(">&lt;one&gt; &quot;two&quot; fill=&quot;#010203&quot; </text>"), "{svg}");
        assert!(svg.contains("font-size=\"130\"") && svg.contains("font-weight=\"bold\""), "{svg}");
    }

    #[test]
    fn longer_and_bolder_texts_are_wider() {
        assert!(text_width("teacher", 13.0, false) > text_width("xor", 13.0, false));
        assert!(text_width("xor", 13.0, true) > text_width("xor", 13.0, false));
        assert!((10.0..30.0).contains(&text_width("xor", 13.0, false)));
    }
}
