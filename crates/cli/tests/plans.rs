//! The shipped plans keep their promises, checked against the real registry without running anything.

use optgap_cli::REGISTRY;
use optgap_harness::{Cell, Plan, PlannedInstance, Task};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Paths inside plans are relative to the repository, so the text is read there and tests run there.
fn plan(name: &str) -> Plan {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the repository");
    std::env::set_current_dir(repository).expect("the repository is there");
    let plan = Plan::read(&Path::new("benches/plans").join(format!("{name}.toml")), &REGISTRY);
    let plan = plan.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(plan.name, name, "the plan's name is that of its file");
    plan
}

fn instances(plan: &Plan) -> Vec<Arc<PlannedInstance>> {
    let by_fingerprint: BTreeMap<&str, &Cell> =
        plan.cells.iter().map(|cell| (cell.instance.summary.fingerprint.as_str(), cell)).collect();
    by_fingerprint.into_values().map(|cell| Arc::clone(&cell.instance)).collect()
}

fn families(instances: &[Arc<PlannedInstance>]) -> BTreeSet<&str> {
    instances.iter().map(|instance| instance.summary.family.as_str()).collect()
}

fn every_family() -> BTreeSet<&'static str> {
    REGISTRY.families.iter().map(|family| family.name()).collect()
}

#[test]
fn the_quick_plan_has_every_family_and_instances_that_are_not_toys() {
    let plan = plan("quick");
    let instances = instances(&plan);
    assert_eq!(families(&instances), every_family());
    let summaries = || instances.iter().map(|instance| &instance.summary);
    let grown = summaries().filter(|summary| summary.width >= 2 && summary.samples >= 40).count();
    assert!(grown >= 40, "{grown} of {}", instances.len());
    let real = summaries().filter(|summary| summary.family == "real" && summary.samples >= 50).count();
    assert!(real >= 6, "{real}");
    assert!(!summaries().any(optgap_results::InstanceSummary::is_degenerate));
    let names: BTreeSet<&str> = summaries().map(|summary| summary.name.as_str()).collect();
    assert_eq!(names.len(), instances.len(), "every instance has a name of its own");
}

#[test]
fn the_quick_plan_meets_every_instance_with_exact_search_and_both_trainers() {
    let plan = plan("quick");
    let methods: BTreeSet<&str> = plan.cells.iter().map(|cell| cell.method.name.as_str()).collect();
    assert_eq!(methods, BTreeSet::from(["adam", "cones", "sgd"]));
    assert_eq!(plan.cells.len(), 3 * instances(&plan).len());
    for cell in &plan.cells {
        if let Task::Training { restarts, target, .. } = &cell.task {
            assert!(restarts.count >= 64 && target.is_none(), "{}", cell.id);
        }
    }
}

#[test]
fn the_smoke_plan_has_one_small_instance_of_every_generated_family() {
    let plan = plan("smoke");
    let instances = instances(&plan);
    let mut expected = every_family();
    expected.remove("files");
    assert_eq!(families(&instances), expected);
    assert_eq!(instances.len(), families(&instances).len());
    assert!(instances.iter().all(|instance| instance.summary.samples <= 40));
}

#[test]
fn the_scaling_plan_has_a_ladder_of_sizes_and_five_seeds_for_every_shape_on_both_sides() {
    let plan = plan("scaling");
    let mut ladders: BTreeMap<(String, usize, usize), BTreeMap<usize, usize>> = BTreeMap::new();
    for instance in instances(&plan) {
        let summary = &instance.summary;
        let ladder = ladders.entry((summary.family.clone(), summary.width, summary.dimension)).or_default();
        *ladder.entry(summary.samples).or_default() += 1;
    }
    let shapes = |family: &str| {
        let shapes = ladders.keys().filter(|(name, ..)| name == family).map(|(_, width, dimension)| (*width, *dimension));
        shapes.collect::<Vec<_>>()
    };
    for family in ["teacher", "random-labels"] {
        assert_eq!(shapes(family), [(1, 2), (2, 1), (2, 2), (2, 3), (3, 2)]);
    }
    for (shape, ladder) in &ladders {
        assert!((5..=7).contains(&ladder.len()) && ladder.values().all(|seeds| *seeds == 5), "{shape:?}: {ladder:?}");
    }
    assert_eq!(plan.cells.len(), instances(&plan).len(), "one method");
}

#[test]
fn plans_whose_seconds_matter_measure_no_certificates_and_the_others_have_them() {
    for (name, expected) in [("scaling", false), ("targets", false), ("quick", true), ("smoke", true)] {
        let plan = plan(name);
        for cell in &plan.cells {
            if let Task::Exact { certificate, .. } = cell.task {
                assert_eq!(certificate, expected, "{name}");
            }
        }
    }
}

#[test]
fn the_target_plan_has_five_seeds_of_every_entry() {
    let plan = plan("targets");
    let instances = instances(&plan);
    assert_eq!((instances.len(), plan.cells.len()), (5 * 35, 5 * 35));
    assert_eq!(families(&instances), BTreeSet::from(["random-labels", "teacher"]));
}
