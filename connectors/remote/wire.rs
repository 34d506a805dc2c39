//! What goes over the wire, in both directions. A key that is not here is refused: what we do not know may say that what we
//! know does not hold (`docs/adr/0023-remote-protocol.md`).

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::record::{Coding, Person, Record, ServiceRecord};

/// `GET capabilities`: what the partner offers. Unknown keys are let pass: nothing rests on it but the comparison with the
/// manifest.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Capabilities {
    /// The version of the protocol that is spoken.
    pub(super) protocol: u32,
    /// The sections that can be asked for.
    pub(super) sections: Vec<String>,
    /// How many patients one question may name.
    pub(super) max_patients: usize,
    /// Whether there is a roster.
    pub(super) roster: bool,
    /// Whether there are events.
    pub(super) events: bool,
}

/// `POST fetch`: what is asked.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct FetchRequest<'a> {
    /// The section, by its name, such as `MEDICATIONS`.
    pub(super) section: &'a str,
    /// Whom it is asked about; at least one, and as many as the manifest allows at most, each once.
    pub(super) patients: Vec<Asked<'a>>,
}

/// One patient who is asked about.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Asked<'a> {
    /// The id that the partner itself gave them.
    pub(super) id: &'a str,
    /// The `etag` of what the gateway has: if that still holds, `unchanged` is answer enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) if_none_match: Option<&'a str>,
}

/// `POST fetch`: what is answered.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct FetchAnswer<'a> {
    /// One row for each patient who was asked about, in any order, and for nobody else.
    #[serde(borrow)]
    #[schemars(with = "Vec<Row>")]
    pub(super) rows: Vec<&'a RawValue>,
}

/// What is answered for one patient.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Row<'a> {
    /// The patient.
    pub(super) id: String,
    /// What became of the question.
    pub(super) status: Status,
    /// With `ok`, and with nothing else: all that there is of the section; empty when there is nothing.
    #[serde(default, borrow)]
    #[schemars(with = "Option<Vec<Statement>>")]
    pub(super) records: Option<Vec<&'a RawValue>>,
    /// With `ok`, and with nothing else: `false` when there is more than what stands in `records`.
    #[serde(default)]
    pub(super) complete: Option<bool>,
    /// Security labels that all records of this row bear beside their own.
    #[serde(default)]
    pub(super) labels: Vec<Coding>,
    /// With `ok` and `unchanged`: since when the partner does not know what has changed, if it does not know it up to now
    /// (RFC 3339).
    #[serde(default)]
    pub(super) as_of: Option<String>,
    /// With `ok`: by what it can be asked whether this still holds; 1 to 256 visible characters of ASCII.
    #[serde(default)]
    #[schemars(length(min = 1, max = 256))]
    pub(super) etag: Option<String>,
    /// With `busy`: in how many seconds to ask again.
    #[serde(default)]
    pub(super) retry_after: Option<u64>,
}

/// What became of the question about one patient: what the HTTP status would be, were it about them alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Status {
    /// It is answered (200).
    Ok,
    /// What was answered with the `etag` of the question still holds (304).
    Unchanged,
    /// There is no such patient (404).
    NotFound,
    /// It cannot be answered at the moment (503).
    Unavailable,
    /// It may not be answered (403).
    Denied,
    /// Too much is asked at the moment (429).
    Busy,
}

/// One record, and whose it is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Statement<'a> {
    /// The patient whom the record itself names, from where it is stored: never copied from the question.
    pub(super) subject: String,
    /// The record.
    #[serde(borrow)]
    #[schemars(with = "Record")]
    pub(super) record: &'a RawValue,
}

/// `GET roster`: a page of the partner's patients.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RosterPage<'a> {
    /// The patients of this page.
    #[serde(borrow)]
    #[schemars(with = "Vec<Entry>")]
    pub(super) patients: Vec<&'a RawValue>,
    /// What to send as `cursor` for the next page; `null` on the last one. It must be there.
    #[serde(deserialize_with = "there")]
    #[schemars(required, with = "Option<String>")]
    pub(super) next: Option<String>,
    /// How many patients there are in all, if that is known.
    #[serde(default)]
    pub(super) total: Option<u64>,
}

/// A patient of the partner.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Entry {
    /// The partner's own id of them: it never becomes somebody else's.
    pub(super) id: String,
    /// `false` when they are no patient any more.
    pub(super) active: bool,
    /// Who they are.
    pub(super) person: Person,
}

/// `GET services`: a page of the partner's directory of services.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ServicesPage<'a> {
    /// The services of this page; each needs `id` and `name`.
    #[serde(borrow)]
    #[schemars(with = "Vec<ServiceRecord>")]
    pub(super) services: Vec<&'a RawValue>,
    /// What to send as `cursor` for the next page; `null` on the last one. It must be there.
    #[serde(deserialize_with = "there")]
    #[schemars(required, with = "Option<String>")]
    pub(super) next: Option<String>,
    /// How many services there are in all, if that is known.
    #[serde(default)]
    pub(super) total: Option<u64>,
}

/// `GET events`, the first event of each connection, `ready`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Ready {
    /// True when the events go on right behind `Last-Event-ID`, so that none was lost.
    pub(super) resumed: bool,
}

/// `GET events`, the event `change`: something is different from what it was.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Change {
    /// Whose; anybody's when absent.
    pub(super) patient: Option<String>,
    /// In which sections; in all when absent or empty.
    pub(super) sections: Vec<String>,
}

/// An error, as `application/problem+json` (RFC 9457).
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ProblemDetails {
    /// One of the codes of the protocol.
    pub(super) code: String,
}

/// `GET health`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Health {
    /// `up` when questions can be answered.
    pub(super) status: String,
}

/// Nothing or something, but not nowhere.
fn there<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(from)
}
