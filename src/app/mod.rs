//! The composition root: the only folder that names every layer.

mod error;
mod settings;
mod sources;
mod stores;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use caregraph_connectors::Registry;
use caregraph_connectors::egress::Egress;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::access::{PolicyFile, PolicyNews, RevocationFile};
use crate::audit::{AuditLog, Body, Event, Outcome};
use crate::config::Config;
use crate::gather::{Cache, Fleet, SharedTier, SourceId};
use crate::graphql::{Access, Admission, Cursors, Engine, Limits, Rates, TrustedDocuments};
use crate::http::{self, Authenticator, Front, Gate, GraphiqlConfig, Health, Refusals, Streams};
use crate::identity::{Pace, PersonIndex, RosterKeeper};
use crate::ledger::Ledger;
use crate::metrics::Metrics;
use crate::store::Store;
use crate::telemetry::trace::Tracer;
use crate::view::Merged;

use settings::{gate_settings, give, labelling, rate_limits, stream_limits, tracer};
use sources::{events, fleet, inbox, keep_directory};
use stores::{index, open_audit, open_store, shared_cache, systems};

pub use error::StartError;
pub(crate) use stores::{sqlite_file, store_key};

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
        let events = events(&mut config.connectors);
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
        let gate = Arc::new(Gate::new(gate_settings(config.overload)));
        let metrics = Metrics {
            fleet: fleet.clone(),
            inbox: inbox.clone(),
            engine: engine.clone(),
            gate: gate.clone(),
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
