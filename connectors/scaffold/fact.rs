//! The fields of a record, found among the values of an item.

use super::block::Entry;
use super::closed;
use super::leaf::{Leaf, Leaves};
use super::rules::{concept, concepts, date, number, texts};
use super::shape::Facts;
use super::targets::{DOSE_FORM, DRUGS, Form, Kind, Target};
use super::toml_text::{list, quoted, table};
use super::words::Sure;
use crate::record::needed;

const UNITS: &[&str] =
    &["unit", "units", "uom", "*unit", "*units", "*uom", "unitofmeasure", "einheit", "unidad"];
const AS_NEEDED: &[&str] = &["prn", "asneeded", "isprn", "beibedarf"];
const FREQUENCY: &[&str] = &["frequency", "freq", "haufigkeit", "frecuencia"];
const ROUTE: &[&str] = &["route", "routeofadministration"];
const WORDS: &[&str] = &["valuestring", "resulttext", "valuetext", "textvalue", "words", "comment"];

/// The fields of a record of that kind.
pub(super) fn fields(kind: &Kind, leaves: &Leaves) -> Vec<Entry> {
    let mut entries: Vec<Entry> =
        kind.targets.iter().filter_map(|target| entry(kind.of, target, leaves)).collect();
    let wanted = needed(kind.fact);
    let has =
        |name: &&str| entries.iter().any(|it| name.split('.').next() == Some(it.key.as_str()));
    if !wanted.iter().any(has) {
        let names = wanted.join(" or ");
        let question =
            format!("which field says what it is about? At least one is needed of {names}");
        let open = match wanted.first() {
            Some(&"medication.drug") => Entry::of("medication", "{ drug = {} }".to_owned())
                .noted(&format!("OPEN: {question}")),
            Some(first) if is_list(kind, first) => {
                Entry::of(first, "[{}]".to_owned()).noted(&format!("OPEN: {question}"))
            }
            first => Entry::open(first.copied().unwrap_or_default(), &question),
        };
        entries.insert(0, open);
    }
    entries
}

/// True for a field that holds several.
fn is_list(kind: &Kind, field: &str) -> bool {
    let is_several =
        |it: &&Target| matches!(it.form, Form::Texts | Form::Concepts(_) | Form::Participant);
    kind.targets.iter().filter(is_several).any(|target| target.field == field)
}

/// The entry of one field, if something of the item is meant by it.
pub(super) fn entry(of: &str, target: &Target, leaves: &Leaves) -> Option<Entry> {
    let (field, names) = (target.field, target.names);
    match target.form {
        Form::Words => words(leaves, names).map(|(rule, sure)| Entry::of(field, rule).sure(sure)),
        Form::Texts => {
            let (leaf, sure) = leaves.named(names)?;
            Some(texts(field, leaf, sure, field == "languages"))
        }
        Form::Date => dated(field, names, leaves),
        Form::Code => {
            let (leaf, sure) = leaves.named_if(names, is_of_item)?;
            Some(closed::rule(field, leaf, &closed::codes_of(of, field)).sure(sure))
        }
        Form::Concept(systems) => {
            concept(leaves, names, systems).map(|(rule, sure)| Entry::of(field, rule).sure(sure))
        }
        Form::Concepts(systems) => {
            let (rule, remark, sure) = concepts(leaves, names, systems)?;
            Some(Entry::of(field, rule).noted_if(remark).sure(sure))
        }
        Form::Medicine => medicine(field, names, leaves),
        Form::Amount => amount(field, names, leaves),
        Form::Days => {
            let (leaf, sure) = leaves.named_if(names, |it| it.each.is_none())?;
            let (value, remark) = counted(leaf)?;
            let constant = |text| table([("const", quoted(text))]);
            let rule =
                table([("value", value), ("unit", constant("day")), ("code", constant("d"))]);
            Some(Entry::of(field, rule).noted_if(remark).sure(sure))
        }
        Form::Dosage => dosage(field, names, leaves),
        Form::Finding => finding(field, names, leaves),
        Form::Participant => {
            let (name, sure) = words(leaves, names)?;
            let mut parts = vec![("name", name)];
            let other = |names: &[&str]| leaves.named_if(names, |it| it.each.is_none());
            if let Some((role, _)) =
                other(&["role", "specialty", "position", "rolle", "participant/role"])
            {
                parts.push(("roles", list(&[quoted(role.read())])));
            }
            if let Some((place, _)) = other(&["organization", "organisation", "practice", "clinic"])
            {
                parts.push(("organization", quoted(place.read())));
            }
            Some(Entry::of(field, list(&[table(parts)])).sure(sure))
        }
    }
}

/// True for what says something of the item itself, and not of a part of it.
fn is_of_item(leaf: &Leaf) -> bool {
    leaf.each.is_none()
        && (leaf.above_path == "$"
            || leaf.above.ends_with("status")
            || leaf.above == "attributes"
            || leaf.above == "fields")
}

/// A single text: a value of that name, the name within a table of that name, or the parts of a person's name.
fn words(leaves: &Leaves, names: &[&str]) -> Option<(String, Sure)> {
    if let Some((leaf, sure)) = leaves.named(names) {
        return Some((quoted(leaf.read()), sure));
    }
    let within = |name: &str, parts: &[&str]| {
        let is_meant =
            |leaf: &Leaf| leaf.above == name.trim_start_matches('~') && leaf.each.is_none();
        leaves.named_if(parts, is_meant).map(|(leaf, _)| leaf)
    };
    names.iter().find_map(|name| {
        if let Some(leaf) = within(name, &["name", "display", "fullname", "label", "title", "text"])
        {
            return Some((quoted(leaf.read()), Sure::Plain));
        }
        let parts =
            [&["first", "firstname", "given"][..], &["last", "lastname", "family", "surname"]];
        let found: Vec<String> = parts
            .iter()
            .filter_map(|parts| within(name, parts))
            .map(|leaf| quoted(leaf.read()))
            .collect();
        (!found.is_empty()).then(|| (table([("join", list(&found))]), Sure::Plain))
    })
}

