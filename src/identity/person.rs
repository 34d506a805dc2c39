//! A person, the records that they are, and why we believe it.

use std::fmt;

use caregraph_connectors::LocalId;
use caregraph_connectors::record::FuzzyDate;

use super::ids::{PersonId, RecordKey, SourceId};

/// One person, as known in every source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The person's id of today. An id that was absorbed resolves to this one.
    pub id: PersonId,
    /// The person's record in each source, in order of the sources' ids.
    pub links: Vec<Link>,
}

/// The record of a person in one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The record; also the id of the link.
    pub record: RecordKey,
    /// The source.
    pub source: SourceId,
    /// The id that the source gave the person.
    pub local: LocalId,
    /// When the person was born, as the source has it.
    pub born: Option<FuzzyDate>,
    /// Why we believe it.
    pub reason: LinkReason,
    /// Since when.
    pub linked_at_ms: i64,
}

/// Why a record is believed to be of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkReason {
    /// It is the only one.
    Sole,
    /// It shares an identifier with another record of the person.
    SharedIdentifier {
        /// The identifier's system.
        system: String,
    },
    /// Name, birth date, sex and one thing more are the same as on another record of the person.
    SamePerson {
        /// The thing more.
        also: Also,
    },
}

/// What is the same besides name, birth date and sex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Also {
    /// A telephone number.
    Phone,
    /// A postal address.
    Address,
    /// An e-mail address.
    Email,
}

/// One sentence for a viewer; it never holds a value.
impl fmt::Display for LinkReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sole => f.write_str("This is the only record of the person."),
            Self::SharedIdentifier { system } if system.is_empty() => {
                f.write_str("It bears the same identifier as another record.")
            }
            Self::SharedIdentifier { system } => {
                write!(f, "It bears the same identifier of the system {system} as another record.")
            }
            Self::SamePerson { also } => {
                let also = match also {
                    Also::Phone => "telephone number",
                    Also::Address => "address",
                    Also::Email => "e-mail address",
                };
                write!(f, "Name, birth date, sex and {also} are the same as on another record.")
            }
        }
    }
}

/// What a look-up by identifier found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Everybody who bears it is this person.
    One(Identity),
    /// Nobody bears it, or it is a stand-in such as `000-00-0000`.
    Nobody,
    /// Several persons bear it.
    Ambiguous,
}
