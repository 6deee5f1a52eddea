//! `optgap list`: families and methods.

use crate::{Exit, terminal};
use optgap_cli::REGISTRY;
use optgap_problem::{Parameter, Tag};
use std::fmt::Write;

/// Show the families and the methods on a line each
///
/// Families stand by the side of the argument that they are on: adversarial ones are built to be hard, structured ones have what
/// a small network captures, and ladders lead from one to the other. `optgap info NAME` tells all about a family, and about a
/// method which parameters it takes.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  optgap list
  optgap list | grep -i cover                 families by a word of their titles
  optgap info vertex-cover                    then: all about one of them
  optgap info adam                            the parameters of a method")]
pub(crate) struct Arguments {}

/// The sides of the argument, in the order of the list.
const SIDES: [(Tag, &str); 3] =
    [(Tag::Adversarial, "ADVERSARIAL"), (Tag::Structured, "STRUCTURED"), (Tag::Ladder, "LADDERS, from one side to the other")];

pub(crate) fn run() -> anyhow::Result<Exit> {
    let mut text =
        format!("{} FAMILIES; `optgap info NAME` tells all about one, and of a method its parameters\n", REGISTRY.families.len());
    for (side, title) in SIDES {
        writeln!(text, "\n{title}")?;
        for family in REGISTRY.families.iter().filter(|family| family.tag() == side) {
            writeln!(text, "  {:<23} {}", family.name(), family.about().title)?;
        }
    }
    text.push_str("\nEXACT METHODS\n");
    for method in REGISTRY.solvers {
        writeln!(text, "  {:<23} {}", method.name, method.meaning)?;
    }
    text.push_str("\nTRAINERS\n");
    for method in REGISTRY.trainers {
        writeln!(text, "  {:<23} {}", method.name, method.meaning)?;
    }
    text.push_str("\nSelect with name[parameter=value,...]; in plans a value may be a list: name[parameter=[a,b]].\n");
    terminal::print(&text)?;
    Ok(Exit::Fine)
}

/// Name, meaning, range and default of each parameter, a line each.
pub(crate) fn parameter_lines(parameters: &[Parameter]) -> String {
    let longest = parameters.iter().map(|parameter| parameter.name.len()).max().unwrap_or(0);
    let line = |Parameter { name, meaning, kind }: &Parameter| {
        let default = kind.default_value().to_string();
        let default = if default.is_empty() { String::new() } else { format!(", default {default}") };
        format!("    {name:<longest$}  {meaning}: {kind}{default}\n")
    };
    parameters.iter().map(line).collect()
}
