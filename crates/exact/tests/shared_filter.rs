//! Shared filters: against enumeration of all activation cells, against dense networks, and on instances whose optimum is known.

use optgap_conformance::degenerate::{Draw, FILTER_LAYOUTS, FilterLayout};
use optgap_conformance::exact::{AGREEMENT, ALL_SWITCHES, assert_contains, samples, solve, with_samples};
use optgap_conformance::oracle::brute_force_optimum;
use optgap_exact::{Bound, Cones};
use optgap_problem::{Dataset, ExactSolver, Instance, Loss, Network};

#[test]
fn filters_agree_with_enumeration_for_all_switches() {
    let mut draw = Draw::new(11);
    for _ in 0..4 {
        for layout in FILTER_LAYOUTS {
            for shape in [[2, 1], [3, 1], [2, 2], [3, 2]] {
                for switches in ALL_SWITCHES {
                    let n = draw.integer(2, 5) as usize;
                    let instance = draw.filter(layout, n, shape, switches);
                    let optimum = brute_force_optimum(&instance);
                    for starts in [0, 20] {
                        let solver = Cones { starts, ..Cones::default() };
                        assert_contains(solve(&solver, &instance), optimum, &instance, AGREEMENT);
                    }
                }
            }
        }
    }
}

/// Noisy labels of a filter, on inputs that are multiples of 1/1024.
fn noisy(seed: u64, n: usize, shape: [usize; 2]) -> Instance {
    let noise = Draw::new(seed).filter(FilterLayout::General, n, shape, [true, false, true]);
    let gives = |x: &[f64]| x.chunks_exact(shape[1]).map(|patch| (patch.iter().sum::<f64>() - 0.5).max(0.0)).sum::<f64>();
    let labelled = samples(&noise).into_iter().map(|(x, y)| (gives(&x) + y, x)).map(|(label, x)| (x, label));
    with_samples(&noise, labelled)
}

#[test]
fn the_order_of_the_patches_does_not_matter() {
    for seed in 0..3 {
        let original = noisy(seed, 20, [3, 2]);
        let turned = |x: &[f64], by: usize| [&x[2 * (by % 3)..], &x[..2 * (by % 3)]].concat();
        let permuted = with_samples(&original, samples(&original).into_iter().enumerate().map(|(i, (x, y))| (turned(&x, i), y)));
        let value = solve(&Cones::default(), &original).upper;
        assert_contains(solve(&Cones::default(), &permuted), value, &permuted, AGREEMENT);
        let threads = Cones { threads: 2, ..Cones::default() };
        assert_contains(solve(&threads, &original), value, &original, AGREEMENT);
    }
}

#[test]
fn a_patch_that_is_shown_twice_counts_like_one_and_one_patch_like_a_dense_unit() {
    for seed in 0..3 {
        let filter = noisy(seed, 12, [1, 2]);
        let dense = Instance { network: Network::dense(1), ..filter.clone() };
        let value = solve(&Cones::default(), &dense).upper;
        assert_contains(solve(&Cones::default(), &filter), value, &filter, AGREEMENT);
        let mut twice = with_samples(&filter, samples(&filter).into_iter().map(|(x, y)| ([x.as_slice(), &x].concat(), y)));
        twice.network = Network::shared_filter(2, 2);
        assert_contains(solve(&Cones::default(), &twice), value, &twice, AGREEMENT);
    }
}

/// Set splitting by two sets: does a hypergraph's vertex set fall into two parts without an edge inside either? One filter on
/// two patches fits exactly if it does. A vector `v` is shown as `(v, 0)` and `(0, v)`; vertices have the label 1/2, edges 0.
fn splitting(vertices: usize, edges: &[&[usize]]) -> Instance {
    let show = |members: &[usize]| -> Vec<f64> {
        let v: Vec<f64> = (0..vertices).map(|s| f64::from(u8::from(members.contains(&s)))).collect();
        let zeros = vec![0.0; vertices];
        [v.as_slice(), &zeros, &zeros, &v].concat()
    };
    let rows: Vec<Vec<f64>> = (0..vertices).map(|s| show(&[s])).chain(edges.iter().map(|edge| show(edge))).collect();
    let labels = (0..rows.len()).map(|i| if i < vertices { 0.5 } else { 0.0 }).collect();
    let network = Network { hidden_bias: false, train_output: false, ..Network::shared_filter(2, 2 * vertices) };
    Instance::new(Dataset::new(&rows, labels).expect("valid"), network, Loss::Squared).expect("valid")
}

#[test]
fn a_filter_splits_a_set_exactly_where_that_can_be_done() {
    let possible = solve(&Cones::default(), &splitting(2, &[&[0, 1]]));
    assert!(possible.upper < 1e-20, "{possible:?}");
    // An edge of one vertex lies inside its part.
    let impossible = solve(&Cones::default(), &splitting(2, &[&[0, 1], &[0]]));
    assert!(impossible.lower > 0.01, "{impossible:?}");
    // Three vertices in a row have two colours, three in a circle have not.
    let row = solve(&Cones::default(), &splitting(3, &[&[0, 1], &[1, 2]]));
    assert!(row.upper < 1e-20, "{row:?}");
    let circle = solve(&Cones::default(), &splitting(3, &[&[0, 1], &[1, 2], &[0, 2]]));
    assert!(circle.lower > 0.001, "{circle:?}");
}

#[test]
fn what_cannot_be_searched_is_refused_with_the_reason() {
    let large = noisy(1, 100, [2, 4]);
    let refusal = Cones::default().supports(&large).expect_err("too large").to_string();
    let reason = "a shared filter of 5 weights, its bias among them, on 200 distinct patches has too many directions";
    assert!(refusal.contains(reason), "{refusal}");
    let intervals = Cones { bound: Bound::Interval, ..Cones::default() };
    let refusal = intervals.supports(&noisy(1, 4, [2, 2])).expect_err("intervals").to_string();
    assert!(refusal.contains("bounded by hulls only"), "{refusal}");
}
