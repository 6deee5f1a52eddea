//! JSON of instances (`optgap-instance/1`) and weights.

use crate::{Activation, Dataset, DatasetError, Instance, InstanceError, Loss, Network, NetworkKind, Reference, Weights};
use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use thiserror::Error;

/// Value of the field `format`.
const INSTANCE_FORMAT: &str = "optgap-instance/1";

/// Text that is not an instance or not weights. Says where and what to do.
#[derive(Debug, Error)]
pub enum FormatError {
    /// Not JSON, or not of the expected shape.
    #[error("{field}{error}{remedy}")]
    Json {
        /// Path of the field that could not be read, with a colon, or nothing.
        field: String,
        /// What the JSON reader says.
        error: serde_json::Error,
        /// What to do about it.
        remedy: &'static str,
    },
    /// Another format or a newer version.
    #[error("format is {found:?}, expected {INSTANCE_FORMAT:?}; is this an instance file of this version of optgap?")]
    Format {
        /// What the file says.
        found: String,
    },
    /// Samples that cannot be used.
    #[error("{part}{error}")]
    Data {
        /// `test: ` or nothing.
        part: &'static str,
        /// What is wrong.
        error: DatasetError,
    },
    /// A field of another kind of network, or a field of its own kind that is missing.
    #[error("network.{field} {problem}")]
    KindField {
        /// The field.
        field: &'static str,
        /// What is wrong with it and what to do.
        problem: &'static str,
    },
    /// A network that cannot be used.
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// A number that is not finite among the weights.
    #[error("weights hold a number that is not finite; save them as plain finite numbers")]
    WeightsNotFinite,
    /// Weight decay is not treated yet.
    #[error("weight_decay is {0}; this version supports 0 only")]
    WeightDecay(f64),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InstanceWire {
    format: String,
    #[serde(default = "unnamed")]
    name: String,
    network: NetworkWire,
    #[serde(default = "squared")]
    loss: Loss,
    #[serde(default)]
    weight_decay: f64,
    x: Vec<Vec<f64>>,
    y: Vec<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    test: Option<SamplesWire>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference: Option<Reference>,
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    provenance: serde_json::Value,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkWire {
    kind: KindWire,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    patches: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    patch_size: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    depth: Option<usize>,
    width: usize,
    #[serde(default = "relu")]
    activation: Activation,
    #[serde(default = "yes")]
    hidden_bias: bool,
    #[serde(default)]
    output_bias: bool,
    #[serde(default = "yes")]
    train_output: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum KindWire {
    Dense,
    SharedFilter,
    DeepLinear,
}

impl From<&Network> for NetworkWire {
    fn from(network: &Network) -> Self {
        let (kind, patches, patch_size, depth) = match network.kind {
            NetworkKind::Dense => (KindWire::Dense, None, None, None),
            NetworkKind::SharedFilter { patches, patch_size } => (KindWire::SharedFilter, Some(patches), Some(patch_size), None),
            NetworkKind::DeepLinear { depth } => (KindWire::DeepLinear, None, None, Some(depth)),
        };
        Self {
            kind,
            patches,
            patch_size,
            depth,
            width: network.width,
            activation: network.activation,
            hidden_bias: network.hidden_bias,
            output_bias: network.output_bias,
            train_output: network.train_output,
        }
    }
}

impl NetworkWire {
    fn network(self) -> Result<Network, FormatError> {
        Ok(Network {
            kind: self.kind()?,
            width: self.width,
            activation: self.activation,
            hidden_bias: self.hidden_bias,
            output_bias: self.output_bias,
            train_output: self.train_output,
        })
    }

    fn kind(&self) -> Result<NetworkKind, FormatError> {
        let Self { patches, patch_size, depth, .. } = *self;
        let (kind, fields): (_, &[&str]) = match self.kind {
            KindWire::Dense => (NetworkKind::Dense, &[]),
            KindWire::SharedFilter => {
                let given = |value: Option<usize>| value.unwrap_or_default();
                let kind = NetworkKind::SharedFilter { patches: given(patches), patch_size: given(patch_size) };
                (kind, &["patches", "patch_size"])
            }
            KindWire::DeepLinear => (NetworkKind::DeepLinear { depth: depth.unwrap_or_default() }, &["depth"]),
        };
        for (field, value) in [("patches", patches), ("patch_size", patch_size), ("depth", depth)] {
            match (fields.contains(&field), value.is_some()) {
                (true, false) => {
                    return Err(FormatError::KindField { field, problem: "is missing; networks of this kind need it" });
                }
                (false, true) => return Err(FormatError::KindField { field, problem: "is for networks of another kind" }),
                _ => {}
            }
        }
        Ok(kind)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SamplesWire {
    x: Vec<Vec<f64>>,
    y: Vec<f64>,
}

/// The one field that every version has.
#[derive(Deserialize)]
struct Header {
    format: String,
}

/// Reads JSON; an error names the field and what to do.
fn parse<'text, T: Deserialize<'text>>(text: &'text str) -> Result<T, FormatError> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let failed = |field: String, error: serde_json::Error| {
        let remedy = match error.classify() {
            Category::Eof => "; the file ends too early: is it complete?",
            Category::Syntax => "; JSON has no NaN, no infinity and no comments",
            _ => "",
        };
        let field = if field.is_empty() || field == "." { field } else { format!("{field}: ") };
        FormatError::Json { field: field.trim_start_matches('.').to_owned(), error, remedy }
    };
    let value =
        serde_path_to_error::deserialize(&mut reader).map_err(|error| failed(error.path().to_string(), error.into_inner()))?;
    reader.end().map_err(|error| failed(String::new(), error))?;
    Ok(value)
}

fn unnamed() -> String {
    "unnamed".into()
}
fn squared() -> Loss {
    Loss::Squared
}
fn relu() -> Activation {
    Activation::Relu
}
fn yes() -> bool {
    true
}

/// Reads an instance.
///
/// # Errors
/// Says where the text departs from the format and what to do.
pub fn instance_from_json(text: &str) -> Result<Instance, FormatError> {
    // The format first: a newer one may well have fields that are unknown here. Other faults are told with their field below.
    if let Ok(Header { format: found }) = parse::<Header>(text)
        && found != INSTANCE_FORMAT
    {
        return Err(FormatError::Format { found });
    }
    let wire: InstanceWire = parse(text)?;
    if wire.weight_decay != 0.0 {
        return Err(FormatError::WeightDecay(wire.weight_decay));
    }
    let data = Dataset::new(&wire.x, wire.y).map_err(|error| FormatError::Data { part: "", error })?;
    let test = match wire.test {
        // An empty test set is the same as none.
        Some(test) if test.x.is_empty() && test.y.is_empty() => None,
        Some(test) => Some(Dataset::new(&test.x, test.y).map_err(|error| FormatError::Data { part: "test: ", error })?),
        None => None,
    };
    let instance = Instance {
        name: wire.name,
        data,
        network: wire.network.network()?,
        loss: wire.loss,
        reference: wire.reference,
        test,
        provenance: wire.provenance,
    };
    instance.validate()?;
    Ok(instance)
}

/// Writes an instance on one line, every number so that it reads back as the same f64.
///
/// # Panics
/// Never: plain data always serialises.
pub fn instance_to_json(instance: &Instance) -> String {
    let wire = InstanceWire {
        format: INSTANCE_FORMAT.into(),
        name: instance.name.clone(),
        network: NetworkWire::from(&instance.network),
        loss: instance.loss,
        weight_decay: 0.0,
        x: rows(&instance.data),
        y: instance.data.labels().to_vec(),
        test: instance.test.as_ref().map(|test| SamplesWire { x: rows(test), y: test.labels().to_vec() }),
        reference: instance.reference,
        provenance: instance.provenance.clone(),
    };
    serde_json::to_string(&wire).expect("plain data always serialises")
}

fn rows(data: &Dataset) -> Vec<Vec<f64>> {
    data.samples().map(|(input, _)| input.to_vec()).collect()
}

/// Reads weights: `{"hidden": [[..]], "hidden_bias": [..], "output": [..], "output_bias": 0.0}`.
///
/// # Errors
/// Says where the text departs from the format. Whether the weights fit an instance is for `Instance::loss_of`.
pub fn weights_from_json(text: &str) -> Result<Weights, FormatError> {
    let weights: Weights = parse(text)?;
    if weights.is_finite() { Ok(weights) } else { Err(FormatError::WeightsNotFinite) }
}

/// Writes weights on one line.
///
/// # Panics
/// Never: plain data always serialises.
pub fn weights_to_json(weights: &Weights) -> String {
    serde_json::to_string(weights).expect("plain data always serialises")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const XOR: &str = r#"{"format": "optgap-instance/1", "name": "xor", "network": {"kind": "dense", "width": 2, "activation": "relu",
        "hidden_bias": true, "output_bias": false, "train_output": true}, "loss": "squared", "weight_decay": 0.0,
        "x": [[0,0],[0,1],[1,0],[1,1]], "y": [0,1,1,0], "test": {"x": [], "y": []}, "reference": {"optimum": 0.0},
        "provenance": {"family": "xor"}}"#;

    fn message(text: &str) -> String {
        instance_from_json(text).expect_err("broken").to_string()
    }

    #[test]
    fn the_documented_example_is_read_and_written_back() {
        let xor = instance_from_json(XOR).expect("valid");
        assert_eq!(xor.reference, Some(Reference::Optimum(0.0)));
        assert_eq!(xor.test, None);
        assert_eq!(instance_from_json(&instance_to_json(&xor)).expect("valid"), xor);
    }

    #[test]
    fn every_fault_is_named() {
        assert!(message(&XOR.replace("[1,0]", "[1]")).contains("x, row 3: 1 columns where row 1 has 2"));
        assert!(message(&XOR.replace("\"y\": [0,1,1,0]", "\"y\": [0,1,1]")).contains("4 rows in x but 3 labels"));
        assert!(message(&XOR.replace("\"width\": 2", "\"width\": 0")).contains("network.width is 0"));
        assert!(message(&XOR.replace("\"width\": 2", "\"width\": 1000000")).contains("at most 4096"));
        assert!(message(&XOR.replace("\"relu\"", "\"gelu\"")).contains("unknown variant `gelu`"));
        assert!(message(&XOR.replace("[0,0]", "[0,1e999]")).contains("number out of range"));
        assert!(message(&XOR.replace("[0,0]", "[0,NaN]")).contains("line 3"));
        assert!(message(&XOR.replace("instance/1", "instance/9")).contains("optgap-instance/9"));
        assert!(message(&XOR.replace("\"loss\"", "\"lsos\"")).contains("unknown field `lsos`"));
        assert!(message(&XOR.replace("0.0,\n", "0.5,\n")).contains("weight_decay is 0.5"));
        assert!(message(&XOR[..XOR.len() / 2]).contains("is it complete?"));
        assert!(message("").contains("is it complete?"));
        assert!(message(&XOR.replace("[0,0]", "[0,null]")).contains("x[0][1]: invalid type: null"));
        assert!(message(&XOR.replace("[0,0]", "[0,NaN]")).contains("x[0][1]: expected value at line 3"));
        assert!(message(&XOR.replace("instance/1\"", "instance/2\", \"new\": 1")).contains("optgap-instance/2"));
        assert!(message(&XOR.replace("{\"optimum\": 0.0}", "{\"optimum\": -1.0}")).contains("reference is -1"));
        assert!(message(&XOR.replace("\"xor\", \"network", "\"x\\nor\", \"network")).contains("control character"));
        assert!(message(&XOR.replace("{\"x\": [], \"y\": []}", "{\"x\": [[1]], \"y\": [1]}")).contains("test.x has 1 columns"));
    }

    #[test]
    fn a_shared_filter_states_its_patches() {
        let text = XOR.replace("\"dense\", \"width\": 2", "\"shared-filter\", \"patches\": 2, \"patch_size\": 1, \"width\": 1");
        let filter = instance_from_json(&text).expect("valid");
        assert_eq!(filter.network, Network::shared_filter(2, 1));
        assert_eq!(instance_from_json(&instance_to_json(&filter)).expect("valid"), filter);
        assert!(message(&text.replace("\"patches\": 2, ", "")).contains("network.patches is missing"));
        assert!(message(&text.replace("\"patch_size\": 1, ", "")).contains("network.patch_size is missing"));
        assert!(message(&text.replace("\"patches\": 2", "\"patches\": 3")).contains("but x has 2 columns"));
        assert!(message(&text.replace("\"width\": 1", "\"width\": 2")).contains("give width 1"));
        assert!(message(&text.replace("shared-filter", "dense")).contains("network.patches is for networks of another kind"));
        assert!(message(&text.replace("\"patches\"", "\"pathces\"")).contains("unknown field `pathces`"));
    }

    proptest! {
        #[test]
        fn any_finite_number_survives_the_round_trip(bits in prop::collection::vec(any::<u64>(), 4)) {
            let values: Vec<f64> = bits.iter().map(|b| f64::from_bits(*b)).filter(|v| v.is_finite()).collect();
            prop_assume!(!values.is_empty());
            let rows: Vec<Vec<f64>> = values.iter().map(|v| vec![*v]).collect();
            let labels = values.iter().map(|v| v.clamp(-1e150, 1e150)).collect();
            let data = Dataset::new(&rows, labels).unwrap();
            let instance = Instance::new(data, Network::dense(1), Loss::Squared).unwrap();
            let back = instance_from_json(&instance_to_json(&instance)).unwrap();
            prop_assert_eq!(back.fingerprint(), instance.fingerprint());
            prop_assert_eq!(back, instance);
        }
    }
}
