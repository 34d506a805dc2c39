//! JSON as servers really send it: numbers as text and the other way round, nulls, keys sent twice.
//!
//! Nothing here fails but a body that is no JSON: a field of the wrong type counts as missing. Must never
//! know what any field means.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::connector::Problem;

/// A text, or a number or truth value where a text belongs.
#[derive(Debug, Default)]
pub(super) struct Text(pub(super) Option<String>);

/// A number, or a text that holds one.
#[derive(Debug, Default)]
pub(super) struct Number(pub(super) Option<f64>);

/// A list; a lone object counts as a list of one, and what is no object is left out.
#[derive(Debug)]
pub(super) struct List<T>(pub(super) Vec<T>);

/// An object, or the plain name of what belongs there.
#[derive(Debug)]
pub(super) struct One<T>(pub(super) Option<T>);

/// Reads one object that was asked for by its id. Some servers wrap it as they wrap a list.
pub(super) fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    read(unwrapped(value(body)?)).ok_or(Problem::Garbled)
}

fn unwrapped(value: Value) -> Value {
    match value {
        Value::Object(mut wrapper)
            if !wrapper.contains_key("id")
                && wrapper.get("data").is_some_and(|inner| inner.get("id").is_some()) =>
        {
            wrapper.remove("data").unwrap_or_default()
        }
        other => other,
    }
}

/// Reads an entry; nothing but an object will do.
pub(super) fn read<T: DeserializeOwned>(entry: Value) -> Option<T> {
    // serde would fill the fields from an array in their order.
    if entry.is_object() { serde_json::from_value(entry).ok() } else { None }
}

/// Through `Value`, so that a key sent twice is no error: the later one counts.
pub(super) fn value(body: &[u8]) -> Result<Value, Problem> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    serde_json::from_slice(body).map_err(|_| Problem::Garbled)
}

/// Some servers write `"Urdu"` where `{"name": "Urdu"}` belongs.
fn named(value: Value) -> Value {
    match value {
        Value::String(name) => Value::Object(Map::from_iter([("name".into(), name.into())])),
        other => other,
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Default for One<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(from)? {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }))
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = match Value::deserialize(from)? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        Ok(Self(number.filter(|number: &f64| number.is_finite())))
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(from)? {
            Value::Array(items) => items.into_iter().map(named).filter_map(read).collect(),
            other => read(other).into_iter().collect(),
        }))
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for One<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(read(named(Value::deserialize(from)?))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Thing {
        id: Text,
        count: Number,
    }

    #[test]
    fn an_object_is_found_in_its_wrapper_and_never_in_a_part_of_it() {
        let read = |body: &str| object::<Thing>(body.as_bytes()).unwrap();
        let wrapped = read(r#"{"data": {"id": 7, "count": "2"}, "api": "3"}"#);
        assert_eq!((wrapped.id.0.as_deref(), wrapped.count.0), (Some("7"), Some(2.0)));
        let bare = read(r#"{"id": "a", "data": {"id": "b"}}"#);
        assert_eq!(bare.id.0.as_deref(), Some("a"));
        assert_eq!(read(r#"{"data": {"count": 1}}"#).id.0, None);
    }
}
