//! The directory: organisations, their services, where these are given, and the words they are filed under.

use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};
use time::{Date, OffsetDateTime};

use super::{
    offers::{OFFERS, ORGANIZATIONS, Offer, TERMS},
    parts,
};
use crate::{day, dice::Dice};

/// All objects of the directory, in the order in which they are listed.
pub(super) struct Directory {
    pub(super) services: Vec<Item>,
    pub(super) organizations: Vec<Item>,
    pub(super) service_at_locations: Vec<Item>,
    pub(super) taxonomies: Vec<Item>,
    pub(super) taxonomy_terms: Vec<Item>,
}

/// An object, in brief for lists and in full.
pub(super) struct Item {
    pub(super) id: String,
    /// When it last changed, in Unix seconds.
    pub(super) modified: i64,
    pub(super) brief: Box<RawValue>,
    pub(super) full: Box<RawValue>,
}

const SERVICES: u64 = 60;

impl Directory {
    pub(super) fn new(today: Date) -> Self {
        let organizations: Vec<Organization> =
            (0..ORGANIZATIONS.len()).map(|place| organization(place, today)).collect();
        let mut directory = Self {
            services: Vec::new(),
            organizations: organizations
                .iter()
                .map(|one| Item::new(&one.brief, &one.full, one.modified))
                .collect(),
            service_at_locations: Vec::new(),
            taxonomies: vec![Item::unchanged(&taxonomy(), today)],
            taxonomy_terms: TERMS
                .iter()
                .map(|(code, ..)| Item::unchanged(&term(code), today))
                .collect(),
        };
        for place in 0..SERVICES {
            directory.add_service(place, &organizations, today);
        }
        directory
    }

    fn add_service(&mut self, place: u64, organizations: &[Organization], today: Date) {
        let label = format!("service {place}");
        let mut dice = Dice::new(&[2026]).fork(&label);
        let offer = &OFFERS[index(place % OFFERS.len() as u64)];
        let organization = &organizations[index(dice.below(organizations.len() as u64))];
        let modified = day::at(day::days_after(today, -dice.between(1, 900)), 12, 0);
        let sparse = dice.percent(18);
        let mut brief = service(&label, offer, &organization.brief, &mut dice, sparse);
        brief["last_modified"] = json!(day::instant(modified));
        let (full, locations) =
            in_full(&label, offer, &brief, sparse, &mut dice, &organization.full);
        for mut location in locations {
            location["service"] = brief.clone();
            self.service_at_locations.push(Item::new(&location, &location, modified));
        }
        self.services.push(Item::new(&brief, &full, modified));
    }
}

impl Item {
    fn new(brief: &Value, full: &Value, modified: OffsetDateTime) -> Self {
        let written =
            |value: &Value| to_raw_value(value).expect("JSON values can be written to memory");
        Self {
            id: text(brief, "id"),
            modified: modified.unix_timestamp(),
            brief: written(brief),
            full: written(full),
        }
    }

    /// An object that stays as it was made.
    fn unchanged(value: &Value, today: Date) -> Self {
        Self::new(value, value, day::at(day::days_after(today, -1000), 0, 0))
    }
}

/// An organisation while the directory is made.
struct Organization {
    brief: Value,
    full: Value,
    modified: OffsetDateTime,
}

fn index(number: u64) -> usize {
    usize::try_from(number).expect("tables are short")
}

/// The columns of a service; a sparse one has little more than its name.
fn service(
    label: &str,
    offer: &Offer,
    organization: &Value,
    dice: &mut Dice,
    sparse: bool,
) -> Value {
    let status = match dice.below(20) {
        0 | 1 => "inactive",
        2 => "temporarily closed",
        3 => "defunct",
        _ => "active",
    };
    let name = format!("{} at {}", offer.name, text(organization, "name"));
    let mut service = json!({
        "id": parts::id(label),
        "name": name,
        "status": status,
        "description": offer.description,
        "organization": organization,
    });
    if sparse {
        return service;
    }
    describe(&mut service, offer, organization);
    service["assured_date"] = json!(format!("2026-{:02}-15", dice.between(1, 10)));
    if dice.percent(10) {
        service["alert"] = json!("Short of staff this month: expect delays.");
    }
    service
}

