//! The source that a manifest describes, as it is tried without a gateway.

use std::path::PathBuf;
use std::sync::Arc;

use caregraph_connectors::builtin;
use caregraph_connectors::reach::{EgressPolicy, Network};
use clap::Args;

use super::super::{Failed, check};
use crate::config::{ConnectorConfig, load_registered, secret};

/// Which source is tried.
#[derive(Debug, Args)]
pub(in super::super) struct Which {
    /// The manifest, in TOML or JSON.
    pub(super) manifest: PathBuf,
    /// The secret that the manifest calls "given", as `env:NAME` or `file:PATH`.
    #[arg(long, value_name = "REFERENCE")]
    credential: Option<String>,
    /// The source is a program on this machine.
    #[arg(long)]
    local: bool,
}

/// A manifest that was read.
pub(super) struct Source {
    /// As it is written.
    pub(super) text: String,
    pub(super) config: ConnectorConfig,
}

impl Which {
    /// Reads the manifest, as if it were registered.
    pub(super) fn read(&self) -> Result<Source, Failed> {
        let credential = self.credential.as_deref().map(secret).transpose().map_err(Failed)?;
        let egress = Arc::new(if self.local { on_this_machine() } else { EgressPolicy::default() });
        let text = check::text(&self.manifest)?;
        let config = load_registered(&text, &builtin(), &egress, credential)
            .map_err(|it| check::unusable(&self.manifest, &text, &it))?;
        Ok(Source { text, config })
    }
}

/// Programs on this machine, at whatever port they have.
fn on_this_machine() -> EgressPolicy {
    let loopback = ["127.0.0.0/8", "::1"].into_iter().flat_map(Network::parse).collect();
    EgressPolicy {
        allow_private: loopback,
        allow_ports: vec![1..=u16::MAX],
        ..EgressPolicy::default()
    }
}
