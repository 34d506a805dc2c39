//! Whether a source says that some of its records are sensitive, and nobody listens.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use toml::Table;

use super::Trial;
use super::reading::Reading;
use super::report::{Finding, Topic};
use super::stage::Take;
use crate::mapped::readable;
use crate::marks::{is_harmless, is_mark};
use crate::record::Section;
use crate::scaffold::step;

/// A longer name is none.
const LONGEST: usize = 48;

/// A mark that no rule reads: its name, and the rule of a single value that would.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    name: String,
    rule: String,
}

impl Trial<'_> {
    /// Looks for members, attributes and columns that no rule reads and that tell of what is sensitive.
    pub(super) fn labels(&mut self, readings: &[&Reading]) {
        let (mut found, mut unread) = (BTreeSet::new(), 0);
        for reading in readings {
            if reading.share.records.iter().any(|it| !it.labels.is_empty()) {
                continue;
            }
            for take in &reading.takes {
                let Some(whole) = self.whole(reading.section, take) else {
                    let is_whole = reading.share.problem.is_none();
                    unread += u32::from(is_whole && has_content(take));
                    continue;
                };
                marks(&whole, &mut |mark| {
                    if !self.reads(reading.section, &mark.name) {
                        found.insert((reading.section, mark));
                    }
                });
            }
        }
        for (section, mark) in &found {
            self.unheard(*section, mark);
        }
        if unread > 0 {
            let message = format!(
                "{unread} answers could not be read whole, so that it was not seen whether something in them marks a record as sensitive."
            );
            self.report.add(Finding::skipped(Topic::Privacy, "labels", message));
        } else if found.is_empty() && !readings.is_empty() {
            let message = "Nothing was seen that marks a record as sensitive and is not read.";
            self.report.add(Finding::passed(Topic::Privacy, "labels", message));
        }
    }

    /// True when what fills a section names a member, and not only as what the format consists of.
    pub(super) fn reads(&self, section: Section, name: &str) -> bool {
        let without = |block: &Table| {
            let mut block = block.clone();
            block.remove("format");
            format!("{block:?}")
        };
        match self.settings_of(section).as_slice() {
            [] => reads(&format!("{:?}", self.subject.settings), name),
            blocks => blocks.iter().any(|block| reads(&without(block), name)),
        }
    }

    /// All of an answer, in the format of a block that fills the section; a source without blocks answers in JSON.
    pub(super) fn whole(&self, section: Section, take: &Take) -> Option<Value> {
        let body = &take.answer()?.body;
        // What is JSON is nothing else, though a table may be made of any text.
        let json = serde_json::from_slice(body).ok();
        json.or_else(|| self.settings_of(section).iter().find_map(|block| readable(block, body)))
    }

    fn unheard(&mut self, section: Section, mark: &Mark) {
        let Mark { name, rule } = mark;
        let message =
            format!("`{name}` seems to say that a record is sensitive, and no rule reads it.");
        let remedy = format!(
            "Map it with `labels`, such as labels = [{{ system = {{ const = \"http://terminology.hl7.org/CodeSystem/v3-Confidentiality\" }}, code = {{ {rule}, table = {{ true = \"R\", false = \"N\", Y = \"R\", N = \"N\" }}, otherwise = \"R\" }} }}]; or, when it means something else, write left_out = [{name:?}]."
        );
        let check = format!("{}.labels", section.name());
        let finding = Finding::failed(Topic::Privacy, &check, message, remedy);
        let finding = self.placed(finding, section, "labels");
        self.report.add(finding);
    }
}

/// True when a name stands in what a manifest says, and not only as a part of another.
fn reads(settings: &str, name: &str) -> bool {
    let is_word = |it: char| it.is_alphanumeric() || it == '_';
    settings.match_indices(name).any(|(at, _)| {
        let (before, after) = (settings.get(..at), settings.get(at + name.len()..));
        !before.is_some_and(|it| it.ends_with(is_word))
            && !after.is_some_and(|it| it.starts_with(is_word))
    })
}

/// An answer in which something could have been marked.
fn has_content(take: &Take) -> bool {
    take.answer().is_some_and(|it| it.status == 200 && !it.body.trim_ascii().is_empty())
}

/// Hands out what tells so in an answer.
fn marks(whole: &Value, hand: &mut impl FnMut(Mark)) {
    telling(whole, "$", false, &mut |name, value, path, is_within| {
        if !is_mark(name) || !is_said(value) {
            return;
        }
        let inner = said_in(value).map(step).unwrap_or_default();
        // What stands beside the items is not found from one of them.
        let key = if is_within { "path" } else { "answer" };
        let rule = format!("{key} = {:?}", format!("{path}{inner}"));
        hand(Mark { name: name.to_owned(), rule });
    });
}

