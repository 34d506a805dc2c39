//! The single values of an item, each with its path.

use std::cell::Cell;

use super::shape::{Facts, Shape};
use super::words::{Sure, is_name, meant, plain};

/// One place of an item that holds single values.
#[derive(Debug)]
pub(super) struct Leaf {
    /// From the item on, as a manifest has it.
    pub(super) path: String,
    /// The path of the table in which it stands.
    pub(super) above_path: String,
    /// Its name, and that of the table above.
    pub(super) name: String,
    pub(super) above: String,
    /// Of a list on the way: the path to its items, and the path from such an item on.
    pub(super) each: Option<(String, String)>,
    /// The keys on the way, where no list is on it.
    pub(super) keys: Vec<String>,
    pub(super) facts: Facts,
    /// A rule reads it.
    pub(super) is_used: Cell<bool>,
    /// Why none can.
    pub(super) why: Cell<Option<&'static str>>,
}

/// What an item holds.
#[derive(Debug, Default)]
pub(super) struct Leaves {
    pub(super) all: Vec<Leaf>,
    /// What nobody can map, by its path, and why.
    pub(super) apart: Vec<(String, &'static str)>,
}

impl Leaves {
    /// All of a shape.
    pub(super) fn of(shape: &Shape) -> Self {
        let mut leaves = Self::default();
        let root = Way {
            path: "$".to_owned(),
            above_path: "$".to_owned(),
            name: String::new(),
            above: String::new(),
            keys: Vec::new(),
            each: None,
        };
        leaves.add(shape, &root);
        leaves.without_kind();
        leaves
    }

    /// What an item of JSON:API is stands beside its attributes, and says nothing of a patient.
    fn without_kind(&mut self) {
        if self.all.iter().any(|leaf| leaf.path.starts_with("$.attributes.")) {
            let kinds = self.all.extract_if(.., |leaf| {
                leaf.name == "type" && !leaf.path.starts_with("$.attributes.")
            });
            self.apart
                .extend(kinds.map(|leaf| (leaf.path, "what the item is, as JSON:API has it")));
        }
    }

    fn add(&mut self, shape: &Shape, way: &Way) {
        match shape {
            Shape::Empty => self.all.push(way.leaf(Facts::default())),
            Shape::Single(facts) => self.all.push(way.leaf(facts.clone())),
            Shape::List(inner) if way.path.matches("[*]").count() < 2 => {
                self.add(inner, &way.within());
            }
            Shape::List(_) => self.apart.push((way.path.clone(), "a list within lists")),
            Shape::Mixed => {
                self.apart.push((way.path.clone(), "sometimes a single value, sometimes not"));
            }
            Shape::Closed => self.apart.push((
                way.path.clone(),
                "a table whose keys may be values, which is too large, or which holds itself",
            )),
            Shape::Fields(fields) => {
                for (key, inner) in fields {
                    if key == "#text" {
                        self.add(inner, way);
                    } else if is_name(key)
                        && !(key.contains(' ')
                            && matches!(inner, Shape::Fields(_) | Shape::List(_)))
                    {
                        self.add(inner, &way.below(key));
                    } else {
                        self.apart.push((way.path.clone(), "has a key that may be a value"));
                    }
                }
            }
        }
    }

    /// The leaf that is meant by the first of these patterns that any unused one fits.
    pub(super) fn named(&self, patterns: &[&str]) -> Option<(&Leaf, Sure)> {
        self.named_if(patterns, |_| true)
    }

    /// The same, of those that pass.
    pub(super) fn named_if(
        &self,
        patterns: &[&str],
        passes: impl Fn(&Leaf) -> bool,
    ) -> Option<(&Leaf, Sure)> {
        patterns.iter().find_map(|pattern| {
            let unused = self.all.iter().filter(|leaf| !leaf.is_used.get());
            let found = unused
                .filter_map(|leaf| Some((leaf, leaf.meant_by(pattern)?)))
                .filter(|(leaf, _)| passes(leaf));
            // What stands higher up says more of the item.
            found.min_by_key(|(leaf, _)| leaf.path.matches(['.', '[']).count())
        })
    }
}

impl Leaf {
    /// Whether a pattern means it.
    pub(super) fn meant_by(&self, pattern: &str) -> Option<Sure> {
        meant(pattern, &self.above, &self.name)
    }

    /// Whether any of these does.
    pub(super) fn is_any(&self, patterns: &[&str]) -> bool {
        patterns.iter().any(|pattern| self.meant_by(pattern).is_some())
    }

    /// Its path, from now on read by a rule.
    pub(super) fn read(&self) -> &str {
        self.is_used.set(true);
        &self.path
    }
}

/// How far one has come.
struct Way {
    path: String,
    above_path: String,
    name: String,
    above: String,
    keys: Vec<String>,
    each: Option<(String, String)>,
}

impl Way {
    fn leaf(&self, facts: Facts) -> Leaf {
        Leaf {
            path: self.path.clone(),
            above_path: self.above_path.clone(),
            name: self.name.clone(),
            above: self.above.clone(),
            each: self.each.clone(),
            keys: self.keys.clone(),
            facts,
            is_used: Cell::new(false),
            why: Cell::new(None),
        }
    }

    fn within(&self) -> Self {
        let path = format!("{}[*]", self.path);
        let each = match &self.each {
            Some((list, rest)) => (list.clone(), format!("{rest}[*]")),
            None => (path.clone(), "$".to_owned()),
        };
        Self {
            path,
            above_path: self.above_path.clone(),
            name: self.name.clone(),
            above: self.above.clone(),
            keys: self.keys.clone(),
            each: Some(each),
        }
    }

    fn below(&self, key: &str) -> Self {
        let step = step(key);
        let each = self.each.as_ref().map(|(list, rest)| (list.clone(), format!("{rest}{step}")));
        Self {
            path: format!("{}{step}", self.path),
            above_path: self.path.clone(),
            name: plain(key),
            above: self.name.clone(),
            keys: self.keys.iter().cloned().chain([key.to_owned()]).collect(),
            each,
        }
    }
}

/// One step of a path.
pub(crate) fn step(key: &str) -> String {
    let begins = key.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_');
    if begins && key.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_') {
        format!(".{key}")
    } else {
        format!("['{}']", key.replace('\\', "\\\\").replace('\'', "\\'"))
    }
}
