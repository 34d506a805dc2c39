//! What is true of a person, and which resources say so: the answer that a gateway is measured by.
//!
//! It is read off the same charts that the systems serve, so it cannot differ from them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::{
    chart::{self, Draft},
    person::{
        Person,
        registration::{Ground, Registration},
    },
    population::Population,
    resource_type::ResourceType,
    section::Section,
    site::Site,
};

/// The truth about one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Truth {
    /// The person's number in the population.
    pub person: u64,
    /// The person's record in each system that has one.
    pub records: Vec<RecordTruth>,
    /// The facts of each section, sorted by key.
    pub sections: BTreeMap<Section, Vec<FactTruth>>,
}

/// One system's record of the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordTruth {
    /// The system's id.
    pub system: &'static str,
    /// The patient id in that system.
    pub id: String,
    /// Records of the person with the same number can be linked, directly or through each other; others must not be.
    pub cluster: usize,
    /// Why this record can be linked to another one of its cluster; none when it stands alone.
    pub ground: Option<Ground>,
    /// Somebody else in the same system looks the same on paper, so it must not be linked by demographics.
    pub ambiguous: bool,
}

/// One fact, whoever states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FactTruth {
    /// The same for the same fact at every system.
    pub key: String,
    /// The resources that state it.
    pub contributions: Vec<Contribution>,
    /// All that state it take it back.
    pub entered_in_error: bool,
    /// Why it deserves care, whether a system labelled it or not: codes of HL7 `ActCode`.
    pub sensitivity: Vec<&'static str>,
}

/// One resource that states a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Contribution {
    /// The system's id.
    pub system: &'static str,
    /// Type and id, such as `Condition/4711`.
    pub reference: String,
    /// The codes that it gives for the fact, as `system|code`; none when it uses words alone.
    pub codes: Vec<String>,
    /// The words that it gives for the fact.
    pub text: Option<String>,
    /// When it says that the fact was so: a FHIR date of whatever precision; the start, for periods.
    pub when: Option<String>,
    /// This resource says that it should not have been written.
    pub entered_in_error: bool,
    /// The codes of its security labels.
    pub labels: Vec<&'static str>,
}

impl Truth {
    pub(crate) fn of(population: &Population, number: u64) -> Self {
        let person = population.person(number);
        let registrations = population.registrations(&person);
        let mut sections: BTreeMap<Section, BTreeMap<String, FactTruth>> = BTreeMap::new();
        for registration in &registrations {
            let steps = population.steps(registration.site, number);
            for draft in chart::write(&person, registration, population.ids(), "", &steps) {
                gather(&mut sections, registration.site, &draft);
            }
        }
        let sections = sections
            .into_iter()
            .map(|(section, facts)| (section, facts.into_values().map(FactTruth::settle).collect()))
            .collect();
        Self { person: number, records: records(population, &person, &registrations), sections }
    }

    /// The facts of a section.
    pub fn facts(&self, section: Section) -> &[FactTruth] {
        self.sections.get(&section).map_or(&[], Vec::as_slice)
    }

    /// The patient id of the person in a system.
    pub fn record(&self, system: &str) -> Option<&RecordTruth> {
        self.records.iter().find(|record| record.system == system)
    }
}

fn gather(
    sections: &mut BTreeMap<Section, BTreeMap<String, FactTruth>>,
    site: Site,
    draft: &Draft,
) {
    for fact in &draft.facts {
        let facts = sections.entry(fact.section).or_default();
        let truth = facts.entry(fact.key.clone()).or_insert_with(|| FactTruth {
            key: fact.key.clone(),
            contributions: Vec::new(),
            entered_in_error: false,
            sensitivity: Vec::new(),
        });
        truth.sensitivity.extend(fact.sensitivity.iter().map(|kind| kind.code()));
        let (codes, text) = named(draft);
        truth.contributions.push(Contribution {
            system: site.id(),
            reference: format!("{}/{}", draft.kind.as_str(), draft.id),
            codes,
            text,
            when: when(draft),
            entered_in_error: draft.in_error,
            labels: draft.labels.clone(),
        });
    }
}

impl FactTruth {
    fn settle(mut self) -> Self {
        self.entered_in_error =
            self.contributions.iter().all(|contribution| contribution.entered_in_error);
        self.sensitivity.sort_unstable();
        self.sensitivity.dedup();
        self
    }
}

