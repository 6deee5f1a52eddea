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
//! points of a sample, a dense network one), and `descent` finds good weights. Then `search` visits the nodes of a `tree`. `products`
//! splits the space of neuron directions into regions and bounds their products (`product`) in floating point, by joint `hull`s of
//! what the neurons can do on the cells of the points' `arrangement`, or, where that has too many rays, by prediction `interval`s of
//! the samples (`relaxation`, `cut_samples`, `nnls`; simplicial `cone`s with exact integer rays, split by `branching`; dense networks
//! only). `dual` (with `pivots`, `equalities` and `exact_fit` for the hard cases) proves the bound with rigorous arithmetic. One unit in
//! many dimensions is searched by `one_sided` instead, which branches on the samples' sides. Only proved bounds prune, and `certificate`
//! writes the proofs down for an independent checker, if the task asks for it.
//! `deep_linear` has the networks without units, whose optimum is least squares. [`CellPolish`] solves the activation cell of given weights.

mod arrangement;
mod bound;
mod branching;
mod certificate;
mod cone;
mod cut_samples;
mod deep_linear;
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
mod lines;
mod multistart;
mod nnls;
mod one_sided;
mod pivots;
mod polish;
mod product;
mod products;
mod program;
mod projection;
mod relaxation;
mod search;
mod solver;
mod tree;
mod vertex;

pub use polish::CellPolish;
pub use solver::{Bound, Cones, METHODS, OneSided};
