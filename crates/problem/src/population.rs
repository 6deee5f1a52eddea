//! The mean squared distance of two networks without biases over all Gaussian inputs, in closed form.

use crate::{Dataset, Enclosure, Weights};
use std::f64::consts::PI;

/// Units in the last place by which the library's arc tangent may err; its authors claim less than one.
const ARC_ERROR: usize = 4;

/// `E (f(x) - g(x))^2` over `x ~ N(0, I_d)`: `f` has the weights, `g` has the samples as units, inputs for incoming weights
/// and labels for output weights. Expanding the square leaves a sum of [`overlap`]s (Cho and Saul 2009; for this use Safran and
/// Shamir 2018, whose objective is half of it).
pub(crate) fn loss(teacher: &Dataset, weights: &Weights) -> Enclosure {
    let students = weights.hidden.iter().map(Vec::as_slice).zip(weights.output.iter().copied());
    let units: Vec<(&[f64], f64)> = students.chain(teacher.samples().map(|(v, a)| (v, -a))).collect();
    let mut sum = Enclosure::ZERO;
    for (index, &(u, a)) in units.iter().enumerate() {
        sum = sum + Enclosure::exact(a).square() * overlap(u, u);
        for &(v, b) in &units[..index] {
            sum = sum + Enclosure::exact(2.0) * Enclosure::exact(a) * Enclosure::exact(b) * overlap(u, v);
        }
    }
    sum
}

/// `E relu(u . x) relu(v . x) = (|u| |v| sin t + (pi - t) u . v) / (2 pi)` for the angle `t` between `u` and `v`.
fn overlap(u: &[f64], v: &[f64]) -> Enclosure {
    let product = |a: f64, b: f64| Enclosure::exact(a) * Enclosure::exact(b);
    let dot = u.iter().zip(v).fold(Enclosure::ZERO, |sum, (&a, &b)| sum + product(a, b));
    // Lagrange's identity: no cancellation between nearly parallel vectors.
    let mut square = Enclosure::ZERO;
    for i in 0..u.len() {
        for j in 0..i {
            square = square + (product(u[i], v[j]) - product(u[j], v[i])).square();
        }
    }
    let cross = square.root();
    (cross + (pi() - angle(cross, dot)) * dot) * Enclosure::exact(1.0).over(2.0) * inverse_pi()
}

fn pi() -> Enclosure {
    // The f64 lies below pi.
    Enclosure::new(PI, PI.next_up())
}

fn inverse_pi() -> Enclosure {
    let inverse = std::f64::consts::FRAC_1_PI;
    Enclosure::new(inverse.next_down(), inverse.next_up())
}

/// The angle whose sine and cosine have the ratio `cross : dot`, from 0 to pi; `cross` is not negative. It falls with `dot`, and
/// rises with `cross` where `dot` is positive and falls where it is negative.
fn angle(cross: Enclosure, dot: Enclosure) -> Enclosure {
    let least = if dot.hi >= 0.0 { libm::atan2(cross.lo, dot.hi) } else { libm::atan2(cross.hi, dot.hi) };
    let most = if dot.lo >= 0.0 { libm::atan2(cross.hi, dot.lo) } else { libm::atan2(cross.lo, dot.lo) };
    let lower = (0..ARC_ERROR).fold(least, |value, _| value.next_down());
    let upper = (0..ARC_ERROR).fold(most, |value, _| value.next_up());
    Enclosure::new(lower.max(0.0), upper.min(pi().hi))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The formula in ordinary arithmetic.
    fn plain(u: &[f64], v: &[f64]) -> f64 {
        let norm = |w: &[f64]| w.iter().map(|x| x * x).sum::<f64>().sqrt();
        let dot: f64 = u.iter().zip(v).map(|(a, b)| a * b).sum();
        let t = (dot / (norm(u) * norm(v))).clamp(-1.0, 1.0).acos();
        (norm(u) * norm(v) * t.sin() + (PI - t) * dot) / (2.0 * PI)
    }

    proptest! {
        #[test]
        fn the_overlap_is_that_of_the_textbook(u in prop::collection::vec(-2.0f64..2.0, 3), v in prop::collection::vec(-2.0f64..2.0, 3)) {
            let enclosed = overlap(&u, &v);
            let value = plain(&u, &v);
            prop_assert!(enclosed.lo <= value + 1e-7 && value - 1e-7 <= enclosed.hi);
            prop_assert!(enclosed.width() < 1e-12, "{:?}", enclosed);
        }

        #[test]
        fn parallel_and_opposite_vectors_are_exact(u in prop::collection::vec(-2.0f64..2.0, 3), s in 0.01f64..3.0) {
            let square: f64 = u.iter().map(|x| x * x).sum();
            let along = overlap(&u, &u.iter().map(|x| s * x).collect::<Vec<_>>());
            prop_assert!(along.lo <= s * square / 2.0 * (1.0 + 1e-14) && s * square / 2.0 * (1.0 - 1e-14) <= along.hi);
            let against = overlap(&u, &u.iter().map(|x| -s * x).collect::<Vec<_>>());
            prop_assert!(against.lo <= 1e-13 && against.hi >= 0.0 && against.width() < 1e-12, "{:?}", against);
        }
    }

    #[test]
    fn the_loss_is_the_mean_over_many_samples() {
        let teacher = Dataset::new(&[vec![1.0, 0.0], vec![0.0, 1.0]], vec![1.0, 2.0]).expect("valid");
        let student = Weights { hidden: vec![vec![0.5, -1.0]], hidden_bias: vec![0.0], output: vec![1.5], ..Weights::default() };
        // A fine grid of angles: the squared error is quadratic in the radius, whose mean square is 2.
        let steps = 200_000;
        let at = |step: usize| {
            let (sin, cos) = (std::f64::consts::TAU * (step as f64 + 0.5) / steps as f64).sin_cos();
            let g = cos.max(0.0) + 2.0 * sin.max(0.0);
            2.0 * (student.predict(&[cos, sin]) - g).powi(2)
        };
        let mean = (0..steps).map(at).sum::<f64>() / steps as f64;
        let enclosed = loss(&teacher, &student);
        assert!((enclosed.lo - mean).abs() < 1e-9 && enclosed.width() < 1e-13, "{enclosed:?} {mean}");
    }

    #[test]
    fn the_teacher_itself_has_no_loss() {
        let rows: Vec<Vec<f64>> = (0..6).map(|i| (0..6).map(|j| f64::from(u8::from(i == j))).collect()).collect();
        let teacher = Dataset::new(&rows, vec![1.0; 6]).expect("valid");
        let weights = Weights { hidden: rows, hidden_bias: vec![0.0; 6], output: vec![1.0; 6], ..Weights::default() };
        let enclosed = loss(&teacher, &weights);
        assert!(enclosed.lo <= 0.0 && enclosed.hi < 1e-13, "{enclosed:?}");
    }
}
