//! Kind 3: one neuron, and on which sides of it the groups are.

use crate::bytes::Reader;
use crate::data::Problem;
use crate::interval::{Given, Interval, Number};
use crate::refusal::{Fault, Rule, require};
use crate::vector::{Dual, DualVector, share};
use crate::walk::{Children, Kind};
use crate::whole::{determinant, solve};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};
use std::rc::Rc;

/// What a node says of a group.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    On,
    Off,
    /// Open, with a lower end of `z` if it is finite.
    Open(f64),
}

/// A node.
pub(crate) struct Node {
    /// Is the neuron's sign +1?
    positive: bool,
    sides: Rc<Vec<Side>>,
}

pub(crate) struct Sides<'p> {
    problem: &'p Problem,
    claim: &'p Given,
    /// Sums of labels times the neuron's sign, for signs +1 and -1.
    targets: [Vec<Given>; 2],
}

/// What a claim says of a group.
enum What {
    On,
    Off,
    Low(f64),
}

impl<'p> Sides<'p> {
    pub(crate) fn new(problem: &'p Problem, claim: &'p Given) -> Result<Self, Fault> {
        let network = &problem.network;
        let treated = problem.is_dense() && network.width == 1 && !network.output_bias;
        require(treated, Rule::Form, "sides are for dense networks of width 1 without output bias")?;
        let negated = problem.groups.iter().map(|group| Given::new(-group.sum.exact.clone())).collect();
        Ok(Self { problem, claim, targets: [problem.groups.iter().map(|group| group.sum.clone()).collect(), negated] })
    }

    /// Reads the claims.
    fn read_claims(groups: usize, body: &mut Reader) -> Result<Vec<(usize, What)>, Fault> {
        let count = body.count(2)?;
        let mut claims: Vec<(usize, What)> = Vec::with_capacity(count);
        for _ in 0..count {
            let group = body.uint()?;
            require(group < groups as u64, Rule::Claims, format!("there is no group {group}"))?;
            let group = group as usize;
            require(claims.last().is_none_or(|(last, _)| *last < group), Rule::Claims, "the groups of claims do not ascend")?;
            let what = match body.byte()? {
                0 => What::On,
                1 => What::Off,
                2 => What::Low(body.number()?),
                what => return Err(Fault::new(Rule::Claims, format!("unknown claim {what}"))),
            };
            claims.push((group, what));
        }
        Ok(claims)
    }
}

/// A node's bound with all that claims are made of.
struct Bounded<'n> {
    problem: &'n Problem,
    targets: &'n [Given],
    sides: &'n [Side],
    vector: &'n DualVector,
    claim: &'n Given,
}

impl Bounded<'_> {
    /// The constants `c` of all groups; those that are open need a `low` where `q` is negative, which was checked.
    fn constants<N: Dual>(&self, numbers: &[N]) -> Vec<N> {
        let constant = |g: usize| {
            let (group, q) = (&self.problem.groups[g], numbers[g].clone());
            let squares = N::of(&group.squares);
            match self.sides[g] {
                Side::On => share(&group.squares, &self.targets[g], group.count, q),
                Side::Off => squares,
                Side::Open(low) => {
                    let above = (N::of(&self.targets[g]) + q.clone()).positive_part();
                    let above = squares.clone() - above.square() / N::whole(group.count);
                    above.smaller(squares - below(q, low))
                }
            }
        };
        (0..numbers.len()).map(constant).collect()
    }

    fn total<N: Number>(constants: &[N]) -> N {
        constants.iter().cloned().fold(N::whole(0), |sum, constant| sum + constant)
    }

    /// Does the bound reach the claim?
    fn reaches(&self) -> bool {
        fn total<N: Dual>(bounded: &Bounded) -> N {
            Bounded::total(&bounded.constants(&bounded.vector.numbers::<N>()))
        }
        let quick = total::<Interval>(self).at_least(&self.claim.interval);
        quick.or_else(|| total::<BigRational>(self).at_least(&self.claim.exact)) == Some(true)
    }

    /// Fails unless every claim follows.
    fn test_claims(&self, claims: &[(usize, What)]) -> Result<(), Fault> {
        let shape = Shape::new(self.problem, self.sides);
        let quick = Evidence::<Interval>::new(self, &shape);
        let mut exact: Option<Evidence<BigRational>> = None;
        for (group, what) in claims {
            let Side::Open(_) = self.sides[*group] else {
                return Err(Fault::new(Rule::Claims, format!("group {group} is not open")));
            };
            let follows = quick
                .follows(self, *group, what)
                .or_else(|| exact.get_or_insert_with(|| Evidence::new(self, &shape)).follows(self, *group, what));
            require(follows == Some(true), Rule::Claims, format!("what is said of group {group} does not follow"))?;
        }
        Ok(())
    }
}

