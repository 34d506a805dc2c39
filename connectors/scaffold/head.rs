//! The head of a manifest, and all of it in one text.

use std::fmt::Write as _;

use super::Head;
use super::block::Block;
use super::toml_text::{commented, quoted};

const ABOUT: &str = "\
# A first version, written by `caregraph connector new`. Look at every line: OPEN marks what only you can know, \"guessed\" what
# may be wrong, and what is not mapped is listed below each block. `caregraph check --manifest FILE` names what stands open.
";

/// The keys that are asked for when they are not given. A name may be any words, so that an open one is empty.
const ASKED: [(&str, &str, &str); 4] = [
    ("id", "?", "yours for good; lower-case letters, digits, hyphens"),
    ("name", "", "as people know it"),
    (
        "category",
        "?",
        "PRIMARY_CARE, SPECIALIST, PHARMACY, COMMUNITY, HOSPITAL or BEHAVIORAL_HEALTH",
    ),
    ("base_url", "?", "where your API is, such as https://api.example.org/v2/"),
];

const AUTH: &str = "# auth = { type = \"bearer\", token = \"given\" }  # if a secret is needed; other ways stand in docs/configuration.md";

/// The whole text.
pub(super) fn written(
    head: &Head,
    auth: Option<&str>,
    blocks: &[Block],
    unused: &[String],
) -> String {
    let mut text = format!("{ABOUT}\n");
    let given = [&head.id, &head.name, &head.category, &head.base_url];
    for ((key, unknown, question), value) in ASKED.into_iter().zip(given) {
        if key == "base_url" {
            text.push_str("kind = \"mapped-http\"\n");
        }
        let _ = match value {
            Some(value) => writeln!(text, "{key} = {}", quoted(value)),
            None => writeln!(text, "{key} = {}  # OPEN: {question}", quoted(unknown)),
        };
    }
    let _ = match auth {
        Some(auth) => writeln!(text, "auth = {auth}"),
        None => writeln!(text, "{AUTH}"),
    };
    text.push_str("\nmapping = 1\n");
    for block in blocks {
        block.write(&mut text);
    }
    if !unused.is_empty() {
        text.push('\n');
    }
    for line in unused {
        let _ = writeln!(text, "# not used: {}", commented(line));
    }
    text
}
