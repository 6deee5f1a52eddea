//! Files that are either whole or not there.

use crate::StoreError;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file that will be written in one piece: first under a temporary name beside its place, then renamed.
///
/// Reserve it before long work begins: a place that cannot be written is found then, not afterwards.
#[derive(Clone, Debug)]
pub struct OutputFile {
    file: PathBuf,
    temporary: PathBuf,
}

impl OutputFile {
    /// Checks that a file can be written at `file`, and leaves nothing there.
    ///
    /// # Errors
    /// When `file` is a folder or its folder cannot be written.
    pub fn reserve(file: &Path) -> Result<Self, StoreError> {
        let write_error = |error| StoreError::Write { file: file.to_owned(), error };
        if file.is_dir() {
            return Err(write_error(std::io::Error::from(std::io::ErrorKind::IsADirectory)));
        }
        let name = file.file_name().ok_or_else(|| write_error(std::io::ErrorKind::InvalidFilename.into()))?;
        let mut temporary_name = std::ffi::OsString::from(".");
        temporary_name.push(name);
        temporary_name.push(format!(".{}.tmp", std::process::id()));
        let temporary = file.with_file_name(temporary_name);
        fs::File::create(&temporary).map_err(write_error)?;
        fs::remove_file(&temporary).map_err(write_error)?;
        Ok(Self { file: file.to_owned(), temporary })
    }

    /// The place of the file.
    pub fn path(&self) -> &Path {
        &self.file
    }

    /// Writes the whole content and puts it in its place.
    ///
    /// # Errors
    /// When the disk refuses; then the file has its old content, or is not there as before.
    pub fn write(&self, content: &[u8]) -> Result<(), StoreError> {
        let written = fs::File::create(&self.temporary)
            .and_then(|mut handle| handle.write_all(content).and_then(|()| handle.sync_all()))
            .and_then(|()| fs::rename(&self.temporary, &self.file));
        written.map_err(|error| {
            // The first error is the one to report; a leftover that cannot be removed adds nothing.
            let _ = fs::remove_file(&self.temporary);
            StoreError::Write { file: self.file.clone(), error }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserving_leaves_nothing_behind_and_writing_replaces_the_whole_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let output = OutputFile::reserve(&folder.path().join("weights.json")).expect("writable");
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 0);
        output.write(b"a longer first content").expect("written");
        output.write(b"second").expect("written");
        assert_eq!(fs::read(output.path()).expect("read"), b"second");
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_found_before_the_work() {
        let folder = tempfile::tempdir().expect("a folder");
        let below_nothing = folder.path().join("none/weights.json");
        let message = OutputFile::reserve(&below_nothing).expect_err("no such folder").to_string();
        assert!(message.contains("none/weights.json: cannot be written"), "{message}");
        assert!(OutputFile::reserve(folder.path()).is_err());
    }
}
