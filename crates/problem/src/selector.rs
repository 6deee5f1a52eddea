//! Selectors: `name[param=value,other=[a,b]]`, in plans and on the command line.

use crate::{Parameters, Value};
use std::collections::BTreeMap;
use std::str::FromStr;
use thiserror::Error;

/// A name with parameters, some of which may have several values.
#[derive(Clone, Debug, PartialEq)]
pub struct Selector {
    /// Name of a family or method.
    pub name: String,
    /// Values by parameter name; several values mean one choice each.
    pub values: BTreeMap<String, Vec<Value>>,
}

/// A selector that cannot be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("selector {text:?}: {problem}; write it as name[param=value,other=[a,b]]")]
pub struct SelectorError {
    text: String,
    problem: String,
}

impl Selector {
    /// Every combination of the values, in order.
    pub fn choices(&self) -> Vec<Parameters> {
        let mut choices = vec![BTreeMap::new()];
        for (name, values) in &self.values {
            choices = choices
                .into_iter()
                .flat_map(|choice| {
                    values.iter().map(move |value| {
                        let mut extended: BTreeMap<String, Value> = choice.clone();
                        extended.insert(name.clone(), value.clone());
                        extended
                    })
                })
                .collect();
        }
        choices.into_iter().map(Parameters).collect()
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        let fail = |problem: &str| SelectorError { text: text.to_owned(), problem: problem.to_owned() };
        let trimmed = text.trim();
        let (name, inner) = match trimmed.split_once('[') {
            None => (trimmed, ""),
            Some((name, rest)) => match rest.rsplit_once(']') {
                Some((inner, "")) => (name.trim(), inner),
                Some((_, after)) => return Err(fail(&format!("nothing may follow the closing ], but {after:?} does"))),
                None => return Err(fail("the closing ] is missing")),
            },
        };
        if name.is_empty() || name.contains(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')) {
            return Err(fail("the name is empty or has a character that names do not have"));
        }
        let mut values = BTreeMap::new();
        for part in split_outside_brackets(inner).map_err(fail)? {
            let (key, value) = part.split_once('=').ok_or_else(|| fail("a parameter has no value"))?;
            let value = value.trim();
            let listed = match value.strip_prefix('[').and_then(|v| v.strip_suffix(']')) {
                Some(list) => list.split(',').map(parse_value).collect(),
                None => vec![parse_value(value)],
            };
            if listed.contains(&Value::Text(String::new())) {
                return Err(fail("a parameter has an empty value"));
            }
            if listed.iter().any(|value| value.to_string().contains(['[', ']'])) {
                return Err(fail("a list of values stands inside another"));
            }
            if listed.iter().enumerate().any(|(index, value)| listed[..index].contains(value)) {
                return Err(fail("a value is listed twice"));
            }
            if values.insert(key.trim().to_owned(), listed).is_some() {
                return Err(fail("a parameter is given twice"));
            }
        }
        Ok(Self { name: name.to_owned(), values })
    }
}

/// Cuts at commas that are not inside brackets.
fn split_outside_brackets(text: &str) -> Result<Vec<&str>, &'static str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0usize, 0);
    for (index, letter) in text.char_indices() {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.checked_sub(1).ok_or("a ] has no [ before it")?,
            ',' if depth == 0 => {
                parts.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    if depth > 0 {
        return Err("a [ is never closed");
    }
    if !text[start..].trim().is_empty() || !parts.is_empty() {
        parts.push(&text[start..]);
    }
    Ok(parts)
}

fn parse_value(text: &str) -> Value {
    let text = text.trim();
    let switch = text.parse().map(Value::Switch).ok();
    let integer = || text.parse().map(Value::Integer).ok();
    let real = || text.parse().map(Value::Real).ok();
    switch.or_else(integer).or_else(real).unwrap_or_else(|| Value::Text(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_lists_every_combination_in_order() {
        let selector: Selector = "teacher[n=[20,40], noise=0.5,shape=star]".parse().expect("valid");
        let choices: Vec<String> = selector.choices().iter().map(Parameters::to_string).collect();
        assert_eq!(choices, ["n=20,noise=0.5,shape=star", "n=40,noise=0.5,shape=star"]);
        assert_eq!("xor".parse::<Selector>().expect("valid").choices(), [Parameters::default()]);
        assert_eq!("xor[]".parse::<Selector>().expect("valid").choices(), [Parameters::default()]);
    }

    #[test]
    fn broken_selectors_are_refused() {
        for broken in
            ["", "a[", "a[b]", "a[b=]", "a[b=1,b=2]", "a[b=[1,2]", "a b", "a[b=1]]", "a[b=1,]", "a[b=[1,1]]", "a[b=[[1,2]]]"]
        {
            assert!(broken.parse::<Selector>().is_err(), "{broken}");
        }
        let seeded = "a[b=1]@3".parse::<Selector>().expect_err("a seed is no part of a selector");
        assert!(seeded.to_string().contains("nothing may follow the closing ], but \"@3\" does"), "{seeded}");
    }
}
