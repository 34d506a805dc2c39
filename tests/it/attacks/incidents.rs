//! Attacks that brought other GraphQL servers down or past their limits, each named after what happened.

use serde_json::json;

use super::{Attack, BAD, COMPLEX, attack, bomb, nested, numbered, repeated};

/// All of them.
pub(super) fn incidents() -> Vec<Attack> {
    let mut all = limiters();
    all.extend(cops());
    all.extend(unicode());
    all.push((
        "deep variables of many levels".to_owned(),
        "query($of: IdentifierInput) { patient(identifier: $of) { id } }".to_owned(),
        json!({ "of": { "system": "s", "value": "v", "more": { "a": [[[[[[[[[[1]]]]]]]]]] } } }),
        &[BAD],
    ));
    all
}

/// Limiters that were the bug.
fn limiters() -> Vec<Attack> {
    vec![
        attack(
            "fragments named as introspection is (GHSA-224p)",
            bomb(31).replace("F0", "__schema").replace("F1 ", "__typename1 "),
            &[COMPLEX, BAD],
        ),
        attack("fragments that overflow a counter (CVE-2022-21708)", bomb(64), &[COMPLEX]),
        attack(
            "a fragment that is measured where it is shallow and used where it is deep",
            format!(
                "{{ ...A {} }} fragment A on Query {{ me {{ role }} }}",
                nested(
                    "patients { nodes { careTeam { nodes { provenance { records { source { ",
                    "...A",
                    " } } } } } } }",
                    3
                )
            ),
            &[COMPLEX, BAD],
        ),
        attack(
            "named fragments again and again (CVE-2025-32032)",
            format!(
                "{{ {} }} {}",
                numbered(30, |n| format!("...F{n}")),
                numbered(30, |n| {
                    let later = (n + 1)..30;
                    let spreads: Vec<String> = later.map(|m| format!("...F{m}")).collect();
                    format!("fragment F{n} on Query {{ __typename {} }}", spreads.join(" "))
                })
            ),
            &[COMPLEX],
        ),
        attack(
            "nested fragments that exhaust the stack (RUSTSEC-2022-0037)",
            format!(
                "{{ ...F0 }} {} fragment F150 on Query {{ __typename }}",
                numbered(150, |n| format!("fragment F{n} on Query {{ ... {{ ...F{} }} }}", n + 1))
            ),
            &[COMPLEX, BAD],
        ),
        attack(
            "directives on an inline fragment (GHSA-5gc2)",
            format!("{{ ... {} {{ __typename }} }}", repeated("@include(if: true) ", 200)),
            &[COMPLEX],
        ),
        attack(
            "directives through a fragment",
            format!(
                "{{ {} }} fragment A on Query {{ a: __typename @skip(if: false) }}",
                repeated("...A ", 40)
            ),
            &[COMPLEX],
        ),
        attack(
            "fields that could be compared pair by pair (CVE-2023-28867)",
            format!("{{ me {{ {} }} }}", numbered(300, |n| format!("x{} : role", n % 3))),
            &[COMPLEX],
        ),
    ]
}

/// What graphql-cop tries.
fn cops() -> Vec<Attack> {
    vec![
        attack(
            "101 aliases",
            format!("{{ {} }}", numbered(101, |n| format!("alias{n}: __typename"))),
            &[COMPLEX],
        ),
        attack(
            "10 directives that nobody knows",
            format!("{{ __typename {} }}", repeated("@aa", 10)),
            &[BAD],
        ),
        attack(
            "introspection in a circle of 10 levels",
            format!(
                "{{ __schema {{ types {} }} }}",
                nested("{ fields { type ", "{ name }", " } }", 10)
            ),
            &[COMPLEX],
        ),
        attack(
            "wide introspection in a circle",
            format!(
                "{{ __schema {{ types {} }} }}",
                nested(
                    "{ fields(includeDeprecated: true) { args { type { name } } type ",
                    "{ name }",
                    " } }",
                    6
                )
            ),
            &[COMPLEX, BAD],
        ),
        attack(
            "possible types in a circle",
            format!(
                "{{ __schema {{ types {} }} }}",
                nested("{ possibleTypes { interfaces ", "{ name }", " } }", 10)
            ),
            &[COMPLEX],
        ),
        attack("a near miss of a name", "{ patiants { totalCount } }", &[BAD]),
        attack(
            "many near misses",
            format!("{{ {} }}", numbered(9, |n| format!("patient{n}"))),
            &[BAD],
        ),
        attack(
            "an operation of each kind",
            "query A { me { role } } mutation B { a } subscription C { a }",
            &[BAD],
        ),
    ]
}

/// What looks like something else.
fn unicode() -> Vec<Attack> {
    vec![
        attack("a name with a letter of another script", "{ m\u{435} { role } }", &[BAD]),
        attack("a space that is none", "{\u{a0}me { role } }", &[BAD]),
        attack("a bracket that is none", "\u{ff5b} me { role } }", &[BAD]),
        attack("text from right to left", "{ me { \u{202e}elor } }", &[BAD]),
        attack("the end of a line that is none", "{ me # \u{2028} { role } }", &[BAD]),
        attack("a joined name", "{ m\u{200d}e { role } }", &[BAD]),
    ]
}
