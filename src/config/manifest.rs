//! One source as a text of its own: the same keys as a block of the configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use caregraph_connectors::egress::Secrets;
use caregraph_connectors::reach::EgressPolicy;
use caregraph_connectors::record::Section;
use caregraph_connectors::{Registry, manifest, mapped};
use schemars::schema_for;
use serde_json::{Value, json};

use super::check::Check;
use super::raw::RawConnector;
use super::whose::Whose;
use super::{ConnectorConfig, Mistake, Mistakes};
use crate::gather::Windows;

/// What only the gateway's operator may set: it is about the gateway's own machine.
const OPERATORS: [&str; 1] = ["events"];

/// What holds for every connector that a partner registers.
#[derive(Clone, Debug, Default)]
pub struct Partners {
    /// Where it may lead.
    pub egress: Arc<EgressPolicy>,
    /// For how long copies of what it says may be shown, where it is not as usual; none when nothing is kept.
    pub windows: Option<BTreeMap<Section, Windows>>,
}

/// Reads a manifest that somebody registers, in TOML or JSON, with the secrets that were given for it; every mistake at once.
pub fn load_registered(
    text: &str,
    kinds: &Registry,
    partners: &Partners,
    secrets: &Secrets,
) -> Result<ConnectorConfig, Mistakes> {
    let mut check = Check::new(kinds);
    check.whose = Whose::partners(partners.egress.clone(), secrets.clone());
    load_by(check, text, &OPERATORS, partners.windows.as_ref())
}

/// The settings of such a manifest that say "given", as far as it can be read.
pub fn given_settings(text: &str, kinds: &Registry) -> BTreeSet<String> {
    let mut check = Check::new(kinds);
    check.whose = Whose::partners(Arc::default(), Secrets::None);
    if let Ok(table) = manifest::read(text) {
        check.connector("", &table, None);
    }
    check.given
}

/// Reads a manifest in TOML or JSON before anybody uses it, reporting every mistake at once. A secret that it calls "given" is
/// not looked for.
pub fn load_manifest(text: &str, kinds: &Registry) -> Result<ConnectorConfig, Mistakes> {
    let mut check = Check::new(kinds);
    check.whose = Whose::draft();
    load_by(check, text, &[], None)
}

fn load_by(
    mut check: Check<'_>,
    text: &str,
    forbidden: &[&str],
    windows: Option<&BTreeMap<Section, Windows>>,
) -> Result<ConnectorConfig, Mistakes> {
    let table = manifest::read(text).map_err(|(place, mistake)| {
        let path = place.map(|place| format!("line {}", place.line)).unwrap_or_default();
        Mistakes(vec![Mistake { path, what: Mistake::words(&mistake) }])
    })?;
    for key in forbidden.iter().filter(|key| table.contains_key(**key)) {
        check.wrong(*key, "is set by the gateway's operator alone; remove it");
    }
    let source = check.connector("", &table, windows);
    let mut mistakes = check.into_mistakes();
    for mistake in &mut mistakes {
        mistake.path = mistake.path.trim_start_matches('.').to_owned();
    }
    source.filter(|_| mistakes.is_empty()).ok_or(Mistakes(mistakes))
}

/// The JSON Schema of a manifest: what every source has, and what the kind `mapped-http` has beside it.
pub fn manifest_schema() -> Value {
    let mut schema = schema_for!(RawConnector).to_value();
    let kind = mapped::of_manifest();
    for part in ["properties", "$defs"] {
        let more = kind.get(part).and_then(Value::as_object).cloned().unwrap_or_default();
        if let Some(all) = schema.get_mut(part).and_then(Value::as_object_mut) {
            all.extend(more);
        }
    }
    schema["properties"]["kind"] = json!({"const": mapped::KIND.name});
    schema["required"] = json!(["id", "name", "category", "kind", "base_url", "mapping"]);
    schema["additionalProperties"] = json!(false);
    schema["title"] = json!("Manifest");
    schema["description"] = json!("A source of the kind `mapped-http`.");
    schema
}

#[cfg(test)]
mod tests {
    use caregraph_connectors::builtin;
    use caregraph_connectors::egress::SECRET_SETTINGS;

    use super::*;

    macro_rules! example {
        ($name:literal) => {
            include_str!(concat!("../../connectors/examples/", $name, ".toml"))
        };
    }

    const GREENLEAF: &str = example!("greenleaf-pharmacy");

