//! Whose word a connector is: what may stand in it, and where its secrets are, depends on that.

use std::sync::Arc;

use caregraph_connectors::egress::Secrets;
use caregraph_connectors::reach::{EgressPolicy, Origin};
use secrecy::SecretString;

use super::secret;

/// How a partner's connector names the secret that was given with it.
const GIVEN: &str = "given";

/// What is said of a secret that stands in a manifest.
const NEVER_HERE: &str = "no secret stands in a manifest; write \"given\", and give the secret with the registration, or with \
                          --credential env:NAME";

/// Whose word a connector is.
#[derive(Debug)]
pub(super) struct Whose {
    pub(super) origin: Origin,
    /// Where connectors may be led.
    pub(super) egress: Arc<EgressPolicy>,
    /// What a partner gave.
    secrets: Secrets,
    /// Only what is written is looked at: a secret may be given later.
    is_draft: bool,
}

impl Whose {
    /// An operator's, who wrote the configuration.
    pub(super) fn operators() -> Self {
        Self {
            origin: Origin::Configured,
            egress: Arc::default(),
            secrets: Secrets::None,
            is_draft: false,
        }
    }

    /// Whosever it will be: read alone, before anybody uses it.
    pub(super) fn draft() -> Self {
        Self { is_draft: true, ..Self::operators() }
    }

    /// True for a secret that will be given with the registration.
    pub(super) fn comes_later(&self, reference: &str) -> bool {
        self.is_draft && reference == GIVEN
    }

    /// A partner's, with the secrets that were given for it.
    pub(super) fn partners(egress: Arc<EgressPolicy>, secrets: Secrets) -> Self {
        Self { origin: Origin::Registered, egress, secrets, is_draft: false }
    }

    /// True for a secret that is given beside the manifest.
    pub(super) fn is_given(&self, reference: &str) -> bool {
        self.origin == Origin::Registered && reference == GIVEN
    }

    /// The secret of that reference, at a setting. The environment and the files of this machine are the operator's alone: a partner who
    /// could name them would have them sent to a server of their own.
    pub(super) fn secret(&self, setting: &str, reference: &str) -> Result<SecretString, String> {
        if self.comes_later(reference) {
            return Ok(GIVEN.to_owned().into());
        }
        match self.origin {
            _ if self.is_draft
                && !reference.starts_with("env:")
                && !reference.starts_with("file:") =>
            {
                Err(NEVER_HERE.to_owned())
            }
            Origin::Gateway | Origin::Configured => secret::read(reference),
            Origin::Registered if reference == GIVEN => {
                self.secrets.of(setting).cloned().ok_or_else(|| self.missing(setting))
            }
            Origin::Registered
                if reference.starts_with("env:") || reference.starts_with("file:") =>
            {
                Err(format!(
                    "may name neither the environment nor the files of the gateway; write {GIVEN:?}, and give the secret with \
                     the registration"
                ))
            }
            Origin::Registered => Err(NEVER_HERE.to_owned()),
        }
    }

    fn missing(&self, setting: &str) -> String {
        if self.secrets.is_none() {
            return "there is no credential yet; give one with the registration, or with --credential env:NAME".to_owned();
        }
        format!(
            "there is no secret for it yet; give one in credentials, by the name {setting:?}, or with --credential \
             {setting}=env:NAME"
        )
    }
}

#[cfg(test)]
#[path = "whose_tests.rs"]
mod tests;
