//! The configuration as people write it. The comments here are its reference: they go into the JSON Schema.

use std::collections::{BTreeMap, BTreeSet};

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use super::telemetry::RawTelemetry;
use crate::gather::Category;

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

/// What is kept of sources' answers.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawCache {
    /// The Redis or Valkey that all nodes share: `redis://HOST:PORT`, or `rediss://…` with TLS; several URLs are a cluster.
    /// With a password as `env:NAME` or `file:PATH`. When absent, each node has its own memory alone.
    pub(super) redis: Option<OneOrMany>,
    /// The keys that open what is kept there, each 64 hexadecimal digits as `env:NAME` or `file:PATH`; the first one also
    /// seals. When absent, one that is derived from the store's key does both.
    pub(super) keys: Option<Vec<String>>,
    /// Whether anything is kept; `true` when absent.
    pub(super) enabled: Option<bool>,
    /// How much memory it may take, in mebibytes; 256 when absent.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub(super) memory_mib: Option<u64>,
    /// The roles whose `Cache-Control: no-cache` or `max-age` has sources asked anew; `COORDINATOR`,
    /// `PRIMARY_CARE`, `SPECIALIST` and `PHARMACIST` when absent. Of others it says nothing.
    pub(super) live_reads: Option<Vec<String>>,
    /// How long copies of a section may be shown, by the section's name.
    #[schemars(with = "Option<BTreeMap<String, RawWindows>>")]
    pub(super) sections: Option<BTreeMap<String, toml::Table>>,
}

/// What is kept of one source's answers.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawKeeping {
    /// Whether anything of this source is kept; as `[cache]` says when absent.
    pub(super) enabled: Option<bool>,
    /// How long copies of a section may be shown, by the section's name; as `[cache]` says when absent.
    #[schemars(with = "Option<BTreeMap<String, RawWindows>>")]
    pub(super) sections: Option<BTreeMap<String, toml::Table>>,
}

/// How long a copy may be shown, in seconds since the source was asked. Each must not be shorter than the one before.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "they are keys of the file, which tell their unit")]
pub(super) struct RawWindows {
    /// As it is.
    pub(super) fresh_s: Option<u64>,
    /// As it is, while the source is asked in the background.
    pub(super) stale_while_revalidate_s: Option<u64>,
    /// In place of a failure of the source; at most a day.
    #[schemars(range(max = 86_400))]
    pub(super) stale_if_error_s: Option<u64>,
    /// How long a source that failed is not asked again for the same; at most 30.
    #[schemars(range(max = 30))]
    pub(super) negative_s: Option<u64>,
}

/// One text, or several.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// Who vouches for callers.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawAuth {
    /// URL of an OpenID issuer, exactly as it stands in its tokens.
    pub(super) issuer: Option<String>,
    /// For whom tokens must be meant; `caregraph` when absent.
    pub(super) audience: Option<String>,
    /// More issuers, or one of which more is to be said, each in a block of its own.
    pub(super) issuers: Option<Vec<RawIssuer>>,
    /// A file that names revoked tokens, one `jti:…`, `sid:…` or `sub:…` a line. A change of it takes effect within a
    /// second.
    pub(super) revoked: Option<String>,
}

/// One OpenID issuer, and how far it is trusted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawIssuer {
    /// Its URL, exactly as it stands in its tokens.
    pub(super) url: Option<String>,
    /// For whom its tokens must be meant; the shared audience when absent.
    pub(super) audience: Option<String>,
    /// `at+jwt`: it marks access tokens as RFC 9068 says, and others are refused. `any`, the default: it does not.
    pub(super) token_type: Option<String>,
    /// The clients whose tokens are taken, by `client_id` or `azp`; any when absent.
    pub(super) clients: Option<Vec<String>>,
    /// The roles that it may give; any when absent.
    pub(super) roles: Option<Vec<String>>,
    /// The names of its claims, where they are not ours.
    pub(super) claims: Option<RawClaims>,
}

