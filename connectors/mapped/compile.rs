//! From what a manifest says of fields to rules that can be run, checked against the model. Whatever is wrong is noted, and the
//! rest is checked all the same.

use std::cell::Cell;

use toml::{Table, Value};

use super::misplaced::one_level_up;
use super::part::{At, Notes, Part, kind_of, remedy_of};
use super::path::{Condition, Path};
use super::pick::has_source;
use super::rule::{Fields, Rule, Wrap};
use super::shape::{Shape, Struct};
use super::single::Source;
use super::value::Kind;

/// How many rules a manifest may have.
const RULES: u32 = 2_000;

/// How deep rules may stand in each other, beside the depth of the model.
const DEEPEST: usize = 12;

/// Compiles rules and notes what is wrong.
pub(super) struct Compiler<'n> {
    pub(super) notes: &'n Notes,
    rules: Cell<u32>,
    depth: Cell<usize>,
}

impl<'n> Compiler<'n> {
    pub(super) fn new(notes: &'n Notes) -> Self {
        Self { notes, rules: Cell::new(0), depth: Cell::new(0) }
    }

    /// Counts a rule; false when there are too many.
    pub(super) fn counts(&self, at: &At) -> bool {
        self.rules.set(self.rules.get() + 1);
        if self.rules.get() == RULES + 1 {
            self.notes.add(
                at,
                format!("MAPPING_LIMIT: a manifest may have {RULES} rules"),
                "leave some out",
            );
        }
        self.rules.get() <= RULES
    }

    /// A rule for something of that shape.
    pub(super) fn rule(&self, shape: &Shape, value: &Value, at: &At) -> Option<Rule> {
        self.nested(|| self.rule_at(shape, value, at), at)
    }

    /// Does something one level deeper, unless that is too deep.
    pub(super) fn nested<T>(&self, work: impl FnOnce() -> Option<T>, at: &At) -> Option<T> {
        if self.depth.get() == DEEPEST {
            let why = format!("MAPPING_LIMIT: rules may stand {DEEPEST} deep in each other");
            self.notes.add(at, why, "write it with fewer of them");
            return None;
        }
        self.depth.set(self.depth.get() + 1);
        let done = work();
        self.depth.set(self.depth.get() - 1);
        done
    }

    fn rule_at(&self, shape: &Shape, value: &Value, at: &At) -> Option<Rule> {
        if !self.counts(at) {
            return None;
        }
        if let Some(kind) = Kind::of(shape) {
            return self.pick(&kind, value, at).map(Rule::Pick);
        }
        match shape {
            Shape::List(inner) => self.list(inner, value, at),
            Shape::Struct(of) => self.structure(shape, of, value, at),
            Shape::OneOf(variants) => {
                let known: Vec<&str> = variants.iter().map(|it| it.name.as_str()).collect();
                let names = known.join("`, `");
                let Value::Table(table) = value else {
                    let why =
                        format!("must say which kind of value it is, and is {}", kind_of(value));
                    self.notes.add(
                        at,
                        why,
                        format!("write {{ {} = … }}; kinds are `{names}`", known[0]),
                    );
                    return None;
                };
                if table.contains_key("first") {
                    return self.first(shape, table, at);
                }
                let mut keys = table.keys();
                let (Some(key), None) = (keys.next(), keys.next()) else {
                    let why = format!("must have exactly one of `{names}`");
                    self.notes.add(at, why, "for a choice write { first = [{ … }, { … }] }");
                    return None;
                };
                let Some(variant) = variants.iter().find(|it| it.name == *key) else {
                    let why = format!("there is no `{key}` here");
                    self.notes.add(&at.key(key), why, remedy_of(key, known));
                    return None;
                };
                let rule = self.rule(&variant.shape, table.get(key)?, &at.key(key))?;
                Some(Rule::Tagged(key.clone(), Box::new(rule)))
            }
            _ => None,
        }
    }

