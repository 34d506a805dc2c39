//! Bookings.

use super::concept::Concept;
use super::connection::{Connection, Entry, item};
use super::gate::{Id, object};
use super::merge::{Fit, Key, Mergeable, claims, merge};
use super::paging::newest_first;
use super::provenance::Provenance;
use super::reading::Reading;
use super::snapshot::View;
use caregraph_connectors::record::{self, Fact, FuzzyDate, Record, Section};

object! {
    /// A booking.
    struct Appointment in ["Node"] {
        /// Opaque and stable.
        id: Id, Inherit;
        /// HL7 status: booked, cancelled, noshow, …
        status: Option<String>, Appointments;
        /// What for.
        service: Option<Concept>, Appointments;
        /// When it begins.
        start: Option<FuzzyDate>, Appointments;
        /// When it ends.
        end: Option<FuzzyDate>, Appointments;
        /// Why.
        reasons: Option<Vec<Concept>>, Appointments;
        /// With whom.
        practitioner: Option<String>, Appointments;
        /// Where.
        location: Option<String>, Appointments;
        /// What the booking says.
        description: Option<String>, Appointments;
        /// Where it comes from.
        provenance: Provenance, Inherit;
    }
}
item!(Appointment);

impl Mergeable for record::Appointment {
    /// A booking's own number is the only thing that makes two records plainly the same booking.
    fn keys<'a>(&'a self, record: &'a Record) -> Vec<Key<'a>> {
        record
            .identifiers
            .iter()
            .filter_map(|identifier| {
                Some((identifier.system.as_deref()?.into(), identifier.value.as_str().into(), 0))
            })
            .collect()
    }

    fn fit(&self, other: &Self) -> Fit {
        if self.start == other.start { Fit::Same } else { Fit::Different }
    }
}

fn of(fact: &Fact) -> Option<&record::Appointment> {
    match fact {
        Fact::Appointment(appointment) => Some(appointment),
        _ => None,
    }
}

/// All bookings of the view, the latest first.
pub(crate) fn read(view: &View) -> Connection<Appointment> {
    let section = view.section(Section::Appointments);
    let entries = merge(claims(section.members(), of)).into_iter().map(|group| {
        let mut reading = Reading::of(group);
        let node = Appointment {
            id: reading.id(Section::Appointments, view.person()),
            status: reading.text("status", |appointment| appointment.status.as_ref()),
            service: reading.concept(|appointment| appointment.service.as_ref()),
            start: reading.date("start", |appointment| appointment.start.as_ref()),
            end: reading.date("end", |appointment| appointment.end.as_ref()),
            reasons: reading.concepts(|appointment| &appointment.reasons),
            practitioner: reading
                .text("practitioner", |appointment| appointment.practitioner.as_ref()),
            location: reading.text("location", |appointment| appointment.location.as_ref()),
            description: reading.first(|appointment| appointment.description.clone()),
            provenance: reading.provenance(),
        };
        Entry { place: (newest_first(node.start.as_ref()), reading.hash()), node }
    });
    Connection::new(entries.collect(), section.completeness())
}
