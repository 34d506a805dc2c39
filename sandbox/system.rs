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
    hsds_server::{self, HsdsServer, VendorServer},
    listener::{FaultyListener, Serving, serve},
    partners::{Authority, Credential, FoodBank, Pharmacy, food_bank, pharmacy},
    population::Population,
    requests::{RequestCounters, Requests},
    site::{Category, Kind, Profile, Serves, Site},
};

/// A running system.
pub struct System {
    profile: &'static Profile,
    base_url: String,
    front: Arc<Front>,
    serving: Serving,
    records: Records,
    credential: Option<Credential>,
}

/// The records of a system, by which they are changed.
#[derive(Clone)]
pub(crate) struct Records {
    pub(crate) id: &'static str,
    /// Directories keep none, and the pharmacy among the partners none that can be changed.
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
        let interface = Interface::new(profile, &base_url, population, &fault);
        let Interface { router, names, media_type, server, credential } = interface;
        let records = Records { id: profile.id, server };
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
        Ok(Self { profile, base_url, front, serving, records, credential })
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

    /// What whoever asks it must show; nothing when anybody may ask.
    pub fn credential(&self) -> Option<&Credential> {
        self.credential.as_ref()
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

/// What a system serves, and what it needs for that.
struct Interface {
    router: Router,
    /// The names that may follow its base address.
    names: Vec<&'static str>,
    media_type: &'static str,
    server: Option<Arc<FhirServer>>,
    credential: Option<Credential>,
}

impl Interface {
    fn new(
        profile: &Profile,
        base_url: &str,
        population: &Arc<Population>,
        fault: &watch::Sender<Fault>,
    ) -> Self {
        let today = population.today();
        match profile.serves {
            Serves::Charts(site) => {
                let (population, base) = (Arc::clone(population), base_url.to_owned());
                let server = FhirServer::new(site, population, base, fault.subscribe());
                Self::of_charts(Arc::new(server), base_url)
            }
            Serves::Directory => Self {
                media_type: hsds_server::MEDIA_TYPE,
                ..Self::open(HsdsServer::new(today).router(), hsds_server::names())
            },
            Serves::VendorDirectory => {
                let router = VendorServer::new(base_url.to_owned(), today).router();
                Self {
                    media_type: hsds_server::MEDIA_TYPE,
                    ..Self::open(router, VendorServer::names())
                }
            }
            Serves::Table => Self {
                media_type: food_bank::MEDIA_TYPE,
                ..Self::open(FoodBank::new(today).router(), FoodBank::names())
            },
            Serves::PharmacyFile => {
                let pharmacy = Pharmacy::new(Arc::clone(population));
                let credential = Some(pharmacy.credential());
                Self { credential, ..Self::open(pharmacy.router(), pharmacy::names()) }
            }
        }
    }

    /// One whom anybody may ask, in JSON.
    fn open(router: Router, names: Vec<&'static str>) -> Self {
        let media_type = "application/json";
        Self { router, names, media_type, server: None, credential: None }
    }

    /// The clinic among the partners answers only who has a token.
    fn of_charts(server: Arc<FhirServer>, base_url: &str) -> Self {
        let (site, router) = (server.site(), Arc::clone(&server).router());
        let path = site.profile().path;
        let (router, credential) = match site {
            Site::Clearview => {
                let origin = base_url.strip_suffix(path).unwrap_or(base_url);
                let authority = Arc::new(Authority::new(origin, path));
                (authority.before(router), Some(authority.credential()))
            }
            Site::Lakeside | Site::Northgate | Site::Stmary | Site::Harbor | Site::Cornerstone => {
                (router, None)
            }
        };
        let (names, server) = (fhir_server::names(site), Some(server));
        Self { router, names, media_type: fhir_server::MEDIA_TYPE, server, credential }
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
