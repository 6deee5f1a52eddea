//! Parameters of families and methods: declared once, checked in one place.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use thiserror::Error;

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// `true` or `false`.
    Switch(bool),
    /// A whole number.
    Integer(i64),
    /// A real number.
    Real(f64),
    /// A word.
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch(v) => write!(f, "{v}"),
            Self::Integer(v) => write!(f, "{v}"),
            // Plain digits for ordinary numbers, an exponent for very small and very large ones.
            Self::Real(v) if v.trunc() == *v && v.abs() < 1e15 => write!(f, "{v}"),
            Self::Real(v) => write!(f, "{v:?}"),
            Self::Text(v) => f.write_str(v),
        }
    }
}

/// Which values a parameter takes, and which it has by default.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ParameterKind {
    /// A whole number from `least` to `most`.
    Integer {
        /// Smallest value.
        least: i64,
        /// Largest value.
        most: i64,
        /// Value when none is given.
        default: i64,
    },
    /// A finite real number from `least` to `most`.
    Real {
        /// Smallest value.
        least: f64,
        /// Largest value.
        most: f64,
        /// Value when none is given.
        default: f64,
    },
    /// `true` or `false`.
    Switch {
        /// Value when none is given.
        default: bool,
    },
    /// One of some words.
    Choice {
        /// The words; the first one is the default.
        options: &'static [&'static str],
    },
    /// Any text, for example a path.
    Text {
        /// Value when none is given.
        default: &'static str,
    },
}

/// The declaration of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// Name as it is written in plans and on the command line, with hyphens.
    pub name: &'static str,
    /// What it does, with its unit.
    pub meaning: &'static str,
    /// Range and default.
    pub kind: ParameterKind,
}

impl Parameter {
    /// A whole number from `least` to `most`.
    pub const fn integer(name: &'static str, meaning: &'static str, least: i64, most: i64, default: i64) -> Self {
        Self { name, meaning, kind: ParameterKind::Integer { least, most, default } }
    }

    /// A real number from `least` to `most`.
    pub const fn real(name: &'static str, meaning: &'static str, least: f64, most: f64, default: f64) -> Self {
        Self { name, meaning, kind: ParameterKind::Real { least, most, default } }
    }

    /// `true` or `false`.
    pub const fn switch(name: &'static str, meaning: &'static str, default: bool) -> Self {
        Self { name, meaning, kind: ParameterKind::Switch { default } }
    }

    /// One of some words, of which the first is the default.
    pub const fn choice(name: &'static str, meaning: &'static str, options: &'static [&'static str]) -> Self {
        Self { name, meaning, kind: ParameterKind::Choice { options } }
    }

    /// Any text.
    pub const fn text(name: &'static str, meaning: &'static str, default: &'static str) -> Self {
        Self { name, meaning, kind: ParameterKind::Text { default } }
    }
}

/// A named set of parameters of a family: `tiny`, `small`, `medium` or `large`.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Name of the size.
    pub name: &'static str,
    /// Parameters that differ from the defaults, as they are written in a selector: `n=40,width=2`.
    pub parameters: &'static str,
}

/// Values for parameters by name; those left out have their defaults.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Parameters(pub BTreeMap<String, Value>);

/// A parameter that cannot be used.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum BadParameter {
    /// No such parameter.
    #[error("unknown parameter {name:?}; known: {known}")]
    Unknown {
        /// The name.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// A value outside the declared kind or range.
    #[error("parameter {name} = {value}: expected {expected}")]
    Value {
        /// The name.
        name: String,
        /// The value given.
        value: String,
        /// What the declaration asks for.
        expected: String,
    },
    /// Values that are fine one by one, but not together, or data that cannot be used.
    #[error("{0}")]
    Combination(String),
}

impl fmt::Display for ParameterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer { least, most, .. } => write!(f, "a whole number from {least} to {most}"),
            Self::Real { least, most, .. } => write!(f, "a number from {least} to {most}"),
            Self::Switch { .. } => f.write_str("true or false"),
            Self::Choice { options } => write!(f, "one of {}", options.join(", ")),
            Self::Text { .. } => f.write_str("text"),
        }
    }
}

impl ParameterKind {
    /// The value when none is given.
    pub fn default_value(&self) -> Value {
        match *self {
            Self::Integer { default, .. } => Value::Integer(default),
            Self::Real { default, .. } => Value::Real(default),
            Self::Switch { default } => Value::Switch(default),
            Self::Choice { options } => Value::Text(options[0].to_owned()),
            Self::Text { default } => Value::Text(default.to_owned()),
        }
    }

