//! A product of matrices: deep, but linear.
//!
//! **Definition.** Inputs `x ~ N(0, I_d)`, rounded to multiples of `2^-16`; every input is there twice, with the labels `u .
//! x + noise` and `u . x - noise` for a random direction `u`. The network is a product of `depth` matrices with `width`
//! inner dimensions and no bias. The test set holds 200 further samples, without noise.
//!
//! **Source.** Baldi and Hornik (1989) for two matrices, Kawaguchi (2016) for any number: no local minimum is worse than the
//! global one.
//!
//! **Reference.** `noise^2`, which is ordinary least squares.
//!
//! **Proof.** No function gives two labels to one input, and their mean costs least; `u . x` is that mean and a product of
//! matrices.
//!
//! **Descent** is expected to reach the optimum from every start that is not zero, at any depth, and to slow down with the
//! depth where the start is small: saddle points are passed, but take long. It is the calibration for "no bad local minima".
//!

use crate::about::about;
use crate::planted::{direction, product};
use crate::request::{Request, dataset, dimension, state_optimum};
use crate::stream::{Purpose, Stream, gaussian_rows};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag, Weights};

/// See the module documentation.
pub(crate) struct DeepLinear;

const PARAMETERS: &[Parameter] = &[
    Parameter::integer("different", "different inputs, each there twice", 2, 1000, 20),
    dimension(3),
    Parameter::integer("width", "inner dimensions", 1, 64, 2),
    Parameter::integer("depth", "matrices", 2, 16, 3),
    Parameter::real("noise", "half the difference of the labels of one input", 0.0, 100.0, 0.5),
];

impl Family for DeepLinear {
    fn name(&self) -> &'static str {
        "deep-linear"
    }

    fn tag(&self) -> Tag {
        Tag::Structured
    }

    fn about(&self) -> About {
        about(include_str!("deep_linear.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "different=6,dimension=2,depth=2" },
            Size { name: "small", parameters: "different=20,dimension=3,depth=3" },
            Size { name: "medium", parameters: "different=50,dimension=8,width=4,depth=4" },
            Size { name: "large", parameters: "different=200,dimension=20,width=8,depth=6" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (dimension, width, depth) = (parameters.count("dimension"), parameters.count("width"), parameters.count("depth"));
        let noise = parameters.real("noise");
        let [inputs, test_rows] = gaussian_rows(seed, parameters.count("different"), dimension);
        let u = direction(&mut Stream::new(seed, Purpose::Teacher), dimension);
        let (rows, labels): (Vec<_>, Vec<_>) = inputs
            .into_iter()
            .flat_map(|row| {
                let label = product(&u, &row);
                [(row.clone(), label + noise), (row, label - noise)]
            })
            .unzip();
        let mut instance = Request::new(self, parameters, seed).instance(&rows, labels, Network::deep_linear(depth, width))?;
        let test_labels = test_rows.iter().map(|row| product(&u, row)).collect();
        instance.test = Some(dataset(&test_rows, test_labels)?);
        state_optimum(&mut instance, noise * noise, &witness(&u, width, depth));
        Ok(instance)
    }
}

/// One path through the matrices carries `u`.
fn witness(u: &[f64], width: usize, depth: usize) -> Weights {
    let mut path = vec![vec![0.0; width]; width];
    path[0][0] = 1.0;
    let mut weights = Weights { inner: vec![path; depth - 2], ..Weights::zero(width, u.len()) };
    weights.hidden[0].copy_from_slice(u);
    weights.output[1..].fill(0.0);
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, witness_of};

    #[test]
    fn the_hidden_direction_has_the_loss_of_the_noise() {
        for text in ["depth=2", "depth=7,width=5", "noise=0"] {
            let instance = made(&DeepLinear, text, 1).expect("valid");
            let expected = if text == "noise=0" { 0.0 } else { 0.25 };
            let loss = instance.loss_of(&witness_of(&instance)).expect("fits");
            assert!(loss.lo <= expected && expected <= loss.hi && loss.width() < 1e-12, "{text}: {loss:?}");
        }
    }
}
