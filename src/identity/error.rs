//! What can go wrong in the index of persons.

use super::seal::SealError;
use super::sight::Blind;

/// Why the store could not do what it was asked. The text may be logged; it holds no personal data.
#[derive(Debug, thiserror::Error)]
#[error("the store failed: {what}")]
pub struct StoreError {
    /// What the database said.
    pub what: String,
}

/// Why the index could not answer.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store was written with another key.
    #[error("The store was written with another key than the one given.")]
    WrongKey,
    /// An entry of the store cannot be read.
    #[error("An entry of the store cannot be opened: it was changed, or belongs to another key.")]
    Sealed(#[from] SealError),
    /// The cursor was not made by this index.
    #[error("The cursor is not one that this index gave out.")]
    BadCursor,
    /// It cannot be known who may be found.
    #[error("It could not be known who may be found.")]
    Blind,
    /// There is no link of that id, or it links nothing.
    #[error("There is no such link.")]
    NoSuchLink,
    /// A source that the index was not told of.
    #[error("The index does not know the source {0}.")]
    UnknownSource(super::SourceId),
    /// A source whose patients are not looked up one by one.
    #[error("The patients of the source {0} are not looked up one by one.")]
    NotLookedUp(super::SourceId),
    /// Another node writes the index now.
    #[error("Another node keeps the index.")]
    NotKeeper,
    /// A background computation was broken off.
    #[error("The work was broken off because the process is stopping.")]
    Stopping,
}

impl From<Blind> for IndexError {
    fn from(_: Blind) -> Self {
        Self::Blind
    }
}
