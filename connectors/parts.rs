//! What a section was put together from, so that its server can be asked whether all of it still holds: the pages of each
//! question with what the server gave to know them by.

use serde::{Deserialize, Serialize};

use crate::connector::Validator;
use crate::tag::Tag;

/// More than this is not kept: a list of so many pages is read anew.
const LONGEST: usize = 8 * 1024;

/// By what a server is asked whether a question that it answered before still brings the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Revalidate {
    /// Never.
    Never,
    /// By the tag that it gave to the answer, if it did.
    #[default]
    Etag,
    /// Or else by its date: only for a server whose date also tells of what was deleted.
    Date,
}

impl Revalidate {
    /// True when a page can be asked about by that.
    pub(crate) fn takes(self, tag: &Tag) -> bool {
        match (self, tag) {
            (Self::Never, _) | (Self::Etag, Tag::Date(_)) => false,
            (Self::Etag, Tag::Entity(_)) | (Self::Date, _) => true,
        }
    }
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) at: String,
    pub(crate) tag: Tag,
}

/// The questions of a section, by what tells them apart. One of what the server does not offer has no pages.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Parts(Vec<(String, Vec<Part>)>);

impl Parts {
    /// What the connector gave before; `None` when it is something else.
    pub(crate) fn read(validator: &Validator) -> Option<Self> {
        serde_json::from_str(validator.as_str()).ok()
    }

    pub(crate) fn add(&mut self, kind: &str, pages: Vec<Part>) {
        self.0.push((kind.to_owned(), pages));
    }

    /// The pages of one question; `None` when there was no such question.
    pub(crate) fn of(&self, kind: &str) -> Option<&[Part]> {
        self.0.iter().find(|(known, _)| known == kind).map(|(_, pages)| pages.as_slice())
    }

    /// What is given to whoever asks, unless it is too long.
    pub(crate) fn write(&self) -> Option<Validator> {
        let text = serde_json::to_string(self).ok()?;
        (text.len() <= LONGEST).then(|| Validator::new(text))
    }
}
