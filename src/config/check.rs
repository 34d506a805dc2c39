//! From what people wrote to what code can rely on. Nothing is asked of any source here.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use caregraph_connectors::Registry;
use caregraph_connectors::egress::Credentials;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use toml::{Table, Value};
use url::Url;

use super::raw::{
    self, Raw, RawAccess, RawAuth, RawCache, RawConnector, RawCredentials, RawServer, RawStore,
};
use super::{Config, ConnectorConfig, Mistake, Mistakes, secret};
use crate::access::{Label, LabelSet};
use crate::gather::SourceId;

/// Reads a configuration, reporting every mistake at once.
pub fn load(text: &str, kinds: &Registry) -> Result<Config, Mistakes> {
    let mut check = Check { kinds, mistakes: Vec::new() };
    let table: Table = match text.parse() {
        Ok(table) => table,
        Err(error) => return Err(Mistakes(vec![syntax(text, &error)])),
    };
    let config = check.config(&table);
    match config {
        Some(config) if check.mistakes.is_empty() => Ok(config),
        _ => Err(Mistakes(check.mistakes)),
    }
}

struct Check<'k> {
    kinds: &'k Registry,
    mistakes: Vec<Mistake>,
}

impl Check<'_> {
    fn wrong(&mut self, path: impl Into<String>, what: impl Into<String>) {
        self.mistakes.push(Mistake { path: path.into(), what: what.into() });
    }

    fn config(&mut self, table: &Table) -> Option<Config> {
        self.unknown_keys("", table, &raw::keys::<Raw>());
        let server: RawServer = self.part("server", table);
        let store: RawStore = self.part("store", table);
        let _: RawCache = self.part("cache", table);
        let auth: RawAuth = self.part("auth", table);
        let access: RawAccess = self.part("access", table);
        let connectors = self.connectors(table);
        if access.relationship.as_deref().is_some_and(|relationship| relationship != "not-required")
        {
            self.wrong("access.relationship", "only \"not-required\" is known");
        }
        let labels = access.labels.as_deref().unwrap_or("not-enforced");
        if !matches!(labels, "enforced" | "not-enforced") {
            self.wrong("access.labels", "must be \"enforced\" or \"not-enforced\"");
        }
        let labels = labels == "enforced";
        if !labels {
            for (place, connector) in connectors.iter().enumerate() {
                if !connector.labels.is_empty() {
                    self.wrong(
                        format!("connector[{}].labels", place + 1),
                        "hides nothing unless access.labels is \"enforced\"",
                    );
                }
            }
        }
        let listen = server.listen.as_deref().unwrap_or("127.0.0.1:8080").parse();
        if listen.is_err() {
            self.wrong("server.listen", "must be an address and a port, such as 127.0.0.1:8080");
        }
        let deadline = self.milliseconds("server.deadline_ms", server.deadline_ms, 2_000, 100);
        let (store, store_key) = self.store(store);
        let issuer = auth.issuer.unwrap_or_default();
        if Url::parse(&issuer).is_err() {
            self.wrong("auth.issuer", "must be the URL of an OpenID issuer");
        }
        Some(Config {
            listen: listen.ok()?,
            deadline,
            store,
            store_key,
            issuer,
            audience: auth.audience.unwrap_or_else(|| "caregraph".to_owned()),
            policy: access.policy.map(PathBuf::from),
            labels,
            connectors,
        })
    }

    fn store(&mut self, store: RawStore) -> (String, Option<secrecy::SecretString>) {
        let url = store.url.unwrap_or_else(|| "sqlite://caregraph.db".to_owned());
        let is_postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
        if !is_postgres && !url.starts_with("sqlite://") {
            self.wrong("store.url", "must begin with sqlite:// or postgres://");
        }
        let key = store.key.and_then(|reference| self.secret("store.key", &reference));
        if is_postgres
            && key.is_none()
            && !self.mistakes.iter().any(|mistake| mistake.path == "store.key")
        {
            self.wrong(
                "store.key",
                "is needed with PostgreSQL, since every node must have the same",
            );
        }
        (url, key)
    }

    fn connectors(&mut self, table: &Table) -> Vec<ConnectorConfig> {
        let blocks = match table.get("connector") {
            None => return Vec::new(),
            Some(Value::Array(blocks)) => blocks,
            Some(_) => {
                self.wrong(
                    "connector",
                    "write each source as a block of its own, headed [[connector]]",
                );
                return Vec::new();
            }
        };
        let mut seen = BTreeSet::new();
        let mut connectors = Vec::new();
        for (place, block) in blocks.iter().enumerate() {
            let path = format!("connector[{}]", place + 1);
            let Value::Table(block) = block else {
                self.wrong(path, "must be a block headed [[connector]]");
                continue;
            };
            let Some(connector) = self.connector(&path, block) else { continue };
            if !seen.insert(connector.id.clone()) {
                self.wrong(
                    format!("{path}.id"),
                    format!("{:?} is used twice", connector.id.as_str()),
                );
            }
            connectors.push(connector);
        }
        connectors
    }

    fn connector(&mut self, path: &str, block: &Table) -> Option<ConnectorConfig> {
        let common = raw::keys::<RawConnector>();
        let (shared, settings): (Table, Table) =
            block.clone().into_iter().partition(|(key, _)| common.contains(key));
        let raw: RawConnector = self.values(path, &shared);
        let kind = self.kind(path, raw.kind.as_deref());
        let mut known = common;
        known.extend(
            kind.iter().flat_map(|kind| kind.settings).map(|setting| (*setting).to_owned()),
        );
        if kind.is_some() {
            self.unknown_keys(path, block, &known);
        }
        let id = self.required(path, "id", raw.id);
        if id.as_deref().is_some_and(|id| !is_id(id)) {
            self.wrong(
                format!("{path}.id"),
                "must be made of lower-case letters, digits and hyphens, at most 64",
            );
        }
        let name = self.required(path, "name", raw.name);
        if raw.category.is_none() && !self.has(&format!("{path}.category")) {
            self.wrong(format!("{path}.category"), "is missing: PRIMARY_CARE, SPECIALIST, PHARMACY, COMMUNITY, HOSPITAL or BEHAVIORAL_HEALTH");
        }
        let base_url = self
            .required(path, "base_url", raw.base_url)
            .and_then(|url| self.url(&format!("{path}.base_url"), &url));
        let labels = self.labels(&format!("{path}.labels"), raw.labels.unwrap_or_default());
        let credentials = self.credentials(&format!("{path}.auth"), raw.auth);
        let timeout = self.milliseconds(&format!("{path}.timeout_ms"), raw.timeout_ms, 1_500, 10);
        let known_settings = settings.into_iter().filter(|(key, _)| known.contains(key)).collect();
        Some(ConnectorConfig {
            id: SourceId::new(id?),
            name: name?,
            category: raw.category?,
            organization: raw.organization,
            kind: kind?.name.to_owned(),
            base_url: base_url?,
            labels,
            credentials: credentials?,
            timeout,
            settings: known_settings,
        })
    }

    fn labels(&mut self, path: &str, names: Vec<String>) -> LabelSet {
        let mut labels = LabelSet::default();
        for name in names {
            if let Some(label) = Label::named(&name) {
                labels = labels.with(label);
            } else {
                let known: Vec<&str> = Label::ALL.iter().map(|label| label.name()).collect();
                let known = known.join(", ");
                self.wrong(path, format!("there is no label {name:?}; known are {known}"));
            }
        }
        labels
    }

    fn kind(&mut self, path: &str, name: Option<&str>) -> Option<caregraph_connectors::Kind> {
        let names: Vec<&str> = self.kinds.kinds().iter().map(|kind| kind.name).collect();
        let Some(name) = name else {
            if !self.has(&format!("{path}.kind")) {
                self.wrong(format!("{path}.kind"), format!("is missing: {}", names.join(" or ")));
            }
            return None;
        };
        let kind = self.kinds.kind(name).copied();
        if kind.is_none() {
            self.wrong(
                format!("{path}.kind"),
                format!("there is no kind {name:?}; known are {}", names.join(", ")),
            );
        }
        kind
    }

    fn credentials(&mut self, path: &str, raw: Option<RawCredentials>) -> Option<Credentials> {
        Some(match raw {
            None | Some(RawCredentials::None {}) => Credentials::None,
            Some(RawCredentials::Bearer { token }) => {
                Credentials::Bearer(self.secret(&format!("{path}.token"), &token)?)
            }
            Some(RawCredentials::Basic { user, password }) => Credentials::Basic {
                user,
                password: self.secret(&format!("{path}.password"), &password)?,
            },
        })
    }

    fn secret(&mut self, path: &str, reference: &str) -> Option<secrecy::SecretString> {
        secret::read(reference).map_err(|what| self.wrong(path, what)).ok()
    }

    fn url(&mut self, path: &str, text: &str) -> Option<Url> {
        let url = Url::parse(text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        match url {
            Some(url)
                if url.username().is_empty()
                    && url.password().is_none()
                    && url.query().is_none() =>
            {
                Some(url)
            }
            Some(_) => {
                self.wrong(
                    path,
                    "must hold neither a user nor a query; credentials belong into auth",
                );
                None
            }
            None => {
                self.wrong(path, "must be an http or https URL");
                None
            }
        }
    }

    fn milliseconds(
        &mut self,
        path: &str,
        given: Option<u64>,
        default: u64,
        least: u64,
    ) -> Duration {
        let given = given.unwrap_or(default);
        if !(least..=60_000).contains(&given) {
            self.wrong(path, format!("must lie between {least} and 60000"));
        }
        Duration::from_millis(given)
    }

    fn required(&mut self, path: &str, key: &str, value: Option<String>) -> Option<String> {
        let path = format!("{path}.{key}");
        if value.as_deref().is_none_or(|value| value.trim().is_empty()) && !self.has(&path) {
            self.wrong(path, "is missing");
        }
        value
    }

    fn has(&self, path: &str) -> bool {
        self.mistakes.iter().any(|mistake| mistake.path == path)
    }

    /// One part of the file, as far as it can be read.
    fn part<T: DeserializeOwned + JsonSchema + Default>(&mut self, name: &str, table: &Table) -> T {
        match table.get(name) {
            None => T::default(),
            Some(Value::Table(part)) => {
                self.unknown_keys(name, part, &raw::keys::<T>());
                self.values(name, part)
            }
            Some(_) => {
                self.wrong(name, format!("must be a part of its own, headed [{name}]"));
                T::default()
            }
        }
    }

    /// The values of a part. Each is tried alone first, so that every wrong one is named.
    fn values<T: DeserializeOwned + JsonSchema + Default>(
        &mut self,
        path: &str,
        part: &Table,
    ) -> T {
        let known = raw::keys::<T>();
        let mut sound = Table::new();
        for (key, value) in part.iter().filter(|(key, _)| known.contains(*key)) {
            let alone = Table::from_iter([(key.clone(), value.clone())]);
            match alone.clone().try_into::<T>() {
                Ok(_) => sound.extend(alone),
                Err(error) => self.wrong(format!("{path}.{key}"), one_line(error.message())),
            }
        }
        sound.try_into().unwrap_or_default()
    }

    fn unknown_keys(&mut self, path: &str, table: &Table, known: &BTreeSet<String>) {
        for key in table.keys().filter(|key| !known.contains(*key)) {
            let at = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let nearest = known.iter().max_by(|a, b| {
                strsim::jaro_winkler(a, key).total_cmp(&strsim::jaro_winkler(b, key))
            });
            let hint =
                nearest.map(|nearest| format!("; did you mean {nearest:?}?")).unwrap_or_default();
            self.wrong(at, format!("there is no such setting{hint}"));
        }
    }
}

fn syntax(text: &str, error: &toml::de::Error) -> Mistake {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    Mistake {
        path: format!("line {line}"),
        what: format!("this is not TOML: {}", one_line(error.message())),
    }
}

fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
