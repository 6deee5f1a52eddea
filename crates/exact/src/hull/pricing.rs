//! The least value of `phi(u) = s sum_t q_t relu(u . x_t)` on a simplicial cone, `q_t` the sum of the residuals of the samples that
//! show point `t`, from which a hull gets new columns and a proof
//! its inequalities.
//!
//! `phi` is linear but for kinks. Between the hyperplanes of points with `s q_t > 0`, the convex kinks, it is concave, so its
//! sign on the cone is decided at the extreme rays of the pieces into which these hyperplanes cut it: every face of `f` rays,
//! cut by `f - 1` of them. In coordinates of the rays (`u = sum_l lambda_l v_l`) these meeting points are generalised cross
//! products of pre-activations, and every error made on the way is bounded. Where they are many, `sweep` tells along whole
//! lines which of them need a look.

use crate::cone::Cone;
use crate::hull::residuals::PointResiduals;
use crate::hull::sweep::Sweep;

/// The largest dimension of cones that are priced: beyond it the meeting points are too many.
pub(crate) const MOST_DIM: usize = 4;
/// Rounding steps behind a cross product's entry, in units of its permanent.
const CROSS_ROUNDINGS: f64 = 16.0;

/// A face crossed by fewer convex kinks is visited point by point.
const WORTH_SWEEPING: usize = 8;
/// Kinks are treated so many at a time.
const LANES: usize = 8;

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
    /// `sum_i |r_i| sum_l lambda_l |z_tl|` over the points `t` of sample `i`: the scale against which `value` is small or not.
    pub(crate) scale: f64,
}

/// `phi` on one cone, in the coordinates of its rays.
#[derive(Default)]
pub(crate) struct Pricing {
    dim: usize,
    /// `s q_t` of every kink, convex ones first, then zeros up to a multiple of [`LANES`].
    pub(super) weights: Vec<f64>,
    /// Pre-activations of the kinks at each ray, padded likewise.
    pub(super) kinks: [Vec<f64>; MOST_DIM],
    pub(super) samples: Vec<usize>,
    pub(super) convex: usize,
    /// The part of samples that the cone decides.
    pub(super) linear: Lambda,
    /// `sum_i |r_i| |z_tl|` over the points `t` of all samples.
    pub(super) slopes: Lambda,
    /// Errors of pre-activations at the rays.
    errors: Lambda,
    /// Sum of `slopes`, and the largest of `errors`.
    pub(super) reach: f64,
    pub(super) worst: f64,
    /// Pre-activations of every convex kink at the rays, and the largest of them.
    pub(super) rows: Vec<Lambda>,
    sizes: Vec<f64>,
    /// Largest pre-activation of any kink.
    pub(super) largest: f64,
    /// `sum_i |r_i|` over the points of all samples.
    pub(super) mass: f64,
    /// Error units of a sum over all samples.
    pub(super) rounding: f64,
    crossing: Vec<usize>,
    sweep: Sweep,
}

/// The rays of a face.
#[derive(Clone, Copy)]
pub(crate) struct Face {
    mask: u8,
    rays: [usize; MOST_DIM],
    size: usize,
}

impl Face {
    fn new(mask: u8) -> Self {
        let mut face = Self { mask, rays: [0; MOST_DIM], size: 0 };
        for l in (0..MOST_DIM).filter(|l| mask >> l & 1 == 1) {
            face.rays[face.size] = l;
            face.size += 1;
        }
        face
    }

    pub(crate) fn rays(&self) -> &[usize] {
        &self.rays[..self.size]
    }
}

