//! One unit: branching on the samples' sides against enumeration, against the cones, and under transformations.

use optgap_conformance::exact::{AGREEMENT, assert_contains, samples, solve, with_samples};
use optgap_conformance::oracle::brute_force_optimum;
use optgap_conformance::reference::{RELATIVE_ERROR, reference_instances};
use optgap_exact::{Cones, OneSided};
use optgap_problem::{Dataset, ExactSolver, ExactTask, Instance, Loss, Network, Progress, StopReason, Tolerance, Watch};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::time::{Duration, Instant};

const SIDES: Cones = Cones { one_sided: OneSided::Always, ..Cones::DEFAULT };
const BLIND: Cones = Cones { starts: 0, one_sided: OneSided::Always, ..Cones::DEFAULT };
const CONES: Cones = Cones { one_sided: OneSided::Never, ..Cones::DEFAULT };

/// How inputs and labels are drawn.
#[derive(Clone, Copy, Debug)]
enum Layout {
    Gaussian,
    Integers,
    Duplicates,
    Collinear,
    EqualLabels,
}

const LAYOUTS: [Layout; 5] = [Layout::Gaussian, Layout::Integers, Layout::Duplicates, Layout::Collinear, Layout::EqualLabels];

struct Draw(ChaCha8Rng);

impl Draw {
    fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    fn integer(&mut self, least: i32, most: i32) -> i32 {
        least + (self.0.next_u32() % (most - least + 1) as u32) as i32
    }

    /// Nearly normal: a sum of uniform numbers, in multiples of 1/1024 because enumeration counts in integers.
    fn gaussian(&mut self) -> f64 {
        (0..6).map(|_| f64::from(self.integer(-724, 724))).sum::<f64>() / 1024.0
    }

    fn instance(&mut self, layout: Layout, n: usize, d: usize, network: Network) -> Instance {
        let mut rows: Vec<Vec<f64>> = Vec::new();
        let direction: Vec<f64> = (0..d).map(|_| self.gaussian()).collect();
        for i in 0..n {
            let row = match layout {
                Layout::Gaussian | Layout::EqualLabels => (0..d).map(|_| self.gaussian()).collect(),
                Layout::Integers => (0..d).map(|_| f64::from(self.integer(-1, 2))).collect(),
                Layout::Duplicates if i % 2 == 1 => rows[i - 1].clone(),
                Layout::Duplicates => (0..d).map(|_| f64::from(self.integer(-3, 3))).collect(),
                Layout::Collinear => {
                    let t = f64::from(self.integer(-4, 4));
                    direction.iter().map(|v| t * (v * 8.0).round()).collect()
                }
            };
            rows.push(row);
        }
        let level = f64::from(self.integer(-1, 1));
        let labels = (0..n)
            .map(|_| match layout {
                Layout::EqualLabels => level,
                Layout::Integers => f64::from(self.integer(-2, 2)),
                _ => self.gaussian(),
            })
            .collect();
        let mut instance = Instance::new(Dataset::new(&rows, labels).expect("valid"), network, Loss::Squared).expect("valid");
        instance.name = format!("{layout:?} n={n} d={d}");
        instance
    }
}

fn unit(hidden_bias: bool, train_output: bool) -> Network {
    Network { hidden_bias, train_output, ..Network::dense(1) }
}

#[test]
fn tiny_instances_agree_with_enumeration() {
    let mut draw = Draw::new(11);
    for round in 0..20 {
        for layout in LAYOUTS {
            for d in 1..=2 {
                for (hidden_bias, train_output) in [(true, true), (false, true), (true, false)] {
                    let n = draw.integer(1, 8) as usize;
                    let instance = draw.instance(layout, n, d as usize, unit(hidden_bias, train_output));
                    let optimum = brute_force_optimum(&instance);
                    let solver = if round % 2 == 0 { SIDES } else { BLIND };
                    assert_contains(solve(&solver, &instance), optimum, &instance, AGREEMENT);
                }
            }
        }
    }
}

#[test]
fn the_two_engines_agree_on_larger_instances() {
    let mut draw = Draw::new(12);
    for layout in [Layout::Gaussian, Layout::Integers, Layout::Duplicates, Layout::Collinear] {
        for (n, d) in [(30, 2), (60, 2), (40, 3), (30, 4)] {
            for train_output in [true, false] {
                let instance = draw.instance(layout, n, d, unit(true, train_output));
                let cones = solve(&CONES, &instance).upper;
                assert_contains(solve(&SIDES, &instance), cones, &instance, AGREEMENT);
                assert_contains(solve(&BLIND, &instance), cones, &instance, AGREEMENT);
            }
        }
    }
}

#[test]
fn fewer_samples_than_inputs_agree_with_the_cones() {
    let mut draw = Draw::new(17);
    for layout in LAYOUTS {
        for _ in 0..10 {
            let (n, d) = (draw.integer(1, 5) as usize, draw.integer(3, 5) as usize);
            let network = unit(false, draw.integer(0, 1) == 1);
            let instance = draw.instance(layout, n, d, network);
            assert_contains(solve(&SIDES, &instance), solve(&CONES, &instance).upper, &instance, AGREEMENT);
        }
    }
}

#[test]
fn reference_instances_of_one_unit_close_at_their_recorded_optimum() {
    // Labels of equal size in few dimensions are for the cones: millions of nodes here.
    let hard = ["random-labels-n40-d3-k1", "random-labels-n60-d4-k1"];
    let one_unit = reference_instances().into_iter().filter(|r| r.instance.network.width == 1);
    let one_unit = one_unit.filter(|r| !hard.contains(&r.instance.name.as_str()));
    let mut count = 0;
    for reference in one_unit {
        assert_contains(solve(&SIDES, &reference.instance), reference.optimum, &reference.instance, RELATIVE_ERROR);
        count += 1;
    }
    assert!(count >= 6, "{count}");
}

