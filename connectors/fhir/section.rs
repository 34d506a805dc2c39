//! How one ask becomes searches, and what they brought becomes records.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::medication::Medications;
use super::search::{Found, Manners, Match};
use super::subject::{Asked, Whose};
use super::types::{MEDICATION, ResourceType, TYPES};
use super::{Fhir, map};
use crate::connector::{Answer, Ask, LocalId, Problem, Share, Validator};
use crate::parts::{Part, Parts};
use crate::record::Section;

impl Fhir {
    /// Fills one section for the asked patients: one search for each resource type, all at once. Of one patient it can be
    /// asked whether what all of these searches brought before still holds.
    pub(super) async fn section(&self, ask: Ask<'_>) -> Answer {
        let offered: Vec<(&ResourceType, &Manners)> = TYPES
            .iter()
            .filter(|kind| kind.section == ask.section)
            .filter_map(|kind| self.manners.get(kind.name).map(|manners| (kind, manners)))
            .collect();
        let before = ask.since.filter(|_| ask.patients.len() == 1).and_then(Parts::read);
        let before =
            before.filter(|before| offered.iter().all(|(kind, _)| before.of(kind.name).is_some()));
        let of_kinds = offered.iter().map(async |(kind, manners)| {
            let pages = before.as_ref().and_then(|before| before.of(kind.name));
            self.everyone(kind, manners, ask.patients, pages, ask.deadline).await
        });
        let mut brought = join_all(of_kinds).await;
        if before.is_some() && brought.iter().all(Brought::still_holds) && !brought.is_empty() {
            return Share::failed(Problem::Unchanged).for_each(ask.patients);
        }
        // Where something has changed, all of it is needed.
        let again = offered.iter().zip(&mut brought).filter(|(_, it)| it.is_unchanged());
        join_all(again.map(async |((kind, manners), it)| {
            *it = self.everyone(kind, manners, ask.patients, None, ask.deadline).await;
        }))
        .await;
        let validator = validator(&offered, &brought);
        let mut answer = unite(brought.into_iter().map(|it| it.answer).collect());
        if let (Some(validator), [patient]) = (validator, ask.patients)
            && let Some(share) = answer.get_mut(patient).filter(|share| share.problem.is_none())
        {
            share.validator = Some(validator);
        }
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
        kind: &'static ResourceType,
        manners: &Manners,
        patients: &[LocalId],
        before: Option<&[Part]>,
        deadline: Instant,
    ) -> Brought {
        let mut brought = self.search_for(kind, manners, patients, before, deadline).await;
        if patients.len() == 1 {
            return brought;
        }
        let answer = &mut brought.answer;
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
            self.search_for(kind, manners, std::slice::from_ref(patient), None, deadline)
        }));
        for single in singles.await {
            answer.extend(single.answer);
        }
        brought
    }

    /// One search, sifted and mapped.
    async fn search_for(
        &self,
        kind: &'static ResourceType,
        manners: &Manners,
        patients: &[LocalId],
        before: Option<&[Part]>,
        deadline: Instant,
    ) -> Brought {
        let ids = patients.iter().map(LocalId::as_str).collect::<Vec<_>>().join(",");
        let key = if kind.section == Section::Demographics { "_id" } else { "patient" };
        let include = format!("{}:medication", kind.name);
        let mut parameters = vec![(key, ids.as_str())];
        if kind.section == Section::Medications && self.manners.contains_key(MEDICATION.name) {
            parameters.push(("_include", include.as_str()));
        }
        // What the server did not offer then may be there by now.
        let pages = before.filter(|pages| !pages.is_empty());
        let mut found = self.server.search(kind, &parameters, manners, pages, deadline).await;
        let medications = Medications::of(&self.server, &mut found, deadline).await;
        let problem = found.problem.take();
        let pages = found.pages.take().filter(|_| !medications.were_read);
        let was_missing = before.is_some_and(<[Part]>::is_empty);
        Brought {
            answer: read(self.sift(found, patients), &medications, problem),
            pages,
            was_missing,
        }
    }

    /// Sorts what was found by patient, and counts what was not about any of them.
    fn sift(&self, found: Found, patients: &[LocalId]) -> Sifted {
        let asked = Asked::new(patients, &self.server.base);
        let mut sifted = Sifted::default();
        for resource in found.matches {
            match asked.whose(&resource) {
                Whose::Asked(patient) => match sifted.of.get_mut(patient) {
                    Some(known) => known.push(resource),
                    None => drop(sifted.of.insert(patient.clone(), vec![resource])),
                },
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

/// What the searches for one resource type brought.
struct Brought {
    answer: Answer,
    /// The pages that it came on, when each can be asked about.
    pages: Option<Vec<Part>>,
    /// When it was asked for before, the server did not offer the type.
    was_missing: bool,
}

impl Brought {
    fn problem(&self) -> Option<&Problem> {
        self.answer.values().next().and_then(|share| share.problem.as_ref())
    }

    /// The server said so.
    fn is_unchanged(&self) -> bool {
        self.problem() == Some(&Problem::Unchanged)
    }

    /// It is as it was.
    fn still_holds(&self) -> bool {
        self.is_unchanged() || (self.was_missing && self.problem() == Some(&Problem::NotSupported))
    }

    /// What it can be asked about later; a type that is not offered has no pages.
    fn parts(&self) -> Option<Vec<Part>> {
        match self.problem() {
            None => self.pages.clone(),
            Some(Problem::NotSupported) => Some(Vec::new()),
            Some(_) => None,
        }
    }
}

/// By what a section of one patient can be asked about later: all of it, or nothing.
fn validator(offered: &[(&ResourceType, &Manners)], brought: &[Brought]) -> Option<Validator> {
    let mut parts = Parts::default();
    for ((kind, _), brought) in offered.iter().zip(brought) {
        parts.add(kind.name, brought.parts()?);
    }
    parts.write()
}

#[derive(Default)]
struct Sifted {
    of: BTreeMap<LocalId, Vec<Match>>,
    problem: Option<Problem>,
}

fn read(sifted: Sifted, medications: &Medications, problem: Option<Problem>) -> Answer {
    let shared =
        Problem::graver(Problem::graver(problem, sifted.problem), medications.problem.clone());
    let share = |resources: Vec<Match>| {
        let mut share = Share { problem: shared.clone(), ..Share::default() };
        share.records.reserve(resources.len());
        for resource in resources {
            match map::record(resource, medications) {
                Some(record) => share.records.push(record),
                None => share.withdrawn += 1,
            }
        }
        share
    };
    sifted.of.into_iter().map(|(patient, resources)| (patient, share(resources))).collect()
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
