//! Tells the crate from which revision and with which compiler it is built.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let compiler = std::env::var("RUSTC").ok().and_then(|rustc| output(&rustc, &["--version"]));
    println!("cargo::rustc-env=OPTGAP_COMPILER={}", compiler.as_deref().unwrap_or("unknown"));
    println!("cargo::rustc-env=OPTGAP_REVISION={}", revision().as_deref().unwrap_or("unknown"));
}

/// The commit of the repository that this workspace is, not of one that merely contains its folder.
fn revision() -> Option<String> {
    let workspace = Path::new(&manifest_dir()?).ancestors().nth(2)?.canonicalize().ok()?;
    let top = output("git", &["rev-parse", "--show-toplevel"])?;
    if Path::new(&top).canonicalize().ok()? != workspace {
        return None;
    }
    // Every commit, checkout and reset appends to this log.
    let log = output("git", &["rev-parse", "--git-path", "logs/HEAD"])?;
    if Path::new(&log).exists() {
        println!("cargo::rerun-if-changed={log}");
    }
    output("git", &["rev-parse", "--short=12", "HEAD"])
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).current_dir(manifest_dir()?).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// Where the crate is now: the folder may have moved since this script was compiled.
fn manifest_dir() -> Option<String> {
    std::env::var("CARGO_MANIFEST_DIR").ok()
}
