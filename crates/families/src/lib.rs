//! Instance families, one file each, and the registry [`FAMILIES`].
//!
//! `optgap new family NAME` adds one: `src/<name>.rs` with a unit struct that implements [`Family`], a `mod` line and a line in
//! [`FAMILIES`]. The module documentation of the file says what the data are, where the idea comes from, what is known of the
//! optimum and what gradient descent is expected to do and why; [`Family::about`] cuts it into what lists and reports print.
//! Plans, `optgap list`, the report and the conformance suite find the family through the slice; a file without its `mod` line
//! or without its registry line fails a test.
//!
//! Families are pure: the same parameters and the same seed give the same bytes on every platform. Random numbers come from
//! one seeded generator with a stream of its own for every purpose (inputs, teacher, noise, ...), so that a parameter of one
//! purpose does not disturb the others: `teacher` and `random-labels` have the same inputs for the same `n`, `dimension`
//! and seed.

mod about;
mod admission;
mod files;
mod graph;
mod principal;
mod random_labels;
mod real;
mod request;
mod sources;
mod stream;
mod table;
mod teacher;
#[cfg(test)]
mod template;
mod vertex_cover;
mod xor;

use optgap_problem::Family;

/// Every family, in the order in which lists and reports show them.
pub static FAMILIES: &[&dyn Family] = &[
    // One a line; `optgap new family` adds to the end.
    &teacher::Teacher,
    &random_labels::RandomLabels,
    &xor::Xor,
    &vertex_cover::VertexCover,
    &real::Real,
    &files::Files,
];
