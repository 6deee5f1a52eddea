//! Where each trained parameter of a network sits in a column of the packed parameter matrix.

use optgap_problem::{Instance, Network, Weights};
use std::ops::Range;

/// Rows of the packed parameter matrix `[rows, restarts]`: one column holds everything that one restart trains.
///
/// Rows `i * k + j` hold the weight of input `i` into unit `j`; with a hidden bias the inputs have a last entry that is
/// always 1, so `b_j` is the weight of input `d`. Then come the inner matrices of a deep linear network, the `k` outputs, if they
/// are trained, and last the output bias, if there is one. What is not trained has no row and therefore cannot move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    network: Network,
    dimension: usize,
}

impl Layout {
    pub(crate) fn new(instance: &Instance) -> Self {
        Self { network: instance.network.clone(), dimension: instance.network.unit_inputs(instance.data.dimension()) }
    }

    /// Number `k` of hidden units.
    pub(crate) fn width(&self) -> usize {
        self.network.width
    }

    /// Number `d` of inputs that a unit sees at a time, without the constant one.
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

    /// Rows of each inner matrix of a deep linear network, its rows one after the other.
    pub(crate) fn inner(&self) -> impl Iterator<Item = Range<usize>> {
        let (start, size) = (self.hidden().end, self.width() * self.width());
        (0..self.network.inner_layers()).map(move |layer| start + layer * size..start + (layer + 1) * size)
    }

    /// Rows of the outputs, if they are trained.
    pub(crate) fn output(&self) -> Option<Range<usize>> {
        let start = self.inner().last().map_or(self.hidden().end, |rows| rows.end);
        self.network.train_output.then(|| start..start + self.width())
    }

    /// Row of the output bias, if there is one.
    pub(crate) fn output_bias(&self) -> Option<usize> {
        self.network.output_bias.then(|| self.rows() - 1)
    }

    /// Number of rows: of trained parameters per restart.
    pub(crate) fn rows(&self) -> usize {
        let outputs = self.output().map_or(0, |rows| rows.len());
        let inner: usize = self.inner().map(|rows| rows.len()).sum();
        self.hidden().len() + inner + outputs + usize::from(self.network.output_bias)
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
        weights.inner = self.inner().map(|rows| column[rows].chunks_exact(k).map(<[f64]>::to_vec).collect()).collect();
        if let Some(rows) = self.output() {
            weights.output = column[rows].to_vec();
        }
        if let Some(row) = self.output_bias() {
            weights.output_bias = column[row];
        }
        weights
    }
}
