//! The node bound by joint hulls: every neuron is replaced by the convex cone of what it can do inside its cone,
//! `hull { s relu(X u) : u in C_j }`, which is any number of neurons of that sign in that cone.
//!
//! The bound is the squared distance of the labels from the sum of these hulls. It is found by column generation: a
//! least-squares fit over some directions `u` (`fit`), then the search for directions along which the fit would fall
//! (`pricing`). A vector `r` is feasible for the dual when `s_j sum_i r_i relu(u . x_i) >= 0` on every cone `C_j`; that is checked
//! at the finitely many directions that decide it, with error bounds, and in exact arithmetic where the inequality is tight.
//!
//! Unlike the interval bound, samples cannot pick different points of the cone: at three neurons it needs a tenth of the nodes.

mod fit;
mod meeting;
mod overlap;
mod pricing;
mod residuals;

use crate::bound::{Bounded, Candidate, Node, NodeBound, Open};
use crate::branching::choose_by_score;
use crate::cone::Cone;
use crate::dual::{Claim, Prover, Row};
use crate::exact_fit::decided_optimum;
use crate::hull::fit::ConeFit;
use crate::hull::meeting::Lines;
use crate::hull::overlap::common_rays;
pub(crate) use crate::hull::pricing::MOST_DIM;
use crate::hull::pricing::{Lambda, Meeting, Priced, Pricing};
use crate::hull::residuals::PointResiduals;
use crate::kernels::Kernels;
use crate::node::Product;
use crate::program::Program;
use crate::vertex::Vertex;
use std::sync::Arc;

/// A node that stays open is given a proof of its own if its hull lies above the bound proved for its parent by more than
/// this share: what is left when time runs out.
const WORTH_PROVING: f64 = 0.1;
/// New columns per neuron and round.
const NEW_COLUMNS: usize = 2;
/// Rounds of column generation.
const MOST_ROUNDS: usize = 40;
/// A direction improves the fit if `phi` there is below minus this share of its scale.
const IMPROVES: f64 = 1e-11;
/// A direction is tight if `phi` there is below this share of its scale.
const TIGHT: f64 = 1e-9;
/// Rounds of a proof: moving the vector into some inequalities can violate others.
const PROOF_ROUNDS: usize = 4;
/// Residuals below this share of the largest are set to zero: they would choose kinks for nothing.
const NEGLIGIBLE: f64 = 1e-10;
/// Residuals of cut samples below this share of the largest are not worth a kink when a proof has failed.
const IDLE: f64 = 1e-3;
/// A sample cuts an intersection of cones if its pre-activations there reach this share of the largest on both sides.
const KINK: f64 = 1e-7;
/// An inherited direction lies in a cone if no coordinate is below minus this share of the largest.
const INSIDE: f64 = 1e-9;

/// A direction of one neuron that takes part in the fit.
#[derive(Clone)]
struct Column {
    neuron: usize,
    direction: Direction,
    multiplier: f64,
}

/// A direction in a neuron's cone. It proposes and proves nothing, so that floating point is enough.
#[derive(Clone)]
enum Direction {
    /// A ray of the cone.
    Ray(Arc<Vertex>),
    /// A combination of rays.
    Inside(Arc<Inside>),
}

struct Inside {
    /// In float coordinates.
    entries: Vec<f64>,
    z: Vec<f64>,
}

impl Direction {
    /// The combination of a cone's rays.
    fn inside(cone: &Cone, lambda: &Lambda) -> Self {
        let mut inside = Inside { entries: vec![0.0; cone.rays.len()], z: vec![0.0; cone.rays[0].z.len()] };
        for (ray, &share) in cone.rays.iter().zip(lambda).filter(|(_, share)| **share > 0.0) {
            inside.entries.iter_mut().zip(&ray.direction).for_each(|(sum, v)| *sum += share * v);
            inside.z.iter_mut().zip(&ray.z).for_each(|(sum, v)| *sum += share * v);
        }
        Self::Inside(Arc::new(inside))
    }

    /// Pre-activations.
    fn z(&self) -> &[f64] {
        match self {
            Self::Ray(vertex) => &vertex.z,
            Self::Inside(inside) => &inside.z,
        }
    }

