//! How the cost of exact search grows with the number of samples.
//!
//! A series holds what differs in the number of samples and in the data seed only: one family with the same parameters,
//! one method.

use crate::instance_row::{ExactRow, InstanceRow};
use crate::statistics::{Growth, median};
use crate::table::RunTable;
use crate::thresholds::{LEAST_SECONDS, LEAST_SIZES};
use optgap_problem::{Parameters, Tag};
use std::collections::{BTreeMap, BTreeSet};

/// Name that families give to their number of samples.
const SAMPLES: &str = "n";

/// The searches of one method on one family at one shape, over several numbers of samples.
pub(crate) struct CostSeries<'a> {
    pub(crate) tag: Tag,
    pub(crate) family: &'a str,
    /// Number `k` of hidden units.
    pub(crate) width: usize,
    /// Number `d` of inputs.
    pub(crate) dimension: usize,
    pub(crate) method: &'a str,
    /// What sets it apart from series of the same family and shape; empty where there are none.
    pub(crate) distinction: String,
    /// By number of samples, rising.
    pub(crate) sizes: Vec<SizeCost>,
    /// Growth of the seconds of closed searches; none where fewer than [`LEAST_SIZES`] sizes have one.
    pub(crate) seconds: Option<Growth>,
    /// The same of the nodes.
    pub(crate) nodes: Option<Growth>,
}

/// The searches of a series at one number of samples.
pub(crate) struct SizeCost {
    pub(crate) samples: usize,
    /// How many there are.
    pub(crate) searches: usize,
    /// How many of them were open at their budget.
    pub(crate) open: usize,
    pub(crate) seconds: Spread,
    /// None where no search says how many nodes it visited.
    pub(crate) nodes: Option<Spread>,
}

/// The middle and the ends of some costs. What an open search has spent is the least that it costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    /// Median, open searches above all closed ones.
    pub(crate) median: f64,
    /// Is the median, or half of it, what an open search has spent?
    pub(crate) median_open: bool,
    pub(crate) least: f64,
    pub(crate) most: f64,
    /// The most that an open search has spent.
    pub(crate) most_open: Option<f64>,
}

/// One search: what it cost until its bounds closed or its budget ended.
struct Search<'a> {
    instance: &'a InstanceRow,
    seconds: f64,
    nodes: Option<f64>,
    closed: bool,
}

impl CostSeries<'_> {
    /// Number of searches.
    pub(crate) fn searches(&self) -> usize {
        self.sizes.iter().map(|size| size.searches).sum()
    }

    /// Number of searches that were open at their budget, and so take no part in the growth.
    pub(crate) fn open(&self) -> usize {
        self.sizes.iter().map(|size| size.open).sum()
    }
}

/// All series with at least [`LEAST_SIZES`] numbers of samples, by side, family, width and number of inputs.
pub(crate) fn cost_series(table: &RunTable) -> Vec<CostSeries<'_>> {
    let mut groups: BTreeMap<_, Vec<Search>> = BTreeMap::new();
    for instance in &table.instances {
        for row in &instance.exact {
            let summary = &instance.summary;
            let key =
                (summary.tag, summary.family.as_str(), summary.width, summary.dimension, others(instance), row.method.as_str());
            groups.entry(key).or_default().extend(search(instance, row));
        }
    }
    groups.retain(|_, searches| sizes_of(searches.iter()) >= LEAST_SIZES);
    let keys: Vec<_> = groups.keys().cloned().collect();
    let series = groups.iter().map(|((tag, family, width, dimension, others, method), searches)| {
        let alike = keys.iter().filter(|key| (key.0, key.1, key.2, key.3) == (*tag, *family, *width, *dimension));
        let (parameters, methods): (Vec<_>, BTreeSet<_>) = alike.map(|key| (&key.4, key.5)).unzip();
        let mut words = differing(others, &parameters);
        words.extend((methods.len() > 1).then(|| (*method).to_owned()));
        CostSeries {
            tag: *tag,
            family,
            width: *width,
            dimension: *dimension,
            method,
            distinction: words.join(", "),
            sizes: size_costs(searches),
            seconds: growth(searches, |search| Some(search.seconds)),
            nodes: growth(searches, |search| search.nodes),
        }
    });
    series.collect()
}

