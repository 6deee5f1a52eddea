//! Proofs of lower bounds: a dual vector, made feasible and checked with rigorous error bounds.
//!
//! For any `r`: `sum_i (p_i - y_i)^2 >= sum_i 2 r_i (p_i - y_i) - r_i^2`. If `sum_i r_i p_i >= 0` for every prediction `p` of
//! the node, then `-2 r.y - |r|^2` is a lower bound. The condition holds if `sum_i r_i h_i >= 0` at every ray `(j, l)`, where
//! `h_i = s_j alpha z_i` for cut samples with `s_j r_i > 0` (any `alpha` in [0, 1]) and `s_j relu(z_i)` otherwise, and, with a
//! free constant, `sum_i r_i = 0` (rule R6 of the certificates). With points of multiplicity `m_i` the `r_i` here is the sum
//! over equal points, and the bound is `-2 r.y - sum_i r_i^2 / m_i` plus what equal points cannot avoid.
//!
//! Nothing that the relaxation claims is used: whatever `r`, `alpha` come in, the answer is proved or refused.

use crate::cone::Decision;
use crate::linear::{Orthogonal, fast_inner};
use crate::node::{Lines, Product, slope};
use crate::pivots::prove_with_pivots;
use crate::program::Program;
use crate::vertex::Vertex;
use optgap_problem::Enclosure;
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
/// Coefficients of a dependent ray below this do not count.
const NO_PARTNER: f64 = 1e-7;
/// Rounds of moving the vector inside.
const ROUNDS: usize = 5;

/// A node with the vector and slopes from which its bound is to be proved.
pub(crate) struct Claim<'a> {
    pub(crate) program: &'a Program,
    pub(crate) product: &'a Product,
    /// The minorants of cut samples, for the inequalities at the rays. Without them the inequalities hold at `points`, with
    /// the ReLUs themselves.
    pub(crate) lines: Option<&'a Lines>,
    /// Exact directions inside the neurons' cones, each with its neuron.
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

/// Scratch space of the prover.
#[derive(Default)]
pub(crate) struct Prover {
    columns: Vec<f64>,
    rows: Vec<Row>,
    values: Vec<f64>,
    errors: Vec<f64>,
    /// `sum |r_i h_i|` of every row.
    scales: Vec<f64>,
    /// The vector of the last proof.
    pub(crate) residuals: Vec<f64>,
}

impl<'a> Claim<'a> {
    /// The claim of the interval bound.
    pub(crate) fn intervals(program: &'a Program, product: &'a Product, lines: &'a Lines) -> Self {
        Self { program, product, lines: Some(lines), points: &[] }
    }

    /// Neuron and direction of a row; none for the constant.
    pub(crate) fn direction(&self, row: Row) -> Option<(usize, &Vertex)> {
        match row {
            Row::Ray(j, l) => Some((j, &self.product.cones[j].rays[l])),
            Row::Point(t) => Some((self.points[t].0, &self.points[t].1)),
            Row::Constant => None,
        }
    }

    /// The minorant of neuron `j` at sample `i` for a residual of the given sign, in units of `1 / SLOPE_STEPS`; none where
    /// the ReLU itself counts.
    pub(crate) fn minorant(&self, j: usize, i: usize, residual_sign: f64) -> Option<u8> {
        let lines = self.lines?;
        let active = self.product.cones[j].decisions[i] == Decision::Cut && self.product.sign(j) * residual_sign > 0.0;
        active.then(|| lines.slopes[j * self.program.len() + i])
    }

    /// Fills a column with row values for the given residuals.
    pub(crate) fn fill(&self, row: Row, residuals: &[f64], column: &mut [f64]) {
        let Some((j, vertex)) = self.direction(row) else { return column.fill(1.0) };
        let sign = self.product.sign(j);
        for (entry, z) in column.iter_mut().zip(&vertex.z) {
            *entry = sign * z.max(0.0);
        }
        if self.lines.is_some() {
            for &i in &self.product.cones[j].cut {
                if let Some(steps) = self.minorant(j, i, residuals[i]) {
                    column[i] = sign * slope(steps) * vertex.z[i];
                }
            }
        }
    }

    /// Bound on the error of every entry of a row.
    pub(crate) fn entry_error(&self, row: Row) -> f64 {
        self.direction(row).map_or(0.0, |(_, vertex)| vertex.error)
    }

    /// The lower bound that a feasible vector proves, rounded down: sum of squares over all samples.
    pub(crate) fn bound(&self, residuals: impl Iterator<Item = Enclosure>) -> f64 {
        let mut sum = Enclosure::exact(self.program.unavoidable);
        for ((r, &label), &m) in residuals.zip(&self.program.label_enclosures).zip(&self.program.multiplicity) {
            if r == Enclosure::ZERO {
                continue;
            }
            sum = sum - Enclosure::exact(2.0) * r * label - r.square().over(m);
        }
        sum.lo
    }
}

