//! What is remembered and written down: the store, and all that is kept in it, and the audit log.

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::StartError;
use super::stores::{index, open_audit, open_store};
use crate::access::Policy;
use crate::audit::AuditLog;
use crate::config::AuditConfig;
use crate::gather::Fleet;
use crate::identity::{PersonIndex, StoreKey};
use crate::ledger::Ledger;
use crate::register::Register;
use crate::store::Store;

/// The store, who is who, what was decided about patients, and who saw what.
pub(super) struct Books {
    pub(super) store: Store,
    pub(super) index: PersonIndex,
    pub(super) ledger: Ledger,
    pub(super) register: Register,
    pub(super) audit: AuditLog,
    pub(super) audit_writer: JoinHandle<()>,
}

impl Books {
    pub(super) async fn open(
        url: &str,
        audit: &AuditConfig,
        key: &StoreKey,
        fleet: &Fleet,
        policy: &Policy,
    ) -> Result<Self, StartError> {
        let store = open_store(url).await?;
        let index = index(&store, fleet, key).await?;
        let ledger = Ledger::new(Arc::new(store.clone()), key)?;
        let register = Register::open(Arc::new(store.clone()), key).await?;
        let (audit, audit_writer) = open_audit(audit, key, policy).await?;
        Ok(Self { store, index, ledger, register, audit, audit_writer })
    }
}
