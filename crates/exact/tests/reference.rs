//! The solver on instances whose optima were proved elsewhere. Two tests, so that two cores share them.

use optgap_conformance::exact::{assert_contains, solve};
use optgap_conformance::reference::{RELATIVE_ERROR, reference_instances};
use optgap_exact::Cones;

/// The longest searches: up to a minute each in a test build.
const LONG: [&str; 4] =
    ["random-labels-n150-d2-k2", "random-labels-n15-d2-k3", "random-labels-n20-d3-k2", "random-labels-n25-d2-k3"];

fn close(chosen: impl Fn(&str) -> bool) {
    for reference in reference_instances().into_iter().filter(|r| chosen(&r.instance.name)) {
        let bounds = solve(&Cones::default(), &reference.instance);
        assert_contains(bounds, reference.optimum, &reference.instance, RELATIVE_ERROR);
    }
}

#[test]
fn reference_instances_close_at_their_recorded_optimum() {
    close(|name| !LONG.contains(&name));
}

#[test]
fn the_longest_searches_close_at_their_recorded_optimum() {
    close(|name| LONG.contains(&name));
}
