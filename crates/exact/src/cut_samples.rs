//! The samples of a node that some cone cuts, gathered into short rows: only their intervals have a length, so only they
//! change between the solves of a node.

use crate::cone::Cone;
use crate::kernels::{Ends, Kernels, LANES, padded};
use crate::lines::{Lines, SLOPE_STEPS, slope};
use crate::product::Product;
use crate::program::Program;

/// Marks a neuron that does not cut a sample: its minorant is the chord.
const NOT_CUT: f64 = -1.0;

/// Cut samples in ascending order; every row of numbers is padded to `rows` entries that count for nothing.
#[derive(Default)]
pub(crate) struct CutSamples {
    kernels: Kernels,
    dim: usize,
    rows: usize,
    /// Signs of the neurons.
    signs: Vec<f64>,
    pub(crate) indices: Vec<usize>,
    is_cut: Vec<bool>,
    labels: Vec<f64>,
    /// Multiplicities and their roots.
    weights: Vec<f64>,
    roots: Vec<f64>,
    /// Pre-activations at the rays, ray after ray, neuron after neuron.
    rays: Vec<f64>,
    /// Slope of the minorant per neuron and sample, [`NOT_CUT`] where there is none.
    slopes: Vec<f64>,
    /// +1: the prediction is too high; -1: too low; 0: the label lies inside the interval.
    sides: Vec<f64>,
    scales: Vec<f64>,
    /// The least-squares problem of the current sides: columns, then the target.
    columns: Vec<f64>,
    target: Vec<f64>,
    /// Slopes and pre-activations of the last round of slopes; [`NOT_CUT`] where there are none.
    earlier_slopes: Vec<f64>,
    earlier_z: Vec<f64>,
}

/// The cut samples at given multipliers.
#[derive(Clone, Default)]
pub(crate) struct Reached {
    /// Ends of the intervals of `p_i - y_i`.
    low: Vec<f64>,
    high: Vec<f64>,
    /// Pre-activations, neuron after neuron.
    z: Vec<f64>,
    chord: Vec<f64>,
}

impl Reached {
    fn ends(&self) -> Ends<'_> {
        Ends { low: &self.low, high: &self.high }
    }

    /// `p_i - y_i` at the nearest point of the interval of the cut sample at `place`.
    pub(crate) fn missed(&self, place: usize) -> f64 {
        self.low[place].max(0.0) + self.high[place].min(0.0)
    }
}

impl CutSamples {
    /// Gathers the samples of `product`, with the sides and slopes of `lines`.
    pub(crate) fn gather(&mut self, program: &Program, product: &Product<Cone>, lines: &Lines) {
        let n = program.len();
        self.is_cut.clear();
        self.is_cut.resize(n, false);
        for &i in product.regions.iter().flat_map(|cone| &cone.cut) {
            self.is_cut[i] = true;
        }
        self.indices.clear();
        self.indices.extend((0..n).filter(|&i| self.is_cut[i]));
        self.dim = program.dim;
        self.rows = padded(self.indices.len());
        self.signs.clear();
        self.signs.extend((0..product.regions.len()).map(|j| product.sign(j)));
        let rows = self.rows;
        gather_row(&mut self.labels, &self.indices, rows, |i| program.labels[i]);
        gather_row(&mut self.weights, &self.indices, rows, |i| program.multiplicity[i]);
        gather_row(&mut self.roots, &self.indices, rows, |i| program.multiplicity[i].sqrt());
        gather_row(&mut self.sides, &self.indices, rows, |i| f64::from(lines.sides[i]));
        self.rays.clear();
        for ray in product.regions.iter().flat_map(|cone| &cone.rays) {
            self.rays.extend(self.indices.iter().map(|&i| ray.z[i]));
            self.rays.resize(self.rays.len().next_multiple_of(LANES), 0.0);
        }
        self.gather_slopes(product, lines, n);
        self.columns.resize(product.regions.len() * self.dim * rows, 0.0);
        self.target.resize(rows, 0.0);
        self.scales.resize(rows, 0.0);
    }

