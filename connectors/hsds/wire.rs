//! HSDS 3.0 as its specification names it, field by field, every one optional.
//!
//! What the fields mean is `map`'s to know; how forgiving they are, [`super::lenient`]'s.

use serde::Deserialize;

use super::lenient::{List, Number, One, Text};

/// One service, in a list or in full.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the names are those of the specification")]
pub(super) struct Service {
    pub(super) id: Text,
    pub(super) name: Text,
    pub(super) alternate_name: Text,
    pub(super) description: Text,
    pub(super) url: Text,
    pub(super) email: Text,
    pub(super) status: Text,
    pub(super) interpretation_services: Text,
    pub(super) application_process: Text,
    pub(super) fees_description: Text,
    pub(super) fees: Text,
    pub(super) wait_time: Text,
    pub(super) eligibility_description: Text,
    pub(super) minimum_age: Number,
    pub(super) maximum_age: Number,
    pub(super) assured_date: Text,
    pub(super) alert: Text,
    pub(super) last_modified: Text,
    pub(super) organization_id: Text,
    pub(super) organization: One<Organization>,
    pub(super) phones: List<Phone>,
    pub(super) schedules: List<Schedule>,
    pub(super) service_areas: List<Area>,
    pub(super) service_at_locations: List<ServiceAtLocation>,
    pub(super) locations: List<Location>,
    pub(super) languages: List<Language>,
    pub(super) cost_options: List<Cost>,
    pub(super) required_documents: List<Document>,
    pub(super) contacts: List<Contact>,
    pub(super) attributes: List<Attribute>,
    /// Where a server lists the terms themselves: flat, or nested as in attributes.
    pub(super) taxonomy_terms: List<ListedTerm>,
}

/// Who runs a service.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Organization {
    pub(super) id: Text,
    pub(super) name: Text,
    pub(super) phones: List<Phone>,
}

/// A service at one of its places.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ServiceAtLocation {
    pub(super) id: Text,
    pub(super) location: One<Location>,
    pub(super) phones: List<Phone>,
    pub(super) schedules: List<Schedule>,
    pub(super) service_areas: List<Area>,
}

/// A place.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Location {
    pub(super) name: Text,
    pub(super) latitude: Number,
    pub(super) longitude: Number,
    pub(super) addresses: List<Address>,
    pub(super) phones: List<Phone>,
    pub(super) schedules: List<Schedule>,
    pub(super) languages: List<Language>,
}

/// A postal address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the names are those of the specification")]
pub(super) struct Address {
    pub(super) address_1: Text,
    pub(super) address_2: Text,
    pub(super) city: Text,
    pub(super) region: Text,
    pub(super) state_province: Text,
    pub(super) postal_code: Text,
    pub(super) country: Text,
    pub(super) address_type: Text,
}

/// A telephone number.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Phone {
    pub(super) number: Text,
    pub(super) extension: Text,
    #[serde(rename = "type")]
    pub(super) kind: Text,
}

/// Opening hours: an RFC 5545 rule in pieces, with words beside it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Schedule {
    pub(super) valid_from: Text,
    pub(super) valid_to: Text,
    pub(super) dtstart: Text,
    pub(super) timezone: Text,
    pub(super) until: Text,
    pub(super) count: Number,
    pub(super) freq: Text,
    pub(super) interval: Number,
    pub(super) byday: Text,
    pub(super) byweekno: Text,
    pub(super) bymonthday: Text,
    pub(super) byyearday: Text,
    pub(super) description: Text,
    pub(super) opens_at: Text,
    pub(super) closes_at: Text,
    pub(super) notes: Text,
}

/// An area that a service serves.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Area {
    pub(super) name: Text,
    pub(super) description: Text,
    pub(super) extent: Text,
    pub(super) extent_type: Text,
}

/// A language.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Language {
    pub(super) name: Text,
    pub(super) code: Text,
}

/// One price.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cost {
    pub(super) valid_from: Text,
    pub(super) valid_to: Text,
    pub(super) option: Text,
    pub(super) currency: Text,
    pub(super) amount: Text,
    pub(super) amount_description: Text,
}

/// A document that one must bring.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Document {
    pub(super) document: Text,
    /// Where a server lists plain names.
    pub(super) name: Text,
}

/// A person or desk to ask.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Contact {
    pub(super) phones: List<Phone>,
}

/// A link to a term of a taxonomy.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Attribute {
    pub(super) taxonomy_term: One<Term>,
}

/// A term that stands in a list of terms.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListedTerm {
    pub(super) taxonomy_term: One<Term>,
    pub(super) name: Text,
    pub(super) code: Text,
}

/// A term of a taxonomy.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Term {
    pub(super) name: Text,
    pub(super) code: Text,
}
