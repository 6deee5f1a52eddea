//! Random labels on a line, at the edge of what a width can memorise.
//!
//! **Definition.** `n` different whole numbers from `[-4n, 4n]`, in units of 1/16, with labels that are random whole numbers
//! from -8 to 8. With `m` the least number of kinks of a continuous, piecewise affine function through all points, the
//! network has `m + spare` units, hidden bias and output bias.
//!
//! **Source.** Zhang, Bengio, Hardt, Recht and Vinyals (2017); that a line needs one unit for each change of slope is
//! folklore, and the count is ours.
//!
//! **Reference.** 0 for `spare >= 1`. Positive for `spare <= -1`. At the edge, `spare = 0`, it depends on the slope that the
//! function needs at infinity, and only a search knows.
//!
//! **Proof.** A network of `k` units has at most `k` kinks, so fewer than `m` cannot fit. With one more unit than kinks, one
//! kink lies to the left of all data, where its unit gives the first slope, and the output bias gives the level. *The
//! count:* between neighbouring points with chord slope `d` the function leaves with one slope and arrives with another;
//! both equal `d` if it has no kink there, lie on different sides of `d` if it has one, and for two kinks it can as well
//! have them at the two points. So only the order of a slope to the two chords beside its point matters, and dynamic
//! programming over these orders finds the least number in whole numbers.
//!
//! **Descent** is expected to fail at the edge almost always and to need far more than one spare unit: every kink has a
//! place of its own to find, and kinks hardly ever pass a point that pulls at them. So the width at which descent succeeds,
//! against the width at which a fit exists, measures what over-parameterisation buys.

use crate::about::about;
use crate::request::{Request, state_optimum};
use crate::stream::{Purpose, Stream};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag, Weights};
use std::cmp::Ordering::{self, Equal, Greater, Less};

/// See the module documentation.
pub(crate) struct Memorisation;

const PARAMETERS: &[Parameter] = &[
    Parameter::integer("n", "samples", 4, 400, 8),
    Parameter::integer("spare", "units beyond the least number of kinks", -3, 400, 1),
];

/// Inputs are multiples of the inverse of this.
const INPUT_GRID: f64 = 16.0;

/// Labels are whole numbers of at most this size.
const LARGEST_LABEL: usize = 8;

