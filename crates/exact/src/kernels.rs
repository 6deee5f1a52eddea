//! Loops over samples, compiled for the vector registers that the machine has.
//!
//! Every sum runs in [`LANES`] partial sums of products that are rounded on their own, whatever the registers' width: the
//! results are the same on every machine.

#![expect(clippy::inline_always, reason = "only what is inlined into a dispatched function is compiled for its registers")]

use pulp::{Arch, Simd, WithSimd};

/// Partial sums of every reduction, and the unit to which rows of samples are padded.
pub(crate) const LANES: usize = 8;

/// The next multiple of [`LANES`].
pub(crate) fn padded(length: usize) -> usize {
    length.next_multiple_of(LANES)
}

/// Chooses the instruction set at run time.
#[derive(Clone, Copy, Default)]
pub(crate) struct Kernels {
    arch: Arch,
}

/// A closure that only reads. A closure must be called through the trait it implements by itself (`Fn` here): any other
/// call goes through a function that is not compiled for the chosen instruction set.
struct Reading<F>(F);

impl<R, F: Fn() -> R> WithSimd for Reading<F> {
    type Output = R;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> R {
        (self.0)()
    }
}

/// A closure that changes what it captures.
struct Writing<F>(F);

impl<F: FnMut()> WithSimd for Writing<F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) {
        (self.0)();
    }
}

/// Sums over the entries of a row: what its value and its rounding error depend on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct RowSums {
    /// `sum h_i r_i`.
    pub(crate) inner: f64,
    /// `sum |h_i r_i|`.
    pub(crate) absolute: f64,
    /// `sum |r_i|` over the entries that are larger than a least size.
    pub(crate) touched: f64,
}

impl Kernels {
    /// `sum_i a_i b_i`.
    pub(crate) fn inner(self, a: &[f64], b: &[f64]) -> f64 {
        self.arch.dispatch(Reading(
            #[inline(always)]
            || inner(a, b),
        ))
    }

    /// `a -= share * b`.
    pub(crate) fn subtract(self, a: &mut [f64], share: f64, b: &[f64]) {
        self.arch.dispatch(Writing(
            #[inline(always)]
            || a.iter_mut().zip(b).for_each(|(x, y)| *x -= share * y),
        ));
    }

    /// `out = factor * max(z, 0)`.
    pub(crate) fn relu(self, out: &mut [f64], factor: f64, z: &[f64]) {
        self.arch.dispatch(Writing(
            #[inline(always)]
            || out.iter_mut().zip(z).for_each(|(out, z)| *out = factor * z.max(0.0)),
        ));
    }

    /// `out_i = factor * max(z_i, 0) * scale_i`.
    pub(crate) fn scaled_relu(self, out: &mut [f64], factor: f64, z: &[f64], scales: &[f64]) {
        self.arch.dispatch(Writing(
            #[inline(always)]
            || out.iter_mut().zip(z).zip(scales).for_each(|((out, z), s)| *out = factor * z.max(0.0) * s),
        ));
    }

    /// `z += multiplier * ray` and `chord += multiplier * max(ray, 0)`.
    pub(crate) fn add_ray(self, z: &mut [f64], chord: &mut [f64], multiplier: f64, ray: &[f64]) {
        self.arch.dispatch(Writing(
            #[inline(always)]
            || {
                for ((z, chord), &value) in z.iter_mut().zip(chord.iter_mut()).zip(ray) {
                    *z += multiplier * value;
                    *chord += multiplier * value.max(0.0);
                }
            },
        ));
    }

    /// Adds the inner products of the columns to the lower triangle of `gram` (`size * size`) and those with `target` to
    /// `linear`. `columns` holds `size` columns as long as `target`.
    pub(crate) fn add_gram(self, gram: &mut [f64], linear: &mut [f64], columns: &[f64], target: &[f64]) {
        self.arch.dispatch(Writing(
            #[inline(always)]
            || {
                let (size, rows) = (linear.len(), target.len());
                for r in 0..size {
                    let row = &columns[r * rows..(r + 1) * rows];
                    for c in 0..=r {
                        gram[r * size + c] += inner(row, &columns[c * rows..(c + 1) * rows]);
                    }
                    linear[r] += inner(row, target);
                }
            },
        ));
    }

