//! Exact rays of meeting points.

use crate::cone::Cone;
use crate::hull::pricing::{MOST_DIM, Meeting};
use crate::integers::{cross, dot, drop_common_zeros, kernel};
use crate::program::Program;
use num_bigint::BigInt;
use num_traits::{Signed, Zero};

/// The exact ray where the hyperplanes of the meeting's samples cut its face; `None` where they do not meet in one ray.
pub(crate) fn exact_ray(program: &Program, cone: &Cone, meeting: &Meeting) -> Option<Vec<BigInt>> {
    let face: Vec<usize> = (0..cone.rays.len()).filter(|l| meeting.face >> l & 1 == 1).collect();
    if let [l] = face.as_slice() {
        return Some(cone.rays[*l].ray.clone());
    }
    let samples = &meeting.samples[..face.len() - 1];
    let mut ray = line(program, cone, &face, samples)?;
    drop_common_zeros(&mut ray);
    if points_away(program, cone, &face, samples, &ray)? {
        ray.iter_mut().for_each(|v| *v = -&*v);
    }
    Some(ray)
}

/// Does the line point out of the cone at the meeting point?
fn points_away(program: &Program, cone: &Cone, face: &[usize], samples: &[usize], line: &[BigInt]) -> Option<bool> {
    // A sample with one strict sign on the whole face knows the side.
    let z = |l: usize, i: usize| cone.rays[l].z[i];
    let one_sign = |i: &usize| face.iter().all(|&l| z(l, *i) > 0.0) || face.iter().all(|&l| z(l, *i) < 0.0);
    if let Some(witness) = (0..program.len()).find(one_sign) {
        let above = dot(line, &program.integer_points[witness]).is_positive();
        return Some(above != (z(face[0], witness) > 0.0));
    }
    let inside = combination(program, cone, face, samples)?;
    let (along, inside) = line.iter().zip(&inside).find(|(along, _)| !along.is_zero())?;
    Some(along.is_positive() != inside.is_positive())
}

/// The line in the span of the face that is orthogonal to the samples, with either orientation.
fn line(program: &Program, cone: &Cone, face: &[usize], samples: &[usize]) -> Option<Vec<BigInt>> {
    let mut planes: Vec<&[BigInt]> = samples.iter().map(|&i| program.integer_points[i].as_slice()).collect();
    if face.len() == program.dim {
        let ray = cross(&planes);
        return ray.iter().any(|v| !v.is_zero()).then_some(ray);
    }
    // Hyperplanes that hold the whole face give its span in short integers.
    let holds = |i: &usize| face.iter().all(|&l| cone.rays[l].z[*i] == 0.0);
    planes.extend((0..program.len()).filter(holds).map(|i| program.integer_points[i].as_slice()));
    if planes.len() + 1 >= program.dim {
        if let [ray] = kernel(&planes, program.dim).as_slice() {
            return Some(ray.clone());
        }
    }
    combination(program, cone, face, samples)
}

/// The same line as a combination of the face's rays, whose coefficients are minors of the exact pre-activations. Points into
/// the cone if the meeting point lies there.
fn combination(program: &Program, cone: &Cone, face: &[usize], samples: &[usize]) -> Option<Vec<BigInt>> {
    debug_assert!(face.len() <= MOST_DIM);
    let row = |&i: &usize| -> Vec<BigInt> { face.iter().map(|&l| dot(&cone.rays[l].ray, &program.integer_points[i])).collect() };
    let rows: Vec<Vec<BigInt>> = samples.iter().map(row).collect();
    let coefficients = cross(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>());
    // Inside the face all coefficients have one sign.
    let negative = coefficients.iter().find(|k| !k.is_zero())?.is_negative();
    let entry = |c: usize| -> BigInt {
        let sum: BigInt = face.iter().zip(&coefficients).map(|(&l, k)| &cone.rays[l].ray[c] * k).sum();
        if negative { -sum } else { sum }
    };
    Some((0..program.dim).map(entry).collect())
}
