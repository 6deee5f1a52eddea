//! Hand-made damage for each rule, refused for the named reason.

use crate::wire::{Body, Certificate};
use crate::{certify, verify};
use optgap_conformance::degenerate::{Draw, LAYOUTS};
use optgap_exact::{Bound, Cones, OneSided};
use optgap_problem::{Instance, Network};

const CELLS: Cones = Cones { bound: Bound::Hull, one_sided: OneSided::Never, ..Cones::DEFAULT };
const CONES: Cones = Cones { bound: Bound::Interval, one_sided: OneSided::Never, ..Cones::DEFAULT };
const SIDES: Cones = Cones { one_sided: OneSided::Always, ..Cones::DEFAULT };

/// An instance with its certificate in parts.
struct Sound {
    instance: Instance,
    certificate: Certificate,
}

impl Sound {
    fn new(solver: &Cones, width: usize, d: usize, n: usize, output_bias: bool) -> Self {
        let network = Network { output_bias, ..Network::dense(width) };
        Self::of(solver, Draw::new(41).dense(LAYOUTS[0], n, d, network))
    }

    fn of(solver: &Cones, instance: Instance) -> Self {
        let certificate = Certificate::read(&certify(solver, &instance).1, &instance);
        Self { instance, certificate }
    }

    /// The refusal of damaged bytes.
    fn bytes(&self, damage: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut bytes = self.certificate.seal();
        damage(&mut bytes);
        verify(&self.instance, &bytes).expect_err("damaged").to_string()
    }

    /// The refusal of a damaged structure, sealed again.
    fn parts(&self, damage: impl FnOnce(&mut Certificate)) -> String {
        let mut damaged = self.certificate.clone();
        damage(&mut damaged);
        assert_ne!(damaged, self.certificate, "nothing was damaged");
        verify(&self.instance, &damaged.seal()).expect_err("damaged").to_string()
    }

    /// The same for the body of the first record that `change` finds fit.
    fn body(&self, change: impl Fn(&mut Body) -> bool) -> String {
        self.parts(|certificate| assert!(certificate.records.iter_mut().any(|record| change(&mut record.body)), "no such record"))
    }

    /// The same for every record that `change` finds fit.
    fn bodies(&self, change: impl Fn(&mut Body) -> bool) -> String {
        self.parts(|certificate| {
            let fit = certificate.records.iter_mut().filter_map(|record| change(&mut record.body).then_some(()));
            assert!(fit.count() > 0, "no such record");
        })
    }
}

/// Makes a change to a record that is fit for it.
fn changed(change: impl FnOnce()) -> bool {
    change();
    true
}

#[track_caller]
fn assert_refused(refusal: &str, rule: &str, reason: &str) {
    assert!(refusal.contains(rule) && refusal.contains(reason), "{refusal:?} is not {rule}, {reason}");
}

#[test]
fn roots_that_do_not_cover_the_space() {
    let sound = Sound::new(&CONES, 1, 2, 8, false);
    let turned = sound.parts(|c| c.rays[1].iter_mut().for_each(|entry| entry.negative = !entry.negative));
    assert_refused(&turned, "rule R1", "do not cover the space");
    assert_refused(&sound.parts(|c| c.rays[1] = c.rays[0].clone()), "rule R1", "do not cover the space");
    assert_refused(&sound.parts(|c| c.columns[0] = c.columns[1]), "rule R1", "columns");
}

#[test]
fn splits_outside_their_edge() {
    let sound = Sound::new(&CONES, 1, 2, 8, false);
    let turned = sound.body(|body| match body {
        Body::Edge { ray, .. } => changed(|| ray.iter_mut().for_each(|entry| entry.negative = !entry.negative)),
        _ => false,
    });
    assert_refused(&turned, "rule R3", "the children do not cover their parent");
    let no_edge = sound.body(|body| match body {
        Body::Edge { a, b, .. } => changed(|| *a = *b),
        _ => false,
    });
    assert_refused(&no_edge, "rule R3", "there is no edge");
    let no_point = Sound::new(&CELLS, 2, 1, 8, false).body(|body| match body {
        Body::Cut { point, .. } => changed(|| *point = 99),
        _ => false,
    });
    assert_refused(&no_point, "rule R3", "there is no point 99");
    // Integers leave more than one sample to decide.
    let integers = Draw::new(42).dense(LAYOUTS[1], 40, 3, Network::dense(1));
    let again = |c: &mut Certificate| {
        let groups = c.records.iter_mut().filter_map(|record| match &mut record.body {
            Body::Side { group, .. } => Some(group),
            _ => None,
        });
        let mut groups: Vec<&mut u64> = groups.collect();
        let root = *groups[0];
        groups.iter_mut().for_each(|group| **group = root);
    };
    let decided = Sound::of(&SIDES, integers).parts(again);
    assert_refused(&decided, "rule R3", "is not open");
}

