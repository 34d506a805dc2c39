//! A sample as one tree, whatever format it came in: bounded, in the order in which it was written, no key twice.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::Refused;

/// How many bytes a sample may have: as many as an answer.
pub(super) const BYTES: usize = 8 * 1024 * 1024;

/// How deep it may be nested.
pub(super) const DEPTH: usize = 32;

/// How many values it may hold.
pub(super) const VALUES: usize = 500_000;

/// One value of a sample.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree {
    Null,
    Bool(bool),
    /// With its digits.
    Number(String),
    Text(String),
    List(Vec<Tree>),
    Fields(Vec<(String, Tree)>),
}

impl Tree {
    /// The member of a table.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Self::Fields(fields) = self else { return None };
        fields.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// What stands below these keys, one below the other.
    pub(super) fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |tree, key| tree.get(key))
    }

    /// The text of a text.
    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The members of a table, or none.
    pub(super) fn fields(&self) -> &[(String, Self)] {
        if let Self::Fields(fields) = self { fields } else { &[] }
    }

    /// The items of a list, or none.
    pub(super) fn items(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    /// A single value as a text; nothing for what is missing.
    pub(super) fn scalar(&self) -> Option<String> {
        let text = match self {
            Self::Bool(value) => return Some(value.to_string()),
            Self::Number(text) | Self::Text(text) => text.trim(),
            Self::Fields(_) => return self.get("#text")?.scalar(),
            Self::Null | Self::List(_) => return None,
        };
        (!text.is_empty()).then(|| text.to_owned())
    }
}

/// Counts the values of a sample.
pub(super) struct Budget(Cell<usize>);

impl Budget {
    pub(super) fn new() -> Self {
        Self(Cell::new(VALUES))
    }

    /// Takes one more; nothing when there are too many of them.
    pub(super) fn take(&self) -> Option<()> {
        self.0.set(self.0.get().checked_sub(1)?);
        Some(())
    }
}

/// What is said of a sample that is too large.
pub(super) const TOO_MANY: &str =
    "holds more than 500,000 values; cut it down to some hundred items";
pub(super) const TOO_DEEP: &str = "is nested more than 32 deep; cut out what is not needed";

/// Reads a text in JSON.
pub(super) fn read_json(text: &str, budget: &Budget) -> Result<Tree, Refused> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let tree = Reader { budget, depth: 0 }.deserialize(&mut reader);
    tree.and_then(|tree| reader.end().map(|()| tree)).map_err(|error| {
        let said = error.to_string();
        // The parser's words name signs of the grammar and never a value.
        let words = said.split(" at line ").next().unwrap_or_default();
        match words {
            TOO_MANY | TOO_DEEP => Refused(words.to_owned()),
            _ => Refused(format!(
                "cannot be read as JSON at line {}, column {}: {words}",
                error.line(),
                error.column()
            )),
        }
    })
}

#[derive(Clone, Copy)]
struct Reader<'b> {
    budget: &'b Budget,
    depth: usize,
}

impl Reader<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        let depth = self.depth + 1;
        if depth > DEPTH { Err(E::custom(TOO_DEEP)) } else { Ok(Self { depth, ..self }) }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Tree;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Tree, D::Error> {
        self.budget.take().ok_or_else(|| D::Error::custom(TOO_MANY))?;
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Tree, E> {
        Ok(Tree::Number(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Tree, E> {
        Ok(Tree::Number(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Tree, E> {
        Ok(Tree::Number(number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Tree, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = from.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Tree, A::Error> {
        let inner = self.deeper()?;
        let mut fields: Vec<(String, Tree)> = Vec::new();
        let mut known = std::collections::HashSet::new();
        while let Some(key) = from.next_key::<String>()? {
            if !known.insert(key.clone()) {
                return Err(A::Error::custom("a key stands there twice in one object"));
            }
            fields.push((key, from.next_value_seed(inner)?));
        }
        Ok(Tree::Fields(fields))
    }
}