    #[test]
    fn every_example_is_read_whole_before_its_secret_is_given() {
        for (text, id, kind) in [
            (GREENLEAF, "greenleaf", "mapped-http"),
            (example!("harvest-food-bank"), "harvest", "mapped-http"),
            (example!("lantern-help-line"), "lantern", "hsds-3"),
            (example!("clearview-eye-clinic"), "clearview", "fhir-r4"),
        ] {
            let source = load_manifest(text, &builtin()).unwrap_or_else(|it| panic!("{id}: {it}"));
            assert_eq!((source.id.as_str(), source.kind.as_str()), (id, kind));
        }
        // Our own key for TLS is given as late as any other secret.
        let tls = "[tls]\ncert = \"given\"\nkey = \"given\"\n\n[auth]";
        let text = example!("clearview-eye-clinic").replace("[auth]", tls);
        assert!(load_manifest(&text, &builtin()).is_ok());
        let elsewhere = example!("clearview-eye-clinic")
            .replace("https://fhir.clearview.example/oauth", "oauth");
        let mistakes = load_manifest(&elsewhere, &builtin()).unwrap_err().to_string();
        assert!(mistakes.contains("auth.token_url: "), "{mistakes}");
    }

    #[test]
    fn whatever_setting_says_that_its_secret_is_given_is_one_that_may_hold_a_secret() {
        let mut found = BTreeSet::new();
        for auth in [
            "type = \"bearer\", token = \"given\"",
            "type = \"basic\", user = \"given\", password = \"given\"",
            "type = \"api-key\", header = \"X-Api-Key\", key = \"given\"",
            "type = \"oauth2-client-credentials\", token_url = \"https://a.example/\", client_id = \"given\", client_secret = \"given\"",
            "type = \"smart-backend-services\", client_id = \"me\", key = \"given\", scope = \"given\"",
        ] {
            let tls = "tls = { cert = \"given\", key = \"given\", ca = \"given\" }";
            let text = GREENLEAF.replace(
                "auth = { type = \"bearer\", token = \"given\" }",
                &format!("auth = {{ {auth} }}\n{tls}"),
            );
            let given = given_settings(&text, &builtin());
            assert_eq!(given.len(), 4, "{given:?}");
            found.extend(given);
        }
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), SECRET_SETTINGS);
        assert!(given_settings("id = ", &builtin()).is_empty());
    }

    #[test]
    fn of_very_many_mistakes_the_first_are_told() {
        let keys: Vec<String> = (0..20_000).map(|n| format!("[a{n}]")).collect();
        let head = "name = \"X\"\ncategory = \"PHARMACY\"\nkind = \"mapped-http\"\n";
        let text = format!("{head}{}", keys.join("\n"));
        let mistakes = load_manifest(&text, &builtin()).unwrap_err();
        assert!((100..=200).contains(&mistakes.0.len()), "{}", mistakes.0.len());
        assert!(mistakes.to_string().contains("id: "), "what is missing is told too");
    }

    #[test]
    fn in_the_configuration_no_secret_is_given_later() {
        let block = "[[connector]]\nauth = { type = \"bearer\", token = \"given\" }\n";
        let mistakes = super::super::load(block, &builtin()).unwrap_err().to_string();
        assert!(mistakes.contains("auth.token: secrets are given as"), "{mistakes}");
    }

    #[test]
    fn whoever_registers_a_source_sets_nothing_of_the_gateways_own() {
        let text = GREENLEAF.replace("[roster]", "[events]\ntoken = \"env:HOME\"\n\n[roster]");
        let partners = Partners::default();
        let token = Secrets::One("s3cret".into());
        let mistakes =
            load_registered(&text, &builtin(), &partners, &token).unwrap_err().to_string();
        assert!(mistakes.contains("events: is set by the gateway's operator alone"), "{mistakes}");
        assert!(load_registered(GREENLEAF, &builtin(), &partners, &token).is_ok());
        let mistakes =
            load_registered(GREENLEAF, &builtin(), &partners, &Secrets::None).unwrap_err();
        assert!(mistakes.to_string().contains("there is no credential yet"), "{mistakes}");
    }

    /// What stands in the pharmacy's manifest, what somebody wrote in its place, and a part of what they are told to do.
    const SLIPS: [(&str, &str, &str); 13] = [
        ("kind = \"mapped-http\"", "kind = \"rest\"", "mapped-http is for any API"),
        ("category = \"PHARMACY\"", "category = \"Pharmacy\"", "did you mean `PHARMACY`?"),
        ("timeout_ms = 1500", "timeout_ms = \"2s\"", "write it without quotes"),
        ("timeout_ms = 1500", "timeout_ms = 2", "(milliseconds)"),
        ("token = \"given\"", "token = \"abcdef\"", "write \"given\""),
        ("type = \"bearer\"", "type = \"Bearer\"", "did you mean `bearer`?"),
        (", token = \"given\"", "", "write token = "),
        ("base_url = \"https", "baseurl = \"https", "did you mean \"base_url\"?"),
        ("https://api", "http://api", "use https"),
        ("timeout_ms = 1500", "labels = \"PART_2\"", "write it in [ ]"),
        ("timeout_ms = 1500", "labels = [\"PART2\"]", "did you mean \"PART_2\"?"),
        ("timeout_ms = 1500", "name = \"Twice\"", "leave one of them out"),
        ("timeout_ms = 1500", "timeout_ms = 1500 \"", "mend it there"),
    ];

    #[test]
    fn a_mark_that_nobody_knows_is_told_at_its_place() {
        let labelled = |labels: &str| {
            GREENLEAF.replacen("[[fetch]]\n", &format!("[[fetch]]\nlabels = {labels}\n"), 1)
        };
        let good = r#"[{ path = "$.a", table = { P = "MENTAL_HEALTH", S = "PSY", N = "N" }, otherwise = "R" }, { code = "$.b" }]"#;
        let drafted = load_manifest(&labelled(good), &builtin());
        assert!(drafted.is_ok(), "{:?}", drafted.map_err(|it| it.to_string()).err());
        for labels in [
            r#"[{ path = "$.a", table = { P = "MENTALHEALTH" } }]"#,
            r#"[{ code = { path = "$.a", table = {}, otherwise = "MENTALHEALTH" } }]"#,
            r#"[{ first = ["$.a", { const = "MENTALHEALTH" }] }]"#,
        ] {
            let told = load_manifest(&labelled(labels), &builtin()).unwrap_err().to_string();
            assert!(told.contains("did you mean \"MENTAL_HEALTH\"?"), "{told}");
            assert!(told.contains("fetch[1].labels[1]"), "{told}");
        }
    }

    #[test]
    fn slips_in_the_head_of_a_manifest_have_their_line_and_remedy() {
        for (from, to, part) in SLIPS {
            assert!(GREENLEAF.contains(from), "{from}");
            let text = GREENLEAF.replacen(from, to, 1);
            let line = GREENLEAF.lines().zip(text.lines()).position(|(was, is)| was != is);
            let line = line.unwrap() + 1;
            let told = load_manifest(&text, &builtin()).unwrap_err().located(&text, "m");
            let is_here = |it: &str| {
                it.starts_with(&format!("m:{line}:")) || it.starts_with(&format!("m: line {line}:"))
            };
            assert!(told.lines().any(|it| is_here(it) && it.contains(part)), "{to}: {told}");
        }
        let nameless = GREENLEAF.replacen("name = \"Greenleaf Pharmacy\"\n", "", 1);
        let told = load_manifest(&nameless, &builtin()).unwrap_err().to_string();
        assert!(told.contains("name: is missing; write name = "), "{told}");
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let text = GREENLEAF
            .replace("kind = \"mapped-http\"", "kind = \"mapped-htp\"")
            .replace("id = \"greenleaf\"", "id = \"Green Leaf\"");
        let mistakes = load_manifest(&text, &builtin()).unwrap_err().located(&text, "green.toml");
        assert!(mistakes.contains("green.toml:"), "{mistakes}");
        assert!(mistakes.contains("id: must be made of"), "{mistakes}");
        assert!(mistakes.contains("there is no kind \"mapped-htp\""), "{mistakes}");
        let text = GREENLEAF
            .replace("D = \"completed\"", "D = \"Completed\"")
            .replace("date = \"MM/DD/YYYY\"", "date = \"MM/DD/YY\"");
        let mistakes = load_manifest(&text, &builtin()).unwrap_err().located(&text, "green.toml");
        let line = |part: &str| text.lines().position(|line| line.contains(part)).unwrap() + 1;
        let status = format!("green.toml:{}:", line("Completed"));
        assert!(
            mistakes.lines().any(|it| it.starts_with(&status) && it.contains("`completed`")),
            "{mistakes}"
        );
        assert!(mistakes.contains("no sign of a date"), "{mistakes}");
    }
}
