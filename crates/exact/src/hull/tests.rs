//! Proofs of hull bounds from vectors that are no solutions.

use crate::arrangement::{Arrangement, Cells};
use crate::bound::NodeBound;
use crate::hull::Hull;
use crate::product::Product;
use crate::program::Program;
use optgap_problem::{Dataset, Instance, Loss, Network};
use std::sync::Arc;

#[test]
fn a_vector_that_no_one_has_checked_proves_no_more_than_the_optimum() {
    // One unit on a line reaches the labels of any hinge: the optimum is zero.
    let rows: Vec<Vec<f64>> = (0..9).map(|i| vec![f64::from(i) - 4.0]).collect();
    let labels: Vec<f64> = (0..9).map(|i| (f64::from(i) - 3.5).max(0.0)).collect();
    let data = Dataset::new(&rows, labels).expect("valid");
    let program = Program::new(&Instance::new(data, Network::dense(1), Loss::Squared).expect("valid"));
    let arrangement = Arrangement::new(&program, None, None, || false).expect("not stopped");
    let mut hull = Hull::new(&program, &arrangement, false);
    let product = Product::<Cells> { regions: vec![Arc::clone(&hull.roots()[0])], positive: 1 };
    for share in [1.0, 0.5, 0.1] {
        // It would prove a positive bound if it were feasible, and no ray is named as tight.
        hull.residuals = program.labels.iter().map(|y| -share * y).collect();
        hull.tight.clear();
        let bound = hull.prove(&product, f64::NEG_INFINITY).map(|proof| proof.bound);
        assert!(bound.is_none_or(|bound| bound <= 0.0), "{share}: {bound:?}");
    }
}
