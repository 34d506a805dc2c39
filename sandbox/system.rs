//! One simulated system: what it is, where it listens, how it behaves.

use std::{io, sync::Arc};

use axum::Router;
use serde_json::Value;
use tokio::sync::watch;

use crate::{
    change::{Change, ChangeError, Changed},
    fault::Fault,
    fhir_server::{self, FhirServer, SubscriptionError},
    front::{self, Front},
    hsds_server::{self, HsdsServer},
    listener::{FaultyListener, Serving, serve},
    population::Population,
    requests::{RequestCounters, Requests},
    site::{Category, Kind, Profile},
};

/// A running system.
pub struct System {
    profile: &'static Profile,
    base_url: String,
    front: Arc<Front>,
    serving: Serving,
    records: Records,
}

/// The records of a system, by which they are changed.
#[derive(Clone)]
pub(crate) struct Records {
    pub(crate) id: &'static str,
    /// The directory keeps none.
    server: Option<Arc<FhirServer>>,
}

impl System {
    pub(crate) async fn start(
        profile: &'static Profile,
        port: u16,
        fault: Fault,
        population: &Arc<Population>,
    ) -> io::Result<Self> {
        let (fault, faults) = watch::channel(fault);
        let listener = FaultyListener::bind(port, faults).await?;
        let base_url = front::base_url(listener.address(), profile.path);
        let server = profile.site().map(|site| {
            let (population, base_url) = (Arc::clone(population), base_url.clone());
            Arc::new(FhirServer::new(site, population, base_url, fault.subscribe()))
        });
        let records = Records { id: profile.id, server };
        let (router, names, media_type) = interface(&records, population);
        let requests = RequestCounters::default();
        let front = Arc::new(Front {
            fault,
            requests,
            path: profile.path,
            media_type,
            names,
            luck: front::luck(profile.id),
        });
        let serving = serve(listener, front::behind(Arc::clone(&front), router));
        Ok(Self { profile, base_url, front, serving, records })
    }

    /// The id that configuration and truth use.
    pub fn id(&self) -> &'static str {
        self.profile.id
    }

    /// The name that people use.
    pub fn name(&self) -> &'static str {
        self.profile.name
    }

    /// What sort of place it belongs to.
    pub fn category(&self) -> Category {
        self.profile.category
    }

    /// The dialect that it speaks.
    pub fn kind(&self) -> Kind {
        self.profile.kind
    }

    /// Who runs it.
    pub fn organization(&self) -> &'static str {
        self.profile.organization
    }

    /// Where its interface begins; no slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Makes it misbehave from now on, open connections included; [`Fault::None`] heals it.
    pub fn set_fault(&self, fault: Fault) {
        self.front.fault.send_replace(fault);
    }

    /// How it misbehaves at present.
    pub fn fault(&self) -> Fault {
        *self.front.fault.borrow()
    }

    /// Changes its records, and tells whoever has subscribed to that.
    pub fn change(&self, change: &Change) -> Result<Changed, ChangeError> {
        self.records.change(change)
    }

    /// Keeps a FHIR `Subscription` from now on, as if it had been sent to its interface; tells its id.
    pub fn subscribe(&self, resource: &Value) -> Result<String, SubscriptionError> {
        let server = self.records.server.as_ref().ok_or(SubscriptionError::NoRecords)?;
        server.subscribe(resource)
    }

    /// What it was asked so far.
    pub fn requests(&self) -> Requests {
        self.front.requests.snapshot()
    }
}

impl System {
    pub(crate) fn records(&self) -> Records {
        self.records.clone()
    }

    /// Closes the port and breaks what is still connected.
    pub(crate) async fn close(&mut self) {
        self.set_fault(Fault::Dead);
        if let Some(server) = &self.records.server {
            server.end_subscriptions();
        }
        self.serving.close().await;
    }
}

/// The router of a system, the names that may follow its base address, and its media type.
fn interface(
    records: &Records,
    population: &Population,
) -> (Router, Vec<&'static str>, &'static str) {
    match &records.server {
        Some(server) => {
            let names = fhir_server::names(server.site());
            (Arc::clone(server).router(), names, fhir_server::MEDIA_TYPE)
        }
        None => (
            HsdsServer::new(population.today()).router(),
            hsds_server::names(),
            hsds_server::MEDIA_TYPE,
        ),
    }
}

impl Records {
    pub(crate) fn change(&self, change: &Change) -> Result<Changed, ChangeError> {
        self.server.as_ref().ok_or(ChangeError::NoRecords)?.change(change)
    }

    /// The number of the person whom the system knows by an id.
    pub(crate) fn patient(&self, id: &str) -> Option<u64> {
        self.server.as_ref()?.patient_number(id)
    }
}

impl std::fmt::Debug for System {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("System")
            .field("id", &self.id())
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}
