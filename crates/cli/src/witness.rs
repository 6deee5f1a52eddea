//! Do weights have a loss of at most a threshold? The independent checker answers, without any rounding.

use crate::threshold::Threshold;
use optgap_problem::{Instance, Weights, instance_to_json, weights_to_json};

/// Binary places to which weights are rounded in search of exact ones.
const PLACES: [i32; 12] = [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 40];

/// An instance with a threshold.
pub(crate) struct Question<'a> {
    instance: &'a Instance,
    document: String,
    threshold: &'a Threshold,
}

impl<'a> Question<'a> {
    pub(crate) fn new(instance: &'a Instance, threshold: &'a Threshold) -> Self {
        Self { instance, document: instance_to_json(instance), threshold }
    }

    /// The weights, or weights with shorter numbers near them, if their exact loss is at most the threshold.
    ///
    /// An optimum such as 0 is often attained by small binary fractions only, which a search in floating point misses by its last
    /// digit.
    pub(crate) fn witness(&self, weights: &Weights) -> Option<Weights> {
        if self.admits(weights) {
            return Some(weights.clone());
        }
        PLACES.into_iter().map(|places| rounded(weights, places)).find(|weights| self.admits(weights))
    }

    /// The checker's fraction decides what is not clear from the enclosure. Where it refuses so large a network, the upper end of
    /// the enclosure does, which is a proof as well.
    fn admits(&self, weights: &Weights) -> bool {
        let Ok(loss) = self.instance.loss_of(weights) else { return false };
        if !loss.is_finite() || self.threshold.is_below(loss.lo) {
            return false;
        }
        match optgap_checker::exact_loss(self.document.as_bytes(), weights_to_json(weights).as_bytes()) {
            Ok(exact) => self.threshold.admits(&exact),
            Err(_) => !self.threshold.is_below(loss.hi),
        }
    }
}

/// The weights with every number at the nearest multiple of `2^-places`.
fn rounded(weights: &Weights, places: i32) -> Weights {
    let unit = 2f64.powi(places);
    // Adding 0.0 leaves no negative zero.
    let round = |value: &f64| (value * unit).round() / unit + 0.0;
    let list = |values: &[f64]| values.iter().map(round).collect();
    Weights {
        inner: vec![],
        hidden: weights.hidden.iter().map(|row| list(row)).collect(),
        hidden_bias: list(&weights.hidden_bias),
        output: list(&weights.output),
        output_bias: round(&weights.output_bias),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use optgap_problem::{Dataset, Loss, Network};

    #[test]
    fn a_loss_on_the_threshold_is_a_witness_and_one_just_above_is_none() {
        // Residuals 1/3 and -1/3 cannot be doubles; here the loss is exactly 1/4.
        let data = Dataset::new(&[vec![1.0], vec![1.0]], vec![0.0, 1.0]).expect("valid");
        let instance = Instance::new(data, Network::dense(1), Loss::Squared).expect("valid");
        let weights =
            Weights { inner: vec![], hidden: vec![vec![0.25]], hidden_bias: vec![0.25], output: vec![1.0], output_bias: 0.0 };
        let ask = |text: &str, weights: &Weights| {
            let threshold = Threshold::parse(text).expect("valid");
            Question::new(&instance, &threshold).witness(weights)
        };
        assert_eq!(ask("1/4", &weights).as_ref(), Some(&weights));
        assert_eq!(ask("0.2499999999999999999999999999999999", &weights), None);
        let near = Weights { inner: vec![], hidden: vec![vec![0.25f64.next_up()]], ..weights.clone() };
        assert_eq!(ask("0.25", &near).as_ref(), Some(&weights), "rounding finds the exact one");
        assert!(ask("0.25000001", &near).as_ref() == Some(&near), "good enough as it is");
    }
}
