//! The source that a manifest describes, as it is tried without a gateway.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use caregraph_connectors::egress::{SECRET_SETTINGS, Secrets};
use caregraph_connectors::reach::{EgressPolicy, Network};
use caregraph_connectors::{builtin, remote};
use clap::Args;
use secrecy::SecretString;

use super::super::{Failed, check, runtime};
use crate::app;
use crate::config::{
    ConnectorConfig, Mistake, Mistakes, Partners, given_settings, load_registered, secret,
};
use crate::register::{self, misgiven};

/// What is said where a source on this machine is refused.
const HINT: &str = "\nThe source is on this machine: write --local to try it there.";

/// Which source is tried.
#[derive(Debug, Args)]
pub(in super::super) struct Which {
    /// The manifest, in TOML or JSON; or the URL of a program that keeps the remote protocol.
    pub(super) manifest: PathBuf,
    /// The secret that the manifest calls "given", as `env:NAME` or `file:PATH`; where there are several, each with its
    /// setting before it, such as `tls.key=file:key.pem`.
    #[arg(long = "credential", value_name = "[SETTING=]REFERENCE")]
    credentials: Vec<String>,
    /// Of a source that lists nobody: the identifier of one of its patients, to ask it for; or `env:NAME` or `file:PATH`,
    /// where it stands.
    #[arg(long, value_name = "IDENTIFIER")]
    identifier: Option<String>,
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
        let secrets = secrets(&self.credentials).map_err(Failed)?;
        let egress = if self.local { on_this_machine() } else { EgressPolicy::default() };
        let partners = Partners { egress: Arc::new(egress), windows: None };
        let load = |text: &str| {
            let given = given_settings(text, &builtin());
            let misgiven: Vec<Mistake> =
                misgiven(text, &secrets, &given).into_iter().map(as_mistake).collect();
            match load_registered(text, &builtin(), &partners, &secrets) {
                Ok(config) if misgiven.is_empty() => Ok(config),
                read => {
                    let read = read.err().map(|Mistakes(all)| all).unwrap_or_default();
                    let all = Mistakes([misgiven, read].concat());
                    let Failed(told) = check::unusable(&self.manifest, text, &all);
                    let wants_local = !self.local && is_helped(text, &secrets);
                    Err(Failed(if wants_local { format!("{told}{HINT}") } else { told }))
                }
            }
        };
        let text = match self.url() {
            Some(url) => described(&self.head(url), load)?,
            None => check::text(&self.manifest)?,
        };
        let config = load(&text)?;
        Ok(Source { text, config })
    }

    /// The identifier that the source is asked for.
    pub(super) fn identifier(&self) -> Result<Option<SecretString>, Failed> {
        let Some(text) = self.identifier.as_deref() else { return Ok(None) };
        let stands_elsewhere = text.starts_with("env:") || text.starts_with("file:");
        let read = if stands_elsewhere { secret(text) } else { Ok(text.to_owned().into()) };
        read.map(Some).map_err(Failed)
    }

    /// The URL of a program, if that is what stands in the place of a manifest.
    fn url(&self) -> Option<&str> {
        let text = self.manifest.to_str()?;
        (text.starts_with("https://") || text.starts_with("http://")).then_some(text)
    }

    /// How the manifest of a program there begins.
    fn head(&self, url: &str) -> String {
        let names = |start: &str| {
            let all = self.credentials.iter().filter_map(|it| named(it).0?.strip_prefix(start));
            all.map(|key| format!("{key} = \"given\"")).collect::<Vec<_>>().join(", ")
        };
        let is_shown =
            self.credentials.iter().any(|it| matches!(named(it).0, None | Some("auth.token")));
        let mut auth = String::new();
        if is_shown {
            auth.push_str("auth = { type = \"bearer\", token = \"given\" }\n");
        }
        let tls = names("tls.");
        if !tls.is_empty() {
            let _ = writeln!(auth, "tls = {{ {tls} }}");
        }
        format!(
            "id = \"partner\"\nname = \"Partner\"\ncategory = \"SPECIALIST\"\nkind = \"remote\"\nbase_url = {url:?}\n{auth}"
        )
    }
}

/// The setting that is written before a reference, if one is.
fn named(credential: &str) -> (Option<&str>, &str) {
    match credential.split_once('=') {
        Some((setting, reference)) if !setting.contains(':') => (Some(setting), reference),
        _ => (None, credential),
    }
}

/// The secrets that are meant, each read from where it is.
fn secrets(credentials: &[String]) -> Result<Secrets, String> {
    let mut all = BTreeMap::new();
    for credential in credentials {
        let (setting, reference) = named(credential);
        match (setting, credentials) {
            (None, [_]) => return Ok(Secrets::One(secret(reference)?)),
            (None, _) => {
                return Err("of several secrets each needs its setting before it, such as --credential tls.key=file:key.pem".to_owned());
            }
            (Some(setting), _) if !SECRET_SETTINGS.contains(&setting) => {
                let known = SECRET_SETTINGS.join(", ");
                return Err(format!(
                    "before the = of --credential stands no setting that may hold a secret; write one of {known}"
                ));
            }
            (Some(setting), _) => {
                let read =
                    secret(reference).map_err(|what| format!("--credential {setting}: {what}"))?;
                if all.insert(setting.to_owned(), read).is_some() {
                    return Err(format!(
                        "--credential {setting} stands there twice; leave one out"
                    ));
                }
            }
        }
    }
    Ok(if all.is_empty() { Secrets::None } else { Secrets::Named(all) })
}

fn as_mistake(it: register::Mistake) -> Mistake {
    Mistake { path: it.path, what: it.message }
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
fn is_helped(text: &str, secrets: &Secrets) -> bool {
    let mistakes = |egress: EgressPolicy| {
        let partners = Partners { egress: Arc::new(egress), windows: None };
        let loaded = load_registered(text, &builtin(), &partners, secrets);
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
            is_helped(&text, &Secrets::One(SecretString::from("a-secret")))
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
