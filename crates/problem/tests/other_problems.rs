//! Instances that are no regression of `relu` units: threshold units, counted errors, products of matrices, whole populations.

use optgap_problem::{
    Activation, Dataset, Instance, Loss, Network, Weights, instance_from_json, instance_to_json, weights_from_json,
    weights_to_json,
};

fn instance(labels: [f64; 4], network: Network, loss: Loss) -> Result<Instance, String> {
    let corners = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]].map(|corner| corner.to_vec());
    let data = Dataset::new(&corners, labels.to_vec()).map_err(|error| error.to_string())?;
    Instance::new(data, network, loss).map_err(|error| error.to_string())
}

/// Exclusive or by threshold units.
fn threshold_xor() -> Instance {
    let network = Network { activation: Activation::Threshold, output_bias: true, ..Network::dense(2) };
    instance([-1.0, 1.0, 1.0, -1.0], network, Loss::ZeroOne).expect("valid")
}

fn product() -> Instance {
    instance([0.0, 1.0, 2.0, 3.0], Network::deep_linear(4, 2), Loss::Squared).expect("valid")
}

fn population() -> Instance {
    let network = Network { hidden_bias: false, ..Network::dense(3) };
    instance([1.0, 1.0, 2.0, -1.0], network, Loss::GaussianPopulation).expect("valid")
}

#[test]
fn errors_are_counted_and_a_prediction_of_zero_is_one() {
    let xor = threshold_xor();
    let mut weights = Weights {
        hidden: vec![vec![1.0, 1.0], vec![1.0, 1.0]],
        hidden_bias: vec![-0.5, -1.5],
        output: vec![2.0, -2.0],
        output_bias: -1.0,
        ..Weights::default()
    };
    let errors = |weights: &Weights| xor.loss_of(weights).expect("fits");
    assert_eq!((errors(&weights).lo, errors(&weights).hi), (0.0, 0.0));
    weights.output = vec![2.0, 0.0];
    assert_eq!((errors(&weights).lo, errors(&weights).hi), (0.25, 0.25));
    // On its border a threshold unit is off, and a prediction of 0 is of no class.
    weights.hidden_bias = vec![-1.0, 0.0];
    weights.output_bias = 0.0;
    assert_eq!((errors(&weights).lo, errors(&weights).hi), (1.0, 1.0));
    weights.hidden_bias = vec![-0.5, 0.0];
    assert_eq!((errors(&weights).lo, errors(&weights).hi), (0.5, 0.5));
}

#[test]
fn the_best_constant_sign_is_what_the_network_can_give() {
    let level = |network| instance([1.0, 1.0, 1.0, -1.0], network, Loss::ZeroOne).expect("valid").constant_level();
    assert_eq!(level(Network::dense(1)), 0.25);
    assert_eq!(level(Network { hidden_bias: false, ..Network::dense(1) }), 1.0);
    assert_eq!(level(Network { train_output: false, ..Network::dense(1) }), 0.25);
    assert_eq!(level(Network { hidden_bias: false, output_bias: true, ..Network::dense(1) }), 0.25);
}

#[test]
fn a_product_of_matrices_is_scored_as_a_product() {
    let weights = Weights {
        hidden: vec![vec![1.0, 0.0], vec![0.0, 1.0]],
        inner: vec![vec![vec![2.0, 0.0], vec![0.0, 1.0]], vec![vec![0.0, 1.0], vec![1.0, 0.0]]],
        hidden_bias: vec![0.0; 2],
        output: vec![1.0, 1.0],
        output_bias: 0.0,
    };
    let loss = product().loss_of(&weights).expect("fits");
    assert!(loss.lo <= 0.0 && loss.hi < 1e-30, "{loss:?}");
    let missing = Weights { inner: vec![], ..weights };
    assert!(product().loss_of(&missing).expect_err("too short").to_string().contains("inner has length 0"));
    assert_eq!(product().network.parameter_count(2), 4 + 8 + 2);
}

#[test]
fn every_kind_survives_its_file_and_has_a_fingerprint_of_its_own() {
    let dense = instance([-1.0, 1.0, 1.0, -1.0], Network::dense(2), Loss::Squared).expect("valid");
    let counted = instance([-1.0, 1.0, 1.0, -1.0], Network::dense(2), Loss::ZeroOne).expect("valid");
    let instances = [dense, counted, threshold_xor(), product(), population()];
    for (index, instance) in instances.iter().enumerate() {
        let back = instance_from_json(&instance_to_json(instance)).expect("valid");
        assert_eq!(back, *instance);
        assert!(instances[..index].iter().all(|other| other.fingerprint() != instance.fingerprint()));
    }
    let weights = Weights { inner: vec![vec![vec![0.5]]], ..Weights::zero(1, 1) };
    assert_eq!(weights_from_json(&weights_to_json(&weights)).expect("valid"), weights);
    assert!(!weights_to_json(&Weights::zero(1, 1)).contains("inner"));
}

#[test]
fn methods_for_relu_units_learn_what_it_is_instead() {
    let reason = |instance: &Instance| instance.is_relu_regression().expect_err("another problem").0;
    assert!(reason(&threshold_xor()).contains("threshold units"));
    assert!(reason(&product()).contains("deep linear"));
    assert!(reason(&population()).contains("population"));
    let counted = instance([-1.0, 1.0, 1.0, -1.0], Network::dense(2), Loss::ZeroOne).expect("valid");
    assert!(reason(&counted).contains("counts errors"));
}

#[test]
fn kinds_that_do_not_go_together_are_refused_with_the_field() {
    let fault = |network, loss| instance([0.0, 1.0, 1.0, 0.0], network, loss).expect_err("refused");
    assert!(fault(Network::dense(1), Loss::ZeroOne).contains("y, row 1: 0 is no class"));
    assert!(fault(Network::deep_linear(1, 1), Loss::Squared).contains("network.depth is 1"));
    assert!(fault(Network { hidden_bias: true, ..Network::deep_linear(2, 1) }, Loss::Squared).contains("deep-linear"));
    assert!(fault(Network { activation: Activation::Linear, ..Network::dense(1) }, Loss::Squared).contains("deep-linear"));
    assert!(fault(Network::dense(1), Loss::GaussianPopulation).contains("without hidden_bias"));
    let text = instance_to_json(&product());
    let broken = |from: &str, to: &str| instance_from_json(&text.replace(from, to)).expect_err("broken").to_string();
    assert!(broken("\"depth\":4,", "").contains("network.depth is missing"));
    assert!(broken("deep-linear", "dense").contains("network.depth is for networks of another kind"));
}
