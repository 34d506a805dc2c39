use async_graphql::parser::types::ExecutableDocument;
use async_graphql_value::Value;

use super::parse;

fn first_value(document: &ExecutableDocument) -> Value {
    use async_graphql::parser::types::Selection;
    let (_, operation) = document.operations.iter().next().unwrap();
    let Selection::Field(field) = &operation.node.selection_set.node.items[0].node else {
        panic!("no field")
    };
    field.node.arguments[0].1.node.clone()
}

#[test]
fn takes_what_the_specification_takes() {
    for text in [
        "{ a }",
        "\u{feff}{ a, b ,,, c }",
        "query A($x: Int = 1 @d(a: [1 {b: null}]), $y: [ [ID !] ]!) @q { a }",
        "\"what it is for\" query A { ...on T { a } ... on T { b } ... @d { c } ...F } fragment F on on { a }",
        "{ on: query(true: false, null: [nullable trueish]) }",
        "{ a(b: 1.5e+3, c: -0, d: 0.0) }",
        "subscription { fragment }",
        "{ a } # \u{7} and the end",
    ] {
        assert!(parse(text, 100).is_ok(), "{text}: {:?}", parse(text, 100));
    }
}

#[test]
fn refuses_what_the_specification_refuses() {
    for text in [
        "",
        "{",
        "{}",
        "{ a() }",
        "query () { a }",
        "queryA { a }b",
        "{ a(b: 01) }",
        "{ a(b: 1.) }",
        "{ a(b: 1x) }",
        "{ a(b: -) }",
        "{ a(b: .5) }",
        "{ a.. }",
        "{ a(b: \"\n\") }",
        "{ a(b: \"\\x\") }",
        "{ a(b: \"\\uD800\") }",
        "{ a(b: \"\\u{110000}\") }",
        "{ a(b: {c: 1 c: 2}) }",
        "{ a } { b }",
        "{ a } query B { b }",
        "query A { a } query A { b }",
        "fragment on on T { a }",
        "{ ... on }",
        "query($a: Int @d = 1) { a }",
        "query($a: Int = $b) { a }",
        "{ a \0 }",
        "{ a(b: $) }",
        "type A { a: Int }",
        "fragment F on T { a }",
        "{ a(b: 99999999999999999999) }",
        "fragment F on T { a } fragment F on T { a } { a }",
        "\"for what\" { a }",
        "{ a: }",
        "{ a(b: 1e999) }",
    ] {
        let refused = parse(text, 100);
        assert!(refused.is_err(), "{text}");
    }
}

#[test]
fn strings_mean_what_they_mean() {
    for (written, meant) in [
        (r#""""#, ""),
        (r#""a\n\"\\\/\u0041\u{1F600}\uD83D\uDE00é""#, "a\n\"\\/A😀😀é"),
        ("\"\"\"\n    a\n      b \\\"\"\"\n\n  \"\"\"", "a\n  b \"\"\""),
        ("\"\"\"one\r\n  two\"\"\"", "one\ntwo"),
        ("\"\"\" \"\"\"", ""),
    ] {
        let document = parse(&format!("{{ a(b: {written}) }}"), 100).unwrap();
        assert_eq!(first_value(&document), Value::String(meant.to_owned()), "{written}");
    }
}

#[test]
fn errors_tell_the_place_and_nothing_of_the_document() {
    let refused = parse("{ a\r\n  b\n c(birthDate: \"1962-03-04\" ?) }", 100).unwrap_err();
    assert_eq!((refused.locations[0].line, refused.locations[0].column), (3, 28));
    assert_eq!(refused.message, "The document cannot be read: a character has no meaning here.");
}

#[test]
fn stops_at_the_first_token_or_level_too_many() {
    let refused = |text: &str| parse(text, 10).unwrap_err().message;
    assert_eq!(
        refused("{ a b c d e f g h i j"),
        "The query has more than 10 tokens; at most 10 are allowed."
    );
    let deep = "{ a ".repeat(70);
    assert!(parse(&deep, 1_000).unwrap_err().message.contains("deeper than 64"));
    let deep = format!("{{ a(b: {}", "[".repeat(100_000));
    assert!(parse(&deep, 200_000).unwrap_err().message.contains("deeper than 64"));
}
