//! Non-negative least squares for the oracle: Lawson and Hanson's method with an orthogonalisation in every step.

/// A column whose rest outside the chosen ones is below this share of its length is left out.
const DEPENDENT: f64 = 1e-10;
/// Ascent directions below this share of the target's length count as zero.
const STATIONARY: f64 = 1e-12;

/// `min |sum_c x_c column_c - target|^2` over `x >= 0`.
pub(crate) fn least_squares_value(columns: &[Vec<f64>], target: &[f64]) -> f64 {
    let lengths: Vec<f64> = columns.iter().map(|c| dot(c, c).sqrt()).collect();
    let mut passive: Vec<usize> = Vec::new();
    let mut solution = vec![0.0; columns.len()];
    let mut refused = vec![false; columns.len()];
    let scale = dot(target, target).sqrt();
    loop {
        let rest = residual(columns, target, &solution);
        let ascent = |c: usize| dot(&columns[c], &rest) / lengths[c];
        let candidates = (0..columns.len()).filter(|&c| lengths[c] > 0.0 && !refused[c] && !passive.contains(&c));
        let entering = candidates.max_by(|&a, &b| ascent(a).total_cmp(&ascent(b)));
        let Some(entering) = entering.filter(|&c| ascent(c) > STATIONARY * scale) else { return dot(&rest, &rest) };
        passive.push(entering);
        match unconstrained(columns, &passive, target) {
            Some(trial) if trial[passive.len() - 1] > 0.0 => walk(columns, target, &mut passive, &mut solution, trial),
            _ => {
                passive.pop();
                refused[entering] = true;
                continue;
            }
        }
        refused.fill(false);
    }
}

/// Towards the unconstrained minimum, dropping columns whose coefficient reaches zero.
fn walk(columns: &[Vec<f64>], target: &[f64], passive: &mut Vec<usize>, solution: &mut [f64], mut trial: Vec<f64>) {
    loop {
        let limits = passive.iter().zip(&trial).filter(|(_, t)| **t <= 0.0).map(|(&c, t)| solution[c] / (solution[c] - t));
        let step = limits.fold(1.0f64, f64::min);
        for (&c, t) in passive.iter().zip(&trial) {
            solution[c] += step * (t - solution[c]);
        }
        if trial.iter().all(|t| *t > 0.0) {
            return;
        }
        let blocked: Vec<usize> =
            passive.iter().zip(&trial).filter(|(c, t)| **t <= 0.0 && solution[**c] <= 1e-14).map(|(c, _)| *c).collect();
        for c in blocked {
            solution[c] = 0.0;
            passive.retain(|p| *p != c);
        }
        let Some(next) = unconstrained(columns, passive, target) else { return };
        trial = next;
    }
}

/// Least-squares coefficients of the chosen columns; `None` if they are dependent.
fn unconstrained(columns: &[Vec<f64>], chosen: &[usize], target: &[f64]) -> Option<Vec<f64>> {
    let size = chosen.len();
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(size);
    let mut upper = vec![vec![0.0; size]; size];
    for (place, &c) in chosen.iter().enumerate() {
        let mut rest = columns[c].clone();
        for _ in 0..2 {
            for (r, direction) in basis.iter().enumerate() {
                let share = dot(direction, &rest);
                upper[r][place] += share;
                rest.iter_mut().zip(direction).for_each(|(v, d)| *v -= share * d);
            }
        }
        let length = dot(&rest, &rest).sqrt();
        if length <= DEPENDENT * dot(&columns[c], &columns[c]).sqrt() {
            return None;
        }
        upper[place][place] = length;
        rest.iter_mut().for_each(|v| *v /= length);
        basis.push(rest);
    }
    let mut coefficients = vec![0.0; size];
    for r in (0..size).rev() {
        let known: f64 = (r + 1..size).map(|c| upper[r][c] * coefficients[c]).sum();
        coefficients[r] = (dot(&basis[r], target) - known) / upper[r][r];
    }
    Some(coefficients)
}

fn residual(columns: &[Vec<f64>], target: &[f64], solution: &[f64]) -> Vec<f64> {
    let mut rest = target.to_vec();
    for (column, &x) in columns.iter().zip(solution).filter(|(_, x)| **x != 0.0) {
        rest.iter_mut().zip(column).for_each(|(v, c)| *v -= x * c);
    }
    rest
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_stay_non_negative() {
        let columns = [vec![1.0, 0.0], vec![0.0, 1.0]];
        assert_eq!(least_squares_value(&columns, &[2.0, -3.0]), 9.0);
        assert!(least_squares_value(&[vec![1.0, 1.0], vec![1.0, -1.0]], &[3.0, 1.0]) < 1e-25);
        assert_eq!(least_squares_value(&[], &[3.0]), 9.0);
    }
}
