//! The smaller objects of HSDS that services, organisations and locations are made of.

use serde_json::{Value, json};

use super::offers::Offer;
use crate::{dice::Dice, person::places};

/// An id that looks like everybody's, the same in every run.
pub(super) fn id(label: &str) -> String {
    let mut dice = Dice::new(&[2026]).fork(label);
    let (high, low) = (dice.throw(), dice.throw());
    let variant = 0x8000 | (low >> 48 & 0x3fff);
    format!(
        "{:08x}-{:04x}-4{:03x}-{variant:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low & 0xffff_ffff_ffff
    )
}

pub(super) fn phone(label: &str) -> Value {
    let mut dice = Dice::new(&[2026]).fork("phone").fork(label);
    let number = format!("+1 555 {:03}-{:04}", dice.between(200, 999), dice.between(0, 9999));
    json!({ "id": id(&format!("phone {label}")), "number": number, "type": "voice", "description": "Front desk", "languages": [language(label, "English", "en")] })
}

pub(super) fn language(label: &str, name: &str, code: &str) -> Value {
    json!({ "id": id(&format!("language {label} {code}")), "name": name, "code": code })
}

pub(super) fn schedule(label: &str) -> Value {
    let mut dice = Dice::new(&[2026]).fork("schedule").fork(label);
    let days = dice.pick(&["MO,TU,WE,TH,FR", "MO,WE,FR", "TU,TH", "SA", "MO,TU,WE,TH,FR,SA,SU"]);
    let opens = dice.between(7, 12);
    json!({
        "id": id(&format!("schedule {label}")),
        "dtstart": "2024-01-01",
        "freq": "WEEKLY",
        "interval": 1,
        "wkst": "MO",
        "byday": days,
        "opens_at": format!("{opens:02}:00"),
        "closes_at": format!("{:02}:30", opens + dice.between(2, 7)),
        "description": "Closed on public holidays.",
    })
}

pub(super) fn contact(label: &str) -> Value {
    let mut dice = Dice::new(&[2026]).fork("contact").fork(label);
    let name = format!(
        "{} {}",
        dice.pick(&crate::person::names::WOMEN),
        dice.pick(&crate::person::names::FAMILIES)
    );
    let title = dice.pick(&["Intake coordinator", "Program manager", "Volunteer lead"]);
    json!({ "id": id(&format!("contact {label}")), "name": name, "title": title, "phones": [phone(label)] })
}

/// A place of an organisation, in a town of the county.
pub(super) fn location(label: &str, name: &str) -> Value {
    let mut dice = Dice::new(&[2026]).fork("location").fork(label);
    let address = places::Address::throw(&mut dice);
    let thousandth = |dice: &mut Dice| {
        f64::from(i32::try_from(dice.between(-250, 250)).unwrap_or_default()) / 1000.0
    };
    json!({
        "id": id(&format!("location {label}")),
        "location_type": "physical",
        "name": format!("{name}, {}", address.town),
        "transportation": "County bus line 2 stops at the door.",
        "latitude": 42.5 + thousandth(&mut dice),
        "longitude": -72.5 + thousandth(&mut dice),
        "addresses": [{
            "id": id(&format!("address {label}")),
            "address_1": address.line(),
            "city": address.town,
            "state_province": places::STATE,
            "postal_code": address.zip,
            "country": "US",
            "address_type": "physical",
        }],
        "accessibility": [{
            "id": id(&format!("accessibility {label}")),
            "description": dice.pick(&["Step-free entrance and lift", "Ramp at the side door", "Two steps at the entrance"]),
        }],
        "phones": [phone(label)],
        "schedules": [schedule(label)],
    })
}

pub(super) fn service_area(label: &str) -> Value {
    let town = Dice::new(&[2026]).fork("area").fork(label).pick(&places::TOWNS).0;
    json!([
        { "id": id(&format!("area {label}")), "name": "River County", "extent_type": "other", "description": "All towns of River County" },
        { "id": id(&format!("area of {label}")), "name": town, "description": "Served first" },
    ])
}

/// What an offer costs and wants to see.
pub(super) fn costs_and_documents(label: &str, offer: &Offer) -> (Value, Value) {
    let amount = if offer.fees.starts_with("2 dollars") { json!(2) } else { json!(0) };
    let costs = json!([{
        "id": id(&format!("cost {label}")),
        "option": "Standard",
        "currency": "USD",
        "amount": amount,
        "amount_description": offer.fees,
    }]);
    let documents = offer.documents.iter().map(|document| json!({ "id": id(&format!("document {label} {document}")), "document": document }));
    (costs, documents.collect())
}
