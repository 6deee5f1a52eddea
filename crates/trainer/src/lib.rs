//! Gradient descent on burn: many restarts of one small network in one batched tensor.
//!
//! [`METHODS`] is the registry of trainers. This is the only crate that knows burn.

mod batch;
mod curvature;
mod device;
mod initial;
mod layout;
mod memory;
mod methods;
mod model;
mod optimiser;
mod settings;
mod stopping;
mod trainer;
mod training;

pub use batch::Batch;
pub use initial::Initialisation;
pub use methods::METHODS;
pub use optimiser::OptimiserKind;
pub use settings::{RateScale, Settings};
pub use stopping::Stopping;
pub use trainer::DescentTrainer;
