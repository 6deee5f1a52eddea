//! The loss, straight from its definition.

use crate::dyadic::Dyadic;
use crate::input::{Instance, Kind, Network, Weights};
use crate::{CheckError, Document, ExactLoss, MAX_PRODUCTS, MAX_WIDTH};

/// One hidden unit: `output * max(0, input . x + bias)`.
struct Unit {
    input: Vec<Dyadic>,
    bias: Dyadic,
    output: Dyadic,
}

/// The mean over the samples of `(f(x) - y)^2`, after every shape has been checked.
///
/// A unit looks at `P` patches, one in a dense network, and their mean counts. No division is exact here, so what is summed
/// is `P (f(x) - y)`.
pub(crate) fn mean_squared_error(instance: &Instance, weights: &Weights) -> Result<ExactLoss, CheckError> {
    let patches = check_instance(instance)?;
    check_weights(instance, weights, patches)?;
    let units = units(weights)?;
    let count = dyadic(Document::Instance, "patches", patches as f64)?;
    let output_bias = dyadic(Document::Weights, "output_bias", weights.output_bias)?;
    let mut sum = Dyadic::zero();
    for (row, &label) in instance.x.values.chunks_exact(instance.x.columns).zip(&instance.y.0) {
        let row = dyadics(Document::Instance, "x", row)?;
        // `f(x) - y`, summed from its right end.
        let mut residual = dyadic(Document::Instance, "y", -label)?;
        residual += &output_bias;
        residual = &residual * &count;
        for unit in &units {
            for patch in row.chunks_exact(unit.input.len()) {
                add_activity(&mut residual, unit, patch);
            }
        }
        sum += &(&residual * &residual);
    }
    // At most MAX_NUMBERS squared: there are no more patches than inputs.
    Ok(ExactLoss::new(sum.over(instance.x.rows * patches * patches)))
}

/// Adds `output * max(0, input . x + bias)`.
fn add_activity(sum: &mut Dyadic, unit: &Unit, inputs: &[Dyadic]) {
    let mut activity = unit.bias.clone();
    for (weight, input) in unit.input.iter().zip(inputs) {
        activity += &(weight * input);
    }
    if activity.is_positive() {
        *sum += &(&unit.output * &activity);
    }
}

fn units(weights: &Weights) -> Result<Vec<Unit>, CheckError> {
    let rows = weights.hidden.values.chunks_exact(weights.hidden.columns);
    rows.zip(&weights.hidden_bias.0)
        .zip(&weights.output.0)
        .map(|((row, &bias), &output)| {
            Ok(Unit {
                input: dyadics(Document::Weights, "hidden", row)?,
                bias: dyadic(Document::Weights, "hidden_bias", bias)?,
                output: dyadic(Document::Weights, "output", output)?,
            })
        })
        .collect()
}

fn dyadics(document: Document, part: &'static str, values: &[f64]) -> Result<Vec<Dyadic>, CheckError> {
    values.iter().map(|&value| dyadic(document, part, value)).collect()
}

fn dyadic(document: Document, part: &'static str, value: f64) -> Result<Dyadic, CheckError> {
    Dyadic::from_f64(value).ok_or(CheckError::NotFinite { document, part, value })
}

/// Checks the shape and returns the number of patches that a unit looks at.
pub(crate) fn check_instance(instance: &Instance) -> Result<usize, CheckError> {
    let (samples, inputs, width) = (instance.x.rows, instance.x.columns, instance.network.width);
    if instance.weight_decay != 0.0 {
        return Err(CheckError::WeightDecay(instance.weight_decay));
    }
    if samples == 0 {
        return Err(CheckError::NoSamples);
    }
    check_length(Document::Instance, "y", instance.y.0.len(), samples)?;
    if width == 0 || width > MAX_WIDTH {
        return Err(CheckError::Width(width));
    }
    // The factors are bounded by MAX_NUMBERS and MAX_WIDTH, their product by 2^56.
    if samples as u64 * width as u64 * (inputs as u64 + 1) > MAX_PRODUCTS as u64 {
        return Err(CheckError::TooMuchWork { samples, width, inputs });
    }
    patches(&instance.network, inputs)
}

