use super::*;
use crate::graphql::document::parse;

const SDL: &str = "
type Query { pet: Pet! dog(name: String!, first: Int = 20, of: [Kind!], filter: Filter): Dog things: [Thing!] }
interface Pet { name: String! }
type Dog implements Pet { name: String! barks(loud: Boolean): Boolean owner: Person }
type Cat implements Pet { name: String! meows: Boolean owner: Person barks: Int }
type Person { name: String! pets: [Pet!]! }
union Thing = Dog | Person
enum Kind { SMALL LARGE }
input Filter { name: String!, kinds: [Kind!]! = [], id: ID }
directive @include(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
directive @skip(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
schema { query: Query }
";

fn found(text: &str) -> Vec<String> {
    let types = Types::read(SDL).unwrap();
    let document = parse(text, 2_000).unwrap();
    faults(&types, &document).into_iter().map(|fault| fault.message).collect()
}

#[test]
fn sound_documents_pass() {
    for text in [
        "{ pet { name __typename ... on Dog { barks(loud: true) } ... on Cat { meows } } }",
        "query($n: String!, $k: [Kind!], $i: Int) { dog(name: $n, of: $k, first: $i) { name } }",
        "query($n: String = \"x\") { dog(name: $n) { ...F } } fragment F on Pet { name }",
        "{ dog(name: \"a\", of: SMALL, filter: {name: \"b\", id: 1}) { owner { name } owner { pets { name } } } }",
        "{ pet { ... on Dog { a: name } ... on Cat { a: name } } __schema { types { name } } __type(name: \"Q\") { name } }",
        "{ pet { ... on Dog { o: owner { n: name } } ... on Cat { o: owner { n: name } } } }",
        "{ things { ... on Dog { name } ... on Person { name } } }",
    ] {
        assert_eq!(found(text), [""; 0], "{text}");
    }
}

#[test]
fn every_rule_refuses() {
    for (text, message) in [
        ("{ cow }", "There is no such field on Query."),
        ("{ pet }", "This is of type Pet: say what you select of it."),
        ("{ pet { name { a } } }", "This is of type String, of which nothing can be selected."),
        ("{ dog { name } }", "The argument name is missing."),
        ("{ dog(name: \"a\", nam: 1) { name } }", "There is no such argument."),
        ("{ dog(name: \"a\", name: \"a\") { name } }", "An argument is given twice."),
        ("{ dog(name: 1) { name } }", "A value is not of type String!."),
        ("{ dog(name: \"a\", first: 2147483648) { name } }", "A value is not of type Int."),
        ("{ dog(name: \"a\", of: [TINY]) { name } }", "A value is not of type Kind!."),
        ("{ dog(name: \"a\", of: \"SMALL\") { name } }", "A value is not of type Kind!."),
        ("{ dog(name: \"a\", filter: {}) { name } }", "The field name of the input is missing."),
        ("{ dog(name: \"a\", filter: {name: \"b\", x: 1}) { name } }", "Filter has no such field."),
        ("{ pet { ... on Person { name } } }", "Nothing is both Pet and Person."),
        ("{ pet { ... on Cow { name } } }", "There is no such type."),
        ("{ pet { ... on Kind { name } } }", "Nothing can be selected of Kind."),
        ("{ pet { ...F } }", "There is no such fragment."),
        ("{ pet { name } } fragment F on Pet { name }", "A fragment is not used."),
        (
            "{ pet { ...F } } fragment F on Pet { ...G } fragment G on Pet { ...F }",
            "A fragment contains itself.",
        ),
        ("query($a: Int) { pet { name } }", "A variable is not used."),
        ("{ dog(name: $a) { name } }", "A variable is not declared by the operation."),
        (
            "query($a: String) { dog(name: $a) { name } }",
            "A variable of type String stands where String! belongs.",
        ),
        (
            "query($a: String!, $a: String!) { dog(name: $a) { name } }",
            "A variable is declared twice.",
        ),
        ("query($a: Pet) { dog(name: $a) { name } }", "A variable cannot be of type Pet."),
        ("query($a: Cow) { dog(name: $a) { name } }", "There is no such type."),
        ("query($a: String! = 1) { dog(name: $a) { name } }", "A value is not of type String!."),
        ("{ pet @nothing { name } }", "There is no such directive."),
        ("query @skip(if: true) { pet { name } }", "The directive @skip may not stand here."),
        (
            "{ pet { name @skip(if: true) @skip(if: true) } }",
            "The directive @skip stands here twice.",
        ),
        ("{ pet { name @skip } }", "The argument if is missing."),
        ("mutation { a }", "There are no mutations here."),
        ("subscription { a }", "There are no subscriptions here."),
    ] {
        assert!(found(text).iter().any(|fault| fault == message), "{text}: {:?}", found(text));
    }
}

#[test]
fn fields_under_one_name_must_mean_one_thing() {
    for text in [
        "{ pet { name: __typename name } }",
        "{ a: dog(name: \"a\") { name } a: dog(name: \"b\") { name } }",
        "{ pet { ... on Dog { x: barks } ... on Cat { x: barks } } }",
        "{ pet { ... on Dog { o: owner { n: name } } ... on Cat { o: owner { n: pets { name } } } } }",
        "{ pet { ...A ...B } } fragment A on Dog { owner { x: name } } fragment B on Dog { owner { x: __typename } }",
    ] {
        assert!(
            found(text)[0].starts_with("Fields stand under one name"),
            "{text}: {:?}",
            found(text)
        );
    }
}

#[test]
fn variables_are_read_as_their_types_and_no_value_is_repeated() {
    let types = Types::read(SDL).unwrap();
    let text = "query($i: Int, $d: ID!, $k: [Kind!], $f: Filter, $s: String = \"x\") { dog(name: $s) { name } }";
    let document = parse(text, 100).unwrap();
    let operation = &document.operations.iter().next().unwrap().1.node;
    let read = |json: serde_json::Value| {
        let serde_json::Value::Object(given) = json else { panic!("an object is needed") };
        coerce(&types, operation, given)
    };
    let sound =
        read(serde_json::json!({"i": 2.0, "d": 7, "k": "SMALL", "f": {"name": "n"}, "other": 1}))
            .unwrap();
    let shown = sound.to_string();
    assert_eq!(shown, "{d: \"7\", f: {name: \"n\"}, i: 2, k: [SMALL], s: \"x\"}");
    for wrong in [
        serde_json::json!({}),
        serde_json::json!({"d": null}),
        serde_json::json!({"d": "1", "i": 2.5}),
        serde_json::json!({"d": "1", "i": "canary"}),
        serde_json::json!({"d": "1", "i": 4_294_967_296_u64}),
        serde_json::json!({"d": 1.5}),
        serde_json::json!({"d": "1", "k": ["canary"]}),
        serde_json::json!({"d": "1", "k": [null]}),
        serde_json::json!({"d": "1", "f": {}}),
        serde_json::json!({"d": "1", "f": {"name": "n", "canary": 1}}),
        serde_json::json!({"d": "1", "f": "canary"}),
        serde_json::json!({"d": "1", "s": ["canary"]}),
    ] {
        let refused = read(wrong.clone()).unwrap_err();
        assert!(!refused.message.contains("canary"), "{}", refused.message);
        assert_eq!(refused.locations.len(), 1, "{wrong}");
    }
}
