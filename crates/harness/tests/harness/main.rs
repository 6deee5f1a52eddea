//! The harness from the outside, with made-up families and methods.

mod certificates;
mod common;
mod plans;
mod polishing;
mod runs;
