//! Pricing, sweeps and exact meeting points against each other and against random directions.

use crate::cone::{Cone, roots};
use crate::hull::meeting::Lines;
use crate::hull::overlap::common_rays;
use crate::hull::pricing::{Lambda, MOST_DIM, Priced, Pricing};
use crate::hull::residuals::PointResiduals;
use crate::program::Program;
use optgap_problem::{Dataset, Instance, Loss, Network};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

struct Draw(ChaCha8Rng);

impl Draw {
    fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// From -1 to 1; small multiples of 1/4 on demand, so that hyperplanes meet by chance.
    fn number(&mut self, coarse: bool) -> f64 {
        if coarse { f64::from(self.0.next_u32() % 9) / 4.0 - 1.0 } else { f64::from(self.0.next_u32()) / 2f64.powi(31) - 1.0 }
    }

    /// `n` points of so many inputs, each sample showing `patches` of them.
    fn program(&mut self, n: usize, inputs: usize, patches: usize, coarse: bool) -> Program {
        let mut row = || (0..inputs * patches).map(|_| self.number(coarse)).collect();
        let rows: Vec<Vec<f64>> = (0..n / patches).map(|_| row()).collect();
        let labels = rows.iter().map(|_| self.number(false)).collect();
        let network = Network::shared_filter(patches, inputs);
        Program::new(&Instance::new(Dataset::new(&rows, labels).expect("valid"), network, Loss::Squared).expect("valid"))
    }

    fn residuals(&mut self, program: &Program) -> Vec<f64> {
        (0..program.len()).map(|_| if self.0.next_u32().is_multiple_of(8) { 0.0 } else { self.number(false) }).collect()
    }

    /// A cone some splits below a root.
    fn cone(&mut self, program: &Program, splits: usize) -> Cone {
        let roots = roots(program);
        let root = &roots[self.0.next_u32() as usize % roots.len()];
        let mut cone = Cone::new(root.rays.clone());
        for _ in 0..splits {
            let edges = (0..cone.rays.len()).flat_map(|a| (a + 1..cone.rays.len()).map(move |b| (a, b)));
            let crossing = edges.flat_map(|(a, b)| cone.cut.iter().map(move |&i| (a, b, i)));
            let crossing: Vec<_> = crossing.filter(|&(a, b, i)| cone.rays[a].z[i] * cone.rays[b].z[i] < 0.0).collect();
            let Some(&(a, b, i)) = crossing.get(self.0.next_u32() as usize % crossing.len().max(1)) else { break };
            let [first, second] = cone.split(program, a, b, i);
            cone = if self.0.next_u32().is_multiple_of(2) { first } else { second };
        }
        cone
    }

    fn lambda(&mut self, dim: usize) -> Lambda {
        let mut lambda = [0.0; MOST_DIM];
        lambda[..dim].iter_mut().for_each(|v| *v = (self.number(false) + 1.0).powi(3));
        let total: f64 = lambda.iter().sum();
        lambda.map(|v| v / total)
    }
}

/// `phi` by its definition.
fn phi(cone: &Cone, sign: f64, residuals: &PointResiduals, lambda: &Lambda) -> f64 {
    let z = |i: usize| cone.rays.iter().zip(lambda).map(|(ray, v)| ray.z[i] * v).sum::<f64>();
    residuals.values.iter().enumerate().map(|(i, r)| sign * r * z(i).max(0.0)).sum()
}

fn visited(pricing: &mut Pricing, dim: usize, loose: f64) -> (Vec<Priced>, bool) {
    let mut points = Vec::new();
    let mut resolved = true;
    for size in 1..=dim {
        resolved &= pricing.visit(size, loose, |priced| points.push(priced));
    }
    (points, resolved)
}

fn each_cone(mut check: impl FnMut(&mut Draw, &Program, &Cone, f64, &PointResiduals)) {
    for seed in 0..60 {
        let mut draw = Draw::new(seed);
        let (n, inputs) = [(12, 1), (40, 1), (10, 2), (30, 2), (9, 3), (14, 3)][seed as usize % 6];
        let program = draw.program(n, inputs, 1 + seed as usize / 6 % 3, seed % 3 == 0);
        let mut residuals = PointResiduals::default();
        residuals.gather(&program.incidence, &draw.residuals(&program));
        let splits = draw.0.next_u32() as usize % 6;
        let cone = draw.cone(&program, splits);
        for sign in [1.0, -1.0] {
            check(&mut draw, &program, &cone, sign, &residuals);
        }
    }
}

