//! The ids of identity: of a person, of one record of a person in one source, of a source.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

/// Our own id of a person. Opaque, random, and valid for good: an id that was absorbed by another still resolves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(Uuid);

impl PersonId {
    /// Takes an id that [`PersonId::as_uuid`] gave.
    pub fn new(id: Uuid) -> Self {
        Self(id)
    }

    /// Reads the hyphenated form.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }

    /// The id as a UUID, whose `Display` is the form to hand out.
    pub fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

/// The name of one record (a patient of a source) in the index; also the id of its link to a person.
///
/// It is a keyed hash of source and local id: nobody without the store's key can tell who it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey([u8; 16]);

impl RecordKey {
    /// Takes the bytes that [`RecordKey::as_bytes`] gave.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Reads the form that [`RecordKey::to_text`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(|id| Self(id.into_bytes()))
    }

    /// Hexadecimal, for handing out.
    pub fn to_text(&self) -> String {
        Uuid::from_bytes(self.0).simple().to_string()
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

macro_rules! secret_debug {
    ($($type:ident),*) => {$(
        /// It points at a person: a debug print shows the type alone.
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($type))
            }
        }
    )*};
}

secret_debug!(PersonId, RecordKey);

/// The configured id of a source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(Arc<str>);

impl SourceId {
    /// Takes the id as configured.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self(id.into())
    }

    /// The id as configured.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The place of a record in the order in which records became known. Never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub i64);
