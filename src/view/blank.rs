//! Takes from records what the classes of a mask hide, before anything is merged by it: whether two sources state the
//! same value is a fact about that value.

use crate::access::{AccessMask, FieldClass};
use caregraph_connectors::record::{Fact, Record};

/// Leaves of a record what the mask lets be shown.
pub(super) fn blank(record: &mut Record, mask: &AccessMask) {
    match &mut record.fact {
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
