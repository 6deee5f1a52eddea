//! From a plan's entries to cells.

use super::error::{PlanError, Source};
use super::wire::{FamilyWire, MethodWire, PlanWire};
use crate::cell::Budget;
use crate::{Cell, Engine, FamilyChoice, MethodChoice, PlannedInstance, Registry};
use optgap_problem::Instance;
use optgap_results::InstanceSummary;
use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::Arc;
use toml::Spanned;

/// Seeds when a plan names none.
const DEFAULT_SEEDS: &[u64] = &[1];
/// Restarts of a trainer when a plan names none.
const DEFAULT_RESTARTS: u64 = 64;
/// Seconds per cell when a plan names none.
const DEFAULT_TIME_LIMIT_S: f64 = 60.0;
/// Whether exact methods write certificates when a plan does not say.
const DEFAULT_CERTIFICATES: bool = true;
/// Restarts that a plan may ask for.
const RESTARTS: RangeInclusive<u64> = 1..=1_000_000;
/// Seconds that a plan may ask for: from a millisecond to a year.
const TIME_LIMIT_S: RangeInclusive<f64> = 1e-3..=3.2e7;
/// Target gaps that a plan may ask for.
const TARGET_GAP: RangeInclusive<f64> = 0.0..=1.0;

/// An entry of methods with everything that it leaves to the plan filled in.
struct PlannedMethod {
    choice: MethodChoice,
    /// Names of the families that it meets; without them all.
    families: Option<Vec<String>>,
    budget: Budget,
    training_seeds: Vec<u64>,
}

impl PlannedMethod {
    fn meets(&self, family: &str) -> bool {
        self.families.as_ref().is_none_or(|families| families.iter().any(|name| name == family))
    }
}

pub(super) fn cells(plan: &PlanWire, registry: &Registry, source: &Source) -> Result<Vec<Cell>, PlanError> {
    if plan.families.is_empty() || plan.methods.is_empty() {
        return Err(source.fault(0..0, "give at least one entry [[families]] and one entry [[methods]]"));
    }
    let mut methods = Vec::new();
    for entry in &plan.methods {
        methods.extend(planned_methods(plan, entry, registry, source)?);
    }
    let mut cells = Vec::new();
    let mut known = HashSet::new();
    for entry in &plan.families {
        for instance in planned_instances(plan, entry, registry, source)? {
            for method in methods.iter().filter(|method| method.meets(&instance.summary.family)) {
                for &seed in &method.training_seeds {
                    let cell = Cell::new(&instance, &method.choice, method.budget, seed);
                    // Two entries may ask for the same training problem; it is one cell.
                    if known.insert(cell.id.clone()) {
                        cells.push(cell);
                    }
                }
            }
        }
    }
    Ok(cells)
}

fn planned_instances(
    plan: &PlanWire,
    entry: &FamilyWire,
    registry: &Registry,
    source: &Source,
) -> Result<Vec<Arc<PlannedInstance>>, PlanError> {
    let place = || entry.family.span();
    let seeds = seeds(source, [entry.seeds.as_ref(), plan.seeds.as_ref()])?;
    let mut choices = Vec::new();
    if entry.sizes.is_empty() {
        choices = registry.families(entry.family.get_ref(), &[]).map_err(|error| source.fault(place(), error))?;
    }
    for size in &entry.sizes {
        // The family alone first, so that only an unknown size is reported at the size's line.
        registry.families(entry.family.get_ref(), &[]).map_err(|error| source.fault(place(), error))?;
        let sizes = [size.get_ref().clone()];
        choices.extend(registry.families(entry.family.get_ref(), &sizes).map_err(|error| source.fault(size.span(), error))?);
    }
    let mut instances = Vec::new();
    for choice in &choices {
        for &seed in &seeds {
            let instance = choice.instance(seed).map_err(|error| source.fault(place(), error))?;
            instances.push(Arc::new(planned_instance(choice, seed, instance)));
        }
    }
    Ok(instances)
}

fn planned_instance(choice: &FamilyChoice, seed: u64, instance: Instance) -> PlannedInstance {
    let summary = InstanceSummary {
        name: instance.name.clone(),
        fingerprint: instance.fingerprint(),
        family: choice.family.name().to_owned(),
        tag: choice.family.tag(),
        size: choice.size.clone(),
        parameters: choice.parameters.clone(),
        seed,
        samples: instance.data.len(),
        dimension: instance.data.dimension(),
        width: instance.network.width,
        constant_level: instance.constant_level(),
        reference: instance.reference,
    };
    PlannedInstance { instance, summary }
}

