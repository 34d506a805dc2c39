//! Paths as the specification has them (RFC 9535), and what they cost.

use super::super::json;
use super::*;

fn found(path: &str, text: &str) -> Vec<String> {
    let root = json::read(text).unwrap();
    let budget = Budget::default();
    let walk = Walk { root: &root, budget: &budget };
    let path = Path::compile(path).unwrap_or_else(|flaw| panic!("{path}: {flaw:?}"));
    let found = walk.all(&path, &root).unwrap();
    let one = walk.one(&path, &root).unwrap();
    assert_eq!(one, found.first().copied());
    found.iter().map(|node| shown(node)).collect()
}

fn shown(node: &Node<'_>) -> String {
    match node {
        Node::Null => "null".to_owned(),
        Node::Bool(value) => value.to_string(),
        Node::Number(digits) => (*digits).to_owned(),
        Node::Text(text) => format!("{text:?}"),
        Node::List(items) => format!("[{}]", items.len()),
        Node::Fields(fields) => format!("{{{}}}", fields.len()),
    }
}

const SHOP: &str = r#"{"a": [3, 5, 1, 2, 4, 6, {"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}],
    "o": {"p": 1, "q": 2, "r": 3, "s": 5, "t": {"u": 6}}, "e": "f", "j j": {"k.k": 3}, "n": null}"#;

#[test]
fn paths_lead_where_the_specification_says() {
    for (path, expected) in [
        ("$", "{5}"),
        ("$.e", "\"f\""),
        ("$['j j']['k.k']", "3"),
        ("$.a[0]", "3"),
        ("$.a[-1].b", "\"kilo\""),
        ("$.a[10]", ""),
        ("$.e.x", ""),
        ("$.n", "null"),
        ("$.n.x", ""),
        ("$.a[1:3]", "5 1"),
        ("$.a[5:]", "6 {1} {1} {1} {1}"),
        ("$.a[1:5:2]", "5 2"),
        ("$.a[5:1:-2]", "6 2"),
        ("$.a[::-1]", "{1} {1} {1} {1} 6 4 2 1 5 3"),
        ("$.a[0, 0, 'x']", "3 3"),
        ("$.a[?@.b == 'kilo']", "{1}"),
        ("$.a[?@ > 3.5]", "5 4 6"),
        ("$.a[?@.b]", "{1} {1} {1} {1}"),
        ("$.a[?@ < 2 || @.b == \"k\"]", "1 {1}"),
        ("$.a[?match(@.b, '[jk]')]", "{1} {1}"),
        ("$.a[?search(@.b, '[jk]')]", "{1} {1} {1}"),
        ("$.a[?!@.b && @ != 5]", "3 1 2 4 6"),
        ("$.o[?@ > 1 && @ < 4]", "2 3"),
        ("$.o[?@.u || @.x]", "{1}"),
        ("$.a[?@.b == $.x]", "3 5 1 2 4 6"),
        ("$.a[?length(@.b) == 4]", "{1}"),
        ("$[?count(@.*) == 5]", "{5}"),
        ("$..u", "6"),
        ("$..b", "\"j\" \"k\" {0} \"kilo\""),
        ("$.a[?value(@.b) == 'j']", "{1}"),
        ("$[?@ == null]", "null"),
        ("$[ 'j j' ] [\"k.k\"]", "3"),
        ("$.a[ ? @.b  ==  'j'  &&  @.b != 'j k' ]", "{1}"),
        ("$[?(@ == 'f')]", "\"f\""),
    ] {
        assert_eq!(found(path, SHOP).join(" "), expected, "{path}");
    }
}

#[test]
fn conditions_are_filters_on_the_value_itself() {
    let root = json::read(r#"{"status": "ok", "list": [1], "code": 0.0}"#).unwrap();
    let budget = Budget::default();
    let walk = Walk { root: &root, budget: &budget };
    for (condition, expected) in [
        ("@.status == \"ok\"", true),
        ("@.status != 'ok'", false),
        ("@.list[0] == 1 && @.code == 0", true),
        ("!@.error", true),
        ("$.status == 'ok'", true),
        ("count(@.list[*]) >= 2", false),
    ] {
        let compiled = Condition::compile(condition).unwrap_or_else(|it| panic!("{it:?}"));
        assert_eq!(walk.holds(&compiled, &root), Ok(expected), "{condition}");
    }
    assert!(Condition::compile("@.a]['b'").is_err());
}

#[test]
fn the_root_within_a_filter_is_what_the_path_starts_from() {
    let root = json::read(r#"{"k": 1, "item": {"k": 2, "list": [1, 2]}}"#).unwrap();
    let budget = Budget::default();
    let walk = Walk { root: &root, budget: &budget };
    let path = Path::compile("$.list[?@ == $.k]").unwrap();
    let item = root.member("item").unwrap();
    assert_eq!(walk.all(&path, item).unwrap(), [&Node::Number("2")]);
    let condition = Condition::compile("$.k == 2 && @.k == 2").unwrap();
    assert_eq!(walk.holds(&condition, item), Ok(true));
}

#[test]
fn what_costs_too_much_or_means_nothing_is_refused() {
    for (path, part) in [
        ("a.b", "begins with `$`"),
        ("$.a[", "from character 5 on"),
        ("$.a b", "without quotes"),
        ("$[?@.a b == 1]", "without quotes"),
        ("$.a[?@.b=]", "cannot be read"),
        ("$..a..b", "twice"),
        ("$[?@..b]", "within a filter"),
        ("$[?length(@.a)]", "no test"),
        ("$[?match(@.a, @.b)]", "written out"),
        ("$[?match(@.a, '(?i)x')]", "MAPPING_LIMIT"),
        ("$[?match(@.a, '\\\\p{L}{1000}{1000}')]", "MAPPING_LIMIT"),
        ("$[?match(@.a, '((((a{9}){9}){9}){9}){9}')]", "MAPPING_LIMIT"),
        ("$[?length(length(length(length(length(length(length(@)))))))==1]", "MAPPING_LIMIT"),
        ("$[?@[?@[?@[?@[?@[?@[?@.a]]]]]]]", "MAPPING_LIMIT"),
        (&format!("${}", "['a']".repeat(200)), "MAPPING_LIMIT"),
        (&format!("$[?{}@{}]", "(".repeat(50), ")".repeat(50)), "MAPPING_LIMIT"),
    ] {
        let flaw = Path::compile(path).unwrap_err();
        assert!(flaw.0.contains(part), "{path}: {flaw:?}");
    }
}

#[test]
fn every_step_is_counted_and_the_budget_ends() {
    let text = format!("[{}]", vec!["[1,2,3,4,5,6,7,8,9]"; 1_000].join(","));
    let root = json::read(&text).unwrap();
    let budget = Budget::default();
    let walk = Walk { root: &root, budget: &budget };
    let path = Path::compile("$[*][*]").unwrap();
    assert_eq!(walk.all(&path, &root).unwrap().len(), 9_000);
    assert!((9_000..30_000).contains(&budget.taken()), "{}", budget.taken());
    // All values for each value: 81 million comparisons if nobody counted.
    let product = Path::compile("$[*][?count($[*][*]) == 1]").unwrap();
    assert_eq!(walk.all(&product, &root), Err(Spent));
    assert_eq!(budget.taken(), STEPS);
}
