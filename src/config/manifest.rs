//! One connector by itself, as somebody registers it while the gateway runs: the same text as a `[[connector]]` block, in
//! TOML or in JSON.

use caregraph_connectors::Registry;
use toml::{Table, Value};

use super::check::Check;
use super::{ConnectorConfig, Mistake, Mistakes};

/// The longest manifest that is read, in bytes.
const LONGEST: usize = 256 * 1024;

/// What a manifest may not say, because it is about the gateway's own machine.
const OPERATORS: [&str; 1] = ["events"];

/// Reads the manifest of one connector, reporting every mistake at once.
pub fn manifest(text: &str, kinds: &Registry) -> Result<ConnectorConfig, Mistakes> {
    let table = table(text).map_err(|mistake| Mistakes(vec![mistake]))?;
    let mut check = Check::new(kinds);
    for key in OPERATORS.iter().filter(|key| table.contains_key(**key)) {
        check.wrong(
            format!("connector.{key}"),
            "can be set by the gateway's operator alone; remove it",
        );
    }
    let connector = check.connector("connector", &table, None);
    match (connector, check.done()) {
        (Some(connector), Ok(())) => Ok(connector),
        (_, Err(mistakes)) => Err(mistakes),
        (None, Ok(())) => Err(Mistakes(Vec::new())),
    }
}

fn table(text: &str) -> Result<Table, Mistake> {
    let mistake = |what: String| Mistake { path: "manifest".to_owned(), what };
    if text.len() > LONGEST {
        return Err(mistake(format!(
            "is longer than {} KiB; leave out what is not needed",
            LONGEST / 1024
        )));
    }
    if text.trim_start().starts_with('{') {
        let value: Value = serde_json::from_str(text).map_err(|error| {
            mistake(format!("is no JSON: line {}, column {}", error.line(), error.column()))
        })?;
        return match value {
            Value::Table(table) => Ok(table),
            _ => Err(mistake("must be an object".to_owned())),
        };
    }
    text.parse().map_err(|error: toml::de::Error| super::check::syntax(text, &error))
}

#[cfg(test)]
mod tests {
    use caregraph_connectors::builtin;

    use super::*;

    const TOML: &str = "id = \"hill\"\nname = \"Hill\"\ncategory = \"PHARMACY\"\nkind = \"fhir-r4\"\n\
                        base_url = \"http://127.0.0.1:1/fhir\"\ntimeout_ms = 900\n";
    const JSON: &str = r#" {"id": "hill", "name": "Hill", "category": "PHARMACY", "kind": "fhir-r4",
                            "base_url": "http://127.0.0.1:1/fhir", "timeout_ms": 900}"#;

    #[test]
    fn both_forms_mean_the_same() {
        let [toml, json] = [TOML, JSON].map(|text| manifest(text, &builtin()).unwrap());
        assert_eq!(format!("{toml:?}"), format!("{json:?}"));
        assert_eq!(toml.timeout.as_millis(), 900);
    }

    #[test]
    fn every_mistake_is_told_at_once_and_where() {
        for (text, parts) in [
            ("id = ", &["line 1"][..]),
            ("{\"id\": ", &["is no JSON: line 1, column 7"]),
            ("{}", &["connector.id", "connector.name", "connector.kind", "connector.base_url"]),
            (&TOML.replace("name", "nmae"), &["connector.nmae", "did you mean `name`?"]),
            (
                &format!("{TOML}\n[events]\ntoken = \"env:HOME\""),
                &["connector.events", "operator alone"],
            ),
            (&"#".repeat(LONGEST + 1), &["longer than 256 KiB"]),
        ] {
            let told = manifest(text, &builtin()).unwrap_err().to_string();
            for part in parts {
                assert!(told.contains(part), "{told}");
            }
        }
    }
}
