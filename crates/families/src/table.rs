//! Tables of recorded measurements, scaled without losing their exact structure.

/// A column of decimal numbers, kept as whole numbers of its last digit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Values times `10^digits` for some number of digits.
    pub(crate) values: Vec<i64>,
}

/// Decimals that are kept. Longer ones are means of a few readings, such as 9.56666666666667: rounding them there changes no
/// measurement, and all digits would leave no room in an `f64` for scores that are exact (see [`Standardiser`]).
const MOST_DECIMALS: usize = 8;

/// Why a table cannot be read: a fault of the shipped file, which a test rules out.
const WELL_FORMED: &str = "the shipped tables are well formed";

/// Reads comma-separated decimal numbers below a header line.
///
/// # Panics
/// When the text is not such a table.
pub(crate) fn parse(text: &str) -> Vec<Column> {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().expect(WELL_FORMED).split(',').collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert!(rows.iter().all(|row| row.len() == names.len()), "{WELL_FORMED}");
    let column = |(index, name): (usize, &&str)| {
        let digits = rows.iter().map(|row| decimals(row[index]).len()).max().unwrap_or(0);
        let step = 10_i64.pow(digits.saturating_sub(MOST_DECIMALS) as u32);
        let values = rows.iter().map(|row| nearest_step(fixed_point(row[index], digits), step)).collect();
        Column { name: (*name).to_owned(), values }
    };
    names.iter().enumerate().map(column).collect()
}

/// Digits behind the point.
fn decimals(text: &str) -> &str {
    text.split_once('.').map_or("", |(_, decimals)| decimals)
}

/// A decimal number times `10^digits`.
fn fixed_point(text: &str, digits: usize) -> i64 {
    let whole = text.split('.').next().unwrap_or(text);
    format!("{whole}{:0<digits$}", decimals(text)).parse().expect(WELL_FORMED)
}

/// A whole number in steps, halves away from 0; `step` is 1 or even.
fn nearest_step(value: i64, step: i64) -> i64 {
    (value + value.signum() * (step / 2)) / step
}

/// The z-score of a column: `(value - centre) / 256 * factor`, with both constants rounded so that every score is exact.
///
/// Mean and inverse standard deviation come from the training rows and are rounded to 1/256 of the last recorded digit and to
/// 8 significant bits. Scores therefore have a mean of 0 and a deviation of 1 up to half a percent, but are an exact affine
/// image of the recorded decimals: equal values, collinear points and points on a grid stay so. Plain z-scores would move
/// every point by a rounding error and turn exact coincidences into gaps of 1e-16, in which a search finds cells that nobody
/// meant.
pub(crate) struct Standardiser {
    /// In 1/256 of the last recorded digit.
    centre: f64,
    factor: f64,
}

/// Steps per last recorded digit in which the centre is given.
const CENTRE_STEPS: f64 = 256.0;

/// Significant bits of the factor.
const FACTOR_BITS: u32 = 8;

impl Standardiser {
    /// From the values at the given rows, of which there is at least one. A column that is constant there is centred only.
    pub(crate) fn of(values: &[i64], rows: &[usize]) -> Self {
        let at_rows = || rows.iter().map(|&row| i128::from(values[row]));
        let (count, sum) = (rows.len() as i128, at_rows().sum::<i128>());
        let squares: i128 = at_rows().map(|value| value * value).sum();
        // Exact in whole numbers: n^2 times the variance.
        let spread = count * squares - sum * sum;
        let factor = if spread == 0 { 1.0 } else { round_to_bits(count as f64 / (spread as f64).sqrt()) };
        Self { centre: (sum as f64 / count as f64 * CENTRE_STEPS).round(), factor }
    }

    /// The score of a value.
    pub(crate) fn score(&self, value: i64) -> f64 {
        (value as f64 * CENTRE_STEPS - self.centre) / CENTRE_STEPS * self.factor
    }
}

/// A positive normal number rounded to [`FACTOR_BITS`] significant bits.
fn round_to_bits(value: f64) -> f64 {
    let dropped = f64::MANTISSA_DIGITS - FACTOR_BITS;
    let half = 1_u64 << (dropped - 1);
    f64::from_bits((value.to_bits() + half) >> dropped << dropped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_as_whole_numbers_of_the_last_digit() {
        let columns = parse("a,b\n1.5,3\n-0.25,10\n7,-2\n");
        assert_eq!(columns[0], Column { name: "a".into(), values: vec![150, -25, 700] });
        assert_eq!(columns[1], Column { name: "b".into(), values: vec![3, 10, -2] });
    }

    #[test]
    fn decimals_beyond_the_eighth_are_rounded() {
        let column = &parse("a\n9.56666666666667\n-10.0333333333333\n9.4\n")[0];
        assert_eq!(column.values, [956_666_667, -1_003_333_333, 940_000_000]);
    }

    #[test]
    fn long_decimals_have_exact_sums_and_scores() {
        // Five hundred squares of ten digits are more than 64 bits hold.
        let values: Vec<i64> = (0..500).map(|i| 9_223_372_036 + i * i * 54_321).collect();
        let standardiser = Standardiser::of(&values, &(0..500).collect::<Vec<_>>());
        let scores: Vec<f64> = values.iter().map(|&value| standardiser.score(value)).collect();
        let variance = scores.iter().map(|score| score * score).sum::<f64>() / 500.0;
        assert!((variance - 1.0).abs() < 0.01, "{variance}");
        let unit = standardiser.score(values[0] + 1) - scores[0];
        assert!(values.iter().zip(&scores).all(|(v, score)| score - scores[0] == (v - values[0]) as f64 * unit));
    }

    #[test]
    fn scores_are_standardised_and_exactly_affine_in_the_values() {
        let values: Vec<i64> = (0..200).map(|i| 43 + (i * i * 31 + i * 7) % 37).collect();
        let rows: Vec<usize> = (0..200).step_by(3).collect();
        let standardiser = Standardiser::of(&values, &rows);
        let scores: Vec<f64> = rows.iter().map(|&row| standardiser.score(values[row])).collect();
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        let variance = scores.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / scores.len() as f64;
        assert!(mean.abs() < 0.005, "{mean}");
        assert!((variance - 1.0).abs() < 0.01, "{variance}");
        let step = standardiser.score(44) - standardiser.score(43);
        for value in 43..80 {
            assert_eq!(standardiser.score(value + 1) - standardiser.score(value), step, "{value}");
        }
    }

    #[test]
    fn a_constant_column_is_centred_only() {
        let standardiser = Standardiser::of(&[5, 5, 9], &[0, 1]);
        assert_eq!([5, 9].map(|value| standardiser.score(value)), [0.0, 4.0]);
    }

    #[test]
    fn rounding_keeps_eight_significant_bits() {
        assert_eq!(round_to_bits(1.0 / 3.0), 171.0 / 512.0);
        assert_eq!(round_to_bits(255.9), 256.0);
        assert_eq!(round_to_bits(0.75), 0.75);
    }
}
