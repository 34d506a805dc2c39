//! A configuration as a person would write it, before the systems of a sandbox.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use caregraph::access::Policy;
use caregraph_sandbox::Sandbox;

/// What differs from test to test.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// Where the gateway listens.
    pub(crate) listen: String,
    /// How long a request may take in all.
    pub(crate) deadline_ms: u64,
    /// How long one source may take.
    pub(crate) timeout_ms: u64,
    /// The systems that are configured; all when empty.
    pub(crate) systems: Vec<&'static str>,
    /// Another issuer than the sandbox's.
    pub(crate) issuer: Option<String>,
    /// More settings of `[auth]`.
    pub(crate) auth: String,
    /// The policy.
    pub(crate) policy: String,
    /// Whether labels hide anything.
    pub(crate) labels: &'static str,
    /// Whether somebody needs a relation to a patient.
    pub(crate) relationship: &'static str,
    /// More settings of one system.
    pub(crate) of_system: BTreeMap<&'static str, &'static str>,
    /// What is kept of sources' answers. Nothing, unless a test is about that: all others look at sources as they are.
    pub(crate) cache: &'static str,
    /// Other kinds of systems.
    pub(crate) kinds: BTreeMap<&'static str, &'static str>,
    /// The settings of another store than a file of the gateway's own.
    pub(crate) store: Option<String>,
    /// The Redis that nodes share, as it stands in a configuration.
    pub(crate) redis: Option<String>,
    /// Other addresses of systems.
    pub(crate) base_urls: BTreeMap<&'static str, String>,
    /// More configuration.
    pub(crate) extra: String,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:0".to_owned(),
            deadline_ms: 20_000,
            timeout_ms: 15_000,
            systems: Vec::new(),
            issuer: None,
            auth: String::new(),
            policy: Policy::DEFAULT.to_owned(),
            labels: "not-enforced",
            relationship: "not-required",
            of_system: BTreeMap::new(),
            cache: "enabled = false",
            kinds: BTreeMap::new(),
            store: None,
            redis: None,
            base_urls: BTreeMap::new(),
            extra: String::new(),
        }
    }
}

impl Shape {
    /// The configuration's text.
    pub(crate) fn text(&self, sandbox: &Sandbox, home: &Path) -> String {
        std::fs::write(home.join("policy.toml"), &self.policy).expect("the policy can be written");
        let issuer = self.issuer.as_deref().unwrap_or(sandbox.issuer().url());
        let own = || format!("url = \"sqlite://{}\"", home.join("caregraph.db").display());
        let redis =
            self.redis.as_ref().map_or_else(String::new, |redis| format!("redis = {redis}"));
        let mut text = format!(
            "[server]\nlisten = \"{}\"\ndeadline_ms = {}\n\n[store]\n{}\n\n\
             [auth]\nissuer = \"{issuer}\"\naudience = \"caregraph\"\n{}\n[access]\nrelationship = {:?}\n\
             labels = {:?}\npolicy = {:?}\n\n[cache]\n{}\n{redis}\n",
            self.listen,
            self.deadline_ms,
            self.store.clone().unwrap_or_else(own),
            self.auth,
            self.relationship,
            self.labels,
            home.join("policy.toml").display().to_string(),
            self.cache,
        );
        let wanted = |id: &str| self.systems.is_empty() || self.systems.contains(&id);
        for system in sandbox.systems().iter().filter(|system| wanted(system.id())) {
            let _ = write!(
                text,
                "\n[[connector]]\nid = {:?}\nname = {:?}\norganization = {:?}\ncategory = \"{}\"\nkind = \"{}\"\n\
                 base_url = {:?}\ntimeout_ms = {}\n",
                system.id(),
                system.name(),
                system.organization(),
                system.category(),
                self.kinds.get(system.id()).map_or(system.kind().to_string(), ToString::to_string),
                self.base_urls.get(system.id()).map_or(system.base_url(), String::as_str),
                self.timeout_ms,
            );
            text += self.of_system.get(system.id()).copied().unwrap_or_default();
        }
        text + &self.extra
    }
}
