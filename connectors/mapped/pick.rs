//! Compiles the rule of a single value: where it comes from, and what is done to it.

use std::collections::BTreeMap;

use hyper::header::HeaderName;
use toml::{Table, Value};

use super::compile::Compiler;
use super::date::{self, DateFormat};
use super::part::{At, Part, kind_of};
use super::single::{Case, Pick, Source, Treatment};
use super::value::{Kind, NumberFormat};

/// Where a single value may come from.
const SOURCES: [&str; 7] = ["path", "item", "answer", "header", "const", "join", "first"];

/// How many parts may be joined, and how many ways there may be to one value.
const PARTS: usize = 16;

/// How many rows a table of values may have.
const ROWS: usize = 2_000;

/// True when a table says where a value comes from.
pub(super) fn has_source(table: &Table) -> bool {
    SOURCES.iter().any(|source| table.contains_key(*source))
}

impl Compiler<'_> {
    /// The rule of a single value.
    pub(super) fn pick(&self, kind: &Kind, value: &Value, at: &At) -> Option<Pick> {
        let pick = |source| Pick {
            at: at.as_str().to_owned(),
            source,
            treatment: None,
            kind: kind.clone(),
            is_optional: false,
        };
        match value {
            Value::String(text) if text.starts_with('$') => {
                self.path(text, at).map(|path| pick(Source::Here(path)))
            }
            Value::String(text) if matches!(kind, Kind::System) => {
                self.constant(kind, text, at).map(|text| pick(Source::Constant(text)))
            }
            Value::String(text) => {
                let remedy = format!(
                    "write \"$.{text}\" for a value of the answer, or {{ const = {text:?} }} for these words"
                );
                self.notes.add(at, "a rule is a path that begins with `$`, or a table", remedy);
                None
            }
            Value::Table(table) => self.treated(kind, table, at),
            other => {
                let why = format!("must be a rule for {}, and is {}", kind.words(), kind_of(other));
                self.notes.add(
                    at,
                    why,
                    "write \"$.path\" for a value of the answer, or { const = … }",
                );
                None
            }
        }
    }

    fn treated(&self, kind: &Kind, table: &Table, at: &At) -> Option<Pick> {
        let part = Part::new(table, at.clone(), self.notes);
        let before = self.notes.count();
        let source = self.source_of(kind, &part);
        let is_constant = matches!(source, Some(Source::Constant(_)));
        let treatment = self.treatment(kind, &part);
        let is_optional = part.flag("optional");
        if is_constant && (is_optional || treatment.is_some()) {
            self.notes.add(at, "nothing can be done to a constant", "leave the other keys out");
        }
        part.close();
        (self.notes.count() == before).then_some(())?;
        Some(Pick {
            at: at.as_str().to_owned(),
            source: source?,
            treatment: treatment.map(Box::new),
            kind: kind.clone(),
            is_optional,
        })
    }

    fn source_of(&self, kind: &Kind, part: &Part<'_>) -> Option<Source> {
        let named: Vec<&str> = SOURCES.iter().copied().filter(|source| part.has(source)).collect();
        let [source] = named.as_slice() else {
            not_one(part, &named);
            return None;
        };
        match *source {
            "path" => self.path_of(part, "path").map(Source::Here),
            "item" => self.path_of(part, "item").map(Source::Item),
            "answer" => {
                let path = self.path_of(part, "answer")?;
                if path.is_deep() {
                    let why = "`..` would search the whole answer for each item";
                    part.wrong("answer", why, "name the way to the value");
                }
                Some(Source::Answer(path))
            }
            "header" => {
                let name = part.text("header")?;
                let parsed = HeaderName::try_from(name).ok();
                if parsed.is_none() {
                    part.wrong("header", format!("{name:?} is no name of a header"), "");
                }
                parsed.map(Source::Header)
            }
            "const" => {
                let text = scalar(part.get("const")?);
                let Some(text) = text else {
                    part.wrong("const", "must be a text, a number, true or false", "");
                    return None;
                };
                self.constant(kind, &text, &part.at.key("const")).map(Source::Constant)
            }
            "join" => {
                let with = part.text("with").unwrap_or(" ").to_owned();
                self.several(&Kind::Text, part, "join").map(|picks| Source::Join(picks, with))
            }
            _ => self.several(kind, part, "first").map(Source::First),
        }
    }

    fn several(&self, kind: &Kind, part: &Part<'_>, key: &'static str) -> Option<Vec<Pick>> {
        let items = part.list(key)?;
        if items.is_empty() || items.len() > PARTS {
            part.wrong(key, format!("MAPPING_LIMIT: must have 1 to {PARTS} rules"), "");
            return None;
        }
        let picks: Vec<Option<Pick>> = items
            .iter()
            .enumerate()
            .map(|(place, item)| {
                let at = part.at.key(key).item(place);
                if !self.counts(&at) {
                    return None;
                }
                // A nested table of the same kind is compiled by the same means, within the depth of the text.
                self.nested(|| self.pick(kind, item, &at), &at)
            })
            .collect();
        picks.into_iter().collect()
    }

    fn treatment(&self, kind: &Kind, part: &Part<'_>) -> Option<Treatment> {
        let found = Treatment {
            none: part.texts("none").into_iter().map(str::to_owned).collect(),
            without: part.text("without").map(str::to_owned),
            case: part.one_of("case", &["lower", "upper"]).map(|case| match case {
                "lower" => Case::Lower,
                _ => Case::Upper,
            }),
            table: self.table(kind, part),
            otherwise: self.written(kind, part, "otherwise"),
            default: self.written(kind, part, "default"),
            date: date_of(kind, part),
            number: number_of(kind, part),
        };
        if found.otherwise.is_some() && !part.has("table") {
            part.wrong(
                "otherwise",
                "says what a table does not know, and there is none",
                "write table = { … }, or default for what is missing",
            );
        }
        if found.table.is_some() && (found.date.is_some() || found.number.is_some()) {
            part.wrong(
                "table",
                "what a table gives is taken as it is",
                "leave out date and number",
            );
        }
        let is_plain = found.none.is_empty()
            && found.without.is_none()
            && found.case.is_none()
            && found.table.is_none()
            && found.otherwise.is_none()
            && found.default.is_none()
            && found.date.is_none()
            && found.number.is_none();
        (!is_plain).then_some(found)
    }

    fn table(&self, kind: &Kind, part: &Part<'_>) -> Option<BTreeMap<String, String>> {
        let rows = part.part("table")?;
        if rows.table.len() > ROWS {
            part.wrong(
                "table",
                format!("MAPPING_LIMIT: a table may have {ROWS} rows"),
                "leave some out",
            );
            return None;
        }
        let mut table = BTreeMap::new();
        for (from, to) in rows.table {
            let at = rows.at.key(from);
            match scalar(to) {
                Some(to) => {
                    table.extend(self.constant(kind, &to, &at).map(|to| (from.clone(), to)));
                }
                None => self.notes.add(&at, "must be a text, a number, true or false", ""),
            }
        }
        Some(table)
    }

    fn written(&self, kind: &Kind, part: &Part<'_>, key: &'static str) -> Option<String> {
        let Some(text) = scalar(part.get(key)?) else {
            part.wrong(key, "must be a text, a number, true or false", "");
            return None;
        };
        self.constant(kind, &text, &part.at.key(key))
    }

    /// A text that a manifest writes itself, if it fits.
    fn constant(&self, kind: &Kind, text: &str, at: &At) -> Option<String> {
        match kind.objection(text) {
            None => Some(text.to_owned()),
            Some((why, remedy)) => {
                self.notes.add(at, why, remedy);
                None
            }
        }
    }
}

