//! Texts as TOML has them. Whatever stood in a sample becomes a value or a comment, and never anything else.

use std::fmt::Write as _;

/// A text in quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for sign in text.chars() {
        match sign {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            sign if sign.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(sign));
            }
            sign => out.push(sign),
        }
    }
    out.push('"');
    out
}

/// A key.
pub(super) fn key(name: &str) -> String {
    let is_bare = |it: u8| it.is_ascii_alphanumeric() || it == b'_' || it == b'-';
    if !name.is_empty() && name.bytes().all(is_bare) { name.to_owned() } else { quoted(name) }
}

/// Words as a comment has them: in one line.
pub(super) fn commented(words: &str) -> String {
    words.chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
}

/// `{ a = …, b = … }`, of what is there.
pub(super) fn table<'k>(pairs: impl IntoIterator<Item = (&'k str, String)>) -> String {
    let pairs: Vec<String> =
        pairs.into_iter().map(|(name, value)| format!("{} = {value}", key(name))).collect();
    if pairs.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", pairs.join(", ")) }
}

/// `[…]`.
pub(super) fn list(items: &[String]) -> String {
    format!("[{}]", items.join(", "))
}
