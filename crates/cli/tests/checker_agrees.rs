//! The scoring function and the independent checker read the same bytes and must agree: the checker's fraction lies
//! within the scoring function's enclosure, and what one of them refuses the other refuses too.

use optgap_checker::exact_loss;
use optgap_problem::{
    Dataset, Instance, Loss, Network, Weights, instance_from_json, instance_to_json, weights_from_json, weights_to_json,
};
use proptest::prelude::*;

/// Numbers of every size, with zeros and small integers among them so that ties and kinks occur.
fn number() -> impl Strategy<Value = f64> + Clone {
    prop_oneof![
        4 => -3.0f64..3.0,
        3 => (-2i32..3).prop_map(f64::from),
        1 => (-1.0f64..1.0, -300i32..300).prop_map(|(mantissa, exponent)| mantissa * 10f64.powi(exponent)),
    ]
}

/// A random dense network of up to 3 inputs and 3 units, or a shared filter on up to 3 patches of up to 3 inputs.
fn network() -> impl Strategy<Value = (Network, usize)> {
    let kind = prop_oneof![
        (1usize..4, 1usize..4).prop_map(|(inputs, width)| (Network::dense(width), inputs)),
        (1usize..4, 1usize..4).prop_map(|(patches, size)| (Network::shared_filter(patches, size), patches * size)),
    ];
    (kind, any::<[bool; 3]>()).prop_map(|((kind, inputs), [hidden_bias, output_bias, train_output])| {
        (Network { hidden_bias, output_bias, train_output, ..kind }, inputs)
    })
}

/// A random instance of up to 6 samples, and random weights of its shape.
fn problem() -> impl Strategy<Value = (Instance, Weights)> {
    (network(), 1usize..7).prop_flat_map(|((network, inputs), samples)| {
        let row = |length: usize| prop::collection::vec(number(), length);
        let table = |rows: usize, length: usize| prop::collection::vec(prop::collection::vec(number(), length), rows);
        let (width, unit_inputs) = (network.width, network.unit_inputs(inputs));
        (table(samples, inputs), row(samples), table(width, unit_inputs), row(width), row(width), number()).prop_map(
            move |(x, y, hidden, hidden_bias, output, output_bias)| {
                let weights = Weights {
                    inner: vec![],
                    hidden,
                    hidden_bias: if network.hidden_bias { hidden_bias } else { vec![0.0; width] },
                    output: if network.train_output { output } else { vec![1.0; width] },
                    output_bias: if network.output_bias { output_bias } else { 0.0 },
                };
                // Labels whose squares overflow are refused.
                let y = y.into_iter().map(|label: f64| label.clamp(-1e150, 1e150)).collect();
                let data = Dataset::new(&x, y).expect("a table of finite numbers");
                (Instance::new(data, network.clone(), Loss::Squared).expect("a network that fits"), weights)
            },
        )
    })
}

proptest! {
    #[test]
    fn the_exact_fraction_lies_within_the_enclosure((instance, weights) in problem()) {
        let score = instance.loss_of(&weights).expect("weights of the instance's shape");
        let exact = exact_loss(instance_to_json(&instance).as_bytes(), weights_to_json(&weights).as_bytes()).expect("valid");
        prop_assert!(exact >= score.lo, "{exact} is below {score:?}");
        prop_assert!(exact <= score.hi, "{exact} is above {score:?}");
    }

    #[test]
    fn weights_of_a_wrong_shape_are_refused_by_both((instance, weights) in problem(), fault in 0usize..5) {
        let mut wrong = weights;
        match fault {
            0 => wrong.output.push(1.0),
            1 => wrong.hidden_bias.push(0.0),
            2 => wrong.hidden.push(wrong.hidden[0].clone()),
            3 => wrong.hidden.iter_mut().for_each(|row| row.push(1.0)),
            _ => drop(wrong.output.pop()),
        }
        prop_assert!(instance.loss_of(&wrong).is_err());
        prop_assert!(exact_loss(instance_to_json(&instance).as_bytes(), weights_to_json(&wrong).as_bytes()).is_err());
    }
}

#[test]
fn both_readers_take_the_same_doubles_from_the_same_text() {
    // Integers beyond 2^53, long decimals halfway between two doubles, subnormals and a negative zero.
    let texts =
        ["9007199254740993", "0.1000000000000000055511151231257827", "2.5e-324", "4.9e-324", "-0", "-0.0", "1e23", "8.5e22"];
    for text in texts {
        let instance = format!(
            r#"{{"format": "optgap-instance/1", "network": {{"kind": "dense", "width": 1}}, "x": [[{text}]], "y": [{text}]}}"#
        );
        let weights = format!(r#"{{"hidden": [[0]], "hidden_bias": [0], "output": [{text}]}}"#);
        let (problem, values) = (instance_from_json(&instance).expect("valid"), weights_from_json(&weights).expect("valid"));
        let score = problem.loss_of(&values).expect("fits");
        let exact = exact_loss(instance.as_bytes(), weights.as_bytes()).expect("valid");
        assert!(exact >= score.lo && exact <= score.hi, "{text}: {exact} is outside {score:?}");
    }
}

#[test]
fn a_network_outside_the_format_is_refused_by_both() {
    let weights = r#"{"hidden": [[1]], "hidden_bias": [0], "output": [1]}"#;
    let instance = r#"{"format": "optgap-instance/1", "network": {"kind": "dense", "width": 1}, "x": [[1]], "y": [1]}"#;
    assert!(exact_loss(instance.as_bytes(), weights.as_bytes()).expect("valid") == 0.0);
    for (old, new) in [
        ("instance/1", "instance/2"),
        ("dense", "convolution"),
        ("\"width\": 1", "\"width\": 0"),
        ("\"width\": 1", "\"width\": 4097"),
        ("\"width\": 1", "\"width\": 1, \"activation\": \"tanh\""),
        ("dense", "shared-filter"),
        ("\"width\": 1", "\"width\": 1, \"patches\": 1, \"patch_size\": 1"),
        ("\"dense\", \"width\": 1", "\"shared-filter\", \"width\": 1, \"patches\": 1, \"patch_size\": 2"),
        ("\"dense\", \"width\": 1", "\"shared-filter\", \"width\": 2, \"patches\": 1, \"patch_size\": 1"),
        ("\"x\": [[1]]", "\"x\": [[1]], \"weight_decay\": 0.5"),
        ("\"x\": [[1]]", "\"x\": [[1]], \"loss\": \"logistic\""),
        ("\"x\": [[1]]", "\"x\": [[1]], \"x\": [[1]]"),
        ("[[1]]", "[[]]"),
        ("[[1]]", "[]"),
        ("[[1]]", "[[1e400]]"),
    ] {
        let broken = instance.replace(old, new);
        assert_ne!(broken, instance);
        assert!(instance_from_json(&broken).is_err(), "{broken}");
        assert!(exact_loss(broken.as_bytes(), weights.as_bytes()).is_err(), "{broken}");
    }
}
