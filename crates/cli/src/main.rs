//! The command `optgap`: arguments, the assembled registry and exit codes. Everything else is in the other crates.

mod commands;
mod input;
mod interrupt;
mod picture;
mod printer;
mod proof;
mod searching;
mod sweep;
mod terminal;
mod threshold;
mod weights;
mod witness;
mod wrap;

use clap::Parser;
use std::process::ExitCode;

/// What a command has come to, as an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// It did what it was asked to do.
    Fine = 0,
    /// A loss lies below a lower bound, or the checker refuses a certificate: something is wrong.
    Violation = 1,
    /// Wrong usage or bad input.
    BadInput = 2,
    /// Some cells or seeds, or the one method that was asked for, broke down, or a certificate that was asked for could not be
    /// written.
    SomeFailed = 3,
    /// A person broke it off.
    Interrupted = 130,
}

/// Gradient descent against certified optima of small neural networks.
///
/// optgap finds the global optimum of a small network's training loss by exact search, with a proof, trains the same network
/// by gradient descent from many starts, and says how far descent stays away.
#[derive(Parser)]
#[command(name = "optgap", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: commands::Command,
}

const EXAMPLES: &str = "\
Examples:
  optgap run                                  the quick plan: every family, a few minutes
  optgap solve houses.csv --target price --width 2
  optgap train houses.csv --target price --method \"adam[learning-rate=0.01]\" --restarts 256
  optgap score houses.csv weights.json --target price      how far is that from the optimum?
  optgap decide houses.csv --target price --eps 0.05       is there any such loss?
  optgap verify houses.csv proof.certificate --target price   is the lower bound really proved?
  optgap list                                 families and methods
  optgap info vertex-cover                    all about a family, or the parameters of a method
  optgap new family two-moons                 begin one of your own

Exit codes: 0 fine, 1 a loss below a proved bound or a rejected certificate, 2 usage or bad input,
3 some cells or seeds failed or a certificate could not be written, 130 interrupted.";

fn main() -> ExitCode {
    let exit = match Arguments::try_parse() {
        Ok(arguments) => arguments.command.run().unwrap_or_else(|error| complain(&format!("error: {error:#}"))),
        Err(error) => wrong_usage(&error),
    };
    ExitCode::from(exit as u8)
}

/// Bad input is told on one line, whatever the causes say.
fn complain(text: &str) -> Exit {
    terminal::note(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    Exit::BadInput
}

/// A fault of the command line, without the usage that follows it; a request for help or the version is answered.
fn wrong_usage(error: &clap::Error) -> Exit {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    if matches!(error.kind(), DisplayHelp | DisplayHelpOnMissingArgumentOrSubcommand | DisplayVersion) {
        error.exit();
    }
    let text = error.to_string();
    let fault = ["\n\nUsage:", "\n\nFor more information"].iter().filter_map(|end| text.find(end)).min();
    let fault = text[..fault.unwrap_or(text.len())].replace("\n\n", "; ");
    complain(&format!("{fault} (--help explains)"))
}
