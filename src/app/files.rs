//! The files that are followed while the gateway runs.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::StartError;
use crate::access::{PolicyFile, PolicyNews, RevocationFile};
use crate::audit::{AuditLog, Body, Event, Outcome};
use crate::config::{AccessConfig, DocumentsConfig};
use crate::graphql::TrustedDocuments;

/// Who may see what, which tokens do not hold any more, and which documents are taken.
pub(super) struct Files {
    pub(super) policy: Arc<PolicyFile>,
    pub(super) revoked: Arc<RevocationFile>,
    pub(super) documents: Arc<TrustedDocuments>,
}

impl Files {
    pub(super) fn open(
        access: AccessConfig,
        revoked: Option<PathBuf>,
        documents: DocumentsConfig,
    ) -> Result<Self, StartError> {
        let policy = PolicyFile::open(access.policy, access.approvers, access.enforced)?;
        let revoked = RevocationFile::open(revoked)?;
        let documents = TrustedDocuments::open(documents.manifest, documents.required)?;
        Ok(Self {
            policy: Arc::new(policy),
            revoked: Arc::new(revoked),
            documents: Arc::new(documents),
        })
    }

    /// Follows them from now on.
    pub(super) fn follow(&self, audit: &AuditLog) -> [JoinHandle<()>; 3] {
        [
            tokio::spawn(keep_policy(self.policy.clone(), audit.clone())),
            tokio::spawn(self.revoked.clone().keep()),
            tokio::spawn(self.documents.clone().keep()),
        ]
    }
}

/// Follows the policy's file; that another one takes effect is written down before it does, and that one is put there
/// without the approvals that it needs, as well.
async fn keep_policy(policy: Arc<PolicyFile>, audit: AuditLog) {
    let tell = |news: PolicyNews<'_>| {
        let (outcome, version, before, approvers) = match news {
            PolicyNews::Changes { from, to } => {
                (Outcome::Done, to.version(), from.version(), to.approvers())
            }
            PolicyNews::Unapproved { stays, refused, approvers } => {
                (Outcome::Denied, refused, stays.version(), approvers)
            }
        };
        audit.note(Body {
            policy: version.to_owned(),
            policy_before: before.to_owned(),
            approvers: approvers.to_vec(),
            ..Body::of(Event::PolicyChanged, outcome)
        });
    };
    policy.keep(tell).await;
}
