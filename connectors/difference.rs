//! What is written otherwise in one manifest than in another.

use std::collections::BTreeMap;

use toml::Value;

use crate::manifest;

/// A setting that is written otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The path of the setting, such as `fetch[1].fields.status`. Lists count from one.
    pub path: String,
    /// What stood there; nothing when the setting is new.
    pub before: Option<String>,
    /// What stands there now; nothing when the setting is gone.
    pub after: Option<String>,
}

/// The settings in which two manifests differ, in the order of their paths; nothing when one of them cannot be read. In which
/// form they are written, and their comments, make no difference.
pub fn differences(before: &str, after: &str) -> Option<Vec<Difference>> {
    let settings = |text: &str| {
        let mut settings = BTreeMap::new();
        let table = manifest::read(text).ok()?;
        table.iter().for_each(|(key, value)| flatten(key, value, &mut settings));
        Some(settings)
    };
    let (before, after) = (settings(before)?, settings(after)?);
    let paths = before.keys().chain(after.keys().filter(|path| !before.contains_key(*path)));
    let mut differences: Vec<Difference> = paths
        .filter(|path| before.get(*path) != after.get(*path))
        .map(|path| Difference {
            path: path.clone(),
            before: before.get(path).cloned(),
            after: after.get(path).cloned(),
        })
        .collect();
    differences.sort_by(|one, other| one.path.cmp(&other.path));
    Some(differences)
}

/// Each value by its path. What is empty stands for itself.
fn flatten(path: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Table(table) if !table.is_empty() => {
            for (key, value) in table {
                flatten(&format!("{path}.{key}"), value, into);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (place, value) in items.iter().enumerate() {
                flatten(&format!("{path}[{}]", place + 1), value, into);
            }
        }
        // Texts with their quotes, so that none is taken for a number.
        _ => drop(into.insert(path.to_owned(), serde_json::to_string(value).unwrap_or_default())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_compared_whatever_their_form() {
        let before = "id = \"a\"\nnone_when = [404]\n[x]\nb = 1\nc = 2";
        let after = "{\"id\": \"a\", \"none_when\": [404, 410], \"x\": {\"b\": 3}, \"y\": {}}";
        let told = |path: &str, before: Option<&str>, after: Option<&str>| Difference {
            path: path.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        assert_eq!(
            differences(before, after).unwrap(),
            [
                told("none_when[2]", None, Some("410")),
                told("x.b", Some("1"), Some("3")),
                told("x.c", Some("2"), None),
                told("y", None, Some("{}")),
            ]
        );
        assert_eq!(differences(before, before), Some(Vec::new()));
        assert_eq!(differences(before, "id ="), None);
    }
}
