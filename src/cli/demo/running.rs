//! Where a running demo is, so that `caregraph token` finds it; and the folder that lives as long as the demo.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::Failed;

/// The addresses of a running demo.
#[derive(Debug, Serialize, Deserialize)]
pub(in super::super) struct Running {
    /// The gateway.
    pub(in super::super) gateway: String,
    /// The issuer of tokens.
    pub(in super::super) issuer: String,
}

/// A folder of the demo's own, gone when the demo ends.
pub(super) struct Home(PathBuf);

/// The name of the file with the secret of a system.
pub(super) fn secret_of(system: &str) -> String {
    format!("{system}.secret")
}

const PREFIX: &str = "caregraph-demo-";
const FILE: &str = "running.json";

impl Home {
    /// Makes the folder, readable for its owner alone.
    pub(super) fn new() -> Result<Self, Failed> {
        use std::os::unix::fs::DirBuilderExt as _;
        let path = std::env::temp_dir().join(format!("{PREFIX}{}", Uuid::new_v4().simple()));
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    /// The folder.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file of that name which its owner alone can read.
    pub(super) fn keep(&self, name: &str, text: &str) -> Result<PathBuf, Failed> {
        let path = self.0.join(name);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(text.as_bytes())?;
        Ok(path)
    }

    /// Where the secret of a system is.
    pub(super) fn secret(&self, system: &str) -> PathBuf {
        self.0.join(secret_of(system))
    }

    /// Where the store is.
    pub(super) fn store(&self) -> PathBuf {
        self.0.join("caregraph.db")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // What cannot be removed is in a folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Running {
    /// Leaves word of itself.
    pub(super) fn remember(&self, home: &Path) -> Result<(), Failed> {
        std::fs::write(home.join(FILE), serde_json::to_vec(self)?)?;
        Ok(())
    }

    /// The demo of this user that was started last.
    pub(in super::super) fn find() -> Result<Self, Failed> {
        let none = || {
            Failed("no demo runs on this machine; start one with `caregraph demo`, or name its issuer with --issuer".to_owned())
        };
        let newest = std::fs::read_dir(std::env::temp_dir())?
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX))
            .map(|entry| entry.path().join(FILE))
            .filter_map(|file| Some((file.metadata().and_then(|of| of.modified()).ok()?, file)))
            .max_by_key(|(changed, _)| *changed);
        let (_, file) = newest.ok_or_else(none)?;
        Ok(serde_json::from_slice(&std::fs::read(file)?)?)
    }
}
