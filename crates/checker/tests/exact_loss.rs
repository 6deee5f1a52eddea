//! The exact loss against hand-computed fractions, a plain rational evaluation and ordinary floating point.

use num_rational::BigRational;
use num_traits::{Signed, Zero};
use optgap_checker::{ExactLoss, exact_loss};
use proptest::prelude::*;

/// A problem in memory, to be written as JSON.
#[derive(Clone, Debug)]
struct Case {
    x: Vec<Vec<f64>>,
    y: Vec<f64>,
    hidden: Vec<Vec<f64>>,
    hidden_bias: Vec<f64>,
    output: Vec<f64>,
    output_bias: f64,
}

impl Case {
    fn loss(&self) -> ExactLoss {
        let (width, x, y) = (self.hidden.len(), &self.x, &self.y);
        let instance = format!(
            r#"{{"format": "optgap-instance/1", "network": {{"kind": "dense", "width": {width}, "output_bias": true}}, "x": {x:?}, "y": {y:?}}}"#
        );
        let Self { hidden, hidden_bias, output, output_bias, .. } = self;
        let weights = format!(
            r#"{{"hidden": {hidden:?}, "hidden_bias": {hidden_bias:?}, "output": {output:?}, "output_bias": {output_bias:?}}}"#
        );
        exact_loss(instance.as_bytes(), weights.as_bytes()).expect("a valid case")
    }

    /// The definition in rationals that are reduced at every step.
    fn rational_loss(&self) -> BigRational {
        let mut sum = BigRational::zero();
        for (row, &label) in self.x.iter().zip(&self.y) {
            let mut residual = rational(self.output_bias) - rational(label);
            for unit in 0..self.hidden.len() {
                let mut z = rational(self.hidden_bias[unit]);
                for (&w, &x) in self.hidden[unit].iter().zip(row) {
                    z += rational(w) * rational(x);
                }
                if z.is_positive() {
                    residual += rational(self.output[unit]) * z;
                }
            }
            sum += residual.clone() * residual;
        }
        sum / BigRational::from_integer(self.x.len().into())
    }

    /// The definition in floating point, and the sum of the absolute values of everything that is added up.
    fn float_loss(&self) -> (f64, f64) {
        let (mut sum, mut size) = (0.0, 0.0);
        for (row, &label) in self.x.iter().zip(&self.y) {
            let (mut f, mut f_size) = (self.output_bias - label, self.output_bias.abs() + label.abs());
            for unit in 0..self.hidden.len() {
                let products = || self.hidden[unit].iter().zip(row).map(|(w, x)| w * x);
                let z = products().sum::<f64>() + self.hidden_bias[unit];
                f += self.output[unit] * z.max(0.0);
                f_size += self.output[unit].abs() * (products().map(f64::abs).sum::<f64>() + self.hidden_bias[unit].abs());
            }
            sum += f * f;
            size += f_size * f_size;
        }
        (sum / self.x.len() as f64, size / self.x.len() as f64)
    }
}

fn rational(value: f64) -> BigRational {
    BigRational::from_float(value).expect("finite")
}

fn xor() -> Case {
    Case {
        x: vec![vec![0.0, 0.0], vec![0.0, 1.0], vec![1.0, 0.0], vec![1.0, 1.0]],
        y: vec![0.0, 1.0, 1.0, 0.0],
        hidden: vec![vec![1.0, 1.0], vec![1.0, 1.0]],
        hidden_bias: vec![0.0, -1.0],
        output: vec![1.0, -2.0],
        output_bias: 0.0,
    }
}

/// One sample with input 1 and label 0, one unit with weight `w` and output 1: the loss is the square of `w`.
fn square_of(w: f64) -> Case {
    let (x, hidden) = (vec![vec![1.0]], vec![vec![w]]);
    Case { x, y: vec![0.0], hidden, hidden_bias: vec![0.0], output: vec![1.0], output_bias: 0.0 }
}

#[test]
fn the_exact_weights_of_xor_have_loss_zero() {
    let loss = xor().loss();
    assert_eq!(loss.to_string(), "0/1");
    assert_eq!((loss.lower(), loss.upper()), (0.0, 0.0));
    assert!(loss == 0.0);
}

#[test]
fn fractions_agree_with_a_hand_computation() {
    // The second unit switched off: f = x1 + x2, residuals 0, 0, 0, 2.
    let mut case = xor();
    case.output[1] = 0.0;
    assert_eq!(case.loss().to_string(), "1/1");
    // An output bias of 1/4 on top: residuals 1/4, 1/4, 1/4, 9/4.
    case.output_bias = 0.25;
    assert_eq!(case.loss().to_string(), "21/16");
    // Three samples, so that the denominator is no power of two: (1 + 1 + 81) / 16 / 3.
    case.x.remove(0);
    case.y.remove(0);
    assert_eq!(case.loss().to_string(), "83/48");
}

#[test]
fn a_decimal_fraction_is_the_double_that_stands_for_it() {
    let loss = square_of(0.1).loss();
    // 0.1 is 3602879701896397 / 2^55.
    assert_eq!(loss.numerator(), &(num_bigint::BigInt::from(3_602_879_701_896_397u64).pow(2)));
    assert_eq!(loss.denominator(), &(num_bigint::BigInt::from(1) << 110));
    // The double nearest to 1/100 is not the square of the double nearest to 1/10.
    assert!(loss > 0.01 && loss.lower() >= 0.01 && loss.upper() == loss.lower().next_up());
}

