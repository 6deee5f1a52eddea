//! Optima that need large weights: solvers that put the weights into a box report wrong values for these as proved.

use optgap_conformance::exact::{AGREEMENT, assert_contains, solve};
use optgap_conformance::oracle::brute_force_optimum;
use optgap_exact::{Bound, Cones, OneSided};
use optgap_problem::{Dataset, ExactSolver, ExactTask, Instance, Loss, Network, NoWatch, Tolerance};

/// Two close points whose labels differ much, among noisy ones: the best unit rises by `rise` over `steps / 1024`.
fn steep(width: usize, steps: u32, rise: f64) -> Instance {
    let close = 1.0 + f64::from(steps) / 1024.0;
    let rows: Vec<Vec<f64>> = [-1.0, -0.5, 0.0, 0.5, 1.0, close].iter().map(|&x| vec![x]).collect();
    let labels = vec![0.25, -0.125, 0.0625, -0.25, 0.125, rise];
    Instance::new(Dataset::new(&rows, labels).expect("valid"), Network::dense(width), Loss::Squared).expect("valid")
}

/// The largest slope of a unit of the optimal weights.
fn largest_slope(solver: &Cones, instance: &Instance) -> f64 {
    let task = ExactTask::optimum(Tolerance::for_level(instance.constant_level()));
    let weights = solver.solve(instance, task, &mut NoWatch).expect("supported").weights;
    (0..weights.width()).map(|j| (weights.output[j] * weights.hidden[j][0]).abs()).fold(0.0, f64::max)
}

#[test]
fn optima_that_need_weights_of_37_and_373_are_found() {
    for (steps, rise, needed) in [(28, 1.25, 37.0), (3, 1.25, 373.0)] {
        for width in [1, 2] {
            let instance = steep(width, steps, rise);
            let optimum = brute_force_optimum(&instance);
            for bound in [Bound::Interval, Bound::Hull] {
                for one_sided in [OneSided::Always, OneSided::Never] {
                    let solver = Cones { bound, one_sided, ..Cones::DEFAULT };
                    assert_contains(solve(&solver, &instance), optimum, &instance, AGREEMENT);
                    let slope = largest_slope(&solver, &instance);
                    assert!(slope >= needed, "width {width}: {slope} where {needed} was expected");
                }
            }
        }
    }
}
