//! The charts: each a drawing with its numbers.
//!
//! A chart is built as a scene of lines, areas, markers and labels; `render` alone knows plotters.

mod axis;
mod cost_by_size;
mod decision;
mod gap_by_family;
mod gap_by_time;
mod layout;
mod paint;
mod render;
mod runtime;
mod scene;
mod success;

use crate::table::RunTable;
use render::escape;
use scene::Scene;

pub(crate) use paint::style_sheet;
pub(crate) use render::DrawingError;

/// A chart ready to be written.
pub(crate) struct Chart {
    /// File name without its ending.
    pub(crate) name: &'static str,
    /// Title, also drawn.
    pub(crate) title: &'static str,
    /// How to read it, in one or two sentences.
    pub(crate) reading: String,
    /// The numbers behind it.
    pub(crate) csv: String,
    body: String,
    view_box: String,
    size: (f64, f64),
}

/// A chart's drawing and numbers before they are rendered.
struct Draft {
    name: &'static str,
    title: &'static str,
    reading: String,
    scene: Scene,
    csv: String,
}

impl Chart {
    fn render(draft: Draft) -> Result<Self, DrawingError> {
        Ok(Self {
            name: draft.name,
            title: draft.title,
            reading: draft.reading,
            csv: draft.csv,
            body: render::render(&draft.scene)?,
            view_box: render::view_box(&draft.scene),
            size: (draft.scene.width, draft.scene.height),
        })
    }

    /// The drawing as an element of a page that has [`style_sheet`].
    pub(crate) fn inline(&self) -> String {
        self.element("", "")
    }

    /// The drawing as a file of its own.
    pub(crate) fn standalone(&self) -> String {
        let (width, height) = self.size;
        let attributes = format!(" xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\"");
        self.element(&attributes, &format!("<style>{}</style>\n", style_sheet())) + "\n"
    }

    fn element(&self, attributes: &str, style: &str) -> String {
        let mut description = String::new();
        escape(&mut description, &self.reading);
        format!(
            "<svg{attributes} class=\"chart\" viewBox=\"{}\" role=\"img\">\n<title>{}</title>\n<desc>{description}</desc>\n{style}{}</svg>",
            self.view_box, self.title, self.body
        )
    }
}

/// All charts of a run, in the order of the page. A run without the data for a chart gets one that says so; only
/// the growth with the number of samples is left out of a run that has no series of them, because most runs have none.
pub(crate) fn charts(table: &RunTable) -> Result<Vec<Chart>, DrawingError> {
    let drafts = [
        Some(gap_by_family::draft(table)),
        Some(success::draft(table)),
        Some(decision::draft(table)),
        Some(runtime::draft(table)),
        cost_by_size::draft(table),
        Some(gap_by_time::draft(table)),
    ];
    drafts.into_iter().flatten().map(Chart::render).collect()
}
