//! An answer as its block reads it, for whoever looks through all of it and not for what its rules pick.

use serde_json::{Number, Value};
use toml::Table;

use super::format::Format;
use super::node::{Fields, Node};
use super::part::{At, Notes, Part};

/// The whole of an answer to the question of that block; nothing when its format is another one.
pub(crate) fn readable(block: &Table, body: &[u8]) -> Option<Value> {
    let notes = Notes::default();
    let format = Format::read(&Part::new(block, At::default(), &notes));
    format.decode(body).ok().map(|root| value(&root))
}

fn value(node: &Node<'_>) -> Value {
    match node {
        Node::Null => Value::Null,
        Node::Bool(is_so) => Value::Bool(*is_so),
        Node::Number(digits) => digits.parse::<Number>().map_or(Value::Null, Value::Number),
        Node::Text(text) => Value::String(text.clone().into_owned()),
        Node::List(items) => items.iter().map(value).collect(),
        Node::Fields(fields) => members(fields),
    }
}

fn members(fields: &Fields<'_>) -> Value {
    let member = |name: &str| Some((name.to_owned(), value(fields.get(name)?)));
    Value::Object(fields.names().filter_map(member).collect())
}
