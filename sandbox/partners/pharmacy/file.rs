//! What the pharmacy has on file about one member, and how it is written down for others.

use serde_json::{Value, json};
use time::Date;

use crate::day;

/// What the pharmacy has on file about one member.
#[derive(Clone, Debug, PartialEq)]
pub struct PharmacyFile {
    /// The number of the member.
    pub member_number: String,
    /// What came in, oldest first.
    pub prescriptions: Vec<Prescription>,
    /// What was handed out, and what is about to be.
    pub fills: Vec<Fill>,
    /// What the member says not to tolerate.
    pub allergies: Vec<ReportedAllergy>,
}

/// A prescription that came in.
#[derive(Clone, Debug, PartialEq)]
pub struct Prescription {
    /// Its number at this pharmacy.
    pub number: u64,
    /// What the pharmacy calls the drug.
    pub label: &'static str,
    /// The National Drug Code.
    pub code: Option<&'static str>,
    /// A: in use, E: over, X: cancelled.
    pub status: char,
    /// When it was written.
    pub written: Date,
    /// Until when it can be filled.
    pub expires: Date,
    pub(super) directions: &'static str,
    pub(super) as_needed: bool,
    pub(super) prescriber: [&'static str; 2],
    pub(super) diagnosis: Option<&'static str>,
}

/// Something that was handed out.
#[derive(Clone, Debug, PartialEq)]
pub struct Fill {
    /// The number of the prescription.
    pub prescription: u64,
    /// The how many-th fill of it, from 0.
    pub number: u64,
    /// What the pharmacy calls the drug.
    pub label: &'static str,
    /// The National Drug Code.
    pub code: Option<&'static str>,
    /// D: handed out, R: being made ready, H: on hold, X: cancelled.
    pub status: char,
    /// When it was handed out.
    pub filled: Option<Date>,
    /// How much.
    pub quantity: f64,
    /// For how many days; not told of what is taken as needed.
    pub days: Option<u32>,
    /// It was taken back: it should not have been written down.
    pub voided: bool,
    pub(super) form: &'static str,
    pub(super) directions: &'static str,
    pub(super) store: usize,
    pub(super) changed: Date,
}

/// What a member says not to tolerate.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportedAllergy {
    /// Its number at this pharmacy.
    pub id: String,
    /// To what.
    pub substance: &'static str,
    /// True when it still is so.
    pub current: bool,
    pub(super) severe: Option<bool>,
    pub(super) reactions: String,
    pub(super) since: Option<Date>,
}

pub(super) const STORES: [(&str, &str); 3] = [
    ("Greenleaf Main Street", "Riverton"),
    ("Greenleaf Mill Square", "Millbrook"),
    ("Greenleaf Harrow", "Harrow"),
];

impl PharmacyFile {
    /// Nothing is on file.
    pub fn is_empty(&self) -> bool {
        self.prescriptions.is_empty() && self.fills.is_empty() && self.allergies.is_empty()
    }
}

/// `03/04/2026`
pub(super) fn american(day: Date) -> String {
    format!("{:02}/{:02}/{:04}", day.month() as u8, day.day(), day.year())
}

impl Prescription {
    pub(super) fn written(&self) -> Value {
        json!({
            "rxNo": self.number,
            "status": self.status,
            "writtenOn": american(self.written),
            "expiresOn": american(self.expires),
            "drug": { "ndc": self.code, "label": self.label },
            "prescriber": { "first": self.prescriber[0], "last": self.prescriber[1] },
            "sig": self.directions,
            "prn": if self.as_needed { "Y" } else { "N" },
            "diagnoses": self.diagnosis.into_iter().collect::<Vec<_>>(),
        })
    }
}

impl Fill {
    pub(super) fn written(&self, member: &str) -> Value {
        let (name, city) = STORES[self.store];
        json!({
            "memberNo": member,
            "rxNo": self.prescription,
            "fillNo": self.number,
            "status": self.status,
            // Empty as long as nobody has fetched it.
            "filledOn": self.filled.map(american).unwrap_or_default(),
            "changedAt": day::instant(day::at(self.changed, 17, 5)),
            "drug": { "ndc": self.code, "label": self.label, "form": self.form },
            "qty": self.quantity,
            "unit": self.form,
            "days": self.days,
            "store": { "name": name, "city": city },
            "sig": self.directions,
            "voided": self.voided,
        })
    }
}

impl ReportedAllergy {
    pub(super) fn written(&self) -> Value {
        let month = |day: Date| format!("{:02}/{:04}", day.month() as u8, day.year());
        let mut told = json!({
            "id": self.id,
            "to": self.substance,
            "current": self.current,
            "reactions": self.reactions,
            "since": self.since.map(month),
        });
        if let Some(severe) = self.severe {
            told["severe"] = json!(if severe { "Y" } else { "N" });
        }
        told
    }
}
