//! Simplicial cones, the roots that cover the space, and exact splits that cover their parent.

use crate::bound::Region;
use crate::branching::Crossing;
use crate::integers::{dot, drop_common_zeros, independent_columns, kernel, make_primitive, scaled_to_f64, solve_exactly};
use crate::program::Program;
use crate::vertex::Vertex;
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use std::sync::Arc;

/// Exact crossings longer than this are replaced by shorter rays that still cover.
const CROSSING_BITS: u64 = 400;
/// Precisions and outward pushes that are tried for a shorter ray.
const SHORT_RAY_TRIES: [(u32, f64); 4] = [(36, 1e-9), (36, 1e-7), (52, 1e-12), (72, 1e-15)];
/// Precisions tried for the whitened root simplex, before the plain one that always covers.
const ROOT_BITS: [i64; 3] = [12, 24, 44];

/// Memory of one entry of an exact ray, roughly.
const RAY_BYTES: usize = 96;

/// What a cone knows of one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Pre-activation `<= 0` at every ray, hence in the whole cone.
    Off,
    /// Pre-activation `>= 0` at every ray and positive at one.
    On,
    /// Both signs occur at the rays.
    Cut,
}

/// A simplicial cone of parameter vectors of one neuron: all non-negative combinations of its `D` rays.
#[derive(Debug)]
pub(crate) struct Cone {
    pub(crate) rays: Vec<Arc<Vertex>>,
    pub(crate) decisions: Vec<Decision>,
    /// The samples that are cut.
    pub(crate) cut: Vec<usize>,
    /// Is the neuron off on every sample?
    off: bool,
}

impl Region for Cone {
    fn is_off(&self) -> bool {
        self.off
    }

    /// Memory of the cone and the one ray that it does not share.
    fn bytes(&self) -> usize {
        self.decisions.len() * (1 + size_of::<f64>()) + self.cut.len() * size_of::<usize>() + self.rays.len() * RAY_BYTES
    }
}

impl Cone {
    pub(crate) fn new(rays: Vec<Arc<Vertex>>) -> Self {
        let samples = rays.first().map_or(0, |ray| ray.z.len());
        let mut decisions = Vec::with_capacity(samples);
        let mut cut = Vec::new();
        let mut off = true;
        for i in 0..samples {
            let (mut positive, mut negative) = (false, false);
            for ray in &rays {
                positive |= ray.z[i] > 0.0;
                negative |= ray.z[i] < 0.0;
            }
            off &= !positive;
            decisions.push(match (positive, negative) {
                (true, true) => {
                    cut.push(i);
                    Decision::Cut
                }
                (true, false) => Decision::On,
                (false, _) => Decision::Off,
            });
        }
        Self { rays, decisions, cut, off }
    }

    /// Do the rays disagree on the sample?
    pub(crate) fn cuts(&self, sample: usize) -> bool {
        self.decisions[sample] == Decision::Cut
    }

    /// The same cone with one ray replaced.
    fn with_ray(&self, index: usize, ray: &Arc<Vertex>) -> Self {
        let mut rays = self.rays.clone();
        rays[index] = Arc::clone(ray);
        Self::new(rays)
    }

    /// Splits at the hyperplane of `sample` on the edge from ray `a` to ray `b`, whose pre-activations there have opposite
    /// signs. The first child has the new ray in place of `b`, the second in place of `a`; together they cover the cone.
    pub(crate) fn split(&self, program: &Program, &Crossing { a, b, sample }: &Crossing) -> [Self; 2] {
        let ray = Arc::new(self.split_ray(program, a, b, sample));
        [self.with_ray(b, &ray), self.with_ray(a, &ray)]
    }

