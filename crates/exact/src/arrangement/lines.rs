//! Finding the lines of the arrangement: one for every independent subset of `D - 1` points.

use crate::arrangement::wedge::Wedge;
use crate::integers::{cross, drop_common_zeros, kernel};
use crate::kernels::Kernels;
use crate::program::Program;
use crate::vertex::Vertex;
use num_bigint::BigInt;
use num_traits::Zero;
use std::time::Instant;

/// A line whose pre-activations may err by this share of their length is computed exactly.
const REFINED: f64 = 3e-13;
/// The same beyond [`CROSSED_DIM`] coordinates, where error bounds grow and exact lines are dear.
const REFINED_IN_MANY: f64 = 1e-11;
/// The deadline is looked at every so many lines.
const LINES_PER_LOOK: usize = 256;
/// Pre-activations beyond so many errors have a sign that every way to compute them gets right.
const CLEAR: f64 = 4.0;
/// Below this underflow may have spoiled the error of a line.
const LEAST_ERROR: f64 = 1e-280;
/// Up to so many coordinates a cross product is written out, beyond it elimination is faster.
const CROSSED_DIM: usize = 5;

/// A line in which hyperplanes meet.
pub(super) struct Line {
    pub(super) spanning: Vec<u32>,
    /// In float coordinates.
    pub(super) direction: Vec<f64>,
    /// Largest `sum_c |x_tc| |v_c|` over the points, or more.
    pub(super) reach: f64,
    /// No pre-activation, as computed from the direction, is farther from the exact one.
    pub(super) error: f64,
    /// Weighted lengths of the outputs of its two rays.
    pub(super) lengths: [f64; 2],
    /// Where floating point is not accurate enough.
    pub(super) exact: Option<Exact>,
}

/// What exact arithmetic knows of a line.
pub(super) struct Exact {
    pub(super) vertex: Vertex,
    /// All points whose hyperplanes contain it.
    pub(super) vanishing: Vec<u32>,
}

/// Finds lines by subsets of points.
pub(super) struct Finder<'a> {
    program: &'a Program,
    kernels: Kernels,
    /// Float coordinates, column after column.
    columns: Vec<f64>,
    /// Largest entry of every column.
    reach: Vec<f64>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(program: &'a Program) -> Self {
        let (points, dim) = (program.incidence.points(), program.dim);
        let columns: Vec<f64> = (0..dim).flat_map(|c| (0..points).map(move |t| program.point(t)[c])).collect();
        let reach = columns.chunks_exact(points).map(|column| column.iter().fold(0.0, |most, v| f64::max(most, v.abs())));
        Self { program, kernels: Kernels::default(), reach: reach.collect(), columns }
    }

    /// First points of subsets. In one coordinate the only subset has none, and any number stands for it.
    pub(super) fn firsts(&self) -> std::ops::Range<usize> {
        0..if self.program.dim == 1 { 1 } else { self.program.incidence.points() }
    }

    /// The lines of all subsets with this first point, or some of them when the deadline passes.
    pub(super) fn lines(&self, first: usize, deadline: Option<Instant>) -> Vec<Line> {
        let (points, size) = (self.program.incidence.points(), self.program.dim - 1);
        let mut wedge = Wedge::new(self.program.dim);
        let mut lines = Vec::new();
        if size == 0 {
            lines.extend(self.line(&wedge, &[]));
            return lines;
        }
        let mut chosen = vec![first as u32];
        wedge.set(0, self.program.point(first));
        loop {
            let last = *chosen.last().expect("the first point stays until the end") as usize;
            if chosen.len() == size {
                lines.extend(self.line(&wedge, &chosen));
                if lines.len().is_multiple_of(LINES_PER_LOOK) && deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                    return lines;
                }
            } else if last + 1 < points {
                wedge.set(chosen.len(), self.program.point(last + 1));
                chosen.push(last as u32 + 1);
                continue;
            }
            // The next subset: the last point that can move on does.
            loop {
                let next = chosen.pop().map_or(points, |last| last as usize + 1);
                if chosen.is_empty() {
                    return lines;
                }
                if next < points {
                    wedge.set(chosen.len(), self.program.point(next));
                    chosen.push(next as u32);
                    break;
                }
            }
        }
    }

    /// The line of the subset that `wedge` holds; none if its points are dependent.
    fn line(&self, wedge: &Wedge, spanning: &[u32]) -> Option<Line> {
        let points = self.program.incidence.points();
        let reaches = self.reach.iter().zip(wedge.sizes()).map(|(reach, size)| reach * size);
        let error = wedge.unit() * reaches.sum::<f64>();
        let mut z = vec![0.0; points];
        for (column, v) in self.columns.chunks_exact(points).zip(wedge.direction()) {
            self.kernels.subtract(&mut z, -v, column);
        }
        // Where the pre-activation vanishes by construction no doubt is left.
        spanning.iter().for_each(|&t| z[t as usize] = f64::INFINITY);
        let clear = error > LEAST_ERROR && z.iter().all(|z| z.abs() > CLEAR * error);
        spanning.iter().for_each(|&t| z[t as usize] = 0.0);
        let length = self.weighted_length(z.iter().copied());
        let refined = if self.program.dim > CROSSED_DIM { REFINED_IN_MANY } else { REFINED };
        if !clear || error.is_nan() || error > refined * length || !length.is_normal() {
            return self.exact_line(spanning);
        }
        // A power of two, so that nothing is rounded.
        let unit = 2f64.powi(-(length.log2().floor() as i32));
        let direction: Vec<f64> = wedge.direction().map(|v| v * unit).collect();
        Some(Line {
            spanning: spanning.to_vec(),
            reach: self.reach.iter().zip(&direction).map(|(reach, v)| reach * v.abs()).sum(),
            direction,
            error: error * unit,
            lengths: [1.0, -1.0].map(|sign| self.weighted_length(z.iter().map(|z| (sign * unit * z).max(0.0)))),
            exact: None,
        })
    }

    /// The same in exact arithmetic, for subsets that floating point cannot tell from dependent ones.
    fn exact_line(&self, spanning: &[u32]) -> Option<Line> {
        let vertex = Vertex::new(self.program, exact_line(self.program, spanning)?);
        Some(Line {
            spanning: spanning.to_vec(),
            direction: vertex.direction.clone(),
            reach: 0.0,
            error: vertex.error,
            lengths: [1.0, -1.0].map(|sign| self.weighted_length(vertex.z.iter().map(|z| (sign * z).max(0.0)))),
            exact: Some(Exact {
                vanishing: (0..vertex.z.len() as u32).filter(|&t| vertex.z[t as usize] == 0.0).collect(),
                vertex,
            }),
        })
    }

    fn weighted_length(&self, z: impl Iterator<Item = f64>) -> f64 {
        z.zip(&self.program.point_weights).map(|(z, m)| z * z * m).sum::<f64>().sqrt()
    }
}

/// The exact line in which the hyperplanes of `D - 1` points meet; none if they are dependent.
pub(super) fn exact_line(program: &Program, spanning: &[u32]) -> Option<Vec<BigInt>> {
    let rows: Vec<&[BigInt]> = spanning.iter().map(|&t| program.integer_points[t as usize].as_slice()).collect();
    if program.dim <= CROSSED_DIM {
        let mut line = cross(&rows);
        drop_common_zeros(&mut line);
        return line.iter().any(|v| !v.is_zero()).then_some(line);
    }
    let mut lines = kernel(&rows, program.dim);
    (lines.len() == 1).then(|| lines.remove(0))
}