/// Number of patches of a sample with this many inputs: 1 in a dense network.
fn patches(network: &Network, inputs: usize) -> Result<usize, CheckError> {
    let Network { kind, patches, patch_size, width, .. } = *network;
    match (kind, patches, patch_size) {
        (Kind::Dense, None, None) => Ok(1),
        (Kind::SharedFilter, ..) if width != 1 => Err(CheckError::SharedWidth(width)),
        (Kind::SharedFilter, Some(count), Some(size)) if count.checked_mul(size) == Some(inputs) => Ok(count),
        _ => Err(CheckError::Patches { patches, patch_size, inputs }),
    }
}

fn check_weights(instance: &Instance, weights: &Weights, patches: usize) -> Result<(), CheckError> {
    let network = &instance.network;
    for (part, found, expected) in [
        ("hidden", weights.hidden.rows, network.width),
        ("a row of hidden", weights.hidden.columns, instance.x.columns / patches),
        ("hidden_bias", weights.hidden_bias.0.len(), network.width),
        ("output", weights.output.0.len(), network.width),
    ] {
        check_length(Document::Weights, part, found, expected)?;
    }
    for (part, trained, values, value) in [
        ("hidden_bias", network.hidden_bias, weights.hidden_bias.0.as_slice(), 0.0),
        ("output_bias", network.output_bias, &[weights.output_bias], 0.0),
        ("output", network.train_output, &weights.output.0, 1.0),
    ] {
        if !trained && values.iter().any(|&found| found != value) {
            return Err(CheckError::Fixed { part, value });
        }
    }
    Ok(())
}

fn check_length(document: Document, part: &'static str, found: usize, expected: usize) -> Result<(), CheckError> {
    if found == expected { Ok(()) } else { Err(CheckError::Length { document, part, found, expected }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{read_instance, read_weights};

    fn instance() -> Instance {
        let text = br#"{"format": "optgap-instance/1", "network": {"kind": "dense", "width": 1, "output_bias": true}, "x": [[1], [2]], "y": [3, 4]}"#;
        read_instance(text).expect("valid")
    }

    fn weights() -> Weights {
        read_weights(br#"{"hidden": [[1]], "hidden_bias": [0], "output": [1], "output_bias": 2}"#).expect("valid")
    }

    /// JSON has no such numbers, but nothing here may rest on that.
    #[test]
    fn a_number_that_is_not_finite_is_refused_wherever_it_stands() {
        assert_eq!(mean_squared_error(&instance(), &weights()).expect("valid").to_string(), "0/1");
        let refused = |change: fn(&mut Instance, &mut Weights)| {
            let (mut instance, mut weights) = (instance(), weights());
            change(&mut instance, &mut weights);
            mean_squared_error(&instance, &weights).expect_err("not finite").to_string()
        };
        assert_eq!(refused(|i, _| i.x.values[1] = f64::NAN), "instance: x holds NaN, which is not a finite number");
        assert!(refused(|i, _| i.y.0[0] = f64::INFINITY).starts_with("instance: y holds"));
        assert!(refused(|i, _| i.weight_decay = f64::NAN).starts_with("instance: weight_decay is NaN"));
        assert!(refused(|_, w| w.hidden.values[0] = f64::NAN).starts_with("weights: hidden holds NaN"));
        assert!(refused(|_, w| w.hidden_bias.0[0] = f64::NEG_INFINITY).starts_with("weights: hidden_bias holds -inf"));
        assert!(refused(|_, w| w.output.0[0] = f64::NAN).starts_with("weights: output holds NaN"));
        assert!(refused(|_, w| w.output_bias = f64::NAN).starts_with("weights: output_bias holds NaN"));
    }
}
