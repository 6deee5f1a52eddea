//! Identity of a training problem by content.

use crate::{Activation, Instance, Loss, Network, NetworkKind};
use serde::{Deserialize, Serialize};
use std::fmt;

/// blake3 hash of an instance's content, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Fingerprint(String);

/// Digits of a fingerprint.
const DIGITS: usize = 64;

impl TryFrom<String> for Fingerprint {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.len() == DIGITS && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            Ok(Self(text))
        } else {
            Err(format!("fingerprint {text:?}: expected {DIGITS} hexadecimal digits in lower case"))
        }
    }
}

/// Bumped when the hashed content changes its meaning.
const DOMAIN: &[u8] = b"optgap-fingerprint/1";

impl Fingerprint {
    pub(crate) fn of(instance: &Instance) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(DOMAIN);
        hasher.update(&network_bytes(&instance.network));
        hasher.update(match instance.loss {
            Loss::Squared => b"squared".as_slice(),
            Loss::ZeroOne => b"zero-one",
            Loss::GaussianPopulation => b"gaussian-population",
        });
        let data = &instance.data;
        for count in [data.len(), data.dimension()] {
            hasher.update(&(count as u64).to_le_bytes());
        }
        for value in data.inputs().iter().chain(data.labels()) {
            // -0.0 and 0.0 are the same number and must be the same instance.
            hasher.update(&(value + 0.0).to_bits().to_le_bytes());
        }
        Self(hasher.finalize().to_hex().to_string())
    }

    /// All 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn network_bytes(network: &Network) -> Vec<u8> {
    let activation = match network.activation {
        Activation::Relu => "relu ",
        Activation::Threshold => "threshold ",
        Activation::Linear => "linear ",
    };
    let (kind, sizes) = match network.kind {
        NetworkKind::Dense => ("dense ", vec![]),
        NetworkKind::SharedFilter { patches, patch_size } => ("shared-filter ", vec![patches, patch_size]),
        NetworkKind::DeepLinear { depth } => ("deep-linear ", vec![depth]),
    };
    let mut bytes: Vec<u8> = [kind, activation].concat().into_bytes();
    bytes.extend(sizes.into_iter().flat_map(|size| (size as u64).to_le_bytes()));
    bytes.extend((network.width as u64).to_le_bytes());
    bytes.extend([network.hidden_bias, network.output_bias, network.train_output].map(u8::from));
    bytes
}

impl fmt::Display for Fingerprint {
    /// The first 16 digits: what people see.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0[..16])
    }
}

#[cfg(test)]
mod tests {
    use crate::{Dataset, Instance, Loss, Network, Reference};

    fn instance(x: f64, y: f64) -> Instance {
        let data = Dataset::new(&[vec![x], vec![2.0]], vec![y, 1.0]).expect("valid");
        Instance::new(data, Network::dense(2), Loss::Squared).expect("valid")
    }

    #[test]
    fn the_fingerprint_is_of_the_content_and_not_of_the_name() {
        let mut named = instance(0.0, 1.0);
        named.name = "other".into();
        named.reference = Some(Reference::Optimum(0.0));
        assert_eq!(named.fingerprint(), instance(-0.0, 1.0).fingerprint());
        assert_ne!(named.fingerprint(), instance(0.0, 1.5).fingerprint());
        named.network.output_bias = true;
        assert_ne!(named.fingerprint(), instance(0.0, 1.0).fingerprint());
    }

    #[test]
    fn networks_with_other_patches_have_other_fingerprints() {
        let data = Dataset::new(&[vec![1.0, 2.0, 3.0, 4.0]], vec![1.0]).expect("valid");
        let networks =
            [Network::dense(1), Network::shared_filter(1, 4), Network::shared_filter(2, 2), Network::shared_filter(4, 1)];
        let fingerprints =
            networks.map(|network| Instance::new(data.clone(), network, Loss::Squared).expect("valid").fingerprint());
        for (index, fingerprint) in fingerprints.iter().enumerate() {
            assert!(!fingerprints[..index].contains(fingerprint));
        }
    }
}
