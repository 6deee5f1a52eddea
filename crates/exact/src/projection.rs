//! The nearest point of a polyhedral cone that is given by very many inequalities.

use crate::linear::{Orthogonal, subtract};

/// A normal whose remainder after projection onto the others is below this share adds nothing in floating point.
const DEPENDENT: f64 = 1e-10;
/// So many violated inequalities may be refused in a row before the rest counts as rounding, too.
const MOST_REFUSED: usize = 20;

/// A cone `{ p : h . p >= 0 for all normals h }` whose normals are made on demand: only a few of them ever matter.
pub(crate) trait Halfspaces {
    /// The inequality that `point` violates most, among those whose number `passed_over` does not hold.
    fn most_violated(&self, point: &[f64], passed_over: &[usize]) -> Option<usize>;
    /// Its normal `h`.
    fn normal(&self, number: usize) -> Vec<f64>;
}

/// The point of the cone nearest to `target`, up to the rounding that `Halfspaces` lets pass.
///
/// The dual is a non-negative least-squares problem, `min |target + sum_t l_t h_t|` over `l >= 0`, solved by the active-set
/// method of Lawson and Hanson (1974): a normal enters when its inequality is violated, and leaves when its multiplier turns
/// negative. No feasible point is needed to begin with, and degenerate corners do no harm. `tight` names the inequalities that
/// probably hold with equality, and afterwards those that do.
pub(crate) fn project(target: &[f64], cone: &impl Halfspaces, tight: &mut Vec<usize>) -> Vec<f64> {
    let mut active = Active::default();
    for &number in tight.iter() {
        active.enter(number, cone.normal(number));
    }
    active.settle(target);
    let mut point = active.point(target);
    let mut refused = Vec::new();
    // Every normal enters about once; a few enter again after they have left.
    for _ in 0..10 * target.len() + 100 {
        let passed_over: Vec<usize> = active.numbers.iter().chain(&refused).copied().collect();
        let Some(number) = cone.most_violated(&point, &passed_over) else { break };
        let entered = active.enter(number, cone.normal(number));
        if entered {
            active.settle(target);
        }
        // A normal that leaves at once, or depends on the others, would enter again and again.
        if !entered || !active.numbers.contains(&number) {
            refused.push(number);
            if refused.len() >= MOST_REFUSED {
                break;
            }
            continue;
        }
        refused.clear();
        point = active.point(target);
    }
    *tight = active.numbers;
    point
}

/// The inequalities that hold with equality, with their multipliers.
#[derive(Default)]
struct Active {
    numbers: Vec<usize>,
    normals: Vec<Vec<f64>>,
    multipliers: Vec<f64>,
    factors: Orthogonal,
}

impl Active {
    /// Adds a normal with multiplier zero; false if it depends on the others.
    fn enter(&mut self, number: usize, normal: Vec<f64>) -> bool {
        let projected = self.factors.project(&normal);
        if projected.share.is_nan() || projected.share <= DEPENDENT {
            return false;
        }
        self.factors.push(projected);
        self.numbers.push(number);
        self.normals.push(normal);
        self.multipliers.push(0.0);
        true
    }

    /// Moves the multipliers to the least-squares solution; normals whose multiplier would turn negative leave on the way.
    fn settle(&mut self, target: &[f64]) {
        let opposite: Vec<f64> = target.iter().map(|value| -value).collect();
        while !self.numbers.is_empty() {
            let trial = self.factors.coefficients(&self.factors.project(&opposite));
            let Some(step) = self.longest_step(&trial) else {
                self.multipliers = trial;
                return;
            };
            for (multiplier, wanted) in self.multipliers.iter_mut().zip(&trial) {
                *multiplier += step * (wanted - *multiplier);
            }
            self.drop_ended(&trial);
        }
    }

    /// `target + sum_t l_t h_t`.
    fn point(&self, target: &[f64]) -> Vec<f64> {
        let mut point = target.to_vec();
        for (normal, multiplier) in self.normals.iter().zip(&self.multipliers) {
            subtract(&mut point, -multiplier, normal);
        }
        point
    }