    /// `first = […]`: several ways to the same thing.
    fn first(&self, shape: &Shape, table: &Table, at: &At) -> Option<Rule> {
        let part = Part::new(table, at.clone(), self.notes);
        let ways = part.list("first")?;
        part.close();
        let rules = ways
            .iter()
            .enumerate()
            .map(|(place, way)| self.rule(shape, way, &at.key("first").item(place)));
        Some(Rule::First(rules.collect::<Vec<_>>().into_iter().collect::<Option<_>>()?))
    }

    fn structure(&self, shape: &Shape, of: &Struct, value: &Value, at: &At) -> Option<Rule> {
        match value {
            Value::Table(table) if table.contains_key("first") => self.first(shape, table, at),
            // What people mean who name a single value for a thing with several fields.
            Value::Table(table) if has_source(table) => self.short(of, value, at),
            Value::Table(table) => self.fields(of, table, &[], at).map(Rule::Fields),
            Value::String(_) if short_form(of).is_some() => self.short(of, value, at),
            other => {
                let fields = names_of(of);
                let why =
                    format!("must be a table of fields of {}, and is {}", of.name, kind_of(other));
                self.notes.add(at, why, format!("write {{ … }} with some of `{fields}`"));
                None
            }
        }
    }

    /// The rule of the one field that is meant when a single value stands for a struct.
    fn short(&self, of: &Struct, value: &Value, at: &At) -> Option<Rule> {
        let Some(field) = short_form(of) else {
            let fields = names_of(of);
            let why = format!("{} is no single value", of.name);
            self.notes.add(at, why, format!("write {{ … }} with some of `{fields}`"));
            return None;
        };
        let pick = self.rule(&of.field(field)?.shape, value, at)?;
        let rules = vec![(field.to_owned(), pick)];
        Some(Rule::Fields(Fields { rules, needed: of.needed.clone() }))
    }

    /// The fields of a struct, but for keys that mean something else.
    pub(super) fn fields(
        &self,
        of: &Struct,
        table: &Table,
        but: &[&str],
        at: &At,
    ) -> Option<Fields> {
        let before = self.notes.count();
        let mut rules = Vec::new();
        for (key, value) in table.iter().filter(|(key, _)| !but.contains(&key.as_str())) {
            let Some(field) = of.field(key) else {
                if let Some(remedy) = one_level_up(key, at) {
                    let why =
                        format!("`{key}` is no field of {}, but a setting of the block", of.name);
                    self.notes.add(&at.key(key), why, remedy);
                    continue;
                }
                let why = format!("{} has no field `{key}`", of.name);
                let known = of.fields.iter().map(|field| field.name.as_str());
                self.notes.add(&at.key(key), why, remedy_of(key, known));
                continue;
            };
            if let Some(rule) = self.rule(&field.shape, value, &at.key(key)) {
                rules.push((key.clone(), rule));
            }
        }
        for needed in of.needed.iter().filter(|name| !table.contains_key(*name)) {
            let about = of.field(needed).map_or("", |field| field.about.as_str());
            self.notes.add(&at.key(needed), "is missing", format!("write a rule for it: {about}"));
        }
        if table.is_empty() {
            let fields = names_of(of);
            self.notes.add(at, "stands open", format!("write some of `{fields}`"));
        }
        (self.notes.count() == before).then(|| Fields { rules, needed: of.needed.clone() })
    }

    fn list(&self, inner: &Shape, value: &Value, at: &At) -> Option<Rule> {
        match value {
            Value::Array(items) => {
                let rules: Vec<Option<Rule>> = items
                    .iter()
                    .enumerate()
                    .map(|(place, item)| self.rule(inner, item, &at.item(place)))
                    .collect();
                rules.into_iter().collect::<Option<_>>().map(Rule::List)
            }
            Value::Table(table) if table.contains_key("each") => self.each(inner, table, at),
            Value::Table(table) if table.contains_key("split") => self.split(inner, table, at),
            other => {
                let why = format!("must be a list, and is {}", kind_of(other));
                let remedy = "write [ … ] with a rule for each item, or { each = \"$.list[*]\", … } for one item a value";
                self.notes.add(at, why, remedy);
                None
            }
        }
    }

