//! Whatever the solver claims, the checker proves.

use crate::{certify, certify_watched, verify};
use optgap_conformance::degenerate::{Draw, FILTER_LAYOUTS, LAYOUTS};
use optgap_conformance::exact::ALL_SWITCHES;
use optgap_conformance::oracle::brute_force_optimum;
use optgap_conformance::reference::reference_instances;
use optgap_exact::{Bound, Cones, OneSided};
use optgap_problem::{
    Bounds, CertificateSink, Dataset, ExactOutcome, ExactSolver, ExactTask, Instance, Loss, Network, NoWatch, Progress,
    StopReason, Tolerance, Watch,
};
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Every way to search a network.
fn engines(instance: &Instance) -> Vec<Cones> {
    let never = Cones { one_sided: OneSided::Never, ..Cones::DEFAULT };
    let mut engines = vec![Cones { bound: Bound::Interval, ..never }, Cones { bound: Bound::Hull, ..never }];
    engines.extend((instance.network.width == 1).then_some(Cones { one_sided: OneSided::Always, ..Cones::DEFAULT }));
    engines
}

/// Asserts that the checker proves the lower bound that the search states, and returns the bounds that it proves.
fn assert_proved(instance: &Instance, outcome: &ExactOutcome, certificate: &[u8]) -> Bounds {
    let verdict = verify(instance, certificate).unwrap_or_else(|refusal| {
        panic!("{}: {refusal}: {}", instance.name, optgap_problem::instance_to_json(instance));
    });
    let (lower, upper) = (verdict.lower.lower(), verdict.upper.upper());
    // The mean is rounded once here, and twice on the way of the stated bound.
    assert!(lower >= outcome.lower * (1.0 - 1e-15), "{}: {lower} is below {}", instance.name, outcome.lower);
    let score = instance.loss_of(&outcome.weights).expect("weights fit the network");
    assert!(verdict.upper >= score.lo && verdict.upper <= score.hi, "{}", instance.name);
    Bounds { lower, upper }
}

/// The same for a search that ends by itself, whose bounds are closed then.
fn assert_certified(solver: &Cones, instance: &Instance) -> Bounds {
    let (outcome, certificate) = certify(solver, instance);
    let bounds = assert_proved(instance, &outcome, &certificate);
    assert!(bounds.closed(Tolerance::for_level(instance.constant_level())), "{}: {bounds:?}", instance.name);
    bounds
}

#[test]
fn degenerate_instances_of_every_shape_are_certified_by_every_engine() {
    let mut draw = Draw::new(21);
    for layout in LAYOUTS {
        for (width, d, most) in [(1, 1, 8), (1, 2, 8), (1, 3, 8), (2, 1, 7), (2, 2, 7), (2, 3, 6), (3, 1, 7)] {
            for [hidden_bias, output_bias, train_output] in ALL_SWITCHES {
                let n = draw.integer(1, most) as usize;
                let network = Network { hidden_bias, output_bias, train_output, ..Network::dense(width) };
                let instance = draw.dense(layout, n, d, network);
                for solver in engines(&instance) {
                    assert_certified(&solver, &instance);
                }
            }
        }
    }
}

#[test]
fn proved_bounds_contain_the_optimum_by_enumeration() {
    let mut draw = Draw::new(22);
    for layout in LAYOUTS {
        for (width, d) in [(1, 2), (2, 1)] {
            let instance = draw.dense(layout, 6, d, Network::dense(width));
            let optimum = brute_force_optimum(&instance);
            let slack = 1e-9 * optimum.max(instance.constant_level());
            for solver in engines(&instance) {
                let bounds = assert_certified(&solver, &instance);
                assert!(bounds.lower <= optimum + slack && optimum - slack <= bounds.upper, "{bounds:?} {optimum}");
            }
        }
    }
}

#[test]
fn shared_filters_are_certified() {
    let mut draw = Draw::new(23);
    for layout in FILTER_LAYOUTS {
        for shape in [[2, 1], [3, 1], [2, 2]] {
            for switches in ALL_SWITCHES {
                let n = draw.integer(1, 6) as usize;
                assert_certified(&Cones::DEFAULT, &draw.filter(layout, n, shape, switches));
            }
        }
    }
}

#[test]
fn reference_instances_are_certified() {
    // Searches of more than a second here.
    let long = ["random-labels-n150-d2-k2", "random-labels-n60-d4-k1"];
    for reference in reference_instances().into_iter().filter(|r| !long.contains(&r.instance.name.as_str())) {
        let bounds = assert_certified(&Cones::DEFAULT, &reference.instance);
        let slack = 1e-7 * reference.optimum.max(reference.instance.constant_level());
        assert!(bounds.lower <= reference.optimum + slack, "{}: {bounds:?}", reference.instance.name);
    }
}