fn planned_methods(
    plan: &PlanWire,
    entry: &MethodWire,
    registry: &Registry,
    source: &Source,
) -> Result<Vec<PlannedMethod>, PlanError> {
    for name in entry.families.iter().flatten() {
        let in_plan = |wire: &FamilyWire| wire.family.get_ref().split('[').next().is_some_and(|own| own.trim() == name.get_ref());
        if !plan.families.iter().any(in_plan) {
            let problem =
                format!("no entry [[families]] of this plan has the family {:?}; give names without parameters", name.get_ref());
            return Err(source.fault(name.span(), problem));
        }
    }
    let choices = registry.methods(entry.method.get_ref()).map_err(|error| source.fault(entry.method.span(), error))?;
    choices
        .into_iter()
        .map(|choice| match &choice.engine {
            Engine::Exact(_) => exact_method(plan, entry, choice, source),
            Engine::Training(_) => training_method(plan, entry, choice, source),
        })
        .collect()
}

fn exact_method(plan: &PlanWire, entry: &MethodWire, choice: MethodChoice, source: &Source) -> Result<PlannedMethod, PlanError> {
    let places = [
        entry.restarts.as_ref().map(|value| (value.span(), "restarts")),
        entry.training_seeds.as_ref().map(|value| (value.span(), "training-seeds")),
        entry.target_gap.as_ref().map(|value| (value.span(), "target-gap")),
    ];
    if let Some((place, key)) = places.into_iter().flatten().next() {
        let problem = format!("{key} is for trainers, and {} is an exact method; remove it", choice.summary.name);
        return Err(source.fault(place, problem));
    }
    let time_limit_s = time_limit(source, [entry.time_limit.as_ref(), plan.exact_time_limit.as_ref()])?;
    let warm_start = entry.warm_start.as_ref().is_some_and(|value| *value.get_ref());
    let certificate = plan.certificates.unwrap_or(DEFAULT_CERTIFICATES);
    let budget = Budget { time_limit_s, restarts: 0, target_gap: None, warm_start, certificate };
    // One cell: the seed does not enter it.
    Ok(PlannedMethod { choice, families: families(entry), budget, training_seeds: vec![0] })
}

fn training_method(
    plan: &PlanWire,
    entry: &MethodWire,
    choice: MethodChoice,
    source: &Source,
) -> Result<PlannedMethod, PlanError> {
    if let Some(value) = &entry.warm_start {
        let problem = format!("warm-start is for exact methods, and {} is a trainer; remove it", choice.summary.name);
        return Err(source.fault(value.span(), problem));
    }
    let restarts = first([entry.restarts.as_ref(), plan.restarts.as_ref()])
        .map_or(Ok(DEFAULT_RESTARTS), |value| within(source, "restarts", value, RESTARTS))?;
    let target_gap = first([entry.target_gap.as_ref(), plan.target_gap.as_ref()])
        .map(|value| within(source, "target-gap", value, TARGET_GAP))
        .transpose()?;
    let time_limit_s = time_limit(source, [entry.time_limit.as_ref(), plan.training_time_limit.as_ref()])?;
    let training_seeds = seeds(source, [entry.training_seeds.as_ref(), plan.training_seeds.as_ref()])?;
    let budget = Budget { time_limit_s, restarts: restarts as usize, target_gap, warm_start: false, certificate: false };
    Ok(PlannedMethod { choice, families: families(entry), budget, training_seeds })
}

fn families(entry: &MethodWire) -> Option<Vec<String>> {
    entry.families.as_ref().map(|names| names.iter().map(|name| name.get_ref().clone()).collect())
}

fn time_limit(source: &Source, values: [Option<&Spanned<f64>>; 2]) -> Result<f64, PlanError> {
    first(values).map_or(Ok(DEFAULT_TIME_LIMIT_S), |value| within(source, "a time limit in seconds", value, TIME_LIMIT_S))
}

fn seeds(source: &Source, values: [Option<&Spanned<Vec<u64>>>; 2]) -> Result<Vec<u64>, PlanError> {
    let Some(value) = first(values) else { return Ok(DEFAULT_SEEDS.to_vec()) };
    if value.get_ref().is_empty() {
        return Err(source.fault(value.span(), "the list of seeds is empty; give at least one, for example [1]"));
    }
    Ok(value.get_ref().clone())
}

/// The entry's own value, else the plan's.
fn first<T>(values: [Option<T>; 2]) -> Option<T> {
    let [own, general] = values;
    own.or(general)
}

fn within<T: PartialOrd + Copy + std::fmt::Display>(
    source: &Source,
    what: &str,
    value: &Spanned<T>,
    range: RangeInclusive<T>,
) -> Result<T, PlanError> {
    let given = *value.get_ref();
    if range.contains(&given) {
        return Ok(given);
    }
    let problem = format!("{given} for {what} is out of range; give a number from {} to {}", range.start(), range.end());
    Err(source.fault(value.span(), problem))
}
