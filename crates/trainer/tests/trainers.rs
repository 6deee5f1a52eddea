//! What every trainer of the registry promises, tested through the `Trainer` trait alone.

use optgap_problem::{
    Activation, Dataset, Instance, Loss, Method, Network, NetworkKind, NoWatch, Parameters, Progress, Restarts, Selector,
    StopReason, TrainError, TrainOutcome, Trainer, Watch,
};
use optgap_trainer::METHODS;

fn trainer(method: &Method<dyn Trainer>, parameters: &str) -> Box<dyn Trainer> {
    let selector: Selector = format!("{}[{parameters}]", method.name).parse().expect("a selector");
    let completed = selector.choices()[0].complete(method.parameters).expect("declared parameters");
    (method.build)(&completed).expect("a trainer")
}

/// All methods that follow a gradient.
fn descents() -> impl Iterator<Item = &'static Method<dyn Trainer>> {
    METHODS.iter().filter(|method| method.name != "random-search")
}

fn train(trainer: &dyn Trainer, instance: &Instance, count: usize, target: Option<f64>) -> TrainOutcome {
    trainer.train(instance, Restarts { count, seed: 3 }, target, &mut NoWatch).expect("trained")
}

/// Labels `relu(x1 + x2 / 2) - 1/2` plus `noise` times a wave, on a lattice of 5 x 5 points around the origin.
fn lattice(network: Network, noise: f64) -> Instance {
    let rows: Vec<Vec<f64>> = (0..25).map(|i| vec![f64::from(i % 5) - 2.0, f64::from(i / 5) - 2.0]).collect();
    let wave = |i: usize| noise * (2.7 * i as f64).sin();
    let labels = rows.iter().enumerate().map(|(i, x)| (x[0] + 0.5 * x[1]).max(0.0) - 0.5 + wave(i)).collect();
    Instance::new(Dataset::new(&rows, labels).expect("valid"), network, Loss::Squared).expect("valid")
}

fn easy() -> Instance {
    lattice(Network { output_bias: true, ..Network::dense(4) }, 0.0)
}

fn noisy() -> Instance {
    lattice(Network::dense(2), 0.3)
}

/// A network so wide that a batch has [`BATCH`] restarts.
fn wide() -> Instance {
    lattice(Network::dense(38), 0.3)
}

/// Restarts of a batch on [`wide`].
const BATCH: usize = 63;

fn loss(instance: &Instance, outcome: &TrainOutcome, index: usize) -> f64 {
    instance.loss_of(&outcome.ends[index].weights).expect("the weights fit the network").hi
}

/// Stops with `reason` at the question number `at`, and remembers what it hears.
struct Stopwatch {
    at: u64,
    reason: StopReason,
    questions: u64,
    heard: Vec<Progress>,
}

impl Stopwatch {
    fn new(at: u64, reason: StopReason) -> Self {
        Self { at, reason, questions: 0, heard: Vec::new() }
    }
}

impl Watch for Stopwatch {
    fn observe(&mut self, progress: Progress) {
        self.heard.push(progress);
    }

    fn should_stop(&mut self) -> Option<StopReason> {
        self.questions += 1;
        (self.questions > self.at).then_some(self.reason)
    }
}

#[test]
fn names_are_unique_and_defaults_build() {
    for (index, method) in METHODS.iter().enumerate() {
        assert!(METHODS[..index].iter().all(|other| other.name != method.name));
        let completed = Parameters::default().complete(method.parameters).expect("defaults are in range");
        assert!((method.build)(&completed).is_ok());
        assert_eq!(method.label(&completed), method.name);
    }
}

#[test]
fn most_starts_reach_the_optimum_of_easy_realizable_data() {
    let instance = easy();
    for method in descents() {
        let outcome = train(&*trainer(method, ""), &instance, 32, None);
        let reached = (0..32).filter(|&index| loss(&instance, &outcome, index) < 1e-9).count();
        assert!(reached > 16, "{}: {reached} of 32", method.name);
    }
}

