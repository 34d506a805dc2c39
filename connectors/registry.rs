//! The kinds of connector that ship, and how a config block becomes a connector.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::connector::Connector;
use crate::egress::{Credentials, Egress};
use crate::mistake::Mistake;
use crate::{fhir, hsds, mapped, remote};

/// Why a connector could not be built from its configuration. One sentence, safe to print.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A kind-specific setting is wrong.
    #[error("{0}")]
    Settings(String),
    /// Several are, each at its place.
    #[error("{}", told(.0))]
    Mistakes(Vec<Mistake>),
    /// The outbound client could not be made.
    #[error("the outbound HTTP client could not be made: {0}")]
    Egress(String),
}

fn told(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// All that the outside gives to a connector that is being built.
#[derive(Clone, Debug)]
pub struct Io {
    /// Where the source is.
    pub base_url: Url,
    /// How we show who we are.
    pub credentials: Credentials,
    /// The longest that one ask may take.
    pub timeout: Duration,
    /// The outbound client of this connector: it leads no further than the connector may go, and has connections of its own.
    pub egress: Egress,
}

/// One kind of connector: the name that is written in a config block, and how to build it.
#[derive(Clone, Copy)]
pub struct Kind {
    /// As written in `kind = "…"`.
    pub name: &'static str,
    /// What it is, in half a sentence.
    pub about: &'static str,
    /// The settings that only this kind has, with their defaults; a test parses it.
    pub example: &'static str,
    /// The names of those settings, for messages about unknown ones.
    pub settings: &'static [&'static str],
    /// What is wrong with those settings, as far as can be told without building anything.
    pub check: fn(&toml::Table) -> Vec<Mistake>,
    /// Builds a connector from those settings.
    pub build: fn(toml::Table, Io) -> Result<Arc<dyn Connector>, BuildError>,
}

/// The kinds that a gateway knows.
#[derive(Clone)]
pub struct Registry(Vec<Kind>);

/// Every kind that ships, in alphabetical order. The next one is a folder and a line here.
pub fn builtin() -> Registry {
    Registry(vec![fhir::KIND, hsds::KIND, mapped::KIND, remote::KIND])
}

impl Registry {
    /// Adds a kind that does not ship.
    #[must_use]
    pub fn with(mut self, kind: Kind) -> Self {
        self.0.push(kind);
        self
    }

    /// The kind of that name.
    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.0.iter().find(|kind| kind.name == name)
    }

    /// All kinds, in the order in which they were added.
    pub fn kinds(&self) -> &[Kind] {
        &self.0
    }
}
