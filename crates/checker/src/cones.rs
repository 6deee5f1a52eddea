//! Kind 2: regions are simplicial cones, given by their rays.

use crate::bytes::Reader;
use crate::data::{APPROXIMATION, Problem};
use crate::interval::Given;
use crate::neurons::Node;
use crate::rays::{approximate_ray, product};
use crate::refusal::{Fault, Rule, require};
use crate::vector::{DualVector, reaches};
use crate::walk::{Children, Kind};
use crate::whole::{dot, solve};
use num_bigint::BigInt;
use num_traits::{Signed, Zero};
use std::rc::Rc;

/// Slopes are numbers of this part of 1.
const SLOPES: i64 = 16;
/// Most roots.
const MOST_ROOTS: usize = 1 << 17;

/// A ray with what it does at the points.
struct Vertex {
    /// In the units of the points.
    ray: Vec<BigInt>,
    /// Approximate products with the points, with exact signs: zero where the product is.
    z: Vec<f64>,
    /// Bound on the error of each.
    error: f64,
    /// The largest of them, at least.
    largest: f64,
}

/// What a cone says of a group.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Off,
    On,
    Cut,
}

pub(crate) struct Cone {
    rays: Vec<Rc<Vertex>>,
    sides: Vec<Side>,
}

pub(crate) struct Cones<'p> {
    problem: &'p Problem,
    claim: &'p Given,
    roots: Vec<Rc<Cone>>,
}

impl<'p> Cones<'p> {
    pub(crate) fn new(problem: &'p Problem, claim: &'p Given, rays: &[Vec<BigInt>]) -> Result<Self, Fault> {
        require(problem.is_dense(), Rule::Form, "cones are for dense networks")?;
        require(problem.dim() > 0, Rule::Roots, "there are no columns")?;
        let vertices: Vec<Rc<Vertex>> = rays.iter().map(|ray| Rc::new(Vertex::new(problem, ray))).collect();
        require(covers(&vertices), Rule::Roots, "the cones of the frame do not cover the space")?;
        let cone = |omitted: usize| {
            let rays = vertices.iter().enumerate().filter(|(l, _)| *l != omitted).map(|(_, vertex)| Rc::clone(vertex));
            Rc::new(Cone::new(rays.collect(), problem.groups.len()))
        };
        let roots: Vec<Rc<Cone>> = (0..vertices.len()).map(cone).collect();
        let count = count_roots(problem.network.width, roots.len(), problem.network.train_output);
        require(count <= MOST_ROOTS as f64, Rule::Form, "there are too many roots")?;
        Ok(Self { problem, claim, roots })
    }

    /// Is `sign * sum_i q_i h_i >= 0` at all rays of a cone? The sloped groups have the given slopes.
    fn is_feasible(
        &self,
        cone: &Cone,
        sign: f64,
        vector: &DualVector,
        numbers: &[f64],
        magnitude: f64,
        slopes: &[(usize, u8)],
    ) -> bool {
        let roundings = 2.0 * numbers.len() as f64 + 64.0;
        cone.rays.iter().all(|vertex| {
            let straight: f64 = vertex.z.iter().zip(numbers).map(|(z, q)| q * z.max(0.0)).sum();
            let bend = |&(i, slope): &(usize, u8)| {
                let z = vertex.z[i];
                numbers[i] * (f64::from(slope) / SLOPES as f64 * z - z.max(0.0))
            };
            let sum = sign * (straight + slopes.iter().map(bend).sum::<f64>());
            let doubt = magnitude * (3.0 * vertex.error + 3.0 * roundings * APPROXIMATION * vertex.largest) + f64::MIN_POSITIVE;
            sum >= doubt || self.holds_exactly(vertex, sign, vector, slopes)
        })
    }

