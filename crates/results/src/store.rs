//! The folder of a run: `run.toml`, `plan.jsonl`, `cells/<worker>.jsonl`, `env/<worker>.json`, `trace/<cell>.csv`,
//! `certificates/<cell>.certificate`.

use crate::{CellRecord, CertificateFile, OutputFile, RecordWriter};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The folder of a run. Records are only ever appended, by one writer per file.
#[derive(Clone, Debug)]
pub struct RunFolder {
    root: PathBuf,
}

/// A line of `plan.jsonl`: a cell that the run is to have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCell {
    /// Identity of the cell.
    pub cell: String,
    /// Name of its instance.
    pub instance: String,
    /// Label of its method.
    pub method: String,
    /// Seed of its restarts; none for exact methods.
    pub training_seed: Option<u64>,
}

/// A run folder that cannot be used. Always names the file.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The system refuses to write.
    #[error("{}: cannot be written: {error}; choose another place or make it writable", file.display())]
    Write {
        /// The file or folder.
        file: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The system refuses to read.
    #[error("{}: cannot be read: {error}", file.display())]
    Read {
        /// The file or folder.
        file: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The folder has no records of a run.
    #[error("{}: is not the folder of a run (it has no folder `cells`); give a folder that `optgap run` wrote", .0.display())]
    NoRun(PathBuf),
    /// Another process appends to the same file.
    #[error("{}: another run is writing to this file; wait for its end or choose another folder", .0.display())]
    Busy(PathBuf),
    /// A line that is not what it should be.
    #[error("{}, line {line}: cannot be understood: {problem}; mend or remove this line", file.display())]
    Line {
        /// The file.
        file: PathBuf,
        /// Its line, counted from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// A record of another version of optgap.
    #[error("{}, line {line}: schema {found:?} is not known; this version reads up to {:?}, a newer optgap may read it",
            file.display(), CellRecord::SCHEMA)]
    Schema {
        /// The file.
        file: PathBuf,
        /// Its line, counted from 1.
        line: usize,
        /// What the line says.
        found: String,
    },
    /// Two different results for one cell.
    #[error("cell {cell} has two different records: {first} and {second}; remove one of the two lines")]
    Conflict {
        /// Identity of the cell.
        cell: String,
        /// File and line of the first record.
        first: String,
        /// File and line of the second record.
        second: String,
    },
    /// A record that would not read back as it is, for example because of a number that is not finite.
    #[error("the record of cell {cell} does not read back as it was written (is a number not finite?): {problem}")]
    NotFinite {
        /// Identity of the cell.
        cell: String,
        /// What the reader says.
        problem: String,
    },
}

/// A record and where it was read.
struct Located {
    record: CellRecord,
    place: String,
}

impl RunFolder {
    /// The run in the folder `root`, which need not exist yet.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Makes the folders; existing ones are kept as they are.
    ///
    /// # Errors
    /// When a folder cannot be made.
    pub fn create(&self) -> Result<(), StoreError> {
        for folder in [self.root.clone(), self.cells(), self.root.join("env")] {
            fs::create_dir_all(&folder).map_err(|error| StoreError::Write { file: folder, error })?;
        }
        Ok(())
    }

    /// Writes what was asked (`run.toml`) and which cells that means (`plan.jsonl`), in place of what was asked before.
    ///
    /// # Errors
    /// When a file cannot be written.
    ///
    /// # Panics
    /// Never: names and identities always serialise.
    pub fn write_plan(&self, run_toml: &str, cells: &[PlannedCell]) -> Result<(), StoreError> {
        let lines: Vec<String> =
            cells.iter().map(|cell| serde_json::to_string(cell).expect("plain data always serialises") + "\n").collect();
        OutputFile::reserve(&self.root.join("run.toml"))?.write(run_toml.as_bytes())?;
        OutputFile::reserve(&self.root.join("plan.jsonl"))?.write(lines.concat().as_bytes())
    }