/// What a well-kept entry says beside the name.
fn describe(service: &mut Value, offer: &Offer, organization: &Value) {
    let site = text(organization, "website");
    service["alternate_name"] = json!(offer.name);
    service["url"] = json!(format!("{site}/{}", offer.term));
    service["email"] = organization["email"].clone();
    service["application_process"] = json!(offer.application);
    service["fees_description"] = json!(offer.fees);
    service["wait_time"] = json!(offer.wait);
    service["eligibility_description"] = json!(offer.eligibility);
    service["interpretation_services"] = json!("By telephone, in any language");
    if let (Some(from), _) = offer.ages {
        service["minimum_age"] = json!(from);
    }
    if let (_, Some(to)) = offer.ages {
        service["maximum_age"] = json!(to);
    }
}

/// The service with everything that hangs on it, and the places where it is given.
fn in_full(
    label: &str,
    offer: &Offer,
    brief: &Value,
    sparse: bool,
    dice: &mut Dice,
    organization: &Value,
) -> (Value, Vec<Value>) {
    let places = if sparse { 0 } else { dice.between(1, 3) };
    let locations: Vec<Value> =
        (0..places).map(|place| at_location(&format!("{label} {place}"), brief)).collect();
    let mut full = brief.clone();
    full["organization"] = organization.clone();
    full["attributes"] = json!([attribute(label, offer.term)]);
    if sparse {
        return (full, locations);
    }
    let (costs, documents) = parts::costs_and_documents(label, offer);
    full["phones"] = json!([parts::phone(label)]);
    full["schedules"] = json!([parts::schedule(label)]);
    full["service_areas"] = parts::service_area(label);
    full["languages"] =
        json!([parts::language(label, "English", "en"), parts::language(label, "Spanish", "es")]);
    full["cost_options"] = costs;
    full["required_documents"] = documents;
    full["contacts"] = json!([parts::contact(label)]);
    full["funding"] = json!([{ "id": parts::id(&format!("funding {label}")), "source": "County grant and donations" }]);
    full["service_at_locations"] = json!(locations);
    if dice.percent(30) {
        full["program"] = json!({
            "id": parts::id(&format!("program {label}")),
            "name": "Healthy County",
            "description": "What the county pays for together",
        });
    }
    (full, locations)
}

fn at_location(label: &str, service: &Value) -> Value {
    json!({
        "id": parts::id(&format!("service at {label}")),
        "description": service["description"],
        "contacts": [parts::contact(label)],
        "phones": [parts::phone(label)],
        "schedules": [parts::schedule(label)],
        "location": parts::location(label, &text(service, "name")),
    })
}

fn organization(place: usize, today: Date) -> Organization {
    let (name, description, year) = ORGANIZATIONS[place];
    let label = format!("organization {place}");
    let host = name.to_lowercase().replace([' ', '\''], "");
    let brief = json!({
        "id": parts::id(&label),
        "name": name,
        "description": description,
        "email": format!("hello@{host}.example"),
        "website": format!("https://{host}.example"),
        "year_incorporated": year,
        "legal_status": "Nonprofit corporation",
    });
    let mut full = brief.clone();
    full["phones"] = json!([parts::phone(&label)]);
    full["contacts"] = json!([parts::contact(&label)]);
    full["locations"] = json!([parts::location(&label, name)]);
    full["funding"] =
        json!([{ "id": parts::id(&format!("funding {label}")), "source": "Members and donors" }]);
    let modified =
        day::at(day::days_after(today, -300 - i64::try_from(place).unwrap_or_default()), 0, 0);
    Organization { brief, full, modified }
}

fn taxonomy() -> Value {
    json!({
        "id": parts::id("taxonomy"),
        "name": "River County Needs",
        "description": "The needs that the county files its services under",
        "uri": "https://rivercountycommons.example/taxonomy",
        "version": "2",
    })
}

fn term(code: &str) -> Value {
    let found = TERMS.iter().find(|(known, ..)| *known == code);
    let (name, parent) = found.map_or((code, None), |(_, name, parent)| (*name, *parent));
    let mut term = json!({
        "id": parts::id(&format!("term {code}")),
        "code": code,
        "name": name,
        "description": name,
        "taxonomy": "River County Needs",
        "taxonomy_detail": taxonomy(),
        "language": "en",
    });
    if let Some(parent) = parent {
        term["parent_id"] = json!(parts::id(&format!("term {parent}")));
    }
    term
}

fn attribute(label: &str, code: &str) -> Value {
    json!({
        "id": parts::id(&format!("attribute {label}")),
        "link_type": "category",
        "link_entity": "service",
        "taxonomy_term": term(code),
    })
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}
