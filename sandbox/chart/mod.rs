//! What one system has written down about one person, as FHIR resources. Each section of a chart has its own file.
//!
//! A chart is where truth gets blurred: the same fact gets another id, code system, precision and status at every site.

mod allergies;
mod amendment;
mod appointments;
mod care_plans;
mod care_team;
mod clinical;
mod concept;
mod conditions;
mod coverage;
mod dispenses;
mod documents;
mod encounters;
mod eyes;
mod immunizations;
mod marks;
mod medications;
mod observations;
mod patient;
mod procedures;
mod referrals;
pub(crate) mod staff;

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};

use crate::{
    change::Step,
    day,
    dice::Dice,
    health::Health,
    ids::Ids,
    person::{Person, registration::Registration},
    resource_type::ResourceType,
    section::Section,
    site::Site,
    terms::Sensitivity,
};
pub(crate) use amendment::statuses;

/// One resource of a chart, before it is written as bytes.
pub(crate) struct Draft {
    pub(crate) kind: ResourceType,
    pub(crate) id: String,
    pub(crate) body: Map<String, Value>,
    pub(crate) updated: OffsetDateTime,
    /// The facts that this resource states; supporting resources state none.
    pub(crate) facts: Vec<StatedFact>,
    pub(crate) in_error: bool,
    /// The codes of its security labels.
    pub(crate) labels: Vec<&'static str>,
}

/// A fact that a resource states.
pub(crate) struct StatedFact {
    pub(crate) section: Section,
    /// The same wherever the fact is written down.
    pub(crate) key: String,
    pub(crate) sensitivity: Vec<Sensitivity>,
}

/// Writes the whole chart of a person at one site, and then what was changed in it. `base` is the address under which the
/// site serves it.
pub(crate) fn write(
    person: &Person,
    registration: &Registration,
    ids: &Ids,
    base: &str,
    steps: &[Step],
) -> Vec<Draft> {
    let health = Health::of(person);
    let mut chart = Chart::new(person, registration, ids, base);
    patient::write(&mut chart);
    match chart.site {
        Site::Cornerstone => {
            dispenses::write(&mut chart, &health);
            allergies::write(&mut chart, &health);
        }
        Site::Clearview => {
            eyes::write(&mut chart, &health);
            appointments::write(&mut chart);
        }
        Site::Lakeside | Site::Northgate | Site::Stmary | Site::Harbor => {
            clinic(&mut chart, &health);
        }
    }
    for step in steps {
        amendment::apply(&mut chart, step);
    }
    chart.drafts
}

/// All that a clinic for the whole person writes down.
fn clinic(chart: &mut Chart<'_>, health: &Health) {
    encounters::write(chart, health);
    conditions::write(chart, health);
    observations::write(chart, health);
    immunizations::write(chart, health);
    procedures::write(chart, health);
    appointments::write(chart);
    documents::write(chart, health);
    care_plans::write(chart, health);
    care_team::write(chart);
    referrals::write(chart, health);
    coverage::write(chart);
    medications::write(chart, health);
    allergies::write(chart, health);
}

/// Writes the resource of the person alone: what a roster lists.
pub(crate) fn write_patient(
    person: &Person,
    registration: &Registration,
    ids: &Ids,
    base: &str,
) -> Draft {
    let mut chart = Chart::new(person, registration, ids, base);
    patient::write(&mut chart);
    chart.drafts.swap_remove(0)
}

/// Dice for what is written down anew when so much was changed already.
pub(crate) fn change_dice(person: &Person, site: Site, changes: u64) -> Dice {
    site_dice(person, site).fork("changes").fork_at(changes)
}

/// When that resource last changed; much cheaper than to write it.
pub(crate) fn patient_updated(person: &Person, site: Site) -> OffsetDateTime {
    updated(person, patient::registered(person, site), &mut site_dice(person, site).fork_at(1))
}

/// A chart while it is written.
struct Chart<'a> {
    person: &'a Person,
    registration: &'a Registration,
    ids: &'a Ids,
    base: &'a str,
    site: Site,
    /// What this site makes of things, as opposed to what they are.
    dice: Dice,
    drafts: Vec<Draft>,
    next: u64,
    written: HashMap<String, String>,
    /// When it is changed; nothing while that is written which lies in the past.
    now: Option<OffsetDateTime>,
}

/// What a section hands over to be filed.
struct Entry {
    kind: ResourceType,
    section: Section,
    key: String,
    /// When it was written down.
    at: OffsetDateTime,
    sensitivity: Vec<Sensitivity>,
    body: Value,
}

