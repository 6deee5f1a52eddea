//! The one place where families, solvers, trainers and the checker come together.

use crate::verifier::Checker;
use optgap_harness::Registry;

/// Everything that plans and command lines can name.
pub static REGISTRY: Registry = Registry {
    families: optgap_families::FAMILIES,
    solvers: optgap_exact::METHODS,
    trainers: optgap_trainer::METHODS,
    polish: Some(&optgap_exact::CellPolish),
    verifier: &Checker,
};