#[test]
fn end_points_in_a_smooth_basin_are_converged() {
    // One linear unit would do: labels are positive and affine, so that the best fit has no active kink.
    let rows: Vec<Vec<f64>> = (0..20).map(|i| vec![f64::from(i) / 20.0]).collect();
    let labels: Vec<f64> = (0..20).map(|i| 2.0 + f64::from(i) / 10.0 + 0.1 * f64::from(i % 3)).collect();
    let instance =
        Instance::new(Dataset::new(&rows, labels.clone()).expect("valid"), Network::dense(1), Loss::Squared).expect("valid");
    let (n, mean_x, mean_y) = (20.0, 0.475, labels.iter().sum::<f64>() / 20.0);
    let covariance = rows.iter().zip(&labels).map(|(x, y)| (x[0] - mean_x) * (y - mean_y)).sum::<f64>() / n;
    let variance = rows.iter().map(|x| (x[0] - mean_x).powi(2)).sum::<f64>() / n;
    let spread = labels.iter().map(|y| (y - mean_y).powi(2)).sum::<f64>() / n;
    let optimum = spread - covariance * covariance / variance;
    for method in descents() {
        let outcome = train(&*trainer(method, ""), &instance, 16, None);
        let gaps: Vec<f64> =
            (0..16).map(|index| (loss(&instance, &outcome, index) - optimum) / instance.constant_level()).collect();
        assert!(gaps.iter().all(|&gap| gap > -1e-12), "{}: {gaps:?}", method.name);
        assert!(gaps.iter().any(|&gap| gap < 1e-7), "{}: {gaps:?}", method.name);
    }
}

#[test]
fn parameters_that_are_not_trained_stay_fixed_and_all_others_move() {
    for bits in 0..8 {
        let network = Network {
            kind: NetworkKind::Dense,
            width: 2,
            activation: Activation::Relu,
            hidden_bias: bits & 1 != 0,
            output_bias: bits & 2 != 0,
            train_output: bits & 4 != 0,
        };
        let instance = lattice(network.clone(), 0.3);
        for method in descents() {
            let start = train(&*trainer(method, "steps=1,check-every=2,learning-rate=1e-9"), &instance, 8, None);
            let end = train(&*trainer(method, "steps=200"), &instance, 8, None);
            for index in 0..8 {
                assert!(loss(&instance, &end, index) < loss(&instance, &start, index), "{} {network:?}", method.name);
            }
            let moved = |part: fn(&optgap_problem::Weights) -> Vec<f64>| {
                start.ends.iter().zip(&end.ends).any(|(a, b)| part(&a.weights) != part(&b.weights))
            };
            assert!(moved(|w| w.hidden.concat()));
            assert_eq!(moved(|w| w.hidden_bias.clone()), network.hidden_bias);
            assert_eq!(moved(|w| w.output.clone()), network.train_output);
            assert_eq!(moved(|w| vec![w.output_bias]), network.output_bias);
        }
    }
}

#[test]
fn a_restart_stops_at_the_target_and_is_there() {
    let instance = easy();
    let target = 0.05 * instance.constant_level();
    for method in descents() {
        let outcome = train(&*trainer(method, ""), &instance, 8, Some(target));
        let reached: Vec<usize> = (0..8).filter(|&i| outcome.ends[i].stop == StopReason::TargetReached).collect();
        assert!(!reached.is_empty(), "{}", method.name);
        assert!(reached.iter().all(|&index| loss(&instance, &outcome, index) <= target * (1.0 + 1e-12)));
        let onward = train(&*trainer(method, ""), &instance, 8, None);
        assert!(reached.iter().all(|&index| outcome.ends[index].steps < onward.ends[index].steps));
    }
}

#[test]
fn plateaus_and_the_step_limit_are_named() {
    let instance = noisy();
    for method in descents() {
        let outcome = train(&*trainer(method, "reductions=2"), &instance, 8, None);
        assert!(outcome.ends.iter().all(|end| end.stop == StopReason::Converged && end.steps < 20_000), "{}", method.name);
        let outcome = train(&*trainer(method, "steps=30"), &instance, 8, None);
        assert!(outcome.ends.iter().all(|end| end.stop == StopReason::StepLimit && end.steps == 30), "{}", method.name);
    }
}

