//! Directions orthogonal to all but one of the coordinates' number of points: generalised cross products, for all subsets of
//! points, with error bounds.

/// Minors of the points chosen so far: one for every set of as many columns as points, in the order of the sets' bits.
#[derive(Clone)]
struct Level {
    minors: Vec<f64>,
    /// The same with every product taken by its size: what errors are measured against.
    sizes: Vec<f64>,
    /// Terms of every minor: column of the last point, minor of the others, sign.
    terms: Vec<Vec<(usize, usize, f64)>>,
}

/// Cross products of points in `dim` float coordinates; the minors of the first points of a subset serve all its extensions.
pub(super) struct Wedge {
    dim: usize,
    levels: Vec<Level>,
}

impl Wedge {
    pub(super) fn new(dim: usize) -> Self {
        let sets = |size: usize| (0..1usize << dim).filter(move |set| set.count_ones() as usize == size).collect::<Vec<_>>();
        let level = |size: usize| {
            let below = if size == 0 { Vec::new() } else { sets(size - 1) };
            let terms = |set: &usize| -> Vec<(usize, usize, f64)> {
                let columns = (0..dim).filter(|c| set >> c & 1 == 1).enumerate();
                let term = |(place, c): (usize, usize)| {
                    let others = below.binary_search(&(set & !(1 << c))).expect("a set with one column less");
                    (c, others, if (size - 1 + place).is_multiple_of(2) { 1.0 } else { -1.0 })
                };
                if size == 0 { Vec::new() } else { columns.map(term).collect() }
            };
            let sets = sets(size);
            Level { minors: vec![1.0; sets.len()], sizes: vec![1.0; sets.len()], terms: sets.iter().map(terms).collect() }
        };
        Self { dim, levels: (0..dim).map(level).collect() }
    }

    /// Takes `point` as number `place` (from 0) of the subset; the points before it stay.
    pub(super) fn set(&mut self, place: usize, point: &[f64]) {
        let (below, above) = self.levels.split_at_mut(place + 1);
        let (below, level) = (&below[place], &mut above[0]);
        let results = level.minors.iter_mut().zip(&mut level.sizes);
        for ((minor, size), terms) in results.zip(&level.terms) {
            (*minor, *size) = (0.0, 0.0);
            for &(column, others, sign) in terms {
                *minor += sign * point[column] * below.minors[others];
                *size += point[column].abs() * below.sizes[others];
            }
        }
    }

    /// The direction orthogonal to all points of the subset, zero if they are dependent.
    pub(super) fn direction(&self) -> impl Iterator<Item = f64> {
        // The set without column `c` has its place from the end.
        let minors = &self.levels[self.dim - 1].minors;
        (0..self.dim).map(|c| {
            let minor = minors[self.dim - 1 - c];
            if c.is_multiple_of(2) { minor } else { -minor }
        })
    }

    /// For every entry of the direction the size that its error is measured against: the exact entry is at most
    /// [`Wedge::unit`] times as far away.
    pub(super) fn sizes(&self) -> impl Iterator<Item = f64> {
        let sizes = &self.levels[self.dim - 1].sizes;
        (0..self.dim).map(|c| sizes[self.dim - 1 - c])
    }

    /// Relative error of a direction's entries, for points that are themselves rounded, and of its inner product with another
    /// point: `m` terms of level `m` cost `m + 2` roundings, and there are `dim` levels.
    pub(super) fn unit(&self) -> f64 {
        let dim = self.dim as f64;
        dim * (dim + 5.0) * f64::EPSILON
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_rational::BigRational;
    use num_traits::{Signed, Zero};
    use proptest::prelude::*;

    fn exact(value: f64) -> BigRational {
        BigRational::from_float(value).expect("finite")
    }

    /// The determinant of exact rows, by expansion along the first.
    fn determinant(rows: &[Vec<BigRational>]) -> BigRational {
        let Some((first, rest)) = rows.split_first() else { return exact(1.0) };
        let mut sum = BigRational::zero();
        for (c, entry) in first.iter().enumerate() {
            let without =
                |row: &Vec<BigRational>| row.iter().enumerate().filter(|(o, _)| *o != c).map(|(_, v)| v.clone()).collect();
            let minor = determinant(&rest.iter().map(without).collect::<Vec<_>>());
            sum += if c % 2 == 0 { entry * minor } else { -(entry * minor) };
        }
        sum
    }

    proptest! {
        #[test]
        fn inner_products_are_determinants_up_to_the_error(dim in 1usize..6, entries in prop::collection::vec(-4i32..5, 25), noise in prop::collection::vec(-1e-3f64..1e-3, 25)) {
            let points: Vec<Vec<f64>> =
                (0..dim).map(|r| (0..dim).map(|c| f64::from(entries[5 * r + c]) + noise[5 * r + c]).collect()).collect();
            let mut wedge = Wedge::new(dim);
            points[..dim - 1].iter().enumerate().for_each(|(place, point)| wedge.set(place, point));
            let product = |point: &[f64]| point.iter().zip(wedge.direction()).map(|(x, v)| x * v).sum::<f64>();
            let reach = |point: &[f64]| wedge.unit() * point.iter().zip(wedge.sizes()).map(|(x, s)| x.abs() * s).sum::<f64>();
            for (place, point) in points.iter().enumerate() {
                // With the other point as its first row, which an odd number of exchanges takes to the end.
                let rows: Vec<Vec<BigRational>> =
                    [point].into_iter().chain(&points[..dim - 1]).map(|row| row.iter().map(|&v| exact(v)).collect()).collect();
                let value = determinant(&rows);
                prop_assert!((exact(product(point)) - &value).abs() <= exact(reach(point)), "{place}");
            }
        }
    }
}
