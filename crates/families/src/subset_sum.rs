//! Subset sum as the training of one `ReLU`: one square more where there is no subset.
//!
//! **Definition.** Positive whole numbers `a_1..a_p` with the sum `A`, and a target `b` from 0 to `A`. Inputs `(x_0,
//! x_1..x_p)`; with `N` the least whole number with `N^2 >= 3 A^2`, the samples are
//! - an anchor `6 (1, 0, ..., 0)` with label 6,
//! - for every `i` the points `(1, -N at i)` and `(-(N-1), +N at i)`, both with label 1,
//! - the sum `2 (1-b, a_1, ..., a_p)` with label 2.
//!
//! So `n = 2p + 2` and `d = p + 1`; width 1, no biases, output weight trained. The numbers are below `2^(p / density)`: near
//! density 1 subset sums are hardest to find. With `answer=yes` the target is the sum of a random subset, with `answer=no`
//! the number nearest to `A/2` that is no subset's sum.
//!
//! **Source.** Our own construction in the spirit of Dey, Wang and Xie (2020), who reduce subset sum to training one `ReLU`.
//! All numbers are whole.
//!
//! **Reference.** The optimal sum of squares is exactly `p` if a subset has the sum `b`, and exactly `p + 1` if none has.
//!
//! **Proof.** Let the output weight be absorbed and `w_0 > 0`: otherwise the anchor alone costs `36 >= p + 1`. The
//! pre-activations of a pair sum to `(2-N) w_0 < 0`, so one of the two is off and costs 1: the total is at least `p`,
//! reached with `w_0 = 1` and `w_i` in `{0, 1}` when these make up `b`. If no subset does, some prefix of the numbers passes
//! `b` within its last one; that `w_i` takes a fraction between `1/a_i` and `1 - 1/a_i`, where both of its points are off,
//! for a total of `p + 1`. *Not less:* let the total be below `p + 1`. No pair has both points off, so with `t = w_0 - 1`
//! and residuals `e_i` of the points that are on, `w_i = z_i (1 + t) +- (t - e_i) / N` with `z_i` in `{0, 1}`. With `D = sum
//! a_i z_i - b`, a whole number other than 0, half the last pre-activation is `1 + r` with `|r| >= 1 - 2 |t| - A (|t| + |e|)
//! / N` or it is off, which costs 4. As `A / N <= 1/sqrt(3)`, Cauchy's inequality for `2r, 6t, |e|` gives `1 <= (4 r^2 + 36
//! t^2 + |e|^2) (1/4 + (2 + 1/sqrt(3))^2 / 36 + 1/3)`. The last factor is 0.77, so the cost beyond `p` exceeds 1.
//!
//! **Descent** is expected to end at a whole number of squares too many: every pair is a soft binary variable that is
//! decided early, and its two flat ends do not hear of the sum any more. The scale of the data grows with the numbers, so
//! that plain descent is also slow; a tie to the last digit, which only exact arithmetic can see, decides between yes and
//! no.

use crate::about::about;
use crate::request::{Request, state_optimum};
use crate::stream::{Purpose, Stream};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag, Weights};

/// See the module documentation.
pub(crate) struct SubsetSum;

const PARAMETERS: &[Parameter] = &[
    Parameter::integer("numbers", "how many numbers there are", 2, 16, 4),
    Parameter::real("density", "numbers over the bits of the largest", 0.7, 4.0, 1.0),
    Parameter::choice("answer", "whether a subset has the sum", &["yes", "no"]),
];

/// Factor of the anchor; its square exceeds every optimum.
const ANCHOR: f64 = 6.0;

/// Factor of the sum.
const SUM: f64 = 2.0;