impl Pricing {
    /// Prepares `phi` for a neuron of sign `sign` with the dual vector whose sums at the points are `residuals`.
    pub(crate) fn prepare(&mut self, cone: &Cone, sign: f64, residuals: &PointResiduals) {
        self.dim = cone.rays.len();
        self.linear = [0.0; MOST_DIM];
        self.slopes = [0.0; MOST_DIM];
        self.errors = [0.0; MOST_DIM];
        self.samples.clear();
        // A kink more does no harm: `phi` is concave between the hyperplanes all the same.
        let convex = |t: usize| residuals.may_be_positive(sign, t);
        self.samples.extend(cone.cut.iter().filter(|&&t| convex(t)));
        self.convex = self.samples.len();
        let values = &residuals.values;
        self.samples.extend(cone.cut.iter().filter(|&&t| sign * values[t] < 0.0 && !convex(t)));
        let padded = self.samples.len().next_multiple_of(LANES);
        self.weights.clear();
        self.weights.extend(self.samples.iter().map(|&t| sign * values[t]));
        self.weights.resize(padded, 0.0);
        for (l, ray) in cone.rays.iter().enumerate() {
            self.errors[l] = ray.error;
            let (mut slope, mut linear) = (0.0, 0.0);
            for ((&z, &value), &size) in ray.z.iter().zip(values).zip(&residuals.sizes) {
                slope += z.abs() * size;
                linear += value * z.max(0.0);
            }
            self.slopes[l] = slope;
            let kinks = &mut self.kinks[l];
            kinks.clear();
            kinks.extend(self.samples.iter().map(|&i| ray.z[i]));
            kinks.resize(padded, 0.0);
            let cut: f64 = kinks.iter().zip(&self.weights).map(|(z, weight)| weight * z.max(0.0)).sum();
            self.linear[l] = sign * linear - cut;
        }
        for kinks in &mut self.kinks[self.dim..] {
            kinks.clear();
            kinks.resize(padded, 0.0);
        }
        self.reach = self.slopes.iter().sum();
        self.worst = self.errors.iter().fold(0.0, |worst, e| f64::max(worst, *e));
        let kinks = &self.kinks;
        self.rows.clear();
        self.rows.extend((0..self.convex).map(|t| [kinks[0][t], kinks[1][t], kinks[2][t], kinks[3][t]]));
        self.largest = kinks.iter().flatten().fold(0.0, |size, z| f64::max(size, z.abs()));
        self.sizes.clear();
        self.sizes.extend(self.rows.iter().map(|row| row.iter().fold(0.0, |size, z| f64::max(size, z.abs()))));
        self.mass = residuals.sizes.iter().sum();
        // Sums over all points, taken twice over the kinks, the products in them, and the sums of residuals.
        self.rounding = (2.0 * residuals.terms as f64 + 32.0) * f64::EPSILON;
    }

    /// Visits the meeting points on faces of `size` rays at which `phi` is not proved to be at least `loose` times its scale.
    /// False if some could not be told from their neighbours in floating point: then the visit proves nothing.
    pub(crate) fn visit(&mut self, size: usize, loose: f64, mut visit: impl FnMut(Priced)) -> bool {
        let mut resolved = true;
        let mut crossing = std::mem::take(&mut self.crossing);
        let mut sweep = std::mem::take(&mut self.sweep);
        for mask in (1..1u8 << self.dim).filter(|mask| mask.count_ones() as usize == size) {
            let face = Face::new(mask);
            crossing.clear();
            crossing.extend((0..self.convex).filter(|&t| self.crosses(&face, t)));
            let mut point = |kinks: &[usize]| self.point(&face, kinks, loose, &mut resolved, &mut visit);
            match size {
                1 => point(&[]),
                2 if crossing.len() < WORTH_SWEEPING => crossing.iter().for_each(|&t| point(&[t])),
                2 => sweep.along_edge(self, &face, loose, |t| point(&[t])),
                3 if crossing.len() < WORTH_SWEEPING => pairs(&crossing, |s, t| {
                    if self.may_meet(&face, s, t) {
                        point(&[s, t]);
                    }
                }),
                3 => {
                    for (a, &s) in crossing.iter().enumerate() {
                        // A pair is met on the line of its first kink.
                        sweep.along_kink(self, &face, s, loose, &crossing[a + 1..], |t| point(&[s, t]));
                    }
                }
                _ => pairs(&crossing, |s, t| {
                    crossing.iter().filter(|&&u| u > t).for_each(|&u| point(&[s, t, u]));
                }),
            }
        }
        self.crossing = crossing;
        self.sweep = sweep;
        resolved
    }

