//! Documents that are broken, hostile or too large: one clear refusal each, and never a panic.

use optgap_checker::{CheckError, MAX_BYTES, MAX_NUMBERS, exact_loss};
use proptest::prelude::*;

const XOR: &str = r#"{"format": "optgap-instance/1", "name": "xor", "network": {"kind": "dense", "width": 2, "activation": "relu",
    "hidden_bias": true, "output_bias": false, "train_output": true}, "loss": "squared", "weight_decay": 0.0,
    "x": [[0,0],[0,1],[1,0],[1,1]], "y": [0,1,1,0], "test": {"x": [], "y": []}, "reference": {"optimum": 0.0},
    "provenance": {"family": "xor"}}"#;
const WEIGHTS: &str = r#"{"hidden": [[1,1],[1,1]], "hidden_bias": [0,-1], "output": [1,-2], "output_bias": 0.0}"#;

fn refusal(instance: &str, weights: &str) -> String {
    exact_loss(instance.as_bytes(), weights.as_bytes()).expect_err("broken").to_string()
}

/// The message after `old` became `new` in the one document that has it.
fn after(old: &str, new: &str) -> String {
    assert!(XOR.contains(old) != WEIGHTS.contains(old), "{old} must stand in exactly one of the documents");
    refusal(&XOR.replace(old, new), &WEIGHTS.replace(old, new))
}

#[test]
fn the_documented_example_is_accepted_and_optional_fields_may_be_left_out() {
    assert!(exact_loss(XOR.as_bytes(), WEIGHTS.as_bytes()).expect("valid") == 0.0);
    let short = r#"{"format": "optgap-instance/1", "network": {"kind": "dense", "width": 2}, "x": [[0,0],[0,1]], "y": [0,1]}"#;
    let weights = WEIGHTS.replace(", \"output_bias\": 0.0", "");
    assert!(exact_loss(short.as_bytes(), weights.as_bytes()).expect("valid") == 0.0);
    assert!(exact_loss(format!("\u{feff}{XOR}").as_bytes(), format!("{WEIGHTS}\r\n").as_bytes()).expect("valid") == 0.0);
}

#[test]
fn every_fault_is_refused_for_its_own_reason() {
    for (old, new, reason) in [
        ("instance/1", "instance/2", "unknown variant `optgap-instance/2`"),
        ("\"dense\"", "\"convolution\"", "unknown variant `convolution`"),
        ("\"dense\"", "\"shared-filter\"", "network.width is 2; a shared filter has width 1"),
        ("\"dense\"", "\"dense\", \"patches\": 1, \"patch_size\": 2", "a dense network has neither"),
        ("\"dense\", \"width\": 2", "\"shared-filter\", \"width\": 1", "a shared filter needs both"),
        (
            "\"dense\", \"width\": 2",
            "\"shared-filter\", \"patches\": 2, \"patch_size\": 2, \"width\": 1",
            "network.patches and network.patch_size are Some(2) and Some(2) with 2 inputs",
        ),
        (
            "\"dense\", \"width\": 2",
            "\"shared-filter\", \"patches\": 2, \"patch_size\": 1, \"width\": 1",
            "weights: hidden has length 2, expected 1",
        ),
        ("\"relu\"", "\"gelu\"", "unknown variant `gelu`"),
        ("\"squared\"", "\"absolute\"", "unknown variant `absolute`"),
        ("\"weight_decay\": 0.0", "\"weight_decay\": 1e-9", "weight_decay is 0.000000001; only 0"),
        ("\"loss\"", "\"lsos\"", "unknown field `lsos`"),
        ("\"width\": 2", "\"width\": 0", "network.width is 0"),
        ("\"width\": 2", "\"width\": 5000", "network.width is 5000"),
        ("\"width\": 2", "\"width\": -2", "invalid value"),
        ("\"width\": 2", "\"width\": 1e3", "invalid type"),
        ("\"width\": 2", "\"width\": 3", "weights: hidden has length 2, expected 3"),
        ("[1,0]", "[1]", "row 3: 1 columns where row 1 has 2"),
        ("[[0,0],", "[[],", "row 1: no columns"),
        ("[[0,0],[0,1],[1,0],[1,1]]", "[]", "no samples"),
        ("[[0,0],[0,1],[1,0],[1,1]]", "[[1],[2],[3],[4]]", "weights: a row of hidden has length 2, expected 1"),
        ("[0,1,1,0]", "[0,1,1]", "instance: y has length 3, expected 4"),
        ("[0,1,1,0]", "[0,1,1,1e999]", "number out of range"),
        ("[0,1,1,0]", "[0,1,1,NaN]", "expected value"),
        ("[0,1,1,0]", "[0,1,1,null]", "invalid type: null"),
        ("[0,1,1,0]", "[0,1,1,\"0\"]", "invalid type: string"),
        ("[0,1,1,0]", "[0,1,1,0], \"y\": [0,1,1,0]", "duplicate field `y`"),
        ("\"test\": {", "\"test\": {{", "key must be a string"),
        ("[0,-1]", "[0]", "weights: hidden_bias has length 1, expected 2"),
        ("[1,-2]", "[1,-2,0]", "weights: output has length 3, expected 2"),
        ("[1,-2]", "[1,-1e400]", "weights: number out of range"),
        ("[[1,1],[1,1]],", "[[1,1],[1,1],", "invalid type: string \"hidden_bias\", expected a list of numbers"),
        ("\"output_bias\": 0.0", "\"output_bias\": 0.5", "weights: output_bias must be 0 everywhere"),
        ("\"hidden_bias\": true", "\"hidden_bias\": false", "weights: hidden_bias must be 0 everywhere"),
        ("\"train_output\": true", "\"train_output\": false", "weights: output must be 1 everywhere"),
    ] {
        let message = after(old, new);
        assert!(message.contains(reason), "{old} -> {new}: {message}");
    }
}

