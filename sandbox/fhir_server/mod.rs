//! A FHIR R4 server over the charts of one site: read, search and a capability statement, and subscriptions to what changes.

mod bundle;
mod cache;
mod capability;
mod comparison;
mod outcome;
mod page;
mod parameters;
mod search;
mod served;
mod subscriptions;

use std::sync::{Arc, OnceLock};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};

use serde_json::Value;
use tokio::sync::watch;

use crate::{
    change::{Change, ChangeError, Changed},
    chart::{self, staff},
    fault::Fault,
    front::{self, Quirk},
    ids::STAFF,
    person::Person,
    population::Population,
    query,
    resource_type::ResourceType,
    site::Site,
};
use cache::ChartCache;
use outcome::Refusal;
use page::{Page, PageTokens};
use parameters::Parameters;
use search::Search;
use served::Served;
pub use subscriptions::SubscriptionError;
use subscriptions::Subscriptions;

pub(crate) const MEDIA_TYPE: &str = "application/fhir+json";

/// One site's server.
pub(crate) struct FhirServer {
    site: Site,
    population: Arc<Population>,
    base: String,
    charts: ChartCache,
    staff: Arc<Served>,
    pages: PageTokens,
    patients: OnceLock<u64>,
    subscriptions: Subscriptions,
}

/// The names that may follow the base address, for counting.
pub(crate) fn names(site: Site) -> Vec<&'static str> {
    ResourceType::ALL
        .into_iter()
        .filter(|kind| kind.offered_by(site))
        .map(ResourceType::as_str)
        .collect()
}

impl FhirServer {
    pub(crate) fn new(
        site: Site,
        population: Arc<Population>,
        base: String,
        fault: watch::Receiver<Fault>,
    ) -> Self {
        let staff = Arc::new(Served::new(staff::write(population.ids(), site), &base));
        let pages = PageTokens::new(site.id());
        let subscriptions = Subscriptions::new(&base, fault);
        Self {
            site,
            population,
            base,
            charts: ChartCache::default(),
            staff,
            pages,
            patients: OnceLock::new(),
            subscriptions,
        }
    }

    pub(crate) fn router(self: Arc<Self>) -> Router {
        Router::new().fallback(handle).with_state(self)
    }

    pub(crate) fn site(&self) -> Site {
        self.site
    }

    /// Changes the records, and tells whoever has subscribed to that.
    pub(crate) fn change(&self, change: &Change) -> Result<Changed, ChangeError> {
        let made = self.population.change(self.site, change, &self.base)?;
        let changed = made.changed.clone();
        self.subscriptions.tell(made);
        Ok(changed)
    }

    /// Keeps a subscription from now on, and tells its id.
    pub(crate) fn subscribe(&self, resource: &Value) -> Result<String, SubscriptionError> {
        self.subscriptions.add(resource)
    }

    /// Ends all subscriptions.
    pub(crate) fn end_subscriptions(&self) {
        self.subscriptions.end();
    }

