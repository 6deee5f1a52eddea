//! Exact directions of meeting points.

use crate::cone::Cone;
use crate::hull::pricing::{MOST_DIM, Meeting};
use crate::integers::{cross, dot, drop_common_zeros};
use crate::program::Program;
use crate::vertex::Vertex;
use num_bigint::BigInt;
use num_traits::{Signed, Zero};
use std::collections::HashMap;
use std::sync::Arc;

/// Bytes that remembered directions may hold, roughly; beyond it all are forgotten.
const MOST_BYTES: usize = 64 << 20;

/// The lines in which hyperplanes of samples meet, remembered: the same ones come up in node after node.
#[derive(Default)]
pub(crate) struct Lines {
    known: HashMap<[usize; MOST_DIM - 1], Option<[Arc<Vertex>; 2]>>,
    bytes: usize,
}

impl Lines {
    /// The exact direction in which the hyperplanes of the meeting's samples cut its face; `None` where they do not meet in
    /// one ray.
    pub(crate) fn vertex(&mut self, program: &Program, cone: &Cone, meeting: &Meeting) -> Option<Arc<Vertex>> {
        let face: Vec<usize> = (0..cone.rays.len()).filter(|l| meeting.face >> l & 1 == 1).collect();
        if let [l] = face.as_slice() {
            return Some(Arc::clone(&cone.rays[*l]));
        }
        let samples = &meeting.samples[..face.len() - 1];
        let Some(both) = self.line(program, cone, &face, samples) else {
            return Some(Arc::new(Vertex::new(program, combination(program, cone, &face, samples)?)));
        };
        let which = usize::from(points_away(program, cone, &face, samples, &both[0])?);
        Some(Arc::clone(&both[which]))
    }

    /// The line in the span of the face that lies in the samples' hyperplanes, if hyperplanes alone determine it.
    fn line(&mut self, program: &Program, cone: &Cone, face: &[usize], samples: &[usize]) -> Option<[Arc<Vertex>; 2]> {
        let missing = program.dim - face.len();
        if missing == 0 {
            return self.intersection(program, samples);
        }
        // Hyperplanes that hold the whole face give its span.
        let holding: Vec<usize> =
            (0..program.incidence.points()).filter(|&i| face.iter().all(|&l| cone.rays[l].z[i] == 0.0)).collect();
        let with = |more: &[usize]| samples.iter().chain(more).copied().collect::<Vec<usize>>();
        match missing {
            1 => holding.iter().find_map(|&i| self.intersection(program, &with(&[i]))),
            2 => {
                let pairs = holding.iter().flat_map(|&i| holding.iter().take_while(move |&&h| h < i).map(move |&h| [h, i]));
                pairs.into_iter().find_map(|pair| self.intersection(program, &with(&pair)))
            }
            _ => None,
        }
    }

    /// Both directions of the line in which `dim - 1` hyperplanes meet.
    fn intersection(&mut self, program: &Program, planes: &[usize]) -> Option<[Arc<Vertex>; 2]> {
        let mut key = [usize::MAX; MOST_DIM - 1];
        key.iter_mut().zip(planes).for_each(|(k, &plane)| *k = plane);
        key.sort_unstable();
        if self.bytes > MOST_BYTES {
            self.known.clear();
            self.bytes = 0;
        }
        let bytes = &mut self.bytes;
        let find = || {
            *bytes += 2 * program.incidence.points() * size_of::<f64>();
            let rows: Vec<&[BigInt]> = planes.iter().map(|&i| program.integer_points[i].as_slice()).collect();
            let mut ray = cross(&rows);
            drop_common_zeros(&mut ray);
            ray.iter().any(|v| !v.is_zero()).then(|| {
                let vertex = Vertex::new(program, ray);
                let opposite = vertex.opposite();
                [Arc::new(vertex), Arc::new(opposite)]
            })
        };
        self.known.entry(key).or_insert_with(find).clone()
    }
}

/// Does the vertex, which lies on the meeting point's line, point out of the cone there?
fn points_away(program: &Program, cone: &Cone, face: &[usize], samples: &[usize], vertex: &Vertex) -> Option<bool> {
    // A sample with one strict sign on the whole face knows the side.
    let z = |l: usize, i: usize| cone.rays[l].z[i];
    let one_sign = |i: &usize| face.iter().all(|&l| z(l, *i) > 0.0) || face.iter().all(|&l| z(l, *i) < 0.0);
    if let Some(witness) = (0..program.incidence.points()).find(one_sign) {
        return Some((vertex.z[witness] > 0.0) != (z(face[0], witness) > 0.0));
    }
    let inside = combination(program, cone, face, samples)?;
    let (along, inside) = vertex.ray.iter().zip(&inside).find(|(along, _)| !along.is_zero())?;
    Some(along.is_positive() != inside.is_positive())
}

/// The meeting point as a combination of the face's rays, whose coefficients are minors of the exact pre-activations. Points into
/// the cone if the meeting point lies there.
fn combination(program: &Program, cone: &Cone, face: &[usize], samples: &[usize]) -> Option<Vec<BigInt>> {
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