    fn split_ray(&self, program: &Program, a: usize, b: usize, sample: usize) -> Vertex {
        let vanishing: Vec<usize> =
            (0..program.incidence.points()).filter(|&i| self.rays[a].z[i] == 0.0 && self.rays[b].z[i] == 0.0).collect();
        let planes = || vanishing.iter().map(|&i| program.integer_points[i].as_slice());
        // The hyperplanes that meet in one line give the shortest integers for it.
        if program.dim <= vanishing.len() + 2 {
            let equations: Vec<&[BigInt]> = planes().chain([program.integer_points[sample].as_slice()]).collect();
            if let [line] = kernel(&equations, program.dim).as_slice() {
                return Vertex::new(program, self.oriented(program, a, b, sample, line));
            }
        }
        let (va, vb) = (&self.rays[a].ray, &self.rays[b].ray);
        let point = &program.integer_points[sample];
        let (za, zb) = (dot(va, point).abs(), dot(vb, point).abs());
        let mut crossing: Vec<BigInt> = va.iter().zip(vb).map(|(x, y)| &zb * x + &za * y).collect();
        drop_common_zeros(&mut crossing);
        if crossing.iter().any(|v| v.bits() > CROSSING_BITS) {
            if let Some(short) = self.short_ray(program, a, b, sample, &crossing, &vanishing) {
                return short;
            }
            make_primitive(&mut crossing);
        }
        Vertex::new(program, crossing)
    }

    /// The line's direction that points from the origin to the edge.
    fn oriented(&self, program: &Program, a: usize, b: usize, sample: usize, line: &[BigInt]) -> Vec<BigInt> {
        let (a, b) = (&self.rays[a], &self.rays[b]);
        let (za, zb) = (a.z[sample].abs(), b.z[sample].abs());
        let size = line.iter().zip(&program.column_exponents).map(|(v, e)| v.bits() as i64 - e).max().unwrap_or(0);
        let products = line.iter().zip(&program.column_exponents).zip(a.direction.iter().zip(&b.direction));
        let along: f64 = products.map(|((v, e), (da, db))| scaled_to_f64(v, -size - e) * (zb * da + za * db)).sum();
        line.iter().map(|v| if along < 0.0 { -v } else { v.clone() }).collect()
    }

    /// A shorter ray than the exact crossing: on the hyperplane of `sample` and of all samples that vanish on the edge,
    /// pushed slightly outward through the other faces, so that the children overlap but cover (rule R3 of the
    /// certificates). `None` if no try passes the exact tests.
    fn short_ray(
        &self,
        program: &Program,
        a: usize,
        b: usize,
        sample: usize,
        crossing: &[BigInt],
        vanishing: &[usize],
    ) -> Option<Vertex> {
        let on_edge_planes = |ray: &Vertex| vanishing.iter().all(|&i| ray.z[i] == 0.0);
        let face: Vec<usize> = (0..self.rays.len()).filter(|&l| on_edge_planes(&self.rays[l])).collect();
        let vanishing: Vec<&[BigInt]> = vanishing.iter().map(|&i| program.integer_points[i].as_slice()).collect();
        // The vanishing samples must cut out exactly the span of the face that they contain.
        if independent_columns(vanishing.iter().copied(), program.dim).len() != program.dim - face.len() {
            return None;
        }
        let mut equations = vanishing;
        equations.push(&program.integer_points[sample]);
        let basis = kernel(&equations, program.dim);
        let outward = self.outward(program, a, b, sample, &face);
        SHORT_RAY_TRIES.iter().find_map(|&(bits, push)| {
            let ray = round_into_span(program, &basis, crossing, &outward, bits, push)?;
            (self.covers(&ray, a, b)).then(|| Vertex::new(program, ray)).filter(|vertex| self.keeps_decisions(vertex))
        })
    }

