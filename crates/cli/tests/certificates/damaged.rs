//! Damaged certificates, sealed again: whatever is changed, nothing is accepted that is not true.

use crate::wire::{Big, Body, Certificate, Record, Vector};
use crate::{certify, verify};
use optgap_conformance::degenerate::{Draw, FILTER_LAYOUTS, LAYOUTS};
use optgap_exact::{Bound, Cones, OneSided};
use optgap_problem::{Instance, Network};
use std::collections::BTreeMap;

/// Damages of every kind to every certificate.
const ROUNDS: usize = 8;

/// Small instances of every kind of tree, with their certificates.
fn certificates() -> Vec<(Instance, Certificate)> {
    let mut draw = Draw::new(31);
    let never = Cones { one_sided: OneSided::Never, ..Cones::DEFAULT };
    let mut all = Vec::new();
    let mut add = |instance: Instance, solver: &Cones| {
        let (_, bytes) = certify(solver, &instance);
        let certificate = Certificate::read(&bytes, &instance);
        assert_eq!(certificate.seal(), bytes, "{}: reading and writing changes nothing", instance.name);
        // Without records there is little to damage.
        if certificate.records.len() > 2 {
            all.push((instance, certificate));
        }
    };
    for layout in &LAYOUTS[..5] {
        for (width, d, n) in [(1, 2, 9), (2, 1, 8), (2, 2, 8), (3, 1, 8)] {
            for output_bias in [false, true] {
                let network = Network { output_bias, ..Network::dense(width) };
                let instance = draw.dense(*layout, n, d, network);
                add(instance.clone(), &Cones { bound: Bound::Interval, ..never });
                add(instance, &Cones { bound: Bound::Hull, ..never });
            }
        }
        for (d, n) in [(2, 12), (3, 14)] {
            add(draw.dense(*layout, n, d, Network::dense(1)), &Cones { one_sided: OneSided::Always, ..Cones::DEFAULT });
        }
    }
    for layout in FILTER_LAYOUTS {
        add(draw.filter(layout, 6, [2, 2], [true, false, true]), &Cones::DEFAULT);
    }
    all
}

/// A change to a certificate; none if there is nothing of the kind in it.
type Damage = fn(&mut Certificate, &mut Draw) -> Option<()>;

const DAMAGES: &[Damage] = &[
    integer,
    fraction,
    unit,
    slope,
    claim_about_a_group,
    fewer_claims,
    neurons,
    place,
    new_ray,
    frame_ray,
    columns,
    children,
    node,
    missing,
    doubled,
    exchanged,
    off,
    off_instead,
    statement,
    weight,
    constant,
    kind,
    fingerprint,
];

#[test]
fn no_damage_makes_a_certificate_say_more_than_the_truth() {
    let mut draw = Draw::new(32);
    let mut refusals: BTreeMap<String, usize> = BTreeMap::new();
    let mut tried = 0;
    for (instance, sound) in certificates() {
        let bytes = sound.seal();
        let truth = verify(&instance, &bytes).unwrap_or_else(|refusal| panic!("{}: {refusal}", instance.name)).upper;
        for damage in DAMAGES.iter().flat_map(|damage| [damage; ROUNDS]) {
            let mut damaged = sound.clone();
            if damage(&mut damaged, &mut draw).is_none() || damaged == sound {
                continue;
            }
            tried += 1;
            let outcome = verify(&instance, &damaged.seal());
            let reason = match &outcome {
                Ok(verdict) => {
                    assert!(verdict.lower.lower() <= truth.upper(), "{}: {} of {truth}", instance.name, verdict.lower);
                    "accepted, and true".to_owned()
                }
                Err(refusal) => rule(&refusal.to_string()),
            };
            *refusals.entry(reason).or_default() += 1;
        }
    }
    println!("{tried} damages: {refusals:?}");
    assert!(tried >= 5000, "{tried}");
    for rule in ["R1", "R3", "R4", "R5", "R6", "R7", "R8", "R9"] {
        assert!(refusals.get(rule).is_some_and(|count| *count >= 100), "{rule}: {refusals:?}");
    }
}

