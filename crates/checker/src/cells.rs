//! Kind 1: regions are unions of cells of the arrangement.

use crate::bytes::Reader;
use crate::data::{APPROXIMATION, Problem};
use crate::interval::Given;
use crate::neurons::Node;
use crate::rays::{Ray, Rays, error, orientation};
use crate::refusal::{Fault, Rule, require};
use crate::vector::{DualVector, reaches};
use crate::walk::{Children, Kind};
use crate::whole::dot;
use num_traits::{Signed, Zero};
use std::rc::Rc;

/// The constraints of a neuron, and what follows from them.
pub(crate) struct Region {
    /// Points with their sides, ascending.
    constraints: Vec<(usize, bool)>,
    /// Rays inside, ascending.
    rays: Vec<Ray>,
    /// Points that are on at one of the rays and off at another.
    cut: Vec<usize>,
    /// Points that are not cut and on somewhere.
    on: Vec<usize>,
}

pub(crate) struct Cells<'p> {
    problem: &'p Problem,
    claim: &'p Given,
    rays: Rays<'p>,
}

impl<'p> Cells<'p> {
    pub(crate) fn new(problem: &'p Problem, claim: &'p Given) -> Result<Self, Fault> {
        Ok(Self { problem, claim, rays: Rays::new(problem)? })
    }

    /// The part of a region on one side of a point.
    fn part(&mut self, region: &Region, point: usize, on: bool) -> Rc<Region> {
        let mut constraints = region.constraints.clone();
        match constraints.binary_search(&(point, on)) {
            Ok(_) => {}
            Err(place) => constraints.insert(place, (point, on)),
        }
        let excluded = if on { -1 } else { 1 };
        let rays = region.rays.iter().copied().filter(|&ray| self.rays.side(ray, point) != excluded).collect();
        let mut part = Region { constraints, rays, cut: Vec::new(), on: region.on.clone() };
        for &t in &region.cut {
            match self.sides_of(&part.rays, t) {
                (true, true) => part.cut.push(t),
                (true, false) => part.on.push(t),
                (false, _) => {}
            }
        }
        Rc::new(part)
    }

    /// Is a point on, and is it off, at some of the rays?
    fn sides_of(&mut self, rays: &[Ray], point: usize) -> (bool, bool) {
        let (mut on, mut off) = (false, false);
        for &ray in rays {
            match self.rays.side(ray, point) {
                1 => on = true,
                -1 => off = true,
                _ => {}
            }
            if on && off {
                break;
            }
        }
        (on, off)
    }

    /// Is `sign * sum_t r_t max(0, v . x_t) >= 0` at all rays of a region? `sums` are the `r_t`, approximately.
    fn is_feasible(&mut self, region: &Region, sign: f64, vector: &DualVector, sums: &[f64], magnitude: f64) -> bool {
        let problem = self.problem;
        let dim = problem.dim();
        // Points that are on everywhere make one linear form.
        let mut form = vec![0.0; dim];
        for (entry, column) in form.iter_mut().zip(&problem.approximate) {
            *entry = region.on.iter().map(|&t| sums[t] * column[t]).sum();
        }
        let weights: Vec<f64> = region.cut.iter().map(|&t| sums[t]).collect();
        let columns: Vec<Vec<f64>> =
            problem.approximate.iter().map(|column| region.cut.iter().map(|&t| column[t]).collect()).collect();
        let roundings = 4.0 * (problem.points.len() + problem.groups.len() + 4 * dim) as f64 + 64.0;
        let mut z = vec![0.0; region.cut.len()];
        for &ray in &region.rays {
            let direction = self.rays.direction(ray);
            let orientation = orientation(ray);
            z.fill(0.0);
            for (v, column) in direction.iter().zip(&columns) {
                let v = v * orientation;
                z.iter_mut().zip(column).for_each(|(z, x)| *z += v * x);
            }
            let cut: f64 = z.iter().zip(&weights).map(|(z, r)| r * z.max(0.0)).sum();
            let on: f64 = direction.iter().zip(&form).map(|(v, m)| v * m).sum();
            // Products with points err by `error`, sums of `n` terms by `n` roundings of the sum of their sizes.
            let length: f64 = direction.iter().copied().map(f64::abs).sum();
            let doubt = magnitude * (error(direction) + roundings * APPROXIMATION * length) + f64::MIN_POSITIVE;
            let sum = sign * (cut + orientation * on);
            if (sum < doubt || doubt.is_nan()) && !self.holds_exactly(region, ray, sign, vector) {
                return false;
            }
        }
        true
    }