    fn entries(&self) -> &[f64] {
        match self {
            Self::Ray(vertex) => &vertex.direction,
            Self::Inside(inside) => &inside.entries,
        }
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ray(a), Self::Ray(b)) => Arc::ptr_eq(a, b),
            (Self::Inside(a), Self::Inside(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

/// What a column of either sign stands for.
enum Free {
    /// The free constant.
    Constant,
    /// Pre-activations in a direction that a positive and a negative neuron share.
    Shared { positive: usize, negative: usize, z: Vec<f64> },
    /// A cut sample with a residual so small that it is better taken as zero.
    Idle { sample: usize },
    /// A sample whose hyperplane cuts the cones of both.
    Kink { positive: usize, negative: usize, sample: usize },
}

/// What a node leaves to its children.
pub(crate) struct Columns {
    cones: Vec<Arc<Cone>>,
    columns: Vec<Column>,
}

/// The hull bound and its scratch space.
pub(crate) struct Hull<'a> {
    program: &'a Program,
    /// Labels times the roots of the multiplicities.
    target: Vec<f64>,
    roots: Vec<f64>,
    fit: ConeFit,
    /// Columns of either sign: the first ones of the fit.
    free: Vec<Free>,
    columns: Vec<Column>,
    pricing: Vec<Pricing>,
    lines: Lines,
    prover: Prover,
    /// `(p_i - y_i) * multiplicity_i`: the dual vector proposed.
    residuals: Vec<f64>,
    /// The sums of a dual vector at the points.
    point_residuals: PointResiduals,
    /// What one column gives at the samples.
    outputs: Vec<f64>,
    kernels: Kernels,
    /// Pre-activations of the combined directions at the points, neuron after neuron.
    preactivations: Vec<f64>,
}

impl<'a> Hull<'a> {
    /// Can this bound treat the program?
    pub(crate) fn treats(program: &Program) -> bool {
        program.dim <= MOST_DIM
    }

    pub(crate) fn new(program: &'a Program) -> Self {
        let roots: Vec<f64> = program.multiplicity.iter().map(|m| m.sqrt()).collect();
        Self {
            program,
            target: program.labels.iter().zip(&roots).map(|(y, m)| y * m).collect(),
            roots,
            fit: ConeFit::default(),
            free: Vec::new(),
            columns: Vec::new(),
            pricing: (0..program.width).map(|_| Pricing::default()).collect(),
            lines: Lines::default(),
            prover: Prover::default(),
            residuals: Vec::new(),
            point_residuals: PointResiduals::default(),
            outputs: vec![0.0; program.len()],
            kernels: Kernels::default(),
            preactivations: Vec::new(),
        }
    }

    /// Begins the fit of a node with the rays of its cones and those inherited columns that lie in them, and on demand with
    /// what neurons of opposite sign can do together.
    fn begin(&mut self, product: &Product, parent: &Columns, clean: bool) {
        let idle: Vec<usize> = if clean { self.idle_kinks(product) } else { Vec::new() };
        self.fit.reset(&self.target);
        self.columns.clear();
        self.free.clear();
        if self.program.output_bias {
            self.add_free(Free::Constant);
        }
        if clean {
            idle.into_iter().for_each(|sample| self.add_free(Free::Idle { sample }));
            for positive in 0..product.positive {
                for negative in product.positive..product.cones.len() {
                    self.add_overlap(product, positive, negative);
                }
            }
        }
        for (j, cone) in product.cones.iter().enumerate() {
            for ray in &cone.rays {
                self.add_column(product, j, Direction::Ray(Arc::clone(ray)));
            }
        }
        let mut start = Vec::new();
        for column in parent.columns.iter().filter(|column| column.multiplier > 0.0) {
            let (j, cone) = (column.neuron, &product.cones[column.neuron]);
            let unchanged = parent.cones.get(j).is_some_and(|before| Arc::ptr_eq(before, cone));
            let dim = self.program.dim;
            let known = (j * dim..(j + 1) * dim).find(|&c| self.columns[c].direction.is(&column.direction));
            if let Some(known) = known {
                start.push(known);
            } else if unchanged || contains(cone, column.direction.entries()) {
                start.push(self.columns.len());
                self.add_column(product, j, column.direction.clone());
            }
        }
        let free = self.free.len();
        self.fit.start_with(start.into_iter().map(|c| c + free));
    }

    /// Adds what two neurons of opposite sign can do together. There are such in dense networks only, where points are samples.
    fn add_overlap(&mut self, product: &Product, positive: usize, negative: usize) {
        let program = self.program;
        let rays = common_rays(&product.cones[positive], &product.cones[negative]);
        let along = |ray: &[f64; MOST_DIM], i: usize| program.point(i).iter().zip(ray).map(|(x, v)| x * v).sum::<f64>();
        let directions: Vec<Vec<f64>> = rays.iter().map(|ray| (0..program.len()).map(|i| along(ray, i)).collect()).collect();
        for sample in 0..program.len() {
            let size = directions.iter().map(|z| z[sample].abs()).fold(0.0, f64::max);
            let (above, below) =
                (directions.iter().any(|z| z[sample] > KINK * size), directions.iter().any(|z| z[sample] < -KINK * size));
            if above && below {
                self.add_free(Free::Kink { positive, negative, sample });
            }
        }
        for z in directions {
            self.add_free(Free::Shared { positive, negative, z });
        }
    }

    /// Cut samples with small residuals: their kinks hardly raise the bound but make inequalities nearly dependent.
    fn idle_kinks(&self, product: &Product) -> Vec<usize> {
        let largest = self.residuals.iter().fold(0.0f64, |largest, r| largest.max(r.abs()));
        let mut idle: Vec<usize> = product.cones.iter().flat_map(|cone| cone.cut.iter().copied()).collect();
        idle.sort_unstable();
        idle.dedup();
        idle.retain(|&i| self.residuals[i].abs() < IDLE * largest);
        idle
    }

    fn add_free(&mut self, free: Free) {
        match &free {
            Free::Constant => self.fit.add_free(self.roots.iter().copied()),
            Free::Shared { z, .. } => self.fit.add_free(z.iter().zip(&self.roots).map(|(z, m)| z.max(0.0) * m)),
            Free::Idle { sample } | Free::Kink { sample, .. } => {
                self.fit.add_free((0..self.roots.len()).map(|i| f64::from(u8::from(i == *sample))))
            }
        }
        self.free.push(free);
    }

    fn add_column(&mut self, product: &Product, neuron: usize, direction: Direction) {
        let (incidence, sign) = (&self.program.incidence, product.sign(neuron));
        incidence.outputs(self.kernels, sign, direction.z(), &mut self.outputs);
        self.fit.add(self.outputs.iter().zip(&self.roots).map(|(output, m)| output * m));
        self.columns.push(Column { neuron, direction, multiplier: 0.0 });
    }

    /// Solves the fit and takes over its residuals.
    fn solve(&mut self) {
        self.fit.solve();
        self.residuals.clear();
        self.residuals.extend(self.fit.rest.iter().zip(&self.roots).map(|(rest, m)| -rest * m));
        let largest = self.residuals.iter().fold(0.0f64, |largest, r| largest.max(r.abs()));
        self.residuals.iter_mut().filter(|r| r.abs() < NEGLIGIBLE * largest).for_each(|r| *r = 0.0);
    }

    /// Generates columns until the sum of squares falls below `needed`, or no direction improves the fit. Returns whether the
    /// latter; `tight` then has the directions where the dual inequality is nearly an equality.
    fn converge(&mut self, product: &Product, needed: f64, tight: &mut Vec<(usize, Priced)>) -> bool {
        for _ in 0..MOST_ROUNDS {
            self.solve();
            if self.value() < needed {
                return false;
            }
            tight.clear();
            self.point_residuals.gather(&self.program.incidence, &self.residuals);
            let mut improving: Vec<(usize, Priced)> = Vec::new();
            for (j, cone) in product.cones.iter().enumerate() {
                let pricing = &mut self.pricing[j];
                pricing.prepare(cone, product.sign(j), &self.point_residuals);
                let start = improving.len();
                // Larger faces have many more meeting points: they are visited only when the smaller ones have nothing to offer.
                for size in 1..=self.program.dim {
                    pricing.visit(size, TIGHT, |priced| {
                        if priced.value < -IMPROVES * priced.scale && size > 1 {
                            keep_steepest(&mut improving, start, (j, priced));
                        }
                        if priced.value < (TIGHT * priced.scale).max(priced.error) {
                            tight.push((j, priced));
                        }
                    });
                    if improving.len() > start {
                        break;
                    }
                }
            }
            if improving.is_empty() {
                return true;
            }
            for (j, priced) in improving {
                self.add_column(product, j, Direction::inside(&product.cones[j], &priced.lambda));
            }
        }
        false
    }

    /// The sum of squares of the fit over all samples: proves nothing.
    fn value(&self) -> f64 {
        self.fit.value() + self.program.unavoidable
    }

    /// A lower bound proved from the present residuals, if it reaches `needed`. `tight` names the directions whose inequalities
    /// may need help.
    fn prove(&mut self, product: &Product, tight: &[(usize, Priced)], needed: f64) -> Option<f64> {
        let program = self.program;
        let mut residuals = self.residuals.clone();
        let mut meetings: Vec<(usize, Meeting)> = tight.iter().map(|(j, priced)| (*j, priced.meeting)).collect();
        let mut points: Vec<(usize, Arc<Vertex>)> = Vec::with_capacity(tight.len());
        for _ in 0..PROOF_ROUNDS {
            for (j, meeting) in &meetings[points.len()..] {
                points.push((*j, self.lines.vertex(program, &product.cones[*j], meeting)?));
            }
            let claim = Claim { program, product, lines: None, points: &points };
            let bound = self.prover.prove_rows(&claim, (0..points.len()).map(Row::Point), &residuals, needed)?;
            let proven = meetings.len();
            if !self.add_violated(product, &mut meetings) {
                return None;
            }
            if meetings.len() == proven {
                return Some(bound);
            }
            residuals.clone_from(&self.prover.residuals);
        }
        None
    }

    /// Adds the directions at which the prover's vector is not proved feasible. False if floating point cannot say.
    fn add_violated(&mut self, product: &Product, meetings: &mut Vec<(usize, Meeting)>) -> bool {
        let proven = meetings.len();
        self.point_residuals.gather(&self.program.incidence, &self.prover.residuals);
        product.cones.iter().enumerate().all(|(j, cone)| {
            self.pricing[j].prepare(cone, product.sign(j), &self.point_residuals);
            (1..=self.program.dim).all(|size| {
                self.pricing[j].visit(size, 0.0, |priced| {
                    if priced.value < priced.error && !meetings[..proven].contains(&(j, priced.meeting)) {
                        meetings.push((j, priced.meeting));
                    }
                })
            })
        })
    }

    /// The combined directions of the fit, for rounding, and how much the hull exceeds the ReLU there, by neuron and point,
    /// weighted by what that costs.
    fn combine(&mut self, product: &Product) -> Vec<f64> {
        let (n, free) = (self.program.incidence.points(), self.free.len());
        let mut hulls = vec![0.0; product.cones.len() * n];
        self.preactivations.clear();
        self.preactivations.resize(product.cones.len() * n, 0.0);
        let mut add = |neuron: usize, multiplier: f64, z: &[f64]| {
            let block = neuron * n..(neuron + 1) * n;
            self.preactivations[block.clone()].iter_mut().zip(z).for_each(|(sum, z)| *sum += multiplier * z);
            hulls[block].iter_mut().zip(z).for_each(|(sum, z)| *sum += multiplier * z.max(0.0));
        };
        for (column, &multiplier) in self.columns.iter_mut().zip(&self.fit.multipliers[free..]) {
            column.multiplier = multiplier;
            add(column.neuron, multiplier, column.direction.z());
        }
        for (free, &multiplier) in self.free.iter().zip(&self.fit.multipliers) {
            if let Free::Shared { positive, negative, z } = free {
                add(if multiplier > 0.0 { *positive } else { *negative }, multiplier.abs(), z);
            }
        }
        for (free, &multiplier) in self.free.iter().zip(&self.fit.multipliers) {
            if let Free::Kink { positive, negative, sample } = free {
                hulls[positive * n + sample] += multiplier.abs();
                hulls[negative * n + sample] += multiplier.abs();
            }
        }
        let mut losses = hulls;
        losses.iter_mut().zip(&self.preactivations).for_each(|(sum, z)| *sum = (*sum - z.max(0.0)).max(0.0));
        let costs = self.program.incidence.point_sums(&self.costs(product));
        losses.chunks_mut(n).for_each(|losses| losses.iter_mut().zip(&costs).for_each(|(loss, cost)| *loss *= cost));
        losses
    }

    /// What it costs, per sample, that the hull exceeds the ReLU at the combined directions.
    fn costs(&self, product: &Product) -> Vec<f64> {
        let (program, constant) = (self.program, self.constant());
        let truth = |i: usize| product.error_of(program, &self.preactivations, constant, i);
        (0..program.len()).map(|i| program.multiplicity[i] * truth(i).abs() + self.residuals[i].abs()).collect()
    }

    fn constant(&self) -> f64 {
        if self.program.output_bias { self.fit.multipliers[0] } else { 0.0 }
    }

    /// The fit in terms of the rays alone, for the exact fit of a decided node: there the ReLUs are linear, so that every
    /// direction may be replaced by the rays that it is made of.
    fn ray_multipliers(&self, product: &Product) -> Vec<f64> {
        let dim = self.program.dim;
        let mut multipliers = vec![0.0; product.cones.len() * dim];
        for (index, column) in self.columns.iter().enumerate().filter(|(_, column)| column.multiplier > 0.0) {
            let rays = column.neuron * dim..(column.neuron + 1) * dim;
            if let Direction::Ray(_) = column.direction {
                multipliers[index] += column.multiplier;
            } else if let Some(shares) = coordinates(&product.cones[column.neuron], column.direction.entries()) {
                multipliers[rays].iter_mut().zip(shares).for_each(|(sum, share)| *sum += column.multiplier * share.max(0.0));
            }
        }
        multipliers.extend(self.program.output_bias.then(|| self.constant()));
        multipliers
    }
}

impl NodeBound for Hull<'_> {
    type State = Columns;

    fn root(&self) -> Columns {
        Columns { cones: Vec::new(), columns: Vec::new() }
    }

    fn bound(&mut self, node: &Node<'_, Columns>) -> Bounded<Columns> {
        let product = node.product;
        let mut tight = Vec::new();
        self.begin(product, node.parent, false);
        let converged = self.converge(product, node.cut, &mut tight);
        if converged {
            if let Some(bound) = self.prove(product, &tight, node.cut) {
                return Bounded::Closed(bound);
            }
        }
        let losses = self.combine(product);
        let n = self.program.incidence.points();
        let Some(split) = choose_by_score(self.program, product, node.depth, |j, i| losses[j * n + i]) else {
            return Bounded::Closed(decided_optimum(self.program, product, &self.ray_multipliers(product)));
        };
        let columns = self.columns.iter().filter(|column| column.multiplier > 0.0).cloned().collect();
        let state = Columns { cones: product.cones.clone(), columns };
        if converged && product.has_both_signs() {
            self.begin(product, &state, true);
            if self.converge(product, node.cut, &mut tight) {
                if let Some(bound) = self.prove(product, &tight, node.cut) {
                    return Bounded::Closed(bound);
                }
            }
        }
        let value = self.value();
        let worth = node.inherited * (1.0 + WORTH_PROVING);
        let proved = if value > worth && self.converge(product, worth, &mut tight) {
            self.prove(product, &tight, node.inherited)
        } else {
            None
        };
        Bounded::Open(Open { proved: proved.unwrap_or(node.inherited), value, state, split })
    }

    fn candidate(&self) -> Candidate<'_> {
        Candidate { preactivations: &self.preactivations, constant: self.constant() }
    }

