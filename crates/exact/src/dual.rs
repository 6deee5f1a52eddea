//! Proofs of lower bounds: a dual vector, made feasible and checked with rigorous error bounds.
//!
//! For any `r`: `sum_i (p_i - y_i)^2 >= sum_i 2 r_i (p_i - y_i) - r_i^2`. If `sum_i r_i p_i >= 0` for every prediction `p` of
//! the node, then `-2 r.y - |r|^2` is a lower bound. The condition holds if `sum_i r_i h_i >= 0` at every ray `(j, l)`, where
//! `h_i = s_j alpha z_i` for cut samples with `s_j r_i > 0` (any `alpha` in [0, 1]) and `s_j relu(z_i)` otherwise, and, with a
//! free constant, `sum_i r_i = 0` (rule R6 of the certificates). With points of multiplicity `m_i` the `r_i` here is the sum
//! over equal points, and the bound is `-2 r.y - sum_i r_i^2 / m_i` plus what equal points cannot avoid.
//!
//! Nothing that the relaxation claims is used: whatever `r`, `alpha` come in, the answer is proved or refused.

use crate::certificate::DualVector;
use crate::cone::Cone;
use crate::integers::scale;
use crate::kernels::Kernels;
use crate::linear::{Orthogonal, cholesky, cholesky_solve};
use crate::lines::{Lines, SLOPE_STEPS, slope};
use crate::pivots::solve_with_pivots;
use crate::product::{Product, sign};
use crate::program::Program;
use crate::vertex::Vertex;
use std::sync::Arc;

/// Residuals below this share of the largest are set to zero. They would choose a side for nothing, and change it when the
/// vector moves, which changes the inequalities.
const NEGLIGIBLE: f64 = 1e-8;
/// A ray is tight if its inequality holds with less than this share of `sum |r_i h_i|`.
const TIGHT: f64 = 1e-12;
/// Tight rays are moved to this multiple of their rounding error bound.
const MARGIN: f64 = 16.0;
/// A tight ray whose rest outside the others is below this share counts as exactly dependent.
const DEPENDENT: f64 = 1e-12;
/// Below this share it is nearly dependent: if the others oppose it, no margin is wide enough and all are equalities.
const NEARLY_DEPENDENT: f64 = 1e-9;
/// Above this share rows are clearly independent.
const CLEARLY_INDEPENDENT: f64 = 1e-4;
/// Coefficients of a dependent ray below this do not count.
const NO_PARTNER: f64 = 1e-7;
/// Roundings behind one term of the bound or of a row, beside those of the sum: products, residuals and labels rounded to
/// floats, and the expression of the error itself.
const ROUNDINGS_PER_TERM: f64 = 16.0;
/// Rounds of moving the vector inside.
const ROUNDS: usize = 5;
/// Bits of the residuals in proofs, relative to the largest: vectors are exact multiples of a power of two. Times a slope they
/// are weights of [`WEIGHT_BITS`](crate::digits::WEIGHT_BITS).
const BITS: i64 = 50;
/// Precisions that are tried when proofs are recorded: most do well with fewer bits, and make short certificates.
const RECORDED_BITS: [i64; 2] = [20, BITS];
/// Rounding to fewer bits changes a row by this many units times its length, hardly ever by more. At full precision that is less
/// than the margin, and residuals that should vanish must not be kept away from zero.
const ROUNDING_NOISE: f64 = 5.0;

/// A node with the vector and slopes from which its bound is to be proved.
pub(crate) struct Claim<'a> {
    pub(crate) program: &'a Program,
    /// So many of the first neurons have sign +1.
    pub(crate) positive: usize,
    /// Simplicial cones with the minorants of their cut samples, for the inequalities at the rays. Without them the
    /// inequalities hold at `points`, with the ReLUs themselves.
    pub(crate) intervals: Option<(&'a [Arc<Cone>], &'a Lines)>,
    /// Exact directions inside the neurons' regions, each with its neuron.
    pub(crate) points: &'a [(usize, Arc<Vertex>)],
}

/// One inequality `sum_i r_i h_i >= 0` (or equality, for the constant).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// Ray `l` of neuron `j`.
    Ray(usize, usize),
    /// Point of this number in the claim.
    Point(usize),
    /// The free constant.
    Constant,
}

