//! JSON objects in which no key stands twice. Where two readers disagree on which of the two counts, one of them can be
//! deceived.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::Refused;

/// An object, read but not believed.
pub(super) struct Object(Map<String, Value>);

impl Object {
    /// Reads one, refusing whatever is no object and whatever holds a key twice, at any depth.
    pub(super) fn of(json: &[u8]) -> Result<Self, Refused> {
        match serde_json::from_slice(json) {
            Ok(Strict(Value::Object(object))) => Ok(Self(object)),
            _ => Err(Refused("a part of it is no JSON object, or holds a key twice")),
        }
    }

    /// True when there is something of that name, whatever it is.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// What is there of that name; a null is nothing.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text, if it is there; anything but a text is refused.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Refused> {
        let text = |value: &'_ Value| value.as_str().is_some();
        match self.get(name) {
            Some(value) if !text(value) => Err(Refused("a claim that must be a text is none")),
            value => Ok(value.and_then(Value::as_str)),
        }
    }

    /// Seconds since 1970-01-01T00:00Z, if they are there; anything but a whole number is refused.
    pub(super) fn seconds(&self, name: &str) -> Result<Option<u64>, Refused> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => value.as_u64().map(Some).ok_or(Refused("a time is no whole number")),
        }
    }
}

/// Any JSON value whose objects hold no key twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without repeated keys")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("no number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((key, Strict(value))) = entries.next_entry::<String, Strict>()? {
            if object.insert(key, value).is_some() {
                return Err(A::Error::custom("a key stands twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stands_twice_is_refused_at_any_depth() {
        for twice in [r#"{"a":1,"a":1}"#, r#"{"a":{"b":1,"b":2}}"#, r#"{"a":[{"b":1,"\u0062":2}]}"#]
        {
            assert!(Object::of(twice.as_bytes()).is_err(), "{twice}");
        }
        let once = Object::of(br#"{"a":[{"b":1},{"b":2}],"c":"d","e":null,"f":7}"#).unwrap();
        assert_eq!((once.text("c").unwrap(), once.text("e").unwrap()), (Some("d"), None));
        assert!(once.text("f").is_err() && once.has("e") && once.get("e").is_none());
        assert_eq!(once.seconds("f").unwrap(), Some(7));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for other in ["[]", "1", "\"x\"", "null", "{", "", "{} {}", "\u{feff}{}"] {
            assert!(Object::of(other.as_bytes()).is_err(), "{other:?}");
        }
        let deep = format!("{}1{}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
        assert!(Object::of(deep.as_bytes()).is_err());
    }
}
