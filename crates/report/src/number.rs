//! Numbers as people read them.

use crate::statistics::Proportion;

/// Written where there is nothing to say.
pub(crate) const NOTHING: &str = "–";

/// A gap with two digits, in scientific notation where it is small or large, `0`, or `diverged` where it is infinite.
pub(crate) fn gap(value: Option<f64>) -> String {
    match value {
        None => NOTHING.into(),
        Some(0.0) => "0".into(),
        Some(gap) if gap.is_infinite() => "diverged".into(),
        Some(gap) if (0.01..100.0).contains(&gap) => loss(Some(gap), 2),
        Some(gap) => format!("{gap:.1e}"),
    }
}

/// Seconds with two or three significant digits.
pub(crate) fn seconds(value: Option<f64>) -> String {
    match value {
        None => NOTHING.into(),
        Some(seconds) if seconds < 0.000_95 => "<0.001".into(),
        Some(seconds) if seconds < 0.0995 => trimmed(seconds, 3),
        Some(seconds) if seconds < 9.95 => format!("{seconds:.2}"),
        Some(seconds) if seconds < 99.5 => format!("{seconds:.1}"),
        Some(seconds) => format!("{seconds:.0}"),
    }
}

/// A number of bytes in decimal units with two or three digits: `950 B`, `34 kB`, `2.3 MB`.
pub fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut unit = "";
    for larger in ["kB", "MB", "GB", "TB"] {
        // 999.5 would be written as 1000.
        if value < 999.5 {
            break;
        }
        (value, unit) = (value / 1000.0, larger);
    }
    if value < 9.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// A loss with this many significant digits, in scientific notation where it is small or large.
pub(crate) fn loss(value: Option<f64>, digits: u8) -> String {
    match value {
        None => NOTHING.into(),
        Some(0.0) => "0".into(),
        Some(loss) if (1e-3..1e6).contains(&loss) => {
            let before_point = loss.log10().floor() as i32 + 1;
            trimmed(loss, usize::try_from(i32::from(digits) - before_point).unwrap_or(0))
        }
        Some(loss) => format!("{loss:.0$e}", usize::from(digits).saturating_sub(1)),
    }
}

fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A share as a whole percentage. Only nothing is 0 % and only everything is 100 %.
pub(crate) fn percent(proportion: Proportion) -> String {
    let Some(share) = proportion.share() else { return NOTHING.into() };
    let rounded = (100.0 * share).round();
    match proportion.successes {
        0 => "0 %".into(),
        all if all == proportion.trials => "100 %".into(),
        _ if rounded == 0.0 => "<1 %".into(),
        _ if rounded == 100.0 => ">99 %".into(),
        _ => format!("{rounded} %"),
    }
}

/// The 95 % interval of a proportion in percent: `[77, 84]`.
pub(crate) fn percent_interval(proportion: Proportion) -> String {
    proportion.interval().map_or_else(String::new, |[lower, upper]| {
        let lower = (100.0 * lower).floor();
        let upper = (100.0 * upper).ceil();
        format!("[{lower}, {upper}]")
    })
}

/// `3/8`.
pub(crate) fn ratio(proportion: Proportion) -> String {
    if proportion.trials == 0 { NOTHING.into() } else { format!("{}/{}", proportion.successes, proportion.trials) }
}

/// `1 instance`, `2 instances`.
pub(crate) fn counted(count: usize, singular: &str) -> String {
    if count == 1 { format!("1 {singular}") } else { format!("{count} {singular}s") }
}

/// A number of a file for machines: shortest text that reads back to the same number; empty where it is not finite.
pub(crate) fn exact(value: Option<f64>) -> String {
    match value.filter(|value| value.is_finite()) {
        None => String::new(),
        Some(value) if value == 0.0 || (1e-4..1e9).contains(&value.abs()) => value.to_string(),
        Some(value) => format!("{value:e}"),
    }
}

/// `10` with a raised exponent.
pub(crate) fn power_of_ten(exponent: i32) -> String {
    let raised = |digit: char| match digit {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => digit.to_digit(10).and_then(|value| char::from_u32(0x2070 + value)).unwrap_or(digit),
    };
    match exponent {
        0 => "1".into(),
        1 => "10".into(),
        _ => format!("10{}", exponent.to_string().chars().map(raised).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_short_and_infinity_has_a_word() {
        let texts = [None, Some(0.0), Some(3.14e-9), Some(0.0628), Some(1.0), Some(1234.0), Some(f64::INFINITY)].map(gap);
        assert_eq!(texts, ["–", "0", "3.1e-9", "0.063", "1", "1.2e3", "diverged"]);
    }

    #[test]
    fn seconds_keep_about_three_digits() {
        let texts = [Some(0.0), Some(0.02), Some(0.5), Some(12.34), Some(170.4), None].map(seconds);
        assert_eq!(texts, ["<0.001", "0.02", "0.50", "12.3", "170", "–"]);
    }

    #[test]
    fn sizes_have_two_or_three_digits_and_a_unit() {
        let texts = [0, 999, 1000, 9_949, 34_200, 999_499, 999_500, 2_345_678, 5_000_000_000].map(size);
        assert_eq!(texts, ["0 B", "999 B", "1.0 kB", "9.9 kB", "34 kB", "999 kB", "1.0 MB", "2.3 MB", "5.0 GB"]);
    }

    #[test]
    fn losses_have_as_many_digits_as_asked_for() {
        let texts = [Some(0.0), Some(1.0), Some(0.012_345_678), Some(1234.5678), Some(1.5e-9), None].map(|value| loss(value, 5));
        assert_eq!(texts, ["0", "1", "0.012346", "1234.6", "1.5000e-9", "–"]);
    }

    #[test]
    fn percentages_never_round_to_nothing_or_everything() {
        let texts = [(0, 9), (1, 1000), (1, 3), (999, 1000), (9, 9), (0, 0)]
            .map(|(successes, trials)| percent(Proportion { successes, trials }));
        assert_eq!(texts, ["0 %", "<1 %", "33 %", ">99 %", "100 %", "–"]);
    }

    #[test]
    fn powers_of_ten_are_written_with_raised_digits() {
        assert_eq!([-12, -3, 0, 1, 4, 15].map(power_of_ten), ["10⁻¹²", "10⁻³", "1", "10", "10⁴", "10¹⁵"]);
    }

    #[test]
    fn numbers_for_machines_read_back_and_are_never_infinite() {
        assert_eq!(exact(Some(0.1)), "0.1");
        assert_eq!(exact(Some(1.5e-12)), "1.5e-12");
        assert_eq!(exact(Some(f64::NAN)), "");
        assert_eq!(exact(Some(f64::INFINITY)), "");
    }
}
