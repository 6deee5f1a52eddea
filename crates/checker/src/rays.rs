//! All rays of the arrangement of the points' hyperplanes.

use crate::data::{APPROXIMATION, Problem, scaled};
use crate::refusal::Rule;
use crate::refusal::{Fault, require};
use crate::whole::{common_zero, dot};
use num_bigint::BigInt;
use num_traits::Signed;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Most lines that are enumerated.
const MOST_LINES: f64 = 1_048_576.0;

/// Number of a ray: twice that of its line, plus one if it points the other way.
pub(crate) type Ray = u32;

/// The lines in which `D - 1` independent hyperplanes meet, each with two rays.
pub(crate) struct Rays<'p> {
    problem: &'p Problem,
    /// Approximate directions, `dim` numbers for every line, the largest about 1.
    directions: Vec<f64>,
    /// Points whose hyperplanes make up the line, `dim - 1` for every line.
    spanning: Vec<u32>,
    /// Points that vanish on a line beyond these, sorted, for lines that have any.
    also_vanishing: HashMap<u32, Vec<u32>>,
    /// Exact directions that were needed.
    exact: HashMap<u32, Rc<Vec<BigInt>>>,
}

impl<'p> Rays<'p> {
    pub(crate) fn new(problem: &'p Problem) -> Result<Self, Fault> {
        let (points, dim) = (problem.points.len(), problem.dim());
        let subsets = (1..dim).fold(1.0, |count, t| count * (points as f64 - t as f64 + 1.0).max(0.0) / t as f64);
        require(subsets <= MOST_LINES, Rule::Form, format!("{points} points in {dim} columns have too many rays to enumerate"))?;
        let mut rays =
            Self { problem, directions: Vec::new(), spanning: Vec::new(), also_vanishing: HashMap::new(), exact: HashMap::new() };
        if dim > 0 {
            rays.enumerate();
        }
        Ok(rays)
    }

    fn enumerate(&mut self) {
        let (points, size) = (self.problem.points.len(), self.problem.dim() - 1);
        let mut known: HashSet<Vec<u32>> = HashSet::new();
        let mut chosen: Vec<u32> = (0..size as u32).collect();
        if size > points {
            return;
        }
        loop {
            self.add_line(&chosen, &mut known);
            // The next subset in lexicographic order.
            let Some(place) = (0..size).rev().find(|&place| (chosen[place] as usize) < points - size + place) else { return };
            let next = chosen[place] + 1;
            (next..).zip(&mut chosen[place..]).for_each(|(value, entry)| *entry = value);
        }
    }

    /// Adds the line on which the chosen points vanish, unless they are dependent or it is known.
    fn add_line(&mut self, chosen: &[u32], known: &mut HashSet<Vec<u32>>) {
        let problem = self.problem;
        let rows: Vec<&[BigInt]> = chosen.iter().map(|&t| problem.points[t as usize].as_slice()).collect();
        let Some(exact) = common_zero(&rows, problem.dim()) else { return };
        let (direction, error) = approximate_ray(problem, &exact);
        let doubtful = (0..problem.points.len()).filter(|&t| product(problem, &direction, t).abs() <= error);
        let vanishing: Vec<u32> =
            doubtful.filter(|&t| dot(&exact, &problem.points[t]).sign() == num_bigint::Sign::NoSign).map(|t| t as u32).collect();
        let line = (self.directions.len() / problem.dim()) as u32;
        if vanishing.len() > chosen.len() {
            if !known.insert(vanishing.clone()) {
                return;
            }
            let others = vanishing.into_iter().filter(|t| chosen.binary_search(t).is_err()).collect();
            self.also_vanishing.insert(line, others);
        }
        self.directions.extend(direction);
        self.spanning.extend(chosen);
    }

    /// Number of rays.
    pub(crate) fn len(&self) -> Ray {
        (2 * self.directions.len() / self.problem.dim().max(1)) as Ray
    }

    /// The approximate direction of a ray's line.
    pub(crate) fn direction(&self, ray: Ray) -> &[f64] {
        let dim = self.problem.dim();
        &self.directions[ray as usize / 2 * dim..][..dim]
    }

    fn vanishes(&self, line: u32, point: u32) -> bool {
        let size = self.problem.dim() - 1;
        self.spanning[line as usize * size..][..size].contains(&point)
            || self.also_vanishing.get(&line).is_some_and(|points| points.binary_search(&point).is_ok())
    }

    /// On which side of a point's hyperplane a ray lies, exactly: 1, -1 or 0.
    pub(crate) fn side(&mut self, ray: Ray, point: usize) -> i8 {
        let orientation = orientation(ray);
        let direction = self.direction(ray);
        let value = product(self.problem, direction, point);
        if value.abs() > error(direction) {
            return if (value > 0.0) == (orientation > 0.0) { 1 } else { -1 };
        }
        if self.vanishes(ray / 2, point as u32) {
            return 0;
        }
        let exact = dot(&self.exact(ray / 2), &self.problem.points[point]);
        if exact.is_positive() == (orientation > 0.0) { 1 } else { -1 }
    }

    /// The exact direction of a line.
    pub(crate) fn exact(&mut self, line: u32) -> Rc<Vec<BigInt>> {
        if let Some(known) = self.exact.get(&line) {
            return Rc::clone(known);
        }
        let size = self.problem.dim() - 1;
        let chosen = &self.spanning[line as usize * size..][..size];
        let rows: Vec<&[BigInt]> = chosen.iter().map(|&t| self.problem.points[t as usize].as_slice()).collect();
        let exact = Rc::new(common_zero(&rows, self.problem.dim()).unwrap_or_default());
        self.exact.insert(line, Rc::clone(&exact));
        exact
    }
}

/// The sign that makes a line's direction a ray's.
pub(crate) fn orientation(ray: Ray) -> f64 {
    if ray.is_multiple_of(2) { 1.0 } else { -1.0 }
}

/// A direction in units in which points have coordinates of at most 1, the largest about 1, and the error of products with points.
pub(crate) fn approximate_ray(problem: &Problem, ray: &[BigInt]) -> (Vec<f64>, f64) {
    let sizes = ray.iter().zip(&problem.shifts).filter(|(v, _)| v.bits() > 0).map(|(v, shift)| v.bits() as i64 + shift);
    let largest = sizes.max().unwrap_or(0);
    let direction: Vec<f64> = ray.iter().zip(&problem.shifts).map(|(v, shift)| scaled(v, shift - largest)).collect();
    let error = error(&direction);
    (direction, error)
}

/// A bound on the error of the product of a direction with any point: no coordinate of these exceeds 1.
pub(crate) fn error(direction: &[f64]) -> f64 {
    let roundings = 2.0 * direction.len() as f64 + 8.0;
    roundings * APPROXIMATION * direction.iter().copied().map(f64::abs).sum::<f64>() + f64::MIN_POSITIVE
}

/// The approximate product of a direction with a point.
pub(crate) fn product(problem: &Problem, direction: &[f64], point: usize) -> f64 {
    direction.iter().zip(&problem.approximate).map(|(v, column)| v * column[point]).sum()
}
