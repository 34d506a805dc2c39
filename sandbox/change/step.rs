//! One change of a chart, as it is done again whenever the chart is written.

use time::OffsetDateTime;

use crate::{
    resource_type::ResourceType,
    terms::{drugs::Drug, problems::ProblemTerm, substances::Substance},
};

/// A change and its time.
#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) at: OffsetDateTime,
    pub(crate) deed: Deed,
}

/// What was done.
#[derive(Clone)]
pub(crate) enum Deed {
    Allergy(&'static Substance),
    Condition(&'static ProblemTerm),
    Medication(&'static Drug),
    Amend { kind: ResourceType, id: String, status: &'static str },
    Remove { kind: ResourceType, id: String },
}

impl Deed {
    /// The word for what happened to the resource.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Allergy(_) | Self::Condition(_) | Self::Medication(_) => "added",
            Self::Amend { .. } => "amended",
            Self::Remove { .. } => "removed",
        }
    }
}