    /// A direction in the hyperplane of `sample` with positive coordinates on the rays of `face` other than `a` and `b`.
    fn outward(&self, program: &Program, a: usize, b: usize, sample: usize, face: &[usize]) -> Vec<f64> {
        let mut outward = vec![0.0; program.dim];
        for &l in face.iter().filter(|&&l| l != a && l != b) {
            let z = self.rays[l].z[sample];
            // A positive multiple of the edge's ray on the other side of the hyperplane brings the sum onto it.
            let partner = if (self.rays[a].z[sample] > 0.0) == (z > 0.0) { b } else { a };
            let share = -z / self.rays[partner].z[sample];
            for (c, value) in outward.iter_mut().enumerate() {
                *value += self.rays[l].direction[c] + share * self.rays[partner].direction[c];
            }
        }
        outward
    }

    /// Is `ray = alpha v_a + beta v_b - sum c_l v_l` with `alpha, beta > 0` and `c_l >= 0`, exactly?
    fn covers(&self, ray: &[BigInt], a: usize, b: usize) -> bool {
        let equations = (0..ray.len())
            .map(|c| self.rays.iter().map(|vertex| vertex.ray[c].clone()).chain([ray[c].clone()]).collect())
            .collect();
        let Some(solution) = solve_exactly(equations) else { return false };
        solution
            .numerators
            .iter()
            .enumerate()
            .all(|(l, numerator)| if l == a || l == b { numerator.is_positive() } else { !numerator.is_positive() })
    }

    /// A decided sample must not become cut: the search would never end.
    fn keeps_decisions(&self, vertex: &Vertex) -> bool {
        self.decisions.iter().zip(&vertex.z).all(|(decision, &z)| match decision {
            Decision::On => z >= 0.0,
            Decision::Off => z <= 0.0,
            Decision::Cut => true,
        })
    }
}

/// The integer combination of `basis` nearest to `crossing - push * outward` at the given precision.
fn round_into_span(
    program: &Program,
    basis: &[Vec<BigInt>],
    crossing: &[BigInt],
    outward: &[f64],
    bits: u32,
    push: f64,
) -> Option<Vec<BigInt>> {
    let to_float = |ray: &[BigInt], shift: i64| -> Vec<f64> {
        ray.iter().zip(&program.column_exponents).map(|(v, e)| scaled_to_f64(v, shift - e)).collect()
    };
    let size = |ray: &[BigInt]| {
        ray.iter()
            .zip(&program.column_exponents)
            .filter(|(v, _)| !v.is_zero())
            .map(|(v, e)| v.bits() as i64 - e)
            .max()
            .unwrap_or(0)
    };
    let mut target = to_float(crossing, -size(crossing));
    let length = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let outward_length = length(outward);
    if outward_length > 0.0 {
        let step = push * length(&target) / outward_length;
        target.iter_mut().zip(outward).for_each(|(t, o)| *t -= step * o);
    }
    let sizes: Vec<i64> = basis.iter().map(|ray| size(ray)).collect();
    let columns: Vec<Vec<f64>> = basis.iter().zip(&sizes).map(|(ray, &s)| to_float(ray, -s)).collect();
    let coefficients = crate::linear::least_squares(columns.iter().map(Vec::as_slice), &target)?;
    // Basis vector t stands for 2^-size_t of itself: its integer coefficient takes the difference of the sizes.
    let largest = sizes.iter().copied().max()?;
    let mut ray = vec![BigInt::zero(); program.dim];
    for ((vector, &coefficient), &own) in basis.iter().zip(&coefficients).zip(&sizes) {
        let factor = round_to_integer(coefficient, i64::from(bits) + largest - own)?;
        ray.iter_mut().zip(vector).for_each(|(r, v)| *r += &factor * v);
    }
    drop_common_zeros(&mut ray);
    ray.iter().any(|v| !v.is_zero()).then_some(ray)
}

/// `value * 2^exponent` rounded to an integer.
fn round_to_integer(value: f64, exponent: i64) -> Option<BigInt> {
    let Some((mantissa, own)) = crate::integers::dyadic(value) else { return value.is_finite().then(BigInt::zero) };
    let shift = i64::from(own) + exponent;
    let mantissa = BigInt::from(mantissa);
    Some(if shift >= 0 {
        mantissa << shift as usize
    } else {
        (mantissa + (BigInt::one() << (-shift - 1) as usize)) >> (-shift) as usize
    })
}