#[test]
fn the_watch_is_asked_before_every_step_and_obeyed_at_once() {
    let instance = wide();
    for method in descents() {
        for reason in [StopReason::TimeLimit, StopReason::Interrupted] {
            let mut watch = Stopwatch::new(37, reason);
            let restarts = Restarts { count: 100, seed: 3 };
            let outcome = trainer(method, "").train(&instance, restarts, None, &mut watch).expect("trained");
            assert_eq!(outcome.ends.len(), 100);
            assert!(outcome.ends.iter().all(|end| end.stop == reason), "{}", method.name);
            assert!(outcome.ends[..BATCH].iter().all(|end| end.steps == 37), "{}", method.name);
            assert!(outcome.ends[BATCH..].iter().all(|end| end.steps == 0), "the second batch never starts");
            assert_eq!(watch.questions, 38);
        }
    }
}

#[test]
fn interrupted_restarts_return_the_best_weights_so_far() {
    let instance = noisy();
    for method in descents() {
        let trainer = trainer(method, "check-every=1000");
        let run = |at| {
            let restarts = Restarts { count: 8, seed: 3 };
            trainer.train(&instance, restarts, None, &mut Stopwatch::new(at, StopReason::TimeLimit)).expect("trained")
        };
        let (start, end) = (run(0), run(60));
        assert!((0..8).all(|index| loss(&instance, &end, index) < loss(&instance, &start, index)), "{}", method.name);
    }
}

#[test]
fn progress_is_reported_with_falling_losses() {
    let instance = noisy();
    for method in descents() {
        let mut watch = Stopwatch::new(u64::MAX, StopReason::TimeLimit);
        let restarts = Restarts { count: 70, seed: 3 };
        trainer(method, "steps=100").train(&instance, restarts, None, &mut watch).expect("trained");
        let heard: Vec<(u64, usize, f64)> = watch
            .heard
            .iter()
            .map(|progress| match *progress {
                Progress::Training { step, active, best } => (step, active, best),
                Progress::Search { .. } => panic!("a trainer does not search"),
            })
            .collect();
        assert_eq!((heard[0].0, heard[0].1), (0, 70));
        assert!(heard.windows(2).all(|pair| pair[1].2 <= pair[0].2));
        assert_eq!(heard.last().map(|last| (last.0, last.1)), Some((100, 0)));
    }
}

#[test]
fn a_rate_that_is_too_large_is_reported_as_divergence_with_finite_weights() {
    let instance = noisy();
    let sgd = &METHODS[0];
    let outcome = train(&*trainer(sgd, "learning-rate=1000,rate-scale=one"), &instance, 8, None);
    assert!(outcome.ends.iter().any(|end| end.stop == StopReason::Diverged));
    assert!(outcome.ends.iter().all(|end| end.weights.is_finite()));
}

#[test]
fn data_beyond_floating_point_diverge_without_a_panic() {
    let data = Dataset::new(&[vec![1e200], vec![-1e200]], vec![1e150, 1.0]).expect("finite");
    let instance = Instance::new(data, Network::dense(2), Loss::Squared).expect("valid");
    for method in descents() {
        let outcome = train(&*trainer(method, ""), &instance, 4, None);
        assert!(outcome.ends.iter().all(|end| end.stop == StopReason::Diverged && end.weights.is_finite()));
    }
}

#[test]
fn degenerate_data_are_trained_without_a_panic() {
    for (rows, labels) in [
        (vec![vec![0.0, 0.0]], vec![0.0]),
        (vec![vec![1.0]; 5], vec![2.0; 5]),
        (vec![vec![1.0]; 5], vec![0.0, 1.0, 2.0, 3.0, 4.0]),
    ] {
        let data = Dataset::new(&rows, labels).expect("valid");
        let instance = Instance::new(data, Network::dense(1), Loss::Squared).expect("valid");
        for method in descents() {
            let outcome = train(&*trainer(method, "steps=300"), &instance, 4, None);
            assert!((0..4).all(|index| loss(&instance, &outcome, index).is_finite()));
        }
    }
}

