//! What a fact says in codes and in words, whatever kind of fact it is: by this it is told how sensitive it is.

use super::{Concept, Fact, ObservationValue, Text};

/// Takes the concepts and the words of a fact.
pub trait Listener<'f> {
    /// The concept that names the thing itself. A fact that names none, or several, calls this as often.
    fn topic(&mut self, concept: &'f Concept);
    /// A concept beside it: a reason, a kind, a place.
    fn concept(&mut self, concept: &'f Concept);
    /// Words that a person wrote.
    fn words(&mut self, words: &'f Text);
}

impl Fact {
    /// True for facts that name a thing, such as a disease or a drug. Persons, teams and insurance name none.
    pub fn has_topic(&self) -> bool {
        !matches!(self, Self::Person(_) | Self::CareTeam(_) | Self::Coverage(_))
    }

    /// Tells everything that the fact says in codes and in words.
    pub fn tell<'f>(&'f self, to: &mut impl Listener<'f>) {
        match self {
            Self::Person(_) => {}
            Self::Condition(it) => {
                topics(to, &it.code);
                concepts(to, it.categories.iter().chain(&it.severity));
            }
            Self::Allergy(it) => {
                topics(to, &it.substance);
                concepts(to, &it.reactions);
            }
            Self::Order(it) => {
                topics(to, &it.medication.drug);
                concepts(to, &it.reasons);
            }
            Self::Report(it) => topics(to, &it.medication.drug),
            Self::Fill(it) => topics(to, &it.medication.drug),
            Self::Observation(it) => {
                topics(to, &it.code);
                concepts(to, it.categories.iter().chain(&it.interpretation).chain(&it.body_site));
                value(to, it.value.as_ref());
                for component in &it.components {
                    concepts(to, component.code.iter());
                    value(to, component.value.as_ref());
                }
            }
            Self::Immunization(it) => topics(to, &it.vaccine),
            Self::Procedure(it) => {
                topics(to, &it.code);
                concepts(to, it.reasons.iter().chain(&it.body_site).chain(&it.outcome));
            }
            Self::Encounter(it) => {
                topics(to, &it.types);
                concepts(to, it.reasons.iter().chain(&it.disposition));
                words(to, it.facility.iter());
            }
            Self::Appointment(it) => {
                topics(to, &it.service);
                concepts(to, &it.reasons);
                words(to, it.description.iter().chain(&it.location));
            }
            Self::Document(it) => {
                topics(to, &it.kind);
                words(to, it.title.iter());
            }
            Self::CarePlan(it) => {
                topics(to, &it.categories);
                concepts(to, it.activities.iter().filter_map(|activity| activity.what.as_ref()));
                words(to, it.title.iter().chain(&it.description));
                words(
                    to,
                    it.activities.iter().filter_map(|activity| activity.description.as_ref()),
                );
            }
            Self::Goal(it) => {
                topics(to, &it.description);
                concepts(to, it.targets.iter().filter_map(|target| target.measure.as_ref()));
                words(to, it.targets.iter().filter_map(|target| target.detail.as_ref()));
            }
            Self::CareTeam(it) => {
                words(to, it.name.iter());
                concepts(to, it.participants.iter().flat_map(|member| &member.roles));
                words(to, it.participants.iter().filter_map(|member| member.organization.as_ref()));
            }
            Self::Referral(it) => {
                topics(to, &it.service);
                concepts(to, it.reasons.iter().chain(&it.categories));
                words(to, &it.performers);
            }
            Self::Coverage(it) => {
                concepts(to, it.kind.iter());
                words(to, it.plan.iter());
            }
        }
    }
}

fn topics<'f>(to: &mut impl Listener<'f>, all: impl IntoIterator<Item = &'f Concept>) {
    all.into_iter().for_each(|concept| to.topic(concept));
}

fn concepts<'f>(to: &mut impl Listener<'f>, all: impl IntoIterator<Item = &'f Concept>) {
    all.into_iter().for_each(|concept| to.concept(concept));
}

fn words<'f>(to: &mut impl Listener<'f>, all: impl IntoIterator<Item = &'f Text>) {
    all.into_iter().for_each(|text| to.words(text));
}

fn value<'f>(to: &mut impl Listener<'f>, value: Option<&'f ObservationValue>) {
    match value {
        Some(ObservationValue::Concept(concept)) => to.concept(concept),
        Some(ObservationValue::Text(text)) => to.words(text),
        Some(ObservationValue::Quantity(_)) | None => {}
    }
}
