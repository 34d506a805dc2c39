//! Why a gateway cannot be started.

use caregraph_connectors::BuildError;

use crate::access::{PolicyFileError, RevocationError};
use crate::audit::AuditError;
use crate::graphql::{ClassError, DocumentsError};
use crate::identity::{IndexError, StoreError};
use crate::ledger::LedgerError;
use crate::metrics::MetricsError;
use crate::register::RegisterError;
use crate::shared_cache::ServerError;
use crate::store::KeyFileError;

/// Why the gateway could not be started. One sentence each.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A connector's settings are wrong.
    #[error("connector {id}: {cause}")]
    Connector {
        /// Which one.
        id: String,
        /// What is wrong.
        cause: BuildError,
    },
    /// The store could not be opened.
    #[error("the store at {url} could not be opened: {cause}")]
    Store {
        /// Where, without a password.
        url: String,
        /// Why.
        cause: StoreError,
    },
    /// The store's key could not be had.
    #[error("the store's key could not be had: {0}")]
    KeyFile(#[from] KeyFileError),
    /// The store's key is no key.
    #[error("store.key must hold 64 hexadecimal digits (32 bytes)")]
    Key,
    /// The cache that all nodes share cannot be set up.
    #[error(transparent)]
    SharedCache(#[from] ServerError),
    /// The index of persons could not be opened.
    #[error("the index of patients could not be opened: {0}")]
    Index(#[from] IndexError),
    /// The ledger could not be opened.
    #[error("the ledger of consents and relations could not be opened: {0}")]
    Ledger(#[from] LedgerError),
    /// The register could not be opened.
    #[error("the register of connectors could not be opened: {0}")]
    Register(#[from] RegisterError),
    /// The audit log could not be opened.
    #[error("the audit log at {url} could not be opened: {cause}")]
    Audit {
        /// Where, without a password.
        url: String,
        /// Why.
        cause: AuditError,
    },
    /// There is no policy.
    #[error(transparent)]
    Policy(#[from] PolicyFileError),
    /// The list of revoked tokens is none.
    #[error(transparent)]
    Revoked(#[from] RevocationError),
    /// There are no trusted documents.
    #[error(transparent)]
    Documents(#[from] DocumentsError),
    /// Metrics cannot be given.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// A field of the schema has no class.
    #[error(transparent)]
    Classes(#[from] ClassError),
}