impl Family for SubsetSum {
    fn name(&self) -> &'static str {
        "subset-sum"
    }

    fn tag(&self) -> Tag {
        Tag::Adversarial
    }

    fn about(&self) -> About {
        about(include_str!("subset_sum.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "numbers=3" },
            Size { name: "small", parameters: "numbers=5" },
            Size { name: "medium", parameters: "numbers=10" },
            Size { name: "large", parameters: "numbers=16" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let count = parameters.count("numbers");
        let mut stream = Stream::new(seed, Purpose::Numbers);
        let largest = libm::exp2(count as f64 / parameters.real("density")).round() as usize;
        let numbers: Vec<u64> = (0..count).map(|_| 1 + stream.below(largest) as u64).collect();
        let answer = parameters.text("answer") == "yes";
        let (target, subset) = if answer {
            let subset: Vec<bool> = (0..count).map(|_| stream.sign() > 0.0).collect();
            (sum_of(&numbers, &subset), Some(subset))
        } else {
            (unreachable(&numbers)?, None)
        };
        let (rows, labels) = samples(&numbers, target);
        let network = Network { hidden_bias: false, ..Network::dense(1) };
        let mut instance = Request::new(self, parameters, seed).instance(&rows, labels, network)?;
        instance.provenance["numbers"] = numbers.clone().into();
        instance.provenance["target"] = target.into();
        let squares = count + usize::from(!answer);
        let weights =
            subset.map_or_else(|| passing(&numbers, target), |subset| subset.iter().map(|&z| f64::from(u8::from(z))).collect());
        state_optimum(&mut instance, squares as f64 / rows.len() as f64, &witness(weights));
        Ok(instance)
    }
}

fn sum_of(numbers: &[u64], subset: &[bool]) -> u64 {
    numbers.iter().zip(subset).filter(|(_, chosen)| **chosen).map(|(number, _)| number).sum()
}

/// The number nearest to half of the sum that is no subset's sum.
fn unreachable(numbers: &[u64]) -> Result<u64, BadParameter> {
    let total: u64 = numbers.iter().sum();
    let mut reached: Vec<u64> = vec![0];
    for &number in numbers {
        reached.extend(reached.clone().into_iter().map(|sum| sum + number));
        reached.sort_unstable();
        reached.dedup();
    }
    let free = |target: &u64| reached.binary_search(target).is_err();
    (0..=total / 2).rev().find(free).ok_or_else(|| {
        BadParameter::Combination(format!(
            "every number up to {total} is the sum of a subset of {numbers:?}; lower the density or take another seed"
        ))
    })
}

/// Inputs and labels as in the module documentation.
fn samples(numbers: &[u64], target: u64) -> (Vec<Vec<f64>>, Vec<f64>) {
    let total: u64 = numbers.iter().sum();
    let square = 3 * total * total;
    // The square root is irrational, so the next whole number is the least above it.
    let scale = (square.isqrt() + 1) as f64;
    let point = |first: f64, index: usize, value: f64| {
        let mut row = vec![0.0; numbers.len() + 1];
        row[0] = first;
        row[index] += value;
        row
    };
    let mut rows = vec![point(ANCHOR, 0, 0.0)];
    for index in 1..=numbers.len() {
        rows.push(point(1.0, index, -scale));
        rows.push(point(1.0 - scale, index, scale));
    }
    let mut labels = vec![1.0; rows.len()];
    labels[0] = ANCHOR;
    rows.push(std::iter::once(SUM * (1.0 - target as f64)).chain(numbers.iter().map(|&number| SUM * number as f64)).collect());
    labels.push(SUM);
    (rows, labels)
}

/// Ones as long as the target is not passed, then a fraction, then zeros. The target is no sum of numbers from the front.
fn passing(numbers: &[u64], target: u64) -> Vec<f64> {
    let mut left = target;
    let mut weights = vec![0.0; numbers.len()];
    for (weight, &number) in weights.iter_mut().zip(numbers) {
        *weight = if number <= left { 1.0 } else { left as f64 / number as f64 };
        left = left.saturating_sub(number);
        if *weight < 1.0 {
            break;
        }
    }
    weights
}

fn witness(weights: Vec<f64>) -> Weights {
    let mut witness = Weights::zero(1, weights.len() + 1);
    witness.hidden[0] = std::iter::once(1.0).chain(weights).collect();
    witness
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, sum_of_squares, witness_of};

    #[test]
    fn witnesses_have_p_squares_or_one_more() {
        for seed in 0..30 {
            for (answer, extra) in [("yes", 0.0), ("no", 1.0)] {
                let Ok(instance) = made(&SubsetSum, &format!("answer={answer},numbers=6"), seed) else { continue };
                let squares = sum_of_squares(&instance, &witness_of(&instance));
                assert!((squares - 6.0 - extra).abs() < 1e-9, "{answer}, seed {seed}: {squares}");
            }
        }
    }

    #[test]
    fn every_assignment_of_whole_weights_costs_p_and_what_the_sum_misses() {
        let instance = made(&SubsetSum, "numbers=5,answer=no", 2).expect("valid");
        let numbers: Vec<u64> = serde_json::from_value(instance.provenance["numbers"].clone()).expect("numbers");
        let target = instance.provenance["target"].as_u64().expect("a number");
        for set in 0..32_u32 {
            let subset: Vec<bool> = (0..5).map(|i| set >> i & 1 == 1).collect();
            let sum = sum_of(&numbers, &subset);
            assert_ne!(sum, target);
            let weights = witness(subset.iter().map(|&z| f64::from(u8::from(z))).collect());
            let missed = (1.0 + sum as f64 - target as f64).max(0.0) - 1.0;
            assert_eq!(sum_of_squares(&instance, &weights), 5.0 + 4.0 * missed * missed);
        }
    }

    #[test]
    fn targets_that_every_subset_reaches_are_no_instance() {
        // Numbers up to 2: all sums up to the total are reached as soon as one of them is 1.
        let faults = (0..10).filter_map(|seed| made(&SubsetSum, "numbers=4,density=4,answer=no", seed).err());
        assert!(faults.into_iter().all(|fault| fault.to_string().contains("lower the density")));
        assert!(made(&SubsetSum, "numbers=16", 1).is_ok() && made(&SubsetSum, "numbers=16,density=0.7,answer=no", 1).is_ok());
    }
}
