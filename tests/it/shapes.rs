//! Answers against what the schema declares of them.

use caregraph_sandbox::Role;
use serde_json::{Value, json};

use crate::gateway::{TestGateway, run, shared, until};
use crate::sdl::{Field, Sdl};

/// Checks a value against a type as it is written, such as `[Concept!]`.
fn conforms(sdl: &Sdl, type_ref: &str, value: &Value, path: &str) {
    if let Some(inner) = type_ref.strip_suffix('!') {
        assert!(!value.is_null(), "{path} is null, but {type_ref}");
        return conforms(sdl, inner, value, path);
    }
    if value.is_null() {
        return;
    }
    if let Some(item) = type_ref.strip_prefix('[').and_then(|of| of.strip_suffix(']')) {
        let items = value.as_array().unwrap_or_else(|| panic!("{path} is no {type_ref}: {value}"));
        return items.iter().for_each(|value| conforms(sdl, item, value, path));
    }
    match type_ref {
        "ID" | "String" | "Date" | "DateTime" | "FuzzyDate" => {
            assert!(value.is_string(), "{path}: {value}");
        }
        "Int" => assert!(value.is_i64(), "{path}: {value}"),
        "Float" => assert!(value.is_number(), "{path}: {value}"),
        "Boolean" => assert!(value.is_boolean(), "{path}: {value}"),
        name => declared(sdl, name, value, path),
    }
}

fn declared(sdl: &Sdl, name: &str, value: &Value, path: &str) {
    let known =
        sdl.get(name).unwrap_or_else(|| panic!("{path} is a {name}, which is not declared"));
    if known.kind == "enum" {
        assert!(known.fields.iter().any(|of| *value == of.name), "{path}: {value} is no {name}");
        return;
    }
    let fields = value.as_object().unwrap_or_else(|| panic!("{path} is no {name}: {value}"));
    let holders = sdl.members(name).iter().map(|member| member.name.as_str()).chain([name]);
    let all: Vec<&Field> = holders.flat_map(|holder| sdl.fields(holder)).collect();
    for (key, value) in fields {
        let field = all.iter().find(|field| field.name == *key);
        let field = field.unwrap_or_else(|| panic!("{path}.{key} is not declared"));
        conforms(sdl, &field.type_ref, value, &format!("{path}.{key}"));
    }
}

/// A root field of the query with all below it, and arguments.
async fn root(gateway: &TestGateway, sdl: &Sdl, role: Role, name: &str, arguments: &str) -> Value {
    let field = sdl.fields("Query").iter().find(|field| field.name == name).unwrap();
    let below = sdl.everything(field.type_name());
    let query = format!("{{ {name}{arguments} {{ {below} }} }}");
    let data = gateway.ask(role, &query, Value::Null).await.data();
    conforms(sdl, &field.type_ref, &data[name], name);
    data[name].clone()
}

#[test]
fn answers_have_the_shape_that_the_schema_declares() {
    run(async {
        let (gateway, sdl) = (shared().await, Sdl::ours());
        root(gateway, &sdl, Role::Coordinator, "me", "").await;
        root(gateway, &sdl, Role::Coordinator, "sources", "").await;
        let read = || async {
            let found = gateway.data("{ services(first: 1) { nodes { id } } }", Value::Null).await;
            found["services"]["nodes"] != json!([])
        };
        until("the directory is read", read).await;
        root(gateway, &sdl, Role::Coordinator, "services", "(first: 50)").await;
        root(gateway, &sdl, Role::Admin, "patientLinks", "(first: 3)").await;
        root(gateway, &sdl, Role::Admin, "removedLinks", "").await;
    });
}

#[test]
fn a_patient_has_the_shape_that_the_schema_declares() {
    run(async {
        let (gateway, sdl) = (shared().await, Sdl::ours());
        for person in [0, 1, 2, 5] {
            let patient = gateway.patient(person).await;
            for field in sdl.fields("Patient") {
                let below = sdl.everything(field.type_name());
                let below = if below.is_empty() { below } else { format!("{{ {below} }}") };
                let page = field.arguments.iter().any(|(name, ..)| name == "first");
                let page = if page { "(first: 60)" } else { "" };
                let query = format!(
                    "query($id: ID!) {{ patient(id: $id) {{ {}{page} {below} }} }}",
                    field.name
                );
                let data = gateway.data(&query, json!({ "id": patient })).await;
                conforms(&sdl, "Patient", &data["patient"], "patient");
            }
        }
    });
}
