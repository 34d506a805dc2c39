//! How a value of the model is made from an item of an answer: compiled once, run for each item.
//!
//! A value that is missing is missing. One that does not fit makes the whole item unreadable, unless the manifest says that
//! it may be left out: a record without a part that its source did send would look whole.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hyper::header::{HeaderMap, HeaderName};

use super::date::DateFormat;
use super::node::{Node, Scalar};
use super::out::Out;
use super::path::Path;
use super::value::{Kind, NumberFormat};
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
    is_said: bool,
}

type Making<'e> = Result<Option<Made<'e>>, Stop<'e>>;

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

/// A single value.
#[derive(Debug)]
pub(super) struct Pick {
    /// Where the rule stands in the manifest.
    pub(super) at: String,
    pub(super) source: Source,
    pub(super) treatment: Option<Box<Treatment>>,
    pub(super) kind: Kind,
    /// What does not fit is left out.
    pub(super) is_optional: bool,
}

/// Where a value comes from.
#[derive(Debug)]
pub(super) enum Source {
    /// From here on.
    Here(Path),
    /// From the item on.
    Item(Path),
    /// From the whole answer on.
    Answer(Path),
    Header(HeaderName),
    Constant(String),
    Join(Vec<Pick>, String),
    First(Vec<Pick>),
}

/// What is done to a text before it is taken.
#[derive(Debug, Default)]
pub(super) struct Treatment {
    /// Texts that mean nothing.
    pub(super) none: Vec<String>,
    /// What each begins with, and which is dropped.
    pub(super) without: Option<String>,
    pub(super) case: Option<Case>,
    pub(super) table: Option<BTreeMap<String, String>>,
    /// What the table's other values become.
    pub(super) otherwise: Option<String>,
    /// What is taken when there is nothing.
    pub(super) default: Option<String>,
    pub(super) date: Option<DateFormat>,
    pub(super) number: Option<NumberFormat>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Case {
    Lower,
    Upper,
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

fn list<'e>(each: impl Iterator<Item = Making<'e>>) -> Making<'e> {
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

/// A text of an answer, if there is one.
enum Said<'e> {
    Missing,
    Text(Cow<'e, str>),
    /// It is no single value.
    Many,
}

impl Pick {
    /// A path to a single value, taken as it is.
    pub(super) fn make<'e>(&'e self, around: Around<'e>) -> Making<'e> {
        match self.value(around) {
            Err(Stop::Unfit(_)) if self.is_optional => Ok(None),
            other => other,
        }
    }

    /// The text that it comes to, if it is there.
    pub(super) fn text<'e>(&'e self, around: Around<'e>) -> Result<Option<Cow<'e, str>>, Stop<'e>> {
        match self.make(around)?.map(|made| made.out) {
            None => Ok(None),
            Some(Out::Text(text)) => Ok(Some(text)),
            Some(_) => Err(Stop::Unfit(&self.at)),
        }
    }

    /// True when it says the same of every item.
    pub(super) fn is_constant(&self) -> bool {
        match &self.source {
            Source::Constant(_) => true,
            Source::Join(picks, _) | Source::First(picks) => picks.iter().all(Self::is_constant),
            Source::Here(_) | Source::Item(_) | Source::Answer(_) | Source::Header(_) => false,
        }
    }

    fn value<'e>(&'e self, around: Around<'e>) -> Making<'e> {
        if let Source::Constant(text) = &self.source {
            return self.finished(Cow::Borrowed(text), false, None, around);
        }
        if let Source::First(picks) = &self.source {
            for pick in picks {
                if let Some(made) = pick.make(around)? {
                    return Ok(Some(made));
                }
            }
            return self.default(around);
        }
        match self.said(around)? {
            Said::Many => Err(Stop::Unfit(&self.at)),
            Said::Missing => self.default(around),
            Said::Text(text) => self.treated(text, around),
        }
    }

    fn default<'e>(&'e self, around: Around<'e>) -> Making<'e> {
        match self.treatment.as_ref().and_then(|it| it.default.as_deref()) {
            Some(text) => self.finished(Cow::Borrowed(text), false, None, around),
            None => Ok(None),
        }
    }

