//! Exact rays and their pre-activations.

use crate::integers::{dot, scale, scaled_to_f64};
use crate::program::Program;
use num_bigint::BigInt;
use num_traits::Signed;

/// Rounding steps behind one float pre-activation: `D` products and sums with rounded factors.
const ROUNDINGS_PER_TERM: f64 = 3.0;

/// A ray of a cone: an exact integer direction, and its pre-activation on every point.
#[derive(Debug)]
pub(crate) struct Vertex {
    /// Exact direction in integer coordinates, without common divisor.
    pub(crate) ray: Vec<BigInt>,
    /// Pre-activations `x_i . ray` times a power of two that brings their length to about 1. The sign of each, zero
    /// included, is exact.
    pub(crate) z: Vec<f64>,
    /// `|z_i - exact value| <= error` for every point; where `|z_i| <= error` it is the exact value, rounded once.
    pub(crate) error: f64,
    /// Weighted Euclidean length of `z`.
    pub(crate) length: f64,
    /// The ray in float coordinates, on the scale of `z`.
    pub(crate) direction: Vec<f64>,
}

impl Vertex {
    pub(crate) fn new(program: &Program, ray: Vec<BigInt>) -> Self {
        // Float coordinates: column c of the float points is 2^e_c times the integers, so the ray takes 2^-e_c.
        let magnitude = ray.iter().zip(&program.column_exponents).filter(|(v, _)| v.bits() > 0).map(|(v, e)| v.bits() as i64 - e);
        let largest = magnitude.max().unwrap_or(0);
        let mut shift = -largest;
        let mut direction: Vec<f64> =
            ray.iter().zip(&program.column_exponents).map(|(v, e)| scaled_to_f64(v, shift - e)).collect();
        let mut z = vec![0.0; program.incidence.points()];
        let mut largest_terms = 0.0f64;
        let unit = f64::EPSILON * ROUNDINGS_PER_TERM * (program.dim as f64 + 1.0);
        for (i, value) in z.iter_mut().enumerate() {
            let (mut sum, mut terms) = (0.0, 0.0);
            for (x, v) in program.point(i).iter().zip(&direction) {
                sum += x * v;
                terms += (x * v).abs();
            }
            largest_terms = largest_terms.max(terms);
            *value = sum;
        }
        let mut error = unit * largest_terms + f64::MIN_POSITIVE;
        // Near zero only exact arithmetic knows the sign.
        for (i, value) in z.iter_mut().enumerate().filter(|(_, value)| value.abs() <= error) {
            let exact = dot(&ray, &program.integer_points[i]);
            let sign = if exact.is_negative() { -1.0 } else { f64::from(u8::from(exact.is_positive())) };
            *value = keep_sign(sign, scaled_to_f64(&exact, shift));
        }
        let squares: f64 = z.iter().zip(&program.point_weights).map(|(v, m)| v * v * m).sum();
        let mut length = squares.sqrt();
        if length > 0.0 && length.is_finite() {
            let exponent = -(length.log2().floor() as i64);
            shift += exponent;
            z.iter_mut().for_each(|v| *v = keep_sign(*v, scale(*v, exponent)));
            direction.iter_mut().for_each(|v| *v = scale(*v, exponent));
            error = scale(error, exponent);
            length = scale(length, exponent);
        }
        debug_assert!(shift.abs() < 1 << 40);
        Self { ray, z, error, length, direction }
    }

    /// The opposite direction.
    pub(crate) fn opposite(&self) -> Self {
        Self {
            ray: self.ray.iter().map(|v| -v).collect(),
            z: self.z.iter().map(|v| -v).collect(),
            error: self.error,
            length: self.length,
            direction: self.direction.iter().map(|v| -v).collect(),
        }
    }
}

/// `scaled`, or the smallest normal number of the right sign where the scaling lost a value that is not zero.
fn keep_sign(original: f64, scaled: f64) -> f64 {
    if scaled == 0.0 && original != 0.0 { f64::MIN_POSITIVE.copysign(original) } else { scaled }
}
