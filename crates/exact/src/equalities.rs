//! Rows of a proof in exact integers.
//!
//! A row `sum_i r_i h_i` with `h_i = sum_t steps_t (v . x_t)` over the points `t` that sample `i` shows is the inner product of its
//! ray `v` with one short vector, the moment `sum_i r_i sum_t steps_t x_t`. Rays on which the lines of all points agree share the
//! moment: with as many of them as
//! there are coordinates the moment itself must vanish, and the long rays drop out of the arithmetic.

use crate::certificate::DualVector;
use crate::cone::Decision;
use crate::dual::{Claim, Row};
use crate::integers::dot;
use crate::lines::SLOPE_STEPS;
use crate::vertex::Vertex;
use num_bigint::BigInt;
use num_traits::Zero;

/// The direction with which a moment is multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Row(Row),
    Coordinate(usize),
    /// The sum of the residuals.
    Constant,
}

/// A linear condition on the residuals: the product of a direction with a moment vanishes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Equality {
    pub(crate) direction: Direction,
    /// Index of the moment's steps.
    pub(crate) moment: usize,
}

/// Equalities, and the steps of the moments they use: slopes in units of `1 / SLOPE_STEPS`.
#[derive(Default)]
pub(crate) struct Equalities {
    pub(crate) list: Vec<Equality>,
    pub(crate) steps: Vec<Vec<u8>>,
    /// Rows of every moment.
    rows: Vec<Vec<Row>>,
    /// Rows that hold once the equalities do.
    pub(crate) solved: Vec<Row>,
}

/// Rows that share a moment.
struct Shared {
    steps: Vec<u8>,
    /// Where a step matters to one of the rows.
    known: Vec<bool>,
    rows: Vec<Row>,
}

impl Equalities {
    /// The equalities for the given rows and signs of the residuals.
    pub(crate) fn new(claim: &Claim, rows: &[Row], signs: &[i64]) -> Self {
        let mut groups: Vec<Shared> = Vec::new();
        let mut equalities = Self::default();
        for &row in rows {
            match row {
                Row::Ray(..) | Row::Point(_) => join(&mut groups, claim, row, signs),
                Row::Constant => {
                    let steps = vec![SLOPE_STEPS; claim.program.incidence.points()];
                    equalities.push(steps, Vec::new(), [Direction::Constant]);
                }
            }
        }
        for group in groups {
            let Shared { steps, rows, .. } = group;
            if rows.len() >= claim.program.dim {
                equalities.push(steps, rows, (0..claim.program.dim).map(Direction::Coordinate));
            } else {
                let directions: Vec<Direction> = rows.iter().map(|&row| Direction::Row(row)).collect();
                equalities.push(steps, rows, directions);
            }
        }
        equalities
    }

    fn push(&mut self, steps: Vec<u8>, rows: Vec<Row>, directions: impl IntoIterator<Item = Direction>) {
        let moment = self.steps.len();
        self.list.extend(directions.into_iter().map(|direction| Equality { direction, moment }));
        self.steps.push(steps);
        self.rows.push(rows);
    }

    /// Keeps only the given equalities, and names the rows that they settle.
    pub(crate) fn keep(&mut self, claim: &Claim, kept: Vec<Equality>) {
        self.list = kept;
        for (moment, rows) in self.rows.iter().enumerate() {
            let of_moment = || self.list.iter().filter(move |equality| equality.moment == moment);
            let coordinates = of_moment().filter(|equality| matches!(equality.direction, Direction::Coordinate(_))).count();
            if coordinates == claim.program.dim {
                self.solved.extend(rows);
            }
            self.solved.extend(of_moment().filter_map(|equality| match equality.direction {
                Direction::Row(row) => Some(row),
                Direction::Coordinate(_) => None,
                Direction::Constant => Some(Row::Constant),
            }));
        }
    }

    /// Row values of an equality in floating point.
    pub(crate) fn fill(&self, claim: &Claim, equality: Equality, column: &mut [f64]) {
        let steps = &self.steps[equality.moment];
        let step = |t: usize| f64::from(steps[t]) / f64::from(SLOPE_STEPS);
        let (program, incidence) = (claim.program, &claim.program.incidence);
        let mut sum_up = |term: &dyn Fn(usize) -> f64| {
            let sum = |i: usize| incidence.points_of(i).iter().map(|&t| term(t)).sum::<f64>();
            column.iter_mut().enumerate().for_each(|(i, entry)| *entry = sum(i));
        };
        match equality.direction {
            Direction::Row(row) => {
                let z = &vertex(claim, row).z;
                sum_up(&|t| step(t) * z[t]);
            }
            Direction::Coordinate(c) => sum_up(&|t| step(t) * program.point(t)[c]),
            Direction::Constant => column.fill(1.0),
        }
    }

    /// Row value of an equality at a sample, exactly.
    pub(crate) fn entry(&self, claim: &Claim, equality: Equality, i: usize) -> BigInt {
        let steps = &self.steps[equality.moment];
        let points = &claim.program.integer_points;
        let shown = claim.program.incidence.points_of(i).iter().filter(|&&t| steps[t] > 0);
        match equality.direction {
            Direction::Row(row) => {
                let ray = &vertex(claim, row).ray;
                shown.map(|&t| dot(ray, &points[t]) * steps[t]).sum()
            }
            Direction::Coordinate(c) => shown.map(|&t| &points[t][c] * steps[t]).sum(),
            Direction::Constant => BigInt::from(SLOPE_STEPS),
        }
    }

