//! What every instance family must fulfil, as a list of checks that a test runs over the registry.

use optgap_problem::{
    About, BadParameter, Dataset, Family, Instance, Loss, ParameterKind, Parameters, Reference, Selector, Value, Weights,
    instance_from_json, instance_to_json, weights_from_json,
};
use std::collections::BTreeMap;

/// A family under test, with the parameters that it cannot do without, for example the folder of `files`.
pub struct Subject<'a> {
    /// The family.
    pub family: &'a dyn Family,
    /// Parameters that every variant gets.
    pub given: Parameters,
}

/// A rule: its sentence, and the function that says how a family breaks it.
pub type Check = (&'static str, fn(&Subject) -> Result<(), String>);

/// The rules for families.
pub const CHECKS: &[Check] = &[
    ("the declaration can be read and used", declaration),
    ("sizes are named in order, honoured, and grow", sizes),
    ("the same seed gives the same bytes, another seed another instance", seeds),
    ("an instance survives its file", round_trip),
    ("an instance is neither trivial nor degenerate", substance),
    ("a claimed optimum is attained by the witness and beaten by nothing", reference),
    ("the provenance repeats family, parameters and seed", provenance),
    ("equal names mean equal instances", names),
    ("every value of a parameter's range gives an instance or a clear refusal", ranges),
    ("sizes at which any labels fit are refused", trivial_sizes),
];

/// Seeds that the checks use.
const SEEDS: [u64; 3] = [1, 2, 3];

/// Names that sizes may have, in their order.
const SIZE_NAMES: [&str; 4] = ["tiny", "small", "medium", "large"];

/// Share of `L0` within which a claimed optimum must be attained: rounding of a sum of squares of moderate length.
const REFERENCE_TOLERANCE: f64 = 1e-12;

/// Units of a witness that are moved in the attempt to beat it.
const MOVED_UNITS: usize = 4;

/// Every broken rule, as `family: rule: how`.
pub fn failures(subject: &Subject) -> Vec<String> {
    let name = subject.family.name();
    CHECKS.iter().filter_map(|(rule, check)| check(subject).err().map(|how| format!("{name}: {rule}: {how}"))).collect()
}

/// A line `family size seed training-fingerprint test-fingerprint` for every size of the family at seed 1.
///
/// # Errors
/// When an instance cannot be made.
pub fn golden_lines(subject: &Subject) -> Result<Vec<String>, String> {
    let family = subject.family;
    let line = |size: &optgap_problem::Size| {
        let made = instance(family, &subject.at_size(size.parameters)?, SEEDS[0])?;
        let test = match &made.test {
            None => "-".to_owned(),
            Some(test) => with_data(&made, test.clone())?.fingerprint().to_string(),
        };
        Ok(format!("{} {} {} {} {test}", family.name(), size.name, SEEDS[0], made.fingerprint()))
    };
    family.sizes().iter().map(line).collect()
}

impl Subject<'_> {
    /// Completed parameters of a size.
    fn at_size(&self, text: &str) -> Result<Parameters, String> {
        self.complete(&self.given.overridden_by(&selected(text)?))
    }

    fn complete(&self, parameters: &Parameters) -> Result<Parameters, String> {
        parameters.complete(self.family.parameters()).map_err(|error| format!("{parameters}: {error}"))
    }

    /// Completed parameters of every size, or the given ones of a family without sizes.
    fn variants(&self) -> Result<Vec<Parameters>, String> {
        match self.family.sizes() {
            [] => Ok(vec![self.complete(&self.given)?]),
            sizes => sizes.iter().map(|size| self.at_size(size.parameters)).collect(),
        }
    }

    /// An instance of every variant at every seed, with what it was made from.
    fn instances(&self) -> Result<Vec<(Parameters, u64, Instance)>, String> {
        let mut made = Vec::new();
        for parameters in self.variants()? {
            for seed in SEEDS {
                let instance = instance(self.family, &parameters, seed)?;
                made.push((parameters.clone(), seed, instance));
            }
        }
        Ok(made)
    }
}

