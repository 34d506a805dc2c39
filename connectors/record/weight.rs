//! How much memory a record takes, as far as can be told from outside the allocator: for caches that are bounded by bytes.

use super::{
    Activity, Address, Allergy, Appointment, CarePlan, CareTeam, Coding, Component, Concept,
    Condition, ContactPoint, Coverage, Document, Dosage, Encounter, Fact, Fill, FuzzyDate, Goal,
    GoalTarget, Identifier, Immunization, Medication, MedicationOrder, MedicationReport,
    Observation, ObservationValue, Participant, Person, PersonName, Procedure, Quantity, Record,
    Referral, Text,
};

/// The longest text that is held in place.
const IN_PLACE: usize = 23;

impl Record {
    /// How many bytes it takes. Long texts that it shares with others are counted as its own.
    pub fn weight(&self) -> usize {
        size_of::<Self>() + self.heap()
    }
}

/// What a value has on the heap.
trait Weigh {
    fn heap(&self) -> usize;
}

/// What the allocator takes for so many bytes.
const fn block(bytes: usize) -> usize {
    if bytes == 0 { 0 } else { (bytes + 8).next_multiple_of(16) }
}

/// A long text stands behind two counters.
const fn text(length: usize) -> usize {
    if length > IN_PLACE { block(length + 2 * size_of::<usize>()) } else { 0 }
}

impl Weigh for Text {
    fn heap(&self) -> usize {
        if self.is_heap_allocated() { text(self.len()) } else { 0 }
    }
}

impl Weigh for FuzzyDate {
    fn heap(&self) -> usize {
        text(self.as_str().len())
    }
}

impl Weigh for String {
    fn heap(&self) -> usize {
        block(self.capacity())
    }
}

impl Weigh for bool {
    fn heap(&self) -> usize {
        0
    }
}

impl<T: Weigh> Weigh for Option<T> {
    fn heap(&self) -> usize {
        self.as_ref().map_or(0, Weigh::heap)
    }
}

impl<T: Weigh> Weigh for Vec<T> {
    fn heap(&self) -> usize {
        block(self.capacity() * size_of::<T>()) + self.iter().map(Weigh::heap).sum::<usize>()
    }
}

impl<T: Weigh> Weigh for Box<T> {
    fn heap(&self) -> usize {
        block(size_of::<T>()) + (**self).heap()
    }
}

/// Weighs structs by all of their fields: one that is forgotten here is a mistake that the compiler finds.
macro_rules! weigh {
    ($($type:ident { $($field:ident),+ $(,)? })+) => {$(
        impl Weigh for $type {
            fn heap(&self) -> usize {
                let Self { $($field),+ } = self;
                0 $(+ $field.heap())+
            }
        }
    )+};
}

weigh! {
    Record { reference, recorded, updated, identifiers, labels, fact }
    Identifier { system, value, kind }
    Coding { system, code, display }
    Concept { text, codings }
    Quantity { value, comparator, unit, code }
    Condition { code, clinical_status, verification, categories, onset, abatement, severity }
    Allergy {
        substance, clinical_status, verification, criticality, categories, reactions, onset,
    }
    Component { code, value, interpretation, range, absent }
    Observation {
        code, status, categories, value, absent, interpretation, range, taken, issued, components,
        body_site, specimen,
    }
    Immunization { vaccine, status, given, lot, dose, performer, status_reason }
    Procedure { code, status, start, end, reasons, performer, body_site, outcome }
    Encounter {
        class, status, types, start, end, reasons, facility, practitioner, disposition,
    }
    Appointment { status, service, start, end, reasons, practitioner, location, description }
    Document { kind, status, date, authors, title, content_type, text, hash }
    Coverage { status, kind, payer, member_id, plan, start, end }
    Dosage { text, dose, frequency, route, as_needed }
    Medication { drug, form }
    MedicationOrder {
        medication, status, intent, authored, prescriber, dosage, reasons, ends,
    }
    MedicationReport { medication, status, asserted, informant, dosage, start, end }
    Fill { medication, status, dispensed, quantity, days_supply, pharmacy, dosage }
    PersonName { text, family, given, prefix, suffix, usage }
    Address { usage, line, city, state, postal_code, country }
    ContactPoint { system, value, usage }
    Person {
        names, birth_date, sex, deceased, languages, addresses, telecom, identifiers,
    }
    Activity { what, status, description }
    CarePlan {
        title, status, intent, categories, description, start, end, author, activities, goals,
    }
    GoalTarget { measure, detail, due }
    Goal { description, status, achievement, priority, start, targets, expressed_by }
    Participant { name, npi, roles, organization, start, end, is_patient }
    CareTeam { name, status, participants }
    Referral {
        service, status, intent, priority, categories, authored, requester, performers, reasons,
        occurrence,
    }
}

impl Weigh for ObservationValue {
    fn heap(&self) -> usize {
        match self {
            Self::Quantity(it) => it.heap(),
            Self::Concept(it) => it.heap(),
            Self::Text(it) => it.heap(),
        }
    }
}

impl Weigh for Fact {
    fn heap(&self) -> usize {
        match self {
            Self::Person(it) => it.heap(),
            Self::Condition(it) => it.heap(),
            Self::Allergy(it) => it.heap(),
            Self::Order(it) => it.heap(),
            Self::Report(it) => it.heap(),
            Self::Fill(it) => it.heap(),
            Self::Observation(it) => it.heap(),
            Self::Immunization(it) => it.heap(),
            Self::Procedure(it) => it.heap(),
            Self::Encounter(it) => it.heap(),
            Self::Appointment(it) => it.heap(),
            Self::Document(it) => it.heap(),
            Self::CarePlan(it) => it.heap(),
            Self::Goal(it) => it.heap(),
            Self::CareTeam(it) => it.heap(),
            Self::Referral(it) => it.heap(),
            Self::Coverage(it) => it.heap(),
        }
    }
}
