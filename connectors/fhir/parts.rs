//! What a section was put together from, so that its server can be asked whether all of it still holds: the pages of each
//! search with what the server gave to know them by.

use serde::{Deserialize, Serialize};

use crate::connector::Validator;
use crate::tag::Tag;

/// More than this is not kept: a list of so many pages is read anew.
const LONGEST: usize = 8 * 1024;

/// One page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) at: String,
    pub(super) tag: Tag,
}

/// The searches of a section, by resource type. One that the server does not offer has no pages.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Parts(Vec<(String, Vec<Part>)>);

impl Parts {
    /// What the connector gave before; `None` when it is something else.
    pub(super) fn read(validator: &Validator) -> Option<Self> {
        serde_json::from_str(validator.as_str()).ok()
    }

    pub(super) fn add(&mut self, kind: &str, pages: Vec<Part>) {
        self.0.push((kind.to_owned(), pages));
    }

    /// The pages of one search; `None` when there was no such search.
    pub(super) fn of(&self, kind: &str) -> Option<&[Part]> {
        self.0.iter().find(|(known, _)| known == kind).map(|(_, pages)| pages.as_slice())
    }

    /// What is given to whoever asks, unless it is too long.
    pub(super) fn write(&self) -> Option<Validator> {
        let text = serde_json::to_string(self).ok()?;
        (text.len() <= LONGEST).then(|| Validator::new(text))
    }
}
