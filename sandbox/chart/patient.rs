//! The person as one system has registered them.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::{Chart, site_dice};
use crate::{
    day,
    person::{Person, identity, places},
    resource_type::ResourceType,
    site::Site,
};

const IDENTIFIER_TYPE: &str = "http://terminology.hl7.org/CodeSystem/v2-0203";

pub(super) fn write(chart: &mut Chart<'_>) {
    let (person, registration) = (chart.person, chart.registration);
    let mut dice = chart.dice("patient");
    let (family, given) = registration.name(person);
    let mut body = json!({
        "active": true,
        "identifier": identifiers(chart),
        "name": [{ "use": "official", "family": family, "given": given }],
        "gender": person.sex.as_str(),
        "birthDate": day::date(person.birth),
    });
    let telecom = telecom(chart);
    if !telecom.is_empty() {
        body["telecom"] = json!(telecom);
    }
    if let Some((address, line)) = registration.address(person) {
        body["address"] = json!([{
            "use": "home", "line": [line], "city": address.town, "state": places::STATE, "postalCode": address.zip, "country": "US",
        }]);
    }
    if dice.percent(60) {
        body["communication"] = language(person);
    }
    if person.deceased && dice.percent(70) {
        body["deceasedDateTime"] = json!(day::date(person.horizon));
    }
    if chart.site == Site::Lakeside {
        body["maritalStatus"] = marital_status(person);
    }
    chart.file_support(ResourceType::Patient, registered(person, chart.site), body);
}

/// When the front desk last asked for everything.
pub(super) fn registered(person: &Person, site: Site) -> OffsetDateTime {
    let mut dice = site_dice(person, site).fork("registered");
    day::at(day::days_after(person.horizon, -dice.between(2, 400)), 14, 0)
}

fn identifiers(chart: &Chart<'_>) -> Vec<Value> {
    let (person, identities) = (chart.person, &chart.ids.identities);
    let record = identities.record(chart.site, person.number);
    let own =
        identifier("MR", "Medical record number", identity::record_system(chart.site), &record);
    let shared = chart.registration.numbers().map(|shared| {
        let (code, name) = shared.kind();
        identifier(code, name, shared.system(), &identities.shared(shared, person.number))
    });
    std::iter::once(own).chain(shared).collect()
}

fn identifier(code: &str, name: &str, system: &str, value: &str) -> Value {
    let kind = json!({ "coding": [{ "system": IDENTIFIER_TYPE, "code": code, "display": name }], "text": name });
    json!({ "use": if code == "MR" { "usual" } else { "official" }, "type": kind, "system": system, "value": value })
}

fn telecom(chart: &Chart<'_>) -> Vec<Value> {
    let phone = chart.registration.phone(chart.person, &chart.ids.identities);
    let email = chart.registration.email(chart.person);
    let phone = phone.map(|value| json!({ "system": "phone", "value": value, "use": "home" }));
    let email = email.map(|value| json!({ "system": "email", "value": value }));
    phone.into_iter().chain(email).collect()
}

fn language(person: &Person) -> Value {
    let mut dice = person.dice.fork("language");
    let (code, name) = match dice.below(20) {
        0..3 => ("es", "Spanish"),
        3 => ("pt", "Portuguese"),
        4 => ("vi", "Vietnamese"),
        _ => ("en", "English"),
    };
    let mut spoken = Map::new();
    let coding = json!({ "system": "urn:ietf:bcp:47", "code": code, "display": name });
    spoken.insert("language".to_owned(), json!({ "coding": [coding], "text": name }));
    spoken.insert("preferred".to_owned(), json!(true));
    json!([spoken])
}

fn marital_status(person: &Person) -> Value {
    let mut dice = person.dice.fork("marital");
    let (code, name) = match person.age() {
        ..20 => ("S", "Never Married"),
        _ => dice.pick(&[
            ("M", "Married"),
            ("M", "Married"),
            ("S", "Never Married"),
            ("D", "Divorced"),
            ("W", "Widowed"),
        ]),
    };
    let system = "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus";
    json!({ "coding": [{ "system": system, "code": code, "display": name }], "text": name })
}
