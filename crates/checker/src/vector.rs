//! Dual vectors.

use crate::bytes::Reader;
use crate::data::{Problem, scaled};
use crate::interval::{Given, Interval, Number};
use crate::refusal::Fault;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

/// Largest power of two that may be the unit.
const MOST_EXPONENT: i64 = 8192;
/// Whole numbers up to this are doubles.
const EXACT: u64 = 1 << 53;

/// A number for every group: `q = integer * 2^exponent`, or `numerator / denominator * 2^exponent`.
pub(crate) struct DualVector {
    exponent: i64,
    pub(crate) integers: Vec<i64>,
    /// Groups in ascending order with numerators.
    pub(crate) fractions: Vec<(usize, BigInt)>,
    pub(crate) denominator: BigInt,
}

impl DualVector {
    /// Reads the numbers for so many groups.
    pub(crate) fn read(reader: &mut Reader, groups: usize) -> Result<Self, Fault> {
        let exponent = reader.sint()?;
        if exponent.unsigned_abs() > MOST_EXPONENT as u64 {
            return Err(Fault::form(format!("the unit 2^{exponent} of a vector is out of range")));
        }
        let bits = reader.byte()?;
        if !(1..=64).contains(&bits) {
            return Err(Fault::form(format!("numbers of {bits} bits")));
        }
        let packed = reader.bytes((groups as u64 * u64::from(bits)).div_ceil(8))?;
        let integers = unpack(packed, bits.into(), groups)?;
        let count = reader.count(2)?;
        let denominator = if count > 0 { reader.big()? } else { BigInt::one() };
        if !denominator.is_positive() {
            return Err(Fault::form("a denominator is not positive"));
        }
        let mut fractions: Vec<(usize, BigInt)> = Vec::with_capacity(count.min(groups));
        for _ in 0..count {
            let group = reader.uint()?;
            let ascending = fractions.last().is_none_or(|(last, _)| (*last as u64) < group);
            if !ascending || group >= groups as u64 || integers[group as usize] != 0 {
                return Err(Fault::form(format!(
                    "a fraction for group {group}, which is out of order, does not exist or has a number"
                )));
            }
            fractions.push((group as usize, reader.big()?));
        }
        Ok(Self { exponent, integers, fractions, denominator })
    }

    /// 1, 0 or -1 for every group.
    pub(crate) fn signs(&self) -> Vec<i8> {
        let mut signs: Vec<i8> = self.integers.iter().map(|v| v.signum() as i8).collect();
        for (group, numerator) in &self.fractions {
            signs[*group] = i8::from(numerator.is_positive()) - i8::from(numerator.is_negative());
        }
        signs
    }

    /// Every number in units of `2^exponent`, with a relative error of a few roundings.
    pub(crate) fn approximate(&self) -> Vec<f64> {
        let mut values: Vec<f64> = self.integers.iter().map(|&v| v as f64).collect();
        // Numerators are brought to the denominator's size first.
        let shift = -(self.denominator.bits() as i64);
        let denominator = scaled(&self.denominator, shift);
        for (group, numerator) in &self.fractions {
            values[*group] = scaled(numerator, shift) / denominator;
        }
        values
    }

    /// `sum factor * q_g * x_t` over terms (group, point, factor), times the denominator, in units of `2^exponent`: a moment.
    pub(crate) fn moment(&self, problem: &Problem, terms: impl Iterator<Item = (usize, usize, i64)>) -> Vec<BigInt> {
        let mut short: Vec<(usize, i64)> = Vec::new();
        let mut long: Vec<(usize, BigInt)> = Vec::new();
        let mut fractional: Vec<(usize, BigInt)> = Vec::new();
        for (g, t, factor) in terms {
            match self.integers[g] {
                0 => {
                    if let Ok(place) = self.fractions.binary_search_by_key(&g, |(group, _)| *group) {
                        fractional.push((t, &self.fractions[place].1 * factor));
                    }
                }
                integer => match integer.checked_mul(factor) {
                    Some(weight) => short.push((t, weight)),
                    None => long.push((t, BigInt::from(integer) * factor)),
                },
            }
        }
        let mut sum = problem.weighted_sum(short.into_iter());
        let add = |terms: Vec<(usize, BigInt)>, sum: &mut [BigInt]| {
            for (t, weight) in terms {
                sum.iter_mut().zip(&problem.points[t]).for_each(|(sum, x)| *sum += &weight * x);
            }
        };
        add(long, &mut sum);
        sum.iter_mut().for_each(|entry| *entry *= &self.denominator);
        add(fractional, &mut sum);
        sum
    }

