//! Points with a known loss from which descent cannot come away. A trainer that starts there must end there.

use crate::layout::Layout;
use crate::least_squares::coefficients;
use optgap_problem::{Activation, Instance, Loss, NetworkKind, Unsupported};

/// A point from which descent cannot come away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    /// All units are on at all samples and together the best affine function (Yun, Sra and Jadbabaie 2019): a local minimum at the loss of
    /// affine least squares.
    Linear,
    /// All units are off at all samples: no gradient but that of the output bias, at the loss of the best constant that it can give.
    Dead,
    /// All weights are 0: a saddle point, at the same loss.
    Zero,
    /// All units are the same and stay so: no better than one unit can be.
    Collapsed,
}

impl Trap {
    /// Does the network have what the trap needs?
    ///
    /// # Errors
    /// What it lacks.
    pub(crate) fn supports(self, instance: &Instance) -> Result<(), Unsupported> {
        let network = &instance.network;
        let dense =
            network.kind == NetworkKind::Dense && network.activation == Activation::Relu && instance.loss == Loss::Squared;
        let needs = |met: bool, what: &str| if met { Ok(()) } else { Err(Unsupported(format!("the trap needs {what}"))) };
        needs(dense, "a dense network of relu units and squared errors of samples")?;
        match self {
            Self::Linear => needs(
                network.hidden_bias && network.output_bias && network.train_output && network.width >= 2,
                "two units or more, hidden bias, output bias and trained outputs",
            ),
            Self::Dead => needs(network.hidden_bias, "hidden bias"),
            Self::Zero => Ok(()),
            Self::Collapsed => needs(network.width >= 2, "two units or more"),
        }
    }

    /// The packed parameters of the trap; `drawn` are those of an ordinary start.
    pub(crate) fn column(self, instance: &Instance, layout: &Layout, drawn: Vec<f64>) -> Vec<f64> {
        let mut column = vec![0.0; layout.rows()];
        let (k, d) = (layout.width(), layout.dimension());
        let labels = instance.data.labels();
        match self {
            Self::Linear => {
                let (slopes, constant) = affine_fit(instance);
                let predictions = instance.data.samples().map(|(x, _)| x.iter().zip(&slopes).map(|(x, w)| x * w).sum::<f64>());
                let lift = 1.0 + predictions.map(f64::abs).fold(0.0, f64::max);
                for unit in 0..k {
                    (0..d).for_each(|input| column[input * k + unit] = slopes[input]);
                    column[d * k + unit] = lift;
                }
                layout.output().into_iter().flatten().for_each(|row| column[row] = 1.0 / k as f64);
                layout.output_bias().into_iter().for_each(|row| column[row] = constant - lift);
                return column;
            }
            Self::Dead => {
                (0..k).for_each(|unit| column[d * k + unit] = -1.0);
                layout.output().into_iter().flatten().for_each(|row| column[row] = drawn[row]);
            }
            Self::Zero => {}
            Self::Collapsed => {
                column = drawn;
                let rows = (0..layout.inputs()).map(|input| input * k..(input + 1) * k).chain(layout.output());
                rows.for_each(|rows| {
                    let first = column[rows.start];
                    column[rows].fill(first);
                });
                return column;
            }
        }
        let mean = labels.iter().sum::<f64>() / labels.len() as f64;
        layout.output_bias().into_iter().for_each(|row| column[row] = mean);
        column
    }
}

/// Slopes and constant of least squares on centred inputs; directions in which the inputs do not vary get no slope.
fn affine_fit(instance: &Instance) -> (Vec<f64>, f64) {
    let data = &instance.data;
    let centred = |values: Vec<f64>| -> (Vec<f64>, f64) {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (values.into_iter().map(|value| value - mean).collect(), mean)
    };
    let inputs = (0..data.dimension()).map(|i| centred(data.samples().map(|(x, _)| x[i]).collect()));
    let (columns, centres): (Vec<_>, Vec<f64>) = inputs.unzip();
    let (labels, centre) = centred(data.labels().to_vec());
    let slopes = coefficients(&columns, &labels);
    let constant = centre - slopes.iter().zip(&centres).map(|(w, c)| w * c).sum::<f64>();
    (slopes, constant)
}