/// The names of an issuer's claims, where they are not ours.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawClaims {
    /// The claim that holds the role; `role` when absent.
    pub(super) role: Option<String>,
    /// The claim that holds the organisation; `org` when absent.
    pub(super) org: Option<String>,
    /// The claim that holds the purpose of use; `purpose` when absent.
    pub(super) purpose: Option<String>,
    /// The claim that holds the patient; `patient` when absent.
    pub(super) patient: Option<String>,
    /// The claim that holds the National Provider Identifier of a clinician; `npi` when absent.
    pub(super) npi: Option<String>,
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

/// One source.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct RawConnector {
    /// Short name, unique: lower-case letters, digits and hyphens.
    pub(super) id: Option<String>,
    /// Its name, as people know it.
    pub(super) name: Option<String>,
    /// What kind of care it belongs to.
    pub(super) category: Option<Category>,
    /// The organisation that runs it, as tokens name it in `org`; a token may also name it by `id`.
    pub(super) organization: Option<String>,
    /// The dialect that it speaks: `fhir-r4`, `hsds-3`.
    pub(super) kind: Option<String>,
    /// Where it is.
    pub(super) base_url: Option<String>,
    /// Labels that all its records bear, whatever it says itself: names of the policy such as `PART_2` for a programme
    /// for substance use. Those who may not see them do not learn that this source knows the patient.
    pub(super) labels: Option<Vec<String>>,
    /// How we show who we are; not at all when absent.
    pub(super) auth: Option<RawCredentials>,
    /// The longest that one answer is waited for, in milliseconds; 1500 when absent.
    #[schemars(range(min = 10, max = 60_000))]
    pub(super) timeout_ms: Option<u64>,
    /// What is kept of its answers.
    #[schemars(with = "Option<RawKeeping>")]
    pub(super) cache: Option<toml::Table>,
    /// Whether it may say that something has changed (`POST /hooks/ID`); it may not when absent.
    #[schemars(with = "Option<RawEvents>")]
    pub(super) events: Option<toml::Table>,
    /// How many questions it is asked at once, at most; 512 when absent. It is asked fewer while it has too much to do.
    #[schemars(range(min = 1, max = 10_000))]
    pub(super) max_concurrent: Option<usize>,
    /// How often a question that failed is asked again within its time; 1 when absent.
    #[schemars(range(max = 3))]
    pub(super) retries: Option<u32>,
    /// Whether a question that takes longer than nearly all others is asked a second time beside the first; `true` when
    /// absent, `false` for a source with `labels`.
    pub(super) hedge: Option<bool>,
    /// The longest that it is left alone when it keeps failing, in milliseconds; 8000 when absent. 0: it is always asked.
    #[schemars(range(max = 60_000))]
    pub(super) longest_rest_ms: Option<u64>,
}

/// How a source may say that something has changed.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawEvents {
    /// What it proves itself by, as `env:NAME` or `file:PATH`: at least 24 characters.
    pub(super) secret: Option<String>,
    /// How it does that: `bearer`, the default, sends the secret along; `hmac` signs time and body with it.
    pub(super) proof: Option<String>,
    /// How many messages it may send in a minute; 600 when absent.
    #[schemars(range(min = 1, max = 100_000))]
    pub(super) per_minute: Option<u32>,
    /// The least seconds between two times that all that it said is forgotten; 10 when absent.
    #[schemars(range(min = 1, max = 300))]
    pub(super) sweep_s: Option<u32>,
}

/// How we show a source who we are. Secrets stand elsewhere: `env:NAME` or `file:PATH`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum RawCredentials {
    /// Not at all.
    None {},
    /// A bearer token.
    Bearer {
        /// Where the token is.
        token: String,
    },
    /// A user name and a password.
    Basic {
        /// User name.
        user: String,
        /// Where the password is.
        password: String,
    },
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
