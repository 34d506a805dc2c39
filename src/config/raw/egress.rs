//! Where the gateway may connect to, as people write it.

use schemars::JsonSchema;
use serde::Deserialize;

/// Where the gateway may connect to. Connectors of this file reach the host and port that they name without anything here.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct RawEgress {
    /// Networks that are not public and to which names and registered connectors may lead nevertheless, such as
    /// `10.20.0.0/16`; none when absent.
    pub(in crate::config) allow_private: Option<Vec<String>>,
    /// The ports that registered connectors may use beside 443, such as 8443 or `8000-8999`; none when absent.
    pub(in crate::config) allow_ports: Option<Vec<RawPorts>>,
    /// The hosts that connectors may ask although they are not their own, such as a login server that many share, or
    /// although their names are not public; none when absent.
    pub(in crate::config) allow_hosts: Option<Vec<String>>,
    /// The hosts and networks that may be asked without TLS beside this machine; none when absent.
    pub(in crate::config) allow_http: Option<Vec<String>>,
    /// The hosts and networks that are asked by nobody, whatever else is allowed: `a.example`, `*.example.org`,
    /// `10.20.9.0/24`; none when absent.
    pub(in crate::config) deny: Option<Vec<String>>,
}

/// A port, or several: `8000-8999`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::config) enum RawPorts {
    /// One.
    One(u16),
    /// From one to another.
    Range(String),
}
