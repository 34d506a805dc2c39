//! Credentials that can be replaced while they are in use.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use super::Credentials;

/// Holds the credentials of one source, so that they can be replaced while it is asked: a request that has begun ends with
/// those that it began with, and the next one bears the new ones. Clones hold the same.
#[derive(Clone)]
pub struct CredentialHandle(Arc<RwLock<Credentials>>);

impl CredentialHandle {
    /// Holds these at first.
    pub fn new(credentials: &Credentials) -> Self {
        Self(Arc::new(RwLock::new(credentials.now())))
    }

    /// What a connector is given: whatever is held when it asks.
    pub fn credentials(&self) -> Credentials {
        Credentials::Held(self.clone())
    }

    /// From now on these. Those of another handle are taken as they are now.
    pub fn replace(&self, credentials: &Credentials) {
        let credentials = credentials.now();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = credentials;
    }

    /// Those that are held now; never those of a handle.
    pub(super) fn now(&self) -> Credentials {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for CredentialHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialHandle")
    }
}