/// Hands out every member that has a name to be told, with its path from the item on, and whether it stands in one.
pub(super) fn telling(
    value: &Value,
    at: &str,
    is_within: bool,
    hand: &mut impl FnMut(&str, &Value, &str, bool),
) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| telling(item, "$", true, hand)),
        Value::Object(members) => {
            for (name, value) in members {
                let below = format!("{at}{}", step(name));
                if is_name(name) {
                    hand(name, value, &below, is_within);
                }
                telling(value, &below, is_within, hand);
            }
        }
        _ => {}
    }
}

/// True for what is no more than a name: a report repeats nothing else that came.
fn is_name(name: &str) -> bool {
    let is_sign = |it: char| it.is_alphanumeric() || "@_-.:?/() ".contains(it);
    name.chars().count() <= LONGEST && name.chars().all(is_sign)
}

pub(super) fn is_said(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !is_harmless(text),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => match members.get("#text") {
            Some(text) => is_said(text),
            None if is_bare(members) => said_in(value).is_some(),
            None => !members.is_empty(),
        },
    }
}

/// True for an element that has nothing but attributes.
fn is_bare(members: &Map<String, Value>) -> bool {
    !members.is_empty() && members.keys().all(|name| name.starts_with('@'))
}

/// The attribute by which an element says so that has nothing else.
fn said_in(value: &Value) -> Option<&str> {
    let members = value.as_object().filter(|members| is_bare(members))?;
    members.iter().find(|(_, value)| is_said(value)).map(|(name, _)| name.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_that_tell_are_found_at_any_depth() {
        let of = |value: Value| {
            let mut found = Vec::new();
            marks(&value, &mut |mark| found.push(mark.rule));
            found
        };
        assert_eq!(
            of(json!([{"a": {"Is_Confidential": "Y"}}])),
            ["path = \"$.a.Is_Confidential\""]
        );
        assert_eq!(
            of(json!([{"Vertraulich": "ja", "Confidencial": false}])),
            ["path = \"$.Vertraulich\""]
        );
        assert_eq!(
            of(json!({"security": ["R"], "x": {"sensitivity": 2}})),
            ["answer = \"$.security\"", "answer = \"$.x.sensitivity\""]
        );
        let harmless =
            json!({"restricted": false, "confidential": "N", "privacy": null, "security": []});
        assert!(of(harmless).is_empty());
    }

    #[test]
    fn attributes_elements_and_columns_are_found_where_a_rule_finds_them() {
        let of = |block: &str, body: &str| {
            let whole = readable(&block.parse().unwrap(), body.as_bytes()).unwrap();
            let mut found = Vec::new();
            marks(&whole, &mut |mark| found.push(mark.rule));
            found
        };
        let xml = "format = { xml = { lists = [\"fill\"] } }";
        for (block, body, expected) in [
            (xml, "<fills><fill confidential='Y'/></fills>", vec!["path = \"$['@confidential']\""]),
            (
                xml,
                "<fills><fill><note sec:restricted='1'>x</note></fill></fills>",
                vec!["path = \"$.note['@sec:restricted']\""],
            ),
            (
                xml,
                "<fills><fill><Restricted>true</Restricted></fill></fills>",
                vec!["path = \"$.Restricted\""],
            ),
            (
                xml,
                "<fills><fill><Restricted by='x'>yes</Restricted></fill></fills>",
                vec!["path = \"$.Restricted\""],
            ),
            (
                xml,
                "<fills><fill><Restricted value='true'/></fill></fills>",
                vec!["path = \"$.Restricted['@value']\""],
            ),
            (
                xml,
                "<fills confidentiality='R'><fill no='1'/></fills>",
                vec!["answer = \"$.fills['@confidentiality']\""],
            ),
            (
                xml,
                "<fills><fill confidential='N'><Restricted by='x'>false</Restricted><Privacy/><Sensitive value='0'/></fill></fills>",
                vec![],
            ),
            (
                "format = \"csv\"",
                "no,Is confidential?\n1,no\n2,ja\n",
                vec!["path = \"$['Is confidential?']\""],
            ),
            (
                "format = { csv = { delimiter = \";\", columns = [\"no\", \"Vertraulich\"] } }",
                "1;nein\n2;X\n",
                vec!["path = \"$.Vertraulich\""],
            ),
            ("format = \"csv\"", "no,confidential\n1,N\n2,\n", vec![]),
            (
                "format = \"ndjson\"",
                "{\"no\": 1}\n{\"no\": 2, \"secret_restricted\": 1, \"restricted\": true}\n",
                vec!["path = \"$.restricted\""],
            ),
        ] {
            assert_eq!(of(block, body), expected, "{body}");
        }
    }
}
