//! A part of a manifest, read key by key. Whatever is wrong is noted and read over, so that all of it is found at once.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::RangeInclusive;

use toml::{Table, Value};

use crate::mistake::{Mistake, nearest};

/// More mistakes than these are not told: whoever mends them reads the rest.
const MOST: usize = 200;

/// So many known names are listed beside the one that was probably meant.
const LISTED: usize = 20;

/// What was found to be wrong so far.
#[derive(Debug, Default)]
pub(super) struct Notes(RefCell<Vec<Mistake>>);

impl Notes {
    /// Notes one thing that is wrong, and what to do about it.
    pub(super) fn add(&self, at: &At, why: impl Display, remedy: impl Display) {
        let mut notes = self.0.borrow_mut();
        let mistake = Mistake {
            path: at.0.clone(),
            why: why.to_string().split_whitespace().collect::<Vec<_>>().join(" "),
            remedy: remedy.to_string(),
        };
        if notes.len() < MOST && !notes.contains(&mistake) {
            notes.push(mistake);
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.borrow().len()
    }

    /// All of them.
    pub(super) fn into_all(self) -> Vec<Mistake> {
        self.0.into_inner()
    }
}

/// Where something stands in a manifest.
#[derive(Clone, Debug, Default)]
pub(super) struct At(String);

impl At {
    /// A key of it.
    pub(super) fn key(&self, key: &str) -> Self {
        let is_bare = !key.is_empty()
            && key.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_' || it == b'-');
        let key = if is_bare { key.to_owned() } else { format!("{key:?}") };
        Self(if self.0.is_empty() { key } else { format!("{}.{key}", self.0) })
    }

    /// One of its items.
    pub(super) fn item(&self, place: usize) -> Self {
        Self(format!("{}[{}]", self.0, place + 1))
    }

    /// The path as it is told.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// One table of a manifest.
pub(super) struct Part<'t> {
    pub(super) table: &'t Table,
    pub(super) at: At,
    pub(super) notes: &'t Notes,
    known: RefCell<Vec<&'static str>>,
}

impl<'t> Part<'t> {
    pub(super) fn new(table: &'t Table, at: At, notes: &'t Notes) -> Self {
        Self { table, at, notes, known: RefCell::default() }
    }

    /// A value, if the key is there; from now on the key is a known one.
    pub(super) fn get(&self, key: &'static str) -> Option<&'t Value> {
        let mut known = self.known.borrow_mut();
        if !known.contains(&key) {
            known.push(key);
        }
        self.table.get(key)
    }

    /// The key is a known one, whatever stands there.
    pub(super) fn knows(&self, key: &'static str) {
        let _ = self.get(key);
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Notes what is wrong with the value of a key.
    pub(super) fn wrong(&self, key: &str, why: impl Display, remedy: impl Display) {
        self.notes.add(&self.at.key(key), why, remedy);
    }

    pub(super) fn text(&self, key: &'static str) -> Option<&'t str> {
        match self.get(key)? {
            Value::String(text) => Some(text),
            other => {
                self.wrong(
                    key,
                    format!("must be a text, and is {}", kind_of(other)),
                    "write it in quotes",
                );
                None
            }
        }
    }

    /// A text that is one of these.
    pub(super) fn one_of(&self, key: &'static str, names: &[&'static str]) -> Option<&'static str> {
        let text = self.text(key)?;
        let found = names.iter().find(|name| **name == text).copied();
        if found.is_none() {
            let remedy = remedy_of(text, names.iter().copied());
            self.wrong(key, format!("there is no {text:?} here"), remedy);
        }
        found
    }

    pub(super) fn flag(&self, key: &'static str) -> bool {
        match self.get(key) {
            None => false,
            Some(Value::Boolean(flag)) => *flag,
            Some(other) => {
                let why = format!("must be true or false, and is {}", kind_of(other));
                self.wrong(key, why, "write it without quotes");
                false
            }
        }
    }

    pub(super) fn whole(&self, key: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        let value = self.get(key)?;
        let number = value.as_integer().and_then(|number| u32::try_from(number).ok());
        let fitting = number.filter(|number| range.contains(number));
        if fitting.is_none() {
            let (least, most) = (range.start(), range.end());
            let why = format!("must be a whole number from {least} to {most}");
            let is_text = value.is_str();
            self.wrong(
                key,
                why,
                if is_text { "write it without quotes" } else { "write such a number" },
            );
        }
        fitting
    }

    pub(super) fn list(&self, key: &'static str) -> Option<&'t [Value]> {
        match self.get(key)? {
            Value::Array(items) => Some(items),
            other => {
                let why = format!("must be a list, and is {}", kind_of(other));
                self.wrong(key, why, "write it in [ ]");
                None
            }
        }
    }

    pub(super) fn texts(&self, key: &'static str) -> Vec<&'t str> {
        let mut texts = Vec::new();
        for (place, item) in self.list(key).unwrap_or_default().iter().enumerate() {
            match item {
                Value::String(text) => texts.push(text.as_str()),
                other => {
                    let why = format!("must be a text, and is {}", kind_of(other));
                    self.notes.add(&self.at.key(key).item(place), why, "write it in quotes");
                }
            }
        }
        texts
    }

    pub(super) fn part(&self, key: &'static str) -> Option<Part<'t>> {
        match self.get(key)? {
            Value::Table(table) => Some(Part::new(table, self.at.key(key), self.notes)),
            other => {
                let why = format!("must be a table, and is {}", kind_of(other));
                self.wrong(key, why, format!("write {key} = {{ … }}"));
                None
            }
        }
    }

    /// Notes that a key is needed which is not there.
    pub(super) fn missing(&self, key: &str, remedy: impl Display) {
        self.notes.add(&self.at.key(key), "is missing", remedy);
    }

    /// Notes every key that nobody asked for.
    pub(super) fn close(&self) {
        let known = self.known.borrow();
        for key in self.table.keys().filter(|key| !known.contains(&key.as_str())) {
            let remedy = remedy_of(key, known.iter().copied());
            self.notes.add(&self.at.key(key), format!("there is no `{key}` here"), remedy);
        }
    }
}

/// What to write in place of an unknown name.
pub(super) fn remedy_of<'k>(
    unknown: &str,
    known: impl IntoIterator<Item = &'k str> + Clone,
) -> String {
    let near = nearest(unknown, known.clone());
    let known: Vec<&str> = known.into_iter().collect();
    match near {
        Some(name) if known.len() > LISTED => format!("did you mean `{name}`?"),
        Some(name) => format!("did you mean `{name}`? Known are `{}`", known.join("`, `")),
        None => format!("known are `{}`", known.join("`, `")),
    }
}

/// What a value is, in words.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) | Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date without quotes",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}
