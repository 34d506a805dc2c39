//! From the wire to the model: pure functions, one question each.
//!
//! Must never know where a service came from or what is done with it.

use super::hours;
use super::lenient::Text;
use super::text::{LINE, NAME, PROSE, clean, id, mailbox, web_page};
use super::wire::{Address, Cost, Location, Organization, Phone, Service, Term};
use crate::record::{FuzzyDate, ServiceLocation, ServiceRecord};

/// How many lines of one list are kept; a page has to be shown and searched by somebody.
const LINES: usize = 100;

/// How many years anybody may have to be to use a service.
const AGES: std::ops::RangeInclusive<f64> = 0.0..=200.0;

/// The service as we keep it; `None` when it has no id or no name.
pub(super) fn record(service: &Service) -> Option<ServiceRecord> {
    Some(ServiceRecord {
        id: id(service.id.0.as_deref()?)?,
        name: words(&service.name, NAME)?,
        alternate_name: words(&service.alternate_name, NAME),
        organization: service.organization.0.as_ref().and_then(|by| words(&by.name, NAME)),
        description: words(&service.description, PROSE),
        status: words(&service.status, NAME),
        url: service.url.0.as_deref().and_then(web_page),
        email: service.email.0.as_deref().and_then(mailbox),
        eligibility: words(&service.eligibility_description, PROSE),
        minimum_age: service.minimum_age.0.filter(|age| AGES.contains(age)),
        maximum_age: service.maximum_age.0.filter(|age| AGES.contains(age)),
        application: words(&service.application_process, PROSE),
        wait_time: words(&service.wait_time, LINE),
        cost: cost(service),
        alert: words(&service.alert, PROSE),
        documents: distinct(
            service.required_documents.0.iter().filter_map(|paper| {
                words(&paper.document, LINE).or_else(|| words(&paper.name, LINE))
            }),
        ),
        languages: languages(service),
        interpretation: words(&service.interpretation_services, PROSE),
        phones: phones(service),
        schedules: schedules(service),
        areas: areas(service),
        locations: places(service).map(location).take(LINES).collect(),
        categories: categories(service),
        assured: date(&service.assured_date),
        updated: date(&service.last_modified),
    })
}

/// A record read in full, with what only the list said filled in.
pub(super) fn completed(full: ServiceRecord, listed: &ServiceRecord) -> ServiceRecord {
    let or = |full: Option<String>, listed: &Option<String>| full.or_else(|| listed.clone());
    ServiceRecord {
        alternate_name: or(full.alternate_name, &listed.alternate_name),
        organization: or(full.organization, &listed.organization),
        description: or(full.description, &listed.description),
        status: or(full.status, &listed.status),
        url: or(full.url, &listed.url),
        email: or(full.email, &listed.email),
        // The list's date is what the next list will be compared with.
        updated: listed.updated.clone().or(full.updated),
        assured: full.assured.or_else(|| listed.assured.clone()),
        ..full
    }
}

/// The id of the organisation that runs the service.
pub(super) fn organization_id(service: &Service) -> Option<String> {
    let named = service.organization.0.as_ref().and_then(|by| by.id.0.as_deref());
    id(named.or(service.organization_id.0.as_deref())?)
}

/// The name of an organisation that was asked for by its id.
pub(super) fn organization_name(organization: &Organization) -> Option<String> {
    words(&organization.name, NAME)
}

fn words(text: &Text, cap: usize) -> Option<String> {
    clean(text.0.as_deref()?, cap)
}

fn distinct(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for line in lines {
        if kept.len() < LINES && !kept.contains(&line) {
            kept.push(line);
        }
    }
    kept
}

fn date(text: &Text) -> Option<FuzzyDate> {
    let text = text.0.as_deref()?.trim();
    // A space between day and time is common where a database prints itself.
    FuzzyDate::parse(text).or_else(|| FuzzyDate::parse(&text.replacen(' ', "T", 1)))
}

fn places(service: &Service) -> impl Iterator<Item = &Location> {
    let linked = service.service_at_locations.0.iter().filter_map(|at| at.location.0.as_ref());
    linked.chain(&service.locations.0)
}

fn location(place: &Location) -> ServiceLocation {
    let address = address_of(place);
    let line = address.and_then(one_line);
    // Half a position, or one beyond the poles, points nowhere.
    let position = place.latitude.0.zip(place.longitude.0).filter(|(latitude, longitude)| {
        (-90.0..=90.0).contains(latitude) && (-180.0..=180.0).contains(longitude)
    });
    ServiceLocation {
        name: words(&place.name, NAME),
        address: line,
        city: address.and_then(|address| words(&address.city, NAME)),
        postal_code: address.and_then(|address| words(&address.postal_code, NAME)),
        latitude: position.map(|(latitude, _)| latitude),
        longitude: position.map(|(_, longitude)| longitude),
    }
}

/// Where one goes, before where one writes to.
fn address_of(place: &Location) -> Option<&Address> {
    let is = |address: &&Address, kind: &str| {
        address.address_type.0.as_deref().is_some_and(|text| text.eq_ignore_ascii_case(kind))
    };
    let addresses = &place.addresses.0;
    addresses
        .iter()
        .find(|address| is(address, "physical"))
        .or_else(|| addresses.iter().find(|address| !is(address, "postal")))
        .or_else(|| addresses.first())
}

