//! How we show a source who we are, as people write it.

use schemars::JsonSchema;
use serde::Deserialize;

/// How we show a source who we are. Secrets stand elsewhere: `env:NAME` or `file:PATH`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::config) enum RawCredentials {
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
    /// A key, in a header or in the query.
    ApiKey {
        /// Where the key is.
        key: String,
        /// The header that bears it, such as `X-Api-Key`.
        header: Option<String>,
        /// The query parameter that bears it, where the source knows of no header.
        parameter: Option<String>,
    },
}