    /// The same at one ray, exactly.
    fn holds_exactly(&self, vertex: &Vertex, sign: f64, vector: &DualVector, slopes: &[(usize, u8)]) -> bool {
        let mut factors: Vec<i64> = vertex.z.iter().map(|&z| if z > 0.0 { SLOPES } else { 0 }).collect();
        slopes.iter().for_each(|&(i, slope)| factors[i] = slope.into());
        let terms = factors.iter().enumerate().filter(|(_, factor)| **factor != 0).map(|(i, &factor)| (i, i, factor));
        let sum = dot(&vector.moment(self.problem, terms), &vertex.ray);
        sum.is_zero() || sum.is_positive() == (sign > 0.0)
    }

    /// Replaces a ray of a cone.
    fn with_ray(&self, cone: &Cone, place: usize, vertex: &Rc<Vertex>) -> Rc<Cone> {
        let mut rays = cone.rays.clone();
        rays[place] = Rc::clone(vertex);
        Rc::new(Cone::new(rays, self.problem.groups.len()))
    }
}

impl Vertex {
    /// From a ray in the original columns.
    fn new(problem: &Problem, original: &[BigInt]) -> Self {
        // A coordinate of a point is a number of units: that of the ray takes them too, all times a power of two.
        let units: Vec<i64> = problem.columns.iter().map(|&c| problem.units[c]).collect();
        let least = units.iter().copied().min().unwrap_or(0);
        let ray: Vec<BigInt> = original.iter().zip(&units).map(|(v, unit)| v << (unit - least)).collect();
        let (direction, error) = approximate_ray(problem, &ray);
        let exact_sign = |t: usize, value: f64| {
            if value.abs() > error {
                return value;
            }
            match dot(&ray, &problem.points[t]) {
                exact if exact.is_zero() => 0.0,
                exact if exact.is_positive() => value.max(f64::MIN_POSITIVE),
                _ => value.min(-f64::MIN_POSITIVE),
            }
        };
        let z: Vec<f64> = (0..problem.points.len()).map(|t| exact_sign(t, product(problem, &direction, t))).collect();
        let largest = z.iter().fold(0.0f64, |largest, z| largest.max(z.abs()));
        Self { ray, z, error: error + f64::MIN_POSITIVE, largest }
    }
}

impl Cone {
    fn new(rays: Vec<Rc<Vertex>>, groups: usize) -> Self {
        let side = |i: usize| {
            let (on, off) = rays.iter().fold((false, false), |(on, off), v| (on || v.z[i] > 0.0, off || v.z[i] < 0.0));
            match (on, off) {
                (true, true) => Side::Cut,
                (true, false) => Side::On,
                (false, _) => Side::Off,
            }
        };
        let sides = (0..groups).map(side).collect();
        Self { rays, sides }
    }

    fn is(&self, other: &Self) -> bool {
        self.rays.iter().zip(&other.rays).all(|(a, b)| Rc::ptr_eq(a, b) || a.ray == b.ray)
    }
}

/// Rule R1: any `D` rays are independent, and all have the same sign in the relation between the `D + 1`.
fn covers(vertices: &[Rc<Vertex>]) -> bool {
    let Some((last, others)) = vertices.split_last() else { return false };
    let columns: Vec<&[BigInt]> = others.iter().map(|vertex| vertex.ray.as_slice()).collect();
    solve(&columns, &last.ray).is_some_and(|(numerators, _)| numerators.iter().all(BigInt::is_negative))
}

/// Rule R3: the new ray is a positive combination of the edge's ends less a non-negative one of the others.
fn splits(cone: &Cone, a: usize, b: usize, ray: &[BigInt]) -> bool {
    let columns: Vec<&[BigInt]> = cone.rays.iter().map(|vertex| vertex.ray.as_slice()).collect();
    solve(&columns, ray).is_some_and(|(numerators, _)| {
        numerators.iter().enumerate().all(|(l, n)| if l == a || l == b { n.is_positive() } else { !n.is_positive() })
    })
}

