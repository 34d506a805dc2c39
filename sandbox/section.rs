//! The topics of a person's health, in the words of the ward.

use serde::{Serialize, Serializer};

/// One topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// Diagnoses and problems.
    Conditions,
    /// Allergies, and the statement that there are none.
    Allergies,
    /// Drugs ordered, dispensed or reported; a fact is one clinical drug.
    Medications,
    /// Laboratory results, vital signs, social history, scores.
    Observations,
    /// Vaccinations.
    Immunizations,
    /// Procedures.
    Procedures,
    /// Visits and stays.
    Encounters,
    /// Appointments.
    Appointments,
    /// Documents.
    Documents,
    /// Care plans.
    CarePlans,
    /// Goals.
    Goals,
    /// Members of the care team; one resource names many.
    CareTeam,
    /// Referrals.
    Referrals,
    /// Insurance.
    Coverage,
}

impl Section {
    /// The name of the section, as the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conditions => "conditions",
            Self::Allergies => "allergies",
            Self::Medications => "medications",
            Self::Observations => "observations",
            Self::Immunizations => "immunizations",
            Self::Procedures => "procedures",
            Self::Encounters => "encounters",
            Self::Appointments => "appointments",
            Self::Documents => "documents",
            Self::CarePlans => "carePlans",
            Self::Goals => "goals",
            Self::CareTeam => "careTeam",
            Self::Referrals => "referrals",
            Self::Coverage => "coverage",
        }
    }
}

impl Serialize for Section {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
