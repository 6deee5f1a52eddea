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
mod blend;
mod clusters;
mod colouring;
mod cosine;
mod deep_linear;
mod files;
mod filter_splitting;
mod gaussian_convolution;
mod graph;
mod halfspace_cover;
mod hypergraph;
mod label_noise;
mod memorisation;
mod orthants;
mod orthonormal_population;
mod orthonormal_teacher;
mod parity;
mod planted;
mod principal;
mod random_labels;
mod real;
mod redundant;
mod request;
mod separable;
mod set_splitting;
mod single_index;
mod smoothing;
mod sources;
mod spare_width;
mod spectrum;
mod spirals;
mod staircase;
mod star;
mod stream;
mod subset_sum;
mod table;
mod teacher;
#[cfg(test)]
mod template;
mod vertex_cover;
mod weight_sharing;
mod width_ladder;
mod xor;

use optgap_problem::Family;

/// Every family, in the order in which lists and reports show them.
pub static FAMILIES: &[&dyn Family] = &[
    // Adversarial, structured, recorded, ladders; one a line, and `optgap new family` adds to the end.
    &vertex_cover::VertexCover,
    &subset_sum::SubsetSum,
    &colouring::Colouring,
    &filter_splitting::FilterSplitting,
    &set_splitting::SetSplitting,
    &halfspace_cover::HalfspaceCover,
    &parity::Parity,
    &orthants::Orthants,
    &star::Star,
    &memorisation::Memorisation,
    &spirals::Spirals,
    &cosine::Cosine,
    &random_labels::RandomLabels,
    &teacher::Teacher,
    &orthonormal_teacher::OrthonormalTeacher,
    &orthonormal_population::OrthonormalPopulation,
    &gaussian_convolution::GaussianConvolution,
    &single_index::SingleIndex,
    &staircase::Staircase,
    &xor::Xor,
    &clusters::Clusters,
    &separable::Separable,
    &redundant::Redundant,
    &spectrum::Spectrum,
    &deep_linear::DeepLinear,
    &real::Real,
    &files::Files,
    &spare_width::SpareWidth,
    &width_ladder::WidthLadder,
    &label_noise::LabelNoise,
    &smoothing::Smoothing,
    &blend::Blend,
    &weight_sharing::WeightSharing,
];
