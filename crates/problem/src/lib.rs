//! What optgap talks about: an [`Instance`] is data, a [`Network`] and a [`Loss`]; a method returns [`Weights`];
//! [`Instance::loss_of`] is the one function that scores them; [`Bounds`] is the one place that says "optimal".
//!
//! The crate also holds the file formats (JSON and CSV) and the contracts that families, exact solvers and trainers
//! implement. It knows no randomness, no threads, no clock and no tensor library.

mod arrangement;
mod bounds;
mod contracts;
mod data;
mod enclosure;
mod fingerprint;
mod instance;
mod network;
mod parameters;
mod population;
mod prediction;
mod reader;
mod selector;
mod wire;

pub use arrangement::cells_log10;
pub use bounds::{Bounds, Tolerance};
pub use contracts::{
    About, CertificateSink, EndPoint, ExactOutcome, ExactSolver, ExactTask, Family, Method, NoWatch, Polish, Progress, Restarts,
    SolveError, StopReason, Tag, TrainError, TrainOutcome, Trainer, Unsupported, Verified, Verifier, Watch,
};
pub use data::{Dataset, DatasetError};
pub use enclosure::Enclosure;
pub use fingerprint::Fingerprint;
pub use instance::{Instance, InstanceError, Reference, ShapeMismatch};
pub use network::{Activation, Loss, MAX_DEPTH, MAX_WIDTH, Network, NetworkKind, Weights};
pub use parameters::{BadParameter, Parameter, ParameterKind, Parameters, Size, Value};
pub use reader::{CsvOptions, FileError, read_csv, read_instance, read_weights};
pub use selector::{Selector, SelectorError};
pub use wire::{FormatError, instance_from_json, instance_to_json, weights_from_json, weights_to_json};
