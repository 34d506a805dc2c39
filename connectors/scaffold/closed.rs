//! Fields that hold one code of a closed set: a table with every value of the sample. What is plainly a code of the model
//! becomes it; what is not stands open, since a wrong code is worse than none.

use std::sync::LazyLock;

use serde_json::Value;

use super::block::{Entry, Rows};
use super::leaf::Leaf;
use super::toml_text::{quoted, table};
use super::words::plain;
use crate::record::schema;

static RECORD: LazyLock<Value> = LazyLock::new(schema::of_record);
static SERVICE: LazyLock<Value> = LazyLock::new(schema::of_service);

/// How many different values a closed list has at most, and how long they are.
const VALUES: usize = 12;
const LENGTH: usize = 24;

/// The codes of a field of the model.
pub(super) fn codes_of(of: &str, field: &str) -> Vec<String> {
    let found = [&*RECORD, &*SERVICE].into_iter().find_map(|schema| {
        let of_all = schema.get("title").and_then(Value::as_str) == Some(of);
        let of = if of_all { schema } else { schema.get("$defs")?.get(of)? };
        of.get("properties")?.get(field)?.get("enum")?.as_array()
    });
    found.into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

/// Words that mean a code beyond doubt, where that code is one of the field.
const SAME: [(&str, &[&str]); 12] = [
    ("cancelled", &["canceled"]),
    ("in-progress", &["inprogress"]),
    ("on-hold", &["onhold"]),
    ("noshow", &["noshow"]),
    ("entered-in-error", &["enteredinerror"]),
    ("female", &["f", "w", "weiblich", "mujer", "femenino", "femme", "feminin"]),
    ("male", &["m", "mannlich", "maennlich", "hombre", "masculino", "homme", "masculin"]),
    ("unknown", &["u", "unk", "unbekannt", "desconocido"]),
    ("true", &["y", "yes", "t", "1", "ja", "si", "oui", "active", "aktiv", "enrolled"]),
    ("false", &["n", "no", "f", "0", "nein", "non", "inactive", "inaktiv"]),
    ("temporarily closed", &["temporarilyclosed"]),
    ("active", &["aktiv", "activo"]),
];

/// The code that a value plainly is.
fn same<'c>(value: &str, codes: &'c [String]) -> Option<&'c String> {
    let word = plain(value);
    let is_known = |code: &String| {
        plain(code) == word
            || SAME.iter().any(|(known, words)| known == code && words.contains(&word.as_str()))
    };
    // A letter alone says what it means for a person's sex, and for yes and no.
    let is_letter = word.chars().count() == 1;
    let has_letters = codes.iter().any(|code| code == "female" || code == "true");
    codes.iter().filter(|_| !is_letter || has_letters).find(|code| is_known(code))
}

/// The different values, if they are a closed list: few short ones of many. Anything else may be a name.
fn listed(leaf: &Leaf) -> Option<Vec<&str>> {
    if let Some(told) = &leaf.facts.told {
        return (!told.choices.is_empty())
            .then(|| told.choices.iter().map(String::as_str).collect());
    }
    let counted = leaf.facts.counted();
    let is_short = |value: &str| {
        let words = value.split_whitespace().count();
        value.chars().count() <= LENGTH
            && words <= 3
            && value.chars().all(|it| it.is_alphanumeric() || " -_./".contains(it))
    };
    let is_closed = counted.len() <= VALUES
        && counted.len() < leaf.facts.values.len()
        && leaf.facts.values.len() > 2;
    (is_closed && counted.iter().all(|(value, _)| is_short(value)))
        .then(|| counted.into_iter().map(|(value, _)| value).collect())
}

