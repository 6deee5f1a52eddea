//! Transformations of an instance that change its optimum in a known way.

use optgap_conformance::exact::{AGREEMENT, assert_contains, samples, solve, with_samples};
use optgap_exact::Cones;
use optgap_problem::{Dataset, ExactSolver, Instance, Loss, Network, Tolerance};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Noisy samples of a bent plane, in multiples of 1/64 so that the transformations below are exact.
fn instance(seed: u64, n: usize, network: Network) -> Instance {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut fraction = || f64::from(random.next_u32() % 257) / 64.0 - 2.0;
    let rows: Vec<Vec<f64>> = (0..n).map(|_| vec![fraction(), fraction()]).collect();
    let labels = rows.iter().map(|x| (x[0] - x[1]).max(0.0) - (x[1] + 1.0).max(0.0) + fraction() / 4.0).collect();
    Instance::new(Dataset::new(&rows, labels).expect("valid"), network, Loss::Squared).expect("valid")
}

fn optimum(instance: &Instance) -> f64 {
    solve(&Cones::default(), instance).upper
}

fn each_seed(check: impl Fn(Instance, f64)) {
    for seed in 0..3 {
        for width in 1..=2 {
            let original = instance(seed, 14, Network::dense(width));
            let value = optimum(&original);
            check(original, value);
        }
    }
}

#[test]
fn an_invertible_affine_map_of_the_inputs_changes_nothing() {
    each_seed(|original, value| {
        let map = |x: &[f64]| vec![4.0 * x[0] - 2.0 * x[1] + 512.0, x[0] + 0.5 * x[1] - 3.0];
        let mapped = with_samples(&original, samples(&original).into_iter().map(|(x, y)| (map(&x), y)));
        assert_contains(solve(&Cones::default(), &mapped), value, &mapped, AGREEMENT);
    });
}

#[test]
fn columns_of_very_different_scale_change_nothing() {
    each_seed(|original, value| {
        let mapped = with_samples(&original, samples(&original).into_iter().map(|(x, y)| (vec![x[0] * 1e-6, x[1] * 4096.0], y)));
        assert_contains(solve(&Cones::default(), &mapped), value, &mapped, AGREEMENT);
    });
}

#[test]
fn scaled_labels_scale_the_optimum_by_the_square() {
    each_seed(|original, value| {
        let scaled = with_samples(&original, samples(&original).into_iter().map(|(x, y)| (x, -8.0 * y)));
        assert_contains(solve(&Cones::default(), &scaled), 64.0 * value, &scaled, AGREEMENT);
    });
}

#[test]
fn shifted_labels_change_nothing_with_an_output_bias() {
    for seed in 0..3 {
        let original = instance(seed, 10, Network { output_bias: true, ..Network::dense(1) });
        let value = optimum(&original);
        let shifted = with_samples(&original, samples(&original).into_iter().map(|(x, y)| (x, y + 1024.0)));
        assert_contains(solve(&Cones::default(), &shifted), value, &shifted, AGREEMENT);
    }
}

#[test]
fn repeating_or_reordering_the_samples_changes_nothing() {
    each_seed(|original, value| {
        let twice = samples(&original).into_iter().rev().chain(samples(&original));
        let repeated = with_samples(&original, twice);
        assert_contains(solve(&Cones::default(), &repeated), value, &repeated, AGREEMENT);
    });
}

#[test]
fn a_column_of_zeros_or_a_dependent_one_changes_nothing() {
    each_seed(|original, value| {
        let padded = with_samples(
            &original,
            samples(&original).into_iter().map(|(x, y)| (vec![x[0], 0.0, x[1], x[0] - 2.0 * x[1] + 1.0], y)),
        );
        assert_contains(solve(&Cones::default(), &padded), value, &padded, AGREEMENT);
    });
}

#[test]
fn one_more_unit_is_never_worse_and_one_more_sample_never_lowers_the_sum() {
    each_seed(|original, value| {
        let mut wider = original.clone();
        wider.network.width += 1;
        assert!(optimum(&wider) <= value * (1.0 + AGREEMENT));
        let fewer = with_samples(&original, samples(&original).into_iter().skip(1));
        let n = original.data.len() as f64;
        assert!((n - 1.0) * optimum(&fewer) <= n * value * (1.0 + AGREEMENT));
    });
}

#[test]
fn the_value_does_not_depend_on_the_local_searches() {
    each_seed(|original, value| {
        let bounds = solve(&Cones { starts: 0, ..Cones::default() }, &original);
        assert_contains(bounds, value, &original, AGREEMENT);
    });
}

#[test]
fn optimal_weights_of_large_size_are_found() {
    // A step between neighbouring points needs slopes of 64 and more, which a weight box would forbid.
    let rows: Vec<Vec<f64>> = [0.0, 1.0, 2.0, 2.015_625, 3.0, 4.0].iter().map(|&x| vec![x]).collect();
    let data = Dataset::new(&rows, vec![0.0, 0.0, 0.0, 8.0, 8.0, 8.0]).expect("valid");
    let step = Instance::new(data, Network::dense(2), Loss::Squared).expect("valid");
    let tolerance = Tolerance::for_level(step.constant_level());
    let outcome = Cones::default().solve(&step, tolerance, &mut optgap_problem::NoWatch).expect("supported");
    let largest = outcome.weights.hidden.iter().flatten().fold(0.0f64, |m, w| m.max(w.abs()));
    assert!(step.loss_of(&outcome.weights).expect("fits").hi < 1e-12);
    assert!(largest >= 500.0, "{:?}", outcome.weights);
}
