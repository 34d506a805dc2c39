//! Manifests: one connector's block of the configuration as a text of its own, in TOML or in JSON.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use toml::{Table, Value};

use crate::locate::Place;
use crate::mistake::Mistake;

/// The longest manifest, in bytes.
pub const LONGEST: usize = 256 * 1024;

/// Reads a manifest, or says where it is none.
pub fn read(text: &str) -> Result<Table, (Option<Place>, Mistake)> {
    let wrong = |place, why: String, remedy: &str| {
        (place, Mistake { path: String::new(), why, remedy: remedy.to_owned() })
    };
    if text.len() > LONGEST {
        let why = format!("MAPPING_LIMIT: a manifest may have {} KiB", LONGEST / 1024);
        return Err(wrong(None, why, "shorten it"));
    }
    if is_json(text) {
        return serde_json::from_str::<Strict>(text).map(|strict| strict.0).map_err(|error| {
            let place = Place { line: error.line(), column: error.column() };
            // What the message says of the place is told already.
            let words = error.to_string();
            let words = words.split(" at line ").next().unwrap_or_default();
            let remedy = "mend it there: JSON has no comments, no single quotes and no comma after the last item";
            wrong(Some(place), format!("this is no manifest in JSON: {words}"), remedy)
        });
    }
    text.parse::<Table>().map_err(|error| {
        let place = error.span().map(|span| Place::of(text, span.start));
        let words = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        let remedy = of_toml(&words);
        wrong(place, format!("this is not TOML: {words}"), remedy)
    })
}

/// What to do about what the parser of TOML does not understand.
fn of_toml(words: &str) -> &'static str {
    let has = |part: &str| words.contains(part);
    if has("duplicate key") {
        "leave one of them out; of blocks of which there may be several, each is headed [[fetch]], with two brackets, and its keys stand before its tables"
    } else if has("basic string") || has("literal string") {
        "close the text in the line in which it begins, with the sign that began it"
    } else if has("boolean") {
        "write true or false in lower-case letters, or a text in quotes"
    } else if has("key with no value") || has("expected `=`") {
        "write key = value, with a text in quotes"
    } else if has("inline table") {
        "write all of { … } with commas between, or as a table of its own headed [fetch.fields]"
    } else {
        "mend it there: texts stand in quotes, lists in [ ], tables in { }"
    }
}

/// True for a text that is meant to be JSON: no TOML begins so.
pub(crate) fn is_json(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('{')
}

/// An object of JSON in which no key stands twice.
struct Strict(Table);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match One::deserialize(from)?.0 {
            Value::Table(table) => Ok(Self(table)),
            _ => Err(D::Error::custom("a manifest is an object")),
        }
    }
}

struct One(Value);

impl<'de> Deserialize<'de> for One {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(OneVisitor).map(Self)
    }
}

struct OneVisitor;

impl<'de> Visitor<'de> for OneVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, true, false, a list or an object")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Boolean(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Integer(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        i64::try_from(number).map(Value::Integer).map_err(|_| E::custom("a number is too large"))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(One(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut table = Table::new();
        while let Some((key, One(value))) = members.next_entry::<String, One>()? {
            if table.insert(key.clone(), value).is_some() {
                return Err(A::Error::custom(format!("the key `{key}` stands there twice")));
            }
        }
        Ok(Value::Table(table))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_mean_the_same() {
        let toml = "a = 1\nb = [true, 1.5, 'x']\n[[c]]\nd = { e = 'f' }";
        let json = r#" {"a": 1, "b": [true, 1.5, "x"], "c": [{"d": {"e": "f"}}]}"#;
        assert_eq!(read(toml).unwrap(), read(json).unwrap());
    }

    #[test]
    fn what_is_no_manifest_is_told_with_its_place() {
        for (text, line, part) in [
            ("a = 1\nb = ", 2, "not TOML"),
            ("a = 1\na = 2", 2, "not TOML"),
            ("{\"a\": 1,\n\"a\": 2}", 2, "`a` stands there twice"),
            ("{\"a\": 1,\n\"b\": null}", 2, "JSON"),
            ("{\"a\": 1,\n", 2, "JSON"),
        ] {
            let (place, mistake) = read(text).unwrap_err();
            assert_eq!(place.unwrap().line, line, "{text}");
            assert!(mistake.why.contains(part), "{mistake}");
        }
        let (_, mistake) = read(&"a".repeat(LONGEST + 1)).unwrap_err();
        assert!(mistake.why.contains("MAPPING_LIMIT"), "{mistake}");
        let (_, mistake) = read(&format!("a = {}", "[".repeat(100_000))).unwrap_err();
        assert!(mistake.why.contains("not TOML"), "{mistake}");
        assert!(read(&format!("{{\"a\": {}", "[".repeat(100_000))).is_err());
    }
}
