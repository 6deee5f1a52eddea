//! `optgap list`: families and methods with their parameters.

use crate::{Exit, terminal};
use optgap_cli::REGISTRY;
use optgap_problem::{Parameter, Tag};
use std::fmt::Write;

/// Show the families and methods with their parameters
#[derive(clap::Args)]
pub(crate) struct Arguments {}

/// Columns of a paragraph.
const PARAGRAPH: usize = 100;

pub(crate) fn run() -> anyhow::Result<Exit> {
    let mut text = String::from("FAMILIES\n");
    for family in REGISTRY.families {
        let tag = match family.tag() {
            Tag::Structured => "structured",
            Tag::Adversarial => "adversarial",
            Tag::Ladder => "from structured to adversarial",
        };
        write_entry(&mut text, &format!("{} ({tag})", family.name()), family.description(), family.parameters())?;
        for size in family.sizes() {
            writeln!(text, "    size {:<9} {}", size.name, size.parameters)?;
        }
    }
    text.push_str("\nEXACT METHODS\n");
    for method in REGISTRY.solvers {
        write_entry(&mut text, method.name, method.meaning, method.parameters)?;
    }
    text.push_str("\nTRAINERS\n");
    for method in REGISTRY.trainers {
        write_entry(&mut text, method.name, method.meaning, method.parameters)?;
    }
    text.push_str("\nSelect with name[parameter=value,...]; in plans a value may be a list: name[parameter=[a,b]].\n");
    terminal::print(&text)?;
    Ok(Exit::Fine)
}

fn write_entry(text: &mut String, title: &str, meaning: &str, parameters: &[Parameter]) -> std::fmt::Result {
    writeln!(text, "\n{title}")?;
    for line in wrapped(meaning) {
        writeln!(text, "  {line}")?;
    }
    for Parameter { name, meaning, kind } in parameters {
        let default = kind.default_value().to_string();
        let default = if default.is_empty() { String::new() } else { format!(", default {default}") };
        writeln!(text, "    {name:<14} {meaning}: {kind}{default}")?;
    }
    Ok(())
}

/// Lines of whole words.
fn wrapped(paragraph: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in paragraph.split_whitespace() {
        let last = lines.last_mut().expect("there is always a line");
        if !last.is_empty() && last.len() + 1 + word.len() > PARAGRAPH {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}
