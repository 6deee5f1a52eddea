//! Where each trained parameter of a network sits in a column of the packed parameter matrix.

use optgap_problem::{Instance, Network, Weights};
use std::ops::Range;

/// Rows of the packed parameter matrix `[rows, restarts]`: one column holds everything that one restart trains.
///
/// Rows `i * k + j` hold the weight of input `i` into unit `j`; with a hidden bias the inputs have a last entry that is
/// always 1, so `b_j` is the weight of input `d`. Then come the `k` outputs, if they are trained, and last the output
/// bias, if there is one. What is not trained has no row and therefore cannot move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    network: Network,
    dimension: usize,
}

impl Layout {
    pub(crate) fn new(instance: &Instance) -> Self {
        Self { network: instance.network.clone(), dimension: instance.data.dimension() }
    }

    /// Number `k` of hidden units.
    pub(crate) fn width(&self) -> usize {
        self.network.width
    }

    /// Number `d` of inputs, without the constant one.
    pub(crate) fn dimension(&self) -> usize {
        self.dimension
    }

    /// Number of inputs with the constant one of the hidden bias.
    pub(crate) fn inputs(&self) -> usize {
        self.dimension + usize::from(self.network.hidden_bias)
    }

    /// Rows of the weights into hidden units.
    pub(crate) fn hidden(&self) -> Range<usize> {
        0..self.inputs() * self.width()
    }

    /// Rows of the outputs, if they are trained.
    pub(crate) fn output(&self) -> Option<Range<usize>> {
        let start = self.hidden().end;
        self.network.train_output.then(|| start..start + self.width())
    }

    /// Row of the output bias, if there is one.
    pub(crate) fn output_bias(&self) -> Option<usize> {
        self.network.output_bias.then(|| self.rows() - 1)
    }

    /// Number of rows: of trained parameters per restart.
    pub(crate) fn rows(&self) -> usize {
        self.network.parameter_count(self.dimension)
    }

    /// The weights of one column. What has no row takes the value it is fixed at.
    pub(crate) fn unpack(&self, column: &[f64]) -> Weights {
        let (k, d) = (self.width(), self.dimension);
        let mut weights = Weights::zero(k, d);
        for j in 0..k {
            weights.hidden[j] = (0..d).map(|i| column[i * k + j]).collect();
            if self.network.hidden_bias {
                weights.hidden_bias[j] = column[d * k + j];
            }
        }
        if let Some(rows) = self.output() {
            weights.output = column[rows].to_vec();
        }
        if let Some(row) = self.output_bias() {
            weights.output_bias = column[row];
        }
        weights
    }
}