/// How far the entries of a row may lie from the exact ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EntryError {
    /// At most so far, beside the rounding of the additions.
    most: f64,
    /// Entries up to this were rounded from exact values (see [`Vertex::error`]), also after the product with a slope.
    exact_up_to: f64,
    /// Additions behind an entry.
    additions: f64,
}

impl EntryError {
    /// Of sums of `terms` numbers that are not negative and err by at most `error` each.
    fn of_sums(error: f64, terms: usize) -> Self {
        let terms = terms as f64;
        Self { most: error * terms, exact_up_to: error / f64::from(SLOPE_STEPS), additions: terms - 1.0 }
    }
}

/// Scratch space of the prover.
#[derive(Default)]
pub(crate) struct Prover {
    kernels: Kernels,
    /// Are vectors to be short, because they will be written?
    recorded: bool,
    /// The vector of the last proof, to the nearest floats.
    pub(crate) residuals: Vec<f64>,
    /// Bits of the residuals in the proof at hand, and the power of two that is their unit.
    bits: i64,
    exponent: i64,
    /// The vector of the last proof, if some of it are fractions.
    fractions: Option<DualVector>,
    columns: Vec<f64>,
    rows: Vec<Row>,
    values: Vec<f64>,
    errors: Vec<f64>,
    /// `sum |r_i h_i|` of every row.
    scales: Vec<f64>,
    factor: Vec<f64>,
}

impl<'a> Claim<'a> {
    /// The claim of the interval bound.
    pub(crate) fn intervals(program: &'a Program, product: &'a Product<Cone>, lines: &'a Lines) -> Self {
        Self { program, positive: product.positive, intervals: Some((&product.regions, lines)), points: &[] }
    }

    /// The claim of the hull bound, at the directions that decide it.
    pub(crate) fn hulls(program: &'a Program, positive: usize, points: &'a [(usize, Arc<Vertex>)]) -> Self {
        Self { program, positive, intervals: None, points }
    }

    /// Sign of neuron `j`.
    pub(crate) fn sign(&self, j: usize) -> f64 {
        sign(self.positive, j)
    }

    /// The simplicial cones, if the claim is about such.
    pub(crate) fn cones(&self) -> &'a [Arc<Cone>] {
        self.intervals.map_or(&[], |(cones, _)| cones)
    }

    /// Neuron and direction of a row; none for the constant.
    pub(crate) fn direction(&self, row: Row) -> Option<(usize, &Vertex)> {
        match row {
            Row::Ray(j, l) => Some((j, &self.cones()[j].rays[l])),
            Row::Point(t) => Some((self.points[t].0, &self.points[t].1)),
            Row::Constant => None,
        }
    }

    /// Fills a column with row values for the given residuals.
    pub(crate) fn fill(&self, kernels: Kernels, row: Row, residuals: &[f64], column: &mut [f64]) {
        let Some((j, vertex)) = self.direction(row) else { return column.fill(1.0) };
        let sign = self.sign(j);
        self.program.incidence.outputs(kernels, sign, &vertex.z, column);
        let Some((cones, lines)) = self.intervals else { return };
        for &i in &cones[j].cut {
            if sign * residuals[i] > 0.0 {
                column[i] = sign * slope(lines.slopes[j * residuals.len() + i]) * vertex.z[i];
            }
        }
    }

    /// Bound on the error of every entry of a row.
    pub(crate) fn entry_error(&self, row: Row) -> EntryError {
        let error = self.direction(row).map_or(0.0, |(_, vertex)| vertex.error);
        EntryError::of_sums(error, self.program.incidence.patches())
    }

    /// The lower bound that a feasible vector proves, rounded down: sum of squares over all samples. Valid for every vector
    /// within two units in the last place of the given one.
    pub(crate) fn bound(&self, kernels: Kernels, residuals: &[f64]) -> f64 {
        let program = self.program;
        dual_value(kernels, residuals, &program.labels, &program.multiplicity, program.unavoidable)
    }
}

/// `unavoidable - sum_i r_i (2 y_i + r_i / m_i)`, rounded down, for labels and residuals that are themselves rounded.
fn dual_value(kernels: Kernels, residuals: &[f64], labels: &[f64], multiplicity: &[f64], unavoidable: f64) -> f64 {
    let sums = kernels.bound_sums(residuals, labels, multiplicity);
    let rounding = (residuals.len() as f64 + ROUNDINGS_PER_TERM) * f64::EPSILON * (sums.absolute + unavoidable);
    let underflow = f64::MIN_POSITIVE * (residuals.len() as f64 + sums.touched);
    let bound = unavoidable - sums.inner - (rounding + underflow);
    if bound.is_nan() { f64::NEG_INFINITY } else { bound }
}

