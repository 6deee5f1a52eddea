//! Forgeries: certificates that claim most of the labels' squares, with vectors that would prove it if the one condition at hand
//! were not looked at. Damage to sound certificates hardly ever gets there, for a vector that is changed proves less.

use crate::wire::{Big, Body, Certificate, Record, Vector};
use crate::{certify, verify};
use optgap_exact::{Bound, Cones, OneSided};
use optgap_problem::{Dataset, Instance, Loss, Network};

const CELLS: Cones = Cones { bound: Bound::Hull, one_sided: OneSided::Never, ..Cones::DEFAULT };
const CONES: Cones = Cones { bound: Bound::Interval, one_sided: OneSided::Never, ..Cones::DEFAULT };
const SIDES: Cones = Cones { one_sided: OneSided::Always, ..Cones::DEFAULT };

/// Whole numbers on a line; no two points are equal.
fn instance(points: &[i32], labels: &[i32], network: Network) -> Instance {
    let rows: Vec<Vec<f64>> = points.iter().map(|&x| vec![f64::from(x)]).collect();
    let data = Dataset::new(&rows, labels.iter().map(|&y| f64::from(y)).collect()).expect("valid");
    Instance::new(data, network, Loss::Squared).expect("valid")
}

/// The negative labels: the vector with the highest bound, the sum of their squares.
fn best(instance: &Instance) -> Body {
    let integers = instance.data.labels().iter().map(|&y| -y as i64).collect();
    let denominator = Big { negative: false, magnitude: vec![1] };
    Body::Bound {
        vector: Vector { exponent: 0, bits: 20, integers, denominator, fractions: Vec::new() },
        slopes: Vec::new(),
        claims: Vec::new(),
    }
}

/// What the checker says of these records, with a claim of 0.9 times the sum of the labels' squares.
fn refusal(solver: &Cones, instance: &Instance, records: impl IntoIterator<Item = Body>) -> String {
    let mut forged = Certificate::read(&certify(solver, instance).1, instance);
    forged.claim = 0.9 * instance.data.labels().iter().map(|y| y * y).sum::<f64>();
    forged.records = (0..).zip(records).map(|(node, body)| Record { node, body }).collect();
    verify(instance, &forged.seal()).expect_err("forged").to_string()
}

#[test]
fn vectors_that_fail_at_rays() {
    let unbiased = Network { hidden_bias: false, ..Network::dense(1) };
    let tent = instance(&[-2, -1, 1, 2], &[1, 3, -2, 4], unbiased);
    // Two roots for cells, two cones for each of two signs, two signs for sides.
    let bounds = |count: usize| vec![best(&tent); count];
    assert!(refusal(&CELLS, &tent, bounds(2)).contains("rule R6: the dual vector fails at a ray of neuron 0"));
    assert!(refusal(&CONES, &tent, bounds(4)).contains("rule R6: the dual vector fails at a ray of neuron 0"));
    assert!(refusal(&SIDES, &tent, bounds(2)).contains("rule R6"));
}

#[test]
fn vectors_that_a_constant_defeats() {
    // Units of sign +1 alone only make it worse, but the constant does not.
    let network = Network { hidden_bias: false, output_bias: true, train_output: false, ..Network::dense(1) };
    let below = instance(&[1, 2, 3, 5], &[-1, -2, -4, -3], network);
    for solver in [&CELLS, &CONES] {
        let roots = if solver.bound == Bound::Hull { 1 } else { 2 };
        let refusal = refusal(solver, &below, vec![best(&below); roots]);
        assert!(refusal.contains("rule R6: the dual numbers do not add up to zero"), "{refusal}");
    }
}

#[test]
fn neurons_that_are_on_all_over_their_region() {
    let network = Network { hidden_bias: false, train_output: false, ..Network::dense(1) };
    let up = instance(&[1, 2], &[2, 3], network);
    let split = Body::Cut { neurons: 1, point: 0, first: 1 };
    let refusal = refusal(&CELLS, &up, [split, Body::Off { neuron: 0 }, Body::Off { neuron: 0 }]);
    assert!(refusal.contains("node 1, rule R5: neuron 0 is on somewhere"), "{refusal}");
}

#[test]
fn neurons_of_different_regions_split_as_one() {
    let network = Network { hidden_bias: false, train_output: false, ..Network::dense(2) };
    let up = instance(&[-1, 1, 2], &[1, 2, 3], network);
    let both = |first: u64| Body::Cut { neurons: 3, point: 0, first };
    // Where both neurons are on at the first point they are off at the others, whose labels' squares are left.
    let mut left = best(&up);
    if let Body::Bound { vector, .. } = &mut left {
        vector.integers[0] = 0;
    }
    // The next child has one neuron on and one off.
    let refusal = refusal(&CELLS, &up, [both(1), left, both(4)]);
    assert!(refusal.contains("node 2, rule R4: the neurons have different regions"), "{refusal}");
}
