//! What a running connector proves itself with: replaced while it runs, and all of it at once.

use std::sync::PoisonError;

use super::line::{self, Lines};
use super::{ClientTls, CredentialHandle, Credentials, Egress};

/// What one running connector proves itself with: what its requests bear, and how its source is met. Clones hold the same.
#[derive(Clone, Debug)]
pub struct Keys {
    handle: CredentialHandle,
    egress: Egress,
}

impl Keys {
    /// Those of a connector that asks by this client and nobody else's.
    pub fn new(credentials: &Credentials, egress: &Egress) -> Self {
        Self { handle: CredentialHandle::new(credentials), egress: egress.clone() }
    }

    /// What the connector is given.
    pub fn credentials(&self) -> Credentials {
        self.handle.credentials()
    }

    /// From now on these: whoever begins to ask shows all that is new, and whoever has begun ends with all that was. Where
    /// nothing is said of TLS, the source is met as before.
    pub fn replace(&self, credentials: &Credentials, tls: Option<&ClientTls>) {
        self.egress.replace(tls, || self.handle.replace(credentials));
    }
}

impl Egress {
    /// From now on the source of this is met so, by this client and its clones: what has begun ends on the connections on
    /// which it began, and nothing else is asked on those.
    pub fn replace_tls(&self, tls: &ClientTls) {
        self.replace(Some(tls), || {});
    }

    /// The same, with something that nobody sees done without it.
    fn replace(&self, tls: Option<&ClientTls>, meanwhile: impl FnOnce()) {
        let made = tls.map(|tls| line::lines(self.names.clone(), self.tls.but(tls)));
        let mut lines = self.lines.write().unwrap_or_else(PoisonError::into_inner);
        meanwhile();
        if let Some(made) = made {
            *lines = made;
        }
    }

    /// The connections that are used now.
    pub(super) fn lines(&self) -> Lines {
        self.lines.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is shown now, and on which connections.
    pub(super) fn now(&self, credentials: &Credentials) -> (Credentials, Lines) {
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
        (credentials.now(), lines.clone())
    }
}
