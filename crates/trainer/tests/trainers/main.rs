//! What every trainer of the registry promises, tested through the `Trainer` trait alone.

mod independence;
mod paths;
mod stopping;
mod traps;

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

/// Instances of every kind that is trained on samples.
fn kinds() -> Vec<Instance> {
    let filter = Network { output_bias: true, ..Network::shared_filter(2, 1) };
    let fixed = Network { hidden_bias: false, train_output: false, ..Network::dense(3) };
    let product = Network { output_bias: true, ..Network::deep_linear(4, 3) };
    [easy().network, noisy().network, filter, fixed, product].into_iter().map(|network| lattice(network, 0.3)).collect()
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
