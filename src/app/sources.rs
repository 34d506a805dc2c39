//! The sources, as they are configured.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use caregraph_connectors::egress::Egress;
use caregraph_connectors::{BuildError, Connector, Io, Message, Problem, Registry};
use tokio::sync::Notify;

use super::StartError;
use crate::config::ConnectorConfig;
use crate::events::{Events, Inbox};
use crate::gather::{Cache, Fleet, Guard, RosterGauge, Source, SourceId};

/// The sources, and what they tell of their own accord.
pub(super) struct Upstream {
    pub(super) fleet: Fleet,
    pub(super) inbox: Inbox,
    /// Rung when the roster of a source may have changed.
    pub(super) news: HashMap<SourceId, Arc<Notify>>,
}

impl Upstream {
    pub(super) fn build(
        mut connectors: Vec<ConnectorConfig>,
        kinds: &Registry,
        egress: &Egress,
        cache: Cache,
    ) -> Result<Self, StartError> {
        let events = events(&mut connectors);
        let fleet = fleet(connectors, kinds, egress, cache)?;
        let (inbox, news) = inbox(events, &fleet)?;
        Ok(Self { fleet, inbox, news })
    }
}

fn fleet(
    connectors: Vec<ConnectorConfig>,
    kinds: &Registry,
    egress: &Egress,
    cache: Cache,
) -> Result<Fleet, StartError> {
    let sources: Result<Vec<Source>, StartError> =
        connectors.into_iter().map(|connector| source(connector, kinds, egress)).collect();
    Ok(Fleet::new(sources?, cache))
}

/// What the sources say of themselves that may tell what has changed.
fn events(sources: &mut [ConnectorConfig]) -> Vec<(SourceId, Events)> {
    let told = sources.iter_mut().map(|source| Some((source.id.clone(), source.events.take()?)));
    told.flatten().collect()
}

/// Where messages of these sources come in, and by what each tells that its roster may have changed.
fn inbox(
    events: Vec<(SourceId, Events)>,
    fleet: &Fleet,
) -> Result<(Inbox, HashMap<SourceId, Arc<Notify>>), StartError> {
    let (mut senders, mut news) = (Vec::new(), HashMap::new());
    for (id, events) in events {
        let Some(source) = fleet.get(&id) else { continue };
        if source.connector.notice(&Message { path: "", body: b"" }).is_none() {
            let cause = "its kind has no notifications; remove [connector.events]".to_owned();
            let (id, cause) = (id.to_string(), BuildError::Settings(cause));
            return Err(StartError::Connector { id, cause });
        }
        let bell: Arc<Notify> = Arc::default();
        senders.push((source.clone(), events, bell.clone()));
        news.insert(id, bell);
    }
    Ok((Inbox::new(senders, fleet.cache()), news))
}

fn source(
    config: ConnectorConfig,
    kinds: &Registry,
    egress: &Egress,
) -> Result<Source, StartError> {
    let failed = |cause| StartError::Connector { id: config.id.to_string(), cause };
    let unknown = || failed(BuildError::Settings(format!("there is no kind {:?}", config.kind)));
    let kind = kinds.kind(&config.kind).ok_or_else(unknown)?;
    let own = egress.within(config.reach.clone());
    let io = Io {
        base_url: config.base_url.clone(),
        credentials: config.credentials.clone(),
        timeout: config.timeout,
        egress: config.tls.as_ref().map_or_else(|| own.clone(), |tls| own.meeting(tls)),
    };
    let connector: Arc<dyn Connector> =
        (kind.build)(config.settings.clone(), io).map_err(failed)?;
    Ok(Source {
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
    })
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
