//! What a run leaves behind: one [`CellRecord`] per finished cell, in append-only files.
//!
//! The crate knows how records look, how they are stored and how they are joined; it does not know how a run is made.

mod certificate_file;
mod certification;
mod output;
mod record;
mod store;
mod writer;

pub use certificate_file::CertificateFile;
pub use certification::{CertificateState, Certification};
pub use output::OutputFile;
pub use record::{
    CellRecord, ExactResult, InstanceSummary, MethodSummary, REFERENCE_MARGIN, RestartEnd, Status, TrainingResult, Verdict,
    Violation, violations,
};
pub use store::{PlannedCell, RunFolder, StoreError};
pub use writer::RecordWriter;
