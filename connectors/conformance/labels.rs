//! Whether a source says that some of its records are sensitive, and nobody listens.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Trial;
use super::reading::Reading;
use super::report::{Finding, Topic};

/// What names of members begin with, without signs, that tell how confidential something is.
const TELLING: [&str; 24] = [
    "confiden",
    "isconfiden",
    "accesslevel",
    "visibility",
    "vertraulich",
    "istvertraulich",
    "gesperrt",
    "schweigepflicht",
    "reservad",
    "restring",
    "sensib",
    "vertrouwelijk",
    "riservat",
    "sensitiv",
    "issensitive",
    "restricted",
    "isrestricted",
    "security",
    "privacy",
    "part2",
    "is42cfr",
    "42cfr",
    "psychotherapy",
    "breaktheglass",
];

/// Values that mean that nothing is sensitive.
const HARMLESS: [&str; 15] = [
    "",
    "0",
    "n",
    "no",
    "none",
    "normal",
    "false",
    "public",
    "u",
    "unrestricted",
    "nein",
    "non",
    "nee",
    "all",
    "standard",
];

impl Trial<'_> {
    /// Looks for members that no rule reads and that tell of what is sensitive.
    pub(super) fn labels(&mut self, readings: &[&Reading]) {
        let settings = format!("{:?}", self.subject.settings);
        let mut found = BTreeSet::new();
        for reading in readings {
            let is_heard = reading.share.records.iter().any(|it| !it.labels.is_empty());
            let answers = reading.takes.iter().filter_map(|take| take.answer());
            for answer in answers.filter(|_| !is_heard) {
                let value = serde_json::from_slice(&answer.body).unwrap_or_default();
                telling(&value, "$", &mut |name, path| {
                    if !settings.contains(name) {
                        found.insert((reading.section, name.to_owned(), path.to_owned()));
                    }
                });
            }
        }
        for (section, name, path) in &found {
            let message =
                format!("`{name}` seems to say that a record is sensitive, and no rule reads it.");
            let remedy = format!(
                "Map it with `labels`, such as labels = [{{ system = {{ const = \"http://terminology.hl7.org/CodeSystem/v3-Confidentiality\" }}, code = {{ path = {path:?}, table = {{ true = \"R\", false = \"N\" }} }} }}]; or, when it means something else, write left_out = [{name:?}]."
            );
            let check = format!("{}.labels", section.name());
            let finding = Finding::failed(Topic::Privacy, &check, message, remedy);
            let finding = self.placed(finding, *section, "labels");
            self.report.add(finding);
        }
        if found.is_empty() && !readings.is_empty() {
            let message = "Nothing was seen that marks a record as sensitive and is not read.";
            self.report.add(Finding::passed(Topic::Privacy, "labels", message));
        }
    }
}

/// Hands out the names of members that tell so, with their paths from the item on.
fn telling(value: &Value, at: &str, hand: &mut impl FnMut(&str, &str)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| telling(item, "$", hand)),
        Value::Object(members) => {
            for (name, value) in members {
                let below = format!("{at}.{name}");
                let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
                let plain = plain.to_ascii_lowercase();
                if TELLING.iter().any(|it| plain.starts_with(it)) && is_said(value) {
                    hand(name, &below);
                }
                telling(value, &below, hand);
            }
        }
        _ => {}
    }
}

fn is_said(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !HARMLESS.contains(&text.trim().to_ascii_lowercase().as_str()),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_that_tell_are_found_at_any_depth() {
        let of = |value: Value| {
            let mut found = Vec::new();
            telling(&value, "$", &mut |_, path| found.push(path.to_owned()));
            found
        };
        assert_eq!(of(json!([{"a": {"Is_Confidential": "Y"}}])), ["$.a.Is_Confidential"]);
        assert_eq!(of(json!([{"Vertraulich": "ja", "Confidencial": false}])), ["$.Vertraulich"]);
        assert_eq!(
            of(json!({"security": ["R"], "x": {"sensitivity": 2}})),
            ["$.security", "$.x.sensitivity"]
        );
        let harmless =
            json!({"restricted": false, "confidential": "N", "privacy": null, "security": []});
        assert!(of(harmless).is_empty());
    }
}
