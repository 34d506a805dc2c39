//! How a value of the model is made from an item of an answer: compiled once, run for each item.
//!
//! A value that is missing is missing. One that does not fit makes the whole item unreadable, unless the manifest says that
//! it may be left out: a record without a part that its source did send would look whole.

use hyper::header::HeaderMap;

use super::node::Node;
use super::out::Out;
use super::path::{Segment, Step};
use super::single::{Pick, Source};
use super::walk::{Spent, Walk};

/// How many items one list of a record may have.
const ITEMS: usize = 1_000;

/// Why nothing was made of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop<'e> {
    /// A value does not fit the rule that stands there in the manifest.
    Unfit(&'e str),
    /// The answer asks for more work than is allowed.
    Spent,
}

impl From<Spent> for Stop<'_> {
    fn from(_: Spent) -> Self {
        Self::Spent
    }
}

/// A value, and whether the source said any of it: what is only constant does not make a thing.
#[derive(Debug)]
pub(super) struct Made<'e> {
    pub(super) out: Out<'e>,
    pub(super) is_said: bool,
}

pub(super) type Making<'e> = Result<Option<Made<'e>>, Stop<'e>>;

/// What rules read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around<'e> {
    pub(super) walk: Walk<'e, 'e>,
    pub(super) headers: &'e HeaderMap,
    /// The item of which the record is made.
    pub(super) item: &'e Node<'e>,
    /// What paths start from: the item, or a part of it.
    pub(super) here: &'e Node<'e>,
}

/// How a value is made.
#[derive(Debug)]
pub(super) enum Rule {
    Pick(Pick),
    Fields(Fields),
    /// One of several kinds of thing, by its name.
    Tagged(String, Box<Rule>),
    /// Each of these that is there.
    List(Vec<Rule>),
    /// One for each value that a path leads to.
    Each(Source, Box<Rule>),
    /// One for each part of a text.
    Split(Pick, String, Box<Wrap>),
    /// The first of these that is there.
    First(Vec<Rule>),
}

/// The fields of a struct.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) rules: Vec<(String, Rule)>,
    /// Those without which there is no such thing.
    pub(super) needed: Vec<String>,
}

/// What the parts of a text become.
#[derive(Debug)]
pub(super) enum Wrap {
    Text,
    /// Something whose one field is the text.
    Field(String),
}

impl Rule {
    /// Makes the value, if it is there.
    pub(super) fn make<'e>(&'e self, around: Around<'e>) -> Making<'e> {
        match self {
            Self::Pick(pick) => pick.make(around),
            Self::Fields(fields) => fields.make(around),
            Self::Tagged(name, rule) => Ok(rule.make(around)?.map(|made| Made {
                out: Out::Tagged(name, Box::new(made.out)),
                is_said: made.is_said,
            })),
            Self::List(rules) => list(rules.iter().map(|rule| rule.make(around))),
            Self::Each(source, rule) => {
                let each = source.nodes(around)?;
                list(each.into_iter().map(|here| rule.make(Around { here, ..around })))
            }
            Self::Split(pick, by, wrap) => pick.split(around, by, wrap),
            Self::First(rules) => {
                for rule in rules {
                    if let Some(made) = rule.make(around)? {
                        return Ok(Some(made));
                    }
                }
                Ok(None)
            }
        }
    }

    /// The members of the item that it reads and cannot do without.
    pub(super) fn members<'r>(&'r self, into: &mut Vec<&'r str>) {
        match self {
            Self::Pick(pick) | Self::Split(pick, ..) => pick.members(into),
            Self::Fields(fields) => fields.rules.iter().for_each(|(_, rule)| rule.members(into)),
            Self::Tagged(_, rule) => rule.members(into),
            Self::List(rules) | Self::First(rules) => {
                for rule in rules {
                    rule.members(into);
                }
            }
            Self::Each(source, _) => into.extend(source.member()),
        }
    }

    /// True when it says the same of every item.
    pub(super) fn is_constant(&self) -> bool {
        match self {
            Self::Pick(pick) => pick.is_constant(),
            Self::Fields(fields) => fields.rules.iter().all(|(_, rule)| rule.is_constant()),
            Self::Tagged(_, rule) => rule.is_constant(),
            Self::List(rules) | Self::First(rules) => rules.iter().all(Self::is_constant),
            Self::Each(..) | Self::Split(..) => false,
        }
    }
}

pub(super) fn list<'e>(each: impl Iterator<Item = Making<'e>>) -> Making<'e> {
    let (mut items, mut is_said) = (Vec::new(), false);
    for made in each {
        if let Some(made) = made? {
            if items.len() == ITEMS {
                return Err(Stop::Spent);
            }
            is_said |= made.is_said;
            items.push(made.out);
        }
    }
    Ok((!items.is_empty()).then_some(Made { out: Out::List(items), is_said }))
}

impl Fields {
    fn make<'e>(&'e self, around: Around<'e>) -> Making<'e> {
        let (mut made, mut is_said) = (Vec::with_capacity(self.rules.len()), false);
        for (name, rule) in &self.rules {
            match rule.make(around)? {
                Some(value) => {
                    is_said |= value.is_said;
                    made.push((name.as_str(), value.out));
                }
                None if self.needed.contains(name) => return Ok(None),
                None => {}
            }
        }
        let is_there = is_said || self.rules.iter().all(|(_, rule)| rule.is_constant());
        Ok((is_there && !made.is_empty()).then_some(Made { out: Out::Fields(made), is_said }))
    }
}

impl Source {
    /// The member of the item that a path begins with.
    pub(super) fn member(&self) -> Option<&str> {
        let (Self::Here(path) | Self::Item(path)) = self else { return None };
        match path.segments.first()? {
            Segment::Step(Step::Name(name)) => Some(name),
            _ => None,
        }
    }

    /// The values that a path leads to; a list stands for its items.
    fn nodes<'e>(&self, around: Around<'e>) -> Result<Vec<&'e Node<'e>>, Stop<'e>> {
        let (path, from) = match self {
            Self::Here(path) => (path, around.here),
            Self::Item(path) => (path, around.item),
            Self::Answer(path) => (path, around.walk.root),
            Self::Header(_) | Self::Constant(_) | Self::Join(..) | Self::First(_) => {
                return Ok(Vec::new());
            }
        };
        let found = around.walk.all(path, from)?;
        Ok(match found.as_slice() {
            [Node::List(items)] if path.is_singular() => {
                around.walk.budget.step(items.len())?;
                items.iter().collect()
            }
            [Node::Null] => Vec::new(),
            _ => found,
        })
    }
}
