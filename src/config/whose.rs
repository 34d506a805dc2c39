//! Whose word a connector is: what may stand in it, and where its secrets are, depends on that.

use std::sync::Arc;

use caregraph_connectors::reach::{EgressPolicy, Origin};
use secrecy::SecretString;

use super::secret;

/// How a partner's connector names the secret that was given with it.
const GIVEN: &str = "given";

/// Whose word a connector is.
#[derive(Debug)]
pub(super) struct Whose {
    pub(super) origin: Origin,
    /// Where connectors may be led.
    pub(super) egress: Arc<EgressPolicy>,
    /// The secret that a partner gave.
    credential: Option<SecretString>,
}

impl Whose {
    /// An operator's, who wrote the configuration.
    pub(super) fn operators() -> Self {
        Self { origin: Origin::Configured, egress: Arc::default(), credential: None }
    }

    /// Anybody's: only looked at, and never asked, so that the secret itself does not matter.
    pub(super) fn anybodys() -> Self {
        Self { credential: Some(SecretString::from(GIVEN)), ..Self::operators() }
    }

    /// A partner's, with the secret that was given for it.
    pub(super) fn partners(egress: Arc<EgressPolicy>, credential: Option<SecretString>) -> Self {
        Self { origin: Origin::Registered, egress, credential }
    }

    /// The secret of that reference. The environment and the files of this machine are the operator's alone: a partner who
    /// could name them would have them sent to a server of their own.
    pub(super) fn secret(&self, reference: &str) -> Result<SecretString, String> {
        match self.origin {
            Origin::Gateway | Origin::Configured => match &self.credential {
                Some(credential) if reference == GIVEN => Ok(credential.clone()),
                _ => secret::read(reference),
            },
            Origin::Registered if reference == GIVEN => self.credential.clone().ok_or_else(|| {
                "there is no credential yet; give one with the registration".to_owned()
            }),
            Origin::Registered => Err(format!(
                "may name neither the environment nor the files of the gateway; write {GIVEN:?}, and give the secret with the \
                 registration"
            )),
        }
    }
}

#[cfg(test)]
#[path = "whose_tests.rs"]
mod tests;
