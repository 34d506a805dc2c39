//! As much of JSON Schema as the schema of our configuration uses.

use serde_json::Value;

use crate::answer::items;

/// Checks a value; says the first thing that is wrong.
pub(crate) fn check(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(allowed) = schema.as_bool() {
        return if allowed { Ok(()) } else { Err(format!("{value} may not be there")) };
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.strip_prefix('#').ok_or("a reference out of the schema")?;
        check(root, root.pointer(pointer).ok_or("a reference to nothing")?, value)?;
    }
    for keyword in ["anyOf", "oneOf"] {
        let choices = items(&schema[keyword]);
        let fitting = choices.iter().filter(|choice| check(root, choice, value).is_ok()).count();
        if !choices.is_empty() && (fitting == 0 || (keyword == "oneOf" && fitting > 1)) {
            return Err(format!("{value} fits {fitting} of {keyword}"));
        }
    }
    for part in items(&schema["allOf"]) {
        check(root, part, value)?;
    }
    check_leaf(schema, value)?;
    check_object(root, schema, value)?;
    match (value.as_array(), schema.get("items")) {
        (Some(values), Some(of)) => values.iter().try_for_each(|value| check(root, of, value)),
        _ => Ok(()),
    }
}

fn check_leaf(schema: &Value, value: &Value) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("{value}: {what}"));
    let types = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        several => items(several).iter().filter_map(Value::as_str).collect(),
    };
    if !types.is_empty() && !types.iter().any(|name| is_a(name, value)) {
        return wrong(&format!("is no {}", types.join(" or ")));
    }
    if schema["enum"].as_array().is_some_and(|values| !values.contains(value)) {
        return wrong("is none of the values");
    }
    if schema.get("const").is_some_and(|only| only != value) {
        return wrong("is not the value");
    }
    let number = |limit: &str| schema[limit].as_f64().zip(value.as_f64());
    if number("minimum").is_some_and(|(least, value)| value < least)
        || number("maximum").is_some_and(|(most, value)| value > most)
    {
        return wrong("is out of range");
    }
    Ok(())
}

fn is_a(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("JSON Schema has no type {other}"),
    }
}

fn check_object(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let Some(fields) = value.as_object() else { return Ok(()) };
    for required in items(&schema["required"]).iter().filter_map(Value::as_str) {
        if !fields.contains_key(required) {
            return Err(format!("{required} is missing"));
        }
    }
    for (name, value) in fields {
        let of = schema["properties"].get(name).or(schema.get("additionalProperties"));
        if let Some(of) = of {
            check(root, of, value).map_err(|what| format!("{name}: {what}"))?;
        }
    }
    Ok(())
}
