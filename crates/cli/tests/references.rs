//! The exact solver proves what families state of their optima, and that instances without a solution have none.

use optgap_cli::REGISTRY;
use optgap_exact::Cones;
use optgap_harness::FamilyChoice;
use optgap_problem::{Bounds, ExactOutcome, ExactSolver, ExactTask, Instance, Progress, Reference, StopReason, Tolerance, Watch};
use std::time::{Duration, Instant};

/// Far more than any search here takes.
const LIMIT: Duration = Duration::from_mins(1);

/// How near a proved optimum must be to the stated one, relative to the larger of it and `L0`.
const NEAR: f64 = 1e-9;

/// Families that the solver refuses: units or losses that it does not treat.
const REFUSED: [&str; 3] = ["set-splitting", "halfspace-cover", "orthonormal-population"];

struct Deadline(Instant);

impl Watch for Deadline {
    fn observe(&mut self, _: Progress) {}
    fn should_stop(&mut self) -> Option<StopReason> {
        (self.0.elapsed() > LIMIT).then_some(StopReason::TimeLimit)
    }
}

fn solved(instance: &Instance, threshold: Option<f64>) -> ExactOutcome {
    let tolerance = Tolerance::for_level(instance.constant_level());
    let task = ExactTask { threshold, ..ExactTask::optimum(tolerance) };
    Cones::default()
        .solve(instance, task, &mut Deadline(Instant::now()))
        .unwrap_or_else(|error| panic!("{}: {error}", instance.name))
}

/// What is wrong with the solver's answer, if anything is.
fn complaint(instance: &Instance) -> Option<String> {
    let outcome = solved(instance, None);
    let upper = instance.loss_of(&outcome.weights).expect("fits").hi;
    let bounds = Bounds { lower: outcome.lower, upper };
    let level = instance.constant_level();
    let agrees = match instance.reference {
        _ if !bounds.closed(Tolerance::for_level(level)) => return Some(format!("{}: open at {bounds:?}", instance.name)),
        None => true,
        Some(Reference::Optimum(value) | Reference::Infimum(value)) => {
            let allowance = NEAR * value.max(level);
            (bounds.lower - value).abs() <= allowance && (bounds.upper - value).abs() <= allowance
        }
        Some(Reference::AtLeast(value)) => bounds.lower >= value * (1.0 - NEAR),
    };
    (!agrees).then(|| format!("{}: proved {bounds:?}, stated {:?}", instance.name, instance.reference))
}

fn choices(size: &str) -> impl Iterator<Item = FamilyChoice> {
    let families = REGISTRY.families.iter().map(|family| family.name()).filter(|name| *name != "files");
    families.map(move |name| REGISTRY.family(name, Some(size)).expect("a size"))
}

fn made(selector: &str, seed: u64) -> Instance {
    REGISTRY.family(selector, None).and_then(|choice| choice.instance(seed)).unwrap_or_else(|error| panic!("{selector}: {error}"))
}

#[test]
fn tiny_and_small_sizes_of_every_family_close_at_the_stated_optimum() {
    let mut complaints = Vec::new();
    for choice in choices("tiny").chain(choices("small")) {
        for seed in [1, 2] {
            let instance = choice.instance(seed).expect("an instance");
            if REFUSED.contains(&choice.family.name()) {
                assert!(Cones::default().supports(&instance).is_err(), "{} is treated now: take it off the list", instance.name);
            } else {
                complaints.extend(complaint(&instance));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn stated_optima_hold_beyond_the_defaults_of_their_families() {
    let selectors = [
        "vertex-cover[graph=petersen,vertices=10]",
        "vertex-cover[graph=crown,vertices=8]",
        "vertex-cover[graph=random,vertices=9,train-output=false]",
        "subset-sum[numbers=6,answer=no]",
        "subset-sum[numbers=7,density=2]",
        "orthants[dimension=8]",
        "orthants[dimension=6,width=2]",
        "orthants[dimension=5,equal=true]",
        "colouring[hypergraph=complete,vertices=4,width=3,drop-edge=true]",
        "colouring[vertices=4,outputs=free]",
        "memorisation[n=10,spare=2]",
        "parity[dimension=5,subset=3,width=3]",
        "single-index[link=he1]",
        "staircase[target=parity,width=3]",
        "spare-width[spare=2]",
        "teacher[noise=0,dimension=3]",
        "deep-linear[depth=5,width=3,noise=0]",
        "smoothing[sigma=0]",
        "blend[t=0]",
        "blend[labels=teacher]",
        "weight-sharing[shared=1]",
    ];
    let complaints: Vec<String> = selectors.iter().filter_map(|selector| complaint(&made(selector, 3))).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Pairs: no solution, and the same with one constraint fewer.
#[test]
fn instances_without_a_solution_have_a_positive_optimum_and_their_twins_have_none() {
    let twins = [
        "colouring[vertices=5]",
        "colouring[hypergraph=complete,vertices=4,width=3]",
        "colouring[hypergraph=fano,vertices=7]",
        "colouring[hypergraph=complete,vertices=3,outputs=free]",
        "colouring[vertices=5,outputs=free]",
        "filter-splitting[vertices=3]",
    ];
    for selector in twins {
        let twin = format!("{},drop-edge=true]", selector.trim_end_matches(']'));
        for (text, solvable) in [(selector, false), (&twin, true)] {
            let instance = made(text, 1);
            assert_eq!(instance.provenance["colourable"], solvable, "{text}");
            let outcome = solved(&instance, Some(1e-9 * instance.constant_level()));
            let expected = if solvable { StopReason::TargetReached } else { StopReason::TargetExcluded };
            assert_eq!((outcome.stop, outcome.lower > 0.0), (expected, !solvable), "{text}");
        }
    }
    for seed in 1..=5 {
        let instance = made("memorisation[n=9,spare=-1]", seed);
        let outcome = solved(&instance, Some(1e-9 * instance.constant_level()));
        assert_eq!(outcome.stop, StopReason::TargetExcluded, "{}", instance.name);
    }
}

#[test]
fn a_filter_and_units_of_its_own_have_the_same_optimum_on_the_same_hypergraph() {
    for text in ["vertices=3", "hypergraph=complete,vertices=3", "vertices=5"] {
        let lower = |family: &str| solved(&made(&format!("{family}[{text}]"), 1), None).lower;
        let (filter, units) = (lower("filter-splitting"), lower("colouring"));
        assert!((filter - units).abs() < 1e-9, "{text}: {filter} {units}");
    }
}

#[test]
fn copies_and_scales_leave_the_optimum_and_width_never_raises_it() {
    let lower = |selector: &str| solved(&made(selector, 2), None).lower;
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs());
    assert!(near(lower("redundant[copies=1]"), lower("redundant[copies=4]")));
    assert!(near(lower("spectrum[alpha=0]"), lower("spectrum[alpha=3]")));
    let ladder: Vec<f64> = (1..=4).map(|width| lower(&format!("width-ladder[width={width},n=16]"))).collect();
    assert!(ladder.windows(2).all(|pair| pair[1] <= pair[0] + 1e-12), "{ladder:?}");
}
