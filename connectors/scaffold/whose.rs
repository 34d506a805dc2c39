//! Whose an item is, and what tells one from all others.

use std::collections::HashSet;

use super::block::Entry;
use super::leaf::{Leaf, Leaves};
use super::outline::Outline;
use super::toml_text::{list, quoted, table};

const PATIENT: [&str; 17] = [
    "patient",
    "member",
    "person",
    "client",
    "participant",
    "subject",
    "subscriber",
    "beneficiary",
    "resident",
    "customer",
    "enrollee",
    "household",
    "paciente",
    "mitglied",
    "versicherten",
    "versicherter",
    "socio",
];
const NUMBER: [&str; 13] = [
    "",
    "id",
    "no",
    "number",
    "num",
    "nr",
    "nummer",
    "key",
    "code",
    "ref",
    "uuid",
    "reference",
    "numero",
];
const ALWAYS: [&str; 6] = ["mrn", "pid", "medicalrecordnumber", "patid", "mbrno", "memid"];
const ID: &[&str] = &[
    "id",
    "uuid",
    "guid",
    "*id",
    "*no",
    "*number",
    "*nr",
    "*nummer",
    "*num",
    "*key",
    "no",
    "number",
    "nr",
    "numero",
    "identifier",
    "accession",
    "*reference",
];

/// What the sample of the roster tells of patients' ids.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) name: Option<String>,
    pub(super) ids: HashSet<String>,
}

/// True for a field that names a patient by its own name.
pub(super) fn is_patient(leaf: &Leaf) -> bool {
    let within = PATIENT.contains(&leaf.above.as_str()) && NUMBER.contains(&leaf.name.as_str());
    leaf.each.is_none() && (is_patients_name(&leaf.name) || within)
}

/// True for a name that means a patient's id.
pub(super) fn is_patients_name(name: &str) -> bool {
    let named = |by: &str| PATIENT.iter().any(|word| name == format!("{word}{by}"));
    ALWAYS.contains(&name) || NUMBER.iter().any(|by| named(by))
}

/// The name by which other questions call a patient.
pub(super) fn called(outline: &Outline) -> Option<String> {
    let mut all = outline.leaves.all.iter().chain(&outline.beside.all);
    all.find(|leaf| is_patient(leaf)).map(|leaf| leaf.name.clone())
}

/// The id of a patient in the roster.
pub(super) fn id(outline: &Outline, called: Option<&str>) -> Entry {
    let plain = |leaf: &&Leaf| {
        leaf.each.is_none() && (is_patient(leaf) || leaf.is_any(ID) && leaf.above_path == "$")
    };
    let candidates: Vec<&Leaf> = outline
        .leaves
        .all
        .iter()
        .filter(plain)
        .filter(|leaf| is_unique(outline, &[leaf]))
        .collect();
    let pick = |is: &dyn Fn(&Leaf) -> bool| candidates.iter().copied().find(|leaf| is(leaf));
    let found = called
        .and_then(|name| pick(&|leaf| leaf.name == name))
        .or_else(|| pick(&|leaf| is_patient(leaf)))
        .or_else(|| pick(&|leaf| leaf.name == "id"))
        .or_else(|| pick(&|_| true));
    match found {
        Some(leaf) => {
            let is_sure =
                called == Some(leaf.name.as_str()) || (is_patient(leaf) && outline.rows.len() > 1);
            let entry = Entry::of("id", quoted(leaf.read()));
            if is_sure {
                entry
            } else {
                entry
                    .noted("guessed from its name: is it by this that you are asked for a patient?")
            }
        }
        None => Entry::open(
            "id",
            "which field is the id by which you are asked for a patient? It must be another one for each",
        ),
    }
}

/// Whose an item is.
pub(super) fn subject(outline: &Outline, known: &Known) -> Entry {
    let is_called = |leaf: &&Leaf| {
        leaf.each.is_none()
            && known.name.as_deref() == Some(leaf.name.as_str())
            && !matches!(leaf.name.as_str(), "id" | "no" | "number")
    };
    let is_known = |leaf: &&Leaf| {
        known.ids.len() > 1 && leaf.each.is_none() && leaf.facts.all(|it| known.ids.contains(it))
    };
    let of = |leaves: &'_ Leaves| -> Option<usize> {
        let find = |is: &dyn Fn(&&Leaf) -> bool| leaves.all.iter().position(|leaf| is(&leaf));
        find(&is_called).or_else(|| find(&|leaf| is_patient(leaf)))
    };
    if let Some(leaf) = of(&outline.leaves).and_then(|at| outline.leaves.all.get(at)) {
        return from_item(leaf, known);
    }
    if let Some(leaf) = of(&outline.beside).and_then(|at| outline.beside.all.get(at)) {
        return Entry::of("subject", table([("answer", quoted(leaf.read()))]));
    }
    if let Some(leaf) = outline.leaves.all.iter().find(is_known) {
        return from_item(leaf, known)
            .noted("guessed from its values, which are ids of the roster");
    }
    Entry::open(
        "subject",
        "which field of an item holds the id of its patient? By it is checked whose the item is",
    )
}

