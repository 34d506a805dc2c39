//! Items that stand twice in what a source says of one patient: whoever counts items then skips others.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use toml::Table;

use super::Trial;
use super::reading::Reading;
use super::report::{Finding, Topic};
use super::stage::Take;
use crate::record::Section;
use crate::scaffold::step;

/// What stands twice in the answers of one question.
#[derive(Default)]
struct Repeats {
    /// How many items are the same as one before them.
    count: usize,
    /// Of how many patients.
    patients: usize,
    /// Where the first is, in words.
    first: Option<String>,
}

impl Trial<'_> {
    /// Looks for the same item twice in what was read of each patient.
    pub(super) fn repeats(&self, section: Section, readings: &[Reading]) -> Option<Finding> {
        let mut repeats = Repeats::default();
        for reading in readings {
            let before = repeats.count;
            for pages in self.questions(section, &reading.takes) {
                self.repeated_in(section, &pages, &mut repeats);
            }
            repeats.patients += usize::from(repeats.count > before);
        }
        let Repeats { count, patients, first } = repeats;
        let first = first?;
        let check = format!("{}.repeats", section.name());
        let message = format!(
            "{count} items stand twice in the answers about {patients} of {} patients: so {first}.",
            readings.len()
        );
        let settings = self.settings_of(section);
        let (topic, remedy) = (Topic::Semantics, "Let the server send each item once.");
        Some(if settings.iter().any(|block| counts_items(block)) {
            let remedy = format!(
                "{remedy} Where items are counted (`paging` by offset, `total`), each that comes twice makes another one be skipped or hides that one is missing."
            );
            Finding::failed(topic, &check, message, remedy)
        } else {
            Finding::warned(topic, &check, message, remedy)
        })
    }

    /// The answers to each question, page by page. Where two blocks ask the same way, it cannot be told whose page is whose, and
    /// each answer stands for itself.
    fn questions<'t>(&self, section: Section, takes: &'t [Take]) -> Vec<Vec<&'t Take>> {
        let blocks = self.settings_of(section);
        let ways = blocks.iter().map(|it| (text(it, "get"), text(it, "post")));
        let are_apart = ways.collect::<BTreeSet<_>>().len() == blocks.len();
        let mut asked = BTreeSet::new();
        let mut questions: BTreeMap<(&str, &[u8]), Vec<&Take>> = BTreeMap::new();
        for take in takes {
            let (url, body) = (&take.asked.url, &take.asked.body);
            if asked.insert((url.as_str(), body)) {
                let alone = (url.as_str(), &**body);
                let of = if are_apart { (url.path(), &[][..]) } else { alone };
                questions.entry(of).or_default().push(take);
            }
        }
        questions.into_values().collect()
    }

    fn repeated_in(&self, section: Section, pages: &[&Take], repeats: &mut Repeats) {
        let mut known: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for (page, take) in pages.iter().enumerate() {
            let is_good = take.answer().is_some_and(|answer| answer.status == 200);
            let Some(whole) = is_good.then(|| self.whole(section, take)).flatten() else {
                continue;
            };
            let Some((at, items)) = longest(&whole, "$") else { continue };
            for (place, item) in items.iter().enumerate() {
                let here = (page + 1, place + 1);
                let Some(before) = known.insert(item.to_string(), here) else { continue };
                repeats.count += 1;
                let words = || {
                    if before.0 == here.0 {
                        return format!("items {} and {} of `{at}`", before.1, here.1);
                    }
                    let ((page, place), (last_page, last)) = (before, here);
                    format!(
                        "item {place} of page {page} and item {last} of page {last_page}, in `{at}`"
                    )
                };
                repeats.first.get_or_insert_with(words);
            }
        }
    }
}

fn text<'s>(block: &'s Table, key: &str) -> &'s str {
    block.get(key).and_then(toml::Value::as_str).unwrap_or_default()
}

/// True when it matters to a block how many items come.
fn counts_items(block: &Table) -> bool {
    let paging = block.get("paging").and_then(toml::Value::as_table);
    block.contains_key("total") || paging.is_some_and(|it| text(it, "style") == "offset")
}

/// The longest list of objects, with the path to it.
fn longest<'v>(value: &'v Value, at: &str) -> Option<(String, &'v Vec<Value>)> {
    match value {
        Value::Array(items) => items.iter().all(Value::is_object).then(|| (at.to_owned(), items)),
        Value::Object(members) => {
            let below = |(name, value): (&String, &'v Value)| {
                // What is no plain name may be the id of somebody.
                let is_name =
                    name.bytes().all(|it| it.is_ascii_alphabetic() || b"_-".contains(&it));
                let below = if is_name { step(name) } else { "[…]".to_owned() };
                longest(value, &format!("{at}{below}"))
            };
            members.iter().filter_map(below).max_by_key(|(_, items)| items.len())
        }
        _ => None,
    }
}
