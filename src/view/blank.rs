//! Takes from records what the classes of a mask hide, before anything is merged by it: whether two sources state the
//! same value is a fact about that value.

use crate::access::{AccessMask, FieldClass};
use crate::gather::Said;
use caregraph_connectors::record::Fact;

/// Leaves of a record what the mask lets be shown.
pub(super) fn blank(said: &mut Said, mask: &AccessMask) {
    if is_changed(&said.fact, mask) {
        blank_fact(&mut said.change().fact, mask);
    }
}

/// True when something of the fact is hidden; else the record stays the one that all share.
fn is_changed(fact: &Fact, mask: &AccessMask) -> bool {
    let is_hidden = |class| !mask.allows(class);
    match fact {
        Fact::Observation(it) => {
            is_hidden(FieldClass::ObservationValues)
                && (it.value.is_some() || !it.components.is_empty())
        }
        Fact::Document(it) => {
            is_hidden(FieldClass::DocumentText) && (it.text.is_some() || it.hash.is_some())
        }
        Fact::Person(_) => is_hidden(FieldClass::Identifiers) || is_hidden(FieldClass::Contact),
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
        | Fact::Coverage(_) => false,
    }
}

fn blank_fact(fact: &mut Fact, mask: &AccessMask) {
    match fact {
        Fact::Observation(observation) if !mask.allows(FieldClass::ObservationValues) => {
            observation.value = None;
            observation.components.clear();
        }
        Fact::Document(document) if !mask.allows(FieldClass::DocumentText) => {
            document.text = None;
            document.hash = None;
        }
        Fact::Person(person) => {
            if !mask.allows(FieldClass::Identifiers) {
                person.identifiers.clear();
            }
            if !mask.allows(FieldClass::Contact) {
                person.addresses.clear();
                person.telecom.clear();
            }
        }
        // Their classes are those of their sections, which are left out as a whole.
        Fact::Observation(_)
        | Fact::Document(_)
        | Fact::Condition(_)
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
        | Fact::Coverage(_) => {}
    }
}
