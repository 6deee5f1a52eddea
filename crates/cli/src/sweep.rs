//! Instances of a family for many seeds, a file each.

use crate::input::counted;
use crate::printer::bar;
use crate::{Exit, interrupt, terminal};
use anyhow::{Context, bail};
use indicatif::ProgressBar;
use optgap_harness::FamilyChoice;
use optgap_problem::{Instance, instance_to_json};
use rayon::prelude::*;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// What has become of a seed.
enum Outcome {
    Written,
    /// The family has no instance there, for this reason.
    Refused(String),
    /// A person broke it off before.
    Left,
}

/// Writes the instances of all seeds into a folder, which is made where it is missing.
///
/// # Errors
/// When the first seed has no instance, for then parameters are wrong rather than luck is bad; when seeds make no difference;
/// when the disk refuses.
pub(crate) fn write(choice: &FamilyChoice, seeds: Range<u64>, folder: &Path) -> anyhow::Result<Exit> {
    let first = choice.instance(seeds.start)?;
    if first.provenance["seed"].is_null() && seeds.end - seeds.start > 1 {
        bail!("--count {}: {} is the same for every seed; leave out --count", seeds.end - seeds.start, first.name);
    }
    fs::create_dir_all(folder).with_context(|| format!("--out {}: cannot be made", folder.display()))?;
    let (interrupted, bar) = (interrupt::flag()?, bar("instances"));
    bar.iter().for_each(|bar| bar.set_length(seeds.end - seeds.start));
    let outcomes: anyhow::Result<Vec<Outcome>> = seeds
        .into_par_iter()
        .map(|seed| {
            let outcome = write_one(choice, seed, folder, interrupted);
            bar.iter().for_each(|bar| bar.inc(1));
            outcome
        })
        .collect();
    bar.iter().for_each(ProgressBar::finish_and_clear);
    tell(&outcomes?, folder)
}

fn write_one(choice: &FamilyChoice, seed: u64, folder: &Path, interrupted: &AtomicBool) -> anyhow::Result<Outcome> {
    if interrupted.load(Ordering::Relaxed) {
        return Ok(Outcome::Left);
    }
    match choice.instance(seed) {
        Ok(instance) => save(&instance, folder).map(|()| Outcome::Written),
        Err(error) => Ok(Outcome::Refused(format!("seed {seed}: {error}"))),
    }
}

/// Writes an instance under its name. The file is whole or not there, but nobody waits for the disk: the same command gives
/// the same bytes again.
fn save(instance: &Instance, folder: &Path) -> anyhow::Result<()> {
    let name = &instance.name;
    if name.contains(['/', '\\']) {
        bail!("the instance {name:?} cannot be a file: its name has a path in it");
    }
    let (file, temporary) = (folder.join(format!("{name}.json")), folder.join(format!(".{name}.tmp")));
    let written = fs::write(&temporary, instance_to_json(instance) + "\n").and_then(|()| fs::rename(&temporary, &file));
    written.with_context(|| format!("{}: cannot be written", file.display())).inspect_err(|_| {
        // The first error is the one to report; a leftover that cannot be removed adds nothing.
        let _ = fs::remove_file(&temporary);
    })
}

/// Says how many there are, and why there are no more.
fn tell(outcomes: &[Outcome], folder: &Path) -> anyhow::Result<Exit> {
    let (mut written, mut left, mut refusals) = (0, 0, Vec::new());
    for outcome in outcomes {
        match outcome {
            Outcome::Written => written += 1,
            Outcome::Left => left += 1,
            Outcome::Refused(reason) => refusals.push(reason),
        }
    }
    let of_all = if written == outcomes.len() { String::new() } else { format!(" of {}", outcomes.len()) };
    terminal::print(&format!("{written}{of_all} instances are in {}", folder.display()))?;
    if let Some(reason) = refusals.first() {
        terminal::note(&format!("{} without an instance; {reason}", counted(refusals.len(), "seed")));
    }
    if left > 0 {
        terminal::note("interrupted: the same command makes all of them");
        return Ok(Exit::Interrupted);
    }
    Ok(if refusals.is_empty() { Exit::Fine } else { Exit::SomeFailed })
}