#[test]
fn threads_write_one_certificate() {
    let instance = Draw::new(24).dense(LAYOUTS[0], 20, 2, Network::dense(2));
    for bound in [Bound::Interval, Bound::Hull] {
        assert_certified(&Cones { threads: 3, bound, ..Cones::DEFAULT }, &instance);
    }
    let one = Draw::new(25).dense(LAYOUTS[0], 30, 3, Network::dense(1));
    assert_certified(&Cones { threads: 3, one_sided: OneSided::Always, ..Cones::DEFAULT }, &one);
}

/// Stops a search when so many nodes were visited.
struct Nodes(u64, u64);

impl Watch for Nodes {
    fn observe(&mut self, progress: Progress) {
        if let Progress::Search { nodes, .. } = progress {
            self.1 = nodes;
        }
    }
    fn should_stop(&mut self) -> Option<StopReason> {
        (self.1 >= self.0).then_some(StopReason::TimeLimit)
    }
}

#[test]
fn an_interrupted_search_has_proved_the_bound_it_states() {
    let mut useful = 0;
    for (seed, width, d, n) in [(1, 2, 2, 20), (2, 3, 1, 25), (3, 1, 3, 40), (4, 2, 3, 12)] {
        let instance = Draw::new(seed).dense(LAYOUTS[0], n, d, Network::dense(width));
        for solver in engines(&instance) {
            for nodes in [1, 64, 256] {
                let task = ExactTask::optimum(Tolerance::for_level(instance.constant_level()));
                let (outcome, certificate) = certify_watched(&solver, &instance, task, &mut Nodes(nodes, 0));
                let bounds = assert_proved(&instance, &outcome, &certificate);
                useful += usize::from(outcome.stop == StopReason::TimeLimit && bounds.lower > 0.1 * bounds.upper);
            }
        }
    }
    assert!(useful >= 5, "{useful}");
}

#[test]
fn a_negative_decision_is_certified() {
    let instance = Draw::new(26).dense(LAYOUTS[0], 20, 2, Network::dense(2));
    let optimum = assert_certified(&Cones::DEFAULT, &instance).lower;
    let eps = 0.9 * optimum;
    for solver in engines(&instance) {
        let tolerance = Tolerance::for_level(instance.constant_level());
        let task = ExactTask { threshold: Some(eps), ..ExactTask::optimum(tolerance) };
        let (outcome, certificate) = certify_watched(&solver, &instance, task, &mut NoWatch);
        assert_eq!(outcome.stop, StopReason::TargetExcluded);
        assert!(assert_proved(&instance, &outcome, &certificate).lower > eps);
    }
}

#[test]
fn a_fit_that_is_only_nearly_exact_is_not_called_exact() {
    // Three points on a bent line in thirds: the loss of the best doubles is tiny, not zero.
    let rows: Vec<Vec<f64>> = [0.1, 0.4, 0.7, 1.3].map(|x| vec![x]).to_vec();
    let labels = rows.iter().map(|x| (x[0] / 3.0 - 0.1).max(0.0)).collect();
    let instance = Instance::new(Dataset::new(&rows, labels).expect("valid"), Network::dense(1), Loss::Squared).expect("valid");
    let bounds = assert_certified(&Cones::DEFAULT, &instance);
    assert!(bounds.lower == 0.0 && bounds.upper < 1e-25, "{bounds:?}");
}

/// Takes so many bytes and then no more.
#[derive(Debug)]
struct Full(AtomicUsize);

impl CertificateSink for Full {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let left = self.0.load(Ordering::Relaxed);
        let rest = left.checked_sub(bytes.len()).ok_or_else(|| io::Error::other("no space is left"))?;
        self.0.store(rest, Ordering::Relaxed);
        Ok(())
    }

    fn restart(&self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_certificate_that_cannot_be_had_costs_no_result() {
    let instance = Draw::new(27).dense(LAYOUTS[0], 20, 2, Network::dense(2));
    let task = ExactTask::optimum(Tolerance::for_level(instance.constant_level()));
    let plain = Cones::DEFAULT.solve(&instance, task, &mut NoWatch).expect("supported");
    assert_eq!(plain.certificate, None);
    let full = Full(AtomicUsize::new(100));
    let outcome =
        Cones::DEFAULT.solve(&instance, ExactTask { certificate: Some(&full), ..task }, &mut NoWatch).expect("supported");
    assert_eq!(outcome.certificate, Some(Err("no space is left".to_owned())));
    assert!(outcome.stop == StopReason::BoundsClosed && (outcome.lower / plain.lower - 1.0).abs() < 1e-9);
    // Sets of neurons are written as the bits of a word.
    let wide = Draw::new(28).dense(LAYOUTS[1], 3, 1, Network::dense(65));
    let sink = Mutex::new(Vec::new());
    let task = ExactTask { certificate: Some(&sink), ..ExactTask::optimum(Tolerance::for_level(wide.constant_level())) };
    let outcome = Cones::DEFAULT.solve(&wide, task, &mut NoWatch).expect("supported");
    assert!(outcome.certificate.is_some_and(|written| written.is_err_and(|why| why.contains("at most 64 units"))));
}
