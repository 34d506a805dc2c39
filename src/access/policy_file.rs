//! The policy in force, and the file that it comes from.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use super::{Policy, PolicyMistakes};

/// How often the file is looked at.
const PAUSE: Duration = Duration::from_millis(250);
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
    path: Option<PathBuf>,
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

/// What tells whether a file has changed.
#[derive(Debug, PartialEq, Eq)]
struct Stamp(Option<SystemTime>, u64);

impl PolicyFile {
    /// The policy at `path`, whose changes [`keep`](Self::keep) follows, or the one that caregraph brings along. What is
    /// not enforced hides nothing, whatever the policy says of it.
    pub fn open(path: Option<PathBuf>, enforced: Enforced) -> Result<Self, PolicyFileError> {
        let policy = read(path.as_deref(), enforced)?;
        Ok(Self { path, enforced, current: RwLock::new(Arc::new(policy)) })
    }

    /// The policy in force now.
    pub fn current(&self) -> Arc<Policy> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Follows the file for as long as it is polled, and says each new policy before it takes effect. A policy that is
    /// refused leaves the one before it in force.
    pub async fn keep(self: Arc<Self>, about_to_change: impl Fn(&Policy)) {
        let Some(path) = &self.path else { return };
        let mut seen = stamp(path);
        loop {
            tokio::time::sleep(PAUSE).await;
            let now = stamp(path);
            if now == seen {
                continue;
            }
            seen = now;
            match read(Some(path), self.enforced) {
                Ok(policy) => {
                    about_to_change(&policy);
                    *self.current.write().unwrap_or_else(PoisonError::into_inner) =
                        Arc::new(policy);
                    tracing::info!(path = %path.display(), "the policy has changed");
                }
                Err(error) => {
                    tracing::error!(%error, "the policy has not changed: the one before it stays in force");
                }
            }
        }
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let about = std::fs::metadata(path).ok()?;
    Some(Stamp(about.modified().ok(), about.len()))
}

fn read(path: Option<&Path>, enforced: Enforced) -> Result<Policy, PolicyFileError> {
    let mut policy = match path {
        Some(path) => read_file(path)?,
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

fn read_file(path: &Path) -> Result<Policy, PolicyFileError> {
    let shown = path.display().to_string();
    let unreadable = |cause| PolicyFileError::Unreadable { path: shown.clone(), cause };
    if std::fs::metadata(path).map_err(unreadable)?.len() > LONGEST {
        return Err(unreadable(std::io::Error::other("it is larger than 1 MiB")));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    Policy::parse(&text).map_err(|mistakes| PolicyFileError::Refused { path: shown, mistakes })
}