fn selected(text: &str) -> Result<Parameters, String> {
    let selector: Selector = format!("x[{text}]").parse().map_err(|error| format!("{error}"))?;
    match selector.choices().as_slice() {
        [one] => Ok(one.clone()),
        several => Err(format!("{text:?} stands for {} parameter sets instead of one", several.len())),
    }
}

fn instance(family: &dyn Family, parameters: &Parameters, seed: u64) -> Result<Instance, String> {
    family.instance(parameters, seed).map_err(|error| format!("[{parameters}] with seed {seed}: {error}"))
}

fn with_data(instance: &Instance, data: Dataset) -> Result<Instance, String> {
    Instance::new(data, instance.network.clone(), Loss::Squared).map_err(|error| error.to_string())
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn is_plain_name(name: &str) -> bool {
    name.split('-').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()))
}

fn declaration(subject: &Subject) -> Result<(), String> {
    let family = subject.family;
    ensure(is_plain_name(family.name()), || "the name is not of small letters, digits and hyphens".into())?;
    let About { title, definition, source, reference, descent, .. } = family.about();
    let parts = [("a title", title), ("its definition", definition), ("its source", source)];
    let answers = [("what is known of the optimum", reference), ("what descent is expected to do", descent)];
    for (part, text) in parts.into_iter().chain(answers) {
        ensure(!text.trim().is_empty(), || format!("nothing is said for {part}"))?;
    }
    let defaults = subject.complete(&Parameters::default())?;
    for (index, parameter) in family.parameters().iter().enumerate() {
        let name = parameter.name;
        ensure(is_plain_name(name) && !parameter.meaning.is_empty(), || {
            format!("parameter {name} has no proper name or meaning")
        })?;
        ensure(family.parameters()[..index].iter().all(|other| other.name != name), || format!("parameter {name} twice"))?;
        // A default outside its own range would pass when it is filled in, but not when it is written out.
        subject.complete(&Parameters(BTreeMap::from([(name.to_owned(), defaults.0[name].clone())])))?;
    }
    let unknown = Parameters(BTreeMap::from([("no-such-parameter".to_owned(), Value::Integer(1))]));
    ensure(subject.complete(&unknown).is_err(), || "an unknown parameter is accepted".into())
}

fn sizes(subject: &Subject) -> Result<(), String> {
    let names: Vec<&str> = subject.family.sizes().iter().map(|size| size.name).collect();
    let expected: Vec<&str> = SIZE_NAMES.into_iter().filter(|name| names.contains(name)).collect();
    ensure(names == expected, || format!("{names:?} are not of {SIZE_NAMES:?} in this order"))?;
    let mut least = 0;
    for parameters in subject.variants()? {
        let made = instance(subject.family, &parameters, SEEDS[0])?;
        for (name, actual) in [("n", made.data.len()), ("dimension", made.data.dimension()), ("width", made.network.width)] {
            let declared = subject.family.parameters().iter().find(|p| p.name == name);
            let is_count = declared.is_some_and(|p| matches!(p.kind, ParameterKind::Integer { .. }));
            ensure(!is_count || subject.family.sizes().is_empty() || parameters.count(name) == actual, || {
                format!("[{parameters}] gives {name}={actual}")
            })?;
        }
        let extent = made.data.len() * made.network.parameter_count(made.data.dimension());
        ensure(extent >= least, || format!("[{parameters}] is smaller than the size before it"))?;
        least = extent;
    }
    Ok(())
}

fn seeds(subject: &Subject) -> Result<(), String> {
    let mut earlier: Option<(Parameters, Instance)> = None;
    for (parameters, seed, made) in subject.instances()? {
        let again = instance(subject.family, &parameters, seed)?;
        ensure(instance_to_json(&made) == instance_to_json(&again), || {
            format!("[{parameters}] with seed {seed} gives different bytes the second time")
        })?;
        if let Some((previous, other)) = earlier.filter(|(previous, _)| *previous == parameters) {
            let fixed = made.provenance["seed"].is_null();
            ensure((made.fingerprint() == other.fingerprint()) == fixed, || {
                let found = if fixed { "differ although the provenance has no seed" } else { "are equal" };
                format!("[{previous}]: instances of the seeds {} and {seed} {found}", seed - 1)
            })?;
        }
        earlier = Some((parameters, made));
    }
    Ok(())
}

