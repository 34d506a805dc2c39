//! The key file of a store: 32 random bytes beside the SQLite file, for the owner alone.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use aws_lc_rs::rand;

use crate::identity::StoreKey;

/// Owner may read and write, nobody else anything.
const PRIVATE: u32 = 0o600;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It can neither be read nor written.
    #[error("The key file {path} cannot be used: {cause}.")]
    Unusable {
        /// Which file.
        path: String,
        /// What the system says.
        cause: io::Error,
    },
    /// It does not hold 32 bytes.
    #[error("The key file {0} does not hold 32 bytes.")]
    WrongLength(String),
    /// Others may read it.
    #[error("The key file {0} can be read by others; allow its owner alone (chmod 600).")]
    NotPrivate(String),
    /// There is no randomness to be had.
    #[error("The system gives no random bytes for a key.")]
    NoRandomness,
}

/// Loads the key from `path`, or makes one there when the file is missing.
pub fn load_or_create_key(path: &Path) -> Result<StoreKey, KeyFileError> {
    let shown = || path.display().to_string();
    let unusable = |cause| KeyFileError::Unusable { path: shown(), cause };
    match File::open(path) {
        Ok(file) => load(file, shown, unusable),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match create(path) {
            // Another process was faster: its key counts.
            Err(KeyFileError::Unusable { cause, .. })
                if cause.kind() == io::ErrorKind::AlreadyExists =>
            {
                load(File::open(path).map_err(unusable)?, shown, unusable)
            }
            made => made,
        },
        Err(error) => Err(unusable(error)),
    }
}

fn load(
    mut file: File,
    shown: impl Fn() -> String,
    unusable: impl Fn(io::Error) -> KeyFileError,
) -> Result<StoreKey, KeyFileError> {
    if file.metadata().map_err(&unusable)?.permissions().mode() & 0o077 != 0 {
        return Err(KeyFileError::NotPrivate(shown()));
    }
    let mut bytes = Vec::with_capacity(33);
    Read::take(&mut file, 33).read_to_end(&mut bytes).map_err(&unusable)?;
    let secret = <[u8; 32]>::try_from(bytes).map_err(|_| KeyFileError::WrongLength(shown()))?;
    Ok(StoreKey::new(secret))
}

fn create(path: &Path) -> Result<StoreKey, KeyFileError> {
    let unusable = |cause| KeyFileError::Unusable { path: path.display().to_string(), cause };
    let mut secret = [0; 32];
    rand::fill(&mut secret).map_err(|_| KeyFileError::NoRandomness)?;
    // Written whole under another name first, so that no one ever reads half a key.
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(PRIVATE)
        .open(&draft)
        .map_err(unusable)?;
    let written = file
        .write_all(&secret)
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::hard_link(&draft, path));
    let _ = std::fs::remove_file(&draft);
    written.map_err(unusable)?;
    Ok(StoreKey::new(secret))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::Folder;

    #[test]
    fn a_key_is_made_once_and_kept_private() {
        let folder = Folder::new();
        let path = folder.path().join("caregraph.key");
        load_or_create_key(&path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.len(), 32);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, PRIVATE);
        load_or_create_key(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_short_or_open_key_file_is_refused() {
        let folder = Folder::new();
        let path = folder.path().join("caregraph.key");
        std::fs::write(&path, [1; 32]).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(load_or_create_key(&path), Err(KeyFileError::NotPrivate(_))));
        std::fs::write(&path, [1; 31]).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(PRIVATE)).unwrap();
        assert!(matches!(load_or_create_key(&path), Err(KeyFileError::WrongLength(_))));
        let missing = folder.path().join("no-such-folder/caregraph.key");
        assert!(matches!(load_or_create_key(&missing), Err(KeyFileError::Unusable { .. })));
    }
}
