//! What is kept of sources' answers, as people write it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// What is kept of sources' answers.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct RawCache {
    /// The Redis or Valkey that all nodes share: `redis://HOST:PORT`, or `rediss://…` with TLS; several URLs are a cluster.
    /// With a password as `env:NAME` or `file:PATH`. When absent, each node has its own memory alone.
    pub(in crate::config) redis: Option<OneOrMany>,
    /// The keys that open what is kept there, each 64 hexadecimal digits as `env:NAME` or `file:PATH`; the first one also
    /// seals. When absent, one that is derived from the store's key does both.
    pub(in crate::config) keys: Option<Vec<String>>,
    /// Whether anything is kept; `true` when absent.
    pub(in crate::config) enabled: Option<bool>,
    /// How much memory it may take, in mebibytes; 256 when absent.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub(in crate::config) memory_mib: Option<u64>,
    /// The roles whose `Cache-Control: no-cache` or `max-age` has sources asked anew; `COORDINATOR`,
    /// `PRIMARY_CARE`, `SPECIALIST` and `PHARMACIST` when absent. Of others it says nothing.
    pub(in crate::config) live_reads: Option<Vec<String>>,
    /// How long copies of a section may be shown, by the section's name.
    #[schemars(with = "Option<BTreeMap<String, RawWindows>>")]
    pub(in crate::config) sections: Option<BTreeMap<String, toml::Table>>,
}

/// What is kept of one source's answers.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct RawKeeping {
    /// Whether anything of this source is kept; as `[cache]` says when absent.
    pub(in crate::config) enabled: Option<bool>,
    /// How long copies of a section may be shown, by the section's name; as `[cache]` says when absent.
    #[schemars(with = "Option<BTreeMap<String, RawWindows>>")]
    pub(in crate::config) sections: Option<BTreeMap<String, toml::Table>>,
}

/// How long a copy may be shown, in seconds since the source was asked. Each must not be shorter than the one before.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "they are keys of the file, which tell their unit")]
pub(in crate::config) struct RawWindows {
    /// As it is.
    pub(in crate::config) fresh_s: Option<u64>,
    /// As it is, while the source is asked in the background.
    pub(in crate::config) stale_while_revalidate_s: Option<u64>,
    /// In place of a failure of the source; at most a day.
    #[schemars(range(max = 86_400))]
    pub(in crate::config) stale_if_error_s: Option<u64>,
    /// How long a source that failed is not asked again for the same; at most 30.
    #[schemars(range(max = 30))]
    pub(in crate::config) negative_s: Option<u64>,
}

/// One text, or several.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::config) enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}
