//! The policy in force, and the file that it comes from.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use super::follow::Followed;
use super::{Policy, PolicyMistakes};

/// The longest policy that is read, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// Why there is no policy to start with.
#[derive(Debug, thiserror::Error)]
pub enum PolicyFileError {
    /// The file cannot be read.
    #[error("the policy at {path} cannot be read: {cause}")]
    Unreadable {
        /// Where it should be.
        path: String,
        /// Why not.
        cause: std::io::Error,
    },
    /// It is not whole.
    #[error("the policy at {path} is refused:\n{mistakes}")]
    Refused {
        /// Where it is.
        path: String,
        /// All that is wrong with it.
        mistakes: PolicyMistakes,
    },
}

/// The policy in force. It is replaced as a whole or not at all: a request keeps the one with which it began.
#[derive(Debug)]
pub struct PolicyFile {
    file: Option<Followed>,
    enforced: Enforced,
    current: RwLock<Arc<Policy>>,
}

/// Which parts of a policy are enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enforced {
    /// Labels hide records.
    pub labels: bool,
    /// Whoever has no relation to a patient does not see them.
    pub relationships: bool,
}

impl PolicyFile {
    /// The policy at `path`, whose changes [`keep`](Self::keep) follows, or the one that caregraph brings along. What is
    /// not enforced hides nothing, whatever the policy says of it.
    pub fn open(path: Option<PathBuf>, enforced: Enforced) -> Result<Self, PolicyFileError> {
        let file = path.map(Followed::new);
        let policy = read(file.as_ref(), enforced)?;
        Ok(Self { file, enforced, current: RwLock::new(Arc::new(policy)) })
    }

    /// The policy in force now.
    pub fn current(&self) -> Arc<Policy> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Follows the file for as long as it is polled, and says each new policy before it takes effect. A policy that is
    /// refused leaves the one before it in force.
    pub async fn keep(self: Arc<Self>, about_to_change: impl Fn(&Policy)) {
        let Some(mut file) = self.file.clone() else { return };
        loop {
            file.change().await;
            match read(Some(&file), self.enforced) {
                Ok(policy) => {
                    about_to_change(&policy);
                    *self.current.write().unwrap_or_else(PoisonError::into_inner) =
                        Arc::new(policy);
                    tracing::info!(path = %file.path().display(), "the policy has changed");
                }
                Err(error) => {
                    tracing::error!(%error, "the policy has not changed: the one before it stays in force");
                }
            }
        }
    }
}

fn read(file: Option<&Followed>, enforced: Enforced) -> Result<Policy, PolicyFileError> {
    let mut policy = match file {
        Some(file) => read_file(file)?,
        None => Policy::default_policy(),
    };
    if !enforced.labels {
        policy = policy.without_labels();
    }
    if !enforced.relationships {
        policy = policy.without_relationships();
    }
    Ok(policy)
}

fn read_file(file: &Followed) -> Result<Policy, PolicyFileError> {
    let path = || file.path().display().to_string();
    let text =
        file.read(LONGEST).map_err(|cause| PolicyFileError::Unreadable { path: path(), cause })?;
    Policy::parse(&text).map_err(|mistakes| PolicyFileError::Refused { path: path(), mistakes })
}
