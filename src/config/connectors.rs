//! The sources of a configuration.

use std::collections::{BTreeMap, BTreeSet};

use caregraph_connectors::egress::Credentials;
use caregraph_connectors::reach::Reach;
use caregraph_connectors::record::Section;
use toml::{Table, Value};
use url::Url;

use super::check::Check;
use super::guard::RawGuard;
use super::raw::{self, RawConnector};
use super::whose::Whose;
use super::words;
use super::{ConnectorConfig, Mistake};
use crate::access::{Label, LabelSet};
use crate::gather::{SourceId, Windows};

impl Check<'_> {
    pub(super) fn connectors(
        &mut self,
        table: &Table,
        windows: Option<&BTreeMap<Section, Windows>>,
    ) -> Vec<ConnectorConfig> {
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
            let Some(connector) = self.connector(&path, block, windows) else { continue };
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

    pub(super) fn connector(
        &mut self,
        path: &str,
        block: &Table,
        windows: Option<&BTreeMap<Section, Windows>>,
    ) -> Option<ConnectorConfig> {
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
        let id = self.id(path, raw.id);
        let name = self.required(path, "name", raw.name);
        if raw.category.is_none() && !self.has(&format!("{path}.category")) {
            self.wrong(format!("{path}.category"), "is missing; write one of PRIMARY_CARE, SPECIALIST, PHARMACY, COMMUNITY, HOSPITAL or BEHAVIORAL_HEALTH");
        }
        let base_url = self
            .required(path, "base_url", raw.base_url)
            .and_then(|url| self.url(&format!("{path}.base_url"), &url));
        let labels = self.labels(&format!("{path}.labels"), raw.labels.unwrap_or_default());
        let auth = format!("{path}.auth");
        let credentials = self.credentials(&auth, raw.auth, base_url.as_ref());
        let tls = self.tls(path, raw.tls, base_url.as_ref());
        let place = credentials.as_ref().and_then(Credentials::place);
        let reach = base_url.as_ref().and_then(|url| self.reach(path, url, place.as_ref()));
        let timeout = self.milliseconds(&format!("{path}.timeout_ms"), raw.timeout_ms, 1_500, 10);
        let keeping = self.keeping(path, raw.cache, windows);
        let events = self.events(path, raw.events);
        let guard = RawGuard {
            max_concurrent: raw.max_concurrent,
            retries: raw.retries,
            hedge: raw.hedge,
            longest_rest_ms: raw.longest_rest_ms,
        };
        let guard = self.guard(path, &guard, !labels.is_empty());
        let known_settings: Table =
            settings.into_iter().filter(|(key, _)| known.contains(key)).collect();
        self.marks(path, &known_settings);
        for mistake in kind.iter().flat_map(|kind| (kind.check)(&known_settings)) {
            self.of_kind(path, &mistake);
        }
        Some(ConnectorConfig {
            id: SourceId::new(id?),
            name: name?,
            category: raw.category?,
            organization: raw.organization,
            kind: kind?.name.to_owned(),
            base_url: base_url?,
            labels,
            credentials: credentials?,
            tls,
            reach: reach?,
            timeout,
            keeping,
            guard,
            events,
            settings: known_settings,
        })
    }

    /// What is wrong with the settings of its kind.
    fn of_kind(&mut self, path: &str, mistake: &caregraph_connectors::Mistake) {
        let at = if mistake.path.is_empty() {
            path.to_owned()
        } else {
            format!("{path}.{}", mistake.path)
        };
        self.wrong(at, Mistake::words(mistake));
    }

    fn id(&mut self, path: &str, id: Option<String>) -> Option<String> {
        let id = self.required(path, "id", id);
        if id.as_deref().is_some_and(|id| !is_id(id)) {
            self.wrong(
                format!("{path}.id"),
                "must be made of lower-case letters, digits and hyphens, at most 64",
            );
        }
        id
    }

    fn labels(&mut self, path: &str, names: Vec<String>) -> LabelSet {
        let mut labels = LabelSet::default();
        for name in names {
            if let Some(label) = Label::named(&name) {
                labels = labels.with(label);
            } else {
                let known = words::known(&name, Label::ALL.iter().map(|label| label.name()));
                self.wrong(path, format!("there is no label {name:?}; {known}"));
            }
        }
        labels
    }

    fn kind(&mut self, path: &str, name: Option<&str>) -> Option<caregraph_connectors::Kind> {
        let names: Vec<&str> = self.kinds.kinds().iter().map(|kind| kind.name).collect();
        let Some(name) = name else {
            if !self.has(&format!("{path}.kind")) {
                self.wrong(
                    format!("{path}.kind"),
                    format!("is missing; write one of {}", names.join(", ")),
                );
            }
            return None;
        };
        let kind = self.kinds.kind(name).copied();
        if kind.is_none() {
            self.wrong(
                format!("{path}.kind"),
                format!(
                    "there is no kind {name:?}; known are {}; mapped-http is for any API of your own",
                    names.join(", ")
                ),
            );
        }
        kind
    }

    /// Where a source may lead us. Nothing is looked up here: that is judged at each connection.
    fn reach(&mut self, path: &str, base: &Url, tokens: Option<&Url>) -> Option<Reach> {
        let Whose { origin, egress, .. } = &self.whose;
        let mut reach = Reach::of(*origin, egress.clone(), base);
        let judged = reach.check(base);
        judged.map_err(|what| self.wrong(format!("{path}.base_url"), what.to_string())).ok()?;
        if let Some(tokens) = tokens {
            reach = reach.and(tokens);
            let judged = reach.check(tokens);
            let path = format!("{path}.auth.token_url");
            judged.map_err(|what| self.wrong(path, what.to_string())).ok()?;
        }
        Some(reach)
    }

    fn url(&mut self, path: &str, text: &str) -> Option<Url> {
        let url = self.whose.origin.parse(text);
        let url = url.map_err(|what| self.wrong(path, what.to_string())).ok()?;
        match Some(url).filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
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
}

fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