    /// Row sums of all equalities, exactly.
    pub(crate) fn sums(&self, claim: &Claim, integers: &[i64]) -> Vec<BigInt> {
        let moments: Vec<Vec<BigInt>> = self.steps.iter().map(|steps| moment(claim, steps, integers)).collect();
        let sum = |equality: &Equality| match equality.direction {
            Direction::Row(row) => dot(&vertex(claim, row).ray, &moments[equality.moment]),
            Direction::Coordinate(c) => moments[equality.moment][c].clone(),
            Direction::Constant => integers.iter().map(|&r| BigInt::from(r)).sum::<BigInt>() * SLOPE_STEPS,
        };
        self.list.iter().map(sum).collect()
    }
}

/// Adds a row to a group that it agrees with, or to one of its own.
fn join(groups: &mut Vec<Shared>, claim: &Claim, row: Row, signs: &[i64]) {
    let Some((j, vertex)) = claim.direction(row) else { return };
    let steps = row_steps(claim, j, vertex, signs);
    // Where the pre-activation vanishes any step will do, and where the residual of a cut sample does: it is no pivot.
    let mut known: Vec<bool> = vertex.z.iter().map(|&z| z != 0.0).collect();
    let idle = |t: &&usize| claim.program.incidence.samples_of(**t).iter().all(|&i| signs[i] == 0);
    let cut = claim.cones().get(j).map_or(&[][..], |cone| &cone.cut);
    cut.iter().filter(idle).for_each(|&t| known[t] = false);
    let agrees = |group: &&mut Shared| {
        let own = steps.iter().zip(&known);
        own.zip(group.steps.iter().zip(&group.known)).all(|((a, ka), (b, kb))| a == b || !ka || !kb)
    };
    let Some(group) = groups.iter_mut().find(agrees) else {
        groups.push(Shared { steps, known, rows: vec![row] });
        return;
    };
    for (t, &step) in steps.iter().enumerate().filter(|&(t, _)| known[t]) {
        (group.steps[t], group.known[t]) = (step, true);
    }
    group.rows.push(row);
}

/// Direction of a row that has one.
fn vertex<'a>(claim: &'a Claim, row: Row) -> &'a Vertex {
    claim.direction(row).expect("only the constant has none, and it stands for itself").1
}

/// The lines that bound neuron `j` at a direction at every point, for residuals of the given signs.
fn row_steps(claim: &Claim, j: usize, vertex: &Vertex, signs: &[i64]) -> Vec<u8> {
    let mut steps: Vec<u8> = vertex.z.iter().map(|&z| if z > 0.0 { SLOPE_STEPS } else { 0 }).collect();
    let Some((cones, lines)) = claim.intervals else { return steps };
    let n = steps.len();
    let calling = if j < claim.positive { 1 } else { -1 };
    for &i in &cones[j].cut {
        debug_assert!(cones[j].decisions[i] == Decision::Cut);
        if signs[i].signum() == calling {
            steps[i] = lines.slopes[j * n + i];
        }
    }
    steps
}

/// `sum_i R_i sum_t steps_t X_t`. The residuals of a point are not added up first: their sum would be too long for a weight.
fn moment(claim: &Claim, steps: &[u8], integers: &[i64]) -> Vec<BigInt> {
    let shown = |i: usize| claim.program.incidence.points_of(i).iter();
    let products = integers.iter().enumerate().flat_map(|(i, r)| shown(i).map(move |&t| (t, r * i64::from(steps[t]))));
    let weights: Vec<(usize, i64)> = products.filter(|(_, weight)| *weight != 0).collect();
    claim.program.digits.weighted_sum(&weights)
}

/// Row sum `sum_i R_i h_i` of one row, exactly, times [`SLOPE_STEPS`] and the vector's denominator, in its unit. `signs` are the
/// vector's.
pub(crate) fn exact_row(claim: &Claim, row: Row, vector: &DualVector, signs: &[i64]) -> BigInt {
    let DualVector { integers, fractions, denominator, .. } = vector;
    let Some((j, vertex)) = claim.direction(row) else {
        let whole: BigInt = integers.iter().map(|&r| BigInt::from(r)).sum();
        return (whole * denominator + fractions.iter().map(|(_, n)| n).sum::<BigInt>()) * SLOPE_STEPS;
    };
    let steps = row_steps(claim, j, vertex, signs);
    let mut sum: Vec<BigInt> = moment(claim, &steps, integers).into_iter().map(|entry| entry * denominator).collect();
    for (p, numerator) in fractions.iter().filter(|(_, n)| !n.is_zero()) {
        for &t in claim.program.incidence.points_of(*p).iter().filter(|&&t| steps[t] > 0) {
            let weight = numerator * steps[t];
            sum.iter_mut().zip(&claim.program.integer_points[t]).for_each(|(sum, x)| *sum += &weight * x);
        }
    }
    let inner = dot(&vertex.ray, &sum);
    if j < claim.positive { inner } else { -inner }
}
