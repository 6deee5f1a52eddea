//! The ways of computing gradients agree, and steps are what the method says.

use crate::{Stopwatch, descents, easy, kinds, lattice, loss, noisy, train, trainer};
use optgap_problem::{Dataset, Instance, Loss, Network, Restarts, StopReason};
use optgap_trainer::METHODS;

#[test]
fn all_paths_take_the_same_first_steps() {
    for method in descents() {
        for instance in kinds() {
            let after = |path: &str, steps: u64| {
                let text = format!("path={path},steps={steps},check-every=1");
                if method.name == "adamw" && instance.network.output_bias {
                    return None;
                }
                Some(train(&*trainer(method, &text), &instance, 9, None))
            };
            for steps in [1, 4] {
                let Some(plain) = after("plain", steps) else { continue };
                for path in ["fused", "batched"] {
                    let found = after(path, steps).expect("as for plain");
                    for (found, plain) in found.ends.iter().zip(&plain.ends) {
                        let numbers = |end: &optgap_problem::EndPoint| -> Vec<f64> {
                            let weights = &end.weights;
                            let rows = weights.hidden.iter().chain(weights.inner.iter().flatten());
                            let rows = rows.chain([&weights.hidden_bias, &weights.output]);
                            rows.flatten().copied().chain([weights.output_bias]).collect()
                        };
                        for (found, plain) in numbers(found).iter().zip(numbers(plain)) {
                            let name = method.name;
                            assert!((found - plain).abs() < 1e-12, "{name} {path} after {steps}: {found} {plain}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_clipped_step_is_no_longer_than_the_rate_allows_and_restarts_are_clipped_one_by_one() {
    let instance = noisy();
    let moved = |clip: f64, index: usize| {
        let outcome = |steps: u64| {
            let text = format!("steps=2,check-every=1,momentum=0,rate-scale=one,learning-rate=1,clip={clip}");
            let mut watch = Stopwatch::new(steps, StopReason::TimeLimit);
            trainer(&METHODS[0], &text).train(&instance, Restarts { count: 6, seed: 3 }, None, &mut watch).expect("trained")
        };
        let (start, end) = (&outcome(0).ends[index].weights, &outcome(1).ends[index].weights);
        let squares = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        let hidden: f64 = start.hidden.iter().zip(&end.hidden).map(|(a, b)| squares(a, b)).sum();
        (hidden + squares(&start.hidden_bias, &end.hidden_bias) + squares(&start.output, &end.output)).sqrt()
    };
    for index in 0..6 {
        // Steps that make it worse are not what a restart returns; tiny ones make it better.
        assert!((moved(1e-3, index) - 1e-3).abs() < 1e-12, "restart {index}");
    }
    let unclipped = train(&*trainer(&METHODS[0], "steps=50"), &instance, 6, None);
    assert_eq!(train(&*trainer(&METHODS[0], "steps=50,clip=1e9"), &instance, 6, None), unclipped, "all gradients are shorter");
    let refusal = trainer(&METHODS[0], "path=plain,clip=1").supports(&instance).expect_err("refused");
    assert!(refusal.to_string().contains("clip each tensor by itself"), "{refusal}");
}

#[test]
fn the_outcome_says_which_path_was_taken() {
    let wide = Network::dense(2);
    let rows: Vec<Vec<f64>> = (0..5).map(|i| (0..40).map(|j| f64::from(i * j)).collect()).collect();
    let many_inputs =
        Instance::new(Dataset::new(&rows, vec![1.0, 2.0, 0.0, 1.0, 3.0]).expect("valid"), wide, Loss::Squared).expect("valid");
    let taken =
        |path: &str, instance: &Instance| train(&*trainer(&METHODS[0], &format!("path={path},steps=1")), instance, 2, None).path;
    assert_eq!(["fused", "batched", "plain"].map(|path| taken(path, &noisy())), ["fused", "batched", "plain"]);
    assert_eq!(taken("fused", &many_inputs), "batched");
    assert_eq!(taken("fused", &kinds()[2]), "batched");
}

#[test]
fn all_paths_end_at_the_same_losses() {
    let instance = noisy();
    for method in descents().filter(|method| ["sgd", "adam"].contains(&method.name)) {
        let ends = |path: &str| -> Vec<f64> {
            let outcome = train(&*trainer(method, &format!("path={path}")), &instance, 20, None);
            (0..20).map(|index| loss(&instance, &outcome, index)).collect()
        };
        let plain = ends("plain");
        for path in ["fused", "batched"] {
            let alike =
                ends(path).iter().zip(&plain).filter(|(a, b)| (*a - *b).abs() <= 1e-6 * instance.constant_level()).count();
            assert!(alike >= 19, "{} {path}: {alike} of 20", method.name);
        }
    }
}

#[test]
fn the_plain_path_refuses_what_burns_modules_do_otherwise() {
    let adamw = METHODS.iter().find(|method| method.name == "adamw").expect("a method");
    let refusal = trainer(adamw, "path=plain").supports(&easy()).expect_err("refused");
    assert!(refusal.to_string().contains("reach the output bias"), "{refusal}");
    assert!(trainer(adamw, "path=plain,decay=0").supports(&easy()).is_ok());
    let network = Network { hidden_bias: false, ..Network::dense(2) };
    let population = Instance { loss: Loss::GaussianPopulation, ..lattice(network, 0.0) };
    assert!(trainer(&METHODS[0], "").supports(&population).is_ok());
    let refusal = trainer(&METHODS[0], "path=plain").supports(&population).expect_err("refused");
    assert!(refusal.to_string().contains("has a path of its own"), "{refusal}");
}
