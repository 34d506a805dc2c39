//! Reads the blocks of a manifest, one function a block, and checks each against the model.

use toml::Value;

use super::compile::Compiler;
use super::exchange::Exchange;
use super::part::{At, Notes, Part, kind_of};
use super::people::{for_nobody, without_identifier};
use super::plan::{Beside, FACTS, Fetch, Listing, Withdrawn};
use super::revalidation;
use super::rule::Rule;
use super::shape::{MODEL, Shape, Struct};
use super::single::Pick;
use super::template::Variable;
use super::value::Kind;
use crate::parts::Revalidate;
use crate::record::{Section, needed};

const OF_SUBJECT: &str =
    "write the path to the patient's id in each item: by it is checked whose the item is";
const OF_REFERENCE: &str = "write the path to what tells one item from another, such as its number";

/// `[[fetch]]`.
pub(super) fn fetch(part: &Part<'_>, compiler: &Compiler<'_>) -> Option<Fetch> {
    let section = section(part);
    let fact = section.and_then(|section| fact(part, section));
    let exchange = Exchange::read(part, compiler);
    let is_feed = part.flag("feed");
    let each = compiler.path_of(part, "each");
    let batch = batch(part, exchange.as_ref(), is_feed);
    let by = exchange.as_ref().map(|exchange| revalidation::read(part, exchange));
    part.knows("revalidate");
    let subject = needed_pick(part, compiler, "subject", OF_SUBJECT);
    let reference = needed_pick(part, compiler, "reference", OF_REFERENCE);
    let beside = beside(part, compiler);
    let fields = fact.as_deref().and_then(|fact| {
        of_use(part, fact);
        fields(part, compiler, MODEL.fact(fact)?)
    });
    if fact.is_none() {
        part.get("fields");
    }
    part.close();
    let (mut exchange, subject, reference, fields) = (exchange?, subject?, reference?, fields?);
    let picks =
        [Some(&subject), Some(&reference), beside.recorded.as_ref(), beside.updated.as_ref()];
    let rules = [Some(&fields), beside.labels.as_ref(), beside.identifiers.as_ref()];
    let (picks, rules): (Vec<_>, Vec<_>) =
        (picks.into_iter().flatten().collect(), rules.into_iter().flatten().collect());
    exchange.need(&picks, &rules);
    exchange.revalidate = by.unwrap_or(Revalidate::Never);
    Some(Fetch {
        text: format!("{:?}", part.table),
        section: section?,
        fact: fact?,
        exchange,
        each,
        batch,
        is_feed,
        subject,
        reference,
        beside,
        fields,
    })
}

/// What a record has beside its fact.
fn beside(part: &Part<'_>, compiler: &Compiler<'_>) -> Beside {
    let list_of = |shape: &Shape| Shape::List(shape.clone().into());
    let rule =
        |key, shape: &Shape| compiler.rule(&list_of(shape), part.get(key)?, &part.at.key(key));
    if let Some(value) = part.get("labels") {
        never_optional(value, &part.at.key("labels"), part.notes);
    }
    Beside {
        recorded: pick(part, compiler, "recorded", &Kind::Date),
        updated: pick(part, compiler, "updated", &Kind::Date),
        identifiers: rule("identifiers", &MODEL.identifier),
        labels: rule("labels", &MODEL.label),
        withdrawn: withdrawn(part, compiler),
    }
}

/// A condition on what a record is made of, or with `item` on the whole item.
fn withdrawn(part: &Part<'_>, compiler: &Compiler<'_>) -> Option<Withdrawn> {
    const KEY: &str = "withdrawn";
    let Value::Table(table) = part.get(KEY)? else {
        let when = compiler.condition_of(part, KEY)?;
        return Some(Withdrawn { when, is_of_item: false });
    };
    let row = Part::new(table, part.at.key(KEY), part.notes);
    if !row.has("item") {
        row.missing("item", "write a condition on the whole item, such as '@.void == true'");
    }
    let when = compiler.condition_of(&row, "item");
    row.close();
    Some(Withdrawn { when: when?, is_of_item: true })
}

/// A label that does not fit must not be left out: then the record would be open to more people than its source meant.
fn never_optional(value: &Value, at: &At, notes: &Notes) {
    match value {
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                never_optional(item, &at.item(place), notes);
            }
        }
        Value::Table(table) => {
            for (key, value) in table {
                let at = at.key(key);
                match key.as_str() {
                    "optional" | "none" => notes.add(
                        &at,
                        "a label cannot be left out",
                        "write otherwise = \"…\" for values that the table does not know",
                    ),
                    _ => never_optional(value, &at, notes),
                }
            }
        }
        _ => {}
    }
}

fn section(part: &Part<'_>) -> Option<Section> {
    let names = FACTS.map(|(section, _)| section.name());
    let name = part.one_of("section", &names);
    if !part.has("section") {
        part.missing("section", format!("write one of `{}`", names.join("`, `")));
    }
    FACTS.iter().map(|(section, _)| *section).find(|section| Some(section.name()) == name)
}