#[test]
fn no_direction_has_a_smaller_phi_than_the_meeting_points() {
    each_cone(|draw, _, cone, sign, residuals| {
        let mut pricing = Pricing::default();
        pricing.prepare(cone, sign, residuals);
        let dim = cone.rays.len();
        let (points, _) = visited(&mut pricing, dim, f64::INFINITY);
        let least = points.iter().map(|priced| priced.value).fold(f64::INFINITY, f64::min);
        for priced in &points {
            assert!((priced.value - phi(cone, sign, residuals, &priced.lambda)).abs() < 1e-12);
        }
        for _ in 0..300 {
            let lambda = draw.lambda(dim);
            assert!(phi(cone, sign, residuals, &lambda) >= least - 1e-12);
        }
    });
}

#[test]
fn nothing_that_may_be_negative_escapes_a_visit() {
    each_cone(|_, _, cone, sign, residuals| {
        let mut pricing = Pricing::default();
        pricing.prepare(cone, sign, residuals);
        let (all, _) = visited(&mut pricing, cone.rays.len(), f64::INFINITY);
        let (suspects, _) = visited(&mut pricing, cone.rays.len(), 0.0);
        for priced in all.iter().filter(|priced| priced.value < priced.error) {
            assert!(suspects.iter().any(|other| other.meeting == priced.meeting), "{priced:?}");
        }
    });
}

#[test]
fn exact_meeting_points_lie_on_their_hyperplanes_and_in_the_cone() {
    each_cone(|_, program, cone, sign, residuals| {
        let mut pricing = Pricing::default();
        pricing.prepare(cone, sign, residuals);
        let (points, _) = visited(&mut pricing, cone.rays.len(), f64::INFINITY);
        let mut lines = Lines::default();
        for priced in points {
            let vertex = lines.vertex(program, cone, &priced.meeting).expect("the hyperplanes meet");
            for &i in priced.meeting.samples.iter().filter(|&&i| i != usize::MAX) {
                assert_eq!(vertex.z[i], 0.0);
            }
            // Pre-activations of the float point and of the exact one agree up to a positive factor.
            let float = |i: usize| cone.rays.iter().zip(&priced.lambda).map(|(ray, v)| ray.z[i] * v).sum::<f64>();
            let points = || 0..program.incidence.points();
            let along: f64 = points().map(|i| float(i) * vertex.z[i]).sum();
            let lengths: f64 = points().map(|i| float(i).powi(2)).sum::<f64>() * vertex.z.iter().map(|z| z * z).sum::<f64>();
            assert!(along >= (1.0 - 1e-6) * lengths.sqrt(), "{priced:?}");
        }
    });
}

#[test]
fn the_overlap_of_nested_cones_is_the_inner_one() {
    for seed in 0..20 {
        let mut draw = Draw::new(seed);
        let program = draw.program(10, 1 + seed as usize % 3, 1, false);
        let outer = Cone::new(roots(&program)[0].rays.clone());
        let inner = {
            let (a, b, i) = (0..outer.rays.len())
                .flat_map(|a| (a + 1..outer.rays.len()).map(move |b| (a, b)))
                .find_map(|(a, b)| outer.cut.iter().find(|&&i| outer.rays[a].z[i] * outer.rays[b].z[i] < 0.0).map(|&i| (a, b, i)))
                .expect("some edge is crossed");
            let [first, _] = outer.split(&program, a, b, i);
            first
        };
        let rays = common_rays(&outer, &inner);
        assert_eq!(rays.len(), inner.rays.len());
        for ray in &inner.rays {
            let length = ray.direction.iter().map(|v| v * v).sum::<f64>().sqrt();
            let found = rays.iter().any(|other| other.iter().zip(&ray.direction).all(|(x, v)| (x - v / length).abs() < 1e-6));
            assert!(found);
        }
    }
}
