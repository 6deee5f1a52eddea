//! The report's files.

use crate::chart::{Chart, DrawingError, charts};
use crate::page::{ReportMeta, page, tables};
use crate::table::RunTable;
use optgap_results::CellRecord;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Where a report lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportPaths {
    /// The page.
    pub index: PathBuf,
    /// The charts, in the order of the page.
    pub charts: Vec<ChartPaths>,
    /// The tables of families and of instances as CSV.
    pub tables: Vec<PathBuf>,
}

/// The two files of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartPaths {
    /// The drawing.
    pub svg: PathBuf,
    /// The numbers behind it.
    pub csv: PathBuf,
}

/// Why a report could not be written.
#[derive(Debug, Error)]
pub enum ReportError {
    /// A folder or file could not be written.
    #[error("cannot write {}: {error}; check that the folder exists, is writable and has space", path.display())]
    Write {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A chart could not be drawn.
    #[error("cannot draw the charts: {0}")]
    Draw(String),
}

impl From<DrawingError> for ReportError {
    fn from(error: DrawingError) -> Self {
        Self::Draw(error.to_string())
    }
}

/// Writes `report/index.html`, `report/charts/*.{svg,csv}` and `report/tables/*.csv` into a run's folder, which is made if
/// it does not exist. The page needs no other file and no network. Every file appears under its name only when it is
/// complete; the same records and `meta` give the same bytes.
///
/// # Errors
/// When a folder or file cannot be written; the error names it. Files that were complete before stay.
pub fn write_report(folder: &Path, records: &[CellRecord], meta: &ReportMeta) -> Result<ReportPaths, ReportError> {
    let table = RunTable::new(records, meta.planned_cells);
    let charts = charts(&table)?;
    let page = page(&table, records, &charts, meta);
    let report = folder.join("report");
    let chart_paths = charts.iter().map(|chart| write_chart(&report.join("charts"), chart)).collect::<Result<Vec<_>, _>>()?;
    let mut table_paths = Vec::new();
    for (name, text) in [("families.csv", tables::families_csv(&table)), ("instances.csv", tables::instances_csv(&table))] {
        table_paths.push(write_file(&report.join("tables"), name, &text)?);
    }
    let index = write_file(&report, "index.html", &page)?;
    Ok(ReportPaths { index, charts: chart_paths, tables: table_paths })
}

fn write_chart(folder: &Path, chart: &Chart) -> Result<ChartPaths, ReportError> {
    let svg = write_file(folder, &format!("{}.svg", chart.name), &chart.standalone())?;
    let csv = write_file(folder, &format!("{}.csv", chart.name), &chart.csv)?;
    Ok(ChartPaths { svg, csv })
}

/// Writes under a temporary name and renames, so that nobody ever sees half a file.
fn write_file(folder: &Path, name: &str, text: &str) -> Result<PathBuf, ReportError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| ReportError::Write { path, error }
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    let path = folder.join(name);
    let temporary = folder.join(format!(".{name}.tmp"));
    let written = fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, &path));
    if written.is_err() {
        // The error worth telling is the first one.
        let _ = fs::remove_file(&temporary);
    }
    written.map_err(failed(&path))?;
    Ok(path)
}

/// Lines as CSV.
pub(crate) fn csv_text(header: &[&str], lines: &[Vec<String>]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(header).and_then(|()| lines.iter().try_for_each(|line| writer.write_record(line)));
    written.expect("writing to memory works and every line has the fields of the header");
    let bytes = writer.into_inner().expect("flushing to memory works");
    String::from_utf8(bytes).expect("strings joined by ASCII separators are UTF-8")
}
