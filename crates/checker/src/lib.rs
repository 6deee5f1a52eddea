//! The second opinion: certificates of lower bounds proved again, and the exact loss of weights.
//!
//! The crate shares no code with the rest of optgap, so that a mistake there cannot hide here. It reads the files with
//! its own parser, takes every f64 as the dyadic rational that it is, and has no tolerances: what is not proved is refused. `FORMAT.md`
//! in the crate's folder specifies certificates and proves the rules; each module says which of them it checks.
//!
//! ```
//! # let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/");
//! let instance = std::fs::read(format!("{folder}hull-0037.json"))?;
//! let certificate = std::fs::read(format!("{folder}hull-0037.certificate"))?;
//! let verdict = optgap_checker::check(&instance, &certificate)?;
//! let (lower, upper) = (verdict.lower.lower(), verdict.upper.upper());
//! assert!(lower > 0.0 && upper - lower <= 1e-9 * upper); // no weights do better than these, and that is proved
//!
//! let damaged = &certificate[..certificate.len() - 1];
//! let refusal = optgap_checker::check(&instance, damaged).unwrap_err();
//! assert_eq!(refusal.to_string(), "rule R8: cut short: 32 bytes are expected, 31 are left");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ```
//! let instance = br#"{"format": "optgap-instance/1", "network": {"kind": "dense", "width": 1}, "x": [[1], [2], [3]], "y": [1, 2, 2]}"#;
//! let weights = br#"{"hidden": [[1]], "hidden_bias": [0], "output": [1]}"#;
//! let loss = optgap_checker::exact_loss(instance, weights).unwrap();
//! assert_eq!(loss.to_string(), "1/3");
//! assert!(loss.lower() < loss.upper() && loss.lower().next_up() == loss.upper());
//! ```

mod bytes;
mod cells;
mod certificate;
mod cones;
mod data;
mod dyadic;
mod error;
mod evaluate;
mod exact;
mod input;
mod interval;
mod neurons;
mod rays;
mod refusal;
mod rounding;
mod sides;
mod vector;
mod walk;
mod whole;

pub use error::{CheckError, Document};
pub use exact::ExactLoss;
pub use refusal::{Refusal, Rule};

use cells::Cells;
use certificate::{Certificate, Frame};
use cones::Cones;
use data::Problem;
use dyadic::Dyadic;
use interval::{Given, Number};
use num_rational::BigRational;
use refusal::{Fault, require};
use sides::Sides;
use walk::walk;

/// Largest accepted document in bytes: 128 MiB.
pub const MAX_BYTES: usize = 128 << 20;
/// Largest accepted count of numbers in one list or table: 4,194,304, for example 100,000 samples of 41 inputs.
pub const MAX_NUMBERS: usize = 1 << 22;
/// Largest accepted width of a network.
pub const MAX_WIDTH: usize = 4096;
/// Largest accepted count of exact multiplications, about `samples * width * (inputs + 1)`: some minutes of work.
pub const MAX_PRODUCTS: usize = 1 << 30;

/// The exact training loss of `weights` on `instance`: the mean over the samples of `(f(x) - y)^2` with
/// `f(x) = sum_j a_j max(0, w_j . x + b_j) + c`; a network of the kind `shared-filter` has one unit, which looks at disjoint
/// patches of `x`, and the mean over these counts.
///
/// Both arguments are JSON: an instance of the format `optgap-instance/1` and weights as
/// `{"hidden": [[..]], "hidden_bias": [..], "output": [..], "output_bias": 0.0}`. Fields that do not enter the training
/// loss (`name`, `test`, `reference`, `provenance`) are skipped unread. A byte order mark is skipped too.
///
/// Memory is bounded before it is taken: [`MAX_BYTES`], [`MAX_NUMBERS`], [`MAX_WIDTH`] and [`MAX_PRODUCTS`].
///
/// # Errors
/// Names the document, the field and what was expected there.
pub fn exact_loss(instance: &[u8], weights: &[u8]) -> Result<ExactLoss, CheckError> {
    let instance = input::read_instance(instance)?;
    let weights = input::read_weights(weights)?;
    evaluate::mean_squared_error(&instance, &weights)
}

/// Largest width of a network that can be certified.
pub const MOST_CERTIFIED: usize = 64;

/// What a certificate proves of an instance.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// No weights have a lower loss.
    pub lower: ExactLoss,
    /// The loss of the certificate's weights.
    pub upper: ExactLoss,
    /// Nodes that were visited.
    pub nodes: u64,
}

/// Re-proves what a certificate says of an instance: both are the bytes of files, JSON of the format `optgap-instance/1` and an
/// `optgap-certificate/1`, whose rules `FORMAT.md` in this crate's folder has, with their proofs.
///
/// # Errors
/// When the certificate is not for this instance, or a rule fails: the node and the rule are named.
pub fn check(instance: &[u8], certificate: &[u8]) -> Result<Verdict, Refusal> {
    let instance = input::read_instance(instance)?;
    let width = instance.network.width;
    require(width <= MOST_CERTIFIED, Rule::Form, format!("networks of width {width} cannot be certified"))?;
    let certificate = Certificate::read(certificate, &instance)?;
    let upper = evaluate::mean_squared_error(&instance, &certificate.weights)
        .map_err(|error| Fault::new(Rule::Statement, error.to_string()))?;
    let claim = Given::new(Dyadic::from_f64(certificate.claim).unwrap_or_else(Dyadic::zero).over(1));
    let problem = Problem::new(&instance, certificate.frame.columns())?;
    // Rule R0: zero is feasible everywhere, so that no node needs to be looked at.
    let trivial = problem.trivial.exact.at_least(&claim.exact) == Some(true);
    let nodes = match &certificate.frame {
        Frame::Cells if trivial => 0,
        Frame::Cells => walk(&mut Cells::new(&problem, &claim)?, &certificate)?,
        Frame::Cones { rays, .. } => {
            let mut cones = Cones::new(&problem, &claim, rays)?;
            if trivial { 0 } else { walk(&mut cones, &certificate)? }
        }
        Frame::Sides => {
            let mut sides = Sides::new(&problem, &claim)?;
            if trivial { 0 } else { walk(&mut sides, &certificate)? }
        }
    };
    let lower = ExactLoss::new(claim.exact / BigRational::from_integer(problem.samples.into()));
    require(lower <= upper, Rule::Statement, "the weights lie below the proved bound: this checker or the format is wrong")?;
    Ok(Verdict { lower, upper, nodes })
}