    /// Writes the description of a worker's machine to `env/<worker>.json`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_environment(&self, worker: &str, json: &str) -> Result<(), StoreError> {
        OutputFile::reserve(&self.root.join("env").join(format!("{worker}.json")))?.write(json.as_bytes())
    }

    /// Writes how a cell's bounds moved to `trace/<cell>.csv`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_trace(&self, cell: &str, csv: &str) -> Result<(), StoreError> {
        let folder = self.root.join("trace");
        fs::create_dir_all(&folder).map_err(|error| StoreError::Write { file: folder.clone(), error })?;
        OutputFile::reserve(&folder.join(format!("{cell}.csv")))?.write(csv.as_bytes())
    }

    /// Makes the folder of the certificates.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create_certificates(&self) -> Result<(), StoreError> {
        let folder = self.certificates();
        fs::create_dir_all(&folder).map_err(|error| StoreError::Write { file: folder, error })
    }

    /// The file for a cell's certificate, in a folder that [`RunFolder::create_certificates`] has made.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn certificate(&self, cell: &str) -> Result<CertificateFile, StoreError> {
        CertificateFile::create(&self.certificates().join(format!("{cell}.certificate")))
    }

    /// The one writer of `cells/<worker>.jsonl`. A torn last line, left by a process that was killed, is cut off.
    ///
    /// # Errors
    /// When the file cannot be written or another process has it.
    pub fn writer(&self, worker: &str) -> Result<RecordWriter, StoreError> {
        RecordWriter::open(&self.cells().join(format!("{worker}.jsonl")))
    }

    /// The cells that the run is to have, in the plan's order; none for a folder without `plan.jsonl`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn planned(&self) -> Result<Vec<PlannedCell>, StoreError> {
        let file = self.root.join("plan.jsonl");
        if !file.exists() {
            return Ok(Vec::new());
        }
        complete_lines(&file)?
            .into_iter()
            .enumerate()
            .map(|(index, line)| {
                let problem = |error: serde_json::Error| error.to_string();
                serde_json::from_str(&line).map_err(|error| StoreError::Line {
                    file: file.clone(),
                    line: index + 1,
                    problem: problem(error),
                })
            })
            .collect()
    }

    /// One record per cell over the files of all workers: first the planned cells in the plan's order, then any others.
    ///
    /// A record with a final status replaces one without ([`Status::is_final`](crate::Status::is_final)), a later one without
    /// replaces an earlier one; a torn last line is passed over.
    ///
    /// # Errors
    /// When a line is not a record, has a newer schema, or two different final records claim one cell.
    pub fn records(&self) -> Result<Vec<CellRecord>, StoreError> {
        let mut by_cell: HashMap<String, Located> = HashMap::new();
        for file in self.record_files()? {
            for (index, line) in complete_lines(&file)?.iter().enumerate() {
                let record = parse_record(&file, index + 1, line)?;
                let new = Located { record, place: format!("{}, line {}", file.display(), index + 1) };
                join(&mut by_cell, new)?;
            }
        }
        let order: HashMap<String, usize> =
            self.planned()?.into_iter().enumerate().map(|(position, planned)| (planned.cell, position)).collect();
        let mut records: Vec<CellRecord> = by_cell.into_values().map(|located| located.record).collect();
        records.sort_by_cached_key(|record| (order.get(&record.cell).copied().unwrap_or(usize::MAX), record.cell.clone()));
        Ok(records)
    }

    /// The records of the planned cells alone, in the plan's order: what a report of the run is about. Those of an earlier
    /// plan for the same folder are left out; for a folder without `plan.jsonl` these are all records.
    ///
    /// # Errors
    /// As [`RunFolder::records`].
    pub fn planned_records(&self) -> Result<Vec<CellRecord>, StoreError> {
        let planned: HashSet<String> = self.planned()?.into_iter().map(|planned| planned.cell).collect();
        let mut records = self.records()?;
        records.retain(|record| planned.is_empty() || planned.contains(&record.cell));
        Ok(records)
    }

    /// The machine of every worker, by the worker's name, as the run described it.
    ///
    /// # Errors
    /// When a file cannot be read or is not JSON.
    pub fn environments(&self) -> Result<BTreeMap<String, serde_json::Value>, StoreError> {
        let folder = self.root.join("env");
        let mut environments = BTreeMap::new();
        for file in if folder.is_dir() { files(&folder, "json")? } else { Vec::new() } {
            let bytes = fs::read(&file).map_err(|error| StoreError::Read { file: file.clone(), error })?;
            let value = serde_json::from_slice(&bytes).map_err(|error| StoreError::Line {
                line: error.line(),
                problem: error.to_string(),
                file: file.clone(),
            })?;
            environments.insert(file.file_stem().unwrap_or_default().to_string_lossy().into_owned(), value);
        }
        Ok(environments)
    }

    fn cells(&self) -> PathBuf {
        self.root.join("cells")
    }

    fn certificates(&self) -> PathBuf {
        self.root.join("certificates")
    }

    fn record_files(&self) -> Result<Vec<PathBuf>, StoreError> {
        let folder = self.cells();
        if !folder.is_dir() {
            return Err(StoreError::NoRun(self.root.clone()));
        }
        files(&folder, "jsonl")
    }
}

/// The files of a folder with an extension, by name.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, StoreError> {
    let read_error = |error| StoreError::Read { file: folder.to_owned(), error };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(read_error)? {
        let path = entry.map_err(read_error)?.path();
        if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Every line that ends with a line feed.
fn complete_lines(file: &Path) -> Result<Vec<String>, StoreError> {
    let bytes = fs::read(file).map_err(|error| StoreError::Read { file: file.to_owned(), error })?;
    let complete = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
    let lines = bytes[..complete].split_inclusive(|&byte| byte == b'\n');
    lines
        .enumerate()
        .map(|(index, line)| {
            String::from_utf8(line[..line.len() - 1].to_vec()).map_err(|error| StoreError::Line {
                file: file.to_owned(),
                line: index + 1,
                problem: error.to_string(),
            })
        })
        .collect()
}

fn parse_record(file: &Path, line: usize, text: &str) -> Result<CellRecord, StoreError> {
    #[derive(Deserialize)]
    struct Header {
        schema: String,
    }
    let broken = |error: serde_json::Error| StoreError::Line { file: file.to_owned(), line, problem: error.to_string() };
    let header: Header = serde_json::from_str(text).map_err(broken)?;
    if header.schema != CellRecord::SCHEMA {
        return Err(StoreError::Schema { file: file.to_owned(), line, found: header.schema });
    }
    serde_json::from_str(text).map_err(broken)
}

/// Keeps the record that counts for its cell.
fn join(by_cell: &mut HashMap<String, Located>, new: Located) -> Result<(), StoreError> {
    if let Some(old) = by_cell.get(&new.record.cell) {
        let both_final = old.record.status.is_final() && new.record.status.is_final();
        if both_final && old.record != new.record {
            return Err(StoreError::Conflict { cell: new.record.cell, first: old.place.clone(), second: new.place });
        }
        if old.record.status.is_final() {
            return Ok(());
        }
    }
    by_cell.insert(new.record.cell.clone(), new);
    Ok(())
}
