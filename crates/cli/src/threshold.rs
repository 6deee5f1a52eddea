//! The loss that a decision is about: an exact fraction.

use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};
use optgap_checker::ExactLoss;
use std::fmt;

/// Characters and powers of ten at most: enough for every double, and no typing error fills the memory.
const MOST_CHARACTERS: usize = 2000;
const MOST_EXPONENT: i32 = 1000;

/// A number that is not negative, as it was written and as the fraction that it is. Nothing here goes through floating point.
#[derive(Clone, Debug)]
pub(crate) struct Threshold {
    text: String,
    value: BigRational,
}

impl Threshold {
    /// Reads a decimal number, with or without exponent, or a quotient `p/q` of two of them.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MOST_CHARACTERS {
            return Err(format!("more than {MOST_CHARACTERS} characters"));
        }
        let value = match text.split_once('/') {
            None => decimal(text)?,
            Some((numerator, denominator)) => {
                let denominator = decimal(denominator)?;
                if denominator.is_zero() {
                    return Err("the denominator is 0".to_owned());
                }
                decimal(numerator)? / denominator
            }
        };
        if value.is_negative() {
            return Err("no loss is negative; give a number of at least 0".to_owned());
        }
        Ok(Self { text: text.trim().to_owned(), value })
    }

    /// The smallest finite f64 that is not below it, or the largest of all.
    pub(crate) fn rounded_up(&self) -> f64 {
        let mut rounded = self.value.to_f64().unwrap_or(f64::MAX).min(f64::MAX);
        while rounded < f64::MAX && self.exceeds(rounded) {
            rounded = rounded.next_up();
        }
        while rounded > 0.0 && !self.exceeds(rounded.next_down()) {
            rounded = rounded.next_down();
        }
        rounded
    }

    /// Is the finite `number` below it?
    fn exceeds(&self, number: f64) -> bool {
        BigRational::from_float(number).is_some_and(|number| number < self.value)
    }

    /// Is a finite lower bound above it?
    pub(crate) fn is_below(&self, lower: f64) -> bool {
        BigRational::from_float(lower).is_some_and(|lower| lower > self.value)
    }

    /// Is the exact loss at most this?
    pub(crate) fn admits(&self, loss: &ExactLoss) -> bool {
        loss.numerator() * self.value.denom() <= self.value.numer() * loss.denominator()
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `[+-]digits[.digits][e[+-]digits]`, exactly.
fn decimal(text: &str) -> Result<BigRational, String> {
    let expected =
        || format!("{:?} is not a number; give a decimal such as 0.05 or 1e-3, or a fraction such as 1/8", text.trim());
    let (mantissa, exponent) = match text.trim().split_once(['e', 'E']) {
        None => (text.trim(), 0),
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| expected())?),
    };
    if exponent.abs() > MOST_EXPONENT {
        return Err(format!("the exponent {exponent} is beyond {MOST_EXPONENT}"));
    }
    let negative = mantissa.starts_with('-');
    let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(expected());
    }
    let integer: BigRational = digits.parse().map_err(|_| expected())?;
    let ten = BigRational::from_integer(10.into());
    let value = integer * ten.pow(exponent - fraction.len() as i32);
    Ok(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fraction(text: &str) -> String {
        Threshold::parse(text).map_or_else(|error| error, |threshold| threshold.value.to_string())
    }

    #[test]
    fn decimals_and_quotients_are_the_fractions_that_they_say() {
        let cases =
            [("0.1", "1/10"), ("1/3", "1/3"), ("2.50e-1", "1/4"), ("+3", "3"), (".5", "1/2"), ("5.", "5"), (" 0.2/1e1 ", "1/50")];
        for (text, expected) in cases {
            assert_eq!(fraction(text), expected, "{text}");
        }
        assert_eq!((fraction("-0"), fraction("0e5"), fraction("1E2")), ("0".into(), "0".into(), "100".into()));
    }

    #[test]
    fn everything_else_is_refused_with_the_reason() {
        for text in ["abc", "", "1e", "0x10", "1/2/3", "NaN", "inf", "1,5", "--1", "1e1.5", ".", "e5", "\u{661}"] {
            assert!(fraction(text).contains("is not a number"), "{text}: {}", fraction(text));
        }
        assert!(fraction("1/0").contains("the denominator is 0") && fraction("1/0e7").contains("the denominator is 0"));
        assert!(fraction("-1e-9").contains("no loss is negative"));
        assert!(fraction("1e1000000000").contains("beyond 1000") && fraction(&"1".repeat(3000)).contains("characters"));
    }

    #[test]
    fn rounding_goes_up_to_the_next_double_and_comparisons_are_exact() {
        let threshold = |text: &str| Threshold::parse(text).expect("valid");
        for text in ["0", "0.25", "0.1", "1/3", "1e-400", "0.3", "7", "2/3", "1e300"] {
            let (exact, up) = (threshold(text), threshold(text).rounded_up());
            assert!(!exact.exceeds(up) && (up == 0.0 || exact.exceeds(up.next_down())), "{text}: {up:e}");
            assert!(exact.is_below(up.next_up()) && !exact.is_below(up.next_down()));
        }
        assert_eq!((threshold("0.25").rounded_up(), threshold("1e999").rounded_up()), (0.25, f64::MAX));
        // The double nearest to one tenth is a little more than one tenth.
        assert!(threshold("0.1").is_below(0.1) && !threshold("0.25").is_below(0.25));
    }
}
