//! Where to split a node: which neuron, which edge of its cone, at which sample's hyperplane.

use crate::bound::Split;
use crate::cone::Cone;
use crate::product::Product;
use crate::program::Program;
use crate::relaxation::Relaxation;
use crate::vertex::Vertex;

/// From this depth on one sample is finished after the other: that ends every branch, while scores alone can cycle.
const FINISH_DEPTH: u32 = 24;
/// Only edges of at least this share of the longest crossing edge are split, so that cones stay round.
const LONG_EDGE: f64 = 0.5;
/// A cone whose relative volume is below this is flat: then only the longest crossing edge is split.
const FLAT: f64 = 0.01;

/// Where a cone is split: the edge from ray `a` to ray `b`, at the hyperplane of `sample`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Crossing {
    pub(crate) a: usize,
    pub(crate) b: usize,
    pub(crate) sample: usize,
}

/// The split for a node whose relaxation was just solved; `None` if no sample cuts its cones.
pub(crate) fn choose(program: &Program, product: &Product<Cone>, relaxation: &Relaxation, depth: u32) -> Option<Split<Crossing>> {
    let losses = LossGaps::new(program, product, relaxation);
    let score = |j, i| losses.share(j, i);
    if depth < FINISH_DEPTH
        && let Some(split) = by_score(program, product, score)
    {
        return Some(split);
    }
    finish_one_sample(program, product, score)
}

/// The neuron whose bound loses most, an edge that carries much of the loss, the median crossing on it.
fn by_score(program: &Program, product: &Product<Cone>, score: impl Fn(usize, usize) -> f64) -> Option<Split<Crossing>> {
    let mut best = 0.0;
    let mut chosen = None;
    for (j, cone) in product.regions.iter().enumerate() {
        let scores: Vec<(usize, f64)> = cone.cut.iter().map(|&i| (i, score(j, i))).filter(|(_, score)| *score > 0.0).collect();
        let total: f64 = scores.iter().map(|(_, score)| score).sum();
        if total > best {
            best = total;
            chosen = Some((j, scores));
        }
    }
    let (neuron, scores) = chosen?;
    let cone = &product.regions[neuron];
    let (a, b) = choose_edge(program, cone, &scores)?;
    let sample = median_crossing(cone, a, b, &scores)?;
    Some(Split { neuron, place: Crossing { a, b, sample } })
}

/// How much the relaxation's loss lies below the true one at its solution, by sample and neuron.
struct LossGaps<'a> {
    product: &'a Product<Cone>,
    relaxation: &'a Relaxation,
    samples: usize,
    /// Loss gap of every sample per unit of overestimation.
    rates: Vec<f64>,
}

impl<'a> LossGaps<'a> {
    fn new(program: &Program, product: &'a Product<Cone>, relaxation: &'a Relaxation) -> Self {
        let samples = program.len();
        let mut gaps = Self { product, relaxation, samples, rates: vec![0.0; samples] };
        for (i, residual) in true_residuals(program, product, relaxation).iter().enumerate() {
            let relaxed = relaxation.residuals[i] / program.multiplicity[i];
            let over: f64 = (0..product.regions.len()).map(|j| gaps.overestimation(j, i)).sum();
            if over > 0.0 {
                gaps.rates[i] = program.multiplicity[i] * (residual * residual - relaxed * relaxed).max(0.0) / over;
            }
        }
        gaps
    }

    /// Chord above ReLU. A sample whose residual has the neuron's sign is bounded by the minorant instead, which is exact at
    /// the solution.
    fn overestimation(&self, j: usize, i: usize) -> f64 {
        if self.product.sign(j) * self.relaxation.residuals[i] > 0.0 {
            return 0.0;
        }
        let intervals = self.relaxation.intervals();
        let at = j * self.samples + i;
        intervals.chord[at] - intervals.z[at].max(0.0)
    }

    /// The part of sample `i`'s loss gap that neuron `j` causes.
    fn share(&self, j: usize, i: usize) -> f64 {
        self.rates[i] * self.overestimation(j, i)
    }
}

/// `f(x_i) - y_i` of the network at the relaxation's solution.
pub(crate) fn true_residuals(program: &Program, product: &Product<Cone>, relaxation: &Relaxation) -> Vec<f64> {
    let n = program.len();
    let constant = if program.output_bias { relaxation.multipliers[product.regions.len() * program.dim] } else { 0.0 };
    (0..n)
        .map(|i| {
            let units = (0..product.regions.len()).map(|j| product.sign(j) * relaxation.intervals().z[j * n + i].max(0.0));
            units.sum::<f64>() + constant - program.labels[i]
        })
        .collect()
}

fn crosses(cone: &Cone, a: usize, b: usize, sample: usize) -> bool {
    cone.rays[a].z[sample] * cone.rays[b].z[sample] < 0.0
}

/// Distance of two rays on the unit sphere of the data's metric, squared.
fn edge_length(program: &Program, a: &Vertex, b: &Vertex) -> f64 {
    let products = a.z.iter().zip(&b.z).zip(&program.point_weights).map(|((x, y), m)| x * y * m);
    2.0 - 2.0 * products.sum::<f64>() / (a.length * b.length)
}