    /// Does kink `t` have both signs on the face?
    fn crosses(&self, face: &Face, t: usize) -> bool {
        let (mut above, mut below) = (false, false);
        for &l in face.rays() {
            above |= self.rows[t][l] > 0.0;
            below |= self.rows[t][l] < 0.0;
        }
        above && below
    }

    /// Can two kinks meet on a face of three rays? They cannot if two coordinates of the meeting point have opposite signs.
    fn may_meet(&self, face: &Face, s: usize, t: usize) -> bool {
        let [p, q, r, _] = face.rays;
        let (a, b) = (&self.rows[s], &self.rows[t]);
        let blur = self.blur(&[s, t]);
        let lambda = [a[q] * b[r] - a[r] * b[q], a[r] * b[p] - a[p] * b[r], a[p] * b[q] - a[q] * b[p]];
        let (mut above, mut below) = (false, false);
        for v in lambda {
            above |= v > blur;
            below |= v < -blur;
        }
        !(above && below)
    }

    /// Visits the point where the kinks meet on the face, if it lies there and `phi` is not clearly positive.
    fn point(&self, face: &Face, kinks: &[usize], loose: f64, resolved: &mut bool, visit: &mut impl FnMut(Priced)) {
        let mut lambda = self.cross(face, kinks);
        // Rounding of a minor, by the sizes of its rows: enough for most points.
        let blur = self.blur(kinks);
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        for &l in face.rays() {
            least = least.min(lambda[l]);
            most = most.max(lambda[l]);
        }
        if least < -blur && most > blur {
            return;
        }
        let mut total = 0.0;
        for &l in face.rays() {
            lambda[l] = lambda[l].abs();
            total += lambda[l];
        }
        if total > 0.0 && (least > blur || most < -blur) {
            lambda.iter_mut().for_each(|v| *v /= total);
            let value = self.phi(&lambda);
            let scale = self.scale(&lambda);
            let shift = blur / total;
            let rough = 1.1 * (self.reach * shift + self.mass * self.worst * (1.0 + MOST_DIM as f64 * shift));
            let error = rough + 2.0 * self.rounding * scale + f64::MIN_POSITIVE;
            if value >= loose * scale + error {
                return;
            }
        }
        self.careful_point(face, kinks, resolved, visit);
    }

    /// The same with an error bound for every coordinate.
    fn careful_point(&self, face: &Face, kinks: &[usize], resolved: &mut bool, visit: &mut impl FnMut(Priced)) {
        let mut lambda = self.cross(face, kinks);
        let mut error = self.cross_errors(face, kinks);
        // A coordinate that is exactly zero puts the point on a smaller face, which has it already.
        if face.rays().iter().any(|&l| lambda[l] == 0.0 && error[l] == 0.0) {
            return;
        }
        let within = |sign: f64| face.rays().iter().all(|&l| sign * lambda[l] >= -error[l]);
        let (positive, negative) = (within(1.0), within(-1.0));
        if !positive && !negative {
            return;
        }
        if positive && negative {
            *resolved = false;
            return;
        }
        let mut total = 0.0;
        for &l in face.rays() {
            lambda[l] = lambda[l].abs();
            total += lambda[l];
        }
        for &l in face.rays() {
            lambda[l] /= total;
            error[l] /= total;
        }
        let mut samples = [usize::MAX; MOST_DIM - 1];
        samples.iter_mut().zip(kinks).for_each(|(sample, &t)| *sample = self.samples[t]);
        visit(self.priced(Meeting { face: face.mask, samples }, lambda, &error));
    }

    /// `phi` and its error bound at a point.
    fn priced(&self, meeting: Meeting, lambda: Lambda, error: &Lambda) -> Priced {
        let scale = self.scale(&lambda);
        let mut bound = 0.0;
        for l in 0..self.dim {
            bound += self.slopes[l] * error[l] * (1.0 + self.rounding) + self.mass * self.errors[l] * (lambda[l] + error[l]);
        }
        let error = bound * (1.0 + self.rounding) + self.rounding * scale + f64::MIN_POSITIVE;
        Priced { meeting, lambda, value: self.phi(&lambda), error, scale }
    }

    fn scale(&self, lambda: &Lambda) -> f64 {
        self.slopes.iter().zip(lambda).map(|(slope, v)| slope * v).sum()
    }

