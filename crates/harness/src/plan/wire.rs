//! A plan as it stands in its file.

use super::error::{PlanError, Source};
use serde::Deserialize;
use toml::Spanned;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct PlanWire {
    pub(super) name: Spanned<String>,
    #[serde(default)]
    pub(super) description: String,
    pub(super) seeds: Option<Spanned<Vec<u64>>>,
    pub(super) training_seeds: Option<Spanned<Vec<u64>>>,
    pub(super) restarts: Option<Spanned<u64>>,
    pub(super) target_gap: Option<Spanned<f64>>,
    pub(super) exact_time_limit: Option<Spanned<f64>>,
    pub(super) training_time_limit: Option<Spanned<f64>>,
    pub(super) certificates: Option<bool>,
    pub(super) families: Vec<FamilyWire>,
    pub(super) methods: Vec<MethodWire>,
}

/// An entry `[[families]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct FamilyWire {
    pub(super) family: Spanned<String>,
    #[serde(default)]
    pub(super) sizes: Vec<Spanned<String>>,
    pub(super) seeds: Option<Spanned<Vec<u64>>>,
}

/// An entry `[[methods]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct MethodWire {
    pub(super) method: Spanned<String>,
    pub(super) families: Option<Vec<Spanned<String>>>,
    pub(super) time_limit: Option<Spanned<f64>>,
    pub(super) training_seeds: Option<Spanned<Vec<u64>>>,
    pub(super) restarts: Option<Spanned<u64>>,
    pub(super) target_gap: Option<Spanned<f64>>,
    pub(super) warm_start: Option<Spanned<bool>>,
}

impl PlanWire {
    pub(super) fn parse(source: &Source) -> Result<Self, PlanError> {
        let wire: Self =
            toml::from_str(&source.text).map_err(|error| source.fault(error.span().unwrap_or(0..0), error.message()))?;
        let name = wire.name.get_ref();
        let fitting = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
        if name.is_empty() || !name.chars().all(fitting) {
            let problem = format!("name = {name:?}: the name is used for a folder; use letters, digits, - and _");
            return Err(source.fault(wire.name.span(), problem));
        }
        Ok(wire)
    }
}
