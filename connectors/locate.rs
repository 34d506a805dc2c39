//! Where in a text a setting stands, so that a message can name the line.

use std::collections::HashMap;
use std::fmt;

use serde_json::value::RawValue;
use toml::de::{DeTable, DeValue};

use crate::manifest::is_json;

/// A place in a text, both counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character within it.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl Place {
    /// The place of that byte.
    pub(crate) fn of(text: &str, byte: usize) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let begin = before.rfind('\n').map_or(0, |at| at + 1);
        Self { line, column: before.get(begin..).unwrap_or_default().chars().count() + 1 }
    }
}

/// Finds settings in one text.
pub struct Locator<'t> {
    text: &'t str,
    form: Form<'t>,
}

enum Form<'t> {
    Toml(DeTable<'t>),
    Json,
    /// It is neither.
    None,
}

/// A part of a path such as `fetch[1].fields."a.b"`.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Key(String),
    /// Counted from one.
    Item(usize),
}

impl<'t> Locator<'t> {
    /// Reads a text in TOML or in JSON.
    pub fn of(text: &'t str) -> Self {
        let form = if is_json(text) {
            Form::Json
        } else {
            DeTable::parse(text).map_or(Form::None, |table| Form::Toml(table.into_inner()))
        };
        Self { text, form }
    }

    /// Where a setting stands; where it is missing, what it is missing from.
    pub fn place(&self, path: &str) -> Option<Place> {
        let parts = parts(path);
        let byte = match &self.form {
            Form::Toml(table) => in_table(table, &parts)?,
            Form::Json => in_json(self.text, &parts)?,
            Form::None => return None,
        };
        Some(Place::of(self.text, byte))
    }
}

fn parts(path: &str) -> Vec<Part> {
    let (mut parts, mut rest) = (Vec::new(), path);
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix('[') {
            let Some((number, after)) = behind.split_once(']') else { break };
            let Ok(number) = number.parse() else { break };
            parts.push(Part::Item(number));
            rest = after;
        } else if rest.starts_with('"') {
            // As keys are written that are no plain names.
            let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<String>();
            let Some(Ok(key)) = stream.next() else { break };
            rest = rest.get(stream.byte_offset()..).unwrap_or_default();
            parts.push(Part::Key(key));
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (key, after) = rest.split_at(end);
            parts.push(Part::Key(key.to_owned()));
            rest = after;
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    parts
}

fn in_table(table: &DeTable<'_>, parts: &[Part]) -> Option<usize> {
    let [Part::Key(key), rest @ ..] = parts else { return None };
    let (found, value) = table.iter().find(|(known, _)| known.get_ref().as_ref() == key)?;
    let below = match (value.get_ref(), rest) {
        (DeValue::Table(table), [_, ..]) => in_table(table, rest),
        (DeValue::Array(items), [Part::Item(number), rest @ ..]) => {
            let item = items.get(number.checked_sub(1)?)?;
            let below = match item.get_ref() {
                DeValue::Table(table) => in_table(table, rest),
                _ => None,
            };
            below.or(Some(item.span().start))
        }
        _ => None,
    };
    below.or(Some(found.span().start))
}

fn in_json(text: &str, parts: &[Part]) -> Option<usize> {
    let offset = |raw: &RawValue| (raw.get().as_ptr() as usize).checked_sub(text.as_ptr() as usize);
    let mut at: &RawValue = serde_json::from_str(text).ok()?;
    for part in parts {
        let below = match part {
            Part::Key(key) => serde_json::from_str::<HashMap<String, &RawValue>>(at.get())
                .ok()
                .and_then(|members| members.get(key).copied()),
            Part::Item(number) => serde_json::from_str::<Vec<&RawValue>>(at.get())
                .ok()
                .and_then(|items| items.get(number.checked_sub(1)?).copied()),
        };
        match below {
            Some(below) => at = below,
            None => break,
        }
    }
    offset(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = r#"id = "greenleaf"

[[fetch]]
section = "MEDICATIONS"

[[fetch]]
section = "ALLERGIES"
[fetch.fields]
status = { path = "$.s", table = { "é D" = "x", "a.b" = 1 } }
codings = [{ system = "x" },
  { code = "y" }]
"#;

    #[test]
    fn settings_are_found_in_toml() {
        let locator = Locator::of(TOML);
        for (path, place) in [
            ("id", (1, 1)),
            ("fetch[1].section", (4, 1)),
            ("fetch[2].section", (7, 1)),
            ("fetch[2].fields.status.path", (9, 12)),
            ("fetch[2].fields.status.table.\"a.b\"", (9, 49)),
            ("fetch[2].fields.status.table.\"é D\"", (9, 36)),
            ("fetch[2].fields.codings[2].code", (11, 5)),
            // What is not there is missing from what is.
            ("fetch[1].subject", (3, 1)),
            ("fetch[2].fields.status.table.zz", (9, 26)),
        ] {
            let found = locator.place(path).map(|place| (place.line, place.column));
            assert_eq!(found, Some(place), "{path}");
        }
        assert_eq!(locator.place("nothing"), None);
        assert_eq!(locator.place(""), None);
        assert_eq!(Locator::of("a = ").place("a"), None);
    }

    #[test]
    fn settings_are_found_in_json() {
        let text = "{\n \"id\": \"x\",\n \"fetch\": [{\"a\": 1}, {\n  \"a.b\": {\"c\": true}}]}";
        let locator = Locator::of(text);
        for (path, place) in [
            ("id", (2, 8)),
            ("fetch[1].a", (3, 18)),
            ("fetch[2].\"a.b\".c", (4, 16)),
            ("fetch[2].zz", (3, 22)),
        ] {
            let found = locator.place(path).map(|place| (place.line, place.column));
            assert_eq!(found, Some(place), "{path}");
        }
    }
}
