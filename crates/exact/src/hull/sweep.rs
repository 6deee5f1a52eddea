//! `phi` along a line, where it is piecewise linear: one sort of the kinks gives its values at all of them.
//!
//! A sweep is a filter. It walks an edge of the cone, or the line in which a convex kink's hyperplane cuts a face of three
//! rays, and names the kinks at whose meeting points `phi` may be small; those are then looked at one by one. The values carry
//! an error bound that covers everything a sweep neglects: the rounding of its ends and of the crossings, and kinks that
//! hardly leave the line.

use crate::hull::pricing::{Face, Lambda, MOST_DIM, Pricing};

/// A kink that nowhere on the line, or at one of its ends, exceeds this share of the largest pre-activation is uncertain: it is
/// left out of the sweep and looked at by itself where `phi` gets small anywhere on the line.
const UNCERTAIN: f64 = 1e-6;
/// Ends of the line must be known to this share of [`UNCERTAIN`].
const SHARP: f64 = 0.02;

/// Scratch space.
#[derive(Default)]
pub(crate) struct Sweep {
    /// Pre-activations of all kinks at both ends of the line.
    first: Vec<f64>,
    second: Vec<f64>,
    /// Crossings of kinks that are not uncertain: place between the ends, kink.
    crossings: Vec<(f64, usize)>,
    uncertain: Vec<usize>,
    /// Convex crossings with the value of `phi` there.
    values: Vec<(f64, usize)>,
}

/// A line between two points of the cone, each with a bound on the error of its coordinates.
struct Line {
    ends: [Lambda; 2],
    error: f64,
}

impl Sweep {
    /// Walks the edge between the two rays of a face and names the convex kinks that need a look.
    pub(super) fn along_edge(&mut self, pricing: &Pricing, face: &Face, loose: f64, look: impl FnMut(usize)) {
        let mut ends = [[0.0; MOST_DIM]; 2];
        ends.iter_mut().zip(face.rays()).for_each(|(end, &l)| end[l] = 1.0);
        self.walk(pricing, &Line { ends, error: 0.0 }, usize::MAX, loose, 0..pricing.convex, look);
    }

    /// Walks the line of kink `s` on a face of three rays and names those of `others` that need a look.
    pub(super) fn along_kink(
        &mut self,
        pricing: &Pricing,
        face: &Face,
        s: usize,
        loose: f64,
        others: &[usize],
        look: impl FnMut(usize),
    ) {
        match line_of_kink(pricing, face, s) {
            Some(line) => {
                let range = s + 1..pricing.convex;
                self.walk(pricing, &line, s, loose, range, look);
            }
            None => others.iter().copied().for_each(look),
        }
    }

    /// Walks a line on which kink `own` vanishes; only kinks in `wanted` are named.
    fn walk(
        &mut self,
        pricing: &Pricing,
        line: &Line,
        own: usize,
        loose: f64,
        wanted: std::ops::Range<usize>,
        mut look: impl FnMut(usize),
    ) {
        self.activate(pricing, line);
        let least = UNCERTAIN * pricing.largest;
        let (mut a, mut b) = (dot(&pricing.linear, &line.ends[0]), dot(&pricing.linear, &line.ends[1]));
        self.crossings.clear();
        self.uncertain.clear();
        for (t, ((&p, &q), &weight)) in self.first.iter().zip(&self.second).zip(&pricing.weights).enumerate() {
            if t == own {
                continue;
            }
            if p.abs().min(q.abs()) <= least {
                self.uncertain.push(t);
            }
            if p.abs().max(q.abs()) <= least {
                continue;
            }
            if p > 0.0 {
                (a, b) = (a + weight * p, b + weight * q);
            }
            if (p > 0.0) != (q > 0.0) {
                self.crossings.push((p / (p - q), t));
            }
        }
        self.crossings.sort_unstable_by(|x, y| x.0.total_cmp(&y.0));
        let mut lowest = a;
        self.values.clear();
        for &(place, t) in &self.crossings {
            let value = a + place * (b - a);
            if t < pricing.convex {
                lowest = lowest.min(value);
                self.values.push((value, t));
            }
            let (p, q, weight) = (self.first[t], self.second[t], pricing.weights[t]);
            let turn = if p > 0.0 { -weight } else { weight };
            (a, b) = (a + turn * p, b + turn * q);
        }
        lowest = lowest.min(b);
        let threshold = loose * pricing.reach + sweep_error(pricing, line, least);
        if lowest >= threshold {
            return;
        }
        let certain = |t: usize| self.first[t].abs().min(self.second[t].abs()) > least;
        for &(value, t) in &self.values {
            if value < threshold && wanted.contains(&t) && certain(t) {
                look(t);
            }
        }
        self.uncertain.iter().filter(|t| wanted.contains(t)).for_each(|&t| look(t));
    }

    /// Pre-activations of all kinks at the ends.
    fn activate(&mut self, pricing: &Pricing, line: &Line) {
        for (z, end) in [&mut self.first, &mut self.second].into_iter().zip(&line.ends) {
            z.clear();
            z.resize(pricing.samples.len(), 0.0);
            for (kinks, &share) in pricing.kinks.iter().zip(end).filter(|(_, share)| **share > 0.0) {
                z.iter_mut().zip(kinks).for_each(|(z, kink)| *z += share * kink);
            }
        }
    }
}

/// How far `phi` at an exact meeting point on the exact line may lie below the value of the sweep: by the ends, which move
/// every point; by the places of crossings, whose kinks change by more than `least`; by the kinks that are left out;
/// and by rounding.
fn sweep_error(pricing: &Pricing, line: &Line, least: f64) -> f64 {
    let blur = pricing.worst + (8.0 * f64::EPSILON + MOST_DIM as f64 * line.error) * pricing.largest;
    let ends = 2.0 * MOST_DIM as f64 * pricing.reach * line.error;
    let places = 8.0 * pricing.reach * blur / least.max(f64::MIN_POSITIVE);
    let left_out = 2.0 * pricing.mass * least;
    let rounding = 16.0 * pricing.rounding * pricing.reach + 4.0 * pricing.mass * pricing.worst;
    ends + places + left_out + rounding
}

/// The line in which a kink's hyperplane cuts a face of three rays; `None` if its ends are not sharp enough.
fn line_of_kink(pricing: &Pricing, face: &Face, s: usize) -> Option<Line> {
    let row = &pricing.rows[s];
    let mut line = Line { ends: [[0.0; MOST_DIM]; 2], error: 0.0 };
    let mut found = 0;
    let rays = face.rays();
    for &l in rays.iter().filter(|&&l| row[l] == 0.0) {
        *line.ends.get_mut(found)? = unit(l);
        found += 1;
    }
    for (k, &l) in rays.iter().enumerate() {
        for &m in &rays[k + 1..] {
            let (p, q) = (row[l], row[m]);
            if p * q < 0.0 {
                let total = p.abs() + q.abs();
                let end = line.ends.get_mut(found)?;
                (end[l], end[m]) = (q.abs() / total, p.abs() / total);
                line.error = line.error.max(2.0 * pricing.worst / total + 4.0 * f64::EPSILON);
                found += 1;
            }
        }
    }
    (found == 2 && line.error <= SHARP * UNCERTAIN).then_some(line)
}

fn unit(l: usize) -> Lambda {
    let mut lambda = [0.0; MOST_DIM];
    lambda[l] = 1.0;
    lambda
}

fn dot(a: &Lambda, b: &Lambda) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
