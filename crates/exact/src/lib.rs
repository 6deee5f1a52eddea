//! Exact search: the global optimum of a small network's training loss, with a proof.
//!
//! ```
//! use optgap_exact::Cones;
//! use optgap_problem::{Dataset, ExactSolver, Instance, Loss, Network, NoWatch, Tolerance};
//!
//! let rows = [vec![0.0, 0.0], vec![0.0, 1.0], vec![1.0, 0.0], vec![1.0, 1.0]];
//! let data = Dataset::new(&rows, vec![0.0, 1.0, 1.0, 0.0])?;
//! let instance = Instance::new(data, Network::dense(1), Loss::Squared)?;
//! let tolerance = Tolerance::for_level(instance.constant_level());
//! let outcome = Cones::default().solve(&instance, tolerance, &mut NoWatch)?;
//! let upper = instance.loss_of(&outcome.weights)?.hi;
//! assert!(outcome.lower <= upper && upper - outcome.lower <= 1e-9 * upper); // one ReLU cannot do exclusive or
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! How it works: `program` reduces the instance by exact steps, `descent` finds good weights, `search` splits the space of
//! neuron directions into simplicial cones (`cone`, `vertex`: exact integer rays), `relaxation` bounds a product of cones in
//! floating point, and `dual` (with `pivots` and `exact_fit` for the hard cases) proves the bound with rigorous arithmetic.
//! Only proved bounds prune. `branching` says where to split. One unit in many dimensions is searched by `one_sided` instead,
//! which branches on the samples' sides.

mod branching;
mod cone;
mod descent;
mod dual;
mod exact_fit;
mod incumbent;
mod integers;
mod linear;
mod nnls;
mod node;
mod one_sided;
mod pivots;
mod program;
mod relaxation;
mod search;
mod solver;
mod vertex;

pub use solver::{Cones, METHODS, OneSided};
