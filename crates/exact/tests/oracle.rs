//! The solver against enumeration of all activation cells, on tiny instances of every degenerate kind.

use optgap_conformance::degenerate::{Draw, LAYOUTS};
use optgap_conformance::exact::{AGREEMENT, ALL_SWITCHES, assert_contains, solve};
use optgap_conformance::oracle::brute_force_optimum;
use optgap_exact::{Bound, Cones, OneSided};
use optgap_problem::Network;

/// Every way to search a network of the given width.
fn engines(width: usize) -> Vec<Cones> {
    let never = Cones { one_sided: OneSided::Never, ..Cones::DEFAULT };
    let mut engines = vec![Cones { bound: Bound::Interval, ..never }, Cones { bound: Bound::Hull, ..never }];
    engines.extend((width == 1).then_some(Cones { one_sided: OneSided::Always, ..Cones::DEFAULT }));
    engines
}

/// Repeats the rounds so often; `scripts/check --long` asks for more.
fn repeats() -> usize {
    std::env::var("OPTGAP_TEST_REPEATS").map_or(1, |text| text.parse().expect("OPTGAP_TEST_REPEATS is a whole number"))
}

fn agree(seed: u64, sizes: &[(usize, usize, usize)], switches: &[[bool; 3]], rounds: usize) {
    let mut draw = Draw::new(seed);
    for _ in 0..rounds * repeats() {
        for layout in LAYOUTS {
            for &(width, d, most) in sizes {
                for &[hidden_bias, output_bias, train_output] in switches {
                    let n = draw.integer(1, most as i32) as usize;
                    let network = Network { hidden_bias, output_bias, train_output, ..Network::dense(width) };
                    let instance = draw.dense(layout, n, d, network);
                    let optimum = brute_force_optimum(&instance);
                    for solver in engines(width) {
                        assert_contains(solve(&solver, &instance), optimum, &instance, AGREEMENT);
                    }
                }
            }
        }
    }
}

#[test]
fn one_unit_agrees_with_enumeration_for_all_switches() {
    agree(1, &[(1, 1, 8), (1, 2, 8)], &ALL_SWITCHES, 15);
}

#[test]
fn two_units_agree_with_enumeration_for_all_switches() {
    agree(2, &[(2, 1, 7), (2, 2, 6)], &ALL_SWITCHES, 8);
}

#[test]
fn two_units_on_eight_points_agree_with_enumeration() {
    agree(3, &[(2, 2, 8)], &[ALL_SWITCHES[0], ALL_SWITCHES[2]], 6);
}

/// The oracle stops at two inputs; beyond, the engines are held against each other.
#[test]
fn three_inputs_have_one_optimum_for_all_engines() {
    let mut draw = Draw::new(5);
    for _ in 0..4 * repeats() {
        for layout in LAYOUTS {
            for (width, most) in [(1, 8), (2, 6)] {
                for [hidden_bias, output_bias, train_output] in [ALL_SWITCHES[0], ALL_SWITCHES[1], ALL_SWITCHES[2]] {
                    let n = draw.integer(1, most) as usize;
                    let network = Network { hidden_bias, output_bias, train_output, ..Network::dense(width) };
                    let instance = draw.dense(layout, n, 3, network);
                    let optima: Vec<f64> = engines(width).iter().map(|solver| solve(solver, &instance).upper).collect();
                    for solver in engines(width) {
                        let bounds = solve(&solver, &instance);
                        optima.iter().for_each(|&optimum| assert_contains(bounds, optimum, &instance, AGREEMENT));
                    }
                }
            }
        }
    }
}

#[test]
fn three_units_on_a_line_agree_with_enumeration() {
    agree(4, &[(3, 1, 8)], &[ALL_SWITCHES[0], ALL_SWITCHES[2], ALL_SWITCHES[4]], 8);
}
