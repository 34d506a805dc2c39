//! The public contract: the committed schema and matrix, the names that clients rely on, the starter queries.

use std::path::Path;
use std::process::Command;

use caregraph::access::{Policy, matrix};
use caregraph::graphql::Engine;
use caregraph_sandbox::Role;
use serde_json::{Value, json};

use crate::answer::items;
use crate::gateway::{run, shared, until};
use crate::json_schema;
use crate::sdl::{Declared, Sdl};

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What the command prints.
fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_caregraph")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn schema_graphql_is_what_is_served() {
    assert!(
        printed(&["schema"]) == file("schema.graphql"),
        "run `caregraph schema > schema.graphql`"
    );
    assert_eq!(file("schema.graphql").trim_end(), Engine::sdl().trim_end());
}

#[test]
fn the_schema_of_a_record_is_current() {
    assert!(
        printed(&["schema", "--record"]) == file("docs/record.schema.json"),
        "run `caregraph schema --record > docs/record.schema.json`"
    );
}

#[test]
fn the_schema_of_a_manifest_is_current_and_takes_the_examples() {
    assert!(
        printed(&["schema", "--manifest"]) == file("docs/manifest.schema.json"),
        "run `caregraph schema --manifest > docs/manifest.schema.json`"
    );
    let schema: Value = serde_json::from_str(&file("docs/manifest.schema.json")).unwrap();
    for example in ["greenleaf-pharmacy.toml", "harvest-food-bank.toml"] {
        let text = file(&format!("connectors/examples/{example}"));
        let manifest: Value = toml::from_str(&text).unwrap();
        assert_eq!(json_schema::check(&schema, &schema, &manifest), Ok(()), "{example}");
        for (from, to) in [
            ("mapping = 1", "mapping = 2"),
            ("date = ", "dated = "),
            ("const = ", "constant = "),
            ("kind = ", "kinds = "),
            ("id = \"$", "id = \""),
        ] {
            let wrong: Value = toml::from_str(&text.replacen(from, to, 1)).unwrap();
            let is_refused = json_schema::check(&schema, &schema, &wrong).is_err();
            // Whether a path can be read is not for a schema to say.
            assert!(is_refused || from.starts_with("id"), "{example}: {to}");
        }
    }
}

#[test]
fn the_schema_of_the_remote_protocol_is_current_and_takes_the_examples() {
    assert!(
        printed(&["schema", "--remote"]) == file("docs/remote.schema.json"),
        "run `caregraph schema --remote > docs/remote.schema.json`"
    );
    let schema: Value = serde_json::from_str(&file("docs/remote.schema.json")).unwrap();
    let specification = file("docs/remote.md");
    let mut taken = 0;
    for block in specification.split("```json ").skip(1) {
        let (name, text) = block.split("\n```").next().unwrap().split_once('\n').unwrap();
        let example: Value = serde_json::from_str(text).expect(name);
        let of = &schema["$defs"][name];
        assert!(of.is_object(), "there is no message {name}");
        assert_eq!(json_schema::check(&schema, of, &example), Ok(()), "{name}");
        let is_open = matches!(name, "Capabilities" | "Health" | "ProblemDetails");
        let mut more = example.clone();
        more["xUnknown"] = Value::Bool(true);
        assert_eq!(json_schema::check(&schema, of, &more).is_ok(), is_open, "{name}");
        let mut less = example.clone();
        let first = schema["$defs"][name]["required"][0].as_str().expect(name);
        less.as_object_mut().unwrap().remove(first);
        assert!(json_schema::check(&schema, of, &less).is_err(), "{name} without {first}");
        taken += 1;
    }
    assert_eq!(taken, 7);
}

#[test]
fn the_access_matrix_is_current() {
    let printed = printed(&["schema", "--matrix"]);
    assert!(
        printed == file("access-matrix.txt"),
        "run `caregraph schema --matrix > access-matrix.txt`"
    );
    assert_eq!(
        printed.trim_end(),
        matrix(&Policy::default_policy(), &Engine::classes().unwrap()).trim_end()
    );
}

#[test]
fn every_field_of_every_type_stands_in_the_matrix() {
    let (sdl, matrix) = (Sdl::ours(), file("access-matrix.txt"));
    let lines: Vec<&str> =
        matrix.lines().filter_map(|line| line.split_whitespace().next()).collect();
    for (name, declared) in sdl.types() {
        if matches!(declared.kind, "object" | "interface") {
            for field in &declared.fields {
                assert!(
                    lines.contains(&format!("{name}.{}", field.name).as_str()),
                    "{name}.{}",
                    field.name
                );
            }
        }
    }
}

#[test]
fn names_that_clients_rely_on_stand() {
    let (ours, contract) = (Sdl::ours(), Sdl::of(include_str!("contract.graphql")));
    for (name, promised) in contract.types() {
        match ours.get(name) {
            Some(declared) => keeps(name, declared, promised),
            None => panic!("there is no {} {name}", promised.kind),
        }
    }
}

