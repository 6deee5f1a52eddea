//! Tables, charts and pages from records alone.
//!
//! [`RunTable::new`] joins the records of a run: per instance the bounds of all exact cells with the restarts of all
//! trainers, per family the shares and medians. [`headline`] writes it for the terminal, [`write_report`] as a folder with
//! one self-contained page and each chart as SVG with its numbers as CSV. Nothing here runs a method, reads a clock or the
//! network: the same records give the same bytes.

mod certificates;
mod chart;
mod clock;
mod cost;
mod finding;
mod headline;
mod instance_row;
mod number;
mod page;
mod statistics;
mod table;
pub mod thresholds;
mod write;

pub use certificates::{CertificateFault, CertificateOutcome, CertificateRow, Certificates};
pub use clock::Clock;
pub use headline::headline;
pub use instance_row::{Closure, DescentRow, ExactRow, InstanceRow, Restart};
pub use number::size as size_words;
pub use page::ReportMeta;
pub use statistics::{GapInterval, Growth, Proportion, mean_seconds, median};
pub use table::{FamilyRow, RunTable, Setback, TrainerRow};
pub use write::{ChartPaths, ReportError, ReportPaths, write_report};