/// `sum r_i h_i`, `sum |r_i h_i|` and a rigorous bound on `|computed sum r_i h_i - exact one|`: rounding of the sum, and errors
/// of the entries. The residuals may be rounded too.
pub(crate) fn measure_row(kernels: Kernels, column: &[f64], residuals: &[f64], entries: EntryError) -> (f64, f64, f64) {
    let sums = kernels.row_sums(column, residuals, entries.exact_up_to);
    if sums.absolute == 0.0 && sums.touched == 0.0 {
        return (0.0, 0.0, 0.0);
    }
    let rounding = (column.len() as f64 + entries.additions + ROUNDINGS_PER_TERM) * f64::EPSILON;
    let error = rounding * sums.absolute + (1.0 + rounding) * entries.most * sums.touched + f64::MIN_POSITIVE;
    (sums.inner, sums.absolute, error)
}

/// Power of two of the unit in which numbers up to `largest` have so many bits.
pub(crate) fn unit_exponent(largest: f64, bits: i64) -> i64 {
    largest.log2().floor() as i64 + 1 - bits
}

impl Prover {
    /// A prover whose vectors will be written.
    pub(crate) fn recorded(recorded: bool) -> Self {
        Self { recorded, ..Self::default() }
    }

    /// The lower bound proved from `residuals` by the inequalities at all rays, if the proof goes through and reaches `needed`.
    pub(crate) fn prove(&mut self, claim: &Claim, residuals: &[f64], needed: f64) -> Option<f64> {
        let rays = (0..claim.cones().len()).flat_map(|j| (0..claim.program.dim).map(move |l| Row::Ray(j, l)));
        self.prove_rows(claim, rays, residuals, needed)
    }

    /// The lower bound proved from `residuals` by the given rows, and the constant's if there is one. Leaves the vector that
    /// proves it in `self.residuals`, to the nearest floats.
    pub(crate) fn prove_rows(
        &mut self,
        claim: &Claim,
        rows: impl Iterator<Item = Row>,
        residuals: &[f64],
        needed: f64,
    ) -> Option<f64> {
        self.rows.clear();
        self.rows.extend(rows);
        if claim.program.output_bias {
            self.rows.push(Row::Constant);
        }
        self.columns.resize(self.rows.len() * claim.program.len(), 0.0);
        let precisions = if self.recorded { &RECORDED_BITS[..] } else { &[BITS] };
        precisions.iter().find_map(|&bits| self.prove_rounded(claim, residuals, bits).filter(|&bound| bound >= needed))
    }

    /// The same for all rows at hand, with residuals rounded to so many bits.
    fn prove_rounded(&mut self, claim: &Claim, residuals: &[f64], bits: i64) -> Option<f64> {
        self.fractions = None;
        let largest = residuals.iter().fold(0.0f64, |m, r| m.max(r.abs()));
        if largest < f64::MIN_POSITIVE || !largest.is_finite() {
            self.exponent = 0;
            self.residuals.clear();
            self.residuals.resize(residuals.len(), 0.0);
            return Some(claim.program.unavoidable);
        }
        (self.bits, self.exponent) = (bits, unit_exponent(largest, bits));
        self.residuals.clear();
        self.residuals.extend(residuals.iter().map(|&v| if v.abs() > NEGLIGIBLE * largest { v } else { 0.0 }));
        for round in 0..ROUNDS {
            self.round_residuals();
            self.measure(claim);
            if !claim.program.output_bias && (0..self.rows.len()).all(|t| self.values[t] >= self.errors[t]) {
                return Some(claim.bound(self.kernels, &self.residuals));
            }
            let tight = self.tight_rows();
            if self.move_inside(&tight) {
                continue;
            }
            let structure = self.analyse(&tight);
            if !structure.equal.is_empty() {
                let named = structure.named(&self.rows);
                let (exact, holds) = solve_with_pivots(claim, &self.residuals, &self.rows, &named, bits, round as i32)?;
                self.residuals = exact.floats;
                if holds {
                    self.fractions = Some(exact.vector);
                    return Some(claim.bound(self.kernels, &self.residuals));
                }
                // Rows that were loose are violated now: the next round moves them inside too.
                continue;
            }
            // The shortest step, on samples with a residual only, that brings the tight rows to their margin.
            let missing: Vec<f64> = structure.basis.iter().map(|&t| self.missing(t)).collect();
            let step = structure.factors.shortest(&missing);
            self.kernels.subtract(&mut self.residuals, -1.0, &step);
        }
        None
    }