/// Notes that a rule says nowhere, or in several ways, where its value comes from.
fn not_one(part: &Part<'_>, named: &[&str]) {
    if part.table.is_empty() {
        let remedy = "write \"$.name\" with the path to the value, or leave the key out";
        return part.notes.add(&part.at, "stands open", remedy);
    }
    let why = format!("must have exactly one of `{}`", SOURCES.join("`, `"));
    let remedy = if named.is_empty() {
        "write path = \"$.name\" for a value of the answer".to_owned()
    } else {
        format!("it has `{}`", named.join("` and `"))
    };
    // The other keys are looked at all the same.
    for source in SOURCES {
        part.knows(source);
    }
    part.notes.add(&part.at, why, remedy);
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Boolean(value) => Some(value.to_string()),
        Value::Datetime(_) | Value::Array(_) | Value::Table(_) => None,
    }
}

fn date_of(kind: &Kind, part: &Part<'_>) -> Option<DateFormat> {
    let text = part.text("date")?;
    if text.contains(" or ") {
        part.wrong("date", "stands open", "leave one of the two");
        return None;
    }
    if !matches!(kind, Kind::Date | Kind::Death) {
        part.wrong("date", format!("this field is {}, not a date", kind.words()), "leave it out");
        return None;
    }
    let wrong = |why| match date::in_our_signs(text) {
        Some(meant) => part.wrong("date", why, format!("write {meant:?}")),
        None => part.wrong("date", why, date::REMEDY),
    };
    DateFormat::read(text).map_err(wrong).ok()
}

fn number_of(kind: &Kind, part: &Part<'_>) -> Option<NumberFormat> {
    let text = part.text("number")?;
    if !matches!(kind, Kind::Decimal | Kind::Number) {
        part.wrong(
            "number",
            format!("this field is {}, not a number", kind.words()),
            "leave it out",
        );
        return None;
    }
    let format = NumberFormat::named(text);
    if format.is_none() {
        let names = NumberFormat::NAMES.join("\" or \"");
        part.wrong(
            "number",
            format!("{text:?} is no way to write numbers"),
            format!("write \"{names}\""),
        );
    }
    format
}