/// All parameters of an instance but its number of samples, as texts by name.
fn others(instance: &InstanceRow) -> BTreeMap<String, String> {
    let Parameters(values) = &instance.summary.parameters;
    values.iter().filter(|(name, _)| *name != SAMPLES).map(|(name, value)| (name.clone(), value.to_string())).collect()
}

/// Those parameters that do not have the same value everywhere.
fn differing(parameters: &BTreeMap<String, String>, all: &[&BTreeMap<String, String>]) -> Vec<String> {
    let differs = |name: &String, value: &String| all.iter().any(|other| other.get(name) != Some(value));
    parameters.iter().filter(|(name, value)| differs(name, value)).map(|(name, value)| format!("{name} = {value}")).collect()
}

/// None from another machine than the clock's.
fn search<'a>(instance: &'a InstanceRow, row: &ExactRow) -> Option<Search<'a>> {
    let seconds = row.seconds?.max(LEAST_SECONDS);
    Some(Search { instance, seconds, nodes: row.nodes.map(|nodes| nodes.max(1) as f64), closed: row.closed })
}

fn sizes_of<'a>(searches: impl Iterator<Item = &'a Search<'a>>) -> usize {
    searches.map(|search| search.instance.summary.samples).collect::<BTreeSet<usize>>().len()
}

fn size_costs(searches: &[Search]) -> Vec<SizeCost> {
    let mut by_size: BTreeMap<usize, Vec<&Search>> = BTreeMap::new();
    for search in searches {
        by_size.entry(search.instance.summary.samples).or_default().push(search);
    }
    let costs = by_size.into_iter().filter_map(|(samples, searches)| {
        let nodes = searches.iter().filter_map(|search| Some((search.nodes?, search.closed)));
        Some(SizeCost {
            samples,
            searches: searches.len(),
            open: searches.iter().filter(|search| !search.closed).count(),
            seconds: Spread::of(searches.iter().map(|search| (search.seconds, search.closed)))?,
            nodes: Spread::of(nodes),
        })
    });
    costs.collect()
}

/// Growth over the closed searches: an open one would have cost more than is known.
fn growth(searches: &[Search], cost: impl Fn(&Search) -> Option<f64>) -> Option<Growth> {
    let closed = || searches.iter().filter(|search| search.closed && cost(search).is_some());
    let points: Vec<(f64, f64)> =
        closed().filter_map(|search| Some((search.instance.summary.samples as f64, cost(search)?))).collect();
    if sizes_of(closed()) < LEAST_SIZES { None } else { Growth::of(&points) }
}

impl Spread {
    /// Of costs, each with whether its search closed its bounds; none of none.
    fn of(costs: impl Iterator<Item = (f64, bool)>) -> Option<Self> {
        let mut costs: Vec<(f64, bool)> = costs.collect();
        costs.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.total_cmp(&b.0)));
        let upper_middle = costs.len() / 2;
        let lower_middle = costs.len().saturating_sub(1) / 2;
        let values = || costs.iter().map(|(value, _)| *value);
        Some(Self {
            median: median([costs.get(lower_middle)?.0, costs.get(upper_middle)?.0])?,
            median_open: !costs.get(upper_middle)?.1,
            least: values().min_by(f64::total_cmp)?,
            most: values().max_by(f64::total_cmp)?,
            most_open: costs.iter().filter(|(_, closed)| !closed).map(|(value, _)| *value).max_by(f64::total_cmp),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_searches_stand_above_all_closed_ones_whatever_they_have_spent() {
        let spread = |costs: &[(f64, bool)]| Spread::of(costs.iter().copied()).expect("costs");
        let closed = spread(&[(3.0, true), (1.0, true), (2.0, true)]);
        assert_eq!(closed, Spread { median: 2.0, median_open: false, least: 1.0, most: 3.0, most_open: None });
        let one_open = spread(&[(3.0, true), (0.5, false), (2.0, true)]);
        assert_eq!(one_open, Spread { median: 3.0, median_open: false, least: 0.5, most: 3.0, most_open: Some(0.5) });
        assert!(spread(&[(1.0, true), (9.0, false)]).median_open);
        assert_eq!(Spread::of(std::iter::empty()), None);
    }
}
