//! A GraphQL request, as it is sent.

use serde::Deserialize;

/// A GraphQL request, as the GraphQL-over-HTTP specification has it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The document.
    #[serde(default)]
    pub query: Option<String>,
    /// The hash of a trusted document: `sha256:` and 64 hexadecimal digits.
    #[serde(default)]
    pub document_id: Option<String>,
    /// Values of its variables.
    #[serde(default)]
    pub variables: Option<serde_json::Map<String, serde_json::Value>>,
    /// Which of its operations.
    #[serde(default)]
    pub operation_name: Option<String>,
    /// `persistedQuery` names a trusted document as Apollo's clients do; nothing else is known.
    #[serde(default)]
    pub extensions: Option<serde_json::Map<String, serde_json::Value>>,
}

impl Request {
    /// Whether it says at all which document it means.
    pub fn has_document(&self) -> bool {
        let persisted =
            self.extensions.as_ref().is_some_and(|it| it.contains_key("persistedQuery"));
        self.query.is_some() || self.document_id.is_some() || persisted
    }
}
