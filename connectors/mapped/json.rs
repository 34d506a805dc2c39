//! Reads JSON into a tree: bounded in depth and size, no key twice, numbers with the digits that were written.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::hint::Objection;
use super::node::{Fields, Node};
use crate::connector::Problem;

/// How deep an answer may be nested.
pub(super) const DEPTH: u32 = 64;

/// How many values one answer may hold.
pub(super) const NODES: u32 = 500_000;

/// Why a text is none that can be read; repeats nothing of it.
pub(super) fn flaw(text: &str) -> Objection {
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => Objection::new(
            "in an answer a key stands twice in one object, or it is nested too deep",
            "let the server send each key once, and nothing deeper than 64 levels",
        ),
        Err(error) if error.is_eof() => Objection::new(
            format!("an answer breaks off at line {}, character {}", error.line(), error.column()),
            "let the server send all of it: see what cuts it off, such as a wrong Content-Length or a proxy",
        ),
        Err(error) => Objection::new(
            format!(
                "an answer is no JSON from line {}, character {} on",
                error.line(),
                error.column()
            ),
            "let the server send valid JSON (no NaN, no comments, no comma after the last item), or write the format in which it answers",
        ),
    }
}

/// Reads all of a text as one value.
pub(super) fn read(text: &str) -> Result<Node<'_>, Problem> {
    let state = State { place: Place { text, at: Cell::new(0) }, left: Cell::new(NODES) };
    let mut reader = serde_json::Deserializer::from_str(text);
    let node = Reader { state: &state, depth: 0 }.deserialize(&mut reader);
    let node = node.and_then(|node| reader.end().map(|()| node));
    node.map_err(|_| if state.left.get() == 0 { Problem::TooMuch } else { Problem::Garbled })
}

/// Reads a text in which each line is a value of its own; empty lines are none.
pub(super) fn read_lines(text: &str) -> Result<Node<'_>, Problem> {
    let mut left = NODES;
    let mut values = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let state = State { place: Place { text: line, at: Cell::new(0) }, left: Cell::new(left) };
        let mut reader = serde_json::Deserializer::from_str(line);
        let node = Reader { state: &state, depth: 0 }.deserialize(&mut reader);
        left = state.left.get();
        match node.and_then(|node| reader.end().map(|()| node)) {
            Ok(node) => values.push(node),
            Err(_) if left == 0 => return Err(Problem::TooMuch),
            Err(_) => return Err(Problem::Garbled),
        }
    }
    Ok(Node::List(values))
}

struct State<'a> {
    place: Place<'a>,
    left: Cell<u32>,
}

/// How far the text has been read. The parser does not tell how a number was written, so that it is looked up: between two
/// texts there is nothing but numbers and punctuation.
struct Place<'a> {
    text: &'a str,
    at: Cell<usize>,
}

impl<'a> Place<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at.get()..).unwrap_or_default()
    }

    /// A text was read that stands in the answer as it is.
    fn pass_borrowed(&self, text: &'a str) {
        let start = (text.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        self.at.set(start.saturating_add(text.len() + 1));
    }

    /// A text was read that is written with escapes.
    fn pass_escaped(&self) {
        let Some(start) = self.rest().find('"') else { return };
        let mut at = self.at.get() + start + 1;
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(at) {
            at += match byte {
                b'\\' => 2,
                b'"' => break,
                _ => 1,
            };
        }
        self.at.set(at + 1);
    }

    /// The number that was just read, as it is written.
    fn number(&self) -> Option<&'a str> {
        let is_number = |it: char| it.is_ascii_digit() || matches!(it, '-' | '+' | '.' | 'e' | 'E');
        let rest = self.rest();
        let start = rest.find(|it: char| it.is_ascii_digit() || it == '-')?;
        let digits = rest.get(start..)?;
        let digits = digits.get(..digits.find(|it| !is_number(it)).unwrap_or(digits.len()))?;
        self.at.set(self.at.get() + start + digits.len());
        Some(digits)
    }
}

#[derive(Clone, Copy)]
struct Reader<'s, 'a> {
    state: &'s State<'a>,
    depth: u32,
}

impl<'a> Reader<'_, 'a> {
    /// Counts one value more.
    fn count<E: Error>(self) -> Result<(), E> {
        match self.state.left.get().checked_sub(1) {
            Some(left) if left > 0 => {
                self.state.left.set(left);
                Ok(())
            }
            _ => {
                self.state.left.set(0);
                Err(E::custom("too many values"))
            }
        }
    }

    fn deeper<E: Error>(self) -> Result<Self, E> {
        let depth = self.depth + 1;
        if depth > DEPTH { Err(E::custom("nested too deep")) } else { Ok(Self { depth, ..self }) }
    }

    fn number<E: Error>(self) -> Result<Node<'a>, E> {
        self.state.place.number().map(Node::Number).ok_or_else(|| E::custom("no number"))
    }
}