/// `D + 1` cones that cover the whole space of parameter vectors: cone `o` has all rays of a simplex around the origin
/// but number `o`. The simplex is regular in the metric of the data if its rounding passes the exact test.
pub(crate) fn roots(program: &Program) -> Vec<Arc<Cone>> {
    let rays = ROOT_BITS.iter().find_map(|&bits| whitened_simplex(program, bits)).unwrap_or_else(|| plain_simplex(program));
    let vertices: Vec<Arc<Vertex>> = rays.into_iter().map(|ray| Arc::new(Vertex::new(program, ray))).collect();
    (0..vertices.len())
        .map(|omitted| {
            let kept = vertices.iter().enumerate().filter(|(l, _)| *l != omitted).map(|(_, v)| Arc::clone(v));
            Arc::new(Cone::new(kept.collect()))
        })
        .collect()
}

/// The axes and the negative diagonal: covers the space whatever the data.
fn plain_simplex(program: &Program) -> Vec<Vec<BigInt>> {
    let mut rays: Vec<Vec<BigInt>> = (0..program.dim)
        .map(|axis| (0..program.dim).map(|c| if c == axis { BigInt::one() } else { BigInt::zero() }).collect())
        .collect();
    rays.push(vec![-BigInt::one(); program.dim]);
    rays
}

/// A regular simplex in whitened coordinates, mapped back and rounded; `None` if the rounded rays do not cover.
fn whitened_simplex(program: &Program, bits: i64) -> Option<Vec<Vec<BigInt>>> {
    let whitening = crate::linear::whitening(program)?;
    let exponents = &program.column_exponents;
    let least = exponents.iter().copied().min()?;
    let round = |corner: &Vec<f64>| -> Option<Vec<BigInt>> {
        let direction = whitening.to_float_coordinates(corner);
        let largest = direction.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        // Integer coordinates are 2^e_c times the float ones.
        let entries =
            direction.iter().zip(exponents).map(|(&v, &e)| Some(round_to_integer(v / largest, bits)? << (e - least) as usize));
        let mut ray = entries.collect::<Option<Vec<BigInt>>>()?;
        make_primitive(&mut ray);
        Some(ray)
    };
    let rays = regular_simplex(program.dim).iter().map(round).collect::<Option<Vec<_>>>()?;
    surrounds_origin(&rays).then_some(rays)
}

/// Corners of a regular simplex around the origin: `dim + 1` unit vectors with equal angles.
fn regular_simplex(dim: usize) -> Vec<Vec<f64>> {
    let mut corners = vec![vec![0.0; dim]; dim + 1];
    for axis in 0..dim {
        let used: f64 = corners[axis][..axis].iter().map(|v| v * v).sum();
        let height = (1.0 - used).sqrt();
        corners[axis][axis] = height;
        for later in axis + 1..=dim {
            let product: f64 = (0..axis).map(|c| corners[axis][c] * corners[later][c]).sum();
            corners[later][axis] = (-1.0 / dim as f64 - product) / height;
        }
    }
    corners
}

/// Do the `D + 1` rays cover the space? True iff the one linear relation among them has coefficients of one strict sign
/// (rule R1 of the certificates): the last ray is a strictly negative combination of the others.
fn surrounds_origin(rays: &[Vec<BigInt>]) -> bool {
    let Some((last, basis)) = rays.split_last() else { return false };
    let equations = (0..last.len()).map(|c| basis.iter().map(|ray| ray[c].clone()).chain([last[c].clone()]).collect()).collect();
    solve_exactly(equations).is_some_and(|solution| solution.numerators.iter().all(BigInt::is_negative))
}
