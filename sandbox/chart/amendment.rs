//! Changes of a chart after it was written: what is new, what gets another status, what is gone.

use serde_json::{Value, json};

use super::{Chart, Draft, allergies, concept, conditions, dispenses, marks, medications};
use crate::{
    change::{Deed, Step},
    day,
    resource_type::ResourceType,
    site::Site,
};

const IN_ERROR: &str = "entered-in-error";

/// Does again what was changed.
pub(super) fn apply(chart: &mut Chart<'_>, step: &Step) {
    chart.now = Some(step.at);
    match &step.deed {
        Deed::Allergy(substance) => allergies::add(chart, substance, step.at.date()),
        Deed::Condition(term) => conditions::add(chart, term, step.at.date()),
        Deed::Medication(drug) if chart.site == Site::Cornerstone => {
            dispenses::add(chart, drug, step.at.date());
        }
        Deed::Medication(drug) => medications::add(chart, drug, step.at.date()),
        Deed::Amend { kind, id, status } => {
            let found = chart.drafts.iter_mut().find(|it| it.kind == *kind && it.id == *id);
            if let Some(draft) = found {
                amend(draft, status, step);
            }
        }
        Deed::Remove { kind, id } => {
            chart.drafts.retain(|draft| draft.kind != *kind || draft.id != *id);
        }
    }
}

fn amend(draft: &mut Draft, status: &str, step: &Step) {
    let was_in_error = std::mem::replace(&mut draft.in_error, status == IN_ERROR);
    if draft.in_error {
        marks::take_back(draft.kind, &mut draft.body);
    } else {
        write_status(draft, status, was_in_error);
    }
    draft.updated = step.at;
    let version = draft.version() + 1;
    draft.body["meta"]["versionId"] = json!(version.to_string());
    draft.body["meta"]["lastUpdated"] = json!(day::instant(step.at));
}

fn write_status(draft: &mut Draft, status: &str, was_in_error: bool) {
    let (clinical, verification) = match draft.kind {
        ResourceType::Condition => (concept::CONDITION_CLINICAL, concept::CONDITION_VERIFICATION),
        ResourceType::AllergyIntolerance => {
            (concept::ALLERGY_CLINICAL, concept::ALLERGY_VERIFICATION)
        }
        ResourceType::Goal => {
            draft.body.insert("lifecycleStatus".to_owned(), json!(status));
            return;
        }
        _ => {
            draft.body.insert("status".to_owned(), json!(status));
            return;
        }
    };
    draft.body.insert("clinicalStatus".to_owned(), concept::status(clinical, status));
    if was_in_error {
        let confirmed = concept::status(verification, "confirmed");
        draft.body.insert("verificationStatus".to_owned(), confirmed);
    }
}

/// The statuses that a resource of a type can be given.
pub(crate) fn statuses(kind: ResourceType) -> &'static [&'static str] {
    match kind {
        ResourceType::AllergyIntolerance => &["active", "inactive", "resolved", IN_ERROR],
        ResourceType::Condition => {
            &["active", "recurrence", "relapse", "inactive", "remission", "resolved", IN_ERROR]
        }
        ResourceType::MedicationRequest => {
            &["active", "on-hold", "cancelled", "completed", "stopped", "draft", IN_ERROR]
        }
        ResourceType::MedicationStatement => {
            &["active", "completed", "intended", "stopped", "on-hold", "not-taken", IN_ERROR]
        }
        ResourceType::MedicationDispense => {
            &["preparation", "in-progress", "cancelled", "on-hold", "completed", IN_ERROR]
        }
        ResourceType::Goal => {
            &["proposed", "active", "on-hold", "completed", "cancelled", "rejected", IN_ERROR]
        }
        ResourceType::Appointment => {
            &["booked", "arrived", "fulfilled", "cancelled", "noshow", IN_ERROR]
        }
        ResourceType::Encounter => {
            &["planned", "arrived", "in-progress", "finished", "cancelled", IN_ERROR]
        }
        ResourceType::CarePlan | ResourceType::ServiceRequest => {
            &["draft", "active", "on-hold", "revoked", "completed", IN_ERROR]
        }
        ResourceType::Observation => {
            &["registered", "preliminary", "final", "amended", "corrected", "cancelled", IN_ERROR]
        }
        ResourceType::Immunization => &["completed", "not-done", IN_ERROR],
        ResourceType::Procedure => {
            &["preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", IN_ERROR]
        }
        ResourceType::CareTeam => &["proposed", "active", "suspended", "inactive", IN_ERROR],
        ResourceType::Coverage => &["active", "cancelled", "draft", IN_ERROR],
        ResourceType::DocumentReference => &["current", "superseded", IN_ERROR],
        ResourceType::Medication
        | ResourceType::Organization
        | ResourceType::Patient
        | ResourceType::Practitioner => &[],
    }
}

impl Draft {
    /// The number of its version.
    pub(crate) fn version(&self) -> u64 {
        let written = self.body.get("meta").and_then(|meta| meta["versionId"].as_str());
        written.and_then(|version| version.parse().ok()).unwrap_or(1)
    }

    /// `Type/id`
    pub(crate) fn reference(&self) -> String {
        format!("{}/{}", self.kind.as_str(), self.id)
    }

    /// An element of it as JSON.
    pub(crate) fn json(self) -> Value {
        let mut body = self.body;
        body.insert("resourceType".to_owned(), json!(self.kind.as_str()));
        Value::Object(body)
    }
}
