use caregraph_connectors::builtin;

use super::load;

const GOOD: &str = r#"
[server]
listen = "127.0.0.1:8080"

[store]
url = "sqlite://caregraph.db"

[cache]
redis = "redis://127.0.0.1:6379"

[auth]
issuer = "http://127.0.0.1:9000"
audience = "caregraph"

[access]
relationship = "not-required"

[[connector]]
id = "lakeside"
name = "Lakeside Family Practice"
category = "PRIMARY_CARE"
kind = "fhir-r4"
base_url = "http://127.0.0.1:9101/fhir"
auth = { type = "none" }
timeout_ms = 1500
page_size = 50
"#;

fn mistakes(text: &str) -> Vec<String> {
    let mistakes = load(text, &builtin()).expect_err("this configuration is wrong");
    mistakes.0.into_iter().map(|mistake| format!("{}: {}", mistake.path, mistake.what)).collect()
}

#[test]
fn a_plain_configuration_is_read_whole() {
    let config = load(GOOD, &builtin()).unwrap();
    assert_eq!(config.listen.port(), 8080);
    assert_eq!(config.connectors.len(), 1);
    assert_eq!(config.connectors[0].timeout.as_millis(), 1500);
    assert_eq!(config.connectors[0].settings.len(), 1);
}

#[test]
fn every_mistake_is_named_at_once_with_its_path() {
    let text = r#"
        [serve]
        listen = "nowhere"
        [server]
        listen = "nowhere"
        deadline_ms = "soon"
        [auth]
        issuer = "not a url"
        isuer = "x"
        [[connector]]
        id = "A b"
        kind = "fhir-r5"
        category = "PHARMACIST"
        base_url = "ftp://x"
        auth = { type = "bearer", token = "abc" }
    "#;
    let found = mistakes(text);
    for path in [
        "serve:",
        "server.listen:",
        "server.deadline_ms:",
        "auth.issuer:",
        "auth.isuer:",
        "connector[1].id:",
        "connector[1].name:",
        "connector[1].kind:",
        "connector[1].category:",
        "connector[1].base_url:",
        "connector[1].auth.token:",
    ] {
        assert!(
            found.iter().any(|mistake| mistake.starts_with(path)),
            "{path} is missing in {found:#?}"
        );
    }
}

#[test]
fn an_unknown_setting_names_the_nearest_one() {
    let found = mistakes(&GOOD.replace("timeout_ms", "timeout").replace("listen", "lisen"));
    assert_eq!(
        found,
        [
            "server.lisen: there is no such setting; did you mean \"listen\"?",
            "connector[1].timeout: there is no such setting; did you mean \"timeout_ms\"?",
        ]
    );
}

#[test]
fn settings_of_a_kind_are_known_by_that_kind_alone() {
    let found = mistakes(&GOOD.replace("page_size = 50", "refresh_minutes = 5"));
    assert!(
        found[0].starts_with("connector[1].refresh_minutes: there is no such setting"),
        "{found:?}"
    );
}

#[test]
fn a_secret_in_the_open_is_refused_and_not_repeated() {
    let found = mistakes(&GOOD.replace("type = \"none\"", "type = \"bearer\", token = \"s3cret\""));
    assert!(found[0].contains("env:NAME") && !found[0].contains("s3cret"), "{found:?}");
}

#[test]
fn what_is_not_toml_is_said_with_its_line() {
    assert!(mistakes("[server]\nlisten = \n")[0].starts_with("line 2: this is not TOML"));
}

#[test]
fn the_same_id_twice_is_refused() {
    let twice = format!("{GOOD}\n{}", &GOOD[GOOD.find("[[connector]]").unwrap()..]);
    assert_eq!(mistakes(&twice), ["connector[2].id: \"lakeside\" is used twice"]);
}

#[test]
fn labels_are_words_of_the_policy_and_hide_only_when_they_are_enforced() {
    let labelled = GOOD.replace("page_size = 50", "labels = [\"PART_2\", \"GOSSIP\"]");
    let labelled = labelled.replace("[access]\n", "[access]\nlabels = \"not-enforced\"\n");
    let found = mistakes(&labelled);
    assert!(
        found[0].starts_with("connector[1].labels: there is no label \"GOSSIP\"; known are SUB")
    );
    assert_eq!(found[1], "connector[1].labels: hides nothing unless access.labels is \"enforced\"");
    let enforced = "policy = \"policy.toml\"\n";
    let labelled =
        labelled.replace("labels = \"not-enforced\"\n", enforced).replace(", \"GOSSIP\"", "");
    let config = load(&labelled, &builtin()).unwrap();
    assert!(
        config.access.enforced.labels
            && config.connectors[0].labels.has(crate::access::Label::Part2)
    );
    assert_eq!(config.access.policy.unwrap().to_str(), Some("policy.toml"));
    let wrong = GOOD.replace("[access]\n", "[access]\nlabels = \"yes\"\n");
    assert_eq!(mistakes(&wrong), ["access.labels: must be \"enforced\" or \"not-enforced\""]);
}

#[test]
fn how_a_source_is_treated_can_be_set_within_bounds() {
    let with = |settings: &str| GOOD.replace("page_size = 50", settings);
    let knobs = |settings: &str| load(&with(settings), &builtin()).unwrap().connectors[0].guard;
    assert_eq!(knobs(""), crate::gather::Knobs::default());
    let set = knobs("max_concurrent = 4\nretries = 0\nhedge = false\nlongest_rest_ms = 0");
    assert_eq!((set.max_concurrent, set.retries, set.hedge), (4, 0, false));
    assert!(set.longest_rest.is_zero());
    let labelled = "labels = [\"PART_2\"]\n";
    let sensitive = |settings: &str| {
        with(&format!("{labelled}{settings}"))
            .replace("[access]\n", "[access]\nlabels = \"enforced\"\n")
    };
    let hedges =
        |settings| load(&sensitive(settings), &builtin()).unwrap().connectors[0].guard.hedge;
    assert_eq!((hedges(""), hedges("hedge = true")), (false, true));
    let found =
        mistakes(&with("max_concurrent = 0\nretries = 4\nhedge = 1\nlongest_rest_ms = 999"));
    let paths: Vec<&str> = found.iter().filter_map(|mistake| mistake.split(": ").next()).collect();
    assert_eq!(
        paths,
        [
            "connector[1].hedge",
            "connector[1].max_concurrent",
            "connector[1].retries",
            "connector[1].longest_rest_ms"
        ]
    );
}
