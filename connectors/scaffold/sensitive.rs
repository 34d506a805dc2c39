//! Fields that sound as if they said how confidential an item is. Each becomes a label at once, by a rule that takes every value
//! for confidential but those that plainly say that it is not: who is wrong about that shows too little, and never too much.

use super::block::Entry;
use super::leaf::{Leaf, Leaves};
use super::outline::Outline;
use super::toml_text::{list, quoted, table};
use crate::marks::{is_harmless, is_mark};

const SYSTEM: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

/// How yes and no are written, of which a sample may show one alone.
const PAIRS: [(&str, &str); 9] = [
    ("Y", "N"),
    ("y", "n"),
    ("Yes", "No"),
    ("yes", "no"),
    ("true", "false"),
    ("1", "0"),
    ("J", "N"),
    ("Ja", "Nein"),
    ("ja", "nein"),
];

/// Codes that mean what they mean to everybody.
const CODES: [&str; 2] = ["R", "V"];

const REMARK: &str = "guessed from its name: it says how confidential the item is, and what the table does not know is taken for confidential";

/// The labels of an item.
pub(super) fn labels(outline: &Outline) -> Option<Entry> {
    let of_item = found(&outline.leaves).map(|leaf| rule("path", leaf));
    let of_answer = found(&outline.beside).map(|leaf| rule("answer", leaf));
    let rules: Vec<String> = of_item.chain(of_answer).collect();
    (!rules.is_empty()).then(|| Entry::of("labels", list(&rules)).noted(REMARK))
}

/// The single values that sound so. Of one in a list within the item somebody has to say what it is about.
fn found(leaves: &Leaves) -> impl Iterator<Item = &Leaf> {
    let unused = leaves.all.iter().filter(|leaf| !leaf.is_used.get());
    let telling = unused.filter(|leaf| is_telling(leaf));
    telling.filter(|leaf| {
        if leaf.each.is_some() {
            leaf.why.set(Some(
                "it may say how confidential something is; see `labels` in docs/mapping.md",
            ));
        }
        leaf.each.is_none()
    })
}

/// True when its name sounds so, or, of an attribute that says no more than `value`, that of its element.
fn is_telling(leaf: &Leaf) -> bool {
    let mut names = leaf.keys.iter().rev().map(String::as_str);
    match (names.next(), names.next()) {
        (Some("@value" | "#text"), Some(name)) | (Some(name), _) => is_mark(name),
        (None, _) => false,
    }
}

fn rule(from: &str, leaf: &Leaf) -> String {
    let code =
        table([(from, quoted(leaf.read())), ("table", rows(leaf)), ("otherwise", quoted("R"))]);
    table([("system", table([("const", quoted(SYSTEM))])), ("code", code)])
}

/// What is known of the values. None of them is written but words that everybody knows.
fn rows(leaf: &Leaf) -> String {
    let values = &leaf.facts.values;
    let has = |word: &str| values.iter().any(|value| value == word);
    let is_code = values.iter().all(|value| value.len() == 1);
    let codes = CODES.into_iter().filter(|code| is_code && has(code)).map(|code| (code, code));
    let open = PAIRS.iter().filter(|(yes, no)| has(yes) || has(no)).map(|(_, no)| (*no, "N"));
    let spoken = values.iter().filter(|value| is_harmless(value) && !value.is_empty());
    let mut rows: Vec<(&str, &str)> = codes.chain(open).collect();
    rows.extend(spoken.map(|value| (value.as_str(), "N")));
    if leaf.facts.is_bool || rows.is_empty() {
        rows.push(if leaf.facts.is_bool { ("false", "N") } else { ("N", "N") });
    }
    rows.sort_unstable();
    rows.dedup();
    table(rows.into_iter().map(|(value, code)| (value, quoted(code))))
}