fn choose_edge(program: &Program, cone: &Cone, scores: &[(usize, f64)]) -> Option<(usize, usize)> {
    let rays = cone.rays.len();
    let mut edges = Vec::with_capacity(rays * (rays - 1) / 2);
    let mut longest = 0.0f64;
    for a in 0..rays {
        for b in a + 1..rays {
            let share: f64 = scores.iter().filter(|(i, _)| crosses(cone, a, b, *i)).map(|(_, score)| score).sum();
            if share > 0.0 {
                let length = edge_length(program, &cone.rays[a], &cone.rays[b]).max(0.0).sqrt();
                longest = longest.max(length);
                edges.push((a, b, share, length));
            }
        }
    }
    let flat = is_flat(program, cone);
    let long_enough = |length: f64| if flat { length >= longest } else { length >= LONG_EDGE * longest };
    let allowed = edges.iter().filter(|edge| long_enough(edge.3));
    allowed.max_by(|x, y| x.2.total_cmp(&y.2)).map(|&(a, b, _, _)| (a, b))
}

/// Is the simplex spanned by the unit rays thin against its longest edge?
fn is_flat(program: &Program, cone: &Cone) -> bool {
    let rays = &cone.rays;
    if rays.len() < 3 {
        return false;
    }
    // Volume of the simplex relative to a cube on its longest edge, by the Gram determinant of the edge vectors.
    let gram = |a: usize, b: usize| -> f64 {
        let d = |x: usize, y: usize| edge_length(program, &rays[x], &rays[y]);
        // Squared distances give the products of edge vectors from ray 0.
        0.5 * (d(0, a) + d(0, b) - if a == b { 0.0 } else { d(a, b) })
    };
    let size = rays.len() - 1;
    let mut matrix = vec![0.0; size * size];
    let mut longest = 0.0f64;
    for r in 0..size {
        for c in 0..size {
            matrix[r * size + c] = gram(r + 1, c + 1);
        }
        longest = longest.max(matrix[r * size + r]);
    }
    let mut factor = vec![0.0; size * size];
    if longest <= 0.0 || !crate::linear::cholesky(&mut factor, size, 0.0, |r, c| matrix[r * size + c] / longest) {
        return true;
    }
    (0..size).map(|r| factor[r * size + r]).product::<f64>() < FLAT
}

/// The sample at the score-weighted median of the crossings on an edge.
fn median_crossing(cone: &Cone, a: usize, b: usize, scores: &[(usize, f64)]) -> Option<usize> {
    let (ray_a, ray_b) = (&cone.rays[a], &cone.rays[b]);
    let mut crossings: Vec<(f64, f64, usize)> = scores
        .iter()
        .filter(|(i, _)| crosses(cone, a, b, *i))
        .map(|&(i, score)| {
            let (za, zb) = (ray_a.z[i].abs() / ray_a.length, ray_b.z[i].abs() / ray_b.length);
            (za / (za + zb), score, i)
        })
        .collect();
    crossings.sort_by(|x, y| x.0.total_cmp(&y.0).then(x.2.cmp(&y.2)));
    let half = 0.5 * crossings.iter().map(|c| c.1).sum::<f64>();
    let mut sum = 0.0;
    crossings.iter().find_map(|&(_, score, sample)| {
        sum += score;
        (sum >= half).then_some(sample)
    })
}

/// The neuron whose bound loses most; of its cut samples the one with the fewest non-zero rays, on the longest edge that it
/// crosses. Each such split lowers that number in both
/// children and no decided sample becomes cut again, so a branch has at most `FINISH_DEPTH + k n (D - 1)` levels.
fn finish_one_sample(program: &Program, product: &Product<Cone>, score: impl Fn(usize, usize) -> f64) -> Option<Split<Crossing>> {
    let loss = |j: &usize| product.regions[*j].cut.iter().map(|&i| score(*j, i)).sum::<f64>();
    let undecided = (0..product.regions.len()).filter(|&j| !product.regions[j].cut.is_empty());
    let neuron = undecided.max_by(|a, b| loss(a).total_cmp(&loss(b)))?;
    let nonzero = |i: &usize| product.regions[neuron].rays.iter().filter(|ray| ray.z[*i] != 0.0).count();
    let sample = product.regions[neuron].cut.iter().copied().min_by_key(nonzero)?;
    let cone = &product.regions[neuron];
    let length = |&(a, b): &(usize, usize)| edge_length(program, &cone.rays[a], &cone.rays[b]);
    let edges = (0..cone.rays.len()).flat_map(|a| (a + 1..cone.rays.len()).map(move |b| (a, b)));
    let crossing = edges.filter(|&(a, b)| crosses(cone, a, b, sample));
    let (a, b) = crossing.max_by(|x, y| length(x).total_cmp(&length(y)))?;
    Some(Split { neuron, place: Crossing { a, b, sample } })
}
