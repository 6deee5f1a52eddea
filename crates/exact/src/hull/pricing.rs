//! The least value of `phi(u) = s sum_i r_i relu(u . x_i)` on a simplicial cone, from which a hull gets new columns and a proof
//! its inequalities.
//!
//! `phi` is linear but for kinks. Between the hyperplanes of samples with `s r_i > 0`, the convex kinks, it is concave, so its
//! sign on the cone is decided at the extreme rays of the pieces into which these hyperplanes cut it: every face of `f` rays,
//! cut by `f - 1` of them. In coordinates of the rays (`u = sum_l lambda_l v_l`) these meeting points are generalised cross
//! products of pre-activations, and every error made on the way is bounded.

use crate::cone::Cone;

/// The largest dimension of cones that are priced: beyond it the meeting points are too many.
pub(crate) const MOST_DIM: usize = 4;
/// Rounding steps behind a cross product's entry, in units of its permanent.
const CROSS_ROUNDINGS: f64 = 16.0;

/// Coordinates in the rays of a cone.
pub(crate) type Lambda = [f64; MOST_DIM];

/// Where the hyperplanes of some samples meet on a face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meeting {
    /// Bit `l` is set for every ray of the face.
    pub(crate) face: u8,
    /// One sample less than the face has rays; the rest is `usize::MAX`.
    pub(crate) samples: [usize; MOST_DIM - 1],
}

/// A meeting point with the value of `phi` there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Priced {
    pub(crate) meeting: Meeting,
    pub(crate) lambda: Lambda,
    /// `phi` at `lambda`.
    pub(crate) value: f64,
    /// The exact `phi` at the exact meeting point is at least `value - error`.
    pub(crate) error: f64,
    /// `sum_i |r_i| sum_l lambda_l |z_il|`: the scale against which `value` is small or not.
    pub(crate) scale: f64,
}

/// `phi` on one cone, in the coordinates of its rays.
#[derive(Default)]
pub(crate) struct Pricing {
    dim: usize,
    /// `s r_i` of every kink, convex ones first.
    weights: Vec<f64>,
    /// Pre-activations of the kinks at the rays.
    rows: Vec<Lambda>,
    samples: Vec<usize>,
    convex: usize,
    /// The part of samples that the cone decides.
    linear: Lambda,
    /// `sum_i |r_i| |z_il|` over all samples.
    slopes: Lambda,
    /// Errors of pre-activations at the rays.
    errors: Lambda,
    /// `sum_i |r_i|` over samples that are not off.
    mass: f64,
    /// Error units of a sum over all samples.
    rounding: f64,
}

impl Pricing {
    /// Prepares `phi` for a neuron of sign `sign` with the dual vector `residuals`.
    pub(crate) fn prepare(&mut self, cone: &Cone, sign: f64, residuals: &[f64]) {
        self.dim = cone.rays.len();
        self.weights.clear();
        self.rows.clear();
        self.samples.clear();
        self.linear = [0.0; MOST_DIM];
        self.slopes = [0.0; MOST_DIM];
        self.errors = [0.0; MOST_DIM];
        for (l, ray) in cone.rays.iter().enumerate() {
            self.errors[l] = ray.error;
            for (&z, &r) in ray.z.iter().zip(residuals) {
                self.slopes[l] += (z * r).abs();
                self.linear[l] += sign * r * z.max(0.0);
            }
        }
        for kind in [1.0, -1.0] {
            for &i in cone.cut.iter().filter(|&&i| kind * sign * residuals[i] > 0.0) {
                let mut row = [0.0; MOST_DIM];
                for (l, ray) in cone.rays.iter().enumerate() {
                    row[l] = ray.z[i];
                    self.linear[l] -= sign * residuals[i] * ray.z[i].max(0.0);
                }
                self.weights.push(sign * residuals[i]);
                self.rows.push(row);
                self.samples.push(i);
            }
            if kind > 0.0 {
                self.convex = self.rows.len();
            }
        }
        self.mass = residuals.iter().map(|r| r.abs()).sum();
        // Sums over all samples, taken twice over the kinks, and the products in them.
        self.rounding = (2.0 * residuals.len() as f64 + 32.0) * f64::EPSILON;
    }

    /// Visits every meeting point of the cone. False if some could not be told from its neighbours in floating point: then
    /// the visited points prove nothing.
    pub(crate) fn visit(&self, mut visit: impl FnMut(Priced)) -> bool {
        let mut resolved = true;
        for face in 1..1u8 << self.dim {
            let rays: Vec<usize> = (0..self.dim).filter(|l| face >> l & 1 == 1).collect();
            let crossing = |t: &usize| {
                let signs = |positive: bool| rays.iter().any(|&l| if positive { self.rows[*t][l] > 0.0 } else { self.rows[*t][l] < 0.0 });
                signs(true) && signs(false)
            };
            let kinks: Vec<usize> = (0..self.convex).filter(crossing).collect();
            match rays.len() {
                1 => self.point(face, &rays, &[], &mut resolved, &mut visit),
                2 => kinks.iter().for_each(|&t| self.point(face, &rays, &[t], &mut resolved, &mut visit)),
                3 => {
                    for (a, &s) in kinks.iter().enumerate() {
                        for &t in &kinks[a + 1..] {
                            self.point(face, &rays, &[s, t], &mut resolved, &mut visit);
                        }
                    }
                }
                _ => {
                    for (a, &s) in kinks.iter().enumerate() {
                        for (b, &t) in kinks.iter().enumerate().skip(a + 1) {
                            for &u in &kinks[b + 1..] {
                                self.point(face, &rays, &[s, t, u], &mut resolved, &mut visit);
                            }
                        }
                    }
                }
            }
        }
        resolved
    }