    /// The value in this kind's own type (a whole number may stand for a real one), if it is allowed.
    fn admit(&self, value: &Value) -> Option<Value> {
        match (self, value) {
            (Self::Integer { least, most, .. }, Value::Integer(v)) => (least <= v && v <= most).then_some(Value::Integer(*v)),
            (Self::Real { least, most, .. }, Value::Integer(_) | Value::Real(_)) => {
                let v = match value {
                    Value::Integer(v) => *v as f64,
                    Value::Real(v) => *v,
                    _ => return None,
                };
                (*least <= v && v <= *most).then_some(Value::Real(v))
            }
            (Self::Switch { .. }, Value::Switch(_)) => Some(value.clone()),
            // A folder may well be called 2024 or true.
            (Self::Text { .. }, _) => Some(Value::Text(value.to_string())),
            (Self::Choice { options }, Value::Text(v)) => options.contains(&v.as_str()).then(|| value.clone()),
            _ => None,
        }
    }
}

impl Parameters {
    /// Checks every value against its declaration and fills in the defaults, so that equal meaning is equal content.
    ///
    /// # Errors
    /// Names the first parameter that is unknown or out of range.
    pub fn complete(&self, declared: &[Parameter]) -> Result<Self, BadParameter> {
        if let Some(name) = self.0.keys().find(|name| declared.iter().all(|p| p.name != name.as_str())) {
            let known = declared.iter().map(|p| p.name).collect::<Vec<_>>().join(", ");
            return Err(BadParameter::Unknown { name: name.clone(), known });
        }
        let mut completed = BTreeMap::new();
        for parameter in declared {
            let value = match self.0.get(parameter.name) {
                None => parameter.kind.default_value(),
                Some(given) => parameter.kind.admit(given).ok_or_else(|| BadParameter::Value {
                    name: parameter.name.to_owned(),
                    value: given.to_string(),
                    expected: parameter.kind.to_string(),
                })?,
            };
            completed.insert(parameter.name.to_owned(), value);
        }
        Ok(Self(completed))
    }

    /// These parameters, with those of `stronger` in place of equal names.
    #[must_use]
    pub fn overridden_by(&self, stronger: &Self) -> Self {
        let mut joined = self.0.clone();
        joined.extend(stronger.0.clone());
        Self(joined)
    }

    /// A whole number of a completed parameter set that is not negative by its declaration.
    ///
    /// # Panics
    /// When the set was not completed against a declaration that has this name as such an integer: a programming error.
    pub fn count(&self, name: &str) -> usize {
        usize::try_from(self.integer(name)).expect("declared as not negative")
    }

    /// A whole number of a completed parameter set.
    ///
    /// # Panics
    /// As [`Parameters::count`].
    pub fn integer(&self, name: &str) -> i64 {
        match self.0.get(name) {
            Some(Value::Integer(v)) => *v,
            other => panic!("parameter {name} is {other:?}, not a whole number"),
        }
    }

    /// A real number of a completed parameter set.
    ///
    /// # Panics
    /// As [`Parameters::count`].
    pub fn real(&self, name: &str) -> f64 {
        match self.0.get(name) {
            Some(Value::Real(v)) => *v,
            other => panic!("parameter {name} is {other:?}, not a number"),
        }
    }

    /// A switch of a completed parameter set.
    ///
    /// # Panics
    /// As [`Parameters::count`].
    pub fn switch(&self, name: &str) -> bool {
        match self.0.get(name) {
            Some(Value::Switch(v)) => *v,
            other => panic!("parameter {name} is {other:?}, not true or false"),
        }
    }

    /// A word of a completed parameter set.
    ///
    /// # Panics
    /// As [`Parameters::count`].
    pub fn text(&self, name: &str) -> &str {
        match self.0.get(name) {
            Some(Value::Text(v)) => v,
            other => panic!("parameter {name} is {other:?}, not text"),
        }
    }
}

impl fmt::Display for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        f.write_str(&parts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECLARED: &[Parameter] = &[
        Parameter::integer("n", "samples", 1, 9, 4),
        Parameter::real("noise", "label noise", 0.0, 1.0, 0.5),
        Parameter::choice("shape", "graph", &["cycle", "star"]),
    ];

    fn given(name: &str, value: Value) -> Parameters {
        Parameters(BTreeMap::from([(name.to_owned(), value)]))
    }

    #[test]
    fn completion_fills_defaults_and_reads_whole_numbers_as_real_ones() {
        let completed = given("noise", Value::Integer(1)).complete(DECLARED).expect("valid");
        assert_eq!(completed.to_string(), "n=4,noise=1,shape=cycle");
        assert_eq!(completed.real("noise"), 1.0);
        assert_eq!(completed.count("n"), 4);
    }

    #[test]
    fn values_out_of_range_are_refused_with_the_range() {
        let message = given("n", Value::Integer(10)).complete(DECLARED).expect_err("too large").to_string();
        assert_eq!(message, "parameter n = 10: expected a whole number from 1 to 9");
        assert!(given("noise", Value::Real(f64::NAN)).complete(DECLARED).is_err());
        let message = given("shape", Value::Text("ring".into())).complete(DECLARED).expect_err("no such word").to_string();
        assert_eq!(message, "parameter shape = ring: expected one of cycle, star");
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let message = given("N", Value::Integer(3)).complete(DECLARED).expect_err("unknown").to_string();
        assert_eq!(message, "unknown parameter \"N\"; known: n, noise, shape");
    }
}
