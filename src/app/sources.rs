//! The sources, as they are configured.

use std::sync::Arc;
use std::time::Duration;

use caregraph_connectors::conformance::Subject;
use caregraph_connectors::egress::{ClientTls, Egress, Keys};
use caregraph_connectors::{BuildError, Connector, Io, Message, Problem, Registry};
use tokio::sync::Notify;

use super::StartError;
use super::suspended::Suspended;
use super::yard::Built;
use crate::config::ConnectorConfig;
use crate::events::{Events, Inbox};
use crate::gather::{Cache, Guard, RosterGauge, Silence, Source, SourceId, System};

/// The sources of the configuration, and what they tell of their own accord.
pub(super) struct Upstream {
    pub(super) all: Vec<Built>,
    pub(super) inbox: Inbox,
}

impl Upstream {
    pub(super) fn build(
        connectors: Vec<ConnectorConfig>,
        kinds: &Registry,
        egress: &Egress,
        cache: &Cache,
    ) -> Result<Self, StartError> {
        let (mut all, mut senders) = (Vec::new(), Vec::new());
        for mut connector in connectors {
            let (id, events) = (connector.id.to_string(), connector.events.take());
            let failed = |cause| StartError::Connector { id: id.clone(), cause };
            let built = built(connector, kinds, egress).map_err(failed)?;
            if let Some(events) = events {
                senders.push(sender(&built, events).map_err(failed)?);
            }
            all.push(built);
        }
        Ok(Self { all, inbox: Inbox::new(senders, cache) })
    }
}

/// A source, as it is configured.
pub(super) fn built(
    config: ConnectorConfig,
    kinds: &Registry,
    egress: &Egress,
) -> Result<Built, BuildError> {
    let labels = config.labels;
    let source = Arc::new(source(config, kinds, egress)?.0);
    Ok(Built { source, labels, news: Arc::default(), is_read: true })
}

/// A source, as it is registered: in use, or suspended. What it proves itself with can be replaced while it runs.
pub(super) fn registered(
    config: ConnectorConfig,
    kinds: &Registry,
    egress: &Egress,
    (version, is_suspended): (u32, bool),
) -> Result<(Built, Keys), BuildError> {
    let labels = config.labels;
    let (mut source, keys) = source(config, kinds, egress)?;
    (source.version, source.is_registered, source.is_suspended) = (version, true, is_suspended);
    if is_suspended {
        source.system = System::of("suspended");
        source.connector = Arc::new(Suspended::new(&*source.connector));
    }
    let (source, is_read) = (Arc::new(source), !is_suspended);
    Ok((Built { source, labels, news: Arc::default(), is_read }, keys))
}

/// A version of a registered source that is asked in the shadow of the one in use. Logs and traces call it by a name of its own,
/// and it is never asked twice at once.
pub(super) fn in_shadow(
    mut config: ConnectorConfig,
    kinds: &Registry,
    egress: &Egress,
    version: u32,
) -> Result<(Source, Keys), BuildError> {
    config.id = SourceId::new(format!("{}@{version}", config.id));
    config.guard.hedge = false;
    let (mut source, keys) = source(config, kinds, egress)?;
    (source.version, source.is_registered) = (version, true);
    Ok((source, keys))
}

/// Who may send messages, and what is rung when one tells that the roster may have changed.
fn sender(built: &Built, events: Events) -> Result<(Arc<Source>, Events, Arc<Notify>), BuildError> {
    if built.source.connector.notice(&Message { path: "", body: b"" }).is_none() {
        let cause = "its kind has no notifications; remove [connector.events]";
        return Err(BuildError::Settings(cause.to_owned()));
    }
    Ok((built.source.clone(), events, built.news.clone()))
}

fn source(
    config: ConnectorConfig,
    kinds: &Registry,
    egress: &Egress,
) -> Result<(Source, Keys), BuildError> {
    let Subject { kind, settings, io, .. } = subject(&config, kinds, egress)?;
    let keys = Keys::new(&io.credentials, &io.egress);
    let io = Io { credentials: keys.credentials(), ..io };
    let connector: Arc<dyn Connector> = (kind.build)(settings, io)?;
    let source = Source {
        system: system(&config),
        version: 1,
        is_registered: false,
        is_suspended: false,
        id: config.id,
        name: config.name,
        category: config.category,
        organization: config.organization,
        kind: kind.name,
        timeout: config.timeout,
        keeping: config.keeping,
        connector,
        guard: Guard::new(config.guard),
        roster: RosterGauge::default(),
        copies: crate::gather::cache::Figures::default(),
        silence: Silence::default(),
        hearing: crate::gather::Hearing::default(),
        shadow: crate::gather::ShadowSlot::default(),
    };
    Ok((source, keys))
}

/// What is tried of a source, before anybody relies on it.
pub(super) fn subject(
    config: &ConnectorConfig,
    kinds: &Registry,
    egress: &Egress,
) -> Result<Subject, BuildError> {
    let unknown = || BuildError::Settings(format!("there is no kind {:?}", config.kind));
    let own = egress.within(config.reach.clone());
    let tls = config.tls.as_ref();
    let io = Io {
        base_url: config.base_url.clone(),
        credentials: config.credentials.clone(),
        timeout: config.timeout,
        egress: tls.map_or_else(|| own.clone(), |tls| own.meeting(tls)),
    };
    Ok(Subject {
        kind: *kinds.kind(&config.kind).ok_or_else(unknown)?,
        settings: config.settings.clone(),
        io,
        at_once: config.guard.max_concurrent,
        is_known_by_certificate: tls.is_some_and(ClientTls::shows_certificate),
        identifier: None,
    })
}

/// What the source is besides its id. When this changes, what was kept of it before is of another system.
fn system(it: &ConnectorConfig) -> System {
    System::of(&format!("{} {} {:?} {:?}", it.kind, it.base_url, it.labels, it.settings))
}

const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Reads a directory again and again; after a failure sooner, but ever more patiently.
pub(super) async fn keep_directory(source: Arc<Source>) {
    let Some(directory) = source.connector.directory() else { return };
    let mut pause = SHORTEST_PAUSE;
    loop {
        match source.guard.reading(directory.refresh()).await {
            Ok(()) => {
                tracing::info!(source.id = %source.id, services = directory.catalogue().services().len(), "the directory was read");
                pause = SHORTEST_PAUSE;
                tokio::time::sleep(directory.refresh_every()).await;
            }
            Err(problem) => {
                tracing::warn!(source.id = %source.id, %problem, "the directory could not be read; the old copy stays");
                tokio::time::sleep(pause.max(again_in(&problem))).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// How long the source is to be left alone, as far as it is known.
fn again_in(problem: &Problem) -> Duration {
    match problem {
        Problem::NotAsked { again_in, .. } => *again_in,
        Problem::Busy { retry_after } => retry_after.unwrap_or_default().min(LONGEST_PAUSE),
        _ => Duration::ZERO,
    }
}