#[test]
fn groups_that_cannot_be_exchanged() {
    let sound = Sound::new(&CELLS, 3, 1, 10, false);
    let set = |value: u64| {
        sound.bodies(move |body| match body {
            Body::Cut { neurons, .. } => changed(|| *neurons = value),
            _ => false,
        })
    };
    assert_refused(&set(0), "rule R4", "no neuron is split");
    assert_refused(&set(8), "rule R4", "there is no neuron 3");
    assert_refused(&set(7), "rule R4", "different");
}

#[test]
fn neurons_that_are_not_off() {
    let sound = Sound::new(&CELLS, 2, 1, 8, false);
    let refusal = sound.bodies(|body| match body {
        Body::Bound { .. } => changed(|| *body = Body::Off { neuron: 0 }),
        _ => false,
    });
    assert_refused(&refusal, "rule R5", "neuron 0 is on somewhere");
    let nobody = sound.bodies(|body| match body {
        Body::Bound { .. } => changed(|| *body = Body::Off { neuron: 9 }),
        _ => false,
    });
    assert_refused(&nobody, "rule R5", "there is no neuron 9");
}

#[test]
fn bounds_that_are_not_proved() {
    for (solver, width) in [(&CELLS, 2), (&CONES, 2)] {
        let sound = Sound::new(solver, width, 1, 8, false);
        // Twice the vector in the direction of the labels promises more than any prediction misses.
        let refusal = sound.bodies(|body| match body {
            Body::Bound { vector, .. } => changed(|| vector.integers.iter_mut().for_each(|entry| *entry = -*entry)),
            _ => false,
        });
        assert!(refusal.contains("rule R6") || refusal.contains("slope") || refusal.contains("left"), "{refusal}");
        let claim = sound.parts(|c| c.claim *= 1.01);
        assert_refused(&claim, "rule R6", "its bounds are below the claim, and it is not split");
    }
    let slope = Sound::new(&CONES, 2, 1, 8, false).bodies(|body| match body {
        Body::Bound { slopes, .. } if !slopes.is_empty() => changed(|| slopes[0] = 17),
        _ => false,
    });
    assert_refused(&slope, "rule R6", "slope 17");
    let constant = Sound::new(&CELLS, 1, 2, 8, true).bodies(|body| match body {
        Body::Bound { vector, .. } => changed(|| vector.fractions.truncate(vector.fractions.len() - 1)),
        _ => false,
    });
    assert_refused(&constant, "rule R6", "");
    let balance = Sound::new(&SIDES, 1, 3, 20, false).bodies(|body| match body {
        Body::Bound { vector, .. } => changed(|| drop(vector.fractions.pop())),
        _ => false,
    });
    assert_refused(&balance, "rule R6", "");
}

#[test]
fn claims_about_groups_that_do_not_follow() {
    let sound = Sound::new(&SIDES, 1, 3, 20, false);
    let with = |what: u8, low: Option<f64>| {
        sound.body(move |body| match body {
            Body::Bound { claims, .. } if !claims.is_empty() => {
                claims.iter_mut().for_each(|claim| (claim.what, claim.low) = (what, low));
                true
            }
            _ => false,
        })
    };
    assert_refused(&with(2, Some(0.5)), "rule R7", "does not follow");
    assert_refused(&with(1, None), "rule R7", "does not follow");
    assert_refused(&with(3, None), "rule R7", "unknown claim 3");
    let nobody = sound.body(|body| match body {
        Body::Bound { claims, .. } if !claims.is_empty() => changed(|| claims[0].group = 99),
        _ => false,
    });
    assert_refused(&nobody, "rule R7", "there is no group 99");
}

