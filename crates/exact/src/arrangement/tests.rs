//! Rays, regions and sums against exact arithmetic and against random directions.

use crate::arrangement::{Arrangement, Cells, Magnitude, Ray, Sums};
use crate::integers::dot;
use crate::linear::inner;
use crate::program::Program;
use crate::projection::{Listed, project};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use optgap_problem::{Dataset, Instance, Loss, Network};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::HashSet;

struct Draw(ChaCha8Rng);

impl Draw {
    fn index(&mut self, below: usize) -> usize {
        self.0.next_u32() as usize % below
    }

    /// From -1 to 1; small multiples of 1/4 on demand, so that hyperplanes meet by chance.
    fn number(&mut self, coarse: bool) -> f64 {
        if coarse { f64::from(self.0.next_u32() % 9) / 4.0 - 1.0 } else { f64::from(self.0.next_u32()) / 2f64.powi(31) - 1.0 }
    }

    /// `n` points of so many inputs; on demand on a coarse grid, or in pairs that differ in their last digits.
    fn program(&mut self, n: usize, inputs: usize, kind: usize) -> Program {
        let mut rows: Vec<Vec<f64>> = Vec::new();
        for i in 0..n {
            rows.push(match kind {
                1 => (0..inputs).map(|_| self.number(true)).collect(),
                2 if i % 2 == 1 => rows[i - 1].iter().map(|x| x * (1.0 + 4.0 * f64::EPSILON)).collect(),
                _ => (0..inputs).map(|_| self.number(false)).collect(),
            });
        }
        let labels = vec![1.0; n];
        let data = Dataset::new(&rows, labels).expect("valid");
        Program::new(&Instance::new(data, Network::dense(1), Loss::Squared).expect("valid"))
    }
}

