//! From what people wrote to what code can rely on. Nothing is asked of any source here.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use caregraph_connectors::{Registry, nearest};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::raw::{self, Raw, RawAccess, RawAudit, RawCache, RawServer, RawStore};
use super::whose::Whose;
use super::words;
use super::{Config, Mistake, Mistakes};

/// Reads a configuration, reporting every mistake at once.
pub fn load(text: &str, kinds: &Registry) -> Result<Config, Mistakes> {
    let mut check = Check::new(kinds);
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

/// More mistakes than these are not told: whoever mends them reads the rest.
const MOST: usize = 200;

/// Reads part after part and collects what is wrong.
pub(super) struct Check<'k> {
    pub(super) kinds: &'k Registry,
    /// Whose word it is that is read.
    pub(super) whose: Whose,
    /// The settings whose secrets are given beside the text.
    pub(super) given: BTreeSet<String>,
    mistakes: Vec<Mistake>,
}

impl<'k> Check<'k> {
    pub(super) fn new(kinds: &'k Registry) -> Self {
        let (given, mistakes) = (BTreeSet::new(), Vec::new());
        Self { kinds, whose: Whose::operators(), given, mistakes }
    }

    pub(super) fn into_mistakes(self) -> Vec<Mistake> {
        self.mistakes
    }
}

impl Check<'_> {
    pub(super) fn wrong(&mut self, path: impl Into<String>, what: impl Into<String>) {
        if self.mistakes.len() < MOST {
            self.mistakes.push(Mistake { path: path.into(), what: what.into() });
        }
    }

    fn config(&mut self, table: &Table) -> Option<Config> {
        self.unknown_keys("", table, &raw::keys::<Raw>());
        let server: RawServer = self.part("server", table);
        let store: RawStore = self.part("store", table);
        let audit: RawAudit = self.part("audit", table);
        let cache: RawCache = self.part("cache", table);
        let shared_cache = self.shared_cache(&cache);
        let cache = self.cache(cache);
        let (issuers, revoked) = self.auth(table);
        let access: RawAccess = self.part("access", table);
        let egress = self.part("egress", table);
        let egress = Arc::new(self.egress(egress));
        self.whose.egress = egress.clone();
        let connectors = self.connectors(table, cache.windows.as_ref());
        let access = self.access(access, &connectors);
        let documents = self.part("documents", table);
        let documents = self.documents(documents);
        let limits = self.part("limits", table);
        let overload = self.part("overload", table);
        let overload = self.overload(overload);
        let telemetry = self.part("telemetry", table);
        let telemetry = self.telemetry(telemetry);
        let streams = self.part("streams", table);
        let streams = self.streams(streams);
        let listen = server.listen.as_deref().unwrap_or("127.0.0.1:8080").parse();
        if listen.is_err() {
            self.wrong("server.listen", "must be an address and a port, such as 127.0.0.1:8080");
        }
        let deadline = self.milliseconds("server.deadline_ms", server.deadline_ms, 2_000, 100);
        let (store, store_key) = self.store(store);
        let audit = self.audit(audit, &store);
        Some(Config {
            listen: listen.ok()?,
            deadline,
            store,
            store_key,
            audit,
            cache,
            shared_cache,
            issuers,
            revoked,
            access,
            documents,
            limits: super::admission::limits(&limits),
            overload,
            telemetry,
            streams,
            egress,
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

    pub(super) fn secret(&mut self, path: &str, reference: &str) -> Option<secrecy::SecretString> {
        let setting = path.trim_start_matches('.');
        if self.whose.is_given(reference) {
            self.given.insert(setting.to_owned());
        }
        let secret = self.whose.secret(setting, reference);
        secret.map_err(|what| self.wrong(path, what)).ok()
    }

    pub(super) fn milliseconds(
        &mut self,
        path: &str,
        given: Option<u64>,
        default: u64,
        least: u64,
    ) -> Duration {
        let given = given.unwrap_or(default);
        if !(least..=60_000).contains(&given) {
            self.wrong(path, format!("must lie between {least} and 60000 (milliseconds)"));
        }
        Duration::from_millis(given)
    }

    pub(super) fn required(
        &mut self,
        path: &str,
        key: &str,
        value: Option<String>,
    ) -> Option<String> {
        let path = format!("{path}.{key}");
        if value.as_deref().is_none_or(|value| value.trim().is_empty()) && !self.has(&path) {
            self.wrong(path, format!("is missing; write {key} = \"{}\"", example_of(key)));
        }
        value
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.mistakes.iter().any(|mistake| mistake.path == path)
    }

    /// One part of the file, as far as it can be read.
    pub(super) fn part<T: DeserializeOwned + JsonSchema + Default>(
        &mut self,
        name: &str,
        table: &Table,
    ) -> T {
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
    pub(super) fn values<T: DeserializeOwned + JsonSchema + Default>(
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
                Err(error) => self.wrong(format!("{path}.{key}"), words::of_value(error.message())),
            }
        }
        sound.try_into().unwrap_or_default()
    }

    pub(super) fn unknown_keys(&mut self, path: &str, table: &Table, known: &BTreeSet<String>) {
        let unknown = table.keys().filter(|key| !known.contains(*key));
        for key in unknown.take(MOST / 2) {
            let at = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let near = nearest(key, known.iter().map(String::as_str));
            let hint = match near {
                Some(near) => format!("did you mean {near:?}?"),
                None => "remove it, or see how it is called in docs/configuration.md".to_owned(),
            };
            self.wrong(at, format!("there is no such setting; {hint}"));
        }
    }
}

/// How a setting that every source needs is written.
fn example_of(key: &str) -> &'static str {
    match key {
        "id" => "greenleaf",
        "name" => "Greenleaf Pharmacy",
        "base_url" => "https://api.greenleaf.example/v2/",
        _ => "…",
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

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
