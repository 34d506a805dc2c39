//! Leaves out of a section what a mask does not let through.

use std::collections::HashSet;

use super::labelling::Labelling;
use super::merge::fold;
use super::parts;
use super::patient::Patient;
use crate::access::{AccessMask, CATEGORY_SYSTEM, Label, LabelSet, RecordType};
use crate::gather::{Fetched, Said};
use caregraph_connectors::record::{Component, Concept, Fact, Listener, Record, Section, Text};

/// What may be shown of a section. A record without labels that names the same thing as one that is hidden is hidden
/// too: whoever reads one knows the other.
pub(super) fn sift(
    section: Section,
    mut fetched: Vec<Fetched>,
    mask: &AccessMask,
    labelling: &Labelling,
) -> Vec<Fetched> {
    let is_medicine = section == Section::Medications;
    fetched.retain(|it| {
        let source = &it.outcome.source.id;
        !mask.closes(source.as_str()) && mask.lets_through(labelling.floor(source), is_medicine)
    });
    if mask.hides_records() {
        hide_by_label(&mut fetched, mask, labelling, is_medicine);
    }
    if let Some(organization) = mask.only_of(Patient::class_of(section)) {
        for it in &mut fetched {
            it.outcome.withdrawn = 0;
            it.records.retain(|record| names_organization(record, organization));
        }
    }
    // Last, so that what labels hide hides its namesakes, whether a scope is for it or not.
    if mask.is_narrowed() {
        for it in &mut fetched {
            it.outcome.withdrawn = 0;
            it.records.retain(|record| is_granted(record, mask));
        }
    }
    fetched
}

/// True when the token's scopes let the record through.
fn is_granted(record: &Record, mask: &AccessMask) -> bool {
    let of = match &record.fact {
        Fact::Person(_) => RecordType::Patient,
        Fact::Condition(_) => RecordType::Condition,
        Fact::Allergy(_) => RecordType::AllergyIntolerance,
        Fact::Order(_) => RecordType::MedicationRequest,
        Fact::Report(_) => RecordType::MedicationStatement,
        Fact::Fill(_) => RecordType::MedicationDispense,
        Fact::Observation(_) => RecordType::Observation,
        Fact::Immunization(_) => RecordType::Immunization,
        Fact::Procedure(_) => RecordType::Procedure,
        Fact::Encounter(_) => RecordType::Encounter,
        Fact::Appointment(_) => RecordType::Appointment,
        Fact::Document(_) => RecordType::DocumentReference,
        Fact::CarePlan(_) => RecordType::CarePlan,
        Fact::Goal(_) => RecordType::Goal,
        Fact::CareTeam(_) => RecordType::CareTeam,
        Fact::Referral(_) => RecordType::ServiceRequest,
        Fact::Coverage(_) => RecordType::Coverage,
    };
    let categories = match &record.fact {
        Fact::Observation(observation) => observation.categories.as_slice(),
        _ => &[],
    };
    let codings = categories.iter().flat_map(|category| &category.codings);
    let known = codings.filter(|it| it.system.as_deref().is_none_or(|it| it == CATEGORY_SYSTEM));
    mask.grants_record(of, known.filter_map(|coding| coding.code.as_deref()))
}

/// Leaves out the records whose labels the mask does not let through, and their namesakes.
fn hide_by_label(
    fetched: &mut [Fetched],
    mask: &AccessMask,
    labelling: &Labelling,
    is_medicine: bool,
) {
    let mut hidden: HashSet<Name> = HashSet::new();
    for it in &mut *fetched {
        // Nobody knows how sensitive a record was that its source took back.
        it.outcome.withdrawn = 0;
        let source = it.outcome.source.clone();
        it.records.retain_mut(|record| {
            // A record's labels are those of its parts too, so none of these is hidden in a record that is let through.
            let labels = labelling.of_said(&source.id, record);
            if mask.lets_through(labels, is_medicine) {
                cut(record, labels, mask);
                return true;
            }
            let parts = parts::take_out(record, |part| {
                !mask.lets_through(labelling.of_part(part), is_medicine)
            });
            hidden.extend(parts.taken.iter().flat_map(part_names));
            if !parts.is_something_left {
                return false;
            }
            let labels = labelling.of_said(&source.id, record);
            if mask.lets_through(labels, is_medicine) {
                cut(record, labels, mask);
                return true;
            }
            // What nobody has classified tells nothing of a namesake that somebody has.
            let unclassified = LabelSet::default().with(Label::Unclassified);
            if !mask.lets_through(labels.without(unclassified), is_medicine) {
                hidden.extend(names(record));
            }
            false
        });
    }
    hide_namesakes(fetched, hidden);
}

/// True for a referral to this organisation.
fn names_organization(record: &Record, organization: &str) -> bool {
    let Fact::Referral(referral) = &record.fact else { return false };
    let own = fold(organization);
    !own.is_empty() && referral.performers.iter().any(|performer| fold(performer) == own)
}

/// Hides what names the same thing as something hidden, until nothing is left that does.
fn hide_namesakes(fetched: &mut [Fetched], mut hidden: HashSet<Name>) {
    let mut known = 0;
    while hidden.len() > known {
        known = hidden.len();
        for it in &mut *fetched {
            it.records.retain_mut(|record| {
                let names = names(record);
                let is_namesake = names.iter().any(|name| hidden.contains(name));
                if is_namesake {
                    hidden.extend(names);
                }
                let parts = parts::take_out(record, |part| {
                    part_names(part).iter().any(|name| hidden.contains(name))
                });
                hidden.extend(parts.taken.iter().flat_map(part_names));
                !is_namesake && parts.is_something_left
            });
        }
    }
}

/// Takes the reasons from a medicine that is shown although its labels would hide a diagnosis.
fn cut(said: &mut Said, labels: LabelSet, mask: &AccessMask) {
    let gives_reasons = matches!(&said.fact, Fact::Order(order) if !order.reasons.is_empty());
    if gives_reasons
        && !mask.lets_through(labels, false)
        && let Fact::Order(order) = &mut said.change().fact
    {
        order.reasons.clear();
    }
}

/// By what two records are known to speak of the same thing: a code with its system, or words.
type Name = (Text, Text);

fn names(record: &Record) -> Vec<Name> {
    struct Names(Vec<Name>);
    impl<'f> Listener<'f> for Names {
        fn topic(&mut self, concept: &'f Concept) {
            self.0.extend(names_of(concept));
        }
        fn concept(&mut self, _: &'f Concept) {}
        fn words(&mut self, _: &'f Text) {}
    }
    let mut names = Names(Vec::new());
    record.fact.tell(&mut names);
    names.0
}

fn part_names(part: &Component) -> Vec<Name> {
    part.code.iter().flat_map(names_of).collect()
}

/// Each code with its system, and the words.
fn names_of(concept: &Concept) -> impl Iterator<Item = Name> + '_ {
    let codes = concept
        .codings
        .iter()
        .filter_map(|coding| Some((coding.system.clone()?, coding.code.clone()?)));
    codes.chain(concept.words().map(|words| (Text::default(), fold(words).into())))
}