fn fact(part: &Part<'_>, section: Section) -> Option<String> {
    let (_, facts) = FACTS.iter().find(|(known, _)| *known == section)?;
    let fact = part.one_of("fact", facts);
    match (fact, facts) {
        (Some(fact), _) => Some(fact.to_owned()),
        (None, [only]) if !part.has("fact") => Some((*only).to_owned()),
        (None, _) => {
            if !part.has("fact") {
                part.missing(
                    "fact",
                    format!("say what each item is: one of `{}`", facts.join("`, `")),
                );
            }
            None
        }
    }
}

fn batch(part: &Part<'_>, exchange: Option<&Exchange>, is_feed: bool) -> usize {
    let batch = part.whole("patients_per_ask", 1..=100);
    let Some(exchange) = exchange else { return 1 };
    let used = exchange.request.variables();
    let (one, many) = (used.contains(&Variable::Patient), used.contains(&Variable::Patients));
    if one && many {
        part.notes.add(
            &part.at,
            "a request cannot have both {patient} and {patients}",
            "leave one out",
        );
    }
    if batch.is_some() && !many {
        part.wrong(
            "patients_per_ask",
            "the request has no place for {patients}",
            "write {patients} in place of {patient}",
        );
    }
    without_identifier(part, exchange);
    if !one && !many && !is_feed {
        part.notes.add(&part.at, "the request has no place for {patient}", "write it into path, query or body; or feed = true when its answer holds everybody's items");
    }
    match (many, is_feed && !one) {
        (true, _) => batch.unwrap_or(25) as usize,
        // Everybody is in the answer anyhow.
        (false, true) => 100,
        (false, false) => 1,
    }
}

pub(super) fn pick(
    part: &Part<'_>,
    compiler: &Compiler<'_>,
    key: &'static str,
    kind: &Kind,
) -> Option<Pick> {
    compiler.pick(kind, part.get(key)?, &part.at.key(key))
}

pub(super) fn needed_pick(
    part: &Part<'_>,
    compiler: &Compiler<'_>,
    key: &'static str,
    remedy: &str,
) -> Option<Pick> {
    if !part.has(key) {
        part.get(key);
        part.missing(key, remedy);
    }
    let found = pick(part, compiler, key, &Kind::Text)?;
    if found.is_constant() {
        part.wrong(key, "must come from the answer", remedy);
    }
    Some(found)
}

pub(super) fn fields(part: &Part<'_>, compiler: &Compiler<'_>, of: &Struct) -> Option<Rule> {
    match part.get("fields") {
        None => {
            let names: Vec<&str> = of.fields.iter().map(|field| field.name.as_str()).collect();
            part.missing(
                "fields",
                format!("write [….fields] with some of `{}`", names.join("`, `")),
            );
            None
        }
        Some(Value::Table(table)) => {
            compiler.fields(of, table, &[], &part.at.key("fields")).map(Rule::Fields)
        }
        Some(other) => {
            let why = format!("must be a table, and is {}", kind_of(other));
            part.wrong("fields", why, "write fields = { … }");
            None
        }
    }
}

/// A fact that never says what it is about is of no use.
pub(super) fn of_use(part: &Part<'_>, fact: &str) {
    let Some(fields) = part.table.get("fields").and_then(Value::as_table) else { return };
    let names = needed(fact);
    let has = |name: &&str| {
        let mut at = Some(fields);
        let mut parts = name.split('.').peekable();
        while let Some(name) = parts.next() {
            let value = at.and_then(|table| table.get(name));
            if parts.peek().is_none() {
                return value.is_some();
            }
            at = value.and_then(Value::as_table);
        }
        false
    };
    if !names.iter().any(has) {
        let remedy = match names {
            [one] => format!(
                "write a rule for it: without it no record of this kind is of use (`{one}`)"
            ),
            _ => format!("write a rule for at least one of `{}`", names.join("`, `")),
        };
        let first = names.first().copied().unwrap_or_default();
        let at = first.split('.').fold(part.at.key("fields"), |at, name| at.key(name));
        part.notes.add(&at, "is missing", remedy);
    }
}

pub(super) fn directory(part: &Part<'_>, compiler: &Compiler<'_>) -> Option<Listing> {
    let exchange = Exchange::read(part, compiler);
    for_nobody(part, exchange.as_ref());
    let refresh_minutes = part.whole("refresh_minutes", 1..=10_080).unwrap_or(60);
    let fields = fields(part, compiler, &MODEL.service);
    let table = part.table.get("fields").and_then(Value::as_table);
    for name in ["id", "name"] {
        if table.is_some_and(|table| !table.contains_key(name)) {
            let at = part.at.key("fields").key(name);
            part.notes.add(&at, "is missing", "write a rule for it: each service needs one");
        }
    }
    part.close();
    let (mut exchange, fields) = (exchange?, fields?);
    exchange.need(&[], &[&fields]);
    Some(Listing { exchange, fields, refresh_minutes })
}