/// The rule that a refusal names.
fn rule(refusal: &str) -> String {
    let place = refusal.find("rule R").unwrap_or_else(|| panic!("{refusal:?} names no rule"));
    refusal[place + 5..].chars().take_while(char::is_ascii_alphanumeric).collect()
}

fn below(draw: &mut Draw, count: usize) -> Option<usize> {
    (count > 0).then(|| draw.integer(0, count as i32 - 1) as usize)
}

/// One of the records for which `part` gives something.
fn pick<'c, T>(certificate: &'c mut Certificate, draw: &mut Draw, part: impl Fn(&'c mut Body) -> Option<T>) -> Option<T> {
    let mut found: Vec<T> = certificate.records.iter_mut().filter_map(|record| part(&mut record.body)).collect();
    let place = below(draw, found.len())?;
    Some(found.swap_remove(place))
}

fn vector<'c>(certificate: &'c mut Certificate, draw: &mut Draw) -> Option<&'c mut Vector> {
    pick(certificate, draw, |body| match body {
        Body::Bound { vector, .. } => Some(vector),
        _ => None,
    })
}

fn change_big(value: &mut Big, draw: &mut Draw) {
    match draw.integer(0, 3) {
        0 => value.negative = !value.negative,
        1 => value.magnitude.push(1),
        2 => value.magnitude.clear(),
        _ => match below(draw, value.magnitude.len()) {
            Some(place) => value.magnitude[place] ^= 1 << draw.integer(0, 7),
            None => value.magnitude.push(1),
        },
    }
}

fn change(value: &mut u64, draw: &mut Draw) {
    *value = match draw.integer(0, 3) {
        0 => value.wrapping_add(1),
        1 => value.wrapping_sub(1),
        2 => draw.integer(0, 20) as u64,
        _ => *value ^ 1 << draw.integer(0, 63),
    };
}

fn integer(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    let vector = vector(certificate, draw)?;
    let place = below(draw, vector.integers.len())?;
    let entry = &mut vector.integers[place];
    *entry = match draw.integer(0, 4) {
        0 => entry.wrapping_add(1),
        1 => entry.wrapping_sub(1),
        2 => entry.wrapping_neg(),
        3 => entry.wrapping_mul(2),
        _ => 0,
    };
    // Room for the sign of what has become longer.
    vector.bits = (vector.bits + 1).min(64);
    Some(())
}

fn fraction(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    let vector = pick(certificate, draw, |body| match body {
        Body::Bound { vector, .. } if !vector.fractions.is_empty() => Some(vector),
        _ => None,
    })?;
    let place = below(draw, vector.fractions.len())?;
    match draw.integer(0, 4) {
        0 => change_big(&mut vector.denominator, draw),
        1 => change(&mut vector.fractions[place].0, draw),
        2 => drop(vector.fractions.remove(place)),
        _ => change_big(&mut vector.fractions[place].1, draw),
    }
    Some(())
}

fn unit(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    let vector = vector(certificate, draw)?;
    vector.exponent = vector.exponent.wrapping_add([1, -1, 40, -40, 100_000, i64::MAX][below(draw, 6)?]);
    Some(())
}

fn slope(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    let slopes = pick(certificate, draw, |body| match body {
        Body::Bound { slopes, .. } if !slopes.is_empty() => Some(slopes),
        _ => None,
    })?;
    let place = below(draw, slopes.len())?;
    match draw.integer(0, 5) {
        0 => drop(slopes.pop()),
        1 => slopes.push(3),
        _ => slopes[place] = draw.integer(0, 20) as u8,
    }
    Some(())
}

fn claim_about_a_group(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    let claims = pick(certificate, draw, |body| match body {
        Body::Bound { claims, .. } if !claims.is_empty() => Some(claims),
        _ => None,
    })?;
    let place = below(draw, claims.len())?;
    let claim = &mut claims[place];
    match draw.integer(0, 4) {
        0 => change(&mut claim.group, draw),
        1 => (claim.what, claim.low) = (1 - claim.what.min(1), None),
        2 => (claim.what, claim.low) = (2, Some(-0.001)),
        _ => match claim.low {
            Some(low) => claim.low = Some([low * 0.5, low + 0.01, -low, f64::NAN, 0.0][below(draw, 5)?]),
            None => claim.what = 1 - claim.what,
        },
    }
    Some(())
}