    /// `phi` in floating point.
    fn phi(&self, lambda: &Lambda) -> f64 {
        let mut sums = [0.0; LANES];
        let [first, second, third, fourth] = &self.kinks;
        let chunks = first.chunks_exact(LANES).zip(second.chunks_exact(LANES));
        let chunks = chunks.zip(third.chunks_exact(LANES).zip(fourth.chunks_exact(LANES)));
        for (((a, b), (c, d)), weights) in chunks.zip(self.weights.chunks_exact(LANES)) {
            for lane in 0..LANES {
                let z = (a[lane] * lambda[0] + b[lane] * lambda[1]) + (c[lane] * lambda[2] + d[lane] * lambda[3]);
                sums[lane] += weights[lane] * z.max(0.0);
            }
        }
        let linear: f64 = self.linear.iter().zip(lambda).map(|(slope, v)| slope * v).sum();
        linear + sums.iter().sum::<f64>()
    }

    /// The direction orthogonal to the kinks' rows within the face: minors with alternating signs.
    fn cross(&self, face: &Face, kinks: &[usize]) -> Lambda {
        let mut lambda = [0.0; MOST_DIM];
        let z = |r: usize, place: usize| self.rows[kinks[r]][face.rays[place]];
        match face.size {
            1 => lambda[face.rays[0]] = 1.0,
            2 => {
                lambda[face.rays[0]] = z(0, 1);
                lambda[face.rays[1]] = -z(0, 0);
            }
            3 => {
                let minor = |p: usize, q: usize| z(0, p) * z(1, q) - z(0, q) * z(1, p);
                lambda[face.rays[0]] = minor(1, 2);
                lambda[face.rays[1]] = minor(2, 0);
                lambda[face.rays[2]] = minor(0, 1);
            }
            _ => {
                for (place, columns) in OTHERS.iter().enumerate() {
                    let minor = determinant(3, &|r, c| z(r, columns[c]));
                    lambda[face.rays[place]] = if place % 2 == 0 { minor } else { -minor };
                }
            }
        }
        lambda
    }

    /// A bound on the error of every coordinate of [`Pricing::cross`], by the largest entries of the rows: an entry error
    /// `e` in a minor of `m` rows of size `s_r` costs at most `m! prod (s_r + e) - m! prod s_r`.
    fn blur(&self, kinks: &[usize]) -> f64 {
        let (mut exact, mut outer) = (1.0, 1.0);
        for (r, &t) in kinks.iter().enumerate() {
            exact *= self.sizes[t] * (r + 1) as f64;
            outer *= (self.sizes[t] + self.worst) * (r + 1) as f64;
        }
        if kinks.is_empty() { 0.0 } else { outer - exact + CROSS_ROUNDINGS * f64::EPSILON * outer }
    }

    /// A bound on the error of each coordinate of [`Pricing::cross`], by the permanents of the minors.
    fn cross_errors(&self, face: &Face, kinks: &[usize]) -> Lambda {
        let mut error = [0.0; MOST_DIM];
        for (place, &l) in face.rays().iter().enumerate() {
            let other = |c: usize| face.rays[if c < place { c } else { c + 1 }];
            let entry = |r: usize, c: usize| self.rows[kinks[r]][other(c)];
            let width = |r: usize, c: usize| if entry(r, c) == 0.0 { 0.0 } else { self.errors[other(c)] };
            let exact = permanent(kinks.len(), &|r, c| entry(r, c).abs());
            let outer = permanent(kinks.len(), &|r, c| entry(r, c).abs() + width(r, c));
            error[l] = if kinks.is_empty() { 0.0 } else { outer - exact + CROSS_ROUNDINGS * f64::EPSILON * outer };
        }
        error
    }
}

/// Calls `visit` with every pair of an increasing list.
fn pairs(list: &[usize], mut visit: impl FnMut(usize, usize)) {
    for (a, &s) in list.iter().enumerate() {
        list[a + 1..].iter().for_each(|&t| visit(s, t));
    }
}

/// The columns that remain without each of four.
const OTHERS: [[usize; 3]; 4] = [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]];

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
