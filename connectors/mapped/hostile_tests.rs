//! Manifests that want to do harm: by what they cost, by whom they call, by what they hide. Each is refused with a clear word,
//! or its work is counted and ends.

use hyper::header::HeaderMap;

use super::node::Node;
use super::plan::Plan;
use super::rule::{Around, Stop};
use super::walk::{Budget, STEPS, Walk};
use super::{json, sheet, xml};
use crate::connector::Problem;
use crate::manifest;

/// A manifest with other words in the place of some.
fn manifest(changes: &[(&str, &str)]) -> String {
    let plain = r#"
mapping = 1
[roster]
get = "members"
items = "$.members[*]"
id = "$.no"
fields = { names = ["$.name"] }
[[fetch]]
section = "CONDITIONS"
get = "members/{patient}/problems"
items = "$.items[*]"
subject = "$.member"
reference = "$.no"
fields = { code = "$.name" }
"#;
    changes.iter().fold(plain.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

fn mistakes(text: &str) -> String {
    let all = match manifest::read(text) {
        Err((_, mistake)) => vec![mistake],
        Ok(table) => Plan::read(&table).err().unwrap_or_default(),
    };
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// What its fields make of each item of an answer, and how many steps that takes.
fn run(field: &str, answer: &str) -> (Result<usize, Problem>, u32) {
    let text = manifest(&[("code = \"$.name\"", &format!("code = {field}"))]);
    let plan = Plan::read(&manifest::read(&text).unwrap());
    let plan = plan.unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    let root = json::read(answer).unwrap();
    let budget = Budget::default();
    let (walk, headers) = (Walk { root: &root, budget: &budget }, HeaderMap::new());
    let mut made = 0;
    for item in root.member("items").unwrap().children() {
        match plan.fetches[0].fields.make(Around { walk, headers: &headers, item, here: item }) {
            Ok(_) => made += 1,
            Err(Stop::Spent) => return (Err(Problem::TooMuch), budget.taken()),
            Err(Stop::Unfit(_)) => {}
        }
    }
    (Ok(made), budget.taken())
}

#[test]
fn a_plain_manifest_has_no_mistakes() {
    assert_eq!(mistakes(&manifest(&[])), "");
}

#[test]
fn manifests_that_blow_up_are_refused() {
    let field = |rule: String| manifest(&[("code = \"$.name\"", &format!("code = {rule}"))]);
    let nested = |open: &str, close: &str| {
        field(format!("{{ text = {}\"$.a\"{} }}", open.repeat(20), close.repeat(20)))
    };
    let rows = (0..5_000).map(|n| format!("k{n} = \"v\", ")).collect::<Vec<_>>().concat();
    let many =
        (0..3_000).map(|n| format!("{{ text = \"$.a{n}\" }}, ")).collect::<Vec<_>>().concat();
    let blocks = manifest(&[]).split("[[fetch]]").nth(1).unwrap().to_owned();
    let cases = [
        field(format!("\"${}\"", "['a']".repeat(200))),
        field(format!("\"$[?{}@{}]\"", "(".repeat(99), ")".repeat(99))),
        field("\"$[?@[?@[?@[?@[?@[?@[?@.a]]]]]]]\"".to_owned()),
        field("\"$[?length(length(length(length(length(length(length(@)))))))==1]\"".to_owned()),
        field("\"$[?match(@.a, '((((a{9}){9}){9}){9}){9}')]\"".to_owned()),
        field(r#"'$[?match(@.a, "\\p{L}{500}{500}")]'"#.to_owned()),
        field(format!("\"$[?search(@.a, '{}')]\"", "a|".repeat(100))),
        field("\"$[?match(@.a, '(?i)a')]\"".to_owned()),
        field(format!("{{ path = \"$.a\", table = {{ {rows} }} }}")),
        field(format!("{{ join = [{}] }}", "\"$.a\", ".repeat(1_000))),
        nested("{ join = [", "] }"),
        nested("{ first = [", "] }"),
        manifest(&[(
            "fields = { code = \"$.name\" }",
            &format!("fields = {{ code = \"$.a\", categories = [{many}] }}"),
        )]),
        manifest(&[]) + &format!("[[fetch]]{blocks}").repeat(100),
        manifest(&[(
            "reference = \"$.no\"",
            &format!("reference = \"$.no\"\nnone_when = [{}]", "404, ".repeat(99)),
        )]),
        manifest(&[(
            "reference = \"$.no\"",
            &format!("reference = \"$.no\"\nsuccess = '{}@.a'", "!".repeat(600)),
        )]),
        manifest(&[("get = \"members\"", &format!("get = \"{}\"", "a/".repeat(2_000)))]),
        manifest(&[("get = \"members\"", &format!("get = \"members\"\nquery = {{ {rows} }}"))]),
        field(format!("{{ const = \"{}\" }}", "x".repeat(300_000))),
        format!("{{\"mapping\": \"{}\"}}", "x".repeat(300_000)),
    ];
    for case in cases {
        let said = mistakes(&case);
        assert!(said.contains("MAPPING_LIMIT"), "{said:.300}\n{case:.600}");
    }
}

#[test]
fn manifests_that_search_everything_again_and_again_are_refused() {
    for (from, to) in [
        ("code = \"$.name\"", "code = \"$..a..b\""),
        ("code = \"$.name\"", "code = \"$[?@..a]\""),
        ("code = \"$.name\"", "code = { answer = \"$..a\" }"),
        ("items = \"$.items[*]\"", "items = \"$..item\""),
    ] {
        assert!(mistakes(&manifest(&[(from, to)])).contains("`..`"), "{to}");
    }
}

#[test]
fn manifests_that_nest_without_end_are_no_manifests() {
    for text in [
        format!("a = {}", "[".repeat(100_000)),
        format!("a{} = 1", ".a".repeat(100_000)),
        format!("{{\"a\": {}", "[".repeat(100_000)),
        "[".repeat(100_000),
    ] {
        assert!(!mistakes(&text).is_empty(), "{text:.20}");
    }
}

#[test]
fn manifests_that_call_somebody_else_or_hide_something_are_refused() {
    for (from, to, part) in [
        ("get = \"members\"", "get = \"//other.example/x\"", "below base_url"),
        ("get = \"members\"", "get = \"http://other.example/x\"", "below base_url"),
        ("get = \"members\"", "get = \"../../admin\"", "no `.`"),
        ("get = \"members\"", "get = \"%2e%2e/admin\"", "no `.`"),
        (
            "get = \"members\"",
            "get = \"members\"\nheaders = { Host = \"x\" }",
            "not for a manifest",
        ),
        (
            "get = \"members\"",
            "get = \"members\"\nheaders = { X = \"a\\r\\nb: c\" }",
            "line breaks",
        ),
        ("get = \"members\"", "get = \"members/{patient}\"", "nobody in particular"),
        ("subject = \"$.member\"\n", "", "subject: is missing"),
        ("subject = \"$.member\"", "subject = { const = \"1\" }", "must come from the answer"),
        ("reference = \"$.no\"", "reference = { const = \"1\" }", "must come from the answer"),
        (
            "problems\"",
            "problems\"\nlabels = [{ code = { path = \"$.l\", optional = true } }]",
            "a label cannot be left out",
        ),
        (
            "problems\"",
            "problems\"\nlabels = [{ code = { path = \"$.l\", none = [\"SUD\"] } }]",
            "a label cannot be left out",
        ),
        (
            "problems\"",
            "problems\"\npaging = { style = \"page\", max_pages = 1000000000 }",
            "from 1 to 1000",
        ),
        ("problems\"", "problems\"\npatients_per_ask = 1000", "from 1 to 100"),
    ] {
        let said = mistakes(&manifest(&[(from, to)]));
        assert!(said.contains(part), "{to}: {said}");
    }
}

#[test]
fn what_runs_is_counted_and_ends() {
    let wide = |count: usize| {
        let item =
            r#"{"a": [1,2,3,4,5,6,7,8,9], "t": "x,y", "s": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"}"#;
        format!("{{\"items\": [{}]}}", vec![item; count].join(","))
    };
    let deep = format!("{{\"items\": [{}{}{}]}}", "[".repeat(60), "1", "]".repeat(60));
    let text = |length: usize| format!("{{\"items\": [{{\"t\": \"{}\"}}]}}", ",".repeat(length));
    for (field, answer) in [
        // Everything for each of everything.
        ("{ text = { answer = \"$.items[?count($.items[*].a[*]) == 1].s\" } }", wide(1_000)),
        (
            "{ text = { answer = \"$.items[?count($.items[?count($.items[*]) == 0]) == 1].s\" } }",
            wide(300),
        ),
        ("{ text = { join = [{ answer = \"$.items[*].a[*]\" }] } }", wide(2_000)),
        ("{ codings = { each = { answer = \"$.items[*]\" }, code = \"$.s\" } }", wide(5_000)),
        // The same place over and over.
        (&format!("\"$.a{}\"", "[0,0,0,0,0]".repeat(40)), wide(10)),
        (&format!("\"${}\"", "[*,*,*]".repeat(60)), deep.clone()),
        // A text that is made longer and longer.
        (
            "{ codings = [{ code = \"$.t\" }], text = { join = [\"$.t\", \"$.t\", \"$.t\", \"$.t\"] } }",
            text(4_000_000),
        ),
    ] {
        let (_, steps) = run(field, &answer);
        assert!(steps <= STEPS, "{field}: {steps}");
    }
    for (field, answer) in [
        ("{ text = { answer = \"$.items[?count($.items[*].a[*]) == 1].s\" } }", wide(1_000)),
        ("{ codings = { each = { answer = \"$.items[*]\" }, code = \"$.s\" } }", wide(5_000)),
        ("{ text = { join = [\"$.t\", \"$.t\", \"$.t\", \"$.t\"] } }", text(4_500_000)),
    ] {
        assert_eq!(run(field, &answer).0, Err(Problem::TooMuch), "{field}");
    }
    let list = "\"$.t\", categories = { path = \"$.t\", split = \",\" }";
    let parts = |count| format!("{{\"items\": [{{\"t\": \"{}\"}}]}}", "x,".repeat(count));
    assert_eq!(run(list, &parts(900)).0, Ok(1));
    assert_eq!(run(list, &parts(1_100)).0, Err(Problem::TooMuch));
    // A pattern that others take for ever with takes a step for each letter.
    let (made, steps) = run("\"$[?match(@, '(a*)*c')]\"", &wide(1_000));
    assert_eq!(made, Ok(1_000));
    assert!(steps < 200_000, "{steps}");
    // A slice that never moves, or begins beyond all numbers.
    for slice in
        ["::0", "9007199254740991:", ":-9007199254740991:-1", "0:9007199254740991:9007199254740991"]
    {
        let (_, steps) = run(&format!("\"$.a[{slice}]\""), &wide(10));
        assert!(steps < 1_000, "{slice}: {steps}");
    }
}

#[test]
fn hostile_answers_are_bounded_whatever_their_format() {
    let rows = format!("a,b\n{}", "1,2\n".repeat(400_000));
    assert_eq!(sheet::Sheet::default().decode(&rows), Err(Problem::TooMuch));
    let elements = format!("<a>{}</a>", "<b/>".repeat(600_000));
    assert!(matches!(
        xml::Xml::default().decode(&elements),
        Err(Problem::TooMuch | Problem::Garbled)
    ));
    let bomb = "<!DOCTYPE a [<!ENTITY x \"xxxxxxxx\"><!ENTITY y \"&x;&x;&x;&x;\">]><a>&y;</a>";
    assert_eq!(xml::Xml::default().decode(bomb), Err(Problem::Garbled));
    let attributes = (0..200_000).map(|n| format!(" a{n}='1'")).collect::<Vec<_>>().concat();
    assert!(xml::Xml::default().decode(&format!("<a{attributes}/>")).is_ok());
    let keys = (0..400_000).map(|n| format!("\"k{n}\":1,")).collect::<Vec<_>>().concat();
    let text = format!("{{{keys}\"z\": 1}}");
    let node = json::read(&text).unwrap();
    assert!(matches!(&node, Node::Fields(fields) if fields.len() == 400_001));
}
