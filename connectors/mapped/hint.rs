//! What an answer shows whoever mends a manifest: where its lists stand, where an id stands, and how a value is written. Names of
//! members and signs alone: no value of an answer gets into a hint.

use super::node::{Node, Scalar};

/// Why an answer is not what a setting says, and what to do.
pub(super) struct Objection {
    pub(super) why: String,
    pub(super) remedy: String,
}

impl Objection {
    pub(super) fn new(why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { why: why.into(), remedy: remedy.into() }
    }
}

/// How deep is looked, how many lists are named, and how long a value may be to have its form told.
const DEEPEST: usize = 5;
const LISTS: usize = 3;
const LONGEST: usize = 40;

/// The paths of the lists of an answer in which items may stand.
pub(super) fn lists(root: &Node<'_>) -> Vec<String> {
    let mut found = Vec::new();
    search(root, "$", DEEPEST, &mut |node, at| {
        let Node::List(items) = node else { return };
        if found.len() < LISTS && matches!(items.first(), None | Some(Node::Fields(_))) {
            found.push(at.to_owned());
        }
    });
    found
}

/// The path to the member that is one of these texts.
pub(super) fn place_of(from: &Node<'_>, texts: &[&str]) -> Option<String> {
    let mut found = None;
    search(from, "$", DEEPEST, &mut |node, at| {
        let is_it = matches!(node.scalar(), Scalar::Text(text) if texts.contains(&text.trim()));
        if found.is_none() && is_it && !matches!(node, Node::Fields(_)) {
            found = Some(at.to_owned());
        }
    });
    found
}

/// The path to a member of that name.
pub(super) fn place_named(from: &Node<'_>, name: &str) -> Option<String> {
    let ends = [format!(".{name}"), format!("['{name}']")];
    let mut found = None;
    search(from, "$", DEEPEST, &mut |_, at| {
        if found.is_none() && ends.iter().any(|end| at.ends_with(end)) {
            found = Some(at.to_owned());
        }
    });
    found
}

/// Hands out what stands below by names alone, with its path.
fn search(node: &Node<'_>, at: &str, depth: usize, hand: &mut impl FnMut(&Node<'_>, &str)) {
    hand(node, at);
    let Node::Fields(fields) = node else { return };
    if depth == 0 {
        return;
    }
    for name in fields.names().filter(|name| is_name(name)) {
        let is_plain = name.bytes().all(|it| it.is_ascii_alphabetic() || it == b'_');
        let below = if is_plain { format!("{at}.{name}") } else { format!("{at}['{name}']") };
        if let Some(member) = fields.get(name) {
            search(member, &below, depth - 1, hand);
        }
    }
}

/// True for what is the name of a field; a key with digits may be the id of somebody.
fn is_name(key: &str) -> bool {
    let is_sign =
        |it: u8| it.is_ascii_alphabetic() || matches!(it, b'_' | b'-' | b'@' | b':' | b'.');
    (1..=LONGEST).contains(&key.len()) && key.bytes().all(is_sign)
}

/// How a value is written: each digit as 9, each letter as a.
pub(super) fn form(text: &str) -> Option<String> {
    let sign = |it: char| match it {
        _ if it.is_numeric() => '9',
        _ if it.is_alphabetic() => 'a',
        _ if it.is_ascii() && !it.is_control() => it,
        _ => '?',
    };
    (text.chars().count() <= LONGEST).then(|| text.chars().map(sign).collect())
}

/// In what one id differs from another that is probably meant to be the same.
pub(super) fn differs_in(id: &str, other: &str) -> Option<&'static str> {
    let bare = |text: &str| text.trim_start_matches('0').to_owned();
    let whole = |text: &str| text.strip_suffix(".0").unwrap_or(text).to_owned();
    match () {
        () if id == other => None,
        () if id.to_lowercase() == other.to_lowercase() => Some("upper and lower case"),
        () if bare(id) == bare(other) => Some("leading zeros"),
        () if whole(id) == whole(other) => Some("a point and a zero at its end"),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::json::read;
    use super::*;

    #[test]
    fn lists_and_ids_are_found_by_the_names_above_them() {
        let root = read(
            r#"{"meta": {"n": 1}, "result": {"data-rows": [{"a": 1}], "tags": ["x"]}, "Smith2": [{}]}"#,
        );
        let root = root.unwrap();
        assert_eq!(lists(&root), ["$.result['data-rows']"]);
        assert_eq!(lists(&read("[{}]").unwrap()), ["$"]);
        let item =
            read(r#"{"id": 7, "rel": {"who": {"id": "P-1"}}, "all": [{"id": "P-1"}]}"#).unwrap();
        assert_eq!(place_of(&item, &["P-1"]).as_deref(), Some("$.rel.who.id"));
        assert_eq!(place_of(&item, &["P-2"]), None);
    }

    #[test]
    fn a_form_shows_signs_and_no_value() {
        assert_eq!(form("03/Mar/2026 5 PM").as_deref(), Some("99/aaa/9999 9 aa"));
        assert_eq!(form(&"x".repeat(41)), None);
    }

    #[test]
    fn ids_are_compared_by_what_systems_change() {
        for (id, other, expected) in [
            ("0017", "17", Some("leading zeros")),
            ("ab-1", "AB-1", Some("upper and lower case")),
            ("1001.0", "1001", Some("a point and a zero at its end")),
            ("17", "18", None),
            ("17", "17", None),
        ] {
            assert_eq!(differs_in(id, other), expected, "{id} {other}");
        }
    }
}
