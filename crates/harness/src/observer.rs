//! What a run tells the outside while it works.

use crate::Cell;
use optgap_results::CellRecord;

/// Something that happened.
#[derive(Clone, Copy)]
pub enum Event<'a> {
    /// The plan is laid out and every file is open; work begins.
    Planned {
        /// Cells of the plan.
        total: usize,
        /// Cells of the plan that have a record already.
        done: usize,
    },
    /// A thread took up a cell.
    Started {
        /// The cell.
        cell: &'a Cell,
    },
    /// A record is on disk.
    Finished {
        /// The record.
        record: &'a CellRecord,
        /// Cells of the plan that have a record now.
        done: usize,
        /// Cells of the plan.
        total: usize,
    },
}

/// Hears what happens. Called from every thread of the pool.
pub trait Observer: Sync {
    /// Something happened.
    fn hear(&self, event: Event<'_>);
}

/// An observer that ignores everything.
impl Observer for () {
    fn hear(&self, _: Event<'_>) {}
}