#[test]
fn a_unit_that_is_exactly_zero_or_barely_negative_is_off() {
    // 0.1 + 0.2 is not 0.3 in floating point; exactly, the sum of the three doubles is 2^-55 above zero.
    let mut case = square_of(0.1);
    case.x = vec![vec![1.0, 1.0, 1.0]];
    case.hidden = vec![vec![0.1, 0.2, -0.3]];
    assert_eq!(case.loss().denominator(), &(num_bigint::BigInt::from(1) << 110));
    assert_eq!(case.loss().numerator(), &num_bigint::BigInt::from(1));
    case.hidden = vec![vec![-0.1, -0.2, 0.3]];
    assert!(case.loss() == 0.0);
    case.hidden = vec![vec![0.5, 0.25, -0.75]];
    assert!(case.loss() == 0.0);
}

#[test]
fn absurd_exponents_are_evaluated_exactly() {
    let mut case = square_of(1e300);
    case.x = vec![vec![1e300]];
    case.output = vec![1e300];
    let huge = case.loss();
    assert_eq!((huge.lower(), huge.upper()), (f64::MAX, f64::INFINITY));
    assert_eq!(BigRational::new(huge.numerator().clone(), huge.denominator().clone()), case.rational_loss());

    let tiny = square_of(5e-324).loss();
    assert_eq!((tiny.lower(), tiny.upper()), (0.0, 5e-324));
    assert_eq!(tiny.denominator(), &(num_bigint::BigInt::from(1) << 2148));

    // 1e300 - 1e300 + 1e-300: the small term is all that is left.
    let mut case = square_of(0.0);
    case.x = vec![vec![1.0, 1.0, 1.0]];
    case.hidden = vec![vec![1e300, -1e300, 1e-100]];
    let loss = case.loss();
    assert_eq!(BigRational::new(loss.numerator().clone(), loss.denominator().clone()), rational(1e-100) * rational(1e-100));
}

#[test]
fn a_large_problem_is_evaluated_quickly_enough_to_be_routine() {
    let wave = |seed: usize, i: usize| ((seed * 7919 + i * 104_729) % 20_011) as f64 / 9973.0 - 1.0;
    let case = Case {
        x: (0..1000).map(|row| (0..10).map(|column| wave(row, column)).collect()).collect(),
        y: (0..1000).map(|row| wave(row, 99)).collect(),
        hidden: (0..8).map(|unit| (0..10).map(|column| wave(unit + 5000, column)).collect()).collect(),
        hidden_bias: (0..8).map(|unit| wave(unit, 77)).collect(),
        output: (0..8).map(|unit| wave(unit, 88)).collect(),
        output_bias: 0.3,
    };
    let (approximate, loss) = (case.float_loss().0, case.loss());
    assert!((loss.upper() - approximate).abs() <= 1e-12 * approximate);
}

fn any_finite() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |value| value.is_finite())
}

/// A case of up to 3 inputs, 3 units and 5 samples with numbers from `number`.
fn case_of<S: Strategy<Value = f64> + Clone + 'static>(number: S) -> impl Strategy<Value = Case> {
    (1usize..4, 1usize..4, 1usize..6).prop_flat_map(move |(inputs, width, samples)| {
        let row = |length: usize| prop::collection::vec(number.clone(), length);
        let table = |rows: usize, length: usize| prop::collection::vec(row(length), rows);
        (table(samples, inputs), row(samples), table(width, inputs), row(width), row(width), number.clone())
            .prop_map(|(x, y, hidden, hidden_bias, output, output_bias)| Case { x, y, hidden, hidden_bias, output, output_bias })
    })
}

proptest! {
    #[test]
    fn any_finite_numbers_give_the_same_fraction_as_plain_rationals(
        case in case_of(prop_oneof![any_finite().boxed(), (-3.0f64..3.0).boxed(), (-4i32..4).prop_map(f64::from).boxed()].boxed())
    ) {
        let loss = case.loss();
        prop_assert_eq!(BigRational::new(loss.numerator().clone(), loss.denominator().clone()), case.rational_loss());
    }

    #[test]
    fn ordinary_numbers_give_nearly_the_floating_point_loss(case in case_of(-10.0f64..10.0)) {
        let (approximate, size) = case.float_loss();
        let loss = case.loss();
        prop_assert!((loss.lower() - approximate).abs() <= 1e-13 * size);
        prop_assert!(loss >= loss.lower() && loss <= loss.upper());
        prop_assert!(loss.lower() == loss.upper() || loss.lower().next_up() == loss.upper());
    }

    #[test]
    fn symmetries_of_the_network_leave_the_fraction_as_it_is(case in case_of(-10.0f64..10.0)) {
        let mut turned = case.clone();
        turned.x.reverse();
        turned.y.reverse();
        turned.hidden.reverse();
        turned.hidden_bias.reverse();
        turned.output.reverse();
        for unit in 0..turned.hidden.len() {
            turned.hidden[unit].iter_mut().for_each(|w| *w *= 8.0);
            turned.hidden_bias[unit] *= 8.0;
            turned.output[unit] /= 8.0;
        }
        prop_assert_eq!(turned.loss(), case.loss());
        let mut doubled = case.clone();
        doubled.x.extend(case.x.clone());
        doubled.y.extend(case.y.clone());
        prop_assert_eq!(doubled.loss(), case.loss());
    }
}

#[test]
fn a_shared_filter_gives_the_mean_over_its_patches() {
    let instance =
        br#"{"format": "optgap-instance/1", "network": {"kind": "shared-filter", "patches": 3, "patch_size": 2, "width": 1},
        "x": [[1, 0, 0, 2, -1, -1], [0, 3, 1, 1, 2, 0]], "y": [1, 2]}"#;
    let weights = br#"{"hidden": [[1, 2]], "hidden_bias": [-2], "output": [1]}"#;
    // Patches give 0, 2, 0 and 4, 1, 0: the residuals are -1/3 and -1/3.
    assert_eq!(exact_loss(instance, weights).expect("valid").to_string(), "1/9");
}
