//! A directory as one vendor's product gives it: HSDS 3.0 by its name, and in its own way wherever that leaves room.
//!
//! Numbers are texts and ids are numbers, lists that are empty are null, one telephone stands alone, places and languages
//! are plain names here and objects there, terms are flat or nested, there is no total, each page names a next one, and
//! the one after the last has no body at all.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{Method, StatusCode},
    response::Response,
};
use serde_json::{Value, json};
use time::Date;

use super::{
    MEDIA_TYPE,
    offers::{OFFERS, ORGANIZATIONS, Offer},
    refuse,
};
use crate::{
    day,
    dice::Dice,
    front::{self, Quirk},
    person::places,
    query,
};

const PATH: &str = "/api/hsds/v3";
const SERVICES: u64 = 58;
const SIZE: usize = 25;

/// The vendor's server.
pub(crate) struct VendorServer {
    base: String,
    services: Vec<Value>,
}

impl VendorServer {
    /// `base` is the address under which it serves.
    pub(crate) fn new(base: String, today: Date) -> Self {
        let services = (0..SERVICES).map(|place| service(place, today)).collect();
        Self { base, services }
    }

    /// The names that may follow the base address, for counting.
    pub(crate) fn names() -> Vec<&'static str> {
        vec!["services"]
    }

    pub(crate) fn router(self) -> Router {
        Router::new().fallback(handle).with_state(Arc::new(self))
    }

    fn respond(&self, request: &Request) -> Response {
        if request.method() != Method::GET {
            return refuse(StatusCode::METHOD_NOT_ALLOWED, "read only");
        }
        let path = request.uri().path().strip_prefix(PATH).unwrap_or_default();
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let pairs = query::pairs(request.uri().query().unwrap_or_default());
        match segments.as_slice() {
            ["services"] => self.list(&pairs, request.extensions().get::<Quirk>().copied()),
            ["services", id] => {
                match self.services.iter().find(|it| it["id"].as_u64() == id.parse().ok()) {
                    Some(service) => answer(&json!({ "data": service })),
                    None => refuse(StatusCode::NOT_FOUND, "no such service"),
                }
            }
            _ => refuse(StatusCode::NOT_FOUND, "no such resource"),
        }
    }

    /// A page after some service. It knows nothing of `page`, of `modified_after` and of whether more follows.
    fn list(&self, pairs: &[(String, String)], quirk: Option<Quirk>) -> Response {
        let after = query::first(pairs, "after").map(|after| after.parse().unwrap_or_default());
        let start = match self.services.iter().position(|it| it["id"].as_u64() == after) {
            Some(_) if quirk == Some(Quirk::EndlessPaging) => 0,
            Some(place) => place + 1,
            None => 0,
        };
        let size = query::first(pairs, "per_page").and_then(|size| size.parse().ok());
        let size = size.unwrap_or(SIZE).clamp(1, SIZE);
        let shown: Vec<&Value> = self.services.iter().skip(start).take(size).collect();
        let Some(last) = shown.last() else {
            return front::answer(StatusCode::OK, MEDIA_TYPE, Bytes::new());
        };
        let next = format!("{}/services?per_page={size}&after={}", self.base, last["id"]);
        answer(&json!({ "data": shown, "links": { "next": next }, "api": "lantern 3.0.4" }))
    }
}

fn service(place: u64, today: Date) -> Value {
    let dice = Dice::new(&[2027]).fork("lantern").fork_at(place);
    let mut thrown = dice.fork("service");
    let at = |number: u64| usize::try_from(number).expect("tables are short");
    let offer = &OFFERS[at(place % OFFERS.len() as u64)];
    let organization = ORGANIZATIONS[at(thrown.below(ORGANIZATIONS.len() as u64))].0;
    let changed = day::at(day::days_after(today, -thrown.between(1, 700)), 9, 30);
    let age = |age: Option<u32>| age.map(|age| age.to_string());
    let documents = match offer.documents {
        [] => Value::Null,
        documents => json!(documents),
    };
    json!({
        "id": 10_000 + place * 7,
        "name": format!("{} ({organization})", offer.name),
        "alternate_name": "",
        "status": thrown.pick(&["Active", "Active", "Active", "ACTIVE", "Seasonal", "Inactive"]),
        "description": offer.description,
        "organization": organization,
        "eligibility_description": offer.eligibility,
        "minimum_age": age(offer.ages.0),
        "maximum_age": age(offer.ages.1),
        "fees_description": offer.fees,
        "application_process": offer.application,
        "wait_time": offer.wait,
        "required_documents": documents,
        "last_modified": day::instant(changed).replace('T', " ").replace('Z', ""),
        "assured_date": null,
        "languages": thrown.pick(&[None, Some(["English", "Spanish"])]),
        "phones": phone(&mut thrown),
        "schedules": schedules(&mut thrown),
        "contacts": null,
        "attributes": null,
        "taxonomy_terms": terms(offer, &mut thrown),
        "service_at_locations": location(&mut thrown, organization),
        "popularity": format!("{:.2}", thrown.wobble().abs()),
        "x_internal": { "queue": place % 3, "flags": [] },
    })
}

/// One telephone, which stands where a list should, and whose number is one; or none.
fn phone(dice: &mut Dice) -> Value {
    let number = 5_552_000_000 + dice.below(7_999_999);
    if dice.percent(25) { Value::Null } else { json!({ "number": number, "type": "VOICE" }) }
}

fn schedules(dice: &mut Dice) -> Value {
    let days = dice.pick(&["MO,WE,FR", "TU,TH", "MO,TU,WE,TH,FR"]);
    let opens = dice.between(7, 11);
    if dice.percent(20) {
        return Value::Null;
    }
    json!([{ "freq": "weekly", "interval": "1", "byday": days, "opens_at": format!("{opens:02}:00:00"), "closes_at": "16:30:00" }])
}

/// Flat in some entries, nested in others.
fn terms(offer: &Offer, dice: &mut Dice) -> Value {
    match dice.below(3) {
        0 => json!([offer.name]),
        1 => json!([{ "code": offer.term, "name": offer.name }]),
        _ => {
            json!([{ "id": 7, "taxonomy_term": { "name": offer.name, "parent": { "name": "Needs" } } }])
        }
    }
}

/// Where it is given; some entries do not say.
fn location(dice: &mut Dice, organization: &str) -> Value {
    let address = places::Address::throw(dice);
    let (north, west) = (dice.between(42_250, 42_750), dice.between(72_250, 72_750));
    if dice.percent(20) {
        return Value::Null;
    }
    json!([{ "location": {
        "name": organization,
        "latitude": format!("{}.{:03}", north / 1000, north % 1000),
        "longitude": format!("-{}.{:03}", west / 1000, west % 1000),
        "addresses": { "address_1": address.line(), "city": address.town, "postal_code": address.zip, "address_type": "physical" },
        "accessibility": null,
    } }])
}

fn answer(told: &Value) -> Response {
    front::answer(StatusCode::OK, MEDIA_TYPE, Bytes::from(told.to_string()))
}

async fn handle(State(server): State<Arc<VendorServer>>, request: Request) -> Response {
    server.respond(&request)
}