fn one_line(address: &Address) -> Option<String> {
    let state = [&address.state_province, &address.postal_code];
    let state: Vec<String> = state.into_iter().filter_map(|text| words(text, NAME)).collect();
    let parts = [&address.address_1, &address.address_2, &address.city, &address.region];
    let mut parts: Vec<String> = parts.into_iter().filter_map(|text| words(text, NAME)).collect();
    parts.extend((!state.is_empty()).then(|| state.join(" ")));
    parts.extend(words(&address.country, NAME));
    parts.dedup();
    clean(&parts.join(", "), LINE)
}

/// The service's own numbers, then those of its places and contacts; the organisation's only if there are
/// no others.
fn phones(service: &Service) -> Vec<String> {
    let at = service.service_at_locations.0.iter().flat_map(|at| &at.phones.0);
    let places = places(service).flat_map(|place| &place.phones.0);
    let contacts = service.contacts.0.iter().flat_map(|contact| &contact.phones.0);
    let own = service.phones.0.iter().chain(at).chain(places).chain(contacts);
    let own = distinct(own.filter_map(phone));
    if own.is_empty() {
        distinct(service.organization.0.iter().flat_map(|by| &by.phones.0).filter_map(phone))
    } else {
        own
    }
}

fn phone(phone: &Phone) -> Option<String> {
    let number = words(&phone.number, NAME)?;
    // Exports from spreadsheets carry their quotation marks along.
    let number = number.trim_matches(['"', '\'', ' ']);
    if number.is_empty() {
        return None;
    }
    let extension = words(&phone.extension, NAME).map(|text| format!(" ext. {text}"));
    let kind = words(&phone.kind, NAME).filter(|kind| !kind.eq_ignore_ascii_case("voice"));
    let kind = kind.map(|kind| format!(" ({kind})"));
    Some(format!("{number}{}{}", extension.unwrap_or_default(), kind.unwrap_or_default()))
}

/// Hours of the service, then of its places, which are named when there is more than one.
fn schedules(service: &Service) -> Vec<String> {
    let many = places(service).count() > 1;
    let named = |place: Option<&Location>, line: String| {
        let name = place.filter(|_| many).and_then(|place| words(&place.name, NAME));
        name.map_or(line.clone(), |name| format!("{name}: {line}"))
    };
    let own = service.schedules.0.iter().filter_map(hours::line);
    let linked = service.service_at_locations.0.iter().flat_map(|at| {
        let place = at.location.0.as_ref();
        at.schedules.0.iter().filter_map(hours::line).map(move |line| named(place, line))
    });
    let places = places(service).flat_map(|place| {
        let lines = place.schedules.0.iter().filter_map(hours::line);
        lines.map(move |line| named(Some(place), line))
    });
    distinct(own.chain(linked).chain(places))
}

fn areas(service: &Service) -> Vec<String> {
    let linked = service.service_at_locations.0.iter().flat_map(|at| &at.service_areas.0);
    let areas = service.service_areas.0.iter().chain(linked);
    distinct(areas.filter_map(|area| {
        let is_text = area.extent_type.0.as_deref() == Some("text");
        let name =
            words(&area.name, LINE).or_else(|| words(&area.extent, LINE).filter(|_| is_text));
        match (name, words(&area.description, LINE)) {
            (Some(name), Some(more)) if more != name => clean(&format!("{name}: {more}"), 2 * LINE),
            (name, more) => name.or(more),
        }
    }))
}

fn languages(service: &Service) -> Vec<String> {
    let places = places(service).flat_map(|place| &place.languages.0);
    let languages = service.languages.0.iter().chain(places);
    distinct(
        languages.filter_map(|language| {
            words(&language.name, NAME).or_else(|| words(&language.code, NAME))
        }),
    )
}

fn categories(service: &Service) -> Vec<String> {
    let linked = service.attributes.0.iter().filter_map(|it| term(it.taxonomy_term.0.as_ref()?));
    let listed = service.taxonomy_terms.0.iter().filter_map(|it| match &it.taxonomy_term.0 {
        Some(nested) => term(nested),
        None => named(&it.name, &it.code),
    });
    distinct(linked.chain(listed))
}

fn term(term: &Term) -> Option<String> {
    named(&term.name, &term.code)
}

fn named(name: &Text, code: &Text) -> Option<String> {
    words(name, NAME).or_else(|| words(code, NAME))
}

/// The words on fees (the deprecated field only when the current one is silent), then each price.
fn cost(service: &Service) -> Option<String> {
    let words = words(&service.fees_description, PROSE).or_else(|| words(&service.fees, PROSE));
    let prices = distinct(service.cost_options.0.iter().filter_map(price));
    let lines: Vec<String> = words.into_iter().chain(prices).collect();
    clean(&lines.join(" · "), PROSE)
}

fn price(cost: &Cost) -> Option<String> {
    let amount = words(&cost.amount, NAME).map(|amount| {
        let currency = words(&cost.currency, NAME).map(|code| format!(" {}", code.to_uppercase()));
        format!("{amount}{}", currency.unwrap_or_default())
    });
    let what: Vec<String> =
        amount.into_iter().chain(words(&cost.amount_description, NAME)).collect();
    let mut line = what.join(" ");
    if let Some(option) = words(&cost.option, NAME) {
        line = if line.is_empty() { option } else { format!("{option}: {line}") };
    }
    let valid = match (words(&cost.valid_from, NAME), words(&cost.valid_to, NAME)) {
        (Some(from), Some(to)) => format!(" ({from} to {to})"),
        (Some(from), None) => format!(" (from {from})"),
        (None, Some(to)) => format!(" (until {to})"),
        (None, None) => String::new(),
    };
    clean(&line, LINE).map(|line| format!("{line}{valid}"))
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod tests;
