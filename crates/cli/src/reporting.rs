//! From a run's folder to its report.

use crate::REGISTRY;
use optgap_report::{ReportMeta, RunTable, headline, write_report};
use optgap_results::{CellRecord, RunFolder, Violation};
use serde_json::Value;
use std::path::PathBuf;

/// What is reported of a run: its planned cells.
pub struct Report {
    records: Vec<CellRecord>,
    table: RunTable,
    meta: ReportMeta,
}

impl Report {
    /// Reads the records of a run.
    ///
    /// # Errors
    /// When the folder is no run's, or a record in it cannot be read.
    pub fn of(folder: &RunFolder) -> anyhow::Result<Self> {
        let records = folder.planned_records()?;
        let planned = Some(folder.planned()?.len()).filter(|&cells| cells > 0);
        let root = folder.root();
        let title = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let described = REGISTRY.families.iter().filter(|family| records.iter().any(|r| r.instance.family == family.name()));
        let meta = ReportMeta {
            title: title.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            command: Some(format!("cargo optgap run {}", root.join("run.toml").display())),
            planned_cells: planned,
            families: described.map(|family| (family.name().to_owned(), family.about())).collect(),
            environment: environment(folder)?,
            // Nothing in a report changes unless the records do.
            date: None,
        };
        Ok(Self { table: RunTable::new(&records, planned), records, meta })
    }

    /// The table for the terminal.
    pub fn headline(&self) -> String {
        headline(&self.table)
    }

    /// Losses below lower bounds.
    pub fn violations(&self) -> &[Violation] {
        &self.table.violations
    }

    /// Does nothing contradict anything: no loss lies below a lower bound, and no certificate was rejected?
    pub fn is_sound(&self) -> bool {
        self.table.violations.is_empty() && self.table.certificates.rejected() == 0
    }

    /// Writes page and charts; gives the place of the page.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, folder: &RunFolder) -> anyhow::Result<PathBuf> {
        Ok(write_report(folder.root(), &self.records, &self.meta)?.index)
    }
}

/// What the page says of machine and revision anyway, from the records.
const SAID_BY_RECORDS: [&str; 2] = ["id", "revision"];

/// Names and values of all workers' machines; the worker is named only if there are several.
fn environment(folder: &RunFolder) -> anyhow::Result<Vec<(String, String)>> {
    let workers = folder.environments()?;
    let mut lines = Vec::new();
    for (worker, machine) in &workers {
        let telling = |(name, value): &(&String, &Value)| !value.is_null() && !SAID_BY_RECORDS.contains(&name.as_str());
        for (name, value) in machine.as_object().into_iter().flatten().filter(telling) {
            let name = if workers.len() > 1 { format!("{worker}: {name}") } else { name.clone() };
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            lines.push((name, value));
        }
    }
    Ok(lines)
}
