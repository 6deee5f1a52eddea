//! Plans, cells and their execution.
//!
//! A [`Plan`] is read from TOML against a [`Registry`] of families and methods; its [`Cell`]s are run by [`run`] on a pool
//! of threads, and each leaves one record in a run folder. Cells that have a record already are skipped, so a run that was
//! broken off continues where it stopped. The crate prints nothing: an [`Observer`] hears what happens.
//!
//! [`search`] and [`descend`] run one method on one instance, with the harness's own scoring; [`polish_ends`] says how far
//! descent's end points are from the best points of their own activation cells, [`certify`] has the certificate of a search
//! checked.

mod assessment;
mod attempt;
mod cell;
mod certify;
mod execute;
mod machine;
mod observer;
mod panics;
mod plan;
mod registry;
mod run;
mod starts;
mod trace;
mod watch;

pub use assessment::{Assessment, EndKind, OPTIMUM_GAP, STATIONARY_GAIN, assess};
pub use attempt::{AttemptError, ExactAttempt, TrainingAttempt, descend, polish_ends, search};
pub use cell::{Cell, PlannedInstance, Task};
pub use certify::certify;
pub use machine::Machine;
pub use observer::{Event, Observer};
pub use plan::{Plan, PlanError};
pub use registry::{Engine, FamilyChoice, MethodChoice, Registry, SelectionError};
pub use run::{Conclusion, RunError, RunOptions, RunOutcome, run};
pub use trace::{Trace, TracePoint};
pub use watch::ClockWatch;
