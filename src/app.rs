//! The composition root: the only file that names every layer.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::num::NonZero;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use caregraph_connectors::egress::Egress;
use caregraph_connectors::{BuildError, Connector, Io, Message, Problem, Registry};
use futures_util::FutureExt as _;
use secrecy::ExposeSecret;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::access::{
    CodeRules, Policy, PolicyFile, PolicyFileError, PolicyNews, RevocationError, RevocationFile,
};
use crate::audit::{AuditError, AuditLog, Body, Event, HeadFile, Outcome};
use crate::config::{
    AuditConfig, Config, ConnectorConfig, LimitsConfig, OverloadConfig, SharedCacheConfig,
    StreamsConfig, TracesConfig,
};
use crate::events::{Events, Inbox};
use crate::gather::{Cache, Fleet, Guard, RosterGauge, SharedTier, Source, SourceId};
use crate::graphql::{
    Access, Admission, ClassError, Cursors, DocumentsError, Engine, Limits, RateLimits, Rates,
    TrustedDocuments,
};
use crate::http::{
    self, Authenticator, Front, Gate, GateSettings, GraphiqlConfig, Health, Refusals, StreamLimits,
    Streams,
};
use crate::identity::{IndexError, Pace, PersonIndex, RosterKeeper, StoreError, StoreKey};
use crate::ledger::{Ledger, LedgerError};
use crate::metrics::{self, Metrics, MetricsError};
use crate::shared_cache::{ServerError, SharedCache, SharedCacheSetup};
use crate::store::{AuditTables, KeyFileError, Store, load_or_create_key};
use crate::telemetry::trace::{TraceSetup, Tracer};
use crate::view::{Labelling, Merged};

/// How many requests one processor can have under way, in whatever state it is.
const REQUESTS_OF_A_PROCESSOR: usize = 16;

