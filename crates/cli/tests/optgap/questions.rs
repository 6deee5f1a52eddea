//! `score` and `decide`, and the options that they share with `solve`.

use crate::commands::{keys, last_line, upper};
use crate::workplace::{TABLE, WEIGHTS, Workplace, XOR};
use optgap_checker::exact_loss;
use optgap_problem::{read_instance, read_weights, weights_from_json};
use serde_json::Value;

/// A random-label instance that is solved in a moment, its optimum, and descent's weights on it.
fn trained() -> (Workplace, f64) {
    let place = Workplace::new();
    place.run(&["gen", "random-labels[n=20,dimension=2]", "--seed", "3", "--out", "r.json"]);
    let solved = last_line(&place.run(&["solve", "r.json", "--json", "--save-weights", "best.json"]));
    place.run(&["train", "r.json", "--restarts", "3", "--steps", "3000", "--save-weights", "descent.json"]);
    place.run(&["train", "r.json", "--restarts", "1", "--steps", "5", "--save-weights", "early.json"]);
    (place, solved["upper"].as_f64().expect("a number"))
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[test]
fn a_shared_filter_is_solved_and_its_weights_are_scored() {
    let place = Workplace::new();
    let text = r#"{"format": "optgap-instance/1", "network": {"kind": "shared-filter", "patches": 2, "patch_size": 1, "width": 1},
        "x": [[0, 1], [1, 1], [2, -1], [-1, 3]], "y": [1, 3, 0, 2]}"#;
    place.write("filter.json", text);
    let solved = last_line(&place.run(&["solve", "filter.json", "--json", "--save-weights", "best.json"]));
    assert_eq!(solved["status"], "optimal");
    let scored = last_line(&place.run(&["score", "filter.json", "best.json", "--json", "--quiet"]));
    assert_eq!((&scored["kind"], &scored["upper"]), (&"optimum".into(), &solved["upper"]));
    let text = place.run(&["score", "filter.json", "best.json", "--quiet"]).stdout;
    assert!(text.contains("4 samples, 2 inputs, 1 filter of 1 input\n"), "{text}");
}

#[test]
fn score_places_weights_between_the_optimum_and_the_best_constant() {
    let (place, optimum) = trained();
    let instance = read_instance(&place.path("r.json")).expect("valid");
    let score = |weights: &str| last_line(&place.run(&["score", "r.json", weights, "--json", "--quiet"]));
    let best = score("best.json");
    let mut expected =
        vec!["instance", "kind", "loss", "polished", "lower", "upper", "level", "gap", "missed_share", "status", "seconds"];
    expected.push("weights");
    expected.sort_unstable();
    assert_eq!(keys(&best), expected);
    assert_eq!((&best["kind"], &best["status"]), (&"optimum".into(), &"optimal".into()));
    assert!(number(&best["gap"][1]) <= 1e-6);
    let early = score("early.json");
    assert_eq!(early["kind"], "not-stationary");
    let loss = upper(&instance, &read_weights(&place.path("early.json")).expect("saved"));
    assert_eq!(number(&early["loss"]), loss);
    assert!(number(&early["polished"]) < loss && number(&early["polished"]) >= optimum * (1.0 - 1e-8));
    let gap = (loss - optimum) / instance.constant_level();
    assert!((number(&early["gap"][0]) - gap).abs() < 1e-8 && (number(&early["gap"][1]) - gap).abs() < 1e-8, "{early}");
    let missed = (loss - optimum) / (instance.constant_level() - optimum);
    assert!((number(&early["missed_share"][0]) - missed).abs() < 1e-6, "{early}");
    let descent = score("descent.json");
    assert!(number(&descent["upper"]) <= number(&descent["loss"]));
}

