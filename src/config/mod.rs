//! The configuration: [`raw`] as people write it, [`Config`] as code uses it, and between them a check that reports
//! every mistake at once.

mod access;
mod admission;
mod audit;
mod cache;
mod check;
mod connectors;
mod credentials;
mod egress;
mod events;
mod guard;
mod issuers;
mod manifest;
mod marks;
mod raw;
mod secret;
mod shared_cache;
mod streams;
mod telemetry;
mod whose;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use caregraph_connectors::egress::{ClientTls, Credentials};
use caregraph_connectors::locate::{Locator, Place};
use caregraph_connectors::reach::{EgressPolicy, Reach};
use caregraph_connectors::record::Section;
use secrecy::SecretString;
use url::Url;

use crate::access::token::Profile;
use crate::access::{Approvers, Enforced, LabelSet, Role};
use crate::events::Events;
use crate::gather::{Category, Keeping, Knobs, SourceId, Windows};

pub use check::load;
pub use manifest::{Partners, given_settings, load_manifest, load_registered, manifest_schema};
pub use raw::schema;
pub use secret::read as secret;
pub use streams::StreamsConfig;
pub use telemetry::{TelemetryConfig, TracesConfig};

/// A checked configuration.
#[derive(Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// How long a request may take in all.
    pub deadline: Duration,
    /// Where our own memory is: `sqlite://…` or `postgres://…`.
    pub store: String,
    /// The store's key; when there is none, one is kept beside the SQLite file.
    pub store_key: Option<SecretString>,
    /// Where it is written who saw what.
    pub audit: AuditConfig,
    /// What is kept of sources' answers.
    pub cache: CacheConfig,
    /// The cache that all nodes share.
    pub shared_cache: Option<SharedCacheConfig>,
    /// The OpenID issuers whose tokens are taken; at least one.
    pub issuers: Vec<Profile>,
    /// The file that names revoked tokens.
    pub revoked: Option<PathBuf>,
    /// Who may see what.
    pub access: AccessConfig,
    /// Which documents are taken.
    pub documents: DocumentsConfig,
    /// How much one viewer may ask.
    pub limits: LimitsConfig,
    /// What happens when more is asked than can be answered.
    pub overload: OverloadConfig,
    /// What operators get to see.
    pub telemetry: TelemetryConfig,
    /// How many streams there may be.
    pub streams: StreamsConfig,
    /// Where the gateway may connect to.
    pub egress: Arc<EgressPolicy>,
    /// The sources.
    pub connectors: Vec<ConnectorConfig>,
}

/// Where it is written who saw what.
#[derive(Debug)]
pub struct AuditConfig {
    /// `sqlite://…` or `postgres://…`.
    pub url: String,
    /// The file that says how far the log had come; none in PostgreSQL unless one is named.
    pub head: Option<PathBuf>,
}

/// What is kept of sources' answers; for how long, each source says.
#[derive(Debug)]
pub struct CacheConfig {
    /// How many bytes it may take.
    pub memory: u64,
    /// How many bytes what was merged of them may take.
    pub merged: u64,
    /// The roles that may have sources asked anew.
    pub live_reads: BTreeSet<Role>,
    /// For how long copies may be shown, where it is not as usual; none when nothing is kept.
    pub windows: Option<BTreeMap<Section, Windows>>,
}

/// The cache that all nodes share.
#[derive(Debug)]
pub struct SharedCacheConfig {
    /// Where Redis is; several URLs are a cluster.
    pub urls: Vec<SecretString>,
    /// The keys that open what is kept there, in hexadecimal digits; the first one also seals.
    pub keys: Vec<SecretString>,
}

/// Which documents are taken.
#[derive(Debug)]
pub struct DocumentsConfig {
    /// The file of trusted documents.
    pub manifest: Option<PathBuf>,
    /// Whether no other document is taken.
    pub required: bool,
}

/// How much one viewer may ask; 0 is no limit.
#[derive(Clone, Copy, Debug)]
pub struct LimitsConfig {
    /// Requests in a minute.
    pub requests_per_minute: u32,
    /// Distinct patients in an hour.
    pub patients_per_hour: u32,
}

/// What happens when more is asked than can be answered.
#[derive(Debug)]
pub struct OverloadConfig {
    /// How many requests are under way at once, at most.
    pub most_concurrent: usize,
    /// How many bytes of memory the process may take, if that is said.
    pub most_memory: Option<u64>,
    /// The clients whose requests may wait until there is nothing else to do.
    pub batch_clients: BTreeSet<String>,
    /// How long requests are still taken after we were told to stop.
    pub notice: Duration,
}

/// Who may see what.
#[derive(Debug)]
pub struct AccessConfig {
    /// The policy file; when there is none, the policy that caregraph brings along.
    pub policy: Option<PathBuf>,
    /// Whose approval it needs.
    pub approvers: Approvers,
    /// Which parts of it are enforced.
    pub enforced: Enforced,
}

/// One source's configuration.
#[derive(Debug)]
pub struct ConnectorConfig {
    /// Its id.
    pub id: SourceId,
    /// Its name, as people know it.
    pub name: String,
    /// What kind of care it belongs to.
    pub category: Category,
    /// The organisation that runs it.
    pub organization: Option<String>,
    /// The dialect that it speaks.
    pub kind: String,
    /// Where it is.
    pub base_url: Url,
    /// The labels that all its records bear.
    pub labels: LabelSet,
    /// How we show who we are.
    pub credentials: Credentials,
    /// How it is met by TLS; as any other when nothing stands here.
    pub tls: Option<ClientTls>,
    /// Where it may be led.
    pub reach: Reach,
    /// The longest that one answer is waited for.
    pub timeout: Duration,
    /// For how long what it says may be kept.
    pub keeping: Keeping,
    /// How it is treated when it is slow, fails or has much to do.
    pub guard: Knobs,
    /// How it may send messages; nothing when it may not.
    pub events: Option<Events>,
    /// What only its kind knows.
    pub settings: toml::Table,
}

/// Everything that is wrong with a configuration.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Mistake>);

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The path of the setting, e.g. `connector[2].base_url`.
    pub path: String,
    /// What is wrong and what to do.
    pub what: String,
}

impl Mistake {
    /// What is wrong and what to do, in one sentence.
    fn words(mistake: &caregraph_connectors::Mistake) -> String {
        let path = String::new();
        caregraph_connectors::Mistake { path, ..mistake.clone() }.to_string()
    }
}

impl Mistakes {
    /// The same with the line and the column of each, in the order of the text, as compilers write them.
    pub fn located(&self, text: &str, file: &str) -> String {
        let locator = Locator::of(text);
        let mut all: Vec<(Option<Place>, &Mistake)> =
            self.0.iter().map(|mistake| (locator.place(&mistake.path), mistake)).collect();
        all.sort_by_key(|(place, _)| *place);
        let told = |(place, mistake): (Option<Place>, &Mistake)| match place {
            Some(place) => format!("{file}:{place}: {}: {}", mistake.path, mistake.what),
            None if mistake.path.is_empty() => format!("{file}: {}", mistake.what),
            None => format!("{file}: {}: {}", mistake.path, mistake.what),
        };
        all.into_iter().map(told).collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, mistake) in self.0.iter().enumerate() {
            let line = if place == 0 { "" } else { "\n" };
            write!(f, "{line}{}: {}", mistake.path, mistake.what)?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}
