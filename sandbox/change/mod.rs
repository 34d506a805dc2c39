//! Changes of the records while the systems run: what is asked for, what came of it, and what is remembered of it.

mod making;
mod memory;
mod novelty;
mod step;

use serde::Serialize;

use crate::resource_type::ResourceType;
pub(crate) use making::Made;
pub(crate) use memory::Memory;
pub use novelty::Novelty;
pub(crate) use step::{Deed, Step};

/// What is to change in the records of a system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Something new is written down.
    Add {
        /// The number of the person.
        person: u64,
        /// What sort of thing.
        what: Novelty,
        /// Which one, by its key in the tables: `penicillin`, `asthma`, an `RxCUI`. Without it, one that nobody has
        /// written down about the person yet.
        of: Option<String>,
    },
    /// A resource, named as `Condition/4711`, gets another status.
    Amend {
        /// Type and id.
        reference: String,
        /// The status, in the words of its type.
        status: String,
    },
    /// A resource is gone.
    Remove {
        /// Type and id.
        reference: String,
    },
}

/// What came of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    /// The system's id.
    pub system: &'static str,
    /// What happened to the resource: `added`, `amended` or `removed`.
    pub change: &'static str,
    /// Type and id.
    pub reference: String,
    /// The system's own id of the patient.
    pub patient: String,
    /// What the resource calls the thing that it is about, if in words.
    pub text: Option<String>,
    /// Which version of the resource it is.
    pub version_id: String,
    /// When it happened, as the resource says.
    pub last_updated: String,
}

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The system is a directory.
    #[error("this system keeps no records of patients; name another one")]
    NoRecords,
    /// Nobody is known under that number or id.
    #[error("this system does not know the patient; name the id that it gave them")]
    Patient,
    /// The tables have no such thing.
    #[error("there is no {what} `{of}` in the tables; the {what}s are {known}")]
    Unknown {
        /// What sort of thing.
        what: Novelty,
        /// What was named.
        of: String,
        /// What could be.
        known: String,
    },
    /// The person has all that the tables hold.
    #[error("the patient has every {0} of the tables already; name one, or remove one first")]
    NothingNew(Novelty),
    /// There is no such resource at the system.
    #[error(
        "this system has no `{0}` of a patient; name type and id of one, such as Condition/4711"
    )]
    Missing(String),
    /// The type has no such status.
    #[error("a {kind} cannot be `{status}`; it can be {known}")]
    Status {
        /// The type.
        kind: &'static str,
        /// What was asked for.
        status: String,
        /// What could be.
        known: String,
    },
}

/// Type and id of a reference.
pub(crate) fn named(reference: &str) -> Result<(ResourceType, &str), ChangeError> {
    let missing = || ChangeError::Missing(reference.to_owned());
    let (kind, id) = reference.split_once('/').ok_or_else(missing)?;
    Ok((ResourceType::from_name(kind).ok_or_else(missing)?, id))
}