    fn bytes(state: &Columns) -> usize {
        state.columns.iter().map(|column| size_of::<Column>() + column.direction.z().len() * size_of::<f64>()).sum()
    }
}

/// A direction in coordinates of a cone's rays.
fn coordinates(cone: &Cone, direction: &[f64]) -> Option<Vec<f64>> {
    crate::linear::least_squares(cone.rays.iter().map(|ray| ray.direction.as_slice()), direction)
}

/// Does the direction lie in the cone, up to rounding?
fn contains(cone: &Cone, direction: &[f64]) -> bool {
    coordinates(cone, direction).is_some_and(|coordinates| {
        let largest = coordinates.iter().fold(0.0f64, |largest, c| largest.max(c.abs()));
        coordinates.iter().all(|&c| c >= -INSIDE * largest)
    })
}

/// Keeps the directions of one neuron with the least `phi` per scale, from `start` on.
fn keep_steepest(kept: &mut Vec<(usize, Priced)>, start: usize, new: (usize, Priced)) {
    let steepness = |priced: &Priced| priced.value / priced.scale;
    let place = kept[start..].iter().position(|(_, other)| steepness(&new.1) < steepness(other)).unwrap_or(kept.len() - start);
    kept.insert(start + place, new);
    kept.truncate(start + NEW_COLUMNS);
}
