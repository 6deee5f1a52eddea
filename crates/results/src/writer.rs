//! Appending records to a worker's own file.

use crate::{CellRecord, StoreError};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Appends records to one file, each safely on disk before the call returns.
#[derive(Debug)]
pub struct RecordWriter {
    file: PathBuf,
    handle: File,
}

/// Bytes that are looked through at a time for the last line feed.
const BLOCK: u64 = 1 << 16;

impl RecordWriter {
    /// Opens or makes the file, takes it for this process alone and cuts off a torn last line.
    pub(crate) fn open(file: &Path) -> Result<Self, StoreError> {
        let write_error = |error| StoreError::Write { file: file.to_owned(), error };
        let mut handle =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(file).map_err(write_error)?;
        match handle.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(StoreError::Busy(file.to_owned())),
            // File systems without locks exist; there, one writer per file is the caller's promise alone.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        cut_torn_line(&mut handle).map_err(write_error)?;
        Ok(Self { file: file.to_owned(), handle })
    }

    /// Appends one line and waits until the disk has it.
    ///
    /// # Errors
    /// When the disk refuses, or the record would not read back as it is: JSON has no word for numbers that are not
    /// finite, and a `null` in their place would make the file unreadable.
    pub fn append(&mut self, record: &CellRecord) -> Result<(), StoreError> {
        let line = faithful_line(record)?;
        let written = self.handle.write_all(line.as_bytes()).and_then(|()| self.handle.sync_data());
        written.map_err(|error| StoreError::Write { file: self.file.clone(), error })
    }
}

fn faithful_line(record: &CellRecord) -> Result<String, StoreError> {
    let fault = |problem: String| StoreError::NotFinite { cell: record.cell.clone(), problem };
    let mut line = serde_json::to_string(record).map_err(|error| fault(error.to_string()))?;
    let back: CellRecord = serde_json::from_str(&line).map_err(|error| fault(error.to_string()))?;
    if back != *record {
        return Err(fault("another value comes back".into()));
    }
    line.push('\n');
    Ok(line)
}

/// Shortens the file to its last line feed and leaves the position at the end.
fn cut_torn_line(handle: &mut File) -> std::io::Result<()> {
    let mut end = handle.seek(SeekFrom::End(0))?;
    let mut block = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        handle.seek(SeekFrom::Start(start))?;
        block.clear();
        Read::by_ref(handle).take(end - start).read_to_end(&mut block)?;
        if let Some(last) = block.iter().rposition(|&byte| byte == b'\n') {
            end = start + last as u64 + 1;
            break;
        }
        end = start;
    }
    if end < handle.seek(SeekFrom::End(0))? {
        handle.set_len(end)?;
        handle.seek(SeekFrom::Start(end))?;
    }
    Ok(())
}
