//! Who vouches for callers, as people write it.

use schemars::JsonSchema;
use serde::Deserialize;

/// Who vouches for callers.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct RawAuth {
    /// URL of an OpenID issuer, exactly as it stands in its tokens.
    pub(in crate::config) issuer: Option<String>,
    /// For whom tokens must be meant; `caregraph` when absent.
    pub(in crate::config) audience: Option<String>,
    /// More issuers, or one of which more is to be said, each in a block of its own.
    pub(in crate::config) issuers: Option<Vec<RawIssuer>>,
    /// A file that names revoked tokens, one `jti:…`, `sid:…` or `sub:…` a line. A change of it takes effect within a
    /// second.
    pub(in crate::config) revoked: Option<String>,
}

/// One OpenID issuer, and how far it is trusted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct RawIssuer {
    /// Its URL, exactly as it stands in its tokens.
    pub(in crate::config) url: Option<String>,
    /// For whom its tokens must be meant; the shared audience when absent.
    pub(in crate::config) audience: Option<String>,
    /// `at+jwt`: it marks access tokens as RFC 9068 says, and others are refused. `any`, the default: it does not.
    pub(in crate::config) token_type: Option<String>,
    /// The clients whose tokens are taken, by `client_id` or `azp`; any when absent.
    pub(in crate::config) clients: Option<Vec<String>>,
    /// The roles that it may give; any when absent.
    pub(in crate::config) roles: Option<Vec<String>>,
    /// The names of its claims, where they are not ours.
    pub(in crate::config) claims: Option<RawClaims>,
}

/// The names of an issuer's claims, where they are not ours.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct RawClaims {
    /// The claim that holds the role; `role` when absent.
    pub(in crate::config) role: Option<String>,
    /// The claim that holds the organisation; `org` when absent.
    pub(in crate::config) org: Option<String>,
    /// The claim that holds the purpose of use; `purpose` when absent.
    pub(in crate::config) purpose: Option<String>,
    /// The claim that holds the patient; `patient` when absent.
    pub(in crate::config) patient: Option<String>,
    /// The claim that holds the National Provider Identifier of a clinician; `npi` when absent.
    pub(in crate::config) npi: Option<String>,
}
