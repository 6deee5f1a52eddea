//! What every plug-in is held against: suites that a family, a solver or a trainer gets by being in a registry.
//!
//! A development dependency of the crates under test; never shipped.

pub mod degenerate;
pub mod exact;
pub mod family;
mod nonnegative;
pub mod oracle;
pub mod reference;