fn keeps(name: &str, declared: &Declared, promised: &Declared) {
    assert_eq!(declared.kind, promised.kind, "{name}");
    for interface in &promised.implements {
        assert!(declared.implements.contains(interface), "{name} is no {interface}");
    }
    for field in &promised.fields {
        let here = format!("{name}.{}", field.name);
        let found = declared.fields.iter().find(|known| known.name == field.name);
        let found = found.unwrap_or_else(|| panic!("there is no {here}"));
        assert_eq!(found.type_ref, field.type_ref, "{here}");
        for argument in &field.arguments {
            assert!(found.arguments.contains(argument), "{here}: {argument:?}");
        }
        let fresh = found.arguments.iter().filter(|known| !field.arguments.contains(known));
        assert!(fresh.clone().all(|known| !known.1.ends_with('!')), "{here} demands more");
    }
    // A value more in an enum or a union is a break for those who match on them.
    if matches!(declared.kind, "enum" | "union" | "input") {
        assert_eq!(declared.fields.len(), promised.fields.len(), "{name}");
    }
}

#[test]
fn every_connection_has_one_shape() {
    let ours = Sdl::ours();
    let mut count = 0;
    for (name, declared) in ours.types() {
        let Some(item) = name.strip_suffix("Connection") else { continue };
        let edge = ours.get(&format!("{item}Edge")).unwrap_or_else(|| panic!("{item} has no edge"));
        let shape = |of: &Declared| -> Vec<(String, String)> {
            of.fields.iter().map(|field| (field.name.clone(), field.type_ref.clone())).collect()
        };
        let pair = |name: &str, of: &str| (name.to_owned(), of.to_owned());
        assert_eq!(shape(edge), [pair("cursor", "String!"), pair("node", &format!("{item}!"))]);
        let expected = [
            pair("nodes", &format!("[{item}!]!")),
            pair("edges", &format!("[{item}Edge!]!")),
            pair("pageInfo", "PageInfo!"),
            pair("totalCount", "Int"),
            pair("completeness", "Completeness!"),
        ];
        assert_eq!(shape(declared), expected, "{name}");
        count += 1;
    }
    assert!(count >= 14, "{count} connections");
}

#[test]
fn starter_queries_run_without_errors_for_a_coordinator() {
    run(async {
        let gateway = shared().await;
        let record = gateway.sandbox.truth(0).record("lakeside").unwrap().id.clone();
        let identifier = gateway.record_number("lakeside", &record).await;
        let variables = json!({ "identifier": identifier, "search": "food", "codes": ["4548-4"], "since": null });
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/src/queries");
        let directory_is_read = || async {
            let data = gateway.data("{ services(first: 1) { nodes { id } } }", Value::Null).await;
            !items(&data["services"]["nodes"]).is_empty()
        };
        until("the directory is read", directory_is_read).await;
        let mut count = 0;
        let files = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
        for path in files.filter(|path| path.extension().is_some_and(|of| of == "graphql")) {
            let query = std::fs::read_to_string(path).unwrap();
            let declared = |name: &str| query.contains(&format!("${name}:"));
            let used: serde_json::Map<String, Value> = variables
                .as_object()
                .unwrap()
                .clone()
                .into_iter()
                .filter(|(name, _)| declared(name))
                .collect();
            let answer = gateway.ask(Role::Coordinator, &query, json!(used)).await;
            let data = answer.data();
            let roots = data.as_object().unwrap();
            assert!(!roots.is_empty() && roots.values().all(|root| !root.is_null()), "{query}");
            count += 1;
        }
        assert!(count >= 8, "{count} starter queries");
    });
}

#[test]
fn introspection_tells_what_the_schema_says() {
    run(async {
        let gateway = shared().await;
        let query = "{ __schema { queryType { name } types { name fields { name } } } __type(name: \"Patient\") { fields { name } } }";
        let data = gateway.ask(Role::Coordinator, query, Value::Null).await.data();
        let names = |of: &Value| -> Vec<String> {
            items(of).iter().map(|field| crate::answer::text(&field["name"])).collect()
        };
        let declared: Vec<String> =
            Sdl::ours().fields("Patient").iter().map(|field| field.name.clone()).collect();
        assert_eq!(names(&data["__type"]["fields"]), declared);
    });
}

#[test]
fn the_json_schema_takes_the_configuration_of_the_readme() {
    let schema: Value = serde_json::from_str(&printed(&["schema", "--config"])).unwrap();
    let readme = file("README.md");
    let example = readme.split("```toml").nth(1).and_then(|rest| rest.split("```").next());
    let example: Value =
        toml::from_str(example.expect("the README shows a configuration")).unwrap();
    json_schema::check(&schema, &schema, &example).unwrap();
}

#[test]
fn the_json_schema_refuses_what_the_gateway_refuses() {
    let schema: Value = serde_json::from_str(&printed(&["schema", "--config"])).unwrap();
    for (text, fits) in [
        ("[server]\nlisten = \"127.0.0.1:8080\"\n", true),
        ("[server]\nlisten = 8080\n", false),
        ("[server]\nlissen = \"127.0.0.1:8080\"\n", false),
        ("[sever]\n", false),
        ("[server]\ndeadline_ms = 5\n", false),
        ("[[connector]]\ncategory = \"HOSPITAL\"\n", true),
        ("[[connector]]\ncategory = \"CIRCUS\"\n", false),
        ("[[connector]]\nauth = { type = \"basic\", user = \"a\", password = \"env:B\" }\n", true),
        ("[[connector]]\nauth = { type = \"basic\", user = \"a\" }\n", false),
        ("connector = 3\n", false),
    ] {
        let config: Value = toml::from_str(text).unwrap();
        let checked = json_schema::check(&schema, &schema, &config);
        assert_eq!(checked.is_ok(), fits, "{text}{checked:?}");
    }
}