    /// The vector of the last proof.
    pub(crate) fn vector(&self) -> DualVector {
        let whole = || self.residuals.iter().map(|&r| scale(r, -self.exponent) as i64).collect();
        self.fractions.clone().unwrap_or_else(|| DualVector::whole(self.exponent, whole()))
    }

    /// Rounds the residuals to multiples of their unit.
    fn round_residuals(&mut self) {
        let exponent = self.exponent;
        // The last bit of numbers about this one is the unit: adding it rounds.
        let shift = scale(1.5, exponent + i64::from(f64::MANTISSA_DIGITS) - 1);
        if shift.is_normal() && scale(1.0, exponent).is_normal() {
            self.residuals.iter_mut().for_each(|r| *r = (*r + shift) - shift);
        } else {
            self.residuals.iter_mut().for_each(|r| *r = scale(scale(*r, -exponent).round(), exponent));
        }
    }

    /// Row values and their error bounds at the current vector.
    fn measure(&mut self, claim: &Claim) {
        let n = self.residuals.len();
        self.values.clear();
        self.errors.clear();
        self.scales.clear();
        for (&row, column) in self.rows.iter().zip(self.columns.chunks_exact_mut(n)) {
            claim.fill(self.kernels, row, &self.residuals, column);
            let (value, scale, error) = measure_row(self.kernels, column, &self.residuals, claim.entry_error(row));
            self.values.push(value);
            self.scales.push(scale);
            self.errors.push(error);
        }
    }

    /// What row `t` lacks to its margin.
    fn missing(&self, t: usize) -> f64 {
        (MARGIN * self.errors[t] + self.noise(t) - self.values[t]).max(0.0)
    }

    /// What the next rounding may take from row `t`.
    fn noise(&self, t: usize) -> f64 {
        if self.bits == BITS {
            return 0.0;
        }
        let n = self.residuals.len();
        let column = &self.columns[t * n..(t + 1) * n];
        ROUNDING_NOISE * scale(1.0, self.exponent) * self.kernels.inner(column, column).sqrt()
    }

    /// Brings clearly independent tight rows to their margin, by the shortest step on samples with a residual; returns false
    /// and does nothing if they are not clearly independent. Leaves their columns masked.
    fn move_inside(&mut self, tight: &[usize]) -> bool {
        let (n, size) = (self.residuals.len(), tight.len());
        for &t in tight {
            self.kernels.mask(&mut self.columns[t * n..(t + 1) * n], &self.residuals);
        }
        // More rows than samples depend on each other.
        if size > n || tight.iter().any(|&t| self.rows[t] == Row::Constant) {
            return false;
        }
        let column = |t: usize| &self.columns[t * n..(t + 1) * n];
        self.factor.resize(size * size, 0.0);
        // Entry by entry, so that dependent rows cost no more than the first of them.
        let product = |r: usize, c: usize| self.kernels.inner(column(tight[r]), column(tight[c]));
        if !cholesky(&mut self.factor, size, CLEARLY_INDEPENDENT * CLEARLY_INDEPENDENT, product) {
            return false;
        }
        let mut shares: Vec<f64> = tight.iter().map(|&t| self.missing(t)).collect();
        cholesky_solve(&self.factor, size, &mut shares);
        for (&t, share) in tight.iter().zip(shares) {
            self.kernels.subtract(&mut self.residuals, -share, &self.columns[t * n..(t + 1) * n]);
        }
        true
    }

    /// Rows whose inequality is tight, violated, or has to be an equality.
    fn tight_rows(&self) -> Vec<usize> {
        let tight = |t: usize| {
            self.rows[t] == Row::Constant
                || self.errors[t] > 0.0
                    && self.values[t] < (TIGHT * self.scales[t]).max(MARGIN * self.errors[t]).max(self.noise(t))
        };
        (0..self.rows.len()).filter(|&t| tight(t)).collect()
    }