    /// Visits the point where the kinks meet on the face, if it lies there.
    fn point(&self, face: u8, rays: &[usize], kinks: &[usize], resolved: &mut bool, visit: &mut impl FnMut(Priced)) {
        let mut lambda = [0.0; MOST_DIM];
        let mut error = [0.0; MOST_DIM];
        self.cross(rays, kinks, &mut lambda, &mut error);
        let within = |sign: f64| rays.iter().all(|&l| sign * lambda[l] >= -error[l]);
        // A coordinate that is exactly zero puts the point on a smaller face, which has it already.
        if rays.iter().any(|&l| lambda[l] == 0.0 && error[l] == 0.0) {
            return;
        }
        let (positive, negative) = (within(1.0), within(-1.0));
        if !positive && !negative {
            return;
        }
        if positive && negative {
            *resolved = false;
            return;
        }
        let mut total = 0.0;
        for &l in rays {
            lambda[l] = lambda[l].abs();
            total += lambda[l];
        }
        for &l in rays {
            lambda[l] /= total;
            error[l] /= total;
        }
        let mut samples = [usize::MAX; MOST_DIM - 1];
        samples.iter_mut().zip(kinks).for_each(|(sample, &t)| *sample = self.samples[t]);
        visit(self.priced(Meeting { face, samples }, lambda, error));
    }

    /// `phi` and its error bound at a point.
    fn priced(&self, meeting: Meeting, lambda: Lambda, error: Lambda) -> Priced {
        let (mut scale, mut bound, mut value) = (0.0, 0.0, 0.0);
        for l in 0..self.dim {
            scale += self.slopes[l] * lambda[l];
            bound += self.slopes[l] * error[l] * (1.0 + self.rounding) + self.mass * self.errors[l] * (lambda[l] + error[l]);
            value += self.linear[l] * lambda[l];
        }
        for (row, weight) in self.rows.iter().zip(&self.weights) {
            let mut z = 0.0;
            for l in 0..MOST_DIM {
                z += row[l] * lambda[l];
            }
            value += weight * z.max(0.0);
        }
        let error = bound * (1.0 + self.rounding) + self.rounding * scale + f64::MIN_POSITIVE;
        Priced { meeting, lambda, value, error, scale }
    }

    /// The direction orthogonal to the kinks' rows within the face: minors with alternating signs, each with an error bound from
    /// the minor's permanent.
    fn cross(&self, rays: &[usize], kinks: &[usize], lambda: &mut Lambda, error: &mut Lambda) {
        for (place, &l) in rays.iter().enumerate() {
            let mut others = [0; MOST_DIM];
            let mut count = 0;
            for &other in rays.iter().filter(|&&other| other != l) {
                others[count] = other;
                count += 1;
            }
            let entry = |r: usize, c: usize| self.rows[kinks[r]][others[c]];
            let width = |r: usize, c: usize| if entry(r, c) == 0.0 { 0.0 } else { self.errors[others[c]] };
            let minor = determinant(count, &entry);
            let exact = permanent(count, &|r, c| entry(r, c).abs());
            let outer = permanent(count, &|r, c| entry(r, c).abs() + width(r, c));
            lambda[l] = if place % 2 == 0 { minor } else { -minor };
            error[l] = if count == 0 { 0.0 } else { outer - exact + CROSS_ROUNDINGS * f64::EPSILON * outer };
        }
    }
}

/// Determinant of the leading `size <= 3` rows and columns.
pub(crate) fn determinant(size: usize, entry: &impl Fn(usize, usize) -> f64) -> f64 {
    match size {
        0 => 1.0,
        1 => entry(0, 0),
        2 => entry(0, 0) * entry(1, 1) - entry(0, 1) * entry(1, 0),
        _ => {
            entry(0, 0) * (entry(1, 1) * entry(2, 2) - entry(1, 2) * entry(2, 1))
                - entry(0, 1) * (entry(1, 0) * entry(2, 2) - entry(1, 2) * entry(2, 0))
                + entry(0, 2) * (entry(1, 0) * entry(2, 1) - entry(1, 1) * entry(2, 0))
        }
    }
}

fn permanent(size: usize, entry: &impl Fn(usize, usize) -> f64) -> f64 {
    match size {
        0 => 1.0,
        1 => entry(0, 0),
        2 => entry(0, 0) * entry(1, 1) + entry(0, 1) * entry(1, 0),
        _ => {
            entry(0, 0) * (entry(1, 1) * entry(2, 2) + entry(1, 2) * entry(2, 1))
                + entry(0, 1) * (entry(1, 0) * entry(2, 2) + entry(1, 2) * entry(2, 0))
                + entry(0, 2) * (entry(1, 0) * entry(2, 1) + entry(1, 1) * entry(2, 0))
        }
    }
}