/// Number of multisets of cones over all numbers of positive neurons.
fn count_roots(width: usize, cones: usize, train_output: bool) -> f64 {
    let multisets = |count: usize| (0..count).fold(1.0, |m, t| m * (cones + t) as f64 / (t + 1) as f64);
    let first = if train_output { 0 } else { width };
    (first..=width).map(|positive| multisets(positive) * multisets(width - positive)).sum()
}

impl Kind for Cones<'_> {
    type State = Node<Cone>;

    fn roots(&mut self) -> Vec<Self::State> {
        let network = &self.problem.network;
        let first = if network.train_output { 0 } else { network.width };
        let mut nodes = Vec::new();
        for positive in first..=network.width {
            let mut tuple = vec![0; network.width];
            loop {
                nodes.push(Node { positive, regions: tuple.iter().map(|&o| Rc::clone(&self.roots[o])).collect() });
                // The next tuple in lexicographic order that does not decrease within a sign.
                let Some(place) = (0..tuple.len()).rev().find(|&place| tuple[place] + 1 < self.roots.len()) else { break };
                tuple[place] += 1;
                for later in place + 1..tuple.len() {
                    tuple[later] = if (later < positive) == (place < positive) { tuple[place] } else { 0 };
                }
            }
        }
        nodes
    }

    fn split(&mut self, node: &Self::State, body: &mut Reader) -> Result<Children<Self::State>, Fault> {
        let (group, cone) = node.read_group(body, Cone::is)?;
        let (a, b) = (body.uint()?, body.uint()?);
        let places = cone.rays.len() as u64;
        require(a < places && b < places && a != b, Rule::Split, format!("there is no edge from {a} to {b}"))?;
        let (a, b) = (a as usize, b as usize);
        let original = (0..places).map(|_| body.big()).collect::<Result<Vec<BigInt>, Fault>>()?;
        let vertex = Rc::new(Vertex::new(self.problem, &original));
        require(splits(&cone, a, b, &vertex.ray), Rule::Split, "the children do not cover their parent")?;
        let parts = [self.with_ray(&cone, b, &vertex), self.with_ray(&cone, a, &vertex)];
        Ok((body.uint()?, node.children(&group, &parts)))
    }

    fn bound(&mut self, node: &mut Self::State, body: &mut Reader) -> Result<bool, Fault> {
        let problem = self.problem;
        let vector = DualVector::read(body, problem.groups.len())?;
        let signs = vector.signs();
        let mut slopes: Vec<Vec<(usize, u8)>> = Vec::with_capacity(node.regions.len());
        for (j, cone) in node.regions.iter().enumerate() {
            let sloped = (0..signs.len()).filter(|&i| cone.sides[i] == Side::Cut && signs[i] == node.sign(j));
            slopes.push(sloped.map(|i| Ok((i, body.byte()?))).collect::<Result<_, Fault>>()?);
            let steepest = slopes[j].iter().map(|(_, slope)| i64::from(*slope)).max().unwrap_or(0);
            require(steepest <= SLOPES, Rule::Bound, format!("slope {steepest} of neuron {j} is above {SLOPES}"))?;
        }
        if !reaches(problem, &vector, self.claim) {
            return Ok(false);
        }
        require(!problem.network.output_bias || vector.sums_to_zero(), Rule::Bound, "the dual numbers do not add up to zero")?;
        let numbers = vector.approximate();
        let magnitude = numbers.iter().copied().map(f64::abs).sum();
        for (j, cone) in node.regions.iter().enumerate() {
            let feasible = self.is_feasible(cone, node.sign(j).into(), &vector, &numbers, magnitude, &slopes[j]);
            require(feasible, Rule::Bound, format!("the dual vector fails at a ray of neuron {j}"))?;
        }
        Ok(true)
    }

    fn off(&mut self, node: &Self::State, body: &mut Reader) -> Result<(), Fault> {
        let neuron = node.read_neuron(body)?;
        let on = node.regions[neuron].sides.iter().any(|side| *side != Side::Off);
        require(!on, Rule::Off, format!("neuron {neuron} is on somewhere"))
    }
}