#[test]
fn results_depend_on_seed_and_index_alone() {
    let instance = noisy();
    for method in descents() {
        let trainer = trainer(method, "reductions=3");
        let many = train(&*trainer, &instance, 70, None);
        assert_eq!(train(&*trainer, &instance, 70, None), many);
        assert_eq!(train(&*trainer, &instance, 1, None).ends[..], many.ends[..1]);
        assert_eq!(train(&*trainer, &instance, 5, None).ends[..], many.ends[..5]);
        let other = trainer.train(&instance, Restarts { count: 5, seed: 4 }, None, &mut NoWatch).expect("trained");
        assert_ne!(other.ends[..], many.ends[..5]);
    }
}

#[test]
fn results_do_not_depend_on_the_batch_for_larger_data_or_a_single_unit() {
    let rows: Vec<Vec<f64>> = (0..600).map(|i| (1..12).map(|j| f64::from(i * j).sin()).collect()).collect();
    let labels: Vec<f64> = rows.iter().map(|x| x[0] * x[1] + x[2]).collect();
    for (samples, width) in [(600, 4), (30, 1)] {
        let data = Dataset::new(&rows[..samples], labels[..samples].to_vec()).expect("valid");
        let instance = Instance::new(data, Network::dense(width), Loss::Squared).expect("valid");
        for method in descents() {
            let trainer = trainer(method, "steps=60");
            let many = train(&*trainer, &instance, 70, None);
            for count in [1, 2, 7, 40, 65] {
                assert_eq!(train(&*trainer, &instance, count, None).ends[..], many.ends[..count], "{}", method.name);
            }
        }
    }
}

