//! Starts that descent cannot leave, and the levels at which it stays.

use crate::{descents, lattice, loss, train, trainer};
use optgap_problem::{Instance, Network};
use optgap_trainer::METHODS;

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