fn round_trip(subject: &Subject) -> Result<(), String> {
    for (_, _, made) in subject.instances()? {
        let back = instance_from_json(&instance_to_json(&made)).map_err(|error| format!("{}: {error}", made.name))?;
        ensure(back == made && back.fingerprint() == made.fingerprint(), || format!("{} is read back changed", made.name))?;
    }
    Ok(())
}

fn substance(subject: &Subject) -> Result<(), String> {
    for (_, _, made) in subject.instances()? {
        let level = made.constant_level();
        ensure(level > 0.0 && level.is_finite(), || format!("{} has L0 = {level}", made.name))?;
        ensure(made.validate().is_ok(), || format!("{} is not valid", made.name))?;
        let trivial = made.network.hidden_bias && made.network.width >= made.data.len();
        ensure(!trivial || made.reference == Some(Reference::Optimum(0.0)), || {
            format!("{} has as many units as samples and does not declare the optimum 0", made.name)
        })?;
    }
    Ok(())
}

fn reference(subject: &Subject) -> Result<(), String> {
    let alone = changed(subject)?.into_iter().filter_map(|parameters| subject.family.instance(&parameters, SEEDS[0]).ok());
    for made in alone.chain(subject.instances()?.into_iter().map(|(_, _, made)| made)) {
        let name = &made.name;
        let Some(reference) = made.reference else { continue };
        let (Reference::Optimum(value) | Reference::AtLeast(value) | Reference::Infimum(value)) = reference;
        let allowance = REFERENCE_TOLERANCE * made.constant_level();
        ensure(value >= 0.0 && value <= made.constant_level() + allowance, || {
            format!("{name}: reference {value} is not between 0 and L0 = {}", made.constant_level())
        })?;
        if let Reference::Optimum(_) = reference {
            let witness = weights_from_json(&made.provenance["witness"].to_string())
                .map_err(|error| format!("{name}: an optimum needs weights that attain it in provenance.witness: {error}"))?;
            let loss = made.loss_of(&witness).map_err(|error| format!("{name}: witness: {error}"))?;
            ensure(loss.hi <= value + allowance, || {
                format!("{name}: the witness has loss {}, the reference is {value}", loss.hi)
            })?;
            for weights in nearby(&made, &witness) {
                let loss = made.loss_of(&weights).map_err(|error| format!("{name}: {error}"))?;
                ensure(loss.hi >= value - allowance, || format!("{name}: loss {} is below the reference {value}", loss.hi))?;
            }
        }
    }
    Ok(())
}

/// The witness with one number of its first units moved at a time: the cheapest attempt to beat it.
fn nearby(instance: &Instance, witness: &Weights) -> Vec<Weights> {
    let mut moved = Vec::new();
    for step in [-0.5, -1e-3, 1e-3, 0.5] {
        for unit in 0..witness.width().min(MOVED_UNITS) {
            for column in 0..witness.hidden[unit].len() {
                let mut weights = witness.clone();
                weights.hidden[unit][column] += step;
                moved.push(weights);
            }
            if instance.network.hidden_bias {
                let mut weights = witness.clone();
                weights.hidden_bias[unit] += step;
                moved.push(weights);
            }
            if instance.network.train_output {
                let mut weights = witness.clone();
                weights.output[unit] += step;
                moved.push(weights);
            }
        }
    }
    moved
}

fn provenance(subject: &Subject) -> Result<(), String> {
    for (parameters, seed, made) in subject.instances()? {
        let expected = [("family", serde_json::json!(subject.family.name())), ("parameters", serde_json::json!(parameters))];
        for (field, value) in expected {
            ensure(made.provenance[field] == value, || format!("{}: {field} is {}", made.name, made.provenance[field]))?;
        }
        let stated = made.provenance.get("seed");
        ensure(stated.is_some_and(|stated| stated.is_null() || *stated == serde_json::json!(seed)), || {
            format!("{}: seed is {stated:?} instead of {seed} or null", made.name)
        })?;
    }
    Ok(())
}

