//! The optimum of a decided node in exact arithmetic: the last resort where floating point cannot prove a leaf.
//!
//! In a node without cut points every neuron is linear on its region, so that the node is a non-negative least-squares problem
//! with integer data: a column for every ray of a region. Principal pivoting with the least-index rule (Murty) finds the passive set that satisfies the optimality conditions
//! exactly; the optimum is then a fraction.

use crate::certificate::DualVector;
use crate::integers::{CramerSolution, dot, solve_exactly};
use crate::program::{Program, enclose};
use crate::vertex::Vertex;
use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use optgap_problem::Enclosure;

/// Passive sets that are tried before the node is left with the trivial bound.
const MOST_PIVOTS: usize = 500;

/// The optimum of the node's sum of squares over all samples, rounded down, and the dual vector that proves it; none if the
/// pivoting does not end. `rays` has those of all regions, each with its neuron's sign; `support` their multipliers, of which
/// only matters which are positive.
///
/// Only for products in which no region is cut by a point's hyperplane.
pub(crate) fn decided_optimum<'a>(
    program: &Program,
    rays: impl Iterator<Item = (f64, &'a Vertex)>,
    support: &[f64],
) -> Option<(f64, DualVector)> {
    let fit = Fit::new(program, rays);
    let Optimum { passive, solution } = fit.solve(support)?;
    let bound = (Enclosure::exact(program.unavoidable) + enclose(&fit.squares(&passive, &solution))).lo;
    Some((bound, fit.dual_vector(&passive, solution)))
}

/// Normal equations in integers. Labels are scaled by `label_scale`.
struct Fit {
    columns: Vec<Vec<BigInt>>,
    labels: Vec<BigInt>,
    multiplicity: Vec<u64>,
    gram: Vec<Vec<BigInt>>,
    linear: Vec<BigInt>,
    squares: BigInt,
    label_scale: BigInt,
    /// Variables from here on are free.
    bounded: usize,
}

/// Which variables are not held at zero, and the values of these.
struct Optimum {
    passive: Vec<usize>,
    solution: CramerSolution,
}

impl Fit {
    fn new<'a>(program: &Program, rays: impl Iterator<Item = (f64, &'a Vertex)>) -> Self {
        let label_scale = program.exact_labels.iter().fold(BigInt::one(), |scale, label| scale.lcm(label.denom()));
        let labels: Vec<BigInt> =
            program.exact_labels.iter().map(|label| label.numer() * (&label_scale / label.denom())).collect();
        let multiplicity: Vec<u64> = program.multiplicity.iter().map(|&m| m as u64).collect();
        let mut columns: Vec<Vec<BigInt>> = Vec::new();
        for (sign, ray) in rays {
            let on = |t: &&usize| ray.z[**t] > 0.0;
            let entry = |i: usize| {
                let shown = program.incidence.points_of(i).iter().filter(on);
                let output: BigInt = shown.map(|&t| dot(&ray.ray, &program.integer_points[t])).sum();
                if sign > 0.0 { output } else { -output }
            };
            columns.push((0..program.len()).map(entry).collect());
        }
        let bounded = columns.len();
        if program.output_bias {
            columns.push(vec![BigInt::one(); program.len()]);
        }
        let inner = |a: &[BigInt], b: &[BigInt]| -> BigInt {
            a.iter()
                .zip(b)
                .zip(&multiplicity)
                .filter(|((x, y), _)| !x.is_zero() && !y.is_zero())
                .map(|((x, y), m)| x * y * m)
                .sum()
        };
        let gram = columns.iter().map(|a| columns.iter().map(|b| inner(a, b)).collect()).collect();
        let linear = columns.iter().map(|a| inner(a, &labels)).collect();
        let squares = inner(&labels, &labels);
        Self { columns, labels, multiplicity, gram, linear, squares, label_scale, bounded }
    }

    fn solve(&self, support: &[f64]) -> Option<Optimum> {
        let size = self.linear.len();
        let mut passive: Vec<usize> = Vec::new();
        for c in (self.bounded..size).chain((0..self.bounded).filter(|&c| support.get(c).is_some_and(|&v| v > 0.0))) {
            passive.push(c);
            if self.minimum_over(&passive).is_none() {
                passive.pop();
            }
        }
        for _ in 0..MOST_PIVOTS {
            let solution = self.minimum_over(&passive)?;
            let Some(wrong) = self.least_violation(&passive, &solution) else { return Some(Optimum { passive, solution }) };
            match passive.iter().position(|&c| c == wrong) {
                Some(place) => {
                    passive.remove(place);
                }
                None => passive.push(wrong),
            }
        }
        None
    }

    /// The sum of squares, but for what no prediction can avoid.
    fn squares(&self, passive: &[usize], solution: &CramerSolution) -> BigRational {
        let explained: BigInt = passive.iter().zip(&solution.numerators).map(|(&c, n)| &self.linear[c] * n).sum();
        let numerator = &self.squares * &solution.determinant - explained;
        BigRational::new(numerator, &solution.determinant * &self.label_scale * &self.label_scale)
    }

    /// Multiplicity times prediction less label.
    fn dual_vector(&self, passive: &[usize], solution: CramerSolution) -> DualVector {
        let CramerSolution { numerators, determinant } = solution;
        let entry = |i: usize| {
            let prediction: BigInt = passive.iter().zip(&numerators).map(|(&c, n)| &self.columns[c][i] * n).sum();
            (prediction - &self.labels[i] * &determinant) * self.multiplicity[i]
        };
        DualVector::fractions((0..self.labels.len()).map(entry).collect(), &determinant * &self.label_scale)
    }

    /// The first variable whose optimality condition fails: a negative multiplier, or a descent direction at zero.
    fn least_violation(&self, passive: &[usize], solution: &CramerSolution) -> Option<usize> {
        let ascends = |c: usize| {
            let used: BigInt = passive.iter().zip(&solution.numerators).map(|(&p, n)| &self.gram[c][p] * n).sum();
            (&self.linear[c] * &solution.determinant - used).is_positive()
        };
        (0..self.bounded).find(|&c| {
            let place = passive.iter().position(|&p| p == c);
            place.map_or_else(|| ascends(c), |place| solution.numerators[place].is_negative())
        })
    }

    /// Solves the normal equations of the passive columns; `None` if these are dependent.
    fn minimum_over(&self, passive: &[usize]) -> Option<CramerSolution> {
        let equation = |&r: &usize| passive.iter().map(|&c| self.gram[r][c].clone()).chain([self.linear[r].clone()]).collect();
        solve_exactly(passive.iter().map(equation).collect())
    }
}
