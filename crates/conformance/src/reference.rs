//! Instances with known optima that lie beside this crate: noisy teachers, random labels, degenerate and real data.

use optgap_problem::{Instance, read_instance};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The recorded optima are right to this relative error.
pub const RELATIVE_ERROR: f64 = 1e-8;

/// An instance and its recorded optimal loss.
#[derive(Clone, Debug)]
pub struct ReferenceInstance {
    /// The instance; its name is the file's.
    pub instance: Instance,
    /// The optimal mean squared error, to [`RELATIVE_ERROR`].
    pub optimum: f64,
}

/// All reference instances, without the larger yardsticks.
///
/// # Panics
/// When the files beside this crate are damaged.
pub fn reference_instances() -> Vec<ReferenceInstance> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("reference-instances");
    let text = std::fs::read_to_string(folder.join("OPTIMA.json")).expect("the list of optima");
    let list: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
    let optima: BTreeMap<String, f64> = serde_json::from_value(list["optima"].clone()).expect("a map of numbers");
    let files = optima.into_iter().map(|(name, optimum)| (folder.join(format!("{name}.json")), optimum));
    files
        .filter(|(file, _)| file.exists())
        .map(|(file, optimum)| ReferenceInstance { instance: read_instance(&file).expect("a valid instance"), optimum })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn all_reference_instances_are_there() {
        assert_eq!(super::reference_instances().len(), 36);
    }
}