    /// Chooses independent tight rows, and finds those that must hold with equality because a dependent row opposes them.
    /// The columns of the tight rows are masked to samples with a residual.
    fn analyse(&self, tight: &[usize]) -> Structure {
        let n = self.residuals.len();
        let mut structure = Structure::default();
        // The constant is the last row and so the first choice: it is always in the basis.
        for &t in tight.iter().rev() {
            let projected = structure.factors.project(&self.columns[t * n..(t + 1) * n]);
            if projected.share <= NEARLY_DEPENDENT {
                let coefficients = structure.factors.coefficients(&projected);
                if coefficients.iter().any(|&c| c < -NO_PARTNER) {
                    let partners =
                        coefficients.iter().zip(&structure.basis).filter(|(c, _)| c.abs() > NO_PARTNER).map(|(_, &b)| b);
                    structure.equal.extend(partners.collect::<Vec<_>>());
                    structure.equal.push(t);
                }
            }
            if self.rows[t] == Row::Constant {
                structure.equal.push(t);
            }
            if projected.share > DEPENDENT {
                structure.basis.push(t);
                structure.factors.push(projected);
            }
        }
        structure
    }
}

/// Tight rows: a basis of them, and those that must be equalities.
#[derive(Default)]
struct Structure {
    basis: Vec<usize>,
    factors: Orthogonal,
    equal: Vec<usize>,
}

impl Structure {
    fn named(self, rows: &[Row]) -> TightRows {
        let equal = self.basis.iter().map(|t| self.equal.contains(t)).collect();
        TightRows { rows: self.basis.iter().map(|&t| rows[t]).collect(), equal, factors: self.factors }
    }
}

/// Independent tight rows, as columns masked to samples with a residual.
pub(crate) struct TightRows {
    pub(crate) rows: Vec<Row>,
    /// Which of them must hold with equality, exactly.
    pub(crate) equal: Vec<bool>,
    pub(crate) factors: Orthogonal,
}

impl TightRows {
    /// The rows that must hold with equality.
    pub(crate) fn equalities(&self) -> impl Iterator<Item = Row> {
        self.rows.iter().zip(&self.equal).filter(|(_, equal)| **equal).map(|(row, _)| *row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_rational::BigRational;
    use num_traits::Signed;
    use proptest::prelude::*;

    fn exact(value: f64) -> BigRational {
        BigRational::from_float(value).expect("finite")
    }

    /// Numbers of very different sizes, so that sums cancel.
    fn numbers(least: usize) -> impl Strategy<Value = Vec<(f64, f64, f64)>> {
        let number = || (-1.0f64..1.0, -30i32..30).prop_map(|(mantissa, exponent)| mantissa * 2f64.powi(exponent));
        prop::collection::vec((number(), number(), (1u32..5).prop_map(f64::from)), least..40)
    }

    proptest! {
        #[test]
        fn the_dual_value_is_never_above_the_exact_one(terms in numbers(0), unavoidable in 0.0f64..10.0, nudge in -2i64..=2) {
            let (r, y): (Vec<f64>, Vec<f64>) = terms.iter().map(|t| (t.0, t.1)).unzip();
            let m: Vec<f64> = terms.iter().map(|t| t.2).collect();
            let value = dual_value(Kernels::default(), &r, &y, &m, unavoidable);
            // The true vector may differ by two units in the last place.
            let true_r = |r: f64| f64::from_bits(r.to_bits().saturating_add_signed(if r == 0.0 { 0 } else { nudge }));
            let sum: BigRational = terms.iter().map(|&(r, y, m)| {
                let r = exact(true_r(r));
                &r * (exact(2.0) * exact(y) + &r / exact(m))
            }).sum();
            prop_assert!(exact(value) <= exact(unavoidable) - sum);
        }

        #[test]
        fn row_sums_err_by_no_more_than_their_bound(terms in numbers(0), entry_error in 0.0f64..1e-6, share in -1.0f64..1.0) {
            let (h, r): (Vec<f64>, Vec<f64>) = terms.iter().map(|t| (t.0, t.1)).unzip();
            let entries = EntryError::of_sums(entry_error, 1);
            let (value, scale, error) = measure_row(Kernels::default(), &h, &r, entries);
            // Entries that are small against the error were rounded from exact values.
            let off = |h: f64| if h.abs() <= entries.exact_up_to { 0.0 } else { share };
            let sum: BigRational =
                h.iter().zip(&r).map(|(&h, &r)| (exact(h) + exact(off(h)) * exact(entry_error)) * exact(r)).sum();
            prop_assert!((exact(value) - sum).abs() <= exact(error));
            prop_assert!(scale >= 0.0);
        }
    }
}