/// The matrix `H` of the groups that are on.
struct Shape {
    /// Columns of the adjugate and the determinant, positive; none if it is singular.
    inverse: Option<(Vec<Vec<BigInt>>, BigInt)>,
}

impl Shape {
    fn new(problem: &Problem, sides: &[Side]) -> Self {
        let dim = problem.dim();
        let mut rows = vec![vec![BigInt::zero(); dim]; dim];
        let on = || (0..sides.len()).filter(|&g| sides[g] == Side::On);
        for r in 0..dim {
            // Row r is a weighted sum of points, where the weights are their coordinates r times the count.
            let short = on().filter_map(|g| {
                Some((g, i64::try_from(&problem.points[g][r]).ok()?.checked_mul(problem.groups[g].count as i64)?))
            });
            let short: Vec<(usize, i64)> = short.collect();
            rows[r] = if short.len() == on().count() {
                problem.weighted_sum(short.into_iter())
            } else {
                let mut sum = vec![BigInt::zero(); dim];
                for g in on() {
                    let weight = &problem.points[g][r] * problem.groups[g].count;
                    sum.iter_mut().zip(&problem.points[g]).for_each(|(sum, x)| *sum += &weight * x);
                }
                sum
            };
        }
        let columns: Vec<&[BigInt]> = rows.iter().map(Vec::as_slice).collect();
        let unit = |c: usize| (0..dim).map(|r| if r == c { BigInt::one() } else { BigInt::zero() }).collect::<Vec<_>>();
        let solved = (0..dim).map(|c| solve(&columns, &unit(c))).collect::<Option<Vec<_>>>();
        // The determinant is positive, as the matrix is: it is the denominator of all columns.
        let inverse = solved.map(|solved| (solved.into_iter().map(|(numerators, _)| numerators).collect(), determinant(rows)));
        Self { inverse }
    }
}

/// What a bound says of all groups, in one arithmetic.
struct Evidence<N> {
    numbers: Vec<N>,
    constants: Vec<N>,
    bound: N,
    /// `H^-1` and `H^-1 h`; none if `H` is singular.
    centre: Option<(Vec<Vec<N>>, Vec<N>)>,
}

impl<N: Dual> Evidence<N> {
    fn new(bounded: &Bounded, shape: &Shape) -> Self {
        let numbers: Vec<N> = bounded.vector.numbers();
        let constants = bounded.constants(&numbers);
        let bound = Bounded::total(&constants);
        let problem = bounded.problem;
        let dim = problem.dim();
        let centre = shape.inverse.as_ref().map(|(columns, determinant)| {
            let entry = |n: &BigInt| N::ratio(n, determinant);
            let inverse: Vec<Vec<N>> = columns.iter().map(|column| column.iter().map(entry).collect()).collect();
            let mut force = vec![N::whole(0); dim];
            for g in (0..numbers.len()).filter(|&g| bounded.sides[g] == Side::On) {
                let pull = N::of(&bounded.targets[g]) + numbers[g].clone();
                for (sum, x) in force.iter_mut().zip(&problem.points[g]) {
                    *sum = sum.clone() + pull.clone() * N::integer(x);
                }
            }
            let centre = (0..dim).map(|r| product(&force, inverse.iter().map(|column| column[r].clone()))).collect();
            (inverse, centre)
        });
        Self { numbers, constants, bound, centre }
    }

