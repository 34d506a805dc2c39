//! A single value: where it comes from, and what is done to it before the model takes it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hyper::header::HeaderName;

use super::date::DateFormat;
use super::node::{Node, Scalar};
use super::out::Out;
use super::path::Path;
use super::rule::{Around, Made, Making, Stop, Wrap, list};
use super::value::{Kind, NumberFormat};

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

/// A text of an answer, if there is one.
enum Said<'e> {
    Missing,
    Text(Cow<'e, str>),
    /// It is no single value.
    Many,
}

impl Pick {
    /// Makes the value, if it is there.
    pub(super) fn make<'e>(&'e self, around: Around<'e>) -> Making<'e> {
        let made = self.value(around);
        if let Some(witness) = around.walk.budget.witness() {
            self.testify(witness, &made, around);
        }
        match made {
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

    /// The members of the item that it reads and cannot do without.
    pub(super) fn members<'r>(&'r self, into: &mut Vec<&'r str>) {
        match &self.source {
            _ if self.is_optional => {}
            Source::Join(picks, _) | Source::First(picks) => {
                for pick in picks {
                    pick.members(into);
                }
            }
            source => into.extend(source.member()),
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

    /// One value for each part of the text.
    pub(super) fn split<'e>(&'e self, around: Around<'e>, by: &str, wrap: &'e Wrap) -> Making<'e> {
        let Said::Text(text) = self.said(around)? else { return Ok(None) };
        let witness = around.walk.budget.witness();
        let each = text.split(by).map(|part| {
            around.walk.budget.step(1)?;
            let made = self.treated(part.to_owned().into(), around);
            if let Some(witness) = witness {
                self.testify(witness, &made, around);
            }
            match made {
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
