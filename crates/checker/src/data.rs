//! The instance as section 1 of `FORMAT.md` sees it: points, groups of samples, columns.

use crate::dyadic::Dyadic;
use crate::evaluate::check_instance;
use crate::input::{Instance, Network};
use crate::interval::Given;
use crate::refusal::{Fault, Refusal, Rule, require};
use crate::whole::independent_columns;
use crate::{CheckError, Document};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{ToPrimitive, Zero};
use std::collections::HashMap;

/// Bits that are kept of a number in its approximation.
const KEPT_BITS: u64 = 60;
/// Relative error of an approximation, generously.
pub(crate) const APPROXIMATION: f64 = f64::EPSILON;

/// A certified problem. Points have `dim` coordinates, the columns that were chosen, in whole numbers: column `c` is in units of a
/// power of two of its own, which changes no sign and no rank.
pub(crate) struct Problem {
    pub(crate) network: Network,
    pub(crate) samples: usize,
    /// The chosen ones: a largest independent set.
    pub(crate) columns: Vec<usize>,
    /// Powers of two that are the units of all columns.
    pub(crate) units: Vec<i64>,
    pub(crate) points: Vec<Vec<BigInt>>,
    /// The same in machine words, if they are short.
    short_points: Option<Vec<i64>>,
    /// `approximate[c][t]` is coordinate `c` of point `t`, divided by a power of two so that none exceeds 1.
    pub(crate) approximate: Vec<Vec<f64>>,
    /// Bits by which the approximations of a column were divided.
    pub(crate) shifts: Vec<i64>,
    pub(crate) groups: Vec<Group>,
    /// Groups that show a point, as often as they do.
    pub(crate) shown_by: Vec<Vec<usize>>,
    /// The bound of the dual vector zero.
    pub(crate) trivial: Given,
}

/// Samples that show the same points.
pub(crate) struct Group {
    pub(crate) points: Vec<usize>,
    /// Number of samples.
    pub(crate) count: usize,
    /// Sum of their labels, and of the squares of these.
    pub(crate) sum: Given,
    pub(crate) squares: Given,
}

impl Problem {
    /// With these columns, or with columns of its own choice.
    pub(crate) fn new(instance: &Instance, wanted: Option<&[usize]>) -> Result<Self, Refusal> {
        let patches = check_instance(instance)?;
        let inputs = instance.x.columns / patches;
        let all: Vec<&[f64]> = instance.x.values.chunks_exact(inputs).collect();
        // Adding zero makes negative zero the same point.
        let key = |patch: &&[f64]| -> Vec<u64> { patch.iter().map(|v| (v + 0.0).to_bits()).collect() };
        let (distinct, point_of) = number(all.iter().map(key));
        let first: Vec<&[f64]> = distinct.iter().map(|&place| all[place]).collect();
        let (units, rows) = whole_columns(&first, instance.network.hidden_bias)?;
        let columns = choose_columns(&rows, units.len(), wanted)?;
        let points: Vec<Vec<BigInt>> = rows.iter().map(|row| columns.iter().map(|&c| row[c].clone()).collect()).collect();
        let mut shown: Vec<Vec<usize>> = point_of.chunks_exact(patches).map(<[usize]>::to_vec).collect();
        shown.iter_mut().for_each(|points| points.sort_unstable());
        let groups = groups(&shown, &instance.y.0)?;
        let mut shown_by = vec![Vec::new(); points.len()];
        for (g, group) in groups.iter().enumerate() {
            group.points.iter().for_each(|&t| shown_by[t].push(g));
        }
        let least =
            |group: &Group| &group.squares.exact - square(&group.sum.exact) / BigRational::from_integer(group.count.into());
        let trivial = Given::new(groups.iter().map(least).fold(BigRational::zero(), |sum, term| sum + term));
        let shifts: Vec<i64> = (0..columns.len()).map(|c| points.iter().map(|p| p[c].bits()).max().unwrap_or(0) as i64).collect();
        let approximate =
            shifts.iter().enumerate().map(|(c, &shift)| points.iter().map(|p| scaled(&p[c], -shift)).collect()).collect();
        let short_points = points.iter().flatten().map(ToPrimitive::to_i64).collect();
        let (network, samples) = (instance.network, instance.x.rows);
        Ok(Self { network, samples, columns, units, points, short_points, approximate, shifts, groups, shown_by, trivial })
    }

    /// Number of columns that count.
    pub(crate) fn dim(&self) -> usize {
        self.columns.len()
    }

    /// Does every group show one point, its own?
    pub(crate) fn is_dense(&self) -> bool {
        self.groups.len() == self.points.len() && self.groups.iter().enumerate().all(|(g, group)| group.points == [g])
    }