/// Why the gateway could not be started. One sentence each.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A connector's settings are wrong.
    #[error("connector {id}: {cause}")]
    Connector {
        /// Which one.
        id: String,
        /// What is wrong.
        cause: BuildError,
    },
    /// The store could not be opened.
    #[error("the store at {url} could not be opened: {cause}")]
    Store {
        /// Where, without a password.
        url: String,
        /// Why.
        cause: StoreError,
    },
    /// The store's key could not be had.
    #[error("the store's key could not be had: {0}")]
    KeyFile(#[from] KeyFileError),
    /// The store's key is no key.
    #[error("store.key must hold 64 hexadecimal digits (32 bytes)")]
    Key,
    /// The cache that all nodes share cannot be set up.
    #[error(transparent)]
    SharedCache(#[from] ServerError),
    /// The index of persons could not be opened.
    #[error("the index of patients could not be opened: {0}")]
    Index(#[from] IndexError),
    /// The ledger could not be opened.
    #[error("the ledger of consents and relations could not be opened: {0}")]
    Ledger(#[from] LedgerError),
    /// The audit log could not be opened.
    #[error("the audit log at {url} could not be opened: {cause}")]
    Audit {
        /// Where, without a password.
        url: String,
        /// Why.
        cause: AuditError,
    },
    /// There is no policy.
    #[error(transparent)]
    Policy(#[from] PolicyFileError),
    /// The list of revoked tokens is none.
    #[error(transparent)]
    Revoked(#[from] RevocationError),
    /// There are no trusted documents.
    #[error(transparent)]
    Documents(#[from] DocumentsError),
    /// Metrics cannot be given.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// A field of the schema has no class.
    #[error(transparent)]
    Classes(#[from] ClassError),
}

/// The gateway, put together.
pub struct App {
    /// Its routes.
    pub routes: Router,
    /// How it is.
    pub health: Arc<Health>,
    /// Who is who.
    pub index: PersonIndex,
    /// The sources.
    pub fleet: Fleet,
    /// What runs requests.
    pub engine: Engine,
    /// Who is let in when more ask than can be answered.
    pub gate: Arc<Gate>,
    /// Where metrics are given.
    pub metrics: Option<SocketAddr>,
    tracer: Option<Tracer>,
    store: Store,
    audit: AuditLog,
    audit_writer: JoinHandle<()>,
    background: Vec<JoinHandle<()>>,
    /// Rung when the roster of a source may have changed.
    news: HashMap<SourceId, Arc<Notify>>,
}

impl App {
    /// Puts the gateway together. No source is asked for anything: one that is down is found out later.
    pub async fn build(
        mut config: Config,
        kinds: &Registry,
        graphiql: GraphiqlConfig,
    ) -> Result<Self, StartError> {
        let egress = Egress::new()
            .map_err(|cause| StartError::Connector { id: "(all)".to_owned(), cause })?;
        let access = config.access;
        let policy = PolicyFile::open(access.policy, access.approvers, access.enforced)?;
        let policy = Arc::new(policy);
        let revoked = Arc::new(RevocationFile::open(config.revoked)?);
        let documents = config.documents;
        let live_reads = config.cache.live_reads;
        let documents = Arc::new(TrustedDocuments::open(documents.manifest, documents.required)?);
        let rates = Rates::new(rate_limits(config.limits));
        let labelling = labelling(&config.connectors);
        let key = store_key(&config.store, config.store_key.as_ref())?;
        let systems = systems(&config.connectors);
        let shared_cache = config.shared_cache.map(|cache| shared_cache(cache, &key, systems));
        let shared_cache = shared_cache.transpose()?;
        let shared_tier = shared_cache.clone().map(|it| it as Arc<dyn SharedTier>);
        let cache = Cache::new(config.cache.memory, shared_tier);
        let events = take_events(&mut config.connectors);
        let fleet = fleet(config.connectors, kinds, &egress, cache.clone())?;
        let (inbox, news) = inbox(events, &fleet)?;
        let store = open_store(&config.store).await?;
        let index = index(&store, &fleet, &key).await?;
        let ledger = Ledger::new(Arc::new(store.clone()), &key)?;
        let keep_ledger = ledger.keep();
        let (audit, audit_writer) = open_audit(&config.audit, &key, &policy.current()).await?;
        let access = Access {
            policy: policy.clone(),
            labelling,
            ledger,
            audit: audit.clone(),
            merged: Merged::new(config.cache.merged),
            cursors: Cursors::new(&key),
        };
        let admission = Admission {
            limits: Limits::default(),
            documents: documents.clone(),
            rates,
            live_reads,
            waterfall: config.telemetry.waterfall,
        };
        let engine = Engine::new(fleet.clone(), index.clone(), access, admission, config.deadline)?;
        let streams = Streams::new(stream_limits(config.streams));
        let health = Arc::new(Health::new(index.clone(), streams.clone()));
        let authenticator =
            Authenticator::new(config.issuers, &egress, policy.clone(), revoked.clone());
        let (authenticator, refusals) = (Arc::new(authenticator), Arc::<Refusals>::default());
        let tracer = config.telemetry.traces.map(|traces| tracer(traces, egress.clone()));
        let mut background = vec![
            tokio::spawn(keep_policy(policy.clone(), audit.clone())),
            tokio::spawn(revoked.clone().keep()),
            tokio::spawn(documents.clone().keep()),
            tokio::spawn(cache.follow()),
            tokio::spawn(keep_ledger),
            tokio::spawn(inbox.clone().keep()),
        ];
        let metrics = Metrics {
            fleet: fleet.clone(),
            inbox: inbox.clone(),
            engine: engine.clone(),
            index: index.clone(),
            store: store.clone(),
            shared_cache,
            authenticator: authenticator.clone(),
            refusals: refusals.clone(),
            health: health.clone(),
            policy,
            revoked,
            documents,
            tracer: tracer.clone(),
        };
        let given = give(metrics, config.telemetry.metrics, &mut background).await?;
        let gate = Arc::new(Gate::new(gate_settings(config.overload)));
        let front = Front {
            gate: gate.clone(),
            engine: engine.clone(),
            authenticator,
            health: health.clone(),
            streams,
            graphiql: Arc::new(graphiql),
            refusals,
            inbox,
            tracer: tracer.clone(),
        };
        Ok(Self {
            routes: http::router(front),
            health,
            index,
            fleet,
            engine,
            gate,
            metrics: given,
            tracer,
            store,
            background,
            audit,
            audit_writer,
            news,
        })
    }

    /// Starts reading rosters and directories.
    pub fn start(&mut self) {
        for source in self.fleet.all() {
            if source.connector.has_roster() {
                let connector = source.connector.clone();
                let keeper = RosterKeeper::new(
                    self.index.clone(),
                    source.id.clone(),
                    connector,
                    Pace::default(),
                );
                let news = self.news.entry(source.id.clone()).or_default().clone();
                self.background.push(keeper.woken_by(news).spawn());
            }
            if source.connector.directory().is_some() {
                self.background.push(tokio::spawn(keep_directory(source.clone())));
            }
        }
    }

    /// Stops what runs in the background and closes the store.
    pub async fn stop(self) {
        for task in &self.background {
            task.abort();
        }
        for task in self.background {
            // An aborted task ends with an error that says so.
            let _ = task.await;
        }
        if let Some(tracer) = self.tracer {
            tracer.close().await;
        }
        self.audit.close(self.audit_writer).await;
        self.store.close().await;
    }
}

async fn open_store(url: &str) -> Result<Store, StartError> {
    let opened = Store::open(url).await;
    opened.map_err(|cause| StartError::Store { url: without_password(url), cause })
}

fn rate_limits(config: LimitsConfig) -> RateLimits {
    let LimitsConfig { requests_per_minute, patients_per_hour } = config;
    RateLimits { requests_per_minute, patients_per_hour }
}

/// Begins to give metrics, if anybody wants them; says where.
async fn give(
    metrics: Metrics,
    address: Option<SocketAddr>,
    background: &mut Vec<JoinHandle<()>>,
) -> Result<Option<SocketAddr>, StartError> {
    let Some(address) = address else { return Ok(None) };
    let (address, serving) = metrics::listen(address, metrics).await?;
    background.push(serving);
    Ok(Some(address))
}

/// Begins to take spans to their collector.
fn tracer(config: TracesConfig, egress: Egress) -> Tracer {
    let TracesConfig { collector, credentials, share } = config;
    Tracer::start(TraceSetup { collector, credentials, share }, egress)
}

/// Opens the index of persons over the sources that list theirs.
async fn index(store: &Store, fleet: &Fleet, key: &StoreKey) -> Result<PersonIndex, StartError> {
    let listed = fleet.with_patients().filter(|source| source.connector.has_roster());
    let sources = listed.map(|source| source.id.clone()).collect();
    let index = PersonIndex::new(Arc::new(store.clone()), sources, key).await?;
    for source in fleet.with_patients() {
        source.roster.connect(index.clone());
    }
    Ok(index)
}

fn labelling(sources: &[ConnectorConfig]) -> Labelling {
    let floors = sources.iter().map(|source| (source.id.clone(), source.labels)).collect();
    Labelling::new(CodeRules::built_in(), floors)
}

/// How many requests may be under way. However little there is to do, as many as that keep every processor busy while
/// most of them wait for sources; and never more than there are files that may be open.
fn gate_settings(config: OverloadConfig) -> GateSettings {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    GateSettings {
        least: processors * REQUESTS_OF_A_PROCESSOR,
        most: config.most_concurrent.min(http::most_requests()),
        batch_clients: config.batch_clients,
    }
}

fn stream_limits(config: StreamsConfig) -> StreamLimits {
    StreamLimits {
        connections: config.connections,
        connections_per_viewer: config.connections_per_viewer,
        operations: config.operations_per_socket,
        message_bytes: config.message_bytes,
        origins: config.origins,
    }
}

/// Sets up the cache that all nodes share. It connects in the background.
fn shared_cache(
    config: SharedCacheConfig,
    key: &StoreKey,
    sources: HashMap<SourceId, String>,
) -> Result<Arc<SharedCache>, StartError> {
    let own = config.keys.iter().map(|key| hexadecimal(key.expose_secret()).map(StoreKey::new));
    let keys = own.collect::<Option<_>>().ok_or(StartError::Key)?;
    let setup = SharedCacheSetup { urls: config.urls, store_key: key, keys, sources };
    Ok(Arc::new(SharedCache::start(setup)?))
}

/// What each source is besides its id. When this changes, what was kept of it before is of another system.
fn systems(connectors: &[ConnectorConfig]) -> HashMap<SourceId, String> {
    let system = |it: &ConnectorConfig| format!("{} {} {:?}", it.kind, it.base_url, it.settings);
    connectors.iter().map(|it| (it.id.clone(), system(it))).collect()
}

/// Opens the audit log and begins a chain.
async fn open_audit(
    config: &AuditConfig,
    key: &StoreKey,
    policy: &Policy,
) -> Result<(AuditLog, JoinHandle<()>), StartError> {
    let failed = |cause| StartError::Audit { url: without_password(&config.url), cause };
    let tables = AuditTables::open(&config.url).await.map_err(|error| failed(error.into()))?;
    let head = config.head.clone().map(HeadFile::new);
    let start = Body {
        policy: policy.version().to_owned(),
        approvers: policy.approvers().to_vec(),
        ..Body::of(Event::Start, Outcome::Done)
    };
    AuditLog::open(Arc::new(tables), key, head, start).await.map_err(failed)
}

/// Follows the policy's file; that another one takes effect is written down before it does, and that one is put there
/// without the approvals that it needs, as well.
async fn keep_policy(policy: Arc<PolicyFile>, audit: AuditLog) {
    let tell = |news: PolicyNews<'_>| {
        let (outcome, version, before, approvers) = match news {
            PolicyNews::Changes { from, to } => {
                (Outcome::Done, to.version(), from.version(), to.approvers())
            }
            PolicyNews::Unapproved { stays, refused, approvers } => {
                (Outcome::Denied, refused, stays.version(), approvers)
            }
        };
        audit.note(Body {
            policy: version.to_owned(),
            policy_before: before.to_owned(),
            approvers: approvers.to_vec(),
            ..Body::of(Event::PolicyChanged, outcome)
        });
    };
    policy.keep(tell).await;
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

/// Which sources may send messages, and how.
fn take_events(connectors: &mut [ConnectorConfig]) -> Vec<(SourceId, Events)> {
    let of = |it: &mut ConnectorConfig| Some((it.id.clone(), it.events.take()?));
    connectors.iter_mut().filter_map(of).collect()
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
    let io = Io {
        base_url: config.base_url.clone(),
        credentials: config.credentials.clone(),
        timeout: config.timeout,
        egress: egress.clone(),
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

/// The configured key, or the one beside the SQLite file.
pub(crate) fn store_key(
    url: &str,
    key: Option<&secrecy::SecretString>,
) -> Result<StoreKey, StartError> {
    match (key, sqlite_file(url)) {
        (Some(key), _) => {
            Ok(StoreKey::new(hexadecimal(key.expose_secret()).ok_or(StartError::Key)?))
        }
        (None, Some(file)) => Ok(load_or_create_key(&file.with_extension("key"))?),
        (None, None) => Err(StartError::Key),
    }
}

/// The file of a store in SQLite.
pub(crate) fn sqlite_file(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite://")?.split('?').next()?;
    Some(Path::new(path).to_owned())
}

fn hexadecimal(text: &str) -> Option<[u8; 32]> {
    let text = text.trim();
    let mut key = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (place, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(place * 2..place * 2 + 2)?, 16).ok()?;
    }
    Some(key)
}

fn without_password(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut parsed) if parsed.password().is_some() => {
            let _ = parsed.set_password(Some("…"));
            parsed.into()
        }
        _ => url.to_owned(),
    }
}

const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Reads a directory again and again; after a failure sooner, but ever more patiently.
async fn keep_directory(source: Arc<Source>) {
    let Some(directory) = source.connector.directory() else { return };
    let mut pause = SHORTEST_PAUSE;
    loop {
        let refreshed = AssertUnwindSafe(directory.refresh()).catch_unwind().await;
        match refreshed.unwrap_or(Err(Problem::Garbled)) {
            Ok(()) => {
                tracing::info!(source.id = %source.id, services = directory.catalogue().services().len(), "the directory was read");
                pause = SHORTEST_PAUSE;
                tokio::time::sleep(directory.refresh_every()).await;
            }
            Err(problem) => {
                tracing::warn!(source.id = %source.id, %problem, "the directory could not be read; the old copy stays");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}
