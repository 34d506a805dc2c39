//! Documents that were made to do harm, and the codes with which each may be refused.

mod incidents;

use std::fmt::Write as _;

use serde_json::{Value, json};

use incidents::incidents;

pub(crate) const COMPLEX: &str = "TOO_COMPLEX";
pub(crate) const BAD: &str = "BAD_USER_INPUT";
/// Neither: it is taken.
pub(crate) const FINE: &str = "";

/// What it is, its document, its variables, and the codes of which one must come.
pub(crate) type Attack = (String, String, Value, &'static [&'static str]);

fn attack(name: &str, document: impl Into<String>, codes: &'static [&'static str]) -> Attack {
    (name.to_owned(), document.into(), Value::Null, codes)
}

/// All of them.
pub(crate) fn all() -> Vec<Attack> {
    [fragments(), breadth(), depth(), directives(), text(), incidents()].concat()
}

/// Fragments that each spread the next twice: 2^`levels` selections.
fn bomb(levels: usize) -> String {
    let mut document = "{ ...F0 } ".to_owned();
    for level in 0..levels {
        let next = level + 1;
        let _ = write!(document, "fragment F{level} on Query {{ ...F{next} ...F{next} }} ");
    }
    let _ = write!(document, "fragment F{levels} on Query {{ __typename }}");
    document
}

fn repeated(piece: &str, times: usize) -> String {
    piece.repeat(times)
}

fn numbered(count: usize, of: impl Fn(usize) -> String) -> String {
    (0..count).map(of).collect::<Vec<_>>().join(" ")
}

/// Nests `open` … `close` around a core.
fn nested(open: &str, core: &str, close: &str, times: usize) -> String {
    format!("{}{core}{}", open.repeat(times), close.repeat(times))
}

fn fragments() -> Vec<Attack> {
    vec![
        attack("a bomb of 2^31", bomb(31), &[COMPLEX]),
        attack("a bomb of 2^100", bomb(100), &[COMPLEX]),
        attack(
            "a bomb in an unused fragment",
            format!("query A {{ me {{ role }} }} {}", bomb(31).replace("{ ...F0 }", "")),
            &[COMPLEX, BAD],
        ),
        attack("a fragment within itself", "{ ...A } fragment A on Query { ...A }", &[BAD]),
        attack(
            "a ring of fragments",
            "{ ...A } fragment A on Query { ...B } fragment B on Query { ...C } fragment C on Query { ...A }",
            &[BAD],
        ),
        attack(
            "a ring below a field",
            "{ me { ...A } } fragment A on Viewer { role ...B } fragment B on Viewer { ...A }",
            &[BAD],
        ),
        attack(
            "an unused ring",
            "{ me { role } } fragment A on Query { ...B } fragment B on Query { ...A }",
            &[BAD],
        ),
        attack("a fragment that is not there", "{ ...Nothing }", &[BAD]),
        attack(
            "many fragments",
            format!(
                "{{ {} }} {}",
                numbered(300, |n| format!("...F{n}")),
                numbered(300, |n| format!("fragment F{n} on Query {{ __typename }}"))
            ),
            &[COMPLEX],
        ),
        attack(
            "deep inline fragments",
            nested("{ ... on Query ", "{ __typename }", " }", 600),
            &[COMPLEX, BAD],
        ),
        attack(
            "inline fragments without a type",
            nested("{ ... ", "{ __typename }", " }", 900),
            &[COMPLEX, BAD],
        ),
    ]
}