    /// The same for one ray, exactly.
    fn holds_exactly(&mut self, region: &Region, ray: Ray, sign: f64, vector: &DualVector) -> bool {
        let problem = self.problem;
        let exact = self.rays.exact(ray / 2);
        let on: Vec<usize> =
            region.cut.iter().copied().filter(|&t| self.rays.side(ray, t) > 0).chain(region.on.iter().copied()).collect();
        let terms = on.iter().flat_map(|&t| problem.shown_by[t].iter().map(move |&g| (g, t, 1)));
        let sum = dot(&vector.moment(problem, terms), &exact);
        sum.is_zero() || sum.is_positive() == (sign * orientation(ray) > 0.0)
    }
}

impl Kind for Cells<'_> {
    type State = Node<Region>;

    fn roots(&mut self) -> Vec<Self::State> {
        let rays: Vec<Ray> = (0..self.rays.len()).collect();
        let mut whole = Region { constraints: Vec::new(), rays, cut: Vec::new(), on: Vec::new() };
        for t in 0..self.problem.points.len() {
            // Rays come in opposite pairs: a point that is on at one is off at the other.
            if self.sides_of(&whole.rays, t).0 {
                whole.cut.push(t);
            }
        }
        let whole = Rc::new(whole);
        let width = self.problem.network.width;
        let first = if self.problem.network.train_output { 0 } else { width };
        (first..=width).map(|positive| Node { positive, regions: vec![Rc::clone(&whole); width] }).collect()
    }

    fn split(&mut self, node: &Self::State, body: &mut Reader) -> Result<Children<Self::State>, Fault> {
        let (group, region) = node.read_group(body, |a, b| a.constraints == b.constraints)?;
        let point = body.uint()?;
        require(point < self.problem.points.len() as u64, Rule::Split, format!("there is no point {point}"))?;
        let parts = [true, false].map(|on| self.part(&region, point as usize, on));
        Ok((body.uint()?, node.children(&group, &parts)))
    }

    fn bound(&mut self, node: &mut Self::State, body: &mut Reader) -> Result<bool, Fault> {
        let problem = self.problem;
        let vector = DualVector::read(body, problem.groups.len())?;
        if !reaches(problem, &vector, self.claim) {
            return Ok(false);
        }
        require(!problem.network.output_bias || vector.sums_to_zero(), Rule::Bound, "the dual numbers do not add up to zero")?;
        let numbers = vector.approximate();
        let sums: Vec<f64> = problem.shown_by.iter().map(|groups| groups.iter().map(|&g| numbers[g]).sum()).collect();
        let magnitude = problem.shown_by.iter().flatten().map(|&g| numbers[g].abs()).sum();
        for j in (0..node.regions.len()).filter(|&j| !node.is_repeated(j)) {
            let region = Rc::clone(&node.regions[j]);
            let feasible = self.is_feasible(&region, node.sign(j).into(), &vector, &sums, magnitude);
            require(feasible, Rule::Bound, format!("the dual vector fails at a ray of neuron {j}"))?;
        }
        Ok(true)
    }

    fn off(&mut self, node: &Self::State, body: &mut Reader) -> Result<(), Fault> {
        let neuron = node.read_neuron(body)?;
        let region = &node.regions[neuron];
        require(region.cut.is_empty() && region.on.is_empty(), Rule::Off, format!("neuron {neuron} is on somewhere"))?;
        require(self.problem.dim() > 0, Rule::Off, "all points are zero")
    }
}