    fn treated<'e>(&'e self, text: Cow<'e, str>, around: Around<'e>) -> Making<'e> {
        let text = trimmed(text);
        let Some(treatment) = &self.treatment else {
            return if text.is_empty() {
                Ok(None)
            } else {
                self.finished(text, true, None, around)
            };
        };
        if text.is_empty() || treatment.none.iter().any(|none| *none == text) {
            return self.default(around);
        }
        let text = match &treatment.without {
            Some(begin) => after(text, begin).ok_or(Stop::Unfit(&self.at))?,
            None => text,
        };
        let text = match treatment.case {
            Some(Case::Lower) => Cow::Owned(text.to_lowercase()),
            Some(Case::Upper) => Cow::Owned(text.to_uppercase()),
            None => text,
        };
        let Some(table) = &treatment.table else {
            return self.finished(text, true, Some(treatment), around);
        };
        let found = table.get(text.as_ref()).or(treatment.otherwise.as_ref());
        let found = found.ok_or(Stop::Unfit(&self.at))?;
        self.finished(Cow::Borrowed(found), true, None, around)
    }

    fn finished<'e>(
        &'e self,
        text: Cow<'e, str>,
        is_said: bool,
        treatment: Option<&Treatment>,
        around: Around<'e>,
    ) -> Making<'e> {
        around.walk.budget.output(text.len())?;
        let (date, number) = treatment.map_or((None, None), |it| (it.date.as_ref(), it.number));
        let out = self.kind.take(text, date, number).ok_or(Stop::Unfit(&self.at))?;
        Ok(Some(Made { out, is_said }))
    }

    fn said<'e>(&'e self, around: Around<'e>) -> Result<Said<'e>, Stop<'e>> {
        let (path, from) = match &self.source {
            Source::Here(path) => (path, around.here),
            Source::Item(path) => (path, around.item),
            Source::Answer(path) => (path, around.walk.root),
            Source::Header(name) => {
                let value = around.headers.get(name).and_then(|value| value.to_str().ok());
                return Ok(value.map_or(Said::Missing, |text| Said::Text(text.into())));
            }
            Source::Join(picks, with) => return joined(picks, with, around),
            Source::Constant(_) | Source::First(_) => return Ok(Said::Missing),
        };
        let scalar = around.walk.one(path, from)?.map_or(Scalar::Missing, Node::scalar);
        Ok(match scalar {
            Scalar::Missing => Said::Missing,
            Scalar::Text(text) => Said::Text(text.into()),
            Scalar::Many => Said::Many,
        })
    }

    fn split<'e>(&'e self, around: Around<'e>, by: &str, wrap: &'e Wrap) -> Making<'e> {
        let Said::Text(text) = self.said(around)? else { return Ok(None) };
        let each = text.split(by).map(|part| {
            around.walk.budget.step(1)?;
            match self.treated(part.to_owned().into(), around) {
                Err(Stop::Unfit(_)) if self.is_optional => Ok(None),
                Ok(Some(made)) => Ok(Some(match wrap {
                    Wrap::Text => made,
                    Wrap::Field(name) => {
                        Made { out: Out::Fields(vec![(name.as_str(), made.out)]), ..made }
                    }
                })),
                other => other,
            }
        });
        list(each)
    }
}

/// The parts that are there; without any that the source said, nothing.
fn joined<'e>(picks: &'e [Pick], with: &str, around: Around<'e>) -> Result<Said<'e>, Stop<'e>> {
    let (mut text, mut is_said) = (String::new(), false);
    for pick in picks {
        let Some(made) = pick.make(around)? else { continue };
        let Out::Text(part) = made.out else { continue };
        if !text.is_empty() {
            text.push_str(with);
        }
        text.push_str(&part);
        is_said |= made.is_said;
    }
    Ok(if is_said { Said::Text(text.into()) } else { Said::Missing })
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

fn after<'t>(text: Cow<'t, str>, begin: &str) -> Option<Cow<'t, str>> {
    match text {
        Cow::Borrowed(text) => text.strip_prefix(begin).map(Cow::Borrowed),
        Cow::Owned(text) => text.strip_prefix(begin).map(|rest| Cow::Owned(rest.to_owned())),
    }
}
