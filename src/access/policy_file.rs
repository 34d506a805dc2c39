//! The policy in force, and the file that it comes from.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::follow::Followed;
use super::{Approvers, Policy, PolicyMistakes};

/// The longest policy that is read, and the longest file of approvals, in bytes.
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
    /// Too few of those who may approve it did.
    #[error(
        "the policy at {path} (version {version}) is not approved: {given} of {needed} approvals of this very text \
         stand in {path}.approvals, {missing} more must be added with \"caregraph policy approve\"",
        given = .approvers.len(),
        missing = .needed - .approvers.len(),
    )]
    Unapproved {
        /// Where it is.
        path: String,
        /// Its version.
        version: String,
        /// Who did approve it.
        approvers: Vec<String>,
        /// How many must.
        needed: usize,
    },
}

/// The policy in force. It is replaced as a whole or not at all: a request keeps the one with which it began.
#[derive(Debug)]
pub struct PolicyFile {
    files: Option<Files>,
    approvers: Approvers,
    enforced: Enforced,
    current: RwLock<Arc<Policy>>,
    /// What stands in the file is not in force.
    is_refused: AtomicBool,
}

/// The file of a policy, and beside it the file of its approvals.
#[derive(Clone, Debug)]
struct Files {
    policy: Followed,
    approvals: Followed,
}

/// What comes of a change of a policy's file.
#[derive(Debug)]
pub enum PolicyNews<'p> {
    /// Another policy is about to take effect.
    Changes {
        /// The policy before.
        from: &'p Policy,
        /// The policy from now on.
        to: &'p Policy,
    },
    /// The new text does not take effect: it is in need of approvals.
    Unapproved {
        /// The policy that stays.
        stays: &'p Policy,
        /// The version that was refused.
        refused: &'p str,
        /// Who approved that.
        approvers: &'p [String],
    },
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
    /// The policy at `path`, whose changes [`keep`](Self::keep) follows, or the one that caregraph brings along, which
    /// needs no approval. What is not enforced hides nothing, whatever the policy says of it.
    pub fn open(
        path: Option<PathBuf>,
        approvers: Approvers,
        enforced: Enforced,
    ) -> Result<Self, PolicyFileError> {
        let files = path.map(|path| {
            let approvals = Followed::new(Self::approvals_of(&path));
            Files { policy: Followed::new(path), approvals }
        });
        let policy = read(files.as_ref(), &approvers, enforced)?;
        Ok(Self {
            files,
            approvers,
            enforced,
            current: RwLock::new(Arc::new(policy)),
            is_refused: AtomicBool::new(false),
        })
    }

    /// Where the approvals of the policy at `path` stand: beside it.
    pub fn approvals_of(path: &Path) -> PathBuf {
        let mut approvals = path.as_os_str().to_owned();
        approvals.push(".approvals");
        approvals.into()
    }

    /// The policy in force now.
    pub fn current(&self) -> Arc<Policy> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// True while what stands in the file is not in force, because it has mistakes or too few approved it.
    pub fn is_refused(&self) -> bool {
        self.is_refused.load(Ordering::Relaxed)
    }

    /// Follows the file and its approvals for as long as it is polled, and tells each new policy before it takes effect.
    /// A policy that is refused leaves the one before it in force.
    pub async fn keep(self: Arc<Self>, tell: impl Fn(PolicyNews<'_>)) {
        let Some(mut files) = self.files.clone() else { return };
        loop {
            let by_approval = files.change().await;
            let before = self.current();
            let found = read(Some(&files), &self.approvers, self.enforced);
            self.is_refused.store(found.is_err(), Ordering::Relaxed);
            match found {
                // Approvals come and go beside a policy that holds already.
                Ok(policy) if by_approval && policy.version() == before.version() => {}
                Ok(policy) => {
                    tell(PolicyNews::Changes { from: &before, to: &policy });
                    *self.current.write().unwrap_or_else(PoisonError::into_inner) =
                        Arc::new(policy);
                    tracing::info!(path = %files.policy.path().display(), "the policy has changed");
                }
                Err(error) => {
                    if let PolicyFileError::Unapproved { version, approvers, .. } = &error {
                        tell(PolicyNews::Unapproved {
                            stays: &before,
                            refused: version,
                            approvers,
                        });
                    }
                    tracing::error!(%error, "the policy has not changed: the one before it stays in force");
                }
            }
        }
    }
}

impl Files {
    /// Waits until one of them has changed; true when it was the approvals.
    async fn change(&mut self) -> bool {
        tokio::select! {
            biased;
            () = self.policy.change() => false,
            () = self.approvals.change() => true,
        }
    }
}

fn read(
    files: Option<&Files>,
    approvers: &Approvers,
    enforced: Enforced,
) -> Result<Policy, PolicyFileError> {
    let mut policy = match files {
        Some(files) => read_files(files, approvers)?,
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

fn read_files(files: &Files, approvers: &Approvers) -> Result<Policy, PolicyFileError> {
    let path = || files.policy.path().display().to_string();
    let unreadable = |cause| PolicyFileError::Unreadable { path: path(), cause };
    let text = files.policy.read(LONGEST).map_err(unreadable)?;
    let policy = Policy::parse(&text)
        .map_err(|mistakes| PolicyFileError::Refused { path: path(), mistakes })?;
    if approvers.needed == 0 {
        return Ok(policy);
    }
    // A file of approvals that cannot be read approves nothing.
    let approvals = files.approvals.read(LONGEST).unwrap_or_default();
    let approved = approvers.who_approved(&text, &approvals);
    if approved.len() < approvers.needed {
        return Err(PolicyFileError::Unapproved {
            path: path(),
            version: policy.version().to_owned(),
            approvers: approved,
            needed: approvers.needed,
        });
    }
    Ok(policy.approved_by(approved))
}
