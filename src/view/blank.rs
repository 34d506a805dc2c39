//! Takes from records what the classes of a mask hide, before anything is merged by it: whether two sources state the
//! same value is a fact about that value.

use crate::access::{AccessMask, FieldClass};
use crate::gather::Said;
use caregraph_connectors::record::Fact;

/// Leaves of a record what the mask lets be shown. A record of which nothing is hidden stays the one that all share.
pub(super) fn blank(said: &mut Said, mask: &AccessMask) {
    for class in parts(&said.fact).iter().filter(|class| !mask.allows(**class)) {
        take(&mut said.change().fact, *class);
    }
}

/// The classes that hide a part of a fact, and not all of it.
fn parts(fact: &Fact) -> &'static [FieldClass] {
    match fact {
        Fact::Observation(_) => &[FieldClass::ObservationValues],
        Fact::Document(_) => &[FieldClass::DocumentText],
        Fact::Person(_) => &[FieldClass::Identifiers, FieldClass::Contact],
        // Their classes are those of their sections, which are left out as a whole.
        Fact::Condition(_)
        | Fact::Allergy(_)
        | Fact::Order(_)
        | Fact::Report(_)
        | Fact::Fill(_)
        | Fact::Immunization(_)
        | Fact::Procedure(_)
        | Fact::Encounter(_)
        | Fact::Appointment(_)
        | Fact::CarePlan(_)
        | Fact::Goal(_)
        | Fact::CareTeam(_)
        | Fact::Referral(_)
        | Fact::Coverage(_) => &[],
    }
}

/// Takes from a fact what a class hides of it.
fn take(fact: &mut Fact, class: FieldClass) {
    match (fact, class) {
        (Fact::Observation(observation), FieldClass::ObservationValues) => {
            observation.value = None;
            observation.components.clear();
        }
        (Fact::Document(document), FieldClass::DocumentText) => {
            document.text = None;
            document.hash = None;
        }
        (Fact::Person(person), FieldClass::Identifiers) => person.identifiers.clear(),
        (Fact::Person(person), FieldClass::Contact) => {
            person.addresses.clear();
            person.telecom.clear();
        }
        _ => {}
    }
}