impl<'a> Chart<'a> {
    fn new(
        person: &'a Person,
        registration: &'a Registration,
        ids: &'a Ids,
        base: &'a str,
    ) -> Self {
        let site = registration.site;
        let dice = site_dice(person, site);
        Self {
            person,
            registration,
            ids,
            base,
            site,
            dice,
            drafts: Vec::new(),
            next: 0,
            written: HashMap::new(),
            now: None,
        }
    }

    /// Dice for how this site writes one fact.
    fn dice(&self, key: &str) -> Dice {
        self.dice.fork(key)
    }

    /// Files a resource that states one fact, and says how others refer to it.
    fn file(&mut self, entry: Entry) -> String {
        let Entry { kind, section, key, at, sensitivity, body } = entry;
        let mut dice = self.dice.fork(&key).fork_at(self.next);
        let mut body = object(body);
        let in_error = dice.per_mille(marks::errors(self.person, section)) && self.now.is_none();
        if in_error {
            marks::take_back(kind, &mut body);
        }
        let labels = marks::labels(self.site, &sensitivity, &mut dice);
        let fact = StatedFact { section, key: key.clone(), sensitivity };
        let reference = self.keep(kind, body, at, labels, vec![fact]);
        if let Some(draft) = self.drafts.last_mut() {
            draft.in_error = in_error;
        }
        if !in_error {
            self.written.insert(key, reference.clone());
        }
        reference
    }

    /// Files a resource that states nothing itself, or is no clinical fact.
    fn file_support(&mut self, kind: ResourceType, at: OffsetDateTime, body: Value) -> String {
        self.keep(kind, object(body), at, Vec::new(), Vec::new())
    }

    fn keep(
        &mut self,
        kind: ResourceType,
        mut body: Map<String, Value>,
        at: OffsetDateTime,
        labels: Vec<&'static str>,
        facts: Vec<StatedFact>,
    ) -> String {
        let id = match kind {
            ResourceType::Patient => self.ids.patient(self.site, self.person.number),
            _ => self.ids.resource(self.site, self.person.number, self.next),
        };
        self.next += 1;
        let (updated, version) = self.version(at);
        let mut meta = json!({ "versionId": version, "lastUpdated": day::instant(updated) });
        if !labels.is_empty() {
            meta["security"] = labels.iter().map(|code| marks::label(code)).collect();
        }
        body.insert("id".to_owned(), json!(id));
        body.insert("meta".to_owned(), meta);
        let reference = format!("{}/{id}", kind.as_str());
        self.drafts.push(Draft { kind, id, body, updated, facts, in_error: false, labels });
        reference
    }

    /// When the resource that is filed last changed, and which version of it that is.
    fn version(&self, at: OffsetDateTime) -> (OffsetDateTime, String) {
        if let Some(now) = self.now {
            return (now, "1".to_owned());
        }
        let mut dice = self.dice.fork_at(self.next);
        let updated = updated(self.person, at, &mut dice);
        (updated, dice.between(1, 4).to_string())
    }

    /// The reference to a fact that this chart has written down already.
    fn written(&self, key: &str) -> Option<Value> {
        self.written.get(key).map(|reference| json!({ "reference": reference }))
    }

    /// The reference to the person; some systems write the whole address.
    fn subject(&self, dice: &mut Dice) -> Value {
        let id = self.ids.patient(self.site, self.person.number);
        let often = if self.site == Site::Stmary { 60 } else { 8 };
        if dice.percent(often) {
            json!({ "reference": format!("{}/Patient/{id}", self.base) })
        } else {
            json!({ "reference": format!("Patient/{id}") })
        }
    }

    /// A member of the site's staff as an actor.
    fn clinician(&self, key: &str) -> Value {
        staff::actor(self.ids, self.site, &mut self.dice.fork("staff").fork(key))
    }
}

/// What a site makes of a person.
fn site_dice(person: &Person, site: Site) -> Dice {
    person.dice.fork("chart").fork(site.id())
}

/// When a resource last changed: some time after it was written, but not after the last day.
fn updated(person: &Person, written: OffsetDateTime, dice: &mut Dice) -> OffsetDateTime {
    (written + Duration::seconds(dice.between(30, 50_000))).min(day::at(person.horizon, 0, 0))
}

fn object(body: Value) -> Map<String, Value> {
    match body {
        Value::Object(mut fields) => {
            fields.retain(|_, value| !value.is_null());
            fields
        }
        _ => Map::new(),
    }
}
