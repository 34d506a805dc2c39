//! The composition root: the only folder that names every layer.

mod books;
mod error;
mod files;
mod quarantine;
mod registrar;
mod settings;
mod sources;
mod stores;
mod suspended;
mod yard;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use caregraph_connectors::conformance::{Subject, conform};
use caregraph_connectors::egress::Egress;
use caregraph_connectors::reach::Reach;
use caregraph_connectors::record::Record;
use caregraph_connectors::{BuildError, Registry};
use secrecy::SecretString;
use tokio::task::JoinHandle;

use crate::access::{CodeRules, Label};
use crate::audit::AuditLog;
use crate::config::{Config, ConnectorConfig, Partners};
use crate::gather::{Cache, Fleet, Systems};
use crate::graphql::{Access, Admission, Cursors, Engine, Limits, Rates};
use crate::http::{self, Authenticator, Front, Gate, GraphiqlConfig, Health, Streams};
use crate::identity::PersonIndex;
use crate::metrics::Metrics;
use crate::register::Report;
use crate::store::Store;
use crate::telemetry::trace::Tracer;
use crate::view::{InForce, Labelling, Merged};

use books::Books;
use files::Files;
use registrar::Registrar;
use settings::{Room, gate_settings, give, rate_limits, stream_limits, tracer};
use sources::Upstream;
use stores::{shared_cache, shared_tier};
use yard::{Yard, in_force};

pub use error::StartError;
pub(crate) use stores::{sqlite_file, store_key};

/// Tries a connector without a gateway; `identifier`: of one of its patients, where the source lists none.
pub async fn try_out(
    config: &ConnectorConfig,
    kinds: &Registry,
    identifier: Option<SecretString>,
) -> Result<Report, BuildError> {
    Ok(conform(&Subject { identifier, ..subject(config, kinds)? }).await)
}

/// What is tried of a source without a gateway.
pub fn subject(config: &ConnectorConfig, kinds: &Registry) -> Result<Subject, BuildError> {
    sources::subject(config, kinds, &Egress::new()?)
}

/// The labels that a record of a source has in effect, by name: those of its source, and what its codes and words mean.
pub fn effective_labels(config: &ConnectorConfig, record: &Record) -> Vec<&'static str> {
    let floors = [(config.id.clone(), config.labels)].into();
    let labels = Labelling::new(CodeRules::built_in(), floors).of(&config.id, record);
    labels.iter().map(Label::name).collect()
}

/// The gateway, put together.
pub struct App {
    /// Its routes.
    pub routes: Router,
    /// How it is.
    pub health: Arc<Health>,
    /// Who is who.
    pub index: PersonIndex,
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
    yard: Arc<Yard>,
}

impl App {
    /// Puts the gateway together. No source is asked for anything: one that is down is found out later.
    pub async fn build(
        config: Config,
        kinds: &Registry,
        graphiql: GraphiqlConfig,
    ) -> Result<Self, StartError> {
        let egress = Egress::new()
            .map_err(|cause| StartError::Connector { id: "(all)".to_owned(), cause })?
            .within(Reach::of_gateway(config.egress.clone()));
        let files = Files::open(config.access, config.revoked, config.documents)?;
        let key = store_key(&config.store, config.store_key.as_ref())?;
        let systems = Arc::new(Systems::default());
        let shared_cache = shared_cache(config.shared_cache, &key, systems.clone())?;
        let room = Room::of(&config.overload, &config.cache);
        let cache = Cache::of_systems(room.copies, shared_tier(shared_cache.as_ref()), systems);
        let Upstream { all, inbox } = Upstream::build(config.connectors, kinds, &egress, &cache)?;
        let sources = in_force(&Fleet::new(Vec::new(), cache.clone()), &all);
        let fleet = sources.fleet.clone();
        let Books { store, index, ledger, register, audit, audit_writer } =
            Books::open(&config.store, &config.audit, &key, &fleet, &files.policy.current())
                .await?;
        let keep_ledger = ledger.keep();
        let sources = Arc::new(InForce::new(sources));
        let yard = Arc::new(Yard::new(all, index.clone(), sources.clone()));
        let register = Arc::new(register);
        let partners = Partners { egress: config.egress, windows: config.cache.windows };
        let registrar = Registrar::open(&register, kinds, (&egress, partners), yard.clone()).await;
        let access = Access {
            policy: files.policy.clone(),
            ledger,
            register: register.clone(),
            workshop: registrar.clone(),
            audit: audit.clone(),
            merged: Merged::new(room.merged),
            cursors: Cursors::new(&key),
        };
        let admission = Admission {
            limits: Limits::default(),
            documents: files.documents.clone(),
            rates: Rates::new(rate_limits(config.limits)),
            live_reads: config.cache.live_reads,
            waterfall: config.telemetry.waterfall,
        };
        let engine = Engine::new(sources, index.clone(), access, admission, config.deadline)?;
        let gate = Arc::new(Gate::new(gate_settings(config.overload, &room)));
        let mut background = vec![
            tokio::spawn(gate.clone().keep()),
            tokio::spawn(cache.follow()),
            tokio::spawn(keep_ledger),
            tokio::spawn(register.keep()),
            tokio::spawn(registrar.clone().keep()),
            tokio::spawn(quarantine::keep(registrar)),
            tokio::spawn(inbox.clone().keep()),
        ];
        background.extend(files.follow(&audit));
        let Files { policy, revoked, documents } = files;
        let streams = Streams::new(stream_limits(config.streams));
        let authenticator =
            Authenticator::new(config.issuers, &egress, policy.clone(), revoked.clone());
        let tracer = config.telemetry.traces.map(|traces| tracer(traces, egress.clone()));
        let front = Front {
            engine: engine.clone(),
            authenticator: Arc::new(authenticator),
            health: Arc::new(Health::new(index.clone(), streams.clone())),
            streams,
            graphiql: Arc::new(graphiql),
            refusals: Arc::default(),
            gate,
            inbox,
            tracer: tracer.clone(),
        };
        let metrics = Metrics {
            fleet,
            egress,
            inbox: front.inbox.clone(),
            lines: yard.lines().clone(),
            engine: engine.clone(),
            gate: front.gate.clone(),
            index: index.clone(),
            store: store.clone(),
            shared_cache,
            authenticator: front.authenticator.clone(),
            refusals: front.refusals.clone(),
            health: front.health.clone(),
            policy,
            revoked,
            documents,
            tracer: tracer.clone(),
        };
        Ok(Self {
            metrics: give(metrics, config.telemetry.metrics, &mut background).await?,
            health: front.health.clone(),
            gate: front.gate.clone(),
            routes: http::router(front),
            index,
            engine,
            tracer,
            store,
            background,
            audit,
            audit_writer,
            yard,
        })
    }

    /// Starts reading rosters and directories.
    pub fn start(&self) {
        self.yard.start();
    }

    /// The sources that are in force now.
    pub fn fleet(&self) -> Fleet {
        self.engine.fleet()
    }

    /// Stops what runs in the background and closes the store.
    pub async fn stop(self) {
        self.yard.stop().await;
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
