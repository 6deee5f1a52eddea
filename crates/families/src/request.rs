//! What a family was asked for, and the instances that come of it: their names, their provenance, what is known of them.

use optgap_problem::{
    BadParameter, Dataset, Family, Instance, Loss, Network, Parameter, ParameterKind, Parameters, Reference, Selector, Value,
    Weights,
};
use serde_json::json;

/// Parameters that every name shows, by one letter.
const LETTERS: [(&str, &str); 3] = [("n", "n"), ("dimension", "d"), ("width", "k")];

/// The parameter `width` of most families.
pub(crate) const fn width(default: i64) -> Parameter {
    Parameter::integer("width", "hidden units", 1, optgap_problem::MAX_WIDTH as i64, default)
}

/// The parameter `n` of families that draw samples.
pub(crate) const fn samples(default: i64) -> Parameter {
    Parameter::integer("n", "samples", 3, 10_000, default)
}

/// The parameter `dimension` of families that draw samples.
pub(crate) const fn dimension(default: i64) -> Parameter {
    Parameter::integer("dimension", "inputs", 1, 64, default)
}

/// The parameter `output-bias` of most families.
pub(crate) const OUTPUT_BIAS: Parameter = Parameter::switch("output-bias", "whether the network has an output bias", false);

/// Completed parameters and a seed of a family.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    family: &'a dyn Family,
    parameters: &'a Parameters,
    /// None where it has no influence.
    seed: Option<u64>,
}

impl<'a> Request<'a> {
    pub(crate) fn new(family: &'a dyn Family, parameters: &'a Parameters, seed: u64) -> Self {
        Self { family, parameters, seed: Some(seed) }
    }

    /// The same without a seed if nothing was drawn.
    #[must_use]
    pub(crate) fn drawn(self, drawn: bool) -> Self {
        Self { seed: self.seed.filter(|_| drawn), ..self }
    }

    /// An instance with the squared loss.
    pub(crate) fn instance(&self, rows: &[Vec<f64>], labels: Vec<f64>, network: Network) -> Result<Instance, BadParameter> {
        self.instance_with_loss(rows, labels, network, Loss::Squared)
    }

    /// An instance of samples, a network and a loss, with its name and its provenance.
    ///
    /// # Errors
    /// When the samples or the network cannot be used, or the best constant is perfect: every gap would be divided by 0.
    pub(crate) fn instance_with_loss(
        &self,
        rows: &[Vec<f64>],
        labels: Vec<f64>,
        network: Network,
        loss: Loss,
    ) -> Result<Instance, BadParameter> {
        let mut instance = Instance::new(dataset(rows, labels)?, network, loss).map_err(unusable)?;
        if instance.constant_level() == 0.0 {
            let text = "the best constant is perfect, so there is nothing to learn; take another seed or more samples";
            return Err(BadParameter::Combination(text.into()));
        }
        instance.name = self.name();
        instance.provenance = self.provenance();
        Ok(instance)
    }

    /// Where an instance comes from: family, completed parameters, and the seed (`null` where it has no influence).
    pub(crate) fn provenance(&self) -> serde_json::Value {
        json!({"family": self.family.name(), "parameters": self.parameters, "seed": self.seed})
    }

    /// Family, size of the data and of the network, what else differs from the defaults or between sizes, and the seed.
    fn name(&self) -> String {
        let mut name = self.family.name().to_owned();
        let sized = self.parameters_of_sizes();
        for parameter in self.family.parameters() {
            let value = &self.parameters.0[parameter.name];
            let letter = LETTERS.iter().find(|(long, _)| *long == parameter.name).map(|(_, letter)| *letter);
            let telling = *value != parameter.kind.default_value() || sized.iter().any(|known| known == parameter.name);
            if letter.is_some() || telling {
                name.push('-');
                name.push_str(&shown(parameter, letter.unwrap_or(parameter.name), value));
            }
        }
        let seed = self.seed.map_or_else(String::new, |seed| format!("-s{seed}"));
        name + &seed
    }

    /// Names of the parameters that sizes set.
    fn parameters_of_sizes(&self) -> Vec<String> {
        let texts = self.family.sizes().iter().map(|size| format!("x[{}]", size.parameters));
        texts.flat_map(|text| text.parse().map_or_else(|_| Vec::new(), |s: Selector| s.values.into_keys().collect())).collect()
    }
}

/// A parameter's part of a name.
fn shown(parameter: &Parameter, word: &str, value: &Value) -> String {
    match (parameter.kind, value) {
        (ParameterKind::Switch { .. }, Value::Switch(false)) => format!("no-{word}"),
        (ParameterKind::Switch { .. }, _) => word.to_owned(),
        (ParameterKind::Choice { .. } | ParameterKind::Text { .. }, value) => value.to_string(),
        (_, value) => format!("{word}{value}"),
    }
}

/// Samples of a family.
pub(crate) fn dataset(rows: &[Vec<f64>], labels: Vec<f64>) -> Result<Dataset, BadParameter> {
    Dataset::new(rows, labels).map_err(unusable)
}

fn unusable(error: impl std::fmt::Display) -> BadParameter {
    BadParameter::Combination(error.to_string())
}

/// States the optimum of an instance, with weights that attain it.
pub(crate) fn state_optimum(instance: &mut Instance, optimum: f64, witness: &Weights) {
    instance.reference = Some(Reference::Optimum(optimum));
    instance.provenance["witness"] = json!(witness);
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use optgap_problem::weights_from_json;

    /// The instance of parameters as they are written in a selector, or why there is none.
    pub(crate) fn made(family: &dyn Family, text: &str, seed: u64) -> Result<Instance, BadParameter> {
        let selector: Selector = format!("x[{text}]").parse().expect("a selector");
        family.instance(&selector.choices()[0].complete(family.parameters()).expect("declared"), seed)
    }

    /// The weights that attain an instance's optimum.
    pub(crate) fn witness_of(instance: &Instance) -> Weights {
        weights_from_json(&instance.provenance["witness"].to_string()).expect("weights")
    }

    /// The sum of squared errors in ordinary arithmetic.
    pub(crate) fn sum_of_squares(instance: &Instance, weights: &Weights) -> f64 {
        instance.data.samples().map(|(x, y)| (weights.predict(x) - y).powi(2)).sum()
    }

    #[test]
    fn names_show_sizes_always_and_the_rest_where_it_differs() {
        let name = |text: &str| made(&crate::teacher::Teacher, text, 7).expect("valid").name;
        assert_eq!(name(""), "teacher-n40-d2-k2-s7");
        assert_eq!(
            name("noise=0.5,output-bias=true,teacher-width=1"),
            "teacher-n40-d2-teacher-width1-k2-noise0.5-output-bias-s7"
        );
        let cover = |text: &str| made(&crate::vertex_cover::VertexCover, text, 7).expect("valid").name;
        assert_eq!(cover("train-output=false"), "vertex-cover-cycle-vertices5-no-train-output");
    }
}