fn dated(field: &str, names: &[&str], leaves: &Leaves) -> Option<Entry> {
    let (leaf, sure) = leaves.named_if(names, |it| it.each.is_none() && it.why.get().is_none())?;
    if let Some((rule, remark)) = date(leaf) {
        return Some(Entry::of(field, rule).noted_if(remark.as_deref()).sure(sure));
    }
    leaf.why.set(Some("looks like a date, and is written as none that can be read, such as with a year of two digits"));
    dated(field, names, leaves)
}

/// A number, or why it is none.
fn counted(leaf: &Leaf) -> Option<(String, Option<&'static str>)> {
    let found = number(&leaf.path, &leaf.facts);
    match found {
        Some(_) => {
            leaf.read();
        }
        None => leaf.why.set(Some("holds more than a number")),
    }
    found
}

fn medicine(field: &str, names: &[&str], leaves: &Leaves) -> Option<Entry> {
    let form =
        leaves.named_if(DOSE_FORM, |it| it.each.is_none()).map(|(leaf, _)| quoted(leaf.read()));
    let (drug, sure) = concept(leaves, names, DRUGS)?;
    let parts = [("drug", Some(drug)), ("form", form)];
    let rule = table(parts.into_iter().filter_map(|(key, it)| Some((key, it?))));
    Some(Entry::of(field, rule).sure(sure))
}

/// The unit that belongs to a number.
fn unit_of(leaf: &Leaf, leaves: &Leaves) -> Option<String> {
    let is_beside = |it: &Leaf| it.above_path == leaf.above_path || it.above_path == leaf.path;
    leaves.named_if(UNITS, is_beside).map(|(unit, _)| quoted(unit.read()))
}

fn amount(field: &str, names: &[&str], leaves: &Leaves) -> Option<Entry> {
    let (leaf, sure) = leaves.named_if(names, |it| it.each.is_none())?;
    let (value, remark) = counted(leaf)?;
    let unit = unit_of(leaf, leaves);
    let rule = match unit {
        None if value.starts_with('"') => value,
        unit => {
            let parts = [("value", Some(value)), ("unit", unit)];
            table(parts.into_iter().filter_map(|(key, it)| Some((key, it?))))
        }
    };
    Some(Entry::of(field, rule).noted_if(remark).sure(sure))
}

fn dosage(field: &str, names: &[&str], leaves: &Leaves) -> Option<Entry> {
    let single =
        |names: &[&str]| leaves.named_if(names, |it| it.each.is_none()).map(|(leaf, _)| leaf);
    let (text, sure) = leaves.named_if(names, |it| it.each.is_none())?;
    let mut parts = vec![("text", quoted(text.read()))];
    if let Some(leaf) = single(FREQUENCY) {
        parts.push(("frequency", quoted(leaf.read())));
    }
    if let Some(leaf) = single(ROUTE) {
        parts.push(("route", quoted(leaf.read())));
    }
    if let Some(rule) = single(AS_NEEDED).and_then(closed::truth) {
        parts.push(("asNeeded", rule));
    }
    Some(Entry::of(field, list(&[table(parts)])).sure(sure))
}

/// What was found: a number where it is one, else words.
fn finding(field: &str, names: &[&str], leaves: &Leaves) -> Option<Entry> {
    let (leaf, sure) = leaves.named_if(names, |it| it.each.is_none())?;
    let is_numeric = |text: &String| {
        text.starts_with(|it: char| it.is_ascii_digit() || it == '-') && !text.contains(' ')
    };
    let (numbers, words): (Vec<String>, Vec<String>) =
        leaf.facts.values.iter().cloned().partition(is_numeric);
    let numeric = Facts { values: numbers, ..leaf.facts.clone() };
    let told_number = leaf.facts.told.as_ref().is_some_and(|it| it.is_number);
    let has_numbers = told_number || !numeric.values.is_empty();
    let found = if has_numbers { number(&leaf.path, &numeric) } else { None };
    let beside = leaves
        .named_if(WORDS, |it| it.above_path == leaf.above_path && it.path != leaf.path)
        .map(|(it, _)| it);
    leaf.read();
    let text = |path: &str| table([("text", quoted(path))]);
    let Some((value, remark)) = found else {
        return Some(Entry::of(field, text(&leaf.path)).sure(sure));
    };
    let is_mixed = !words.is_empty();
    let value = if is_mixed { optional(&value) } else { value };
    let parts = [("value", Some(value)), ("unit", unit_of(leaf, leaves))];
    let quantity = table(parts.into_iter().filter_map(|(key, it)| Some((key, it?))));
    let quantity = table([("quantity", quantity)]);
    let mut ways = vec![quantity.clone()];
    ways.extend(is_mixed.then(|| text(&leaf.path)));
    ways.extend(beside.map(|it| text(it.read())));
    let rule = if ways.len() == 1 { quantity } else { table([("first", list(&ways))]) };
    Some(Entry::of(field, rule).noted_if(remark).sure(sure))
}

/// The same rule, for a value that need not fit.
fn optional(rule: &str) -> String {
    match rule.strip_suffix(" }") {
        Some(rest) => format!("{rest}, optional = true }}"),
        None => format!("{{ path = {rule}, optional = true }}"),
    }
}