    /// The share of the way to `trial` at which a first multiplier becomes zero; none if none does.
    fn longest_step(&self, trial: &[f64]) -> Option<f64> {
        let ends = self.multipliers.iter().zip(trial).filter(|(_, wanted)| **wanted <= 0.0);
        ends.map(|(now, wanted)| if *now > 0.0 { now / (now - wanted) } else { 0.0 }).min_by(f64::total_cmp)
    }

    /// Removes the normals whose multiplier has come to zero on the way to a `trial` that is negative.
    fn drop_ended(&mut self, trial: &[f64]) {
        let least = (0..trial.len()).filter(|&t| trial[t] <= 0.0).map(|t| self.multipliers[t]).min_by(f64::total_cmp);
        let ended = |t: usize| trial[t] <= 0.0 && self.multipliers[t] <= least.unwrap_or(0.0).max(0.0);
        let kept: Vec<usize> = (0..trial.len()).filter(|&t| !ended(t)).collect();
        self.numbers = kept.iter().map(|&t| self.numbers[t]).collect();
        self.multipliers = kept.iter().map(|&t| self.multipliers[t]).collect();
        self.normals = kept.iter().map(|&t| std::mem::take(&mut self.normals[t])).collect();
        // What was built before the first one that left is as it would be without it.
        let unchanged = kept.iter().enumerate().take_while(|(place, t)| place == *t).count();
        self.factors.truncate(unchanged);
        for normal in &self.normals[unchanged..] {
            self.factors.push(self.factors.project(normal));
        }
    }
}

/// The listed normals themselves, for small cones.
#[cfg(test)]
pub(crate) struct Listed(pub(crate) Vec<Vec<f64>>);

#[cfg(test)]
impl Halfspaces for Listed {
    fn most_violated(&self, point: &[f64], passed_over: &[usize]) -> Option<usize> {
        let values = self.0.iter().map(|normal| crate::linear::inner(normal, point)).enumerate();
        let violated = values.filter(|(number, value)| *value < -1e-12 && !passed_over.contains(number));
        violated.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(number, _)| number)
    }
    fn normal(&self, number: usize) -> Vec<f64> {
        self.0[number].clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::{inner, norm};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_projection_lies_in_the_cone_and_at_a_right_angle_to_what_is_left(
            entries in prop::collection::vec(-1.0f64..1.0, 60),
            target in prop::collection::vec(-1.0f64..1.0, 4),
        ) {
            let cone = Listed(entries.chunks(4).map(<[f64]>::to_vec).collect());
            let mut tight = Vec::new();
            let point = project(&target, &cone, &mut tight);
            let rest: Vec<f64> = target.iter().zip(&point).map(|(t, p)| t - p).collect();
            // Moreau: p in the cone, target - p in its polar, and the two orthogonal.
            prop_assert!(cone.0.iter().all(|normal| inner(normal, &point) > -1e-9));
            prop_assert!(inner(&rest, &point).abs() < 1e-9);
            // The rest is a sum of negative multiples of normals, so that no point of the cone lies on its side.
            let again = project(&point, &cone, &mut tight);
            prop_assert!(norm(&again.iter().zip(&point).map(|(a, b)| a - b).collect::<Vec<_>>()) < 1e-9);
        }
    }

    #[test]
    fn a_quarter_plane_is_projected_onto_its_edge_its_apex_and_itself() {
        let quarter = Listed(vec![vec![1.0, 0.0], vec![0.0, 1.0], vec![1.0, 0.0], vec![2.0, 2.0]]);
        assert_eq!(project(&[3.0, -1.0], &quarter, &mut Vec::new()), [3.0, 0.0]);
        assert!(norm(&project(&[-3.0, -1.0], &quarter, &mut Vec::new())) < 1e-15);
        assert_eq!(project(&[3.0, 1.0], &quarter, &mut Vec::new()), [3.0, 1.0]);
    }
}
