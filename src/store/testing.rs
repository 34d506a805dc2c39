//! Stores for tests: a SQLite file in a folder of its own, and a private PostgreSQL where one is installed.

use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::Store;

/// A temporary folder, removed when dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("caregraph-{}", Uuid::new_v4().simple()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A store that is gone when dropped.
pub(crate) struct TestStore {
    pub(crate) store: Store,
    pub(crate) folder: Option<Folder>,
}

impl TestStore {
    /// A new SQLite file.
    pub(crate) async fn sqlite() -> Self {
        let folder = Folder::new();
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        Self { store: Store::open(&url).await.unwrap(), folder: Some(folder) }
    }
}
