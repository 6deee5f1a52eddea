//! Plans: which instances, which methods, which budget. The format is described in `benches/plans/README.md`.

mod error;
mod expand;
mod wire;

pub use error::PlanError;

use crate::{Cell, Registry};
use error::Source;
use optgap_problem::{Polish, Verifier};
use std::path::{Path, PathBuf};

/// A plan that was checked against a registry and laid out in cells.
#[derive(Clone)]
pub struct Plan {
    /// The file it was read from.
    pub file: PathBuf,
    /// The text of the file.
    pub text: String,
    /// Name of the plan, and of its folder of results.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The cells: instances in the plan's order, for each of them the methods in the plan's order. A cell that two entries
    /// ask for is there once.
    pub cells: Vec<Cell>,
    /// What polishes descent's end points, if anything does.
    pub(crate) polish: Option<&'static dyn Polish>,
    /// What checks the certificates of exact methods.
    pub(crate) verifier: &'static dyn Verifier,
}

impl Plan {
    /// Reads a plan and makes its instances.
    ///
    /// # Errors
    /// Names the file, the line and what to write instead: for syntax errors, unknown keys, families, methods, parameters
    /// and sizes, and values out of range.
    pub fn read(file: &Path, registry: &Registry) -> Result<Self, PlanError> {
        let source = Source::read(file)?;
        let wire = wire::PlanWire::parse(&source)?;
        let cells = expand::cells(&wire, registry, &source)?;
        Ok(Self {
            name: wire.name.into_inner(),
            description: wire.description,
            cells,
            file: source.file,
            text: source.text,
            polish: registry.polish,
            verifier: registry.verifier,
        })
    }
}
