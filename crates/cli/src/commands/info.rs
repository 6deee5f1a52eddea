//! `optgap info`: all about one family, and the parameters of a method.

use super::list::parameter_lines;
use crate::input::shape;
use crate::picture::picture;
use crate::wrap::wrapped;
use crate::{Exit, terminal};
use optgap_cli::REGISTRY;
use optgap_harness::SelectionError;
use optgap_problem::{About, Activation, Family, Instance, Loss, Network, Reference, Tag};
use std::fmt::Write;

/// Show all about a family: definition, parameters, sizes, known optimum, prediction; or the parameters of a method
///
/// The text is that of the family's source file: what the data are, where the idea comes from, what is known of the optimum and
/// why, and what descent is expected to do, which reports print beside the result. At the end stands one instance: its size,
/// its optimum if that is known, and for one or two inputs its data as a picture.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  optgap info vertex-cover
  optgap info vertex-cover --size large                  the instance at the end is of that size
  optgap info \"teacher[dimension=1,noise=0]\" --seed 3    of these parameters and this seed
  optgap gen \"teacher[dimension=1,noise=0]\" --seed 3     the same instance as JSON
  optgap info adam                                       the parameters of a method")]
pub(crate) struct Arguments {
    /// Family, with parameters if wanted: name[parameter=value,...]; or a method
    name: String,
    /// Named parameter set to start from: tiny, small, medium or large
    #[arg(long, value_name = "S")]
    size: Option<String>,
    /// Data seed of the instance that is shown
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    if let Some(text) = method(&arguments.name) {
        terminal::print(&text)?;
        return Ok(Exit::Fine);
    }
    let choice = REGISTRY.family(&arguments.name, arguments.size.as_deref()).map_err(or_method)?;
    let mut text = described(choice.family)?;
    match choice.instance(arguments.seed) {
        Ok(instance) => text.push_str(&shown(&instance)?),
        // The family `files` has no instance without a folder; its description is worth reading all the same.
        Err(error) => write!(text, "\nINSTANCE\n{}", wrapped(&error.to_string(), "  "))?,
    }
    terminal::print(&text)?;
    Ok(Exit::Fine)
}

/// A name that no family has may have been meant for a method.
fn or_method(error: SelectionError) -> SelectionError {
    match error {
        SelectionError::Unknown { kind, name, remedy } if kind == "family" => {
            let methods =
                REGISTRY.solvers.iter().map(|method| method.name).chain(REGISTRY.trainers.iter().map(|method| method.name));
            let remedy = format!("{remedy}; methods: {}", methods.collect::<Vec<_>>().join(", "));
            SelectionError::Unknown { kind: "family or method".into(), name, remedy }
        }
        other => other,
    }
}

/// A method of this name: its meaning and its parameters.
fn method(name: &str) -> Option<String> {
    let solvers = REGISTRY.solvers.iter().map(|method| ("exact method", method.name, method.meaning, method.parameters));
    let trainers = REGISTRY.trainers.iter().map(|method| ("trainer", method.name, method.meaning, method.parameters));
    let (kind, _, meaning, parameters) = solvers.chain(trainers).find(|(_, known, ..)| *known == name)?;
    Some(format!("{name} ({kind})\n{}\nPARAMETERS\n{}", wrapped(meaning, "  "), parameter_lines(parameters)))
}

fn described(family: &dyn Family) -> Result<String, std::fmt::Error> {
    let side = match family.tag() {
        Tag::Structured => "structured",
        Tag::Adversarial => "adversarial",
        Tag::Ladder => "a ladder from one side to the other",
    };
    let About { title, definition, source, reference, proof, descent } = family.about();
    let mut text = format!("{} ({side})\n{}", family.name(), wrapped(&title, "  "));
    let sections =
        [("DEFINITION", definition), ("SOURCE", source), ("OPTIMUM", reference), ("PROOF", proof), ("PREDICTION", descent)];
    for (heading, section) in sections.iter().filter(|(_, section)| !section.is_empty()) {
        write!(text, "\n{heading}\n{}", wrapped(section, "  "))?;
    }
    write!(text, "\nPARAMETERS\n{}", parameter_lines(family.parameters()))?;
    if !family.sizes().is_empty() {
        text.push_str("\nSIZES\n");
    }
    for size in family.sizes() {
        writeln!(text, "    {:<7} {}", size.name, size.parameters)?;
    }
    Ok(text)
}

/// An instance in a few lines, and its data as a picture if they have one or two inputs.
fn shown(instance: &Instance) -> Result<String, std::fmt::Error> {
    let mut text = format!("\nINSTANCE {}\n", instance.name);
    writeln!(text, "  {}{}", shape(instance), switches(instance))?;
    let level = instance.constant_level();
    let known = match instance.reference {
        Some(Reference::Optimum(value)) => format!("optimum {value} by construction"),
        Some(Reference::AtLeast(value)) => format!("optimum at least {value} by construction"),
        Some(Reference::Infimum(value)) => format!("infimum {value} by construction"),
        None => "optimum unknown".to_owned(),
    };
    writeln!(text, "  {known}, best constant {level}")?;
    text.push_str(&picture(&instance.data));
    Ok(text)
}

/// What else is to be known of the network and the loss.
fn switches(instance: &Instance) -> String {
    let Network { activation, hidden_bias, output_bias, train_output, .. } = instance.network;
    let all = [
        (activation == Activation::Threshold, "threshold units"),
        (hidden_bias, "hidden bias"),
        (output_bias, "output bias"),
        (!train_output, "outputs fixed to 1"),
        (instance.loss == Loss::ZeroOne, "counted errors"),
        (instance.test.is_some(), "with a test set"),
    ];
    all.iter().filter(|(on, _)| *on).map(|(_, words)| format!(", {words}")).collect::<Vec<_>>().concat()
}