/// Whose an item is that says who one patient is: its own id.
pub(super) fn own_id(outline: &Outline, known: &Known) -> Entry {
    let top = |leaf: &&Leaf| leaf.each.is_none() && leaf.above_path == "$";
    let of = |is: &dyn Fn(&Leaf) -> bool| outline.leaves.all.iter().filter(top).find(|it| is(it));
    let found = of(&|leaf| known.name.as_deref() == Some(leaf.name.as_str()))
        .or_else(|| of(&is_patient))
        .or_else(|| of(&|leaf| leaf.name == "id"));
    match found {
        Some(leaf) => from_item(leaf, known),
        None => subject(outline, known),
    }
}

fn from_item(leaf: &Leaf, known: &Known) -> Entry {
    let path = quoted(leaf.read());
    let prefix = prefix(leaf);
    let entry = match prefix {
        Some(prefix) => Entry::of("subject", table([("path", path), ("without", quoted(prefix))])),
        None => Entry::of("subject", path),
    };
    let bare = |value: &str| {
        known.ids.contains(value.strip_prefix(prefix.unwrap_or_default()).unwrap_or(value))
    };
    let is_strange = !known.ids.is_empty()
        && !leaf.facts.values.is_empty()
        && !leaf.facts.values.iter().any(|it| bare(it));
    if is_strange {
        entry.noted("none of its values in the sample is an id of the roster's sample: is it the same number?")
    } else {
        entry
    }
}

/// What stands before every id, if that is a word and no value: `Patient/`.
fn prefix(leaf: &Leaf) -> Option<&str> {
    let first = leaf.facts.values.first()?;
    let end = first.rfind(['/', ':'])? + 1;
    let prefix = first.get(..end)?;
    // Any other word may be a name.
    let is_known =
        PATIENT.contains(&super::words::plain(prefix.trim_end_matches(['/', ':'])).as_str());
    (is_known && leaf.facts.all(|it| it.starts_with(prefix))).then_some(prefix)
}

/// What tells one item from all others.
pub(super) fn reference(outline: &Outline) -> Entry {
    let is_plain = |leaf: &&Leaf| {
        leaf.each.is_none() && leaf.above_path == "$" && leaf.is_any(ID) && !is_patient(leaf)
    };
    let candidates: Vec<&Leaf> = outline.leaves.all.iter().filter(is_plain).take(12).collect();
    let singles: Vec<&Leaf> =
        candidates.iter().copied().filter(|leaf| is_unique(outline, &[leaf])).collect();
    let best = singles.iter().find(|leaf| leaf.name == "id").or_else(|| singles.first());
    if let Some(leaf) = best {
        let entry = Entry::of("reference", quoted(leaf.read()));
        return if outline.rows.len() > 1 {
            entry
        } else {
            entry.noted("guessed from its name: no two items may have the same")
        };
    }
    for (place, first) in candidates.iter().enumerate() {
        for second in candidates.iter().skip(place + 1) {
            if is_unique(outline, &[first, second]) {
                let rule = table([
                    ("join", list(&[quoted(first.read()), quoted(second.read())])),
                    ("with", quoted("-")),
                ]);
                return Entry::of("reference", rule)
                    .noted("guessed: each of the two alone stands in several items of the sample");
            }
        }
    }
    Entry::open("reference", "which field tells an item from all others, such as its number?")
}

/// True when no two items of the sample have the same there, and each has something.
fn is_unique(outline: &Outline, leaves: &[&&Leaf]) -> bool {
    let columns: Vec<Vec<Option<String>>> =
        leaves.iter().map(|leaf| outline.column(&leaf.keys)).collect();
    let mut seen = HashSet::new();
    (0..outline.rows.len()).all(|row| {
        let values: Option<Vec<&String>> =
            columns.iter().map(|column| column.get(row)?.as_ref()).collect();
        values.is_some_and(|values| seen.insert(values.into_iter().cloned().collect::<Vec<_>>()))
    })
}
