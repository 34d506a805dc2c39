//! Two answers in the one form in which they can be compared byte by byte.
//!
//! What is replaced differs for reasons that have nothing to do with anybody's data:
//! - our ids of persons are random numbers of one store, and the ids of things and links begin with them;
//! - ids of directives are random;
//! - times of this very answer, of this index and of this book: `fetchedAt`, `asOf`, `latencyMs`, `linkedAt`, and the
//!   `recordedAt` of a directive (under another alias than that of a record, which is compared), the `at` of an entry of
//!   the log;
//! - of the waterfall, when a source was asked and for how long, and with it whether it was asked a second time because it
//!   took long: `startMs`, `durationMs`, `attempts`;
//! - cursors of `patients` are sealed with a random number, and those of `accessLog` hold such times.
//!
//! Whether each of them is there at all is compared.

use std::collections::HashMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::answer::Answer;

/// What the random ids of one side stand for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(HashMap<[u8; 16], String>);

impl Names {
    pub(crate) fn add(&mut self, id: [u8; 16], name: String) {
        self.0.insert(id, name);
    }

    /// The id with each random part by its name; nothing when it has none.
    fn of(&self, text: &str) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (tag, rest) = bytes.split_first()?;
        let mut named = format!("<{tag}");
        let mut found = false;
        for part in rest.chunks(16) {
            let name = <[u8; 16]>::try_from(part).ok().and_then(|part| self.0.get(&part));
            found |= name.is_some();
            match name {
                Some(name) => named += &format!(" {name}"),
                None => part.iter().for_each(|byte| {
                    // Writing to a string cannot fail.
                    let _ = write!(named, " {byte:02x}");
                }),
            }
        }
        found.then_some(named + ">")
    }
}

/// Endings of response keys whose values are of this answer alone.
const VOLATILE: [&str; 10] = [
    "fetchedAt",
    "asOf",
    "latencyMs",
    "linkedAt",
    "directiveRecordedAt",
    "accessedAt",
    "sealedCursor",
    "startMs",
    "durationMs",
    "attempts",
];

/// The body in comparable form. Only values of strings and numbers are ever replaced, never a key or its place.
pub(crate) fn plain(body: &str, names: &Names) -> String {
    let (mut out, mut key) = (String::with_capacity(body.len()), String::new());
    let mut rest = body;
    while let Some(at) = rest.find('"') {
        let before = &rest[..at];
        out += &if is_volatile(&key) { numbers(before) } else { before.to_owned() };
        let end = at + 1 + end_of_string(&rest[at + 1..]);
        let token = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if rest.starts_with(':') {
            token.clone_into(&mut key);
            out += &format!("\"{token}\"");
        } else if is_volatile(&key) {
            out += "\"<volatile>\"";
        } else {
            out += &format!("\"{}\"", names.of(token).unwrap_or_else(|| token.to_owned()));
        }
    }
    out + rest
}

fn is_volatile(key: &str) -> bool {
    VOLATILE.iter().any(|ending| key.ends_with(ending))
}

/// The text after a volatile key, with its number replaced: `:17,` and what follows.
fn numbers(text: &str) -> String {
    let digits = text.trim_start_matches(':');
    let rest = digits.trim_start_matches(|c: char| c.is_ascii_digit());
    if text.starts_with(':') && rest.len() < digits.len() {
        format!(":<number>{rest}")
    } else {
        text.to_owned()
    }
}

fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' if !escaped => return at,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    panic!("a string of an answer never ends")
}

/// What is compared: status, headers and body. The request's id and the time of day are this answer's own, and the
/// length follows from what was replaced.
pub(crate) fn whole(answer: &Answer, names: &Names) -> (u16, Vec<String>, String) {
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id" | "content-length"));
    let headers = headers.map(|(name, value)| format!("{name}: {value:?}")).collect();
    (answer.status.as_u16(), headers, plain(&answer.text, names))
}

/// The first place at which two texts differ, with what stands around it.
pub(crate) fn difference(a: &str, b: &str) -> String {
    let at = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| {
        let from = at.saturating_sub(160);
        let bytes = text.as_bytes();
        String::from_utf8_lossy(&bytes[from.min(bytes.len())..(at + 160).min(bytes.len())])
            .into_owned()
    };
    format!("at byte {at}\n  A: …{}…\n  B: …{}…", around(a), around(b))
}

#[test]
fn what_is_not_volatile_is_compared() {
    let mut names = Names::default();
    names.add([7; 16], "p0".to_owned());
    let id = URL_SAFE_NO_PAD.encode([&[1_u8][..], &[7; 16]].concat());
    let body = format!(
        r#"{{"id":"{id}","asOf":"2026","x_latencyMs":12,"recordedAt":"2026","n":12,"t":"a \"b"}}"#
    );
    let expected = r#"{"id":"<1 p0>","asOf":"<volatile>","x_latencyMs":<number>,"recordedAt":"2026","n":12,"t":"a \"b"}"#;
    assert_eq!(plain(&body, &names), expected);
    assert_ne!(plain(r#"{"asOf":null}"#, &names), plain(r#"{"asOf":"2026"}"#, &names));
    assert_ne!(plain(r#"{"latencyMs":null}"#, &names), plain(r#"{"latencyMs":1}"#, &names));
}
