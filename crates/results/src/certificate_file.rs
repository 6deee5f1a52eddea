//! A certificate on its way to the disk.

use crate::StoreError;
use optgap_problem::CertificateSink;
use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes that are gathered before they are written: a search appends many short records.
const BUFFER: usize = 1 << 18;

/// The file that a certificate is written to while a search works.
///
/// What was in the file before stays until the first byte comes. A certificate that is not finished proves nothing and is
/// removed; one that a killed process left behind lacks its end, and no checker accepts it.
#[derive(Debug)]
pub struct CertificateFile {
    file: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    writer: BufWriter<File>,
    /// Is the file ours: made here, or written to?
    ours: bool,
    /// Was anything appended since the file was emptied?
    begun: bool,
    /// The first error since then. What comes after a gap proves nothing.
    failure: Option<String>,
    finished: bool,
}

impl CertificateFile {
    /// Opens the file, so that a place that cannot be written is found before the search.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(file: &Path) -> Result<Self, StoreError> {
        let ours = !file.exists();
        let handle = File::options().write(true).create(true).truncate(false).open(file);
        let handle = handle.map_err(|error| StoreError::Write { file: file.to_owned(), error })?;
        let writer = BufWriter::with_capacity(BUFFER, handle);
        let state = State { writer, ours, begun: false, failure: None, finished: false };
        Ok(Self { file: file.to_owned(), state: Mutex::new(state) })
    }

    /// The place of the file.
    pub fn path(&self) -> &Path {
        &self.file
    }

    /// Ends the certificate and reads it back, as a checker finds it.
    ///
    /// # Errors
    /// When it is not on the disk whole, or cannot be read back; then the file is removed.
    pub fn finish(self) -> Result<Vec<u8>, StoreError> {
        let ended = self.state().end();
        ended.map_err(|error| StoreError::Write { file: self.file.clone(), error })?;
        let read_error = |error| StoreError::Read { file: self.file.clone(), error };
        // A device has no end.
        if !self.file.is_file() {
            return Err(read_error(io::Error::other("is no file that keeps what is written to it")));
        }
        let bytes = fs::read(&self.file).map_err(read_error)?;
        self.state().finished = true;
        Ok(bytes)
    }

    /// Gives the certificate up: nothing stays in its place, not even an older one, which is of another search.
    pub fn discard(self) {
        self.state().ours = true;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CertificateSink for CertificateFile {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        if let Some(failure) = &state.failure {
            return Err(io::Error::other(failure.clone()));
        }
        let written = state.begin().and_then(|()| state.writer.write_all(bytes));
        written.inspect_err(|error| state.failure = Some(error.to_string()))
    }

    fn restart(&self) -> io::Result<()> {
        let mut state = self.state();
        (state.begun, state.failure) = (false, None);
        state.begin()
    }
}

impl State {
    /// Empties the file, unless it holds the beginning of this certificate.
    fn begin(&mut self) -> io::Result<()> {
        if self.begun {
            return Ok(());
        }
        self.ours = true;
        let handle = self.writer.get_ref().try_clone()?;
        // A writer that is dropped writes what it holds; one that is taken apart does not.
        let old = std::mem::replace(&mut self.writer, BufWriter::with_capacity(BUFFER, handle));
        let (mut handle, _forgotten) = old.into_parts();
        // Devices can be neither emptied nor rewound, and need not be.
        if handle.metadata()?.is_file() {
            handle.set_len(0)?;
            handle.rewind()?;
        }
        self.begun = true;
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        if let Some(failure) = &self.failure {
            return Err(io::Error::other(failure.clone()));
        }
        self.begin()?;
        self.writer.flush()?;
        // Some file systems find out only now that they are full. Devices keep nothing.
        let handle = self.writer.get_ref();
        if handle.metadata()?.is_file() { handle.sync_data() } else { Ok(()) }
    }
}

impl Drop for CertificateFile {
    fn drop(&mut self) {
        let state = self.state();
        if state.ours && !state.finished && self.file.is_file() {
            // Nobody is left to hear of an error, and a file that stays is not mistaken for a certificate.
            let _ = fs::remove_file(&self.file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("x.certificate");
        (folder, file)
    }

    #[test]
    fn what_is_appended_since_the_last_restart_is_what_is_read_back() {
        let (_folder, file) = place();
        fs::write(&file, "an older and much longer certificate").expect("written");
        let certificate = CertificateFile::create(&file).expect("writable");
        certificate.append(b"first search ").expect("written");
        certificate.restart().expect("emptied");
        certificate.append(&vec![b'x'; 2 * BUFFER]).expect("written");
        assert!(fs::metadata(&file).expect("there").len() >= BUFFER as u64, "it is written while the search works");
        certificate.append(b"tail").expect("written");
        certificate.restart().expect("emptied");
        certificate.append(b"second").expect("written");
        certificate.append(b" search").expect("written");
        assert_eq!(certificate.finish().expect("whole"), b"second search");
        assert_eq!(fs::read(&file).expect("kept"), b"second search");
    }

    #[test]
    fn an_unfinished_certificate_is_removed_and_an_older_file_stays_until_the_first_byte() {
        let (folder, file) = place();
        drop(CertificateFile::create(&file).expect("writable"));
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 0);
        fs::write(&file, "older").expect("written");
        drop(CertificateFile::create(&file).expect("writable"));
        assert_eq!(fs::read(&file).expect("kept"), b"older");
        CertificateFile::create(&file).expect("writable").append(b"half").expect("written");
        assert!(!file.exists());
        fs::write(&file, "older").expect("written");
        CertificateFile::create(&file).expect("writable").discard();
        assert!(!file.exists());
    }

    #[test]
    fn a_place_that_cannot_be_written_is_found_before_the_search() {
        let (folder, file) = place();
        for place in [folder.path(), &file.join("below/nothing")] {
            let message = CertificateFile::create(place).expect_err("no place").to_string();
            assert!(message.contains("cannot be written"), "{message}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_at_the_end_at_the_latest_and_every_append_after_it_fails() {
        let full = Path::new("/dev/full");
        let certificate = CertificateFile::create(full).expect("writable");
        certificate.append(b"short").expect("gathered");
        let message = certificate.finish().expect_err("full").to_string();
        assert!(message.starts_with("/dev/full: cannot be written: No space left"), "{message}");
        let certificate = CertificateFile::create(full).expect("writable");
        certificate.append(&vec![0; 2 * BUFFER]).expect_err("full");
        certificate.append(b"short").expect_err("there is a gap already");
        certificate.finish().expect_err("not whole");
        assert!(full.exists(), "a device is not removed");
        let nowhere = CertificateFile::create(Path::new("/dev/null")).expect("writable");
        nowhere.append(b"short").expect("written");
        let message = nowhere.finish().expect_err("nothing is kept").to_string();
        assert!(message.contains("/dev/null: cannot be read: is no file"), "{message}");
    }
}
