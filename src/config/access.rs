//! Who may see what, as it is configured.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::check::Check;
use super::raw::RawAccess;
use super::{AccessConfig, ConnectorConfig};
use crate::access::{ApproverKey, Approvers, Enforced};

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
        let given = access.approvers.unwrap_or_default();
        let approvers = self.approvers(&given, access.policy_approvals, access.policy.is_some());
        AccessConfig {
            policy: access.policy.map(PathBuf::from),
            approvers,
            enforced: Enforced { labels, relationships },
        }
    }

    /// Who must approve a policy. One key under two names would be one person who approves twice.
    fn approvers(
        &mut self,
        given: &BTreeMap<String, String>,
        needed: Option<usize>,
        has_policy: bool,
    ) -> Approvers {
        let mut people: Vec<(String, ApproverKey)> = Vec::new();
        for (name, key) in given {
            let path = format!("access.approvers.{name}");
            match key.parse::<ApproverKey>() {
                Err(error) => self.wrong(path, error.to_string()),
                Ok(key) => match people.iter().find(|(_, known)| *known == key) {
                    Some((other, _)) => self.wrong(path, format!("has the same key as {other:?}")),
                    None => people.push((name.clone(), key)),
                },
            }
        }
        if given.is_empty() {
            if needed.is_some() {
                self.wrong("access.policy_approvals", "means nothing without access.approvers");
            }
            return Approvers::default();
        }
        if !has_policy {
            self.wrong("access.approvers", "have nothing to approve without access.policy");
        }
        let needed = needed.unwrap_or(2);
        if !(1..=given.len()).contains(&needed) {
            let most = given.len();
            let what =
                format!("is {needed}, and must lie between 1 and the {most} approvers named");
            self.wrong("access.policy_approvals", what);
        }
        Approvers { people, needed }
    }

    /// True for the first of two words, which holds when none is given.
    fn either(&mut self, path: &str, given: Option<&str>, [yes, no]: [&str; 2]) -> bool {
        if given.is_some_and(|given| given != yes && given != no) {
            self.wrong(path, format!("must be {yes:?} or {no:?}"));
        }
        given != Some(no)
    }
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;
