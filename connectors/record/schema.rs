//! The public form of the model, as JSON Schema: the text by which others check what they send or map to.

use schemars::{JsonSchema, schema_for};
use serde_json::{Map, Value, json};

use super::codes::{DECIMALS, SETS};
use super::{Person, Record, ServiceRecord};

/// What a record looks like, as whoever writes programs or manifests needs to know it.
pub fn of_record() -> Value {
    closed(&schema_for!(Record).to_value())
}

/// What a person on a roster looks like.
pub fn of_person() -> Value {
    closed(&named::<Person>("Person"))
}

/// What a service of a directory looks like.
pub fn of_service() -> Value {
    closed(&named::<ServiceRecord>("ServiceRecord"))
}

/// A schema whose root can be found by its name as all the others can.
fn named<T: JsonSchema>(name: &str) -> Value {
    let mut root = schema_for!(T).to_value();
    let mut definitions = root.get("$defs").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(root) = root.as_object_mut() {
        root.remove("$defs");
        definitions.insert(name.to_owned(), Value::Object(root.clone()));
    }
    json!({"$ref": format!("#/$defs/{name}"), "$defs": definitions})
}

/// The same schema, with the sets of codes that are closed, and without the defaults, which say nothing: what is left out is
/// missing.
pub(crate) fn closed(schema: &Value) -> Value {
    let mut schema = plain(schema);
    let Some(types) = schema.get_mut("$defs").and_then(Value::as_object_mut) else { return schema };
    for (name, field, codes) in SETS {
        if let Some(property) = property(types, name, field) {
            match property.get_mut("items") {
                Some(items) => items["enum"] = json!(codes),
                None => property["enum"] = nullable(codes),
            }
        }
    }
    for (name, field) in DECIMALS {
        if let Some(property) = property(types, name, field) {
            property["pattern"] = json!(r"^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$");
        }
    }
    schema
}

fn property<'t>(
    types: &'t mut Map<String, Value>,
    name: &str,
    field: &str,
) -> Option<&'t mut Value> {
    types.get_mut(name)?.get_mut("properties")?.get_mut(field)
}

fn nullable(codes: &[&str]) -> Value {
    codes.iter().map(|code| json!(code)).chain([Value::Null]).collect()
}

fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, value)| {
                // A field may be called so too; what it holds is then a schema.
                *name != "default" || value.get("type").is_some()
            });
            kept.map(|(name, value)| (name.clone(), plain(value))).collect()
        }
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_closed_set_stands_in_the_schema() {
        let mut types = of_record()["$defs"].as_object().unwrap().clone();
        types.extend(of_service()["$defs"].as_object().unwrap().clone());
        for (name, field, codes) in SETS {
            let property = &types[*name]["properties"][*field];
            let set = property["items"]["enum"].as_array().or(property["enum"].as_array());
            let set = set.unwrap_or_else(|| panic!("{name}.{field} has no set"));
            assert!(codes.iter().all(|code| set.contains(&json!(code))), "{name}.{field}");
        }
        for (name, field) in DECIMALS {
            assert!(types[*name]["properties"][*field]["pattern"].is_string(), "{name}.{field}");
        }
    }

    #[test]
    fn every_property_says_what_it_is() {
        for (name, definition) in of_record()["$defs"].as_object().unwrap() {
            for (field, property) in definition["properties"].as_object().into_iter().flatten() {
                assert!(property["description"].is_string(), "{name}.{field}");
            }
        }
    }
}
