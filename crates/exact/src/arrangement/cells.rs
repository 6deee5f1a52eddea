//! Convex unions of cells of the arrangement: the regions of the hull bound.

use crate::arrangement::{Arrangement, Ray};
use crate::bound::Region;

/// The closed cells on one side, or the other, of some hyperplanes, by all rays of the arrangement in them: these generate it.
pub(crate) struct Cells {
    /// In ascending order.
    rays: Vec<Ray>,
    /// Points that are cut: on at some ray, off at another.
    cut: Vec<u32>,
    /// Points that are on.
    on: Vec<u32>,
    off: bool,
}

impl Cells {
    /// All cells.
    pub(crate) fn all(arrangement: &Arrangement<'_>) -> Self {
        let points = arrangement.program.incidence.points() as u32;
        Self::new(arrangement, (0..arrangement.rays() as Ray).collect(), &(0..points).collect::<Vec<_>>(), Vec::new())
    }

    /// From all its rays, points that may be cut, and points that are on.
    fn new(arrangement: &Arrangement<'_>, rays: Vec<Ray>, candidates: &[u32], mut on: Vec<u32>) -> Self {
        let occurs = |point: u32, side: f64| rays.iter().any(|&ray| side * arrangement.at(ray, point as usize) > 0.0);
        let mut cut = Vec::new();
        for &point in candidates {
            match (occurs(point, 1.0), occurs(point, -1.0)) {
                (true, true) => cut.push(point),
                (true, false) => on.push(point),
                (false, _) => {}
            }
        }
        let off = cut.is_empty() && on.is_empty();
        Self { rays, cut, on, off }
    }

    /// The cells on which the neuron is on at the point, and those on which it is off; both have what lies on the hyperplane.
    pub(crate) fn split(&self, arrangement: &Arrangement<'_>, point: usize) -> [Self; 2] {
        let sides = arrangement.sides(&self.rays, point);
        [1, -1].map(|side| {
            let inside = self.rays.iter().zip(&sides).filter(|(_, other)| **other != -side).map(|(&ray, _)| ray);
            Self::new(arrangement, inside.collect(), &self.cut, self.on.clone())
        })
    }

    pub(crate) fn rays(&self) -> &[Ray] {
        &self.rays
    }

    pub(crate) fn cut(&self) -> &[u32] {
        &self.cut
    }

    pub(crate) fn on(&self) -> &[u32] {
        &self.on
    }

    /// Is the ray one of its own?
    pub(crate) fn contains(&self, ray: Ray) -> bool {
        self.rays.binary_search(&ray).is_ok()
    }
}

impl Region for Cells {
    fn is_off(&self) -> bool {
        self.off
    }

    fn bytes(&self) -> usize {
        size_of_val(self.rays.as_slice()) + size_of_val(self.cut.as_slice()) + size_of_val(self.on.as_slice())
    }
}