#[test]
fn integer_ties_in_eleven_dimensions_are_proved() {
    // The vertex cover problem of the Petersen graph, see the family `vertex-cover`: the sum of squares is the cover number, 6.
    let point = |factor: f64, entries: &[(usize, f64)]| {
        let mut row = vec![0.0; 11];
        row[0] = factor;
        entries.iter().for_each(|&(vertex, value)| row[vertex + 1] = factor * value);
        row
    };
    let edges = (0..5).flat_map(|v| [(v, (v + 1) % 5), (v, v + 5), (v + 5, (v + 2) % 5 + 5)]);
    let mut samples = vec![(point(8.0, &[]), 8.0)];
    samples.extend(edges.map(|(u, v)| (point(8.0, &[(u, -1.0), (v, -1.0)]), 0.0)));
    samples.extend((0..10).map(|v| (point(1.0, &[(v, -4.0)]), 1.0)));
    let (rows, labels): (Vec<_>, Vec<_>) = samples.into_iter().unzip();
    let data = Dataset::new(&rows, labels).expect("valid");
    let instance = Instance::new(data, unit(false, true), Loss::Squared).expect("valid");
    assert_contains(solve(&SIDES, &instance), 6.0 / 26.0, &instance, AGREEMENT);
}

#[test]
fn other_networks_are_left_to_the_cones() {
    let mut draw = Draw::new(13);
    for network in [Network { output_bias: true, ..Network::dense(1) }, Network::dense(2)] {
        let instance = draw.instance(Layout::Gaussian, 8, 2, network);
        let cones = solve(&CONES, &instance);
        assert_contains(solve(&SIDES, &instance), cones.upper, &instance, AGREEMENT);
    }
}

#[test]
fn transformations_change_the_optimum_as_they_should() {
    let mut draw = Draw::new(14);
    for layout in [Layout::Gaussian, Layout::Integers, Layout::Duplicates] {
        let original = draw.instance(layout, 24, 4, unit(true, true));
        let value = solve(&SIDES, &original).upper;
        let changed =
            |map: &dyn Fn((Vec<f64>, f64)) -> (Vec<f64>, f64)| with_samples(&original, samples(&original).into_iter().map(map));
        let same = [
            // Exact in binary: powers of two, a permutation, and a copy of a column.
            changed(&|(x, y)| (vec![x[3] * 1024.0, x[0] * 0.125, x[2], x[1]], y)),
            changed(&|(x, y)| (vec![x[0], x[1], x[2], x[3], x[1], 0.0], y)),
            with_samples(&original, samples(&original).into_iter().rev().chain(samples(&original))),
        ];
        for instance in same {
            assert_contains(solve(&SIDES, &instance), value, &instance, AGREEMENT);
        }
        let scaled = changed(&|(x, y)| (x, -8.0 * y));
        assert_contains(solve(&SIDES, &scaled), 64.0 * value, &scaled, AGREEMENT);
    }
}

/// Stops after a time or a number of questions.
struct Limit {
    started: Instant,
    allowed: Duration,
    questions: usize,
    seen: Vec<Progress>,
}

impl Limit {
    fn new(allowed: Duration, questions: usize) -> Self {
        Self { started: Instant::now(), allowed, questions, seen: Vec::new() }
    }
}

impl Watch for Limit {
    fn observe(&mut self, progress: Progress) {
        self.seen.push(progress);
    }
    fn should_stop(&mut self) -> Option<StopReason> {
        self.questions = self.questions.saturating_sub(1);
        if self.questions == 0 {
            return Some(StopReason::Interrupted);
        }
        (self.started.elapsed() > self.allowed).then_some(StopReason::TimeLimit)
    }
    fn remaining(&self) -> Option<Duration> {
        Some(self.allowed.saturating_sub(self.started.elapsed()))
    }
}

#[test]
fn a_search_out_of_time_ends_with_a_useful_bound() {
    let instance = Draw::new(15).instance(Layout::Gaussian, 1000, 6, unit(true, true));
    let tolerance = Tolerance::for_level(instance.constant_level());
    let mut limit = Limit::new(Duration::from_millis(500), usize::MAX);
    let outcome = SIDES.solve(&instance, ExactTask::optimum(tolerance), &mut limit).expect("supported");
    assert_eq!(outcome.stop, StopReason::TimeLimit);
    // Not a measurement: on a busy machine a fraction of a second means nothing.
    assert!(limit.started.elapsed() < 10 * limit.allowed);
    let upper = instance.loss_of(&outcome.weights).expect("fits").hi;
    assert!(0.25 * upper < outcome.lower && outcome.lower < upper, "{} {upper}", outcome.lower);
}

#[test]
fn bounds_at_any_interruption_contain_the_optimum() {
    let instance = Draw::new(16).instance(Layout::Gaussian, 40, 4, unit(true, true));
    let optimum = solve(&CONES, &instance).upper;
    let tolerance = Tolerance::for_level(instance.constant_level());
    for questions in [1, 2, 3, 5, 10, 20, 40, 80, 160] {
        let mut limit = Limit::new(Duration::MAX, questions);
        let outcome = BLIND.solve(&instance, ExactTask::optimum(tolerance), &mut limit).expect("supported");
        let upper = instance.loss_of(&outcome.weights).expect("fits").hi;
        assert!(outcome.lower <= optimum && optimum * (1.0 - AGREEMENT) <= upper, "{questions}: {outcome:?}");
        for progress in limit.seen {
            let Progress::Search { bounds, .. } = progress else { panic!("a search reports a search") };
            assert!(bounds.lower <= optimum, "{bounds:?}");
        }
    }
}