fn breadth() -> Vec<Attack> {
    let first = |number: &str| format!("{{ patients(first: {number}) {{ nodes {{ id }} }} }}");
    vec![
        attack(
            "many aliases of the root",
            format!("{{ {} }}", numbered(200, |n| format!("a{n}: me {{ role }}"))),
            &[COMPLEX],
        ),
        attack(
            "many aliases below",
            format!("{{ me {{ {} }} }}", numbered(200, |n| format!("a{n}: role"))),
            &[COMPLEX],
        ),
        attack(
            "aliases through a fragment",
            format!(
                "{{ me {{ {} }} }} fragment A on Viewer {{ a: role b: role c: role }}",
                repeated("...A ", 20)
            ),
            &[COMPLEX],
        ),
        attack("many root fields", format!("{{ {} }}", repeated("__typename ", 500)), &[COMPLEX]),
        attack(
            "many equal fields",
            format!("{{ me {{ {} }} }}", repeated("role ", 1_900)),
            &[COMPLEX],
        ),
        attack(
            "500 times the same field",
            format!("{{ me {{ {} }} }}", repeated("__typename ", 500)),
            &[COMPLEX],
        ),
        attack(
            "the same inline fragment",
            format!("{{ me {{ {} }} }}", repeated("... on Viewer { role } ", 300)),
            &[COMPLEX],
        ),
        attack(
            "the same fragment",
            format!("{{ me {{ {} }} }} fragment A on Viewer {{ role }}", repeated("...A ", 300)),
            &[COMPLEX],
        ),
        attack(
            "wide pages within wide pages",
            "{ patients(first: 100) { nodes { conditions(first: 100) { nodes { id } } observations(first: 100) { nodes { id } } encounters(first: 100) { nodes { id } } medications(first: 100) { nodes { id } } procedures(first: 100) { nodes { id } } } } }",
            &[COMPLEX],
        ),
        attack(
            "wide edges within wide edges",
            "{ patients(first: 100) { edges { node { conditions(first: 100) { edges { node { provenance { records { source { id } } } } } } allergies(first: 100) { edges { node { provenance { conflicts { field } } } } } } } } }",
            &[COMPLEX],
        ),
        attack("too large a page", first("101"), &[BAD]),
        attack("a huge page", first("2147483647"), &[BAD]),
        attack("a page beyond all numbers", first("99999999999999999999999999"), &[BAD]),
        attack("no page", first("0"), &[BAD]),
        attack("a page backwards", first("-1"), &[BAD]),
        attack("half a page", first("1.5"), &[BAD]),
        (
            "a huge page in a variable".to_owned(),
            "query($n: Int!) { patients(first: $n) { nodes { id } } }".to_owned(),
            json!({ "n": 1_000_000 }),
            &[BAD],
        ),
        (
            "many ids".to_owned(),
            "query($ids: [ID!]!) { nodes(ids: $ids) { id } }".to_owned(),
            json!({ "ids": vec!["AQ"; 5_000] }),
            &[BAD, COMPLEX],
        ),
        attack(
            "many ids in the document",
            format!("{{ nodes(ids: [{}]) {{ id }} }}", repeated("\"AQ\" ", 1_900)),
            &[BAD, COMPLEX],
        ),
    ]
}

fn depth() -> Vec<Attack> {
    let deep = |times| {
        format!(
            "query($x: [ID!]!) {{ nodes(ids: {}) {{ id }} }}",
            nested("[", "\"AQ\"", "]", times)
        )
    };
    vec![
        attack("deep selections", nested("{ a ", "{ b }", " }", 300), &[COMPLEX, BAD]),
        attack("deeper selections", nested("{ a ", "{ b }", " }", 60_000), &[COMPLEX, BAD]),
        attack(
            "deep introspection",
            format!(
                "{{ __type(name: \"Query\") {} }}",
                nested("{ fields { type ", "{ name }", " } }", 20)
            ),
            &[COMPLEX],
        ),
        attack(
            "introspection in a circle",
            format!(
                "{{ __schema {{ types {} }} }}",
                nested("{ fields { type ", "{ name }", " } }", 7)
            ),
            &[COMPLEX, FINE],
        ),
        attack("deep lists", deep(200), &[BAD, COMPLEX]),
        attack("deeper lists", deep(50_000), &[BAD, COMPLEX]),
        attack(
            "deep objects",
            format!(
                "{{ patient(identifier: {}) {{ id }} }}",
                nested("{ system: ", "\"a\"", " }", 500)
            ),
            &[BAD, COMPLEX],
        ),
        attack(
            "deep types",
            format!(
                "query($x: {}ID{}) {{ me {{ role }} }}",
                repeated("[", 900),
                repeated("]", 900)
            ),
            &[BAD, COMPLEX],
        ),
        (
            "deep variables".to_owned(),
            "query($of: IdentifierInput) { patient(identifier: $of) { id } }".to_owned(),
            json!({ "of": { "system": { "a": [[[[[[{}]]]]]] }, "value": "x" } }),
            &[BAD],
        ),
    ]
}