    /// `column_i = 0` where `r_i` is zero.
    pub(crate) fn mask(self, column: &mut [f64], r: &[f64]) {
        self.arch.dispatch(Writing(
            #[inline(always)]
            || column.iter_mut().zip(r).for_each(|(h, r)| *h = if *r == 0.0 { 0.0 } else { *h }),
        ));
    }

    /// Sums of the terms `r_i (2 y_i + r_i / m_i)`: their sum, that of their sizes, and `sum |r_i| + |y_i|`.
    pub(crate) fn bound_sums(self, r: &[f64], labels: &[f64], multiplicity: &[f64]) -> RowSums {
        self.arch.dispatch(Reading(
            #[inline(always)]
            || bound_sums(r, labels, multiplicity),
        ))
    }

    /// The sums that a row's value and its error bound need; entries of at most `least` do not count as touched.
    pub(crate) fn row_sums(self, column: &[f64], r: &[f64], least: f64) -> RowSums {
        self.arch.dispatch(Reading(
            #[inline(always)]
            || row_sums(column, r, least),
        ))
    }

    /// Derivative of half of `sum_i w_i distance(0, [low_i, high_i])^2` along a straight line, at `from + t * (to - from)`.
    pub(crate) fn slope_along(self, weights: &[f64], from: Ends, to: Ends, t: f64) -> f64 {
        self.arch.dispatch(Reading(
            #[inline(always)]
            || slope_along(weights, from, to, t),
        ))
    }

    /// `sum_i w_i distance(0, [low_i, high_i])^2`.
    pub(crate) fn squared_distance(self, weights: &[f64], ends: Ends) -> f64 {
        self.arch.dispatch(Reading(
            #[inline(always)]
            || squared_distance(weights, ends),
        ))
    }

    /// `sum_t q_t relu(sign * z_t)`.
    pub(crate) fn relu_sum(self, z: &[f64], sign: f64, q: &[f64]) -> f64 {
        self.arch.dispatch(Reading(
            #[inline(always)]
            || relu_sum(z, sign, q),
        ))
    }

    /// `out = slope . v + sum_t weight_t relu(v . x_t)` for the directions `v` of the given rays: ray `2 l` has direction `l`, ray
    /// `2 l + 1` the opposite one. Directions are as long as the slope; `blocks` holds [`LANES`] points at a time, coordinate
    /// after coordinate.
    pub(crate) fn ray_sums(
        self,
        blocks: &[f64],
        weights: &[f64],
        slope: &[f64],
        directions: &[f64],
        rays: &[u32],
        out: &mut [f64],
    ) {
        macro_rules! dispatch {
            ($($dim:literal)*) => {
                match slope.len() {
                    $($dim => self.arch.dispatch(Writing(
                        #[inline(always)]
                        || ray_sums::<$dim>(blocks, weights, slope, directions, rays, out),
                    )),)*
                    dim => unreachable!("directions of {dim} coordinates"),
                }
            };
        }
        dispatch!(1 2 3 4 5 6 7 8 9 10);
    }

    /// Compiles `operation`, a closure marked `#[inline(always)]` that changes what it captures, for the machine.
    #[inline(always)]
    pub(crate) fn run(self, operation: impl FnMut()) {
        self.arch.dispatch(Writing(operation));
    }
}

/// Ends of the intervals of `p_i - y_i`.
#[derive(Clone, Copy)]
pub(crate) struct Ends<'a> {
    pub(crate) low: &'a [f64],
    pub(crate) high: &'a [f64],
}

/// The first eight entries as an array.
#[inline(always)]
fn lanes(chunk: &[f64]) -> [f64; LANES] {
    std::array::from_fn(|lane| chunk[lane])
}

#[inline(always)]
fn total(sums: [f64; LANES]) -> f64 {
    ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]))
}

