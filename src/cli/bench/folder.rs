//! A folder for stores, logs and configurations, gone when the measurement ends.

use std::path::PathBuf;

use uuid::Uuid;

use super::super::Failed;

/// The folder, readable for its owner alone.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Makes it.
    pub(super) fn new() -> Result<Self, Failed> {
        use std::os::unix::fs::DirBuilderExt as _;
        let path =
            std::env::temp_dir().join(format!("caregraph-bench-{}", Uuid::new_v4().simple()));
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    /// A file name that nobody else has.
    pub(super) fn fresh(&self, extension: &str) -> PathBuf {
        self.0.join(Uuid::new_v4().simple().to_string()).with_extension(extension)
    }

    /// Writes a file under such a name.
    pub(super) fn write(&self, extension: &str, content: &[u8]) -> Result<PathBuf, Failed> {
        let path = self.fresh(extension);
        std::fs::write(&path, content)?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is in a folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
