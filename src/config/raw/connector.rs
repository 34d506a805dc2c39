//! A source, as people write it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{RawCredentials, RawKeeping, RawTls};
use crate::gather::Category;

/// One source.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(in crate::config) struct RawConnector {
    /// Short name, unique: lower-case letters, digits and hyphens.
    pub(in crate::config) id: Option<String>,
    /// Its name, as people know it.
    pub(in crate::config) name: Option<String>,
    /// What kind of care it belongs to.
    pub(in crate::config) category: Option<Category>,
    /// The organisation that runs it, as tokens name it in `org`; a token may also name it by `id`.
    pub(in crate::config) organization: Option<String>,
    /// The dialect that it speaks: `fhir-r4`, `hsds-3`, `mapped-http`, `remote`.
    pub(in crate::config) kind: Option<String>,
    /// Where it is.
    pub(in crate::config) base_url: Option<String>,
    /// Labels that all its records bear, whatever it says itself: names of the policy such as `PART_2` for a programme
    /// for substance use. Those who may not see them do not learn that this source knows the patient.
    pub(in crate::config) labels: Option<Vec<String>>,
    /// How we show who we are; not at all when absent.
    pub(in crate::config) auth: Option<RawCredentials>,
    /// How it is met by TLS: by our own certificate, or with its own authority; as any other when absent.
    #[schemars(with = "Option<RawTls>")]
    pub(in crate::config) tls: Option<toml::Table>,
    /// The longest that one answer is waited for, in milliseconds; 1500 when absent.
    #[schemars(range(min = 10, max = 60_000))]
    pub(in crate::config) timeout_ms: Option<u64>,
    /// What is kept of its answers.
    #[schemars(with = "Option<RawKeeping>")]
    pub(in crate::config) cache: Option<toml::Table>,
    /// Whether it may say that something has changed (`POST /hooks/ID`); it may not when absent.
    #[schemars(with = "Option<RawEvents>")]
    pub(in crate::config) events: Option<toml::Table>,
    /// How many questions it is asked at once, at most; 512 when absent. It is asked fewer while it has too much to do.
    #[schemars(range(min = 1, max = 10_000))]
    pub(in crate::config) max_concurrent: Option<usize>,
    /// How often a question that failed is asked again within its time; 1 when absent.
    #[schemars(range(max = 3))]
    pub(in crate::config) retries: Option<u32>,
    /// Whether a question that takes longer than nearly all others is asked a second time beside the first; `true` when
    /// absent, `false` for a source with `labels`.
    pub(in crate::config) hedge: Option<bool>,
    /// The longest that it is left alone when it keeps failing, in milliseconds; 8000 when absent. 0: it is always asked.
    #[schemars(range(max = 60_000))]
    pub(in crate::config) longest_rest_ms: Option<u64>,
}

/// How a source may say that something has changed.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct RawEvents {
    /// What it proves itself by, as `env:NAME` or `file:PATH`: at least 24 characters.
    pub(in crate::config) secret: Option<String>,
    /// How it does that: `bearer`, the default, sends the secret along; `hmac` signs time and body with it.
    pub(in crate::config) proof: Option<String>,
    /// How many messages it may send in a minute; 600 when absent.
    #[schemars(range(min = 1, max = 100_000))]
    pub(in crate::config) per_minute: Option<u32>,
    /// The least seconds between two times that all that it said is forgotten; 10 when absent.
    #[schemars(range(min = 1, max = 300))]
    pub(in crate::config) sweep_s: Option<u32>,
}
