//! Writing to the two streams without ever panicking.

use anyhow::Context;
use std::io::{ErrorKind, Write};

/// Prints lines of results to stdout. A reader that has gone away, such as `head`, is no error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    let line_end = if text.ends_with('\n') { "" } else { "\n" };
    match write!(stdout, "{text}{line_end}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("the result cannot be written to stdout"),
        _ => Ok(()),
    }
}

/// Prints a line for a person to stderr. Nobody there to read it is no error.
pub(crate) fn note(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