impl<'a> DeserializeSeed<'a> for Reader<'_, 'a> {
    type Value = Node<'a>;

    fn deserialize<D: serde::Deserializer<'a>>(self, from: D) -> Result<Node<'a>, D::Error> {
        self.count()?;
        from.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Reader<'_, 'a> {
    type Value = Node<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node<'a>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<'a>, E> {
        Ok(Node::Bool(value))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Node<'a>, E> {
        self.number()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Node<'a>, E> {
        self.number()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Node<'a>, E> {
        self.number()
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Node<'a>, E> {
        self.state.place.pass_borrowed(text);
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node<'a>, E> {
        self.state.place.pass_escaped();
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<Node<'a>, A::Error> {
        let deeper = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(deeper)? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<Node<'a>, A::Error> {
        let deeper = self.deeper()?;
        let mut all = Vec::new();
        while let Some(key) = members.next_key_seed(Key(&self.state.place))? {
            all.push((key, members.next_value_seed(deeper)?));
        }
        Fields::of(all)
            .map(Node::Fields)
            .ok_or_else(|| A::Error::custom("a key stands there twice"))
    }
}

struct Key<'s, 'a>(&'s Place<'a>);

impl<'a> DeserializeSeed<'a> for Key<'_, 'a> {
    type Value = Cow<'a, str>;

    fn deserialize<D: serde::Deserializer<'a>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for Key<'_, 'a> {
    type Value = Cow<'a, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Self::Value, E> {
        self.0.pass_borrowed(text);
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        self.0.pass_escaped();
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Vec<String> {
        fn collect(node: &Node<'_>, into: &mut Vec<String>) {
            if let Node::Number(digits) = node {
                into.push((*digits).to_owned());
            }
            node.children().into_iter().for_each(|child| collect(child, into));
        }
        let mut found = Vec::new();
        collect(&read(text).unwrap(), &mut found);
        found
    }

    #[test]
    fn numbers_keep_their_digits() {
        let text = r#" { "1": -0, "a \" 2": [1.10, 1e3, "3", 12345678901234567890123, "\u00e9 4 \\", 5.0],
            "b": {"c": -7.50e-1, "d": 0}, "e 5": "x", "f": 9 } "#;
        let expected =
            ["-0", "1.10", "1e3", "12345678901234567890123", "5.0", "-7.50e-1", "0", "9"];
        assert_eq!(numbers(text), expected);
        assert_eq!(numbers("7.0"), ["7.0"]);
    }

    #[test]
    fn what_is_twice_or_too_deep_or_no_json_is_garbled() {
        let many = (0..40).map(|n| format!("\"k{}\":1,", n % 39)).collect::<Vec<_>>().concat();
        for text in [
            r#"{"a": 1, "a": 2}"#,
            r#"{"a": 1, "\u0061": 2}"#,
            &format!("{{{many}\"z\":1}}"),
            &"[".repeat(10_000),
            &format!("{}{}", "[".repeat(65), "]".repeat(65)),
            "",
            "{}{}",
            "NaN",
            "01",
            "{'a': 1}",
        ] {
            assert_eq!(read(text), Err(Problem::Garbled), "{text:.40}");
        }
        assert!(read(&format!("{}{}", "[".repeat(64), "]".repeat(64))).is_ok());
    }

    #[test]
    fn too_many_values_are_too_much() {
        let text = format!("[{}1]", "1,".repeat(NODES as usize));
        assert_eq!(read(&text), Err(Problem::TooMuch));
        assert_eq!(read_lines(&"[1,2,3]\n".repeat(NODES as usize / 3)), Err(Problem::TooMuch));
    }

    #[test]
    fn keys_are_found_in_short_and_in_long_tables() {
        for length in [3, 40] {
            let members: Vec<String> = (0..length).map(|n| format!("\"k{n}\": {n}")).collect();
            let text = format!("{{{}}}", members.join(","));
            let node = read(&text).unwrap();
            for n in 0..length {
                let digits = n.to_string();
                assert_eq!(node.member(&format!("k{n}")), Some(&Node::Number(&digits)), "{n}");
            }
            assert_eq!(node.member("k99"), None);
        }
    }
}