    fn gather_slopes(&mut self, product: &Product<Cone>, lines: &Lines, n: usize) {
        self.slopes.clear();
        for (j, cone) in product.regions.iter().enumerate() {
            let of_sample = |&i: &usize| if cone.cuts(i) { slope(lines.slopes[j * n + i]) } else { NOT_CUT };
            self.slopes.extend(self.indices.iter().map(of_sample));
            self.slopes.resize(self.slopes.len().next_multiple_of(LANES), NOT_CUT);
        }
        self.earlier_slopes.clear();
        self.earlier_slopes.resize(self.slopes.len(), NOT_CUT);
        self.earlier_z.clear();
        self.earlier_z.resize(self.slopes.len(), 0.0);
    }

    /// Is the sample cut by some cone?
    pub(crate) fn contains(&self, sample: usize) -> bool {
        self.is_cut[sample]
    }

    /// Writes the sides back.
    pub(crate) fn store(&self, lines: &mut Lines) {
        for (place, &i) in self.indices.iter().enumerate() {
            lines.sides[i] = self.sides[place] as i8;
        }
    }

    /// Adds the least-squares problem of the current sides and slopes to normal equations; samples inside their interval do
    /// not count.
    pub(crate) fn add_normal_equations(&mut self, gram: &mut [f64], linear: &mut [f64], bounded: usize) {
        let Self { kernels, dim, rows, signs, labels, roots, rays, slopes, sides, scales, columns, target, .. } = self;
        let (dim, rows) = (*dim, *rows);
        columns.resize(linear.len() * rows, 0.0);
        if rows == 0 {
            return;
        }
        kernels.run(
            #[inline(always)]
            || {
                for (((scale, target), (root, side)), label) in
                    scales.iter_mut().zip(target.iter_mut()).zip(roots.iter().zip(sides.iter())).zip(labels.iter())
                {
                    *scale = root * side.abs();
                    *target = label * *scale;
                }
                for (c, (column, ray)) in columns.chunks_exact_mut(rows).zip(rays.chunks_exact(rows)).enumerate() {
                    let (sign, slopes) = (signs[c / dim], &slopes[c / dim * rows..(c / dim + 1) * rows]);
                    fill_column(column, sign, ray, slopes, sides, scales);
                }
                for column in columns.chunks_exact_mut(rows).skip(bounded) {
                    column.copy_from_slice(scales);
                }
            },
        );
        kernels.add_gram(gram, linear, columns, target);
    }

    /// Intervals at the given multipliers.
    pub(crate) fn evaluate(&self, multipliers: &[f64], constant: f64, out: &mut Reached) {
        let (rows, neurons) = (self.rows, self.signs.len());
        out.low.resize(rows, 0.0);
        out.high.resize(rows, 0.0);
        out.chord.resize(rows, 0.0);
        out.z.clear();
        out.z.resize(neurons * rows, 0.0);
        let Reached { low, high, z, chord } = out;
        if rows == 0 {
            return;
        }
        self.kernels.run(
            #[inline(always)]
            || {
                for ((low, high), label) in low.iter_mut().zip(high.iter_mut()).zip(&self.labels) {
                    *low = constant - label;
                    *high = *low;
                }
                let rays = multipliers.chunks_exact(self.dim).zip(self.rays.chunks_exact(self.dim * rows));
                let neurons = z.chunks_exact_mut(rows).zip(self.slopes.chunks_exact(rows)).zip(&self.signs);
                for ((multipliers, rays), ((z, slopes), &sign)) in rays.zip(neurons) {
                    chord.fill(0.0);
                    for (&multiplier, ray) in multipliers.iter().zip(rays.chunks_exact(rows)).filter(|(m, _)| **m != 0.0) {
                        for ((z, chord), &value) in z.iter_mut().zip(chord.iter_mut()).zip(ray) {
                            *z += multiplier * value;
                            *chord += multiplier * value.max(0.0);
                        }
                    }
                    let (minorants, majorants) = if sign > 0.0 { (&mut *low, &mut *high) } else { (&mut *high, &mut *low) };
                    for (((minorant, majorant), (&z, &chord)), &slope) in
                        minorants.iter_mut().zip(majorants).zip(z.iter().zip(chord.iter())).zip(slopes)
                    {
                        *majorant += sign * chord;
                        *minorant += sign * if slope < 0.0 { chord } else { slope * z };
                    }
                }
            },
        );
    }

