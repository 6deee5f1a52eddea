//! The families and methods that exist, and how selectors choose among them.

use optgap_problem::{
    BadParameter, ExactSolver, Family, Instance, Method, Parameter, Parameters, Polish, Selector, SelectorError, Size, Trainer,
    Verifier,
};
use optgap_results::MethodSummary;
use std::sync::Arc;
use thiserror::Error;

/// More names than this are not listed in an error message.
const MOST_LISTED: usize = 12;
/// Similarity of Jaro and Winkler from which a name may have been meant.
const LEAST_LIKENESS: f64 = 0.75;
/// Names that an error message suggests.
const MOST_SUGGESTED: usize = 3;

/// Everything that plans and command lines can name.
#[derive(Clone, Copy)]
pub struct Registry {
    /// Families of instances.
    pub families: &'static [&'static dyn Family],
    /// Exact methods.
    pub solvers: &'static [Method<dyn ExactSolver>],
    /// Trainers.
    pub trainers: &'static [Method<dyn Trainer>],
    /// What carries descent's end points to the optimum of their activation cells, if anything does.
    pub polish: Option<&'static dyn Polish>,
    /// What checks the certificates of exact methods.
    pub verifier: &'static dyn Verifier,
}

/// A family with completed parameters.
#[derive(Clone)]
pub struct FamilyChoice {
    /// The family.
    pub family: &'static dyn Family,
    /// Name of the size that the parameters start from.
    pub size: Option<String>,
    /// Completed parameters.
    pub parameters: Parameters,
}

/// A method with completed parameters, ready to work.
#[derive(Clone)]
pub struct MethodChoice {
    /// How records name it.
    pub summary: MethodSummary,
    /// The method itself.
    pub engine: Engine,
}

/// A method of one of the two kinds.
#[derive(Clone)]
pub enum Engine {
    /// Finds the optimum and proves it.
    Exact(Arc<dyn ExactSolver>),
    /// Descends from many starts.
    Training(Arc<dyn Trainer>),
}

/// A selector that chooses nothing.
#[derive(Debug, Error)]
pub enum SelectionError {
    /// Not a selector.
    #[error(transparent)]
    Syntax(#[from] SelectorError),
    /// A name that no entry has.
    #[error("unknown {kind} {name:?}; {remedy}")]
    Unknown {
        /// `family`, `method` or `size of ...`.
        kind: String,
        /// The name given.
        name: String,
        /// The names that exist, or those that are like it.
        remedy: String,
    },
    /// A parameter that the entry does not take.
    #[error("{name}: {error}")]
    Parameter {
        /// Name of the family or method.
        name: String,
        /// What is wrong.
        error: BadParameter,
    },
    /// A list where a single choice is asked for.
    #[error("{selector:?} stands for {count} choices; give single values here")]
    Several {
        /// The selector.
        selector: String,
        /// Number of its choices.
        count: usize,
    },
}

impl Registry {
    /// Every choice of a family selector, each on top of every size (or of the defaults, if there are no sizes).
    ///
    /// # Errors
    /// When the family, a size or a parameter does not exist or a value is out of range.
    pub fn families(&self, selector: &str, sizes: &[String]) -> Result<Vec<FamilyChoice>, SelectionError> {
        let selector: Selector = selector.parse()?;
        let names: Vec<&str> = self.families.iter().map(|family| family.name()).collect();
        let position = find("family", &selector.name, &names)?;
        let family = self.families[position];
        let mut bases = Vec::new();
        for name in sizes {
            let known: Vec<&str> = family.sizes().iter().map(|size| size.name).collect();
            let size = &family.sizes()[find(&format!("size of {}", selector.name), name, &known)?];
            bases.push((Some(name.clone()), size_parameters(family, size)?));
        }
        if bases.is_empty() {
            bases.push((None, Parameters::default()));
        }
        let mut choices = Vec::new();
        for (size, base) in &bases {
            for parameters in selector.choices() {
                let parameters = complete(&selector.name, &base.overridden_by(&parameters), family.parameters())?;
                choices.push(FamilyChoice { family, size: size.clone(), parameters });
            }
        }
        Ok(choices)
    }

    /// The only choice of a family selector.
    ///
    /// # Errors
    /// As [`Registry::families`], and when the selector stands for several choices.
    pub fn family(&self, selector: &str, size: Option<&str>) -> Result<FamilyChoice, SelectionError> {
        let sizes: Vec<String> = size.map(str::to_owned).into_iter().collect();
        only(selector, self.families(selector, &sizes)?)
    }

