//! Exact search: the global optimum of a small network's training loss, with a proof.
//!
//! ```
//! use optgap_exact::Cones;
//! use optgap_problem::{Dataset, ExactSolver, ExactTask, Instance, Loss, Network, NoWatch, Tolerance};
//!
//! let rows = [vec![0.0, 0.0], vec![0.0, 1.0], vec![1.0, 0.0], vec![1.0, 1.0]];
//! let data = Dataset::new(&rows, vec![0.0, 1.0, 1.0, 0.0])?;
//! let instance = Instance::new(data, Network::dense(1), Loss::Squared)?;
//! let tolerance = Tolerance::for_level(instance.constant_level());
//! let outcome = Cones::default().solve(&instance, ExactTask::optimum(tolerance), &mut NoWatch)?;
//! let upper = instance.loss_of(&outcome.weights)?.hi;
//! assert!(outcome.lower <= upper && upper - outcome.lower <= 1e-9 * upper); // one ReLU cannot do exclusive or
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! How it works: `program` reduces the instance by exact steps to points and samples (`incidence`: a shared filter shows several
//! points of a sample, a dense network one), `descent` finds good weights, `search` splits the space of neuron directions into
//! simplicial cones (`cone`, `vertex`: exact integer rays) and keeps them in a `tree`. A node is bounded in floating point, by
//! prediction `interval`s of its samples (`relaxation`, `cut_samples`, `nnls`, `kernels`; dense networks only) or by joint
//! `hull`s of what its neurons can do, and `dual` (with `pivots`, `equalities` and `exact_fit` for the hard cases) proves the
//! bound with rigorous arithmetic. Only proved bounds prune. `branching` says where to split. One unit in many dimensions is
//! searched by `one_sided` instead, which branches on the samples' sides. [`CellPolish`] solves the activation cell of given
//! weights.

mod bound;
mod branching;
mod cone;
mod cut_samples;
mod descent;
mod digits;
mod dual;
mod equalities;
mod exact_fit;
mod hull;
mod incidence;
mod incumbent;
mod integers;
mod interval;
mod kernels;
mod linear;
mod multistart;
mod nnls;
mod node;
mod one_sided;
mod pivots;
mod polish;
mod program;
mod projection;
mod relaxation;
mod roots;
mod search;
mod solver;
mod tree;
mod vertex;

pub use polish::CellPolish;
pub use solver::{Bound, Cones, METHODS, OneSided};