#[test]
fn every_truncation_is_refused() {
    for end in 0..XOR.len() {
        assert!(matches!(exact_loss(&XOR.as_bytes()[..end], WEIGHTS.as_bytes()), Err(CheckError::Json { .. })), "{end}");
    }
    for end in 0..WEIGHTS.len() {
        assert!(matches!(exact_loss(XOR.as_bytes(), &WEIGHTS.as_bytes()[..end]), Err(CheckError::Json { .. })), "{end}");
    }
    assert!(refusal(&format!("{XOR} x"), WEIGHTS).contains("trailing characters"));
}

#[test]
fn documents_that_are_too_large_are_refused_before_they_are_kept() {
    let long = vec![b' '; MAX_BYTES + 1];
    assert!(matches!(exact_loss(&long, WEIGHTS.as_bytes()), Err(CheckError::TooLong { .. })));
    let many = vec!["0"; MAX_NUMBERS + 1].join(",");
    assert!(refusal(&XOR.replace("[0,1,1,0]", &format!("[{many}]")), WEIGHTS).contains("more than 4194304 numbers"));
    assert!(refusal(&XOR.replace("[0,0]", &format!("[{many}]")), WEIGHTS).contains("more than 4194304 numbers"));
    assert!(refusal(XOR, &WEIGHTS.replace("[0,-1]", &format!("[{many}]"))).contains("more than 4194304 numbers"));
}

#[test]
fn work_that_would_never_end_is_refused() {
    let rows = vec!["[1,2,3]"; 70_000].join(",");
    let labels = vec!["1"; 70_000].join(",");
    let instance = format!(
        r#"{{"format": "optgap-instance/1", "network": {{"kind": "dense", "width": 4096}}, "x": [{rows}], "y": [{labels}]}}"#
    );
    assert!(refusal(&instance, WEIGHTS).contains("70000 samples, 4096 hidden units and 3 inputs need more than 1073741824"));
}

#[test]
fn deep_nesting_ends_in_an_answer_and_not_in_a_stack_overflow() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert!(exact_loss(XOR.replace("{\"family\": \"xor\"}", &deep).as_bytes(), WEIGHTS.as_bytes()).expect("skipped") == 0.0);
    assert!(refusal(&XOR.replace("[0,0]", &deep), WEIGHTS).contains("invalid type: sequence, expected f64"));
    assert!(refusal(&deep, WEIGHTS).starts_with("instance: "));
}

proptest! {
    #[test]
    fn damaged_bytes_never_panic(
        damages in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..3), 1..4), in_weights in any::<bool>()
    ) {
        let (mut instance, mut weights) = (XOR.as_bytes().to_vec(), WEIGHTS.as_bytes().to_vec());
        let target = if in_weights { &mut weights } else { &mut instance };
        for (place, byte, kind) in damages {
            let place = place.index(target.len());
            match kind {
                0 => target[place] = byte,
                1 => target.insert(place, byte),
                _ => drop(target.remove(place)),
            }
        }
        if let Ok(loss) = exact_loss(&instance, &weights) {
            prop_assert!(loss >= 0.0 && loss >= loss.lower() && loss <= loss.upper());
        }
    }
}
