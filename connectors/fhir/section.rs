//! Which resource types fill a section, and how one ask becomes searches.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::medication::Medications;
use super::search::{Found, Manners};
use super::subject::{Asked, Whose};
use super::{Fhir, map};
use crate::connector::{Answer, Ask, LocalId, Problem, Share};
use crate::record::Section;

/// Every resource type that is asked for, and `Medication`, which others point to.
pub(super) const TYPES: [&str; 18] = [
    "AllergyIntolerance",
    "Appointment",
    "CarePlan",
    "CareTeam",
    "Condition",
    "Coverage",
    "DocumentReference",
    "Encounter",
    "Goal",
    "Immunization",
    "Medication",
    "MedicationDispense",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "Patient",
    "Procedure",
    "ServiceRequest",
];

/// The sections that FHIR can fill.
pub(super) const ALL: [Section; 15] = [
    Section::Demographics,
    Section::Conditions,
    Section::Allergies,
    Section::Medications,
    Section::Observations,
    Section::Immunizations,
    Section::Procedures,
    Section::Encounters,
    Section::Appointments,
    Section::Documents,
    Section::CarePlans,
    Section::Goals,
    Section::CareTeam,
    Section::Referrals,
    Section::Coverage,
];

/// The resource types that fill a section.
pub(super) fn types(section: Section) -> &'static [&'static str] {
    match section {
        Section::Demographics => &["Patient"],
        Section::Conditions => &["Condition"],
        Section::Allergies => &["AllergyIntolerance"],
        Section::Medications => &["MedicationRequest", "MedicationStatement", "MedicationDispense"],
        Section::Observations => &["Observation"],
        Section::Immunizations => &["Immunization"],
        Section::Procedures => &["Procedure"],
        Section::Encounters => &["Encounter"],
        Section::Appointments => &["Appointment"],
        Section::Documents => &["DocumentReference"],
        Section::CarePlans => &["CarePlan"],
        Section::Goals => &["Goal"],
        Section::CareTeam => &["CareTeam"],
        Section::Referrals => &["ServiceRequest"],
        Section::Coverage => &["Coverage"],
        Section::Services => &[],
    }
}

impl Fhir {
    /// Fills one section for the asked patients: one search for each resource type, all at once.
    pub(super) async fn section(&self, ask: Ask<'_>) -> Answer {
        let offered: Vec<(&str, &Manners)> = types(ask.section)
            .iter()
            .filter_map(|kind| self.manners.get(kind).map(|manners| (*kind, manners)))
            .collect();
        let parts = join_all(
            offered
                .iter()
                .map(|(kind, manners)| self.everyone(kind, manners, ask.patients, ask.deadline)),
        )
        .await;
        let answer = unite(parts);
        if answer.is_empty() {
            Share::failed(Problem::NotSupported).for_each(ask.patients)
        } else {
            answer
        }
    }

    /// All resources of one type of several patients.
    ///
    /// A comma list means "any of these" in FHIR, but a server may take it for one strange id and answer with
    /// nothing, which would read as "no allergies". A list answer is therefore only believed for whom it brought
    /// something, until one answer has brought records of two patients; the others are asked for one by one.
    async fn everyone(
        &self,
        kind: &'static str,
        manners: &Manners,
        patients: &[LocalId],
        deadline: Instant,
    ) -> Answer {
        let mut answer = self.search_for(kind, manners, patients, deadline).await;
        if patients.len() == 1 {
            return answer;
        }
        if answer.values().filter(|share| !share.records.is_empty()).count() > 1 {
            manners.takes_lists.store(true, Ordering::Relaxed);
        }
        let proven = manners.takes_lists.load(Ordering::Relaxed);
        let doubtful: Vec<LocalId> = answer
            .iter()
            .filter(|(_, share)| {
                refused(share) || (!proven && share.problem.is_none() && share.records.is_empty())
            })
            .map(|(patient, _)| patient.clone())
            .collect();
        let singles = join_all(doubtful.iter().map(|patient| {
            self.search_for(kind, manners, std::slice::from_ref(patient), deadline)
        }));
        for single in singles.await {
            answer.extend(single);
        }
        answer
    }