    async fn respond(&self, request: Request) -> Result<Response, Refusal> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().strip_prefix(self.site.profile().path).unwrap_or_default();
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let quirk = parts.extensions.get::<Quirk>().copied();
        let query = parts.uri.query().unwrap_or_default();
        match (&parts.method, segments.as_slice()) {
            (&Method::GET, ["metadata"]) => Ok(self.metadata()),
            (&Method::POST, ["Subscription"]) => self.new_subscription(body).await,
            (&Method::GET, ["Subscription", id]) => self.subscription(id),
            (&Method::DELETE, ["Subscription", id]) => self.no_subscription(id),
            (&Method::GET, [name]) => {
                let answer = self.search(name, query, &parts.headers, quirk)?;
                Ok(unless_known(answer, &parts.headers))
            }
            (&Method::POST, [name, "_search"]) => {
                let form = to_bytes(body, 64 << 10).await.map_err(|_| Refusal::Body)?;
                let form = std::str::from_utf8(&form).map_err(|_| Refusal::Body)?;
                self.search(name, &format!("{query}&{form}"), &parts.headers, quirk)
            }
            (&Method::GET, [name, id]) => {
                Ok(unless_known(self.read(name, id, quirk)?, &parts.headers))
            }
            (&Method::GET | &Method::POST, _) => Err(Refusal::Missing(path.to_owned())),
            _ => Err(Refusal::Method),
        }
    }

    fn metadata(&self) -> Response {
        let statement = capability::statement(self.site, &self.base);
        front::answer(StatusCode::OK, MEDIA_TYPE, Bytes::from(statement.to_string()))
    }

    fn search(
        &self,
        name: &str,
        query: &str,
        headers: &HeaderMap,
        quirk: Option<Quirk>,
    ) -> Result<Response, Refusal> {
        let kind = self.offered(name)?;
        let pairs = query::pairs(query);
        let parameters = Parameters::read(kind, &pairs, &self.base, &self.pages)?;
        let strict = headers.get_all("prefer").iter().any(|value| {
            value.to_str().is_ok_and(|value| {
                value.split([',', ';']).any(|part| part.trim() == "handling=strict")
            })
        });
        match parameters.ignored.first() {
            Some(name) if strict => Err(Refusal::Parameter(name.clone())),
            _ => Search { server: self, parameters, pairs: &pairs, quirk }.answer(),
        }
    }

    fn read(&self, name: &str, id: &str, quirk: Option<Quirk>) -> Result<Response, Refusal> {
        let kind = self.offered(name)?;
        let missing = || Refusal::Missing(format!("{name}/{id}"));
        let person = self.resource_owner(kind, id).ok_or_else(missing)?;
        let wrong = quirk == Some(Quirk::WrongPatient);
        let chart = self.chart(person, wrong).ok_or_else(missing)?;
        if !wrong && self.population.has_removed(self.site, person, id) {
            return Err(Refusal::Gone(format!("{name}/{id}")));
        }
        let found = if wrong { chart.of(kind).first() } else { chart.find(kind, id) };
        let resource = found.ok_or_else(missing)?;
        let mut answer = front::answer(StatusCode::OK, MEDIA_TYPE, chart.body(resource));
        if let Ok(tag) = HeaderValue::from_str(&format!("W/\"{}\"", resource.version)) {
            answer.headers_mut().insert(header::ETAG, tag);
        }
        Ok(answer)
    }

    async fn new_subscription(&self, body: Body) -> Result<Response, Refusal> {
        let body = to_bytes(body, 64 << 10).await.map_err(|_| Refusal::Body)?;
        let resource: Value = serde_json::from_slice(&body).map_err(|_| Refusal::Body)?;
        let id = self.subscribe(&resource).map_err(Refusal::Subscription)?;
        let mut answer = self.subscription(&id)?;
        *answer.status_mut() = StatusCode::CREATED;
        let place = HeaderValue::from_str(&format!("{}/Subscription/{id}", self.base));
        answer.headers_mut().extend(place.ok().map(|place| (header::LOCATION, place)));
        Ok(answer)
    }

    fn subscription(&self, id: &str) -> Result<Response, Refusal> {
        let shown = self.subscriptions.show(id);
        let shown = shown.ok_or_else(|| Refusal::Missing(format!("Subscription/{id}")))?;
        Ok(front::answer(StatusCode::OK, MEDIA_TYPE, Bytes::from(shown.to_string())))
    }

    fn no_subscription(&self, id: &str) -> Result<Response, Refusal> {
        let removed = self.subscriptions.remove(id).then(|| StatusCode::NO_CONTENT.into_response());
        removed.ok_or_else(|| Refusal::Missing(format!("Subscription/{id}")))
    }

    fn offered(&self, name: &str) -> Result<ResourceType, Refusal> {
        let kind = ResourceType::from_name(name).filter(|kind| kind.offered_by(self.site));
        kind.ok_or_else(|| Refusal::Type(name.to_owned()))
    }

    fn base(&self) -> &str {
        &self.base
    }

    fn page_token(&self, page: Page) -> String {
        self.pages.write(page)
    }

    /// The number of the person whom this system knows by an id.
    pub(crate) fn patient_number(&self, id: &str) -> Option<u64> {
        self.population.ids().patient_owner(self.site, id)
    }

    fn owner(&self, system: Option<&str>, value: &str) -> Option<u64> {
        self.population.owner(self.site, system, value)
    }

    fn resource_owner(&self, kind: ResourceType, id: &str) -> Option<u64> {
        match kind {
            ResourceType::Patient => self.patient_number(id),
            _ => self.population.ids().resource_owner(self.site, id),
        }
    }

    /// The chart of a person whom the site knows, or of its staff; or, when it mixes people up, of somebody else.
    fn chart(&self, person: u64, wrong: bool) -> Option<Arc<Served>> {
        if person == STAFF {
            return Some(Arc::clone(&self.staff));
        }
        let person = if wrong { self.somebody_else(person)? } else { person };
        let steps = self.population.steps(self.site, person);
        self.charts.get((person, steps.len()), || {
            let person = self.population.known(self.site, person)?;
            let chart = self.population.chart_after(self.site, &person, &self.base, &steps);
            Some(Served::new(chart, &self.base))
        })
    }

    fn somebody_else(&self, person: u64) -> Option<u64> {
        let others = (person + 1..self.population.size()).chain(0..person);
        others.take(1000).find(|other| self.population.known(self.site, *other).is_some())
    }

    /// The people whom the site knows, from some number on.
    fn people(&self, from: u64) -> impl Iterator<Item = Person> {
        (from..self.population.size()).filter_map(|number| self.population.known(self.site, number))
    }

    /// When a patient's own resource last changed, in Unix seconds.
    fn patient_updated(&self, person: &Person) -> i64 {
        chart::patient_updated(person, self.site).unix_timestamp()
    }

    /// A chart of nothing but the patient's own resource.
    fn patient(&self, person: &Person) -> Served {
        let draft = self.population.patient(self.site, person, &self.base);
        Served::new(draft.into_iter().collect(), &self.base)
    }

    /// How many patients the site has; counted once.
    fn patient_count(&self) -> u64 {
        *self.patients.get_or_init(|| self.people(0).count() as u64)
    }
}

/// Nothing but the tag for whoever has the answer already.
fn unless_known(answer: Response, headers: &HeaderMap) -> Response {
    let Some(tag) = answer.headers().get(header::ETAG).cloned() else { return answer };
    if headers.get(header::IF_NONE_MATCH) != Some(&tag) {
        return answer;
    }
    let mut known = StatusCode::NOT_MODIFIED.into_response();
    known.headers_mut().insert(header::ETAG, tag);
    known
}

async fn handle(State(server): State<Arc<FhirServer>>, request: Request) -> Response {
    server.respond(request).await.unwrap_or_else(Refusal::into_response)
}