fn fewer_claims(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    let claims = pick(certificate, draw, |body| match body {
        Body::Bound { claims, .. } if !claims.is_empty() => Some(claims),
        _ => None,
    })?;
    claims.remove(below(draw, claims.len())?);
    Some(())
}

fn neurons(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    let neurons = pick(certificate, draw, |body| match body {
        Body::Cut { neurons, .. } | Body::Edge { neurons, .. } => Some(neurons),
        _ => None,
    })?;
    *neurons = draw.integer(0, 15) as u64;
    Some(())
}

fn place(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    let other = draw.integer(0, 1) == 0;
    let place = pick(certificate, draw, |body| match body {
        Body::Cut { point: place, .. } | Body::Side { group: place, .. } => Some(place),
        Body::Edge { a, b, .. } => Some(if other { a } else { b }),
        _ => None,
    })?;
    change(place, draw);
    Some(())
}

fn new_ray(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    let ray = pick(certificate, draw, |body| match body {
        Body::Edge { ray, .. } => Some(ray),
        _ => None,
    })?;
    let place = below(draw, ray.len())?;
    change_big(&mut ray[place], draw);
    Some(())
}

fn frame_ray(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    let ray = below(draw, certificate.rays.len())?;
    let place = below(draw, certificate.rays[ray].len())?;
    change_big(&mut certificate.rays[ray][place], draw);
    // A ray that points the other way, or twice the same.
    match draw.integer(0, 3) {
        0 => certificate.rays[ray].iter_mut().for_each(|entry| entry.negative = !entry.negative),
        1 => certificate.rays[ray] = certificate.rays[0].clone(),
        _ => {}
    }
    Some(())
}

fn columns(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    let place = below(draw, certificate.columns.len())?;
    change(&mut certificate.columns[place], draw);
    Some(())
}

fn children(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    let first = pick(certificate, draw, |body| match body {
        Body::Cut { first, .. } | Body::Edge { first, .. } | Body::Side { first, .. } => Some(first),
        _ => None,
    })?;
    change(first, draw);
    Some(())
}

fn node(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    let place = below(draw, certificate.records.len())?;
    change(&mut certificate.records[place].node, draw);
    Some(())
}

fn missing(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    certificate.records.remove(below(draw, certificate.records.len())?);
    Some(())
}

fn doubled(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    let place = below(draw, certificate.records.len())?;
    certificate.records.insert(place, certificate.records[place].clone());
    Some(())
}

fn exchanged(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    let (one, other) = (below(draw, certificate.records.len())?, below(draw, certificate.records.len())?);
    let body = certificate.records[one].body.clone();
    certificate.records[one].body = std::mem::replace(&mut certificate.records[other].body, body);
    Some(())
}

fn off(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    let neuron = pick(certificate, draw, |body| match body {
        Body::Off { neuron } => Some(neuron),
        _ => None,
    })?;
    *neuron = draw.integer(0, 3) as u64;
    Some(())
}

fn off_instead(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    let place = below(draw, certificate.records.len())?;
    let Record { body, .. } = &mut certificate.records[place];
    *body = Body::Off { neuron: draw.integer(0, 1) as u64 };
    Some(())
}

fn statement(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    certificate.claim *= [1.0 + 1e-9, 1.0 + 1e-6, 1.01, 2.0, -1.0, f64::NAN][below(draw, 6)?];
    Some(())
}

fn weight(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    let place = below(draw, certificate.weights.len())?;
    certificate.weights[place] = [0.5, f64::NAN, f64::INFINITY, 1e300][below(draw, 4)?];
    Some(())
}

/// Most networks have no output bias.
fn constant(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    *certificate.weights.last_mut()? = draw.fraction();
    Some(())
}

fn kind(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    certificate.kind = [0, 1, 2, 3, 4, 255][below(draw, 6)?];
    Some(())
}

fn fingerprint(certificate: &mut Certificate, draw: &mut Draw) -> Option<()> {
    let place = below(draw, certificate.head.len())?;
    certificate.head[place] ^= 1 << draw.integer(0, 7);
    Some(())
}
