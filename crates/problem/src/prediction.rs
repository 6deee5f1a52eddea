//! What a network predicts, enclosed by outward rounding.

use crate::{Activation, Enclosure, Weights};

/// The prediction of weights that fit the network.
pub(crate) fn prediction(activation: Activation, weights: &Weights, input: &[f64]) -> Enclosure {
    let unit = |unit: usize| {
        let row = &weights.hidden[unit];
        mean(input.chunks_exact(row.len()).map(|patch| {
            let z = affine(row, weights.hidden_bias[unit], patch.iter().map(|&x| Enclosure::exact(x)));
            activated(activation, z)
        }))
    };
    let mut units: Vec<Enclosure> = (0..weights.width()).map(unit).collect();
    for matrix in &weights.inner {
        units = matrix.iter().map(|row| affine(row, 0.0, units.iter().copied())).collect();
    }
    affine(&weights.output, weights.output_bias, units.into_iter())
}

/// Is a sample with this product of label and prediction an error? One if it is certainly, zero if certainly not.
pub(crate) fn error_of(margin: Enclosure) -> Enclosure {
    Enclosure { lo: f64::from(u8::from(margin.hi <= 0.0)), hi: f64::from(u8::from(margin.lo <= 0.0)) }
}

/// The mean of at least one value.
fn mean(mut values: impl ExactSizeIterator<Item = Enclosure>) -> Enclosure {
    let count = values.len() as f64;
    let first = values.next().expect("a sample has at least one patch");
    let (sum, equal) = values.fold((first, true), |(sum, equal), value| (sum + value, equal && value == first));
    // The mean of numbers from one interval lies in it, while a sum and a division would widen it.
    if equal { first } else { sum.over(count) }
}

/// `w . x + b`.
fn affine(weights: &[f64], bias: f64, inputs: impl Iterator<Item = Enclosure>) -> Enclosure {
    let terms = weights.iter().zip(inputs).map(|(&w, x)| Enclosure::exact(w) * x);
    terms.fold(Enclosure::exact(bias), |sum, term| sum + term)
}

fn activated(activation: Activation, z: Enclosure) -> Enclosure {
    match activation {
        Activation::Relu => z.relu(),
        Activation::Linear => z,
        Activation::Threshold => Enclosure { lo: f64::from(u8::from(z.lo > 0.0)), hi: f64::from(u8::from(z.hi > 0.0)) },
    }
}