    /// Do the numbers of all groups add up to zero?
    pub(crate) fn sums_to_zero(&self) -> bool {
        let whole: BigInt = self.integers.iter().map(|&v| BigInt::from(v)).sum();
        (whole * &self.denominator + self.fractions.iter().map(|(_, n)| n).sum::<BigInt>()).is_zero()
    }

    /// The numbers both ways, group after group.
    pub(crate) fn numbers<N: Dual>(&self) -> Vec<N> {
        let mut fractions = self.fractions.iter().peekable();
        let number = |(g, &integer): (usize, &i64)| match fractions.next_if(|(group, _)| *group == g) {
            Some((_, numerator)) => N::dual(numerator, &self.denominator, self.exponent),
            None => N::dual_integer(integer, self.exponent),
        };
        self.integers.iter().enumerate().map(number).collect()
    }
}

/// Entries of dual vectors as numbers.
pub(crate) trait Dual: Number {
    fn dual(numerator: &BigInt, denominator: &BigInt, exponent: i64) -> Self {
        let shift = exponent.unsigned_abs();
        if exponent >= 0 {
            Self::ratio(&(numerator << shift), denominator)
        } else {
            Self::ratio(numerator, &(denominator << shift))
        }
    }

    fn dual_integer(integer: i64, exponent: i64) -> Self {
        Self::dual(&integer.into(), &BigInt::one(), exponent)
    }
}

impl Dual for BigRational {}

impl Dual for Interval {
    fn dual_integer(integer: i64, exponent: i64) -> Self {
        let unit = i32::try_from(exponent).map_or(f64::INFINITY, |exponent| 2f64.powi(exponent));
        let value = integer as f64 * unit;
        if integer.unsigned_abs() <= EXACT && unit.is_normal() && (value.is_normal() || integer == 0) {
            Self::exact(value)
        } else {
            Self::dual(&integer.into(), &BigInt::one(), exponent)
        }
    }
}

/// `Q - (S + q)^2 / m`: what a group gives to the bound.
pub(crate) fn share<N: Number>(squares: &Given, sum: &Given, count: usize, q: N) -> N {
    N::of(squares) - (N::of(sum) + q).square() / N::whole(count)
}

/// The bound of a vector whose conditions hold.
fn bound<N: Dual>(problem: &Problem, vector: &DualVector) -> N {
    let groups = problem.groups.iter().zip(vector.numbers::<N>());
    groups.fold(N::whole(0), |sum, (group, q)| sum + share(&group.squares, &group.sum, group.count, q))
}

/// Is the bound of a vector at least the claim?
pub(crate) fn reaches(problem: &Problem, vector: &DualVector, claim: &Given) -> bool {
    let quick = bound::<Interval>(problem, vector).at_least(&claim.interval);
    quick.or_else(|| bound::<BigRational>(problem, vector).at_least(&claim.exact)) == Some(true)
}

/// Two's complement numbers of so many bits, the lowest bits first.
fn unpack(packed: &[u8], bits: u32, count: usize) -> Result<Vec<i64>, Fault> {
    let mut values = Vec::with_capacity(count);
    let (mut pending, mut filled) = (0u128, 0u32);
    let mut bytes = packed.iter();
    for _ in 0..count {
        while filled < bits {
            pending |= u128::from(bytes.next().copied().unwrap_or(0)) << filled;
            filled += 8;
        }
        values.push(((pending as u64) << (64 - bits)) as i64 >> (64 - bits));
        pending >>= bits;
        filled -= bits;
    }
    if pending != 0 { Err(Fault::form("bits that fill up a byte are not zero")) } else { Ok(values) }
}
