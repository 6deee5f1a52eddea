//! One file per subcommand.

mod decide;
mod generate;
mod info;
mod list;
mod new;
mod report;
mod run;
mod score;
mod solve;
mod train;
mod verify;

use crate::Exit;
use clap::Subcommand;

/// The subcommands, in the order of the help.
#[derive(Subcommand)]
pub(crate) enum Command {
    Run(run::Arguments),
    Solve(solve::Arguments),
    Train(train::Arguments),
    Score(score::Arguments),
    Decide(decide::Arguments),
    Verify(verify::Arguments),
    List(list::Arguments),
    Info(info::Arguments),
    Gen(generate::Arguments),
    New(new::Arguments),
    Report(report::Arguments),
}

impl Command {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        match self {
            Self::Run(arguments) => run::run(arguments),
            Self::Solve(arguments) => solve::run(arguments),
            Self::Train(arguments) => train::run(arguments),
            Self::Score(arguments) => score::run(arguments),
            Self::Decide(arguments) => decide::run(arguments),
            Self::Verify(arguments) => verify::run(arguments),
            Self::List(_) => list::run(),
            Self::Info(arguments) => info::run(arguments),
            Self::Gen(arguments) => generate::run(arguments),
            Self::New(arguments) => new::run(arguments),
            Self::Report(arguments) => report::run(arguments),
        }
    }
}
