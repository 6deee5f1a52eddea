//! Gradient descent on burn: many restarts of one small network in one batched tensor.
//!
//! [`METHODS`] is the registry of trainers. This is the only crate that knows burn: its tensors, its autodiff and its
//! optimisers, in double precision on the CPU.
//!
//! All parameters of a restart are one column of one matrix, which burn's optimisers update entry by entry. Losses are
//! looked at every `check-every` steps only; there each restart keeps its best weights, halves its learning rate on a
//! plateau and stops by itself. Columns of stopped restarts are dropped, with the optimiser's memory of them, once they
//! are half of the batch.
//!
//! The end point of a restart depends on the instance, the settings, the seed and its index alone, bit for bit, and not
//! on the other restarts or on threads, unless the watch stops it. Other processors may give other last bits, because
//! the matrix product picks its instructions at run time.

mod batch;
mod batched;
mod curvature;
mod device;
mod fused;
mod hand;
mod initial;
mod kernel;
mod layout;
mod least_squares;
mod memory;
mod methods;
mod model;
mod one_pass;
mod optimiser;
mod plain;
mod population;
mod random_search;
mod schedule;
mod settings;
mod shards;
mod stopping;
mod trainer;
mod training;
mod traps;

pub use batch::Batch;
pub use hand::HandLoop;
pub use initial::{Initialisation, Law};
pub use methods::METHODS;
pub use optimiser::OptimiserKind;
pub use random_search::RandomSearch;
pub use settings::{RateScale, Settings};
pub use stopping::Stopping;
pub use trainer::DescentTrainer;
pub use traps::Trap;
