//! What a positive and a negative neuron can do together where their cones overlap.
//!
//! On the intersection of the two cones the same direction can be added and subtracted, so the sum of the two hulls holds a
//! whole linear space: `relu(X e)` for every extreme ray `e` of the intersection, and the unit vector of every sample whose
//! hyperplane cuts it (the difference of two sides of one kink). A dual vector is orthogonal to all of these. Giving them to the
//! fit as columns of either sign makes that exact instead of the limit of many small steps.

use crate::cone::Cone;
use crate::hull::pricing::MOST_DIM;

/// A ray lies in a cone if no facet is violated by more than this share of its length.
const INSIDE: f64 = 1e-9;
/// Rays whose directions differ by less than this are the same.
const SAME: f64 = 1e-7;
/// Facets whose intersection is shorter than this share of their lengths have none.
const PARALLEL: f64 = 1e-12;

type Direction = [f64; MOST_DIM];

/// Extreme rays of the intersection of two cones, each of length 1 in float coordinates.
pub(crate) fn common_rays(a: &Cone, b: &Cone) -> Vec<Direction> {
    let dim = a.rays.len();
    let mut found: Vec<Direction> = Vec::new();
    let (Some(first), Some(second)) = (facets(a), facets(b)) else { return found };
    let all: Vec<Direction> = first.into_iter().chain(second).collect();
    for chosen in 0u32..1 << all.len() {
        if chosen.count_ones() as usize + 1 != dim {
            continue;
        }
        let rows: Vec<Direction> = (0..all.len()).filter(|f| chosen >> f & 1 == 1).map(|f| all[f]).collect();
        let Some(line) = orthogonal(&rows, dim) else { continue };
        for sign in [1.0, -1.0] {
            let ray = line.map(|v| sign * v);
            let inside = all.iter().all(|facet| inner(facet, &ray) >= -INSIDE);
            let known = found.iter().any(|other| other.iter().zip(&ray).all(|(p, q)| (p - q).abs() < SAME));
            if inside && !known {
                found.push(ray);
            }
        }
    }
    found
}

/// Inward unit normals of a cone's facets.
fn facets(cone: &Cone) -> Option<Vec<Direction>> {
    let dim = cone.rays.len();
    let mut rays = [[0.0; MOST_DIM]; MOST_DIM];
    for (row, ray) in rays.iter_mut().zip(&cone.rays) {
        row[..dim].copy_from_slice(&ray.direction);
        let length = inner(row, row).sqrt();
        row.iter_mut().for_each(|v| *v /= length);
    }
    let normal = |omitted: usize| {
        let others: Vec<Direction> = (0..dim).filter(|&l| l != omitted).map(|l| rays[l]).collect();
        let normal = orthogonal(&others, dim)?;
        Some(if inner(&normal, &rays[omitted]) < 0.0 { normal.map(|v| -v) } else { normal })
    };
    (0..dim).map(normal).collect()
}

/// The unit vector orthogonal to `dim - 1` unit vectors, if they are independent.
fn orthogonal(rows: &[Direction], dim: usize) -> Option<Direction> {
    let mut result = [0.0; MOST_DIM];
    for omitted in 0..dim {
        let mut columns = [0; MOST_DIM];
        let kept = (0..dim).filter(|&c| c != omitted);
        columns.iter_mut().zip(kept).for_each(|(column, c)| *column = c);
        let minor = crate::hull::pricing::determinant(dim - 1, &|r, c| rows[r][columns[c]]);
        result[omitted] = if omitted % 2 == 0 { minor } else { -minor };
    }
    let length = inner(&result, &result).sqrt();
    (length > PARALLEL).then(|| result.map(|v| v / length))
}

fn inner(a: &Direction, b: &Direction) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