    /// Every choice of a method selector.
    ///
    /// # Errors
    /// When the method or a parameter does not exist or a value is out of range.
    pub fn methods(&self, selector: &str) -> Result<Vec<MethodChoice>, SelectionError> {
        let selector: Selector = selector.parse()?;
        selector.choices().iter().map(|choice| self.build(&selector.name, choice)).collect()
    }

    /// The only choice of a method selector, with the parameters of `stronger` in place of equal names.
    ///
    /// # Errors
    /// As [`Registry::methods`], and when the selector stands for several choices.
    pub fn method(&self, selector: &str, stronger: &Parameters) -> Result<MethodChoice, SelectionError> {
        let parsed: Selector = selector.parse()?;
        self.build(&parsed.name, &only(selector, parsed.choices())?.overridden_by(stronger))
    }

    fn build(&self, name: &str, parameters: &Parameters) -> Result<MethodChoice, SelectionError> {
        let solvers = self.solvers.iter().map(|method| method.name);
        let names: Vec<&str> = solvers.chain(self.trainers.iter().map(|method| method.name)).collect();
        let position = find("method", name, &names)?;
        match position.checked_sub(self.solvers.len()) {
            None => build(&self.solvers[position], parameters, |solver| Engine::Exact(Arc::from(solver))),
            Some(position) => build(&self.trainers[position], parameters, |trainer| Engine::Training(Arc::from(trainer))),
        }
    }
}

impl FamilyChoice {
    /// The instance for a data seed.
    ///
    /// # Errors
    /// When the parameters do not go together or name data that cannot be read.
    pub fn instance(&self, seed: u64) -> Result<Instance, SelectionError> {
        let parameter_error = |error| SelectionError::Parameter { name: self.family.name().to_owned(), error };
        self.family.instance(&self.parameters, seed).map_err(parameter_error)
    }
}

fn build<M: ?Sized>(
    method: &Method<M>,
    choice: &Parameters,
    engine: fn(Box<M>) -> Engine,
) -> Result<MethodChoice, SelectionError> {
    let parameters = complete(method.name, choice, method.parameters)?;
    let parameter_error = |error| SelectionError::Parameter { name: method.name.to_owned(), error };
    let engine = engine((method.build)(&parameters).map_err(parameter_error)?);
    let summary =
        MethodSummary { name: method.name.to_owned(), label: method.label(&parameters), version: method.version, parameters };
    Ok(MethodChoice { summary, engine })
}

fn size_parameters(family: &dyn Family, size: &Size) -> Result<Parameters, SelectionError> {
    let selector: Selector = format!("{}[{}]", family.name(), size.parameters).parse()?;
    only(size.parameters, selector.choices())
}

fn complete(name: &str, parameters: &Parameters, declared: &[Parameter]) -> Result<Parameters, SelectionError> {
    parameters.complete(declared).map_err(|error| SelectionError::Parameter { name: name.to_owned(), error })
}

fn only<T>(selector: &str, mut choices: Vec<T>) -> Result<T, SelectionError> {
    match choices.pop() {
        Some(choice) if choices.is_empty() => Ok(choice),
        _ => Err(SelectionError::Several { selector: selector.to_owned(), count: choices.len() + 1 }),
    }
}

fn find(kind: &str, name: &str, names: &[&str]) -> Result<usize, SelectionError> {
    names.iter().position(|known| *known == name).ok_or_else(|| SelectionError::Unknown {
        kind: kind.to_owned(),
        name: name.to_owned(),
        remedy: remedy(name, names),
    })
}

/// All names if they are few, else those that the wrong one may have been meant for.
fn remedy(name: &str, names: &[&str]) -> String {
    if names.len() <= MOST_LISTED {
        return format!("known: {}", names.join(", "));
    }
    let likeness = |known: &&str| strsim::jaro_winkler(name, known);
    let mut alike: Vec<&str> = names.iter().copied().filter(|known| likeness(known) >= LEAST_LIKENESS).collect();
    alike.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
    alike.truncate(MOST_SUGGESTED);
    let meant = if alike.is_empty() { String::new() } else { format!("did you mean {}? ", alike.join(" or ")) };
    format!("{meant}`optgap list` shows all {}", names.len())
}
