//! The resource types that the FHIR systems know, and how each can be searched.

use crate::site::Site;

/// A resource type of FHIR R4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ResourceType {
    AllergyIntolerance,
    Appointment,
    CarePlan,
    CareTeam,
    Condition,
    Coverage,
    DocumentReference,
    Encounter,
    Goal,
    Immunization,
    Medication,
    MedicationDispense,
    MedicationRequest,
    MedicationStatement,
    Observation,
    Organization,
    Patient,
    Practitioner,
    Procedure,
    ServiceRequest,
}

/// How a type can be searched, beside by id and by time of change.
pub(crate) struct SearchForm {
    /// The parameters that take a patient; none for what belongs to nobody.
    pub(crate) patient: &'static [&'static str],
    /// Parameters that take codes, and the elements that hold them.
    pub(crate) tokens: &'static [(&'static str, &'static [&'static str])],
    /// Parameters that take dates, and the elements that hold them; the first element present counts.
    pub(crate) dates: &'static [(&'static str, &'static [&'static str])],
}

const EVERYONE: &[&str] = &["patient", "subject"];
const PATIENT: &[&str] = &["patient"];
const STATUS: (&str, &[&str]) = ("status", &["status"]);
const CODE: (&str, &[&str]) = ("code", &["code"]);
const CATEGORY: (&str, &[&str]) = ("category", &["category"]);
const DRUG: (&str, &[&str]) = ("code", &["medicationCodeableConcept"]);

impl ResourceType {
    pub(crate) const ALL: [Self; 20] = [
        Self::AllergyIntolerance,
        Self::Appointment,
        Self::CarePlan,
        Self::CareTeam,
        Self::Condition,
        Self::Coverage,
        Self::DocumentReference,
        Self::Encounter,
        Self::Goal,
        Self::Immunization,
        Self::Medication,
        Self::MedicationDispense,
        Self::MedicationRequest,
        Self::MedicationStatement,
        Self::Observation,
        Self::Organization,
        Self::Patient,
        Self::Practitioner,
        Self::Procedure,
        Self::ServiceRequest,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::AllergyIntolerance => "AllergyIntolerance",
            Self::Appointment => "Appointment",
            Self::CarePlan => "CarePlan",
            Self::CareTeam => "CareTeam",
            Self::Condition => "Condition",
            Self::Coverage => "Coverage",
            Self::DocumentReference => "DocumentReference",
            Self::Encounter => "Encounter",
            Self::Goal => "Goal",
            Self::Immunization => "Immunization",
            Self::Medication => "Medication",
            Self::MedicationDispense => "MedicationDispense",
            Self::MedicationRequest => "MedicationRequest",
            Self::MedicationStatement => "MedicationStatement",
            Self::Observation => "Observation",
            Self::Organization => "Organization",
            Self::Patient => "Patient",
            Self::Practitioner => "Practitioner",
            Self::Procedure => "Procedure",
            Self::ServiceRequest => "ServiceRequest",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// What a site offers: the pharmacy knows drugs only, the eye clinic eyes.
    pub(crate) fn offered_by(self, site: Site) -> bool {
        match site {
            Site::Cornerstone => matches!(
                self,
                Self::AllergyIntolerance
                    | Self::Medication
                    | Self::MedicationDispense
                    | Self::MedicationRequest
                    | Self::Patient
            ),
            Site::Clearview => matches!(
                self,
                Self::Appointment
                    | Self::Condition
                    | Self::MedicationRequest
                    | Self::Observation
                    | Self::Organization
                    | Self::Patient
                    | Self::Practitioner
                    | Self::Procedure
            ),
            Site::Lakeside | Site::Northgate | Site::Stmary | Site::Harbor => {
                self != Self::MedicationDispense
            }
        }
    }

    /// True for types whose resources name a drug that may stand in a resource of its own.
    pub(crate) fn names_medication(self) -> bool {
        matches!(
            self,
            Self::MedicationRequest | Self::MedicationDispense | Self::MedicationStatement
        )
    }

    /// True for types of which nothing belongs to a patient.
    pub(crate) fn of_staff(self) -> bool {
        matches!(self, Self::Organization | Self::Practitioner)
    }

    pub(crate) fn search_form(self) -> SearchForm {
        match self {
            Self::AllergyIntolerance => form(
                PATIENT,
                &[("clinical-status", &["clinicalStatus"]), CODE, CATEGORY],
                &[("date", &["recordedDate"])],
            ),
            Self::Appointment => form(PATIENT, &[STATUS], &[("date", &["start"])]),
            Self::CarePlan | Self::CareTeam => {
                form(EVERYONE, &[STATUS, CATEGORY], &[("date", &["period"])])
            }
            Self::Condition => form(
                EVERYONE,
                &[("clinical-status", &["clinicalStatus"]), CODE, CATEGORY],
                &[
                    ("recorded-date", &["recordedDate"]),
                    ("onset-date", &["onsetDateTime", "onsetPeriod"]),
                ],
            ),
            Self::Coverage => {
                form(&["patient", "beneficiary"], &[STATUS, ("type", &["type"])], &[])
            }
            Self::DocumentReference => {
                form(EVERYONE, &[STATUS, CATEGORY, ("type", &["type"])], &[("date", &["date"])])
            }
            Self::Encounter => form(
                EVERYONE,
                &[STATUS, ("class", &["class"]), ("type", &["type"])],
                &[("date", &["period"])],
            ),
            Self::Goal => form(
                EVERYONE,
                &[("lifecycle-status", &["lifecycleStatus"])],
                &[("start-date", &["startDate"])],
            ),
            Self::Immunization => form(
                PATIENT,
                &[STATUS, ("vaccine-code", &["vaccineCode"])],
                &[("date", &["occurrenceDateTime", "occurrenceString"])],
            ),
            Self::Medication => form(&[], &[CODE], &[]),
            Self::MedicationDispense => {
                form(EVERYONE, &[STATUS, DRUG], &[("whenhandedover", &["whenHandedOver"])])
            }
            Self::MedicationRequest => form(
                EVERYONE,
                &[STATUS, DRUG, ("intent", &["intent"])],
                &[("authoredon", &["authoredOn"])],
            ),
            Self::MedicationStatement => form(
                EVERYONE,
                &[STATUS, DRUG],
                &[("effective", &["effectiveDateTime", "effectivePeriod"])],
            ),
            Self::Observation => form(
                EVERYONE,
                &[STATUS, CODE, CATEGORY],
                &[("date", &["effectiveDateTime", "effectivePeriod", "effectiveInstant"])],
            ),
            Self::Organization | Self::Practitioner | Self::Patient => form(&[], &[], &[]),
            Self::Procedure => form(
                EVERYONE,
                &[STATUS, CODE, CATEGORY],
                &[("date", &["performedDateTime", "performedPeriod"])],
            ),
            Self::ServiceRequest => form(
                EVERYONE,
                &[STATUS, CODE, CATEGORY, ("intent", &["intent"])],
                &[("authored", &["authoredOn"])],
            ),
        }
    }
}

const fn form(
    patient: &'static [&'static str],
    tokens: &'static [(&'static str, &'static [&'static str])],
    dates: &'static [(&'static str, &'static [&'static str])],
) -> SearchForm {
    SearchForm { patient, tokens, dates }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_types() {
        assert!(
            ResourceType::ALL
                .into_iter()
                .all(|kind| ResourceType::from_name(kind.as_str()) == Some(kind))
        );
        assert_eq!(ResourceType::from_name("Thing"), None);
    }
}