/// What a resource calls the thing that it is about.
pub(crate) fn named(draft: &Draft) -> (Vec<String>, Option<String>) {
    let body = &draft.body;
    let concept = match draft.kind {
        ResourceType::MedicationDispense
        | ResourceType::MedicationRequest
        | ResourceType::MedicationStatement => body
            .get("medicationCodeableConcept")
            .or_else(|| body.get("contained").and_then(|contained| contained.pointer("/0/code"))),
        ResourceType::Immunization => body.get("vaccineCode"),
        ResourceType::Encounter => body.get("type").and_then(|kinds| kinds.get(0)),
        ResourceType::DocumentReference | ResourceType::Coverage => body.get("type"),
        ResourceType::Goal => body.get("description"),
        ResourceType::CarePlan => return (Vec::new(), string(body.get("title"))),
        ResourceType::Appointment => return (Vec::new(), string(body.get("description"))),
        ResourceType::AllergyIntolerance
        | ResourceType::CareTeam
        | ResourceType::Condition
        | ResourceType::Medication
        | ResourceType::Observation
        | ResourceType::Organization
        | ResourceType::Patient
        | ResourceType::Practitioner
        | ResourceType::Procedure
        | ResourceType::ServiceRequest => body.get("code"),
    };
    let codings = concept.and_then(|concept| concept.get("coding")).and_then(Value::as_array);
    let code = |coding: &Value| {
        Some(format!("{}|{}", coding.get("system")?.as_str()?, coding.get("code")?.as_str()?))
    };
    let codes = codings.into_iter().flatten().filter_map(code).collect();
    (codes, string(concept.and_then(|concept| concept.get("text"))))
}

/// When a resource says that its fact was so.
fn when(draft: &Draft) -> Option<String> {
    let names = match draft.kind {
        ResourceType::Condition => ["onsetDateTime", "onsetPeriod", ""],
        ResourceType::AllergyIntolerance => ["recordedDate", "", ""],
        ResourceType::Appointment => ["start", "", ""],
        ResourceType::DocumentReference => ["date", "", ""],
        ResourceType::Goal => ["startDate", "", ""],
        ResourceType::Immunization => ["occurrenceDateTime", "occurrenceString", ""],
        ResourceType::MedicationDispense => ["whenHandedOver", "", ""],
        ResourceType::MedicationRequest | ResourceType::ServiceRequest => ["authoredOn", "", ""],
        ResourceType::MedicationStatement => ["effectivePeriod", "", ""],
        ResourceType::Observation => ["effectiveDateTime", "effectiveInstant", "effectivePeriod"],
        ResourceType::Procedure => ["performedDateTime", "performedPeriod", ""],
        ResourceType::CarePlan
        | ResourceType::CareTeam
        | ResourceType::Coverage
        | ResourceType::Encounter => ["period", "", ""],
        ResourceType::Medication
        | ResourceType::Organization
        | ResourceType::Patient
        | ResourceType::Practitioner => {
            return None;
        }
    };
    let value = names.into_iter().find_map(|name| draft.body.get(name))?;
    string(Some(value)).or_else(|| string(value.get("start")))
}

fn string(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

/// The records of a person who is registered like this.
pub(crate) fn records(
    population: &Population,
    person: &Person,
    registrations: &[Registration],
) -> Vec<RecordTruth> {
    let clusters = clusters(registrations);
    registrations
        .iter()
        .enumerate()
        .map(|(place, registration)| {
            let others = registrations.iter().enumerate().filter(|(other, _)| *other != place);
            RecordTruth {
                system: registration.site.id(),
                id: population.ids().patient(registration.site, person.number),
                cluster: clusters[place],
                ground: others.filter_map(|(_, other)| registration.ground(other)).min(),
                ambiguous: registration.ambiguous(),
            }
        })
        .collect()
}

/// Numbers the groups of registrations that hang together, in the order in which they appear.
fn clusters(registrations: &[Registration]) -> Vec<usize> {
    let mut group: Vec<usize> = (0..registrations.len()).collect();
    for one in 0..registrations.len() {
        for other in 0..one {
            if registrations[one].ground(&registrations[other]).is_some() {
                let (from, to) = (group[one].max(group[other]), group[one].min(group[other]));
                group.iter_mut().filter(|id| **id == from).for_each(|id| *id = to);
            }
        }
    }
    let mut seen: Vec<usize> = Vec::new();
    group
        .into_iter()
        .map(|id| {
            seen.iter().position(|known| *known == id).unwrap_or_else(|| {
                seen.push(id);
                seen.len() - 1
            })
        })
        .collect()
}