    /// One search, sifted and mapped.
    async fn search_for(
        &self,
        kind: &'static str,
        manners: &Manners,
        patients: &[LocalId],
        deadline: Instant,
    ) -> Answer {
        let ids = patients.iter().map(LocalId::as_str).collect::<Vec<_>>().join(",");
        let key = if kind == "Patient" { "_id" } else { "patient" };
        let include = format!("{kind}:medication");
        let mut parameters = vec![(key, ids.as_str())];
        if kind.starts_with("Medication") && self.manners.contains_key("Medication") {
            parameters.push(("_include", include.as_str()));
        }
        let found = self.server.search(kind, &parameters, manners, deadline).await;
        let medications = Medications::of(&self.server, kind, &found, deadline).await;
        read(kind, self.sift(&found, patients), &medications, found.problem.clone())
    }

    /// Sorts what was found by patient, and counts what was not about any of them.
    fn sift<'f>(&self, found: &'f Found, patients: &[LocalId]) -> Sifted<'f> {
        let asked = Asked::new(patients, &self.server.base);
        let mut sifted = Sifted::default();
        for resource in &found.matches {
            match asked.whose(resource) {
                Whose::Asked(patient) => {
                    sifted.of.entry(patient.clone()).or_default().push(resource);
                }
                // A server that cannot filter has said so: others' records are no fault then.
                Whose::Other if found.unfiltered => {}
                Whose::Other => {
                    sifted.problem =
                        Problem::graver(sifted.problem, Some(Problem::WrongPatient(1)));
                }
            }
        }
        for patient in patients {
            sifted.of.entry(patient.clone()).or_default();
        }
        sifted
    }
}

#[derive(Default)]
struct Sifted<'f> {
    of: BTreeMap<LocalId, Vec<&'f super::search::Resource>>,
    problem: Option<Problem>,
}

fn read(
    kind: &str,
    sifted: Sifted<'_>,
    medications: &Medications,
    problem: Option<Problem>,
) -> Answer {
    let shared =
        Problem::graver(Problem::graver(problem, sifted.problem), medications.problem.clone());
    let mut answer = Answer::new();
    for (patient, resources) in sifted.of {
        let mut share = Share { problem: shared.clone(), ..Share::default() };
        for resource in resources {
            match map::record(kind, resource, medications) {
                Ok(Some(record)) => share.records.push(record),
                Ok(None) => share.withdrawn += 1,
                Err(()) => {
                    share.problem =
                        Problem::graver(share.problem.take(), Some(Problem::Unreadable(1)));
                }
            }
        }
        answer.insert(patient, share);
    }
    answer
}

/// True when the server refused the search as such, as servers do that cannot take a list.
fn refused(share: &Share) -> bool {
    matches!(share.problem, Some(Problem::Status(400..=499) | Problem::NotSupported))
        && share.records.is_empty()
}

/// Puts the answers for the resource types of one section together. A type that the server does not offer is no
/// loss as long as it offers another of the section.
fn unite(parts: Vec<Answer>) -> Answer {
    let mut parts = parts.into_iter();
    let mut whole = parts.next().unwrap_or_default();
    for (patient, share) in parts.flatten() {
        match whole.get_mut(&patient) {
            Some(_) if share.problem == Some(Problem::NotSupported) => {}
            Some(known) if known.problem == Some(Problem::NotSupported) => *known = share,
            Some(known) => {
                known.records.extend(share.records);
                known.problem = Problem::graver(known.problem.take(), share.problem);
                known.withdrawn += share.withdrawn;
            }
            None => {
                whole.insert(patient, share);
            }
        }
    }
    whole
}
