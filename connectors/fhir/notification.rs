//! What a server tells of its own accord: notifications of a FHIR `Subscription`.
//!
//! R4's own (`rest-hook`): a ping without a body, or the resource itself, under its type and id. Those of topics (R4B, R5
//! and the backport of them to R4): a bundle whose first entry says what happened, with ids, with resources or with neither.
//! Nothing of it is believed to be data. What cannot be told apart counts as more: rather too much is asked for anew.

use std::collections::BTreeMap;

use serde_json::Value;

use super::status::{Event, Status};
use super::types::{MEDICATION, TYPES};
use super::wire::target;
use crate::connector::LocalId;
use crate::notice::{Change, Message, Notice};
use crate::record::Section;

/// Where resources name whose they are.
const OWNERS: [&str; 3] = ["subject", "patient", "beneficiary"];

/// An id in FHIR is no longer.
const LONGEST_ID: usize = 64;

/// More changes than this in one message count as anything of anybody.
const MOST_CHANGES: usize = 200;

/// What a message tells.
pub(super) fn read(message: &Message<'_>) -> Notice {
    if message.body.iter().all(u8::is_ascii_whitespace) {
        return match thing(message.path) {
            Some((kind, id)) => Tale::default().of_thing(kind, id, &[]).notice(),
            None => Notice::of_anything(),
        };
    }
    let Ok(body) = serde_json::from_slice::<Value>(message.body) else {
        return Notice::of_anything();
    };
    if body["resourceType"] != "Bundle" {
        return Tale::default().of_resource(&body).notice();
    }
    let entries = body["entry"].as_array().map(Vec::as_slice).unwrap_or_default();
    match Status::first_of(entries) {
        Some(status) => told(&status, entries.get(1..).unwrap_or_default()),
        None => of_entries(Tale::default(), entries).notice(),
    }
}

/// A bundle that says what happened.
fn told(status: &Status, entries: &[Value]) -> Notice {
    let mut tale = Tale::default();
    if !status.is_well {
        tale = tale.of_anything();
    }
    if !status.has_events() {
        return Notice { count: status.count(), ..tale.notice() };
    }
    let held = resources(entries);
    for event in &status.events {
        tale = of_event(tale, event, &held);
    }
    if status.events.is_empty() {
        tale = of_entries(tale, entries);
    }
    Notice { count: status.count(), ..tale.notice() }
}

fn of_event(tale: Tale, event: &Event, held: &BTreeMap<(&str, &str), &Value>) -> Tale {
    let Some((kind, id)) = event.focus.as_deref().and_then(thing) else {
        return tale.of_anything();
    };
    match held.get(&(kind, id)) {
        Some(resource) => tale.of_resource(resource),
        None => tale.of_thing(kind, id, &event.context),
    }
}

/// What happened to what stands in a bundle that does not say it.
fn of_entries(mut tale: Tale, entries: &[Value]) -> Tale {
    if entries.is_empty() {
        return tale.of_anything();
    }
    for entry in entries {
        let named = entry["request"]["url"].as_str().or_else(|| entry["fullUrl"].as_str());
        tale = match (&entry["resource"], named.and_then(thing)) {
            (resource @ Value::Object(_), _) => tale.of_resource(resource),
            (_, Some((kind, id))) => tale.of_thing(kind, id, &[]),
            (_, None) => tale.of_anything(),
        };
    }
    tale
}

fn resources<'e>(entries: &'e [Value]) -> BTreeMap<(&'e str, &'e str), &'e Value> {
    let named = |entry: &'e Value| {
        let resource = entry.get("resource")?;
        Some(((resource["resourceType"].as_str()?, resource["id"].as_str()?), resource))
    };
    entries.iter().filter_map(named).collect()
}

/// The type and the id in `Type/id`, with or without an address before it and a version behind it.
fn thing(reference: &str) -> Option<(&str, &str)> {
    target(reference).filter(|(_, id)| !id.is_empty() && id.len() <= LONGEST_ID)
}

/// The section that a resource type fills.
fn section(kind: &str) -> Option<Section> {
    let known = TYPES.iter().chain([&MEDICATION]).find(|known| known.name == kind);
    known.map(|known| known.section)
}

/// What was told so far.
#[derive(Default)]
struct Tale(Notice);

impl Tale {
    fn of(mut self, patient: Option<LocalId>, section: Option<Section>) -> Self {
        self.0.changes.push(Change { patient, section });
        self
    }

    fn of_anything(mut self) -> Self {
        self.0.roster = true;
        self.of(None, None)
    }

    /// Something that is known by its name alone, and whose it may be by what was named with it.
    fn of_thing(mut self, kind: &str, id: &str, context: &[String]) -> Self {
        if kind == "Patient" {
            self.0.roster = true;
            return self.of(Some(LocalId::new(id)), section(kind));
        }
        let owners = context.iter().filter_map(|reference| thing(reference));
        let owners: Vec<LocalId> =
            owners.filter(|(kind, _)| *kind == "Patient").map(|(_, id)| LocalId::new(id)).collect();
        self.of_owners(owners, section(kind))
    }

    fn of_resource(mut self, resource: &Value) -> Self {
        let Some(kind) = resource["resourceType"].as_str() else { return self.of_anything() };
        if kind == "Patient" {
            self.0.roster = true;
            let id = resource["id"].as_str().filter(|id| id.len() <= LONGEST_ID);
            return self.of(id.map(LocalId::new), section(kind));
        }
        match owners(resource) {
            Some(owners) => self.of_owners(owners, section(kind)),
            None => self.of(None, section(kind)),
        }
    }

    fn of_owners(mut self, owners: Vec<LocalId>, section: Option<Section>) -> Self {
        if owners.is_empty() {
            return self.of(None, section);
        }
        for owner in owners {
            self = self.of(Some(owner), section);
        }
        self
    }

    fn notice(mut self) -> Notice {
        let changes = &mut self.0.changes;
        changes.sort_unstable();
        changes.dedup();
        if changes.len() > MOST_CHANGES || changes.contains(&Change::ANYTHING) {
            *changes = vec![Change::ANYTHING];
        }
        self.0
    }
}

/// Whose a resource is; `None` when it names somebody whom we cannot tell.
fn owners(resource: &Value) -> Option<Vec<LocalId>> {
    let actors = resource["participant"].as_array().map(Vec::as_slice).unwrap_or_default();
    let actors = actors.iter().map(|participant| &participant["actor"]);
    let is_actor = |actor: &&Value| {
        // Practitioners and places take part too, and change nobody's records by it.
        actor["reference"].as_str().and_then(thing).is_some_and(|(kind, _)| kind == "Patient")
    };
    let named = OWNERS.iter().filter_map(|field| resource.get(*field));
    let mut owners = Vec::new();
    for reference in named.chain(actors.filter(is_actor)) {
        let (kind, id) = reference["reference"].as_str().and_then(thing)?;
        if kind != "Patient" {
            return None;
        }
        owners.push(LocalId::new(id));
    }
    Some(owners)
}

#[cfg(test)]
#[path = "notification_tests.rs"]
mod tests;