/// Programs of every kind, each with its arrangement.
fn each(mut check: impl FnMut(&mut Draw, &Program, &Arrangement<'_>)) {
    for seed in 0..45 {
        let mut draw = Draw(ChaCha8Rng::seed_from_u64(seed));
        let (n, inputs) = [(9, 1), (30, 1), (8, 2), (14, 2), (9, 3)][seed as usize % 5];
        let program = draw.program(n, inputs, seed as usize / 5 % 3);
        let arrangement = Arrangement::new(&program, None, None, || false).expect("not stopped");
        check(&mut draw, &program, &arrangement);
    }
}

/// A region some splits below the root.
fn region(draw: &mut Draw, arrangement: &Arrangement<'_>) -> Cells {
    let mut cells = Cells::all(arrangement);
    for _ in 0..draw.index(5) {
        if cells.cut().is_empty() {
            break;
        }
        let point = cells.cut()[draw.index(cells.cut().len())] as usize;
        let [on, off] = cells.split(arrangement, point);
        cells = if draw.index(2) == 0 { on } else { off };
    }
    cells
}

fn exact_sign(program: &Program, ray: &[BigInt], point: usize) -> f64 {
    let value = dot(ray, &program.integer_points[point]);
    if value.is_zero() { 0.0 } else { f64::from(u8::from(value.is_positive())) * 2.0 - 1.0 }
}

#[test]
fn every_line_is_found_once_and_every_sign_is_exact() {
    each(|_, program, arrangement| {
        let mut seen = HashSet::new();
        for ray in 0..arrangement.rays() as Ray {
            let vertex = arrangement.vertex(ray);
            let points = 0..program.incidence.points();
            let vanishing: Vec<usize> = points.clone().filter(|&t| vertex.z[t] == 0.0).collect();
            assert!(vanishing.len() + 1 >= program.dim && seen.insert((vanishing, ray % 2)));
            for t in points {
                let sign = exact_sign(program, &vertex.ray, t);
                assert_eq!(arrangement.at(ray, t).partial_cmp(&0.0), sign.partial_cmp(&0.0), "ray {ray}, point {t}");
            }
        }
        // Every subset of independent points has its line: as many as there are, up to those that meet in more.
        let lines = Arrangement::subsets(program.incidence.points(), program.dim);
        assert!((arrangement.rays() / 2) as f64 <= lines);
    });
}

#[test]
fn points_in_general_position_have_as_many_lines_as_subsets() {
    let program = Draw(ChaCha8Rng::seed_from_u64(7)).program(12, 3, 0);
    let arrangement = Arrangement::new(&program, None, None, || false).expect("not stopped");
    assert_eq!(arrangement.rays(), 2 * 220);
    assert!(Arrangement::new(&program, None, None, || true).is_none());
}

#[test]
fn every_direction_is_a_sum_of_its_own_cell_s_rays() {
    each(|draw, program, arrangement| {
        for _ in 0..5 {
            let u: Vec<f64> = (0..program.dim).map(|_| draw.number(false)).collect();
            let sides: Vec<f64> = (0..program.incidence.points()).map(|t| inner(program.point(t), &u)).collect();
            let mut cells = Cells::all(arrangement);
            for (point, side) in sides.iter().enumerate() {
                if cells.cut().contains(&(point as u32)) {
                    let [on, off] = cells.split(arrangement, point);
                    cells = if *side > 0.0 { on } else { off };
                }
            }
            assert!(cells.cut().is_empty());
            let rays =
                cells.rays().iter().map(|&ray| arrangement.direction(ray).iter().map(|v| super::orientation(ray) * v).collect());
            // What no ray leads away from is the polar cone: the direction has nothing in it.
            let normals: Vec<Vec<f64>> = rays.map(|ray: Vec<f64>| ray.iter().map(|v| -v).collect()).collect();
            let outside = project(&u, &Listed(normals), &mut Vec::new());
            assert!(inner(&outside, &outside) < 1e-12 * inner(&u, &u), "{outside:?}");
        }
    });
}

#[test]
fn the_parts_of_a_region_share_its_rays_and_decide_the_point() {
    each(|draw, _, arrangement| {
        let cells = region(draw, arrangement);
        for &point in cells.cut() {
            let [on, off] = cells.split(arrangement, point as usize);
            assert!(on.on().contains(&point) && !on.cut().contains(&point));
            assert!(!off.on().contains(&point) && !off.cut().contains(&point));
            for &ray in cells.rays() {
                let side = arrangement.at(ray, point as usize);
                assert_eq!((on.contains(ray), off.contains(ray)), (side >= 0.0, side <= 0.0));
            }
        }
    });
}

#[test]
fn sums_err_by_no_more_than_their_bound() {
    let exact = |value: f64| BigRational::from_float(value).expect("finite");
    each(|draw, program, arrangement| {
        let points = program.incidence.points();
        let q: Vec<f64> = (0..points).map(|_| if draw.index(8) == 0 { 0.0 } else { draw.number(false) }).collect();
        let length = inner(&q, &q).sqrt();
        let magnitude = Magnitude { length, mass: q.iter().copied().map(f64::abs).sum(), terms: points };
        let error = arrangement.sum_error(magnitude);
        assert!(error < 1e-10 * length, "{error}");
        let cells = region(draw, arrangement);
        let mut sums = Sums::default();
        sums.take(arrangement, &cells, cells.rays(), &q);
        for (&ray, &sum) in cells.rays().iter().zip(&sums.values).step_by(1 + cells.rays().len() / 50) {
            // The exact ray, on the scale of the float one.
            let vertex = arrangement.vertex(ray);
            let mut z = Vec::new();
            arrangement.preactivations(ray, &mut z);
            let largest = (0..points).max_by(|&a, &b| z[a].abs().total_cmp(&z[b].abs())).expect("points");
            let product = |t: usize| BigRational::from_integer(dot(&vertex.ray, &program.integer_points[t]));
            let unit = product(largest) / exact(z[largest]);
            let value: BigRational =
                (0..points).map(product).zip(&q).filter(|(p, _)| p.is_positive()).map(|(p, q)| p / &unit * exact(*q)).sum();
            // The scale itself is known up to the error of one pre-activation.
            let scale = 4.0 * arrangement.error / z[largest].abs() * magnitude.scale();
            assert!((value - exact(sum)).abs() <= exact(error + scale), "ray {ray}");
        }
    });
}