    /// `sum weight * point` over points, exactly.
    pub(crate) fn weighted_sum(&self, weights: impl Iterator<Item = (usize, i64)>) -> Vec<BigInt> {
        let dim = self.dim();
        let mut total = vec![BigInt::zero(); dim];
        let Some(short) = &self.short_points else {
            for (t, weight) in weights {
                total.iter_mut().zip(&self.points[t]).for_each(|(sum, x)| *sum += x * weight);
            }
            return total;
        };
        // Two numbers of 63 bits make 126 bits: one addition is safe, so the sum is emptied when it grows.
        let mut sums = vec![0i128; dim];
        for (t, weight) in weights {
            for (c, sum) in sums.iter_mut().enumerate() {
                *sum += i128::from(weight) * i128::from(short[t * dim + c]);
                if sum.unsigned_abs() >> 126 != 0 {
                    total[c] += std::mem::take(sum);
                }
            }
        }
        total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
        total
    }
}

/// A largest independent set of columns: the wanted one, which must be such, or any.
fn choose_columns(rows: &[Vec<BigInt>], all: usize, wanted: Option<&[usize]>) -> Result<Vec<usize>, Fault> {
    let own = independent_columns(rows, all);
    let Some(wanted) = wanted else { return Ok(own) };
    let ascending = wanted.windows(2).all(|pair| pair[0] < pair[1]) && wanted.last().is_none_or(|&last| last < all);
    require(ascending && wanted.len() == own.len(), Rule::Roots, "the columns are not a choice of as many as count")?;
    let chosen: Vec<Vec<BigInt>> = rows.iter().map(|row| wanted.iter().map(|&c| row[c].clone()).collect()).collect();
    require(independent_columns(&chosen, wanted.len()).len() == own.len(), Rule::Roots, "the columns are dependent")?;
    Ok(wanted.to_vec())
}

fn square(value: &BigRational) -> BigRational {
    value * value
}

/// First places of distinct keys, and the number of each key.
fn number(keys: impl Iterator<Item = Vec<u64>>) -> (Vec<usize>, Vec<usize>) {
    let mut known = HashMap::new();
    let mut firsts = Vec::new();
    let mut numbers = Vec::new();
    for (place, key) in keys.enumerate() {
        numbers.push(*known.entry(key).or_insert_with(|| {
            firsts.push(place);
            firsts.len() - 1
        }));
    }
    (firsts, numbers)
}

/// The points' coordinates in whole numbers, in units of a power of two for every column.
fn whole_columns(patches: &[&[f64]], bias: bool) -> Result<(Vec<i64>, Vec<Vec<BigInt>>), CheckError> {
    let inputs = patches.first().map_or(0, |patch| patch.len());
    let mut units = Vec::with_capacity(inputs + 1);
    let mut rows = vec![Vec::with_capacity(inputs + 1); patches.len()];
    for c in 0..inputs {
        let numbers: Vec<Dyadic> = patches
            .iter()
            .map(|patch| {
                let value = patch[c];
                Dyadic::from_f64(value).ok_or(CheckError::NotFinite { document: Document::Instance, part: "x", value })
            })
            .collect::<Result<_, _>>()?;
        let unit = numbers.iter().filter(|v| !v.is_zero()).map(Dyadic::exponent).min().unwrap_or(0);
        units.push(unit);
        rows.iter_mut().zip(&numbers).for_each(|(row, v)| row.push(v.in_units(unit)));
    }
    if bias {
        units.push(0);
        rows.iter_mut().for_each(|row| row.push(1.into()));
    }
    Ok((units, rows))
}

fn groups(shown: &[Vec<usize>], labels: &[f64]) -> Result<Vec<Group>, CheckError> {
    let (firsts, numbers) = number(shown.iter().map(|points| points.iter().map(|&t| t as u64).collect()));
    let mut sums = vec![(0, Dyadic::zero(), Dyadic::zero()); firsts.len()];
    for (&g, &value) in numbers.iter().zip(labels) {
        let label = Dyadic::from_f64(value).ok_or(CheckError::NotFinite { document: Document::Instance, part: "y", value })?;
        let (count, sum, squares) = &mut sums[g];
        *count += 1;
        *sum += &label;
        *squares += &(&label * &label);
    }
    let group = |(&first, (count, sum, squares)): (&usize, (usize, Dyadic, Dyadic))| Group {
        points: shown[first].clone(),
        count,
        sum: Given::new(sum.over(1)),
        squares: Given::new(squares.over(1)),
    };
    Ok(firsts.iter().zip(sums).map(group).collect())
}

/// `value * 2^exponent` with a relative error of at most [`APPROXIMATION`], if it neither overflows nor underflows.
pub(crate) fn scaled(value: &BigInt, exponent: i64) -> f64 {
    let drop = value.bits().saturating_sub(KEPT_BITS);
    let kept = (value >> drop).to_i64().unwrap_or(0) as f64;
    let exponent = exponent + drop as i64;
    // Two steps, so that the power itself neither overflows nor underflows.
    let half = (exponent / 2).clamp(-1000, 1000) as i32;
    let rest = (exponent - i64::from(half)).clamp(-1000, 1000) as i32;
    kept * 2f64.powi(half) * 2f64.powi(rest)
}