fn directives() -> Vec<Attack> {
    let directive = "@include(if: true) ";
    vec![
        attack(
            "many directives",
            format!("{{ me {{ role {} }} }}", repeated(directive, 150)),
            &[COMPLEX, BAD],
        ),
        attack(
            "many unknown directives",
            format!("{{ me {{ role {} }} }}", repeated("@a ", 500)),
            &[COMPLEX, BAD],
        ),
        attack(
            "directives on the operation",
            format!("query {} {{ me {{ role }} }}", repeated("@skip(if: false) ", 100)),
            &[COMPLEX, BAD],
        ),
        attack(
            "directives on a fragment",
            format!("{{ ...A }} fragment A on Query {} {{ __typename }}", repeated("@a ", 100)),
            &[COMPLEX, BAD],
        ),
        attack(
            "directives on variables",
            format!("query($a: Int {}) {{ me {{ role }} }}", repeated("@a ", 500)),
            &[COMPLEX, BAD],
        ),
    ]
}

fn text() -> Vec<Attack> {
    vec![
        attack("a flood of tokens", format!("{{ {} }}", repeated("a ", 100_000)), &[COMPLEX]),
        attack("a flood of brackets", repeated("{", 100_000), &[COMPLEX, BAD]),
        attack(
            "a flood of commas",
            format!("{{ me {{ role {} }} }}", repeated(",", 100_000)),
            &[FINE],
        ),
        attack(
            "a flood of comments",
            format!("{{ me {{ role }} }} {}", repeated("# no\n", 20_000)),
            &[FINE],
        ),
        attack("an unterminated string", "{ patients(search: \"abc", &[BAD]),
        attack("an unterminated block", "{ patients(search: \"\"\"abc", &[BAD]),
        attack("an escape at the end", "{ patients(search: \"abc\\", &[BAD]),
        attack("a wrong escape", "{ patients(search: \"\\u{110000}\") { nodes { id } } }", &[BAD]),
        attack(
            "half a character",
            "{ patients(search: \"\\uD800\") { nodes { id } } }",
            &[BAD, FINE],
        ),
        attack("a long name", format!("{{ {} }}", repeated("a", 200_000)), &[BAD]),
        attack(
            "a long string",
            format!("{{ patients(search: \"{}\") {{ nodes {{ id }} }} }}", repeated("a", 200_000)),
            &[BAD, FINE],
        ),
        attack(
            "many operations",
            numbered(400, |n| format!("query Q{n} {{ me {{ role }} }}")),
            &[COMPLEX, BAD],
        ),
        attack(
            "two operations of one name",
            "query A { me { role } } query A { me { role } }",
            &[BAD],
        ),
        attack(
            "many variables",
            format!("query({}) {{ me {{ role }} }}", numbered(600, |n| format!("$v{n}: Int"))),
            &[COMPLEX],
        ),
        attack("a subscription", "subscription { me { role } }", &[BAD]),
        attack("a definition of a type", "type A { a: Int }", &[BAD]),
        attack("nothing", "", &[BAD]),
        attack("blanks", " \n\t", &[BAD]),
        attack("nought", "\0", &[BAD]),
        attack("a byte order mark", "\u{feff}{ me { role } }", &[FINE, BAD]),
        attack(
            "a number without end",
            format!("{{ patients(first: {}) {{ nodes {{ id }} }} }}", repeated("9", 100_000)),
            &[BAD],
        ),
    ]
}
