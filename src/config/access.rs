//! Who may see what, as it is configured.

use std::path::PathBuf;

use super::check::Check;
use super::raw::RawAccess;
use super::{AccessConfig, ConnectorConfig};
use crate::access::Enforced;

impl Check<'_> {
    pub(super) fn access(
        &mut self,
        access: RawAccess,
        connectors: &[ConnectorConfig],
    ) -> AccessConfig {
        let relationships = self.either(
            "access.relationship",
            access.relationship.as_deref(),
            ["required", "not-required"],
        );
        let labels =
            self.either("access.labels", access.labels.as_deref(), ["enforced", "not-enforced"]);
        if !labels {
            for (place, connector) in connectors.iter().enumerate() {
                if !connector.labels.is_empty() {
                    self.wrong(
                        format!("connector[{}].labels", place + 1),
                        "hides nothing unless access.labels is \"enforced\"",
                    );
                }
            }
        }
        AccessConfig {
            policy: access.policy.map(PathBuf::from),
            enforced: Enforced { labels, relationships },
        }
    }

    /// True for the first of two words, which holds when none is given.
    fn either(&mut self, path: &str, given: Option<&str>, [yes, no]: [&str; 2]) -> bool {
        if given.is_some_and(|given| given != yes && given != no) {
            self.wrong(path, format!("must be {yes:?} or {no:?}"));
        }
        given != Some(no)
    }
}
