//! What a run leaves behind: one [`CellRecord`] per finished cell, in append-only files.
//!
//! The crate knows how records look, how they are stored and how they are joined; it does not know how a run is made.

mod record;

pub use record::{
    CellRecord, ExactResult, InstanceSummary, MethodSummary, RestartEnd, Status, TrainingResult, Verdict, Violation, violations,
};
