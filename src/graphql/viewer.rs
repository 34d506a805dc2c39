//! The caller, as the graph shows them to themselves.

use super::words::{PurposeOfUse, Role};
use crate::access;
use crate::view::gate::object;

object! {
    /// The caller.
    struct Viewer {
        /// Who it is, in the words of the issuer of the token.
        subject: String, Public;
        /// In which role.
        role: Role, Public;
        /// For which organisation.
        organization: Option<String>, Public;
        /// For which purpose.
        purpose: PurposeOfUse, Public;
        /// SMART scopes of the token.
        scopes: Vec<String>, Public;
    }
}

impl From<&access::Viewer> for Viewer {
    fn from(viewer: &access::Viewer) -> Self {
        Self {
            subject: viewer.subject.clone(),
            role: Role(viewer.role),
            organization: viewer.organization.clone(),
            purpose: PurposeOfUse(viewer.purpose),
            scopes: viewer.scopes.clone(),
        }
    }
}
