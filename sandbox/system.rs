//! One simulated system: what it is, where it listens, how it behaves.

use std::{io, sync::Arc};

use axum::Router;
use tokio::sync::watch;

use crate::{
    fault::Fault,
    fhir_server::{self, FhirServer},
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
        let (router, names, media_type) = interface(profile, population, &base_url);
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
        Ok(Self { profile, base_url, front, serving })
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

    /// What it was asked so far.
    pub fn requests(&self) -> Requests {
        self.front.requests.snapshot()
    }
}

impl System {
    /// Closes the port and breaks what is still connected.
    pub(crate) async fn close(&mut self) {
        self.set_fault(Fault::Dead);
        self.serving.close().await;
    }
}

/// The router of a system, the names that may follow its base address, and its media type.
fn interface(
    profile: &'static Profile,
    population: &Arc<Population>,
    base_url: &str,
) -> (Router, Vec<&'static str>, &'static str) {
    match profile.site() {
        Some(site) => {
            let server = FhirServer::new(site, Arc::clone(population), base_url.to_owned());
            (server.router(), fhir_server::names(site), fhir_server::MEDIA_TYPE)
        }
        None => (
            HsdsServer::new(population.today()).router(),
            hsds_server::names(),
            hsds_server::MEDIA_TYPE,
        ),
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
