//! Files that change what holds while the process runs.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often a file is looked at.
const PAUSE: Duration = Duration::from_millis(250);

/// A file that is followed: read now, and told of when it has changed.
#[derive(Clone, Debug)]
pub(crate) struct Followed {
    path: PathBuf,
    seen: Option<Stamp>,
}

/// What tells whether a file has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    node: u64,
}

impl Followed {
    /// Follows the file at `path` from now on, whether it is there or not. What is read after this and changes after
    /// being read is told of.
    pub(crate) fn new(path: PathBuf) -> Self {
        let seen = stamp(&path);
        Self { path, seen }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its text, when it is no longer than `longest` bytes.
    pub(crate) fn read(&self, longest: u64) -> io::Result<String> {
        if std::fs::metadata(&self.path)?.len() > longest {
            return Err(io::Error::other(format!("it is larger than {} MiB", longest >> 20)));
        }
        std::fs::read_to_string(&self.path)
    }

    /// Waits until it has changed, has come or has gone.
    pub(crate) async fn change(&mut self) {
        loop {
            tokio::time::sleep(PAUSE).await;
            let now = stamp(&self.path);
            if now != self.seen {
                self.seen = now;
                return;
            }
        }
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let about = std::fs::metadata(path).ok()?;
    Some(Stamp { modified: about.modified().ok(), length: about.len(), node: about.ino() })
}