    /// Does a claim follow? None if the arithmetic leaves it open.
    fn follows(&self, bounded: &Bounded, g: usize, what: &What) -> Option<bool> {
        let group = &bounded.problem.groups[g];
        let point: Vec<N> = bounded.problem.points[g].iter().map(N::integer).collect();
        let (q, constant) = (self.numbers[g].clone(), self.constants[g].clone());
        let squares = N::of(&group.squares);
        let zero = || N::whole(0);
        // z0 and w.
        let centre = self.centre.as_ref().filter(|_| !bounded.problem.points[g].iter().all(Zero::is_zero));
        let centre = centre.map(|(inverse, centre)| {
            let spread = product(&point, inverse.iter().map(|column| product(&point, column.iter().cloned())));
            (product(&point, centre.iter().cloned()), N::whole(1) / spread)
        });
        let reached = match (what, centre) {
            (What::On, centre) => {
                let Side::Open(low) = bounded.sides[g] else { return Some(false) };
                let own = squares - below(q, low) - constant;
                let distance = centre.map_or_else(zero, |(z0, w)| w * z0.positive_part().square());
                self.bound.clone() + own + distance
            }
            (What::Off, Some((z0, w))) => {
                let pull = (N::of(&bounded.targets[g]) + q + w.clone() * z0.clone()).positive_part();
                let least = pull.square() / (N::whole(group.count) + w.clone());
                self.bound.clone() + squares - constant + w * z0.square() - least
            }
            (What::Low(low), Some((z0, w))) => {
                let exact = BigRational::from_float(*low)?;
                let low = N::of(&Given::new(exact));
                if !(zero().at_least(&low)? && z0.at_least(&low)?) {
                    return Some(false);
                }
                self.bound.clone() + w * (z0 - low).square()
            }
            _ => return Some(false),
        };
        reached.at_least(&N::of(bounded.claim))
    }
}

/// `2 min(0, q) low`; without a low, `q` is not negative.
fn below<N: Number>(q: N, low: f64) -> N {
    let Some(low) = BigRational::from_float(low) else { return N::whole(0) };
    let negative = N::whole(0) - (N::whole(0) - q).positive_part();
    N::whole(2) * negative * N::of(&Given::new(low))
}

/// `sum a_c b_c`.
fn product<N: Number>(a: &[N], b: impl Iterator<Item = N>) -> N {
    a.iter().zip(b).fold(N::whole(0), |sum, (x, y)| sum + x.clone() * y)
}

impl Kind for Sides<'_> {
    type State = Node;

    fn roots(&mut self) -> Vec<Node> {
        let sides = Rc::new(vec![Side::Open(f64::NEG_INFINITY); self.problem.groups.len()]);
        let signs: &[bool] = if self.problem.network.train_output { &[true, false] } else { &[true] };
        signs.iter().map(|&positive| Node { positive, sides: Rc::clone(&sides) }).collect()
    }

    fn split(&mut self, node: &Node, body: &mut Reader) -> Result<Children<Node>, Fault> {
        let group = body.uint()?;
        require(group < node.sides.len() as u64, Rule::Split, format!("there is no group {group}"))?;
        let group = group as usize;
        require(matches!(node.sides[group], Side::Open(_)), Rule::Split, format!("group {group} is not open"))?;
        let child = |side: Side| {
            let mut sides = node.sides.to_vec();
            sides[group] = side;
            Node { positive: node.positive, sides: Rc::new(sides) }
        };
        Ok((body.uint()?, vec![child(Side::On), child(Side::Off)]))
    }

    fn bound(&mut self, node: &mut Node, body: &mut Reader) -> Result<bool, Fault> {
        let vector = DualVector::read(body, self.problem.groups.len())?;
        let claims = Self::read_claims(node.sides.len(), body)?;
        let targets = &self.targets[usize::from(!node.positive)];
        let bounded = Bounded { problem: self.problem, targets, sides: &node.sides, vector: &vector, claim: self.claim };
        let free = |g: usize| match node.sides[g] {
            Side::On => true,
            Side::Off => false,
            Side::Open(low) => low.is_finite(),
        };
        let wrong = vector.signs().iter().enumerate().position(|(g, sign)| *sign < 0 && !free(g));
        require(wrong.is_none(), Rule::Bound, format!("the dual number of group {} is negative", wrong.unwrap_or(0)))?;
        let balance = vector.moment(self.problem, (0..vector.integers.len()).map(|g| (g, g, 1)));
        require(balance.iter().all(Zero::is_zero), Rule::Bound, "the dual numbers do not balance")?;
        if bounded.reaches() {
            return Ok(true);
        }
        if claims.is_empty() {
            return Ok(false);
        }
        bounded.test_claims(&claims)?;
        let sides = Rc::make_mut(&mut node.sides);
        for (group, what) in claims {
            sides[group] = match (what, sides[group]) {
                (What::On, _) => Side::On,
                (What::Off, _) => Side::Off,
                (What::Low(low), Side::Open(known)) => Side::Open(known.max(low)),
                (What::Low(_), side) => side,
            };
        }
        Ok(false)
    }

    fn off(&mut self, _: &Node, _: &mut Reader) -> Result<(), Fault> {
        Err(Fault::new(Rule::Off, "certificates of kind sides have no such records"))
    }
}