#[test]
fn results_are_the_same_when_threads_train_side_by_side() {
    let instances = [noisy(), easy()];
    for method in descents() {
        let trainer = trainer(method, "steps=400");
        let alone: Vec<TrainOutcome> = instances.iter().map(|instance| train(&*trainer, instance, 20, None)).collect();
        let together: Vec<TrainOutcome> = std::thread::scope(|scope| {
            let handles: Vec<_> = (0..4)
                .map(|thread| {
                    let (trainer, instance) = (&*trainer, &instances[thread % 2]);
                    scope.spawn(move || train(trainer, instance, 20, None))
                })
                .collect();
            handles.into_iter().map(|handle| handle.join().expect("no panic")).collect()
        });
        for (thread, outcome) in together.iter().enumerate() {
            assert_eq!(*outcome, alone[thread % 2], "{}", method.name);
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_end_points() {
    let instance = wide();
    for method in descents() {
        let with = |threads: usize| trainer(method, &format!("steps=60,threads={threads}"));
        let alone = train(&*with(1), &instance, 4 * BATCH + 1, None);
        for threads in [2, 5] {
            assert_eq!(train(&*with(threads), &instance, 4 * BATCH + 1, None), alone, "{} on {threads} threads", method.name);
        }
    }
}

#[test]
fn threads_stop_when_the_watch_says_so_and_tell_how_far_they_are() {
    let instance = wide();
    for method in descents() {
        let trainer = trainer(method, "steps=100000000,patience=1000000,threads=2");
        let mut watch = Stopwatch::new(20, StopReason::Interrupted);
        let outcome = trainer.train(&instance, Restarts { count: 300, seed: 3 }, None, &mut watch).expect("trained");
        assert_eq!(outcome.ends.len(), 300);
        assert!(outcome.ends.iter().all(|end| end.stop == StopReason::Interrupted), "{}", method.name);
        // Two batches were on their way; the others had not begun.
        assert!(outcome.ends.iter().filter(|end| end.steps > 0).count() <= 2 * BATCH, "{}", method.name);
        let last = watch.heard.last().expect("progress");
        assert!(matches!(last, Progress::Training { active: 300, best, .. } if best.is_finite()), "{last:?}");
    }
}

#[test]
fn shared_filters_and_products_of_matrices_reach_their_optima() {
    let rows: Vec<Vec<f64>> = (0..24).map(|i| (1..=6).map(|j| (f64::from(i * j) * 1.3).sin()).collect()).collect();
    let filter = |x: &[f64]| x.chunks(2).map(|patch| (patch[0] - 0.5 * patch[1]).max(0.0)).sum::<f64>() / 3.0;
    let slopes = |x: &[f64]| x[0] - 2.0 * x[3] + 0.5 * x[5];
    let instance = |label: &dyn Fn(&[f64]) -> f64, network| {
        let labels = rows.iter().map(|row| label(row)).collect();
        Instance::new(Dataset::new(&rows, labels).expect("valid"), network, Loss::Squared).expect("valid")
    };
    let shared = Network { hidden_bias: false, train_output: false, ..Network::shared_filter(3, 2) };
    let instances =
        [instance(&filter, shared), instance(&slopes, Network::deep_linear(2, 2)), instance(&slopes, Network::deep_linear(4, 3))];
    for method in descents() {
        for instance in &instances {
            let outcome = train(&*trainer(method, ""), instance, 16, None);
            let level = 1e-8 * instance.constant_level();
            let reached = (0..16).filter(|&index| loss(instance, &outcome, index) <= level).count();
            assert!(reached >= 8, "{} on {:?}: {reached} of 16", method.name, instance.network.kind);
        }
    }
}

/// The loss of the best affine function on [`lattice`], whose inputs are centred and independent.
fn affine_level(instance: &Instance) -> f64 {
    let n = instance.data.len() as f64;
    let mean = instance.data.labels().iter().sum::<f64>() / n;
    let slopes = [0, 1].map(|i| instance.data.samples().map(|(x, y)| x[i] * y).sum::<f64>() / (2.0 * n));
    let residual = |(x, y): (&[f64], f64)| y - mean - slopes[0] * x[0] - slopes[1] * x[1];
    instance.data.samples().map(|sample| residual(sample).powi(2)).sum::<f64>() / n
}

#[test]
fn descent_from_a_trap_ends_at_its_known_level() {
    let with = Network { output_bias: true, ..Network::dense(3) };
    let without = Network { output_bias: false, ..with.clone() };
    let squares = |instance: &Instance| instance.data.labels().iter().map(|y| y * y).sum::<f64>() / instance.data.len() as f64;
    for method in descents() {
        for (network, bias) in [(with.clone(), true), (without.clone(), false)] {
            let instance = lattice(network, 0.3);
            let flat = if bias { instance.constant_level() } else { squares(&instance) };
            let traps = [("linear-trap", affine_level(&instance)), ("dead", flat), ("zero", flat)];
            for (trap, level) in traps.into_iter().skip(usize::from(!bias)) {
                let outcome = train(&*trainer(method, &format!("initial={trap},steps=3000")), &instance, 2, None);
                for index in 0..2 {
                    let end = loss(&instance, &outcome, index);
                    assert!((end - level).abs() <= 1e-9 * level, "{} from {trap}: {end} instead of {level}", method.name);
                }
            }
        }
    }
}

#[test]
fn collapsed_units_stay_equal_and_are_no_better_than_one() {
    let instance = lattice(Network::dense(3), 0.3);
    for method in descents() {
        let outcome = train(&*trainer(method, "initial=collapsed"), &instance, 4, None);
        for (index, end) in outcome.ends.iter().enumerate() {
            let weights = &end.weights;
            assert!(weights.hidden.iter().all(|row| *row == weights.hidden[0]), "{}", method.name);
            // One unit with three times the output is the same function.
            let mut one = weights.clone();
            one.output = vec![3.0 * weights.output[0], 0.0, 0.0];
            let alone = instance.loss_of(&one).expect("fits").hi;
            assert!((alone - loss(&instance, &outcome, index)).abs() < 1e-12);
        }
    }
}

#[test]
fn traps_are_refused_where_the_network_lacks_what_they_need() {
    let instance = lattice(Network { hidden_bias: false, ..Network::dense(1) }, 0.3);
    for (trap, lacking) in
        [("linear-trap", "two units or more, hidden bias"), ("dead", "hidden bias"), ("collapsed", "two units")]
    {
        let refusal = trainer(&METHODS[0], &format!("initial={trap}")).supports(&instance).expect_err("refused");
        assert!(refusal.to_string().contains(lacking), "{refusal}");
    }
    assert!(trainer(&METHODS[0], "initial=zero").supports(&instance).is_ok());
}

/// Instances of every kind that is trained on samples.
fn kinds() -> Vec<Instance> {
    let filter = Network { output_bias: true, ..Network::shared_filter(2, 1) };
    let fixed = Network { hidden_bias: false, train_output: false, ..Network::dense(3) };
    let product = Network { output_bias: true, ..Network::deep_linear(4, 3) };
    [easy().network, noisy().network, filter, fixed, product].into_iter().map(|network| lattice(network, 0.3)).collect()
}

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

#[test]
fn random_search_gets_better_with_draws_and_depends_on_seed_and_index_alone() {
    let search = METHODS.iter().find(|method| method.name == "random-search").expect("a method");
    let dense: Vec<Instance> = kinds().into_iter().filter(|instance| instance.network.kind == NetworkKind::Dense).collect();
    for instance in &dense {
        let [few, many] = [20, 400].map(|draws| train(&*trainer(search, &format!("draws={draws}")), instance, 5, None));
        for index in 0..5 {
            assert!(loss(instance, &many, index) <= loss(instance, &few, index));
            assert!(loss(instance, &many, index) < instance.constant_level(), "better than the best constant");
            assert_eq!((many.ends[index].steps, many.ends[index].stop), (400, StopReason::StepLimit));
        }
        assert_eq!(train(&*trainer(search, "draws=20"), instance, 2, None).ends[..], few.ends[..2]);
        let reachable = loss(instance, &many, 0) * 1.5;
        let outcome = train(&*trainer(search, "draws=400"), instance, 1, Some(reachable));
        assert!(outcome.ends[0].stop == StopReason::TargetReached && loss(instance, &outcome, 0) <= reachable);
    }
    let mut watch = Stopwatch::new(30, StopReason::TimeLimit);
    let restarts = Restarts { count: 3, seed: 3 };
    let outcome = trainer(search, "draws=25").train(&dense[0], restarts, None, &mut watch).expect("trained");
    let steps: Vec<(u64, StopReason)> = outcome.ends.iter().map(|end| (end.steps, end.stop)).collect();
    assert_eq!(steps, [(25, StopReason::StepLimit), (4, StopReason::TimeLimit), (0, StopReason::TimeLimit)]);
    assert!(trainer(search, "").supports(&kinds()[2]).expect_err("a filter").to_string().contains("dense networks"));
}

#[test]
fn what_cannot_be_trained_is_refused_with_the_reason() {
    let mut no_units = noisy();
    no_units.network.width = 0;
    let rows = vec![vec![1.0]; 20_000];
    let huge = Instance::new(Dataset::new(&rows, vec![0.0; 20_000]).expect("valid"), Network::dense(4096), Loss::Squared);
    let threshold = Instance { network: Network { activation: Activation::Threshold, ..noisy().network }, ..noisy() };
    for method in descents() {
        let trainer = trainer(method, "");
        assert!(trainer.supports(&noisy()).is_ok());
        let refusals = [
            (&no_units, "network.width is 0"),
            (huge.as_ref().expect("valid"), "too long to be stopped in time"),
            (&threshold, "threshold units"),
        ];
        for (instance, reason) in refusals {
            let refusal = trainer.supports(instance).expect_err("refused");
            assert!(refusal.to_string().contains(reason), "{refusal}");
            let failure = trainer.train(instance, Restarts { count: 1, seed: 0 }, None, &mut NoWatch).expect_err("refused");
            assert_eq!(failure, TrainError::Unsupported(refusal));
        }
        let failure = trainer.train(&noisy(), Restarts { count: 0, seed: 0 }, None, &mut NoWatch).expect_err("no restarts");
        assert!(failure.to_string().contains("at least 1"));
    }
}
