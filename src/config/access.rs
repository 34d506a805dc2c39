//! Who may see what, as it is configured.

use std::path::PathBuf;

use super::check::Check;
use super::raw::RawAccess;
use super::{AccessConfig, ConnectorConfig};

impl Check<'_> {
    pub(super) fn access(
        &mut self,
        access: RawAccess,
        connectors: &[ConnectorConfig],
    ) -> AccessConfig {
        if access.relationship.as_deref().is_some_and(|relationship| relationship != "not-required")
        {
            self.wrong("access.relationship", "only \"not-required\" is known");
        }
        let labels = access.labels.as_deref().unwrap_or("not-enforced");
        if !matches!(labels, "enforced" | "not-enforced") {
            self.wrong("access.labels", "must be \"enforced\" or \"not-enforced\"");
        }
        let labels = labels == "enforced";
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
        AccessConfig { policy: access.policy.map(PathBuf::from), labels }
    }
}
