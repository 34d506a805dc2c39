//! What can go wrong with the audit log.

use crate::identity::StoreError;

/// Why the log could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store did not answer in time.
    #[error("the audit log's store did not answer in time")]
    TooSlow,
    /// Nobody writes it any more.
    #[error("the audit log is closed")]
    Closed,
    /// There are entries that this process did not write.
    #[error("another process writes the same chain of the audit log")]
    Foreign,
    /// It was cut off or exchanged.
    #[error(
        "the audit log does not hold entry {seq} of chain {chain}, which its head file vouches for; run \"caregraph audit verify\", and move the log and its head file away together to begin a new one"
    )]
    Cut {
        /// Which chain.
        chain: i64,
        /// Which entry.
        seq: i64,
    },
    /// The head file cannot be used.
    #[error("the head file of the audit log at {path} cannot be used: {cause}")]
    Head {
        /// Where it is.
        path: String,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The head file is gone or holds nothing that this store's key signed.
    #[error(
        "the head file of the audit log at {path} is missing or was changed; run \"caregraph audit verify\", and move the log and its head file away together to begin a new one"
    )]
    NoHead {
        /// Where it should be.
        path: String,
    },
    /// The signing key could not be made.
    #[error("the audit log's signing key could not be made")]
    Key,
    /// An entry cannot be understood.
    #[error("entry {seq} of chain {chain} of the audit log cannot be understood")]
    Unreadable {
        /// Which chain.
        chain: i64,
        /// Which entry.
        seq: i64,
    },
}
