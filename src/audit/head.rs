//! The head file: the last checkpoint, outside the database, so that cutting off the end of the log is found.
//!
//! It is written after the database and never claims what the database could lose. Two slots are written in turns, each
//! with its own signature: one that was half written leaves the other.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::checkpoint::Checkpoint;
use super::error::AuditError;
use super::key::PublicKey;

/// Where the second slot begins: no disk writes half of two such pages at once.
const SLOT: u64 = 4096;
/// The longest text of a checkpoint, with its end of line.
const LONGEST: usize = 256;

/// Where the last checkpoint is kept.
#[derive(Debug)]
pub struct HeadFile {
    path: PathBuf,
    file: Option<File>,
    /// Which slot is written next.
    slot: u64,
}

impl HeadFile {
    /// The head file at that path, which need not exist yet.
    pub fn new(path: PathBuf) -> Self {
        Self { path, file: None, slot: 0 }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The last checkpoint that it holds; `None` when the file is missing.
    pub fn read(&self, key: &PublicKey) -> Result<Option<Checkpoint>, AuditError> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.unusable(error)),
        };
        let slots = [0, 1].into_iter().filter_map(|slot| slot_of(&file, slot, key));
        let last = slots.max_by_key(|known| known.point);
        last.map(Some).ok_or_else(|| AuditError::NoHead { path: self.path.display().to_string() })
    }

    /// Writes a checkpoint. It outlasts this process at once, and a power cut after [`HeadFile::settle`].
    pub(super) fn write(&mut self, checkpoint: &Checkpoint) -> Result<(), AuditError> {
        let mut line = checkpoint.to_string().into_bytes();
        line.push(b'\n');
        line.resize(LONGEST, b' ');
        let at = self.slot * SLOT;
        let file = self.open()?;
        let written = file.write_all_at(&line, at);
        written.map_err(|error| self.unusable(error))?;
        self.slot = 1 - self.slot;
        Ok(())
    }

    /// Waits until what was written outlasts a power cut.
    pub(super) fn settle(&mut self) -> Result<(), AuditError> {
        let synced = self.open()?.sync_all();
        synced.map_err(|error| self.unusable(error))?;
        // A new file is only there for good when its folder says so.
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = File::open(folder.unwrap_or(Path::new("."))).and_then(|it| it.sync_all());
        folder.map_err(|error| self.unusable(error))
    }

    fn open(&mut self) -> Result<&File, AuditError> {
        if self.file.is_none() {
            let mut options = OpenOptions::new();
            let opened = options.create(true).write(true).truncate(false).mode(0o600);
            self.file = Some(opened.open(&self.path).map_err(|error| self.unusable(error))?);
        }
        self.file.as_ref().ok_or(AuditError::Closed)
    }

    fn unusable(&self, cause: io::Error) -> AuditError {
        AuditError::Head { path: self.path.display().to_string(), cause }
    }
}

fn slot_of(file: &File, slot: u64, key: &PublicKey) -> Option<Checkpoint> {
    let mut bytes = [0; LONGEST];
    let mut length = 0;
    while length < LONGEST {
        let rest = bytes.get_mut(length..)?;
        match file.read_at(rest, slot * SLOT + length as u64).ok()? {
            0 => break,
            more => length += more,
        }
    }
    let text = std::str::from_utf8(bytes.get(..length)?).ok()?;
    let checkpoint: Checkpoint = text.lines().next()?.parse().ok()?;
    key.accepts(&checkpoint).then_some(checkpoint)
}