/// The rule of a field that is one of these codes.
pub(super) fn rule(key: &str, leaf: &Leaf, codes: &[String]) -> Entry {
    let path = leaf.read();
    let is_model = |text: &str| codes.iter().any(|code| code == text);
    let choices = leaf.facts.told.as_ref().map(|told| told.choices.as_slice()).unwrap_or_default();
    if leaf.facts.is_bool && is_model("true") {
        return Entry::of(key, quoted(path));
    }
    if leaf.facts.all(is_model) || (!choices.is_empty() && choices.iter().all(|it| is_model(it))) {
        return Entry::of(key, quoted(path)).noted("its values are codes of the model");
    }
    if leaf.facts.all(|it| is_model(&it.to_lowercase())) {
        let rule = table([("path", quoted(path)), ("case", quoted("lower"))]);
        return Entry::of(key, rule).noted("its values are codes of the model");
    }
    let values = if leaf.facts.is_bool { Some(vec!["true", "false"]) } else { listed(leaf) };
    let Some(values) = values else {
        if let Some(rows) = usual(leaf, codes) {
            return Entry::of(key, table([("path", quoted(path)), ("table", rows)]))
                .noted("guessed from the usual codes");
        }
        let rows = Rows { decided: Vec::new(), open: Vec::new(), codes: codes.to_vec() };
        return Entry::table(key, path, rows);
    };
    let (mut decided, mut open) = (Vec::new(), Vec::new());
    for value in values {
        match same(value, codes) {
            Some(code) => decided.push((value.to_owned(), code.clone())),
            None => open.push(value.to_owned()),
        }
    }
    // A letter means what its language says: without an F, M may be a woman's, as where H is a man's.
    let is_letter = |value: &str| value.chars().count() == 1;
    let is_pair = ["female", "male"].iter().all(|code| decided.iter().any(|(_, it)| it == code));
    let is_sex = codes.iter().any(|code| code == "female");
    if is_sex && !is_pair && open.iter().any(|value| is_letter(value)) {
        let (letters, words): (Vec<_>, Vec<_>) =
            decided.into_iter().partition(|(value, _)| is_letter(value));
        decided = words;
        open.extend(letters.into_iter().map(|(value, _)| value));
    }
    if !open.is_empty() {
        return Entry::table(key, path, Rows { decided, open, codes: codes.to_vec() });
    }
    let rows = decided.iter().map(|(value, code)| (value.as_str(), literal(code)));
    Entry::of(key, table([("path", quoted(path)), ("table", table(rows))]))
}

/// The usual rows for yes and no, and for a person's sex, where each value is among them. They say nothing of the sample but its
/// style.
fn usual(leaf: &Leaf, codes: &[String]) -> Option<String> {
    const ROWS: [&[(&str, &str)]; 5] = [
        &[("Y", "true"), ("N", "false")],
        &[("Yes", "true"), ("No", "false")],
        &[("yes", "true"), ("no", "false")],
        &[("F", "female"), ("M", "male"), ("U", "unknown")],
        &[("Female", "female"), ("Male", "male"), ("Unknown", "unknown")],
    ];
    let fits = |rows: &&&[(&str, &str)]| {
        let known = rows.iter().all(|(_, code)| codes.iter().any(|it| it == code));
        known && leaf.facts.all(|value| rows.iter().any(|(it, _)| *it == value))
    };
    let rows = ROWS.iter().find(fits)?;
    Some(table(rows.iter().map(|(value, code)| (*value, literal(code)))))
}

/// The rule of something that is true or false, if every value plainly is one of the two.
pub(super) fn truth(leaf: &Leaf) -> Option<String> {
    let codes = ["true".to_owned(), "false".to_owned()];
    let rule = if leaf.facts.is_bool {
        quoted(&leaf.path)
    } else {
        table([("path", quoted(&leaf.path)), ("table", usual(leaf, &codes)?)])
    };
    leaf.read();
    Some(rule)
}

/// A code as a manifest has it.
pub(super) fn literal(code: &str) -> String {
    if code == "true" || code == "false" { code.to_owned() } else { quoted(code) }
}
