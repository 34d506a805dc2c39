//! Texts of a request with places for values. A value never becomes anything else than a value: it is written by the place
//! in which it stands.

use std::fmt;

use super::part::{At, Notes, remedy_of};
use crate::connector::LocalId;

/// What may be filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    Patient,
    Patients,
    Identifier,
    Page,
    Offset,
    Limit,
    Cursor,
}

const VARIABLES: [(&str, Variable); 7] = [
    ("patient", Variable::Patient),
    ("patients", Variable::Patients),
    ("identifier", Variable::Identifier),
    ("page", Variable::Page),
    ("offset", Variable::Offset),
    ("limit", Variable::Limit),
    ("cursor", Variable::Cursor),
];

impl Variable {
    pub(super) fn name(self) -> &'static str {
        VARIABLES.iter().find(|(_, it)| *it == self).map_or("", |(name, _)| name)
    }
}

/// Who is asked about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whom<'v> {
    /// Nobody in particular.
    Nobody,
    /// Those to whom the source gave these ids.
    Patients(&'v [LocalId]),
    /// Whoever bears this identifier.
    Bearer(Identifier<'v>),
}

/// The value of an identifier. It is somebody's, so a debug print shows the type alone.
#[derive(Clone, Copy)]
pub(super) struct Identifier<'v>(pub(super) &'v str);

impl fmt::Debug for Identifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identifier")
    }
}

/// What is filled in this time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Values<'v> {
    pub(super) whom: Whom<'v>,
    pub(super) page: u32,
    pub(super) offset: u32,
    pub(super) limit: Option<u32>,
    pub(super) cursor: Option<&'v str>,
}

/// A text with places for values.
#[derive(Clone, Debug)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Value(Variable),
}

impl Template {
    /// Reads `members/{patient}`; else notes what is wrong.
    pub(super) fn read(text: &str, at: &At, notes: &Notes) -> Option<Self> {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((before, behind)) = rest.split_once('{') {
            let Some((name, after)) = behind.split_once('}') else {
                notes.add(at, "a `{` is never closed", "write {patient}, or leave it out");
                return None;
            };
            let Some((_, variable)) = VARIABLES.iter().find(|(known, _)| *known == name) else {
                let known = VARIABLES.iter().map(|(known, _)| *known);
                let bare = name.trim_matches(['{', ' ']);
                let remedy = if name != bare && known.clone().any(|it| it == bare) {
                    format!("write {{{bare}}}, in single brackets and without blanks")
                } else {
                    remedy_of(bare, known)
                };
                notes.add(at, format!("there is no value {{{name}}}"), remedy);
                return None;
            };
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(Piece::Value(*variable));
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
        Some(Self(pieces))
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = Variable> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Value(variable) => Some(*variable),
            Piece::Text(_) => None,
        })
    }

    /// The one value that is all of it.
    pub(super) fn whole(&self) -> Option<Variable> {
        if let [Piece::Value(variable)] = self.0.as_slice() { Some(*variable) } else { None }
    }

    /// What stands there whatever the values are.
    pub(super) fn fixed(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Value(_) => None,
        })
    }

    /// The text with its values; nothing when one of them is not there.
    pub(super) fn filled(&self, values: &Values<'_>) -> Option<String> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Value(variable) => text.push_str(&values.text(*variable)?),
            }
        }
        Some(text)
    }
}

impl Values<'_> {
    /// The patients who are asked about by their ids.
    pub(super) fn patients(&self) -> &[LocalId] {
        if let Whom::Patients(patients) = self.whom { patients } else { &[] }
    }

    pub(super) fn text(&self, variable: Variable) -> Option<String> {
        Some(match variable {
            Variable::Patient | Variable::Patients => {
                let ids: Vec<&str> = self.patients().iter().map(LocalId::as_str).collect();
                ids.join(",")
            }
            Variable::Identifier => match self.whom {
                Whom::Bearer(identifier) => identifier.0.to_owned(),
                Whom::Nobody | Whom::Patients(_) => return None,
            },
            Variable::Page => self.page.to_string(),
            Variable::Offset => self.offset.to_string(),
            Variable::Limit => self.limit?.to_string(),
            Variable::Cursor => self.cursor?.to_owned(),
        })
    }
}
