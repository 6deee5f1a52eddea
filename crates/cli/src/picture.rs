//! A data set of one or two inputs in letters.

use optgap_problem::Dataset;

/// Letters across and down.
const COLUMNS: usize = 64;
const ROWS: usize = 18;

/// Labels from low to high, as letters of growing weight.
const SHADES: [char; 5] = ['.', ':', 'o', 'O', '@'];

/// One input: label above input. Two inputs: the second above the first, with the label as a letter. More: nothing.
pub(crate) fn picture(data: &Dataset) -> String {
    let labels = Range::of(data.labels().iter().copied());
    let points: Vec<(f64, f64, char)> = match data.dimension() {
        1 => data.samples().map(|(x, y)| (x[0], y, 'o')).collect(),
        2 => data.samples().map(|(x, y)| (x[0], x[1], SHADES[labels.place(y, SHADES.len())])).collect(),
        _ => return String::new(),
    };
    let (across, up) = (Range::of(points.iter().map(|p| p.0)), Range::of(points.iter().map(|p| p.1)));
    let mut canvas = vec![[' '; COLUMNS]; ROWS];
    for &(x, y, letter) in &points {
        canvas[ROWS - 1 - up.place(y, ROWS)][across.place(x, COLUMNS)] = letter;
    }
    let edge = format!("  +{}+\n", "-".repeat(COLUMNS));
    let lines: Vec<String> = canvas.iter().map(|line| format!("  |{}|\n", line.iter().collect::<String>())).collect();
    let lines = lines.concat();
    let (first, second) = if data.dimension() == 1 { ("x", "y") } else { ("x1", "x2") };
    let legend = if data.dimension() == 1 {
        String::new()
    } else {
        let shades = SHADES.map(String::from).join(" ");
        format!(", y from {:.3} to {:.3} as {shades}", labels.least, labels.most)
    };
    format!(
        "{edge}{lines}{edge}  {first} from {:.3} to {:.3}, {second} from {:.3} to {:.3}{legend}\n",
        across.least, across.most, up.least, up.most
    )
}

/// From the least to the largest of some numbers.
struct Range {
    least: f64,
    most: f64,
}

impl Range {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let start = Self { least: f64::INFINITY, most: f64::NEG_INFINITY };
        values.fold(start, |range, value| Self { least: range.least.min(value), most: range.most.max(value) })
    }

    /// Which of so many equal parts of the range a value is in; the middle one where the range is a point.
    fn place(&self, value: f64, parts: usize) -> usize {
        let share = (value - self.least) / (self.most - self.least);
        if share.is_nan() { parts / 2 } else { ((share * parts as f64) as usize).min(parts - 1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(rows: &[Vec<f64>], labels: Vec<f64>) -> Vec<String> {
        picture(&Dataset::new(rows, labels).expect("valid")).lines().map(str::to_owned).collect()
    }

    #[test]
    fn one_input_is_drawn_as_a_curve_and_two_as_a_map() {
        let curve = drawn(&[vec![0.0], vec![1.0]], vec![0.0, 1.0]);
        assert_eq!(curve.len(), ROWS + 3);
        assert!(curve[1].ends_with("o|") && curve[ROWS].starts_with("  |o"), "{curve:?}");
        let map = drawn(&[vec![0.0, 0.0], vec![1.0, 0.0]], vec![-1.0, 1.0]);
        assert!(map.iter().any(|line| line.starts_with("  |.") && line.ends_with("@|")), "{map:?}");
        assert!(map.last().is_some_and(|line| line.ends_with("y from -1.000 to 1.000 as . : o O @")));
    }

    #[test]
    fn more_inputs_have_no_picture_and_equal_ones_have_one() {
        assert!(drawn(&[vec![0.0; 3]], vec![1.0]).is_empty());
        assert_eq!(drawn(&[vec![2.0], vec![2.0]], vec![1.0, 1.0]).len(), ROWS + 3);
    }
}