#[test]
fn score_speaks_to_a_person_and_takes_the_width_of_a_table_from_the_weights() {
    let place = Workplace::new();
    let three = r#"{"hidden": [[1,0],[0,1],[1,1]], "hidden_bias": [0,0,-1], "output": [0.1,0.2,0.3]}"#;
    place.write("xor.json", XOR).write("weights.json", WEIGHTS).write("table.csv", TABLE).write("three.json", three);
    let finished = place.run(&["score", "xor.json", "weights.json"]);
    for part in ["end point  optimum", "loss       ", "polished   ", "gap        0 L0", "missed     ", "status     optimal"] {
        assert!(finished.stdout.contains(part), "{part}: {}{}", finished.stdout, finished.stderr);
    }
    let finished = place.run(&["score", "table.csv", "three.json", "--target", "price"]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(finished.stdout.contains("3 hidden units") && finished.stdout.contains("not stationary"), "{}", finished.stdout);
}

#[test]
fn score_of_open_bounds_gives_intervals() {
    let place = Workplace::new();
    place.run(&["gen", "random-labels[n=60,dimension=4,width=3]", "--out", "hard.json"]);
    place.run(&["train", "hard.json", "--restarts", "1", "--steps", "50", "--save-weights", "w.json"]);
    let object = last_line(&place.run(&["score", "hard.json", "w.json", "--time-limit", "0.3", "--json"]));
    assert_eq!(object["status"], "bounded");
    assert!(number(&object["gap"][0]) < number(&object["gap"][1]) && object["missed_share"].is_null(), "{object}");
}

#[test]
fn score_tells_loss_and_kind_of_networks_that_are_too_large_for_exact_search() {
    let place = Workplace::new();
    place.run(&["gen", "random-labels[n=400,dimension=4,width=24]", "--out", "wide.json"]);
    place.run(&["train", "wide.json", "--restarts", "1", "--steps", "20", "--save-weights", "w.json"]);
    let object = last_line(&place.run(&["score", "wide.json", "w.json", "--json"]));
    assert_eq!(
        (&object["status"], &object["kind"], &object["lower"]),
        (&"unsupported".into(), &"not-stationary".into(), &0.0.into())
    );
    assert!(number(&object["polished"]) < number(&object["loss"]) && object["upper"] == object["polished"], "{object}");
    let finished = place.run(&["score", "wide.json", "w.json"]);
    assert!(finished.stdout.contains("too large for exact search"), "{}", finished.stdout);
    assert_eq!(place.run(&["solve", "wide.json"]).code, Some(2));
}

#[test]
fn decide_answers_on_both_sides_of_the_optimum_with_a_witness_or_a_bound() {
    let (place, optimum) = trained();
    let document = std::fs::read(place.path("r.json")).expect("there");
    for (share, expected) in [(0.0, "no"), (0.5, "no"), (0.999_99, "no"), (1.000_01, "yes"), (2.0, "yes")] {
        let eps = share * optimum;
        let object =
            last_line(&place.run(&["decide", "r.json", "--eps", &eps.to_string(), "--json", "--save-weights", "w.json"]));
        assert_eq!(keys(&object), ["answer", "lower", "upper", "verdict", "weights"]);
        assert_eq!(object["answer"], expected, "{share}: {object}");
        let exact = exact_loss(&document, object["weights"].to_string().as_bytes()).expect("valid");
        if expected == "yes" {
            assert!(exact <= eps && number(&object["upper"]) >= exact.lower());
        } else {
            assert!(number(&object["lower"]) > eps);
        }
        let saved = read_weights(&place.path("w.json")).expect("saved");
        assert_eq!(weights_from_json(&object["weights"].to_string()).expect("weights"), saved);
    }
}

#[test]
fn decide_takes_eps_exactly() {
    let place = Workplace::new();
    // Two equal inputs with labels 0 and 1: the optimum is exactly 1/4, attained by weights in binary.
    place.write(
        "quarter.json",
        r#"{"format": "optgap-instance/1", "network": {"kind": "dense", "width": 1}, "x": [[1],[1]], "y": [0,1]}"#,
    );
    // Three labels with mean 1/3: the optimum 2/9 is attained by no doubles.
    place.write(
        "ninths.json",
        r#"{"format": "optgap-instance/1", "network": {"kind": "dense", "width": 1}, "x": [[1],[1],[1]], "y": [0,0,1]}"#,
    );
    place.write("xor.json", XOR);
    let cases = [
        ("xor.json", "0", "yes"),
        ("xor.json", "1e-400", "yes"),
        ("quarter.json", "0.25", "yes"),
        ("quarter.json", "1/4", "yes"),
        ("quarter.json", "0.2499999999999999", "no"),
        ("quarter.json", "0.25000000000000000000000000001", "yes"),
        ("ninths.json", "2/9", "unknown"),
        ("ninths.json", "0.2222", "no"),
        ("ninths.json", "0.2223", "yes"),
        ("ninths.json", "1e300", "yes"),
    ];
    for (file, eps, expected) in cases {
        let object = last_line(&place.run(&["decide", file, "--eps", eps, "--json", "--quiet"]));
        assert_eq!(object["answer"], expected, "{file} {eps}: {object}");
    }
}

#[test]
fn decide_speaks_to_a_person_and_an_open_question_is_no_error() {
    let place = Workplace::new();
    place.write("xor.json", XOR);
    let yes = place.run(&["decide", "xor.json", "--eps", "1/100"]);
    assert!(yes.stdout.contains("answer     YES") && yes.stdout.contains("weights    {"), "{}", yes.stdout);
    place.run(&["gen", "random-labels[n=60,dimension=4,width=3]", "--out", "hard.json"]);
    let open = place.run(&["decide", "hard.json", "--eps", "0.2", "--time-limit", "0.3"]);
    assert_eq!(open.code, Some(0));
    assert!(open.stdout.contains("answer     UNKNOWN: neither weights nor a proof"), "{}", open.stdout);
}

#[test]
fn solve_begins_with_given_weights_and_takes_threads_and_memory() {
    let (place, optimum) = trained();
    let instance = read_instance(&place.path("r.json")).expect("valid");
    let cold = ["solve", "r.json", "--json", "--method", "cones[starts=0]", "--time-limit", "0.001"];
    let warm = [&cold[..], &["--start", "best.json", "--threads", "1", "--memory-limit", "64"]].concat();
    let (cold, warm) = (last_line(&place.run(&cold)), last_line(&place.run(&warm)));
    assert!((number(&warm["upper"]) - optimum).abs() <= 1e-8 * optimum, "{warm}");
    assert!(number(&cold["upper"]) >= number(&warm["upper"]));
    let weights = weights_from_json(&warm["weights"].to_string()).expect("weights");
    assert_eq!(number(&warm["upper"]), upper(&instance, &weights));
}

#[test]
fn solve_tells_how_much_of_an_enumeration_was_spared() {
    let place = Workplace::new();
    place.write("xor.json", XOR);
    let finished = place.run(&["solve", "xor.json"]);
    assert!(finished.stdout.contains("an enumeration has 406 cells"), "{}", finished.stdout);
}

#[test]
fn train_polishes_every_end_point() {
    let place = Workplace::new();
    place.write("xor.json", XOR);
    let object = last_line(&place.run(&["train", "xor.json", "--restarts", "4", "--steps", "30", "--json"]));
    let losses = |name: &str| object[name].as_array().expect("losses").iter().map(number).collect::<Vec<f64>>();
    let (before, after) = (losses("losses"), losses("polished"));
    assert_eq!(after.len(), 4);
    assert!(before.iter().zip(&after).all(|(before, after)| after <= before) && after.iter().sum::<f64>() < before.iter().sum());
}
