//! Ctrl-C: the first one ends the work with what is there, the second one leaves at once.

use crate::{Exit, terminal};
use anyhow::Context;
use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Installs the handler. The flag is raised by the first interruption.
pub(crate) fn flag() -> anyhow::Result<&'static AtomicBool> {
    ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted as i32);
        }
        terminal::note("interrupted: ending with what is there; once more leaves at once");
    })
    .context("Ctrl-C cannot be handled")?;
    Ok(&INTERRUPTED)
}
