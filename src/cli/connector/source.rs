//! The source that a manifest describes, as it is tried without a gateway.

use std::path::PathBuf;
use std::sync::Arc;

use caregraph_connectors::reach::{EgressPolicy, Network};
use caregraph_connectors::{builtin, remote};
use clap::Args;
use secrecy::SecretString;

use super::super::{Failed, check, runtime};
use crate::app;
use crate::config::{ConnectorConfig, load_registered, secret};

/// What is said where a source on this machine is refused.
const HINT: &str = "\nThe source is on this machine: write --local to try it there.";

/// Which source is tried.
#[derive(Debug, Args)]
pub(in super::super) struct Which {
    /// The manifest, in TOML or JSON; or the URL of a program that keeps the remote protocol.
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
        let load = |text: &str| {
            load_registered(text, &builtin(), &egress, credential.clone()).map_err(|it| {
                let Failed(told) = check::unusable(&self.manifest, text, &it);
                let wants_local = !self.local && is_helped(text, credential.as_ref());
                Failed(if wants_local { format!("{told}{HINT}") } else { told })
            })
        };
        let text = match self.url() {
            Some(url) => described(&self.head(url), load)?,
            None => check::text(&self.manifest)?,
        };
        let config = load(&text)?;
        Ok(Source { text, config })
    }

    /// The URL of a program, if that is what stands in the place of a manifest.
    fn url(&self) -> Option<&str> {
        let text = self.manifest.to_str()?;
        (text.starts_with("https://") || text.starts_with("http://")).then_some(text)
    }

    /// How the manifest of a program there begins.
    fn head(&self, url: &str) -> String {
        let auth = match self.credential {
            Some(_) => "auth = { type = \"bearer\", token = \"given\" }\n",
            None => "",
        };
        format!(
            "id = \"partner\"\nname = \"Partner\"\ncategory = \"SPECIALIST\"\nkind = \"remote\"\nbase_url = {url:?}\n{auth}"
        )
    }
}

/// The manifest of a program, by what it says of itself.
fn described(
    head: &str,
    load: impl Fn(&str) -> Result<ConnectorConfig, Failed>,
) -> Result<String, Failed> {
    let config = load(&format!("{head}protocol = 1\nsections = [\"DEMOGRAPHICS\"]\n"))?;
    let subject = app::subject(&config, &builtin())?;
    let said = runtime()?.block_on(remote::described(&subject.io)).map_err(|problem| {
        Failed(format!("GET capabilities, by which a program of the remote protocol says what it offers: {problem}"))
    })?;
    Ok(format!("{head}{said}"))
}

/// True when `--local` makes mistakes of a manifest go away, and open ports alone do not: its address is on this machine.
fn is_helped(text: &str, credential: Option<&SecretString>) -> bool {
    let mistakes = |egress: EgressPolicy| {
        let loaded = load_registered(text, &builtin(), &Arc::new(egress), credential.cloned());
        loaded.err().map_or(0, |mistakes| mistakes.0.len())
    };
    let elsewhere = EgressPolicy { allow_private: Vec::new(), ..on_this_machine() };
    mistakes(on_this_machine()) < mistakes(elsewhere)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_is_told_of_where_it_helps() {
        let helps = |url: &str| {
            let example = include_str!("../../../connectors/examples/greenleaf-pharmacy.toml");
            let base_url = example.lines().find(|line| line.starts_with("base_url")).unwrap();
            let text = example.replace(base_url, &format!("base_url = {url:?}"));
            is_helped(&text, Some(&SecretString::from("a-secret")))
        };
        for (url, expected) in [
            ("http://127.0.0.1:7301/api/", true),
            ("http://[::1]:7301/api/", true),
            ("https://fills.greenleaf.example:8443/", false),
            ("https://fills.greenleaf.example/", false),
            ("http://10.0.0.7:7301/api/", false),
        ] {
            assert_eq!(helps(url), expected, "{url}");
        }
    }
}
