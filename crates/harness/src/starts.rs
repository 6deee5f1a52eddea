//! Where exact methods begin that are to begin with what descent found.

use crate::Cell;
use optgap_problem::{Fingerprint, Weights};
use optgap_results::{RunFolder, StoreError};
use std::collections::{HashMap, HashSet};

/// The best weights of a training cell.
pub(crate) struct Start {
    /// Identity of the cell.
    pub(crate) cell: String,
    pub(crate) weights: Weights,
}

/// For every instance the weights with the lowest loss among the finished training cells of the plan.
#[derive(Default)]
pub(crate) struct Starts(HashMap<Fingerprint, Start>);

impl Starts {
    pub(crate) fn read(folder: &RunFolder, cells: &[Cell]) -> Result<Self, StoreError> {
        let planned: HashSet<&str> = cells.iter().map(|cell| cell.id.as_str()).collect();
        let mut best: HashMap<Fingerprint, (f64, Start)> = HashMap::new();
        for record in folder.records()? {
            let loss = record.best_loss().map(|loss| loss.hi);
            let (Some(loss), Some(weights), true) = (loss, record.weights, record.training.is_some()) else { continue };
            let known = best.get(&record.instance.fingerprint).map_or(f64::INFINITY, |(known, _)| *known);
            if planned.contains(record.cell.as_str()) && loss < known {
                best.insert(record.instance.fingerprint, (loss, Start { cell: record.cell, weights }));
            }
        }
        Ok(Self(best.into_iter().map(|(instance, (_, start))| (instance, start)).collect()))
    }

    /// Where the cell begins: nowhere, if it is not to begin with anything or nothing was found.
    pub(crate) fn of(&self, cell: &Cell) -> Option<&Start> {
        self.0.get(&cell.instance.summary.fingerprint).filter(|_| cell.warm_start())
    }
}
