//! An answer as it was read: whatever format it came in, one tree, which borrows its texts from what came.

use std::borrow::Cow;

/// A table with more keys than this is kept in order, so that a key is found without looking at all of them.
const SHORT: usize = 16;

/// One value of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node<'a> {
    Null,
    Bool(bool),
    /// With the digits as they were written.
    Number(&'a str),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Fields(Fields<'a>),
}

/// The members of a table, each key once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fields<'a>(Vec<(Cow<'a, str>, Node<'a>)>);

impl<'a> Fields<'a> {
    /// `None` when a key stands there twice: nobody can tell which of them counts.
    pub(super) fn of(mut all: Vec<(Cow<'a, str>, Node<'a>)>) -> Option<Self> {
        if all.len() > SHORT {
            all.sort_by(|(a, _), (b, _)| a.cmp(b));
            let twice = all.windows(2).any(|pair| matches!(pair, [(a, _), (b, _)] if a == b));
            return (!twice).then_some(Self(all));
        }
        let twice = all
            .iter()
            .enumerate()
            .any(|(place, (key, _))| all.iter().take(place).any(|(known, _)| known == key));
        (!twice).then_some(Self(all))
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Node<'a>> {
        if self.0.len() > SHORT {
            let place = self.0.binary_search_by(|(known, _)| known.as_ref().cmp(key)).ok()?;
            return self.0.get(place).map(|(_, value)| value);
        }
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Node<'a>> {
        self.0.iter().map(|(_, value)| value)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_ref())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl<'a> Node<'a> {
    /// The member of a table.
    pub(super) fn member(&self, key: &str) -> Option<&Node<'a>> {
        match self {
            Self::Fields(fields) => fields.get(key),
            _ => None,
        }
    }

    /// The item of a list, counted from the end when the place is negative.
    pub(super) fn item(&self, place: i64) -> Option<&Node<'a>> {
        let Self::List(items) = self else { return None };
        let length = i64::try_from(items.len()).ok()?;
        let place = if place < 0 { length + place } else { place };
        items.get(usize::try_from(place).ok()?)
    }

    /// What stands directly below it.
    pub(super) fn children(&self) -> Vec<&Node<'a>> {
        match self {
            Self::List(items) => items.iter().collect(),
            Self::Fields(fields) => fields.values().collect(),
            _ => Vec::new(),
        }
    }

    /// The text of a single value; nothing for null. An element of XML that has attributes keeps its text beside them.
    pub(super) fn scalar(&self) -> Scalar<'_> {
        match self {
            Self::Null => Scalar::Missing,
            Self::Bool(true) => Scalar::Text("true"),
            Self::Bool(false) => Scalar::Text("false"),
            Self::Number(digits) => Scalar::Text(digits),
            Self::Text(text) => Scalar::Text(text),
            Self::Fields(fields) => fields.get("#text").map_or(Scalar::Many, Self::scalar),
            Self::List(_) => Scalar::Many,
        }
    }
}

/// What a value is, taken for a single one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar<'n> {
    Missing,
    Text(&'n str),
    /// It is a list or a table.
    Many,
}