#[inline(always)]
fn inner(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f64 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a_chunks.zip(b_chunks) {
        let (x, y) = (lanes(x), lanes(y));
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    total(sums) + rest
}

#[inline(always)]
fn ray_sums<const DIM: usize>(blocks: &[f64], weights: &[f64], slope: &[f64], directions: &[f64], rays: &[u32], out: &mut [f64]) {
    for (out, &ray) in out.iter_mut().zip(rays) {
        let sign = if ray % 2 == 0 { 1.0 } else { -1.0 };
        let start = ray as usize / 2 * DIM;
        let direction = &directions[start..start + DIM];
        let v: [f64; DIM] = std::array::from_fn(|c| sign * direction[c]);
        let mut linear = 0.0;
        for c in 0..DIM {
            linear += slope[c] * v[c];
        }
        let mut sums = [0.0; LANES];
        for (block, w) in blocks.chunks_exact(DIM * LANES).zip(weights.chunks_exact(LANES)) {
            let w = lanes(w);
            let mut z = [0.0; LANES];
            for c in 0..DIM {
                let x = lanes(&block[c * LANES..(c + 1) * LANES]);
                for lane in 0..LANES {
                    z[lane] += v[c] * x[lane];
                }
            }
            for lane in 0..LANES {
                sums[lane] += w[lane] * z[lane].max(0.0);
            }
        }
        *out = linear + total(sums);
    }
}

/// `sum_t q_t relu(sign * z_t)`.
#[inline(always)]
fn relu_sum(z: &[f64], sign: f64, q: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let (z_chunks, q_chunks) = (z.chunks_exact(LANES), q.chunks_exact(LANES));
    let rest: f64 = z_chunks.remainder().iter().zip(q_chunks.remainder()).map(|(z, q)| (sign * z).max(0.0) * q).sum();
    for (z, q) in z_chunks.zip(q_chunks) {
        let (z, q) = (lanes(z), lanes(q));
        for lane in 0..LANES {
            sums[lane] += (sign * z[lane]).max(0.0) * q[lane];
        }
    }
    total(sums) + rest
}

#[inline(always)]
fn row_sums(column: &[f64], r: &[f64], least: f64) -> RowSums {
    let (mut inner, mut absolute, mut touched) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
    let mut add = |lane: usize, h: f64, r: f64| {
        let product = h * r;
        inner[lane] += product;
        absolute[lane] += product.abs();
        touched[lane] += if h.abs() <= least { 0.0 } else { r.abs() };
    };
    let (h_chunks, r_chunks) = (column.chunks_exact(LANES), r.chunks_exact(LANES));
    for (lane, (&h, &r)) in h_chunks.remainder().iter().zip(r_chunks.remainder()).enumerate() {
        add(lane, h, r);
    }
    for (h, r) in h_chunks.zip(r_chunks) {
        let (h, r) = (lanes(h), lanes(r));
        for lane in 0..LANES {
            add(lane, h[lane], r[lane]);
        }
    }
    RowSums { inner: total(inner), absolute: total(absolute), touched: total(touched) }
}

#[inline(always)]
fn bound_sums(r: &[f64], labels: &[f64], multiplicity: &[f64]) -> RowSums {
    let (mut inner, mut absolute, mut touched) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
    let mut add = |lane: usize, r: f64, y: f64, m: f64| {
        let (twice, own) = (2.0 * y, r / m);
        inner[lane] += r * (twice + own);
        absolute[lane] += r.abs() * (twice.abs() + own.abs());
        touched[lane] += r.abs() + y.abs();
    };
    let (r_chunks, y_chunks, m_chunks) = (r.chunks_exact(LANES), labels.chunks_exact(LANES), multiplicity.chunks_exact(LANES));
    let rest = r_chunks.remainder().iter().zip(y_chunks.remainder()).zip(m_chunks.remainder());
    for (lane, ((&r, &y), &m)) in rest.enumerate() {
        add(lane, r, y, m);
    }
    for ((r, y), m) in r_chunks.zip(y_chunks).zip(m_chunks) {
        let (r, y, m) = (lanes(r), lanes(y), lanes(m));
        for lane in 0..LANES {
            add(lane, r[lane], y[lane], m[lane]);
        }
    }
    RowSums { inner: total(inner), absolute: total(absolute), touched: total(touched) }
}

#[inline(always)]
fn squared_distance(weights: &[f64], ends: Ends) -> f64 {
    let mut sums = [0.0; LANES];
    let ends = ends.low.chunks_exact(LANES).zip(ends.high.chunks_exact(LANES));
    for (w, (low, high)) in weights.chunks_exact(LANES).zip(ends) {
        let (w, low, high) = (lanes(w), lanes(low), lanes(high));
        for lane in 0..LANES {
            let missed = low[lane].max(0.0) + high[lane].min(0.0);
            sums[lane] += w[lane] * missed * missed;
        }
    }
    total(sums)
}

#[inline(always)]
fn slope_along(weights: &[f64], from: Ends, to: Ends, t: f64) -> f64 {
    let mut sums = [0.0; LANES];
    let from = from.low.chunks_exact(LANES).zip(from.high.chunks_exact(LANES));
    let to = to.low.chunks_exact(LANES).zip(to.high.chunks_exact(LANES));
    for ((w, (l0, h0)), (l1, h1)) in weights.chunks_exact(LANES).zip(from).zip(to) {
        let (w, l0, h0, l1, h1) = (lanes(w), lanes(l0), lanes(h0), lanes(l1), lanes(h1));
        for lane in 0..LANES {
            let (dl, dh) = (l1[lane] - l0[lane], h1[lane] - h0[lane]);
            let (low, high) = (l0[lane] + t * dl, h0[lane] + t * dh);
            sums[lane] += w[lane] * (low.max(0.0) * dl + high.min(0.0) * dh);
        }
    }
    total(sums)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(count: usize) -> impl Strategy<Value = Vec<Vec<f64>>> {
        (0usize..40).prop_flat_map(move |n| prop::collection::vec(prop::collection::vec(-1.0f64..1.0, n), count))
    }

    fn naive(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(x, y)| x * y).sum()
    }

    proptest! {
        #[test]
        fn sums_agree_with_plain_loops(rows in rows(3)) {
            let [a, b, target] = &rows[..] else { unreachable!() };
            let kernels = Kernels::default();
            prop_assert!((kernels.inner(a, b) - naive(a, b)).abs() < 1e-13);
            let mut positive = vec![0.0; a.len()];
            kernels.relu(&mut positive, -2.0, a);
            let sums = kernels.row_sums(&positive, b, 0.0);
            prop_assert!((sums.inner - naive(&positive, b)).abs() < 1e-13);
            let absolute: f64 = positive.iter().zip(b).map(|(h, r)| (h * r).abs()).sum();
            let touched: f64 = a.iter().zip(b).map(|(a, r)| if *a > 0.0 { r.abs() } else { 0.0 }).sum();
            prop_assert!((sums.absolute - absolute).abs() < 1e-13 && (sums.touched - touched).abs() < 1e-13);
            let (mut gram, mut linear) = ([0.5; 4], [0.5; 2]);
            kernels.add_gram(&mut gram, &mut linear, &[a.as_slice(), b].concat(), target);
            prop_assert!((gram[2] - 0.5 - naive(a, b)).abs() < 1e-13 && (gram[3] - 0.5 - naive(b, b)).abs() < 1e-13);
            prop_assert!((linear[1] - 0.5 - naive(b, target)).abs() < 1e-13);
        }

        #[test]
        fn rays_add_up_to_pre_activations_and_chords(rows in rows(2), multiplier in 0.0f64..2.0) {
            let (mut z, mut chord) = (rows[0].clone(), vec![0.0; rows[0].len()]);
            Kernels::default().add_ray(&mut z, &mut chord, multiplier, &rows[1]);
            for i in 0..z.len() {
                prop_assert_eq!(z[i], rows[0][i] + multiplier * rows[1][i]);
                prop_assert_eq!(chord[i], multiplier * rows[1][i].max(0.0));
            }
        }

        #[test]
        fn the_slope_is_the_derivative_of_the_squared_distance(rows in prop::collection::vec(prop::collection::vec(-1.0f64..1.0, 16), 4), t in 0.1f64..0.9) {
            let ends = |a: &[f64], b: &[f64]| -> (Vec<f64>, Vec<f64>) { a.iter().zip(b).map(|(x, y)| (x.min(*y), x.max(*y))).unzip() };
            let ((l0, h0), (l1, h1)) = (ends(&rows[0], &rows[1]), ends(&rows[2], &rows[3]));
            let value = |t: f64| -> f64 {
                (0..16).map(|i| (l0[i] + t * (l1[i] - l0[i])).max(0.0).powi(2) + (h0[i] + t * (h1[i] - h0[i])).min(0.0).powi(2)).sum::<f64>() / 2.0
            };
            let found = Kernels::default().slope_along(&[1.0; 16], Ends { low: &l0, high: &h0 }, Ends { low: &l1, high: &h1 }, t);
            prop_assert!((found - (value(t + 1e-6) - value(t - 1e-6)) / 2e-6).abs() < 1e-4);
        }
    }
}
