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
    /// A token that an authorization server gives for a secret (OAuth 2.0 client credentials).
    Oauth2ClientCredentials(RawClientCredentials),
    /// A token that is given for a signature (SMART Backend Services).
    SmartBackendServices {
        /// Where tokens are given; where the source's `.well-known/smart-configuration` says when absent.
        token_url: Option<String>,
        /// How that server calls us.
        client_id: String,
        /// Where the private key is, in PEM: P-384 (ES384), or RSA of at least 2048 bits (RS384).
        key: String,
        /// How that server calls the key; its thumbprint (RFC 7638) when absent.
        key_id: Option<String>,
        /// For what the token is to be good, such as `system/*.rs`.
        scope: String,
    },
}

/// By what an authorization server is asked for a token.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawClientCredentials {
    /// Where tokens are given.
    pub(in crate::config) token_url: String,
    /// How that server calls us.
    pub(in crate::config) client_id: String,
    /// Where the secret is.
    pub(in crate::config) client_secret: String,
    /// How the secret is sent: `basic`, the default, as a password; `body`, in the request.
    pub(in crate::config) client_auth: Option<String>,
    /// For what the token is to be good.
    pub(in crate::config) scope: Option<String>,
    /// For whom it is to be good, where the server wants to be told by `audience`.
    pub(in crate::config) audience: Option<String>,
    /// For whom it is to be good, where the server wants to be told by `resource` (RFC 8707).
    pub(in crate::config) resource: Option<String>,
}

/// How a source is met by TLS. All are PEM, and given as `env:NAME` or `file:PATH`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct RawTls {
    /// Where the certificate is that we show, with all between it and its authority.
    pub(in crate::config) cert: Option<String>,
    /// Where its private key is.
    pub(in crate::config) key: Option<String>,
    /// Where the authorities are that are believed for this source, in place of those of the machine.
    pub(in crate::config) ca: Option<String>,
}
