//! What the command `optgap` and the bench of the optimality gap share: everything that can be named, and the way from a
//! run's folder to its report.

mod registry;
mod reporting;
mod verifier;

pub use registry::REGISTRY;
pub use reporting::Report;
