//! What every exact solver is held against, through the contract alone.

use optgap_problem::{Bounds, Dataset, ExactSolver, ExactTask, Instance, NoWatch, StopReason, Tolerance};

/// Hidden bias, output bias and trained output: all combinations.
pub const ALL_SWITCHES: [[bool; 3]; 8] = [
    [true, false, true],
    [false, false, true],
    [true, true, true],
    [false, true, true],
    [true, false, false],
    [false, false, false],
    [true, true, false],
    [false, true, false],
];

/// Optimal values of an instance and of its transformation must agree to this share of the larger of optimum and `L0`.
pub const AGREEMENT: f64 = 1e-9;

/// Rounding of a loss that is zero, as a share of the largest squared label.
const ROUNDING: f64 = 1e-28;

/// Solves an instance without limit and returns its bounds, scored in original coordinates.
///
/// # Panics
/// When the search fails, does not close its bounds, or claims a lower bound above its own upper bound.
pub fn solve(solver: &dyn ExactSolver, instance: &Instance) -> Bounds {
    let tolerance = Tolerance::for_level(instance.constant_level());
    let outcome = solver.solve(instance, ExactTask::optimum(tolerance), &mut NoWatch).expect("supported");
    let loss = instance.loss_of(&outcome.weights).expect("weights fit the network");
    let bounds = Bounds { lower: outcome.lower, upper: loss.hi };
    assert!(bounds.lower <= loss.hi, "{}: lower bound {} above the loss {}", instance.name, bounds.lower, loss.hi);
    assert!(
        bounds.closed(tolerance) && outcome.stop == StopReason::BoundsClosed,
        "{}: {bounds:?}, {:?}",
        instance.name,
        outcome.stop
    );
    bounds
}

/// Asserts that the bounds contain `optimum` up to `relative` times the larger of it and `L0`.
///
/// # Panics
/// When they do not.
pub fn assert_contains(bounds: Bounds, optimum: f64, instance: &Instance, relative: f64) {
    let largest = instance.data.labels().iter().fold(0.0f64, |m, y| m.max(y.abs()));
    let margin = relative * optimum.max(instance.constant_level()) + ROUNDING * largest * largest;
    assert!(
        bounds.lower <= optimum + margin && optimum - margin <= bounds.upper,
        "{}: {bounds:?} does not contain {optimum}: {}",
        instance.name,
        optgap_problem::instance_to_json(instance)
    );
}

/// The instance with every sample replaced.
///
/// # Panics
/// When the new samples are not valid.
pub fn with_samples(instance: &Instance, samples: impl IntoIterator<Item = (Vec<f64>, f64)>) -> Instance {
    let (rows, labels): (Vec<_>, Vec<_>) = samples.into_iter().unzip();
    Instance { data: Dataset::new(&rows, labels).expect("valid samples"), reference: None, ..instance.clone() }
}

/// The samples of an instance, to be transformed.
pub fn samples(instance: &Instance) -> Vec<(Vec<f64>, f64)> {
    instance.data.samples().map(|(input, label)| (input.to_vec(), label)).collect()
}