impl Family for Memorisation {
    fn name(&self) -> &'static str {
        "memorisation"
    }

    fn tag(&self) -> Tag {
        Tag::Adversarial
    }

    fn about(&self) -> About {
        about(include_str!("memorisation.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "n=6" },
            Size { name: "small", parameters: "n=8" },
            Size { name: "medium", parameters: "n=16" },
            Size { name: "large", parameters: "n=40" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (count, spare) = (parameters.count("n"), parameters.integer("spare"));
        let points = draw(seed, count);
        let curve = Curve::with_fewest_kinks(&points);
        let kinks = curve.kinks.len() as i64;
        let width = usize::try_from(kinks + spare).ok().filter(|width| *width > 0).ok_or_else(|| {
            BadParameter::Combination(format!("{kinks} kinks and spare={spare} leave no unit; raise spare or n"))
        })?;
        let (rows, labels): (Vec<Vec<f64>>, _) = points.iter().map(|&(x, y)| (vec![x as f64 / INPUT_GRID], y as f64)).unzip();
        let network = Network { output_bias: true, ..Network::dense(width) };
        let mut instance = Request::new(self, parameters, seed).instance(&rows, labels, network)?;
        instance.provenance["kinks"] = kinks.into();
        if spare >= 1 {
            state_optimum(&mut instance, 0.0, &curve.network(width));
        }
        Ok(instance)
    }
}

/// Points in ascending order, with labels that are not all equal.
fn draw(seed: u64, count: usize) -> Vec<(i64, i64)> {
    let places = Stream::new(seed, Purpose::Inputs).subset(8 * count + 1, count);
    let mut stream = Stream::new(seed, Purpose::Labels);
    let mut label = || stream.below(2 * LARGEST_LABEL + 1) as i64 - LARGEST_LABEL as i64;
    let mut points: Vec<(i64, i64)> = places.into_iter().map(|place| (place as i64 - 4 * count as i64, label())).collect();
    if points.iter().all(|point| point.1 == points[0].1) {
        points[0].1 += 1;
    }
    points
}

/// A piecewise affine function: where it begins, its first slope, and its kinks with the slopes behind them.
struct Curve {
    start: (f64, f64),
    slope: f64,
    kinks: Vec<(f64, f64)>,
}

/// Slopes at a point against the chord on its left and the chord on its right.
type Sides = (Ordering, Ordering);

/// What is known after some points: kinks so far, and the slope with which each point was left.
#[derive(Clone)]
struct Path {
    kinks: usize,
    sides: Vec<Sides>,
    /// Is there a kink at the point?
    bent: Vec<bool>,
}

impl Curve {
    /// The function with the fewest kinks through points in ascending order.
    fn with_fewest_kinks(points: &[(i64, i64)]) -> Self {
        let chords: Vec<(i64, i64)> = points.windows(2).map(|pair| (pair[1].1 - pair[0].1, pair[1].0 - pair[0].0)).collect();
        let compare = |a: (i64, i64), b: (i64, i64)| (a.0 * b.1).cmp(&(b.0 * a.1));
        // By how a point is left, relative to the chord on its right.
        let mut paths: Vec<Path> =
            [Less, Equal, Greater].map(|side| Path { kinks: 0, sides: vec![(Equal, side)], bent: vec![false] }).into();
        for index in 1..points.len() {
            let turn = (index < chords.len()).then(|| compare(chords[index - 1], chords[index]));
            paths = [Less, Equal, Greater].into_iter().filter_map(|leaving| cheapest(&paths, turn, leaving)).collect();
        }
        let best = paths.into_iter().min_by_key(|path| path.kinks).expect("chords and kinks at all points always fit");
        Self::along(points, &best)
    }

    /// Chooses slopes of the asked sides, and kinks between them.
    fn along(points: &[(i64, i64)], path: &Path) -> Self {
        let place = |index: usize| (points[index].0 as f64 / INPUT_GRID, points[index].1 as f64);
        let chord = |index: usize| {
            let (a, b) = (place(index), place(index + 1));
            (b.1 - a.1) / (b.0 - a.0)
        };
        let last = points.len() - 1;
        // Arriving and leaving slopes of each point.
        let slopes: Vec<(f64, f64)> = (0..=last)
            .map(|index| {
                let (arriving, leaving) = path.sides[index];
                let left = (index > 0).then(|| (arriving, chord(index - 1)));
                let right = (index < last).then(|| (leaving, chord(index)));
                if path.bent[index] {
                    (slope_beside(left.into_iter()), slope_beside(right.into_iter()))
                } else {
                    let slope = slope_beside(left.into_iter().chain(right));
                    (slope, slope)
                }
            })
            .collect();
        let mut kinks = Vec::new();
        for index in 0..=last {
            if path.bent[index] {
                kinks.push((place(index).0, slopes[index].1));
            }
            if index < last && slopes[index].1 != slopes[index + 1].0 {
                let ((x, _), d) = (place(index), chord(index));
                let (leaving, arriving) = (slopes[index].1, slopes[index + 1].0);
                // Where the two lines meet, which the different sides put strictly between the points.
                let share = (d - arriving) / (leaving - arriving);
                kinks.push((x + share * (place(index + 1).0 - x), arriving));
            }
        }
        Self { start: place(0), slope: slopes[0].0, kinks }
    }

    /// The network with so many units, more than there are kinks: the first one gives the first slope.
    fn network(&self, width: usize) -> Weights {
        let mut weights = Weights::zero(width, 1);
        weights.output.fill(0.0);
        let before = self.start.0 - 1.0;
        let kinks = std::iter::once((before, self.slope)).chain(self.kinks.iter().copied());
        let mut slope = 0.0;
        for (unit, (place, behind)) in kinks.enumerate() {
            weights.hidden[unit][0] = 1.0;
            weights.hidden_bias[unit] = -place;
            weights.output[unit] = behind - slope;
            slope = behind;
        }
        weights.output_bias = self.start.1 - self.slope;
        weights
    }
}

/// The cheapest way to leave the next point on a side of the chord on its right. `turn` orders the chord on its left against that one; at the
/// last point there is none, and only the side `Equal` stands for all.
fn cheapest(paths: &[Path], turn: Option<Ordering>, leaving: Ordering) -> Option<Path> {
    let mut best: Option<Path> = None;
    for path in paths {
        let left = path.sides.last().expect("the first point has one").1;
        for arriving in [Less, Equal, Greater] {
            let between = match (left, arriving) {
                (Equal, Equal) => 0,
                (Less, Greater) | (Greater, Less) => 1,
                _ => continue,
            };
            let bent = turn.is_some_and(|turn| !one_slope(arriving, leaving, turn));
            let kinks = path.kinks + between + usize::from(bent);
            if best.as_ref().is_none_or(|best| kinks < best.kinks) {
                let mut next = path.clone();
                next.kinks = kinks;
                next.sides.push((arriving, leaving));
                next.bent.push(bent);
                best = Some(next);
            }
        }
    }
    best.filter(|_| turn.is_some() || leaving == Equal)
}

/// Is there a slope on these sides of the chords on the left and on the right, whose order is `turn`?
fn one_slope(arriving: Ordering, leaving: Ordering, turn: Ordering) -> bool {
    match turn {
        Equal => arriving == leaving,
        // The left chord is less steep: what is not above it is below the right one, what is not below the right one is above it.
        Less => (arriving == Greater || leaving == Less) && (arriving, leaving) != (Less, Greater),
        Greater => (arriving == Less || leaving == Greater) && (arriving, leaving) != (Greater, Less),
    }
}

/// A slope on the given sides of chords.
fn slope_beside(chords: impl Iterator<Item = (Ordering, f64)>) -> f64 {
    let (mut least, mut most) = (f64::NEG_INFINITY, f64::INFINITY);
    for (side, chord) in chords {
        match side {
            Equal => return chord,
            Greater => least = least.max(chord),
            Less => most = most.min(chord),
        }
    }
    match (least.is_finite(), most.is_finite()) {
        (true, true) => f64::midpoint(least, most),
        (true, false) => least + 1.0,
        (false, true) => most - 1.0,
        (false, false) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, sum_of_squares, witness_of};

    fn fewest(points: &[(i64, i64)]) -> usize {
        Curve::with_fewest_kinks(points).kinks.len()
    }

    #[test]
    fn simple_shapes_have_the_kinks_that_one_sees() {
        assert_eq!(fewest(&[(0, 0), (1, 1), (2, 2), (5, 5)]), 0);
        assert_eq!(fewest(&[(0, 0), (1, 1), (2, 0)]), 1);
        assert_eq!(fewest(&[(0, 0), (1, 0), (2, 1), (3, 2)]), 1);
        // Two chords that meet outside of the gap between them.
        assert_eq!(fewest(&[(0, 0), (1, 1), (2, 0), (3, 1)]), 2);
        // The star data of family `star`: width 4 fits and 3 cannot.
        assert_eq!(fewest(&[(-3, -1), (-2, 2), (-1, -1), (1, 1), (2, -2), (3, 1)]), 4);
    }

    #[test]
    fn one_unit_more_than_kinks_fits_every_instance() {
        for seed in 0..200 {
            for n in [4, 7, 12, 40] {
                let instance = made(&Memorisation, &format!("n={n}"), seed).expect("valid");
                let squares = sum_of_squares(&instance, &witness_of(&instance));
                assert!(squares < 1e-18, "n {n}, seed {seed}: {squares}");
                assert!(instance.network.width < n);
            }
        }
    }

    /// The least number of kinks by trying all ways to put kinks at points or between neighbours, for few points. A way fits if the lines that
    /// it leaves, each through its points, can be joined.
    fn fewest_by_trying(points: &[(i64, i64)]) -> usize {
        let sides = [Less, Equal, Greater];
        let chords: Vec<f64> = points.windows(2).map(|p| (p[1].1 - p[0].1) as f64 / (p[1].0 - p[0].0) as f64).collect();
        // A few slopes beside and between all chords represent all orders.
        let mut marks = chords.clone();
        marks.sort_by(f64::total_cmp);
        let mut slopes = vec![marks[0] - 1.0, marks[marks.len() - 1] + 1.0];
        slopes.extend(marks.windows(2).map(|pair| f64::midpoint(pair[0], pair[1])));
        slopes.extend(marks);
        let side = |slope: f64, chord: f64| sides[(1 + i32::from(slope > chord) - i32::from(slope < chord)) as usize];
        let mut costs: Vec<(f64, usize)> = slopes.iter().map(|&slope| (slope, 0)).collect();
        for &chord in &chords {
            let arrive = |arriving: f64| {
                costs.iter().map(move |&(leaving, cost)| match (side(leaving, chord), side(arriving, chord)) {
                    (Equal, Equal) => cost,
                    (Less, Greater) | (Greater, Less) => cost + 1,
                    _ => cost + 2,
                })
            };
            let reached: Vec<(f64, usize)> = slopes.iter().map(|&s| (s, arrive(s).min().expect("some"))).collect();
            costs = reached
                .iter()
                .map(|&(slope, cost)| (slope, cost.min(1 + reached.iter().map(|r| r.1).min().expect("some"))))
                .collect();
        }
        costs.into_iter().map(|(_, cost)| cost).min().expect("some")
    }

    #[test]
    fn the_count_is_that_of_trying_slopes() {
        for seed in 0..300 {
            let points = draw(seed, 4 + seed as usize % 6);
            assert_eq!(fewest(&points), fewest_by_trying(&points), "{points:?}");
        }
    }

    #[test]
    fn below_and_at_the_edge_nothing_is_claimed() {
        for spare in [-1, 0] {
            assert_eq!(made(&Memorisation, &format!("n=20,spare={spare}"), 1).expect("valid").reference, None);
        }
        assert!(made(&Memorisation, "n=4,spare=-3", 1).expect_err("no unit").to_string().contains("raise spare or n"));
    }
}
