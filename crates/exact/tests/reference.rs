//! The solver on instances whose optima were proved elsewhere.

use optgap_conformance::exact::{assert_contains, solve};
use optgap_conformance::reference::{RELATIVE_ERROR, reference_instances};
use optgap_exact::Cones;

/// The two hardest take minutes; `cargo bench` runs them.
const MINUTES: [&str; 2] = ["random-labels-n20-d3-k2", "random-labels-n25-d2-k3"];

#[test]
fn reference_instances_close_at_their_recorded_optimum() {
    for reference in reference_instances() {
        if MINUTES.contains(&reference.instance.name.as_str()) {
            continue;
        }
        let bounds = solve(&Cones::default(), &reference.instance);
        assert_contains(bounds, reference.optimum, &reference.instance, RELATIVE_ERROR);
    }
}