    /// Sum of squares of the cut samples.
    pub(crate) fn squares(&self, reached: &Reached) -> f64 {
        self.kernels.squared_distance(&self.weights, reached.ends())
    }

    /// Derivative of half the sum of squares on the way from one state to another.
    pub(crate) fn slope_along(&self, from: &Reached, to: &Reached, t: f64) -> f64 {
        self.kernels.slope_along(&self.weights, from.ends(), to.ends(), t)
    }

    /// Sides at the given state; returns whether one changed.
    pub(crate) fn set_sides(&mut self, reached: &Reached) -> bool {
        let mut changed = false;
        let Self { kernels, sides, roots, .. } = self;
        kernels.run(
            #[inline(always)]
            || {
                for (((side, &root), &low), &high) in sides.iter_mut().zip(roots.iter()).zip(&reached.low).zip(&reached.high) {
                    let miss = if low > 0.0 { 1.0 } else { 0.0 } - if high < 0.0 { 1.0 } else { 0.0 };
                    let new = if root > 0.0 { miss } else { 0.0 };
                    changed |= new != *side;
                    *side = new;
                }
            },
        );
        changed
    }

    /// Moves the slopes towards the subgradients at the given state; returns whether an active one changed.
    pub(crate) fn update_slopes(&mut self, product: &Product<Cone>, reached: &Reached, lines: &mut Lines, first: bool) -> bool {
        let n = lines.sides.len();
        let mut changed = false;
        for (j, cone) in product.regions.iter().enumerate() {
            for (place, &i) in self.indices.iter().enumerate() {
                let at = j * self.rows + place;
                let old = self.slopes[at];
                if old < 0.0 {
                    continue;
                }
                debug_assert!(cone.cuts(i));
                let z = reached.z[at];
                let active = self.signs[j] * self.sides[place] > 0.0;
                let steps = if first || !active { step_of_sign(z, old) } else { self.secant(at, old, z) };
                if active {
                    (self.earlier_slopes[at], self.earlier_z[at]) = (old, z);
                }
                let new = slope(steps);
                if new != old {
                    self.slopes[at] = new;
                    lines.slopes[j * n + i] = steps;
                    changed |= active;
                }
            }
        }
        changed
    }

    /// The slope at which the pre-activation would vanish, between the last two slopes if it changed its sign.
    fn secant(&self, at: usize, old: f64, z: f64) -> u8 {
        let (earlier, earlier_z) = (self.earlier_slopes[at], self.earlier_z[at]);
        let full = f64::from(SLOPE_STEPS);
        if earlier >= 0.0 && earlier != old && earlier_z * z < 0.0 {
            let share = earlier_z.abs() / (earlier_z.abs() + z.abs());
            ((earlier + (old - earlier) * share) * full).round().clamp(0.0, full) as u8
        } else if z > 0.0 {
            ((1.0 + old) * 0.5 * full).ceil().min(full) as u8
        } else if z < 0.0 {
            (old * 0.5 * full).floor().max(0.0) as u8
        } else {
            (old * full) as u8
        }
    }
}

/// Slope of the ReLU at `z`.
fn step_of_sign(z: f64, old: f64) -> u8 {
    if z > 0.0 {
        SLOPE_STEPS
    } else if z < 0.0 {
        0
    } else {
        (old * f64::from(SLOPE_STEPS)) as u8
    }
}

fn gather_row(row: &mut Vec<f64>, indices: &[usize], rows: usize, entry: impl Fn(usize) -> f64) {
    row.clear();
    row.extend(indices.iter().map(|&i| entry(i)));
    row.resize(rows, 0.0);
}

/// A column of the least-squares problem: the minorant where the side calls for it, else the chord.
#[expect(clippy::inline_always, reason = "compiled for the registers of the function that it is inlined into")]
#[inline(always)]
fn fill_column(column: &mut [f64], sign: f64, ray: &[f64], slopes: &[f64], sides: &[f64], scales: &[f64]) {
    for ((entry, (&z, &slope)), (&side, &scale)) in column.iter_mut().zip(ray.iter().zip(slopes)).zip(sides.iter().zip(scales)) {
        let minorant = sign * side > 0.0 && slope >= 0.0;
        *entry = sign * scale * if minorant { slope * z } else { z.max(0.0) };
    }
}
