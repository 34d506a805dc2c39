//! The gateway in numbers, for Prometheus.
//!
//! Owns names, labels and the listener; counts nothing itself but reads what each part counts. A label is the id of a
//! source, the URL of an issuer or a word of the program, so that how many series there are follows from the configuration
//! alone. Must never hold anything of a request, a viewer or a patient.

mod events;
mod exposition;
mod gate;
mod gateway;
mod index;
mod listener;
mod process;
mod shadows;
mod sources;

use std::sync::Arc;
use std::time::Duration;

use caregraph_connectors::egress::Egress;
use tokio::time::timeout;

use crate::access::{PolicyFile, RevocationFile};
use crate::events::{Inbox, Lines};
use crate::gather::Fleet;
use crate::graphql::{Engine, TrustedDocuments};
use crate::http::{Authenticator, Gate, Health, Refusals};
use crate::identity::PersonIndex;
use crate::shared_cache::SharedCache;
use crate::store::Store;
use crate::telemetry::trace::Tracer;
use exposition::Exposition;

pub use listener::MetricsError;
pub(crate) use listener::listen;

/// How long the store may take to show that it is there.
const PATIENCE: Duration = Duration::from_millis(500);

/// All that is read to tell how the gateway does. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Metrics {
    /// The sources that are in force.
    pub(crate) fleet: Fleet,
    pub(crate) egress: Egress,
    pub(crate) inbox: Inbox,
    pub(crate) lines: Lines,
    pub(crate) engine: Engine,
    pub(crate) gate: Arc<Gate>,
    pub(crate) index: PersonIndex,
    pub(crate) store: Store,
    pub(crate) shared_cache: Option<Arc<SharedCache>>,
    pub(crate) authenticator: Arc<Authenticator>,
    pub(crate) refusals: Arc<Refusals>,
    pub(crate) health: Arc<Health>,
    pub(crate) policy: Arc<PolicyFile>,
    pub(crate) revoked: Arc<RevocationFile>,
    pub(crate) documents: Arc<TrustedDocuments>,
    pub(crate) tracer: Option<Tracer>,
}

impl Metrics {
    /// How the gateway does now, as Prometheus reads it.
    pub(crate) async fn text(&self) -> String {
        let now = Self { fleet: self.engine.fleet(), ..self.clone() };
        now.told().await
    }

    async fn told(&self) -> String {
        let is_store_up = timeout(PATIENCE, self.store.is_up()).await.unwrap_or(false);
        let mut text = Exposition::default();
        self.gateway(&mut text);
        self.gate(&mut text);
        self.access(&mut text);
        self.audit(&mut text);
        self.dependencies(&mut text, is_store_up);
        self.traces(&mut text);
        self.sources(&mut text);
        self.copies(&mut text);
        self.shadows(&mut text);
        self.events(&mut text);
        self.index(&mut text);
        process::write(&mut text);
        text.into_text()
    }
}
