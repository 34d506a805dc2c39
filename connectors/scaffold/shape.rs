//! What all values at one place of a sample, or of a description, have in common.

use super::tree::Tree;

/// What may stand at one place.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// Nothing was ever there.
    Empty,
    Single(Facts),
    List(Box<Shape>),
    Fields(Vec<(String, Shape)>),
    /// Now this, now that.
    Mixed,
    /// A table whose keys are values themselves, or what lies too deep.
    Closed,
}

/// What is known of single values.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// All that were seen, but for those that are missing.
    pub(super) values: Vec<String>,
    /// All of them are true or false in the format's own way.
    pub(super) is_bool: bool,
    /// What a description says of them.
    pub(super) told: Option<Told>,
}

/// What a description says of single values.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// All that there can be.
    pub(super) choices: Vec<String>,
    /// Dates as everybody has them.
    pub(super) is_iso: bool,
    pub(super) is_number: bool,
}

/// How many fields one table may have here.
const FIELDS: usize = 300;

/// How deep fields are followed.
const DEPTH: usize = 10;

impl Shape {
    /// What these values have in common.
    pub(super) fn of(values: &[&Tree]) -> Self {
        Self::deeper(values, 0)
    }

    fn deeper(values: &[&Tree], depth: usize) -> Self {
        let values: Vec<&Tree> = values.iter().copied().filter(|it| **it != Tree::Null).collect();
        let lists = values.iter().filter(|it| matches!(it, Tree::List(_))).count();
        let tables = values.iter().filter(|it| matches!(it, Tree::Fields(_))).count();
        let plain = values.len() - lists - tables;
        match (lists, tables, plain) {
            (0, 0, 0) => Self::Empty,
            (0, 0, _) => Self::Single(Facts::of(&values)),
            (_, 0, 0) => {
                let items: Vec<&Tree> = values.iter().flat_map(|it| it.items()).collect();
                Self::List(Box::new(Self::deeper(&items, depth + 1)))
            }
            _ if depth > DEPTH => Self::Closed,
            (0, _, 0) => Self::table(&values, depth),
            // An element of XML that sometimes has attributes.
            (0, _, _) if values.iter().any(|it| it.get("#text").is_some()) => {
                Self::table(&values, depth)
            }
            _ => Self::Mixed,
        }
    }

    fn table(values: &[&Tree], depth: usize) -> Self {
        let mut keys: Vec<&str> = Vec::new();
        let mut known = std::collections::HashSet::new();
        for (key, _) in values.iter().flat_map(|it| it.fields()) {
            if known.insert(key.as_str()) {
                keys.push(key);
            }
        }
        if keys.len() > FIELDS || values.iter().any(|it| is_keyed_by_values(it)) {
            return Self::Closed;
        }
        let field = |key: &str| {
            let below: Vec<&Tree> = values
                .iter()
                .filter_map(|it| match it {
                    Tree::Fields(_) => it.get(key),
                    plain => (key == "#text").then_some(*plain),
                })
                .collect();
            (key.to_owned(), Self::deeper(&below, depth + 1))
        };
        Self::Fields(keys.into_iter().map(field).collect())
    }
}

/// True for a table in which each key is the name of a thing, such as the id of a patient, and each value one such thing.
fn is_keyed_by_values(tree: &Tree) -> bool {
    let fields = tree.fields();
    let Some((_, Tree::Fields(first))) = fields.first() else { return false };
    let alike = |value: &Tree| {
        let keys = value.fields();
        let same =
            keys.iter().filter(|(key, _)| first.iter().any(|(known, _)| known == key)).count();
        !keys.is_empty() && same * 2 > keys.len().max(first.len())
    };
    let is_like_a_value = |key: &str| {
        key.contains(' ')
            || key.starts_with(char::is_uppercase)
            || key.contains(|it: char| it.is_ascii_digit())
    };
    let is_open = fields.len() > 3 || fields.iter().any(|(key, _)| is_like_a_value(key));
    fields.len() > 1 && is_open && fields.iter().all(|(_, value)| alike(value))
}

impl Facts {
    fn of(values: &[&Tree]) -> Self {
        let is_bool = values.iter().all(|it| matches!(it, Tree::Bool(_)));
        Self { values: values.iter().filter_map(|it| it.scalar()).collect(), is_bool, told: None }
    }

    /// True when every value that was seen passes, and one was seen.
    pub(super) fn all(&self, is: impl Fn(&str) -> bool) -> bool {
        !self.values.is_empty() && self.values.iter().all(|it| is(it))
    }

    /// The different values, with how often each was seen, the most frequent first.
    pub(super) fn counted(&self) -> Vec<(&str, usize)> {
        let mut counts = std::collections::BTreeMap::new();
        for value in &self.values {
            *counts.entry(value.as_str()).or_insert(0) += 1;
        }
        let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts
    }

    /// What they are, in a word.
    pub(super) fn word(&self) -> &'static str {
        let told = self.told.as_ref();
        if self.is_bool {
            "true or false"
        } else if told.is_some_and(|it| it.is_number) || self.all(|it| it.parse::<f64>().is_ok()) {
            "number"
        } else if told.is_some_and(|it| it.is_iso) {
            "date"
        } else if self.values.is_empty() && told.is_none() {
            "always empty"
        } else {
            "text"
        }
    }
}
