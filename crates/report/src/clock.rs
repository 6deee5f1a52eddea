//! Which seconds are shown: those of one machine, on one kind of clock per record.

use optgap_results::CellRecord;
use std::collections::BTreeMap;

/// The machine whose seconds are compared, and what its seconds are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The machine with the most cells. Cells of other machines take part in everything but the seconds.
    pub machine: String,
    /// Number of cells on it.
    pub cells: usize,
    /// Number of machines in the run.
    pub machines: usize,
    /// `CPU seconds`, `wall seconds`, or both where records are mixed.
    pub unit: &'static str,
}

impl Clock {
    pub(crate) fn of(records: &[&CellRecord]) -> Self {
        let mut cells_by_machine: BTreeMap<&str, usize> = BTreeMap::new();
        for record in records {
            *cells_by_machine.entry(&record.machine).or_default() += 1;
        }
        let machines = cells_by_machine.len();
        let most = cells_by_machine.into_iter().rev().max_by_key(|(_, cells)| *cells);
        let (machine, cells) = most.map_or_else(Default::default, |(name, cells)| (name.to_owned(), cells));
        let here = || records.iter().filter(|record| record.machine == machine);
        let side_by_side = here().filter(|record| record.jobs > 1).count();
        let unit = match side_by_side {
            0 => "wall seconds",
            all if all == cells => "CPU seconds",
            _ => "CPU or wall seconds",
        };
        Self { machine, cells, machines, unit }
    }

    /// Seconds that a record took: CPU seconds where cells ran side by side, else wall seconds; none from other machines.
    pub(crate) fn seconds(&self, record: &CellRecord) -> Option<f64> {
        let seconds = if record.jobs > 1 { record.cpu_s } else { record.wall_s };
        (record.machine == self.machine && seconds.is_finite() && seconds >= 0.0).then_some(seconds)
    }
}