#[test]
fn files_that_are_not_whole() {
    let sound = Sound::new(&CELLS, 2, 1, 8, false);
    assert_refused(&sound.bytes(|b| b.truncate(b.len() / 2)), "rule R8", "");
    assert_refused(&sound.bytes(|b| b.truncate(b.len() - 1)), "rule R8", "cut short: 32 bytes are expected, 31 are left");
    assert_refused(&sound.bytes(|b| b.push(0)), "rule R8", "1 bytes are left over");
    assert_refused(&sound.bytes(|b| *b.last_mut().expect("bytes") ^= 1), "rule R8", "the checksum is wrong");
    assert_refused(&sound.bytes(|b| b[0] ^= 1), "rule R8", "not an optgap-certificate/1");
    assert_refused(&sound.bytes(|b| b[25] ^= 1), "rule R8", "the fingerprint is that of another instance");
    assert_refused(&sound.parts(|c| c.kind = 9), "rule R8", "unknown kind 9");
    // The tag of the first record follows magic, fingerprint and kind.
    assert_refused(&sound.bytes(|b| b[53] = 9), "rule R8", "unknown tag 9");
    assert_refused(&sound.parts(|c| c.claim = f64::NAN), "rule R8", "NaN is not a finite number");
    assert_refused(&sound.parts(|c| c.claim = -1.0), "rule R8", "the claim -1 is negative");
    assert_refused(&sound.parts(|c| c.weights[0] = f64::INFINITY), "rule R8", "inf is not a finite number");
}

#[test]
fn trees_that_are_not_whole() {
    let sound = Sound::new(&CELLS, 2, 1, 8, false);
    let leaves = |c: &mut Certificate| c.records.retain(|record| !matches!(record.body, Body::Bound { .. }));
    assert_refused(&sound.parts(leaves), "rule R8", "there is no record of it");
    let twice = |c: &mut Certificate| {
        let split = c.records.iter().find(|record| matches!(record.body, Body::Cut { .. })).expect("a split").clone();
        c.records.push(split);
    };
    assert_refused(&sound.parts(twice), "rule R8", "two records of one kind");
    let children = |value: u64| {
        sound.bodies(move |body| match body {
            Body::Cut { first, .. } => changed(|| *first = value),
            _ => false,
        })
    };
    assert_refused(&children(0), "rule R8", "does not come after its parent");
    // Two splits side by side that claim the same children.
    let shared = |c: &mut Certificate| {
        let splits = c.records.iter_mut().filter_map(|record| match &mut record.body {
            Body::Cut { first, .. } => Some((record.node, first)),
            _ => None,
        });
        let mut splits: Vec<(u64, &mut u64)> = splits.collect();
        splits.sort_unstable_by_key(|split| split.0);
        let place = splits.windows(2).position(|pair| pair[0].0 + 1 == pair[1].0).expect("siblings");
        let later = (*splits[place].1).max(*splits[place + 1].1);
        (*splits[place].1, *splits[place + 1].1) = (later, later);
    };
    assert_refused(&Sound::new(&CELLS, 2, 2, 12, false).parts(shared), "rule R8", "reached twice");
    assert_refused(&children(u64::MAX), "rule R8", "does not come after its parent");
}

#[test]
fn sizes_that_are_absurd() {
    let sound = Sound::new(&CONES, 1, 2, 8, false);
    let bits = sound.bodies(|body| match body {
        Body::Bound { vector, .. } => changed(|| vector.exponent = 1 << 40),
        _ => false,
    });
    assert_refused(&bits, "rule R8", "out of range");
    // The number of columns follows the kind.
    assert_refused(&sound.bytes(|b| b[53] = 0x7f), "rule R8", "127 columns");
    let long = sound.body(|body| match body {
        Body::Edge { ray, .. } => changed(|| ray[0].magnitude = vec![1; 70_000]),
        _ => false,
    });
    assert_refused(&long, "rule R8", "a whole number has 70000 bytes");
}

#[test]
fn weights_that_are_not_the_networks() {
    let sound = Sound::new(&CELLS, 2, 1, 8, false);
    assert_refused(&sound.parts(|c| *c.weights.last_mut().expect("c") = 1.0), "rule R9", "output_bias must be 0 everywhere");
}
