//! The fields that hold one code of a closed set, as FHIR R4 closes it. The sets of codings are not here: those are open.

use super::{Fact, Text};

/// One such field: the struct, the field in its public form, and the codes.
pub(super) type Row = (&'static str, &'static str, &'static [&'static str]);

const REQUEST_STATUS: &[&str] =
    &["draft", "active", "on-hold", "revoked", "completed", WITHDRAWN, "unknown"];

const REQUEST_INTENT: &[&str] = &[
    "proposal",
    "plan",
    "directive",
    "order",
    "original-order",
    "reflex-order",
    "filler-order",
    "instance-order",
    "option",
];

/// Every one of them.
pub(super) const SETS: &[Row] = &[
    (
        "Condition",
        "clinicalStatus",
        &["active", "recurrence", "relapse", "inactive", "remission", "resolved"],
    ),
    (
        "Condition",
        "verification",
        &["unconfirmed", "provisional", "differential", "confirmed", "refuted", WITHDRAWN],
    ),
    ("Allergy", "clinicalStatus", &["active", "inactive", "resolved"]),
    ("Allergy", "verification", &["unconfirmed", "confirmed", "refuted", WITHDRAWN]),
    ("Allergy", "criticality", &["low", "high", "unable-to-assess"]),
    ("Allergy", "categories", &["food", "medication", "environment", "biologic"]),
    ("Quantity", "comparator", &["<", "<=", ">=", ">"]),
    (
        "Observation",
        "status",
        &[
            "registered",
            "preliminary",
            "final",
            "amended",
            "corrected",
            "cancelled",
            WITHDRAWN,
            "unknown",
        ],
    ),
    ("Immunization", "status", &["completed", WITHDRAWN, "not-done"]),
    (
        "Procedure",
        "status",
        &[
            "preparation",
            "in-progress",
            "not-done",
            "on-hold",
            "stopped",
            "completed",
            WITHDRAWN,
            "unknown",
        ],
    ),
    (
        "Encounter",
        "status",
        &[
            "planned",
            "arrived",
            "triaged",
            "in-progress",
            "onleave",
            "finished",
            "cancelled",
            WITHDRAWN,
            "unknown",
        ],
    ),
    (
        "Appointment",
        "status",
        &[
            "proposed",
            "pending",
            "booked",
            "arrived",
            "fulfilled",
            "cancelled",
            "noshow",
            WITHDRAWN,
            "checked-in",
            "waitlist",
        ],
    ),
    ("Document", "status", &["current", "superseded", WITHDRAWN]),
    ("Coverage", "status", &["active", "cancelled", "draft", WITHDRAWN]),
    (
        "MedicationOrder",
        "status",
        &["active", "on-hold", "cancelled", "completed", WITHDRAWN, "stopped", "draft", "unknown"],
    ),
    (
        "MedicationOrder",
        "intent",
        &[
            "proposal",
            "plan",
            "order",
            "original-order",
            "reflex-order",
            "filler-order",
            "instance-order",
            "option",
        ],
    ),
    (
        "MedicationReport",
        "status",
        &[
            "active",
            "completed",
            WITHDRAWN,
            "intended",
            "stopped",
            "on-hold",
            "unknown",
            "not-taken",
        ],
    ),
    (
        "Fill",
        "status",
        &[
            "preparation",
            "in-progress",
            "cancelled",
            "on-hold",
            "completed",
            WITHDRAWN,
            "stopped",
            "declined",
            "unknown",
        ],
    ),
    ("CarePlan", "status", REQUEST_STATUS),
    ("CarePlan", "intent", &["proposal", "plan", "order", "option"]),
    (
        "Activity",
        "status",
        &[
            "not-started",
            "scheduled",
            "in-progress",
            "on-hold",
            "completed",
            "cancelled",
            "stopped",
            "unknown",
            WITHDRAWN,
        ],
    ),
    (
        "Goal",
        "status",
        &[
            "proposed",
            "planned",
            "accepted",
            "active",
            "on-hold",
            "completed",
            "cancelled",
            WITHDRAWN,
            "rejected",
        ],
    ),
    ("CareTeam", "status", &["proposed", "active", "suspended", "inactive", WITHDRAWN]),
    ("Referral", "status", REQUEST_STATUS),
    ("Referral", "intent", REQUEST_INTENT),
    ("Referral", "priority", &["routine", "urgent", "asap", "stat"]),
    ("Person", "sex", &["male", "female", "other", "unknown"]),
    (
        "PersonName",
        "usage",
        &["usual", "official", "temp", "nickname", "anonymous", "old", "maiden"],
    ),
    ("Address", "usage", &["home", "work", "temp", "old", "billing"]),
    ("ContactPoint", "system", &["phone", "fax", "email", "pager", "url", "sms", "other"]),
    ("ContactPoint", "usage", &["home", "work", "temp", "old", "mobile"]),
    ("ServiceRecord", "status", &["active", "inactive", "defunct", "temporarily closed"]),
];

/// The fields that hold a number as it was written.
pub(super) const DECIMALS: &[(&str, &str)] = &[("Quantity", "value")];

/// The code by which a source withdraws what it said.
pub const WITHDRAWN: &str = "entered-in-error";

impl Fact {
    /// True when its source withdrew it.
    pub fn is_withdrawn(&self) -> bool {
        let status: &Option<Text> = match self {
            Self::Condition(it) => &it.verification,
            Self::Allergy(it) => &it.verification,
            Self::Order(it) => &it.status,
            Self::Report(it) => &it.status,
            Self::Fill(it) => &it.status,
            Self::Observation(it) => &it.status,
            Self::Immunization(it) => &it.status,
            Self::Procedure(it) => &it.status,
            Self::Encounter(it) => &it.status,
            Self::Appointment(it) => &it.status,
            Self::Document(it) => &it.status,
            Self::CarePlan(it) => &it.status,
            Self::Goal(it) => &it.status,
            Self::CareTeam(it) => &it.status,
            Self::Referral(it) => &it.status,
            Self::Coverage(it) => &it.status,
            Self::Person(_) => &None,
        };
        status.as_deref() == Some(WITHDRAWN)
    }
}
