//! What the gateway answered.

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// A whole HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// Its body.
    pub(crate) text: String,
}

impl Answer {
    /// Reads it to the end.
    pub(crate) async fn of(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("the answer is whole");
        Self { status, headers, text }
    }

    /// The body.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{error} in {} {}", self.status, self.text))
    }

    /// The data of an answer without errors.
    pub(crate) fn data(&self) -> Value {
        let mut json = self.json();
        assert!(json["errors"].is_null(), "{}", self.text);
        json["data"].take()
    }

    /// The codes of its errors.
    pub(crate) fn codes(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| text(&error["extensions"]["code"])).collect()
    }

    /// The paths of its redactions, in their order.
    pub(crate) fn redactions(&self) -> Vec<String> {
        let json = self.json();
        let redactions = json["extensions"]["access"]["redactions"].as_array().cloned();
        redactions.unwrap_or_default().iter().map(|redaction| text(&redaction["path"])).collect()
    }

    /// A header; empty when there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// A string; empty when it is something else.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The items of a list; none when it is something else.
pub(crate) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