/// `sum |r_i h_i|` and a rigorous bound on `|computed sum r_i h_i - exact one|`: rounding of the sum, and errors of the
/// entries, of which those that are zero are exact.
pub(crate) fn inner_error(column: &[f64], residuals: &[f64], entry_error: f64) -> (f64, f64) {
    let (mut absolute_inner, mut touched) = (0.0, 0.0);
    for (h, r) in column.iter().zip(residuals) {
        absolute_inner += (h * r).abs();
        touched += if *h == 0.0 { 0.0 } else { r.abs() };
    }
    if touched == 0.0 {
        return (0.0, 0.0);
    }
    // (n + 16) units cover products, sums in any order, residuals rounded to floats, and the rounding of this expression.
    let rounding = (column.len() as f64 + 16.0) * f64::EPSILON;
    (absolute_inner, rounding * absolute_inner + (1.0 + rounding) * entry_error * touched + f64::MIN_POSITIVE)
}

impl Prover {
    /// The lower bound proved from `residuals` by the inequalities at all rays, if the proof goes through and reaches `needed`.
    pub(crate) fn prove(&mut self, claim: &Claim, residuals: &[f64], needed: f64) -> Option<f64> {
        let rays = (0..claim.product.cones.len()).flat_map(|j| (0..claim.program.dim).map(move |l| Row::Ray(j, l)));
        self.prove_rows(claim, rays, residuals, needed)
    }

    /// The lower bound proved from `residuals` by the given rows, and the constant's if there is one. Leaves the residuals that
    /// prove it, to the nearest floats, in `self.residuals`.
    pub(crate) fn prove_rows(
        &mut self,
        claim: &Claim,
        rows: impl Iterator<Item = Row>,
        residuals: &[f64],
        needed: f64,
    ) -> Option<f64> {
        let n = claim.program.len();
        let largest = residuals.iter().fold(0.0f64, |m, r| m.max(r.abs()));
        if largest == 0.0 || !largest.is_finite() {
            let trivial = claim.program.unavoidable;
            return (trivial >= needed).then_some(trivial);
        }
        let mut r: Vec<f64> = residuals.iter().map(|&v| if v.abs() > NEGLIGIBLE * largest { v } else { 0.0 }).collect();
        self.rows.clear();
        self.rows.extend(rows);
        if claim.program.output_bias {
            self.rows.push(Row::Constant);
        }
        self.columns.resize(self.rows.len() * n, 0.0);
        for round in 0..ROUNDS {
            self.measure(claim, &r);
            if !claim.program.output_bias && (0..self.rows.len()).all(|t| self.values[t] >= self.errors[t]) {
                let bound = claim.bound(r.iter().map(|&v| Enclosure::exact(v)));
                self.residuals = r;
                return (bound >= needed).then_some(bound);
            }
            let tight = self.tight_rows();
            let structure = self.analyse(&tight, n, &r);
            if !structure.equal.is_empty() {
                let (exact, holds) = prove_with_pivots(claim, &r, &self.rows, &structure.named(&self.rows), round)?;
                if holds {
                    let bound = claim.bound(exact.enclosures());
                    self.residuals = exact.floats;
                    return (bound >= needed).then_some(bound);
                }
                // Rows that were loose are violated now: the next round moves them inside too.
                r = exact.floats;
                continue;
            }
            // The shortest step, on samples with a residual only, that brings the tight rows to their margin.
            let missing: Vec<f64> =
                structure.basis.iter().map(|&t| (MARGIN * self.errors[t] - self.values[t]).max(0.0)).collect();
            r.iter_mut().zip(structure.factors.shortest(&missing)).for_each(|(r, step)| *r += step);
        }
        None
    }

    /// Row values and their error bounds at `r`.
    fn measure(&mut self, claim: &Claim, r: &[f64]) {
        let n = r.len();
        self.values.clear();
        self.errors.clear();
        self.scales.clear();
        for (t, &row) in self.rows.iter().enumerate() {
            let column = &mut self.columns[t * n..(t + 1) * n];
            claim.fill(row, r, column);
            self.values.push(fast_inner(column, r));
            let (scale, error) = inner_error(column, r, claim.entry_error(row));
            self.scales.push(scale);
            self.errors.push(error);
        }
    }

    /// Rows whose inequality is tight, violated, or has to be an equality.
    fn tight_rows(&self) -> Vec<usize> {
        let tight = |t: usize| {
            self.rows[t] == Row::Constant
                || self.errors[t] > 0.0 && self.values[t] < (TIGHT * self.scales[t]).max(MARGIN * self.errors[t])
        };
        (0..self.rows.len()).filter(|&t| tight(t)).collect()
    }

    /// Chooses independent tight rows, and finds those that must hold with equality because a dependent row opposes them.
    fn analyse(&self, tight: &[usize], n: usize, r: &[f64]) -> Structure {
        let mut structure = Structure::default();
        // The constant is the last row and so the first choice: it is always in the basis.
        for &t in tight.iter().rev() {
            let column = self.columns[t * n..(t + 1) * n].iter().zip(r).map(|(h, r)| if *r == 0.0 { 0.0 } else { *h });
            let projected = structure.factors.project(&column.collect::<Vec<f64>>());
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