/// Every parameter changed on its own, from the defaults and the given values.
fn changed(subject: &Subject) -> Result<Vec<Parameters>, String> {
    let base = subject.complete(&subject.given)?;
    let mut sets = vec![base.clone()];
    for parameter in subject.family.parameters() {
        let values = match parameter.kind {
            ParameterKind::Integer { least, most, default } => {
                vec![least, most, default - 1, default + 1].into_iter().map(Value::Integer).collect()
            }
            ParameterKind::Real { least, most, default } => {
                vec![least, most, f64::midpoint(least, default)].into_iter().map(Value::Real).collect()
            }
            ParameterKind::Switch { default } => vec![Value::Switch(!default)],
            ParameterKind::Choice { options } => options.iter().map(|word| Value::Text((*word).to_owned())).collect(),
            ParameterKind::Text { .. } => vec![Value::Text("no such thing".into())],
        };
        for value in values {
            let mut set = base.clone();
            set.0.insert(parameter.name.to_owned(), value);
            // Values next to the default may lie outside the range: that is for `ranges` to judge.
            sets.extend(set.complete(subject.family.parameters()));
        }
    }
    Ok(sets)
}

fn names(subject: &Subject) -> Result<(), String> {
    let mut known: BTreeMap<String, Instance> = BTreeMap::new();
    let alone = changed(subject)?.into_iter().map(|parameters| (parameters, SEEDS[0]));
    let made = alone.filter_map(|(parameters, seed)| subject.family.instance(&parameters, seed).ok());
    for instance in made.chain(subject.instances()?.into_iter().map(|(_, _, instance)| instance)) {
        let name = instance.name.clone();
        if let Some(other) = known.get(&name) {
            ensure(other.fingerprint() == instance.fingerprint() && other.test == instance.test, || {
                format!("{name} is the name of two different instances")
            })?;
        }
        known.insert(name, instance);
    }
    Ok(())
}

fn ranges(subject: &Subject) -> Result<(), String> {
    for parameter in subject.family.parameters() {
        let outside = match parameter.kind {
            ParameterKind::Integer { least, most, .. } => vec![Value::Integer(least - 1), Value::Integer(most + 1)],
            ParameterKind::Real { least, most, .. } => {
                vec![Value::Real(least - 1.0), Value::Real(most + 1.0), Value::Real(f64::NAN)]
            }
            ParameterKind::Switch { .. } | ParameterKind::Choice { .. } => vec![Value::Text("no such thing".into())],
            ParameterKind::Text { .. } => vec![],
        };
        for value in outside {
            let set = Parameters(BTreeMap::from([(parameter.name.to_owned(), value.clone())]));
            ensure(subject.complete(&set).is_err(), || format!("{} = {value} is accepted", parameter.name))?;
        }
    }
    for parameters in changed(subject)? {
        match subject.family.instance(&parameters, SEEDS[0]) {
            Ok(made) => ensure(made.validate().is_ok(), || format!("[{parameters}] is not valid"))?,
            Err(BadParameter::Combination(text)) => ensure(text.len() > 20, || format!("[{parameters}]: {text:?} is no help"))?,
            Err(BadParameter::Value { .. }) => {}
            Err(error @ BadParameter::Unknown { .. }) => return Err(format!("[{parameters}]: {error}")),
        }
    }
    Ok(())
}

/// For families that have `n` and `width`: two units on `d + 1` samples, and as many units as samples.
fn trivial_sizes(subject: &Subject) -> Result<(), String> {
    let counts = |name: &str| subject.family.parameters().iter().any(|p| p.name == name);
    if !(counts("n") && counts("width")) {
        return Ok(());
    }
    let mut attempts = vec!["n=10,width=10"];
    if counts("dimension") {
        attempts.extend(["n=4,width=2,dimension=3", "n=9,width=3,dimension=8"]);
    }
    for text in attempts {
        let parameters = subject.at_size(text)?;
        if let Ok(made) = subject.family.instance(&parameters, SEEDS[0]) {
            ensure(made.reference == Some(Reference::Optimum(0.0)), || format!("[{text}] is accepted although any labels fit"))?;
        }
    }
    Ok(())
}
