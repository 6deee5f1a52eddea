//! Columns of a hull's fit: directions that neurons may take.

use crate::cone::Cone;
use crate::hull::pricing::Lambda;
use crate::vertex::Vertex;
use std::sync::Arc;

/// An inherited direction lies in a cone if no coordinate is below minus this share of the largest.
const INSIDE: f64 = 1e-9;

/// A direction of one neuron that takes part in the fit.
#[derive(Clone)]
pub(super) struct Column {
    pub(super) neuron: usize,
    pub(super) direction: Direction,
    pub(super) multiplier: f64,
}

/// A direction in a neuron's cone. It proposes and proves nothing, so that floating point is enough.
#[derive(Clone)]
pub(super) enum Direction {
    /// A ray of the cone.
    Ray(Arc<Vertex>),
    /// A combination of rays.
    Inside(Arc<Inside>),
}

pub(super) struct Inside {
    /// In float coordinates.
    entries: Vec<f64>,
    z: Vec<f64>,
}

impl Direction {
    /// The combination of a cone's rays.
    pub(super) fn inside(cone: &Cone, lambda: &Lambda) -> Self {
        let mut inside = Inside { entries: vec![0.0; cone.rays.len()], z: vec![0.0; cone.rays[0].z.len()] };
        for (ray, &share) in cone.rays.iter().zip(lambda).filter(|(_, share)| **share > 0.0) {
            inside.entries.iter_mut().zip(&ray.direction).for_each(|(sum, v)| *sum += share * v);
            inside.z.iter_mut().zip(&ray.z).for_each(|(sum, v)| *sum += share * v);
        }
        Self::Inside(Arc::new(inside))
    }

    /// Pre-activations.
    pub(super) fn z(&self) -> &[f64] {
        match self {
            Self::Ray(vertex) => &vertex.z,
            Self::Inside(inside) => &inside.z,
        }
    }

    pub(super) fn entries(&self) -> &[f64] {
        match self {
            Self::Ray(vertex) => &vertex.direction,
            Self::Inside(inside) => &inside.entries,
        }
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ray(a), Self::Ray(b)) => Arc::ptr_eq(a, b),
            (Self::Inside(a), Self::Inside(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

/// What a column of either sign stands for.
pub(super) enum Free {
    /// The free constant.
    Constant,
    /// Pre-activations in a direction that a positive and a negative neuron share.
    Shared { positive: usize, negative: usize, z: Vec<f64> },
    /// A cut sample with a residual so small that it is better taken as zero.
    Idle { sample: usize },
    /// A sample whose hyperplane cuts the cones of both.
    Kink { positive: usize, negative: usize, sample: usize },
}

/// A direction in coordinates of a cone's rays.
pub(super) fn coordinates(cone: &Cone, direction: &[f64]) -> Option<Vec<f64>> {
    crate::linear::least_squares(cone.rays.iter().map(|ray| ray.direction.as_slice()), direction)
}

/// Does the direction lie in the cone, up to rounding?
pub(super) fn contains(cone: &Cone, direction: &[f64]) -> bool {
    coordinates(cone, direction).is_some_and(|coordinates| {
        let largest = coordinates.iter().fold(0.0f64, |largest, c| largest.max(c.abs()));
        coordinates.iter().all(|&c| c >= -INSIDE * largest)
    })
}