    /// `{ each = path, … }`: what stands beside `each` is the rule of one item, whose paths start from the value.
    fn each(&self, inner: &Shape, table: &Table, at: &At) -> Option<Rule> {
        let part = Part::new(table, at.clone(), self.notes);
        let each = match part.get("each")? {
            Value::Table(source) => self.source(source, &at.key("each")),
            Value::String(text) => self.path(text, &at.key("each")).map(Source::Here),
            _ => part.text("each").and(None),
        };
        let rule = if let Shape::Struct(of) = inner {
            self.fields(of, table, &["each"], at).map(Rule::Fields)
        } else {
            let mut rest = table.clone();
            rest.remove("each");
            if !has_source(&rest) {
                rest.insert("path".to_owned(), Value::String("$".to_owned()));
            }
            self.rule(inner, &Value::Table(rest), at)
        };
        Some(Rule::Each(each?, Box::new(rule?)))
    }

    /// Where the values of `each` are, when that is not a plain path.
    fn source(&self, table: &Table, at: &At) -> Option<Source> {
        let part = Part::new(table, at.clone(), self.notes);
        let answer = part.text("answer");
        let item = part.text("item");
        part.close();
        match (answer, item) {
            (Some(text), None) => self.path(text, &at.key("answer")).map(Source::Answer),
            (None, Some(text)) => self.path(text, &at.key("item")).map(Source::Item),
            _ => {
                self.notes.add(at, "must have exactly one of `answer`, `item`", "or be a path");
                None
            }
        }
    }

    /// `{ path = …, split = ";" }`: one item for each part of a text.
    fn split(&self, inner: &Shape, table: &Table, at: &At) -> Option<Rule> {
        let part = Part::new(table, at.clone(), self.notes);
        let by = part.text("split")?;
        if by.is_empty() {
            part.wrong(
                "split",
                "must not be empty",
                "write what stands between the parts, such as \";\"",
            );
            return None;
        }
        let (kind, wrap) = match inner {
            Shape::Struct(of) => {
                let Some(field) = short_form(of) else {
                    part.wrong(
                        "split",
                        format!("the parts of a text are no {}", of.name),
                        "write [ … ] or { each = … }",
                    );
                    return None;
                };
                (Kind::of(&of.field(field)?.shape)?, Wrap::Field(field.to_owned()))
            }
            other => (Kind::of(other)?, Wrap::Text),
        };
        let mut rest = table.clone();
        rest.remove("split");
        let pick = self.pick(&kind, &Value::Table(rest), at)?;
        Some(Rule::Split(pick, by.to_owned(), Box::new(wrap)))
    }

    /// A path, or what is wrong with it.
    pub(super) fn path(&self, text: &str, at: &At) -> Option<Path> {
        Path::compile(text).map_err(|flaw| self.notes.add(at, flaw.0, flaw.1)).ok()
    }

    /// A condition, or what is wrong with it.
    pub(super) fn condition(&self, text: &str, at: &At) -> Option<Condition> {
        Condition::compile(text).map_err(|flaw| self.notes.add(at, flaw.0, flaw.1)).ok()
    }

    /// A condition that a part may have.
    pub(super) fn condition_of(&self, part: &Part<'_>, key: &'static str) -> Option<Condition> {
        self.condition(part.text(key)?, &part.at.key(key))
    }

    /// A path that a part may have.
    pub(super) fn path_of(&self, part: &Part<'_>, key: &'static str) -> Option<Path> {
        self.path(part.text(key)?, &part.at.key(key))
    }
}

/// The field that is meant when a single value is given for a struct.
fn short_form(of: &Struct) -> Option<&'static str> {
    match of.name.as_str() {
        "Concept" | "Dosage" | "PersonName" => Some("text"),
        "Quantity" | "ContactPoint" | "Identifier" => Some("value"),
        "Label" => Some("code"),
        _ => None,
    }
}

fn names_of(of: &Struct) -> String {
    of.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join("`, `")
}
