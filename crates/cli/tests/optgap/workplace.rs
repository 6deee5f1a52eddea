//! A folder to run the command in.

use assert_cmd::Command;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A small instance with every optional field.
pub(crate) const XOR: &str = r#"{"format": "optgap-instance/1", "name": "xor", "network": {"kind": "dense", "width": 2,
 "activation": "relu", "hidden_bias": true, "output_bias": false, "train_output": true}, "loss": "squared",
 "x": [[0,0],[0,1],[1,0],[1,1]], "y": [0,1,1,0]}"#;

/// Weights of its network with loss 0.
pub(crate) const WEIGHTS: &str = r#"{"hidden": [[1,1],[1,1]], "hidden_bias": [0,-1], "output": [1,-2], "output_bias": 0}"#;

/// A table with a header.
pub(crate) const TABLE: &str = "a,b,price\n0,0,1\n1,0,2.5\n0,1,2\n1,1,1.5\n2,1,0.5\n";

/// A plan of a second or less.
pub(crate) const PLAN: &str = r#"name = "tiny"
restarts = 4
exact-time-limit = 10.0

[[families]]
family = "xor"

[[families]]
family = "teacher[n=8,dimension=1]"
sizes = ["tiny"]

[[methods]]
method = "cones"

[[methods]]
method = "adam[steps=50]"
"#;

/// What the command left.
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) struct Workplace {
    folder: TempDir,
}

impl Workplace {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("made");
        fs::write(path, content).expect("written");
        self
    }

    /// The command with these arguments, in the folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_optgap"));
        command.args(arguments).current_dir(self.folder.path());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        let output = self.command(arguments).output().expect("it starts");
        Finished {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// Everything in the folder: files with their content, folders without.
    pub(crate) fn content(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        fn add(folder: &Path, content: &mut BTreeMap<PathBuf, Vec<u8>>) {
            for entry in fs::read_dir(folder).expect("readable") {
                let path = entry.expect("readable").path();
                if path.is_dir() {
                    add(&path, content);
                }
                content.insert(path.clone(), fs::read(&path).unwrap_or_default());
            }
        }
        let mut content = BTreeMap::new();
        add(self.folder.path(), &mut content);
        content
    }
}
