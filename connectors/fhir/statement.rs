//! What a server says about itself and its answers.

use serde::Deserialize;

use super::wire::many;

/// A server's account of what went wrong or was left out.
#[derive(Debug, Deserialize)]
pub(super) struct OperationOutcome {
    #[serde(default, deserialize_with = "many")]
    issue: Vec<Issue>,
}

#[derive(Debug, Deserialize)]
struct Issue {
    #[serde(default)]
    severity: String,
    #[serde(default)]
    code: String,
}

/// What a server says that it can do, as far as resource types go.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CapabilityStatement {
    resource_type: String,
    #[serde(default, deserialize_with = "many")]
    rest: Vec<Rest>,
}

#[derive(Debug, Deserialize)]
struct Rest {
    #[serde(default, deserialize_with = "many")]
    resource: Vec<Offered>,
}

#[derive(Debug, Deserialize)]
struct Offered {
    #[serde(rename = "type", default)]
    kind: String,
}

impl CapabilityStatement {
    /// Reads one, if it is one that names resource types at all.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let statement: Self = serde_json::from_slice(body).ok()?;
        let says = statement.resource_type == "CapabilityStatement"
            && statement.rest.iter().any(|rest| !rest.resource.is_empty());
        says.then_some(statement)
    }

    /// True when it names the type.
    pub(super) fn offers(&self, kind: &str) -> bool {
        self.rest.iter().flat_map(|rest| &rest.resource).any(|offered| offered.kind == kind)
    }
}

impl OperationOutcome {
    /// Reads one, if it is one.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Named {
            resource_type: String,
            #[serde(flatten)]
            outcome: OperationOutcome,
        }
        let named: Named = serde_json::from_slice(body).ok()?;
        (named.resource_type == "OperationOutcome").then_some(named.outcome)
    }

    /// True when it says that the server does not do what was asked.
    pub(super) fn says_not_supported(&self) -> bool {
        self.issue.iter().any(|issue| issue.code == "not-supported")
    }

    /// True when it says that the answer beside which it stands is not whole.
    pub(super) fn says_incomplete(&self) -> bool {
        self.issue.iter().any(|issue| {
            matches!(issue.severity.as_str(), "error" | "fatal")
                || matches!(issue.code.as_str(), "incomplete" | "too-costly" | "timeout")
        })
    }
}
