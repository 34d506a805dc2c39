//! The configuration as people write it. The comments here are its reference: they go into the JSON Schema.

mod auth;
mod cache;
mod connector;
mod credentials;
mod egress;

use std::collections::{BTreeMap, BTreeSet};

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use super::telemetry::RawTelemetry;
pub(super) use auth::{RawAuth, RawClaims, RawIssuer};
pub(super) use cache::{OneOrMany, RawCache, RawKeeping, RawWindows};
pub(super) use connector::{RawConnector, RawEvents};
pub(super) use credentials::{RawClientCredentials, RawCredentials, RawTls};
pub(super) use egress::{RawEgress, RawPorts};

/// The configuration file of caregraph.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    /// Where and how to serve.
    pub(super) server: Option<RawServer>,
    /// Where our own memory is.
    pub(super) store: Option<RawStore>,
    /// Where it is written who saw what.
    pub(super) audit: Option<RawAudit>,
    /// What is kept of sources' answers.
    pub(super) cache: Option<RawCache>,
    /// Who vouches for callers. Needed to serve.
    pub(super) auth: Option<RawAuth>,
    /// Who may see what.
    pub(super) access: Option<RawAccess>,
    /// Which documents are taken.
    pub(super) documents: Option<RawDocuments>,
    /// How much one viewer may ask.
    pub(super) limits: Option<RawLimits>,
    /// What happens when more is asked than can be answered, and when the gateway is told to stop.
    pub(super) overload: Option<RawOverload>,
    /// What operators get to see.
    pub(super) telemetry: Option<RawTelemetry>,
    /// How many streams there may be.
    pub(super) streams: Option<RawStreams>,
    /// Where the gateway may connect to.
    pub(super) egress: Option<RawEgress>,
    /// The sources.
    pub(super) connector: Option<Vec<RawConnector>>,
}

/// Where and how to serve.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawServer {
    /// Address and port; `127.0.0.1:8080` when absent.
    pub(super) listen: Option<String>,
    /// How long a request may take in all, in milliseconds; 2000 when absent.
    #[schemars(range(min = 100, max = 60_000))]
    pub(super) deadline_ms: Option<u64>,
}

/// Where our own memory is.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawStore {
    /// `sqlite://PATH` or `postgres://…`; `sqlite://caregraph.db` when absent.
    pub(super) url: Option<String>,
    /// The key that seals personal data at rest: 64 hexadecimal digits, as `env:NAME` or `file:PATH`. When absent, a
    /// key is made and kept beside the SQLite file; PostgreSQL needs one.
    pub(super) key: Option<String>,
}

/// Where it is written who saw what.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawAudit {
    /// `sqlite://PATH` or `postgres://…`. When absent: beside a store in SQLite a file of its own, `caregraph-audit.db`
    /// for `caregraph.db`; in PostgreSQL the store's database.
    pub(super) url: Option<String>,
    /// The file that says how far the log had come, so that a cut at its end is found. When absent: beside the SQLite
    /// file, with the ending `.head`; none with PostgreSQL.
    pub(super) head: Option<String>,
}

/// Who may see what.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawAccess {
    /// Whether a viewer needs a relation to a patient, as the policy says: `required`, the default, or `not-required`.
    pub(super) relationship: Option<String>,
    /// Whether sensitivity labels hide records as the policy says: `enforced`, the default, or `not-enforced`.
    pub(super) labels: Option<String>,
    /// A policy file, in place of the policy that caregraph brings along. A change of it takes effect within a second.
    pub(super) policy: Option<String>,
    /// Who may approve a policy: their names, and their keys as `caregraph policy key` prints them. When there are any, a
    /// policy is enforced only once enough of them have approved it.
    pub(super) approvers: Option<BTreeMap<String, String>>,
    /// How many of the approvers must approve a policy; 2 when absent.
    #[schemars(range(min = 1))]
    pub(super) policy_approvals: Option<usize>,
}

/// Which documents are taken.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawDocuments {
    /// A JSON file: an object from `sha256:` and the hash of a document to its text. A change of it takes effect within
    /// a second.
    pub(super) manifest: Option<String>,
    /// Whether no other document is taken; `false` when absent.
    pub(super) required: Option<bool>,
}

/// How much one viewer may ask. 0 is no limit.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawLimits {
    /// Requests of one viewer in a minute; 60000 when absent.
    pub(super) requests_per_minute: Option<u32>,
    /// Distinct patients whom one viewer opens in an hour; 2000 when absent.
    pub(super) patients_per_hour: Option<u32>,
}

/// What happens when more is asked than can be answered, and when the gateway is told to stop. Nobody needs to touch it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawOverload {
    /// How many requests are under way at once, at most; 1024 when absent, and fewer where few files may be open. There
    /// are fewer while the gateway does not keep up.
    #[schemars(range(min = 1, max = 100_000))]
    pub(super) max_concurrent: Option<usize>,
    /// How much memory the process may take, in mebibytes; when absent, as much as the control group lets it that it runs in,
    /// if that says so. Copies and the requests that are under way are kept so few that they fit.
    #[schemars(range(min = 128, max = 16_777_216))]
    pub(super) max_memory_mib: Option<u64>,
    /// The clients, by `client_id` or `azp`, whose requests may wait until there is nothing else to do; none when absent.
    pub(super) batch_clients: Option<Vec<String>>,
    /// How long requests are still taken after the gateway was told to stop, in milliseconds, so that whoever sends them
    /// sees in time that it is not ready any more; 1000 when absent.
    #[schemars(range(max = 8_000))]
    pub(super) drain_notice_ms: Option<u64>,
}

/// How many streams there may be.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawStreams {
    /// Connections that hold streams, in all; 4000 when absent.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(super) connections: Option<usize>,
    /// Those of one viewer; 10 when absent.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(super) connections_per_viewer: Option<usize>,
    /// Operations that run at once on one WebSocket; 10 when absent.
    #[schemars(range(min = 1, max = 1_000))]
    pub(super) operations_per_socket: Option<usize>,
    /// The longest message of a client over WebSocket, in kibibytes; 256 when absent.
    #[schemars(range(min = 1, max = 256))]
    pub(super) message_kib: Option<usize>,
    /// The origins whose pages may open a WebSocket besides the gateway's own, such as `https://app.example`; none when
    /// absent.
    pub(super) origins: Option<Vec<String>>,
}

/// The JSON Schema of the configuration file.
pub fn schema() -> serde_json::Value {
    schema_for!(Raw).to_value()
}

/// The settings that a part of the configuration may have.
pub(super) fn keys<T: JsonSchema>() -> BTreeSet<String> {
    let schema = schema_for!(T).to_value();
    let properties = schema.get("properties").and_then(serde_json::Value::as_object);
    properties.map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
}
