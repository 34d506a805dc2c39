//! Every path of types from a root to a field, up to six fields deep, generated from the schema: for every role, the
//! verdict on a field is that of the matrix, whichever way leads to it.

#![expect(clippy::format_push_string, reason = "tests put texts together as one reads them")]

use std::collections::{BTreeMap, BTreeSet};

use caregraph::graphql::Engine;
use caregraph_sandbox::Role;
use serde_json::{Value, json};

use crate::answer::{Answer, text};
use crate::gateway::{TestGateway, run, shared};
use crate::matrix::Matrix;
use crate::paths::{THINGS, ids};
use crate::proof;
use crate::roles::{SEEING, ask_as, is_withheld};
use crate::sdl::Sdl;

/// How many fields a path has at most, the root among them.
const DEEPEST: usize = 6;

/// One field on a path: the type that holds it, and its name.
type Step = (String, String);

/// What one query selects, and every path in it.
struct Selected {
    text: String,
    paths: Vec<Vec<Step>>,
}

/// Everything below a type, so many fields deep. Fields that hold more than may be selected are selected by their type
/// alone.
fn below(sdl: &Sdl, of: &str, depth: usize) -> Selected {
    let mut found = Selected { text: "__typename ".to_owned(), paths: Vec::new() };
    for member in sdl.members(of) {
        let part = below(sdl, &member.name, depth);
        found.text += &format!("... on {} {{ {}}} ", member.name, part.text);
        found.paths.extend(part.paths);
    }
    for field in sdl.fields(of).iter().filter(|_| depth > 0) {
        let kind = field.type_name();
        let is_leaf = sdl.fields(kind).is_empty() && sdl.members(kind).is_empty();
        let part = below(sdl, kind, depth - 1);
        let page = field.arguments.iter().any(|(name, ..)| name == "first");
        found.text += &field.name;
        found.text += if page { "(first: 2) " } else { " " };
        if !is_leaf {
            found.text += &format!("{{ {}}} ", part.text);
        }
        let step = (of.to_owned(), field.name.clone());
        let longer = part.paths.into_iter().map(|path| [vec![step.clone()], path].concat());
        found.paths.extend(longer);
        found.paths.push(vec![step]);
    }
    found
}

/// A root that leads to a type: its text, the names on the way, and the fields that they cost.
struct Way {
    root: &'static str,
    before: String,
    after: &'static str,
    names: Vec<&'static str>,
    of: String,
}

fn ways(sdl: &Sdl) -> Vec<Way> {
    let way = |root, before: &str, after, names: &[&'static str], of: &str| Way {
        root,
        before: before.to_owned(),
        after,
        names: names.to_vec(),
        of: of.to_owned(),
    };
    let mut ways = vec![
        way("patient", "patient(id: $id) {", "}", &[], "Patient"),
        way("patients", "patients(first: 1) { nodes {", "} }", &["nodes"], "Patient"),
        way(
            "patients",
            "patients(first: 1) { edges { node {",
            "} } }",
            &["edges", "node"],
            "Patient",
        ),
    ];
    let nodes = sdl.types().filter(|(_, it)| it.implements.iter().any(|name| name == "Node"));
    for (of, _) in nodes {
        ways.push(way("node", &format!("node(id: $id) {{ ... on {of} {{"), "} }", &[], of));
        ways.push(way("nodes", &format!("nodes(ids: [$id]) {{ ... on {of} {{"), "} }", &[], of));
    }
    ways
}

/// An id of each type that has one.
async fn id_of_each(gateway: &TestGateway, patient: &str) -> BTreeMap<String, String> {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let things = THINGS.iter().map(|(_, kind)| (*kind).to_owned());
    known.extend(things.zip(ids(gateway, patient).await));
    known.insert("Patient".to_owned(), patient.to_owned());
    let query =
        "query($id: ID!) { patient(id: $id) { links { id } } sources { id connector { id } } }";
    let data = gateway.data(query, json!({ "id": patient })).await;
    known.insert("PatientLink".to_owned(), text(&data["patient"]["links"][0]["id"]));
    known.insert("Source".to_owned(), text(&data["sources"][0]["id"]));
    known.insert("Connector".to_owned(), text(&data["sources"][0]["connector"]["id"]));
    known
}

/// Follows a path through an answer; every value at its end must pass.
fn follow(value: &Value, path: &[Step], check: &mut impl FnMut(&Value)) {
    match (value, path) {
        (Value::Array(all), _) => all.iter().for_each(|item| follow(item, path, check)),
        (value, []) => check(value),
        (Value::Object(fields), [(of, name), rest @ ..]) => {
            // A member of a union that it is not.
            if fields.get("__typename").is_none_or(|known| known == of.as_str())
                && let Some(value) = fields.get(name)
            {
                match value {
                    Value::Array(all) if !rest.is_empty() => {
                        for item in all {
                            follow(item, rest, check);
                        }
                    }
                    value => follow_one(value, rest, check),
                }
            }
        }
        _ => {}
    }
}

fn follow_one(value: &Value, rest: &[Step], check: &mut impl FnMut(&Value)) {
    if rest.is_empty() { check(value) } else { follow(value, rest, check) }
}

/// True for what stands in the place of something hidden, whose type is no secret.
fn shows_nothing(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| *name != "__typename")
            .all(|(_, value)| shows_nothing(value)),
        value => is_withheld(value),
    }
}

/// What was found.
#[derive(Default)]
struct Held {
    paths: usize,
    verdicts: usize,
    shown: usize,
    wrong: Vec<String>,
    /// Classes to which a path led that showed something.
    classes: BTreeSet<String>,
}

struct Judge<'j> {
    matrix: &'j Matrix,
    classes: BTreeMap<String, String>,
}

impl Judge<'_> {
    /// The first field of a path that the role may not see.
    fn hidden_at(&self, role: Role, path: &[Step]) -> Option<usize> {
        path.iter().position(|(of, name)| !self.matrix.shows(role.as_str(), of, name))
    }

    fn judge(&self, role: Role, way: &Way, part: &Selected, answer: &Answer, held: &mut Held) {
        let json = answer.json();
        let mut places = vec![json["data"][way.root].clone()];
        for name in &way.names {
            places = places
                .iter()
                .flat_map(|place| match &place[*name] {
                    Value::Array(all) => all.clone(),
                    one => vec![one.clone()],
                })
                .collect();
        }
        let told: BTreeSet<String> = answer.redactions().into_iter().collect();
        let root = [&[way.root][..], &way.names].concat().join(".");
        for path in &part.paths {
            let hidden = self.hidden_at(role, path);
            let names = |path: &[Step]| {
                path.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(".")
            };
            let seen = hidden.map_or(&path[..], |place| &path[..=place]);
            let mut is_right = true;
            for place in &places {
                follow(place, seen, &mut |value| {
                    is_right &= hidden.is_none() || shows_nothing(value);
                    if hidden.is_none() && !shows_nothing(value) {
                        held.shown += 1;
                        let (of, name) = &path[path.len() - 1];
                        held.classes.extend(self.classes.get(&format!("{of}.{name}")).cloned());
                    }
                });
            }
            if hidden.is_some() && SEEING.contains(&role) && !json["data"][way.root].is_null() {
                // A thing of a section that is hidden is hidden as a whole, and is told so.
                is_right &=
                    told.contains(&format!("{root}.{}", names(seen))) || told.contains(way.root);
            }
            held.verdicts += 1;
            if !is_right {
                held.wrong.push(format!("{role}: {root}.{}", names(path)));
            }
        }
    }
}

#[test]
fn every_path_to_a_field_has_the_verdict_of_the_matrix_for_every_role() {
    run(async {
        let (gateway, sdl, matrix) = (shared().await, Sdl::ours(), Matrix::committed());
        let patient = gateway.patient(0).await;
        let known = id_of_each(gateway, &patient).await;
        let classes = Engine::classes().expect("every field has a class");
        let classes = classes.into_iter().map(|(field, class)| (field, class.name().to_owned()));
        let judge = Judge { matrix: &matrix, classes: classes.collect() };
        let mut held = Held::default();
        for way in ways(&sdl) {
            let Some(id) =
                known.get(&way.of).cloned().or_else(|| (way.root == "patients").then(String::new))
            else {
                continue;
            };
            let depth = DEEPEST - 1 - way.names.len();
            // One query for each field of the type: all together would be more than a request may select.
            for field in sdl.fields(&way.of) {
                let whole = below(&sdl, &way.of, depth);
                let part = only(&sdl, &way.of, &field.name, depth, whole);
                held.paths += part.paths.len();
                let variable = if way.root == "patients" { "" } else { "($id: ID!)" };
                let query =
                    format!("query{variable} {{ {} {} {} }}", way.before, part.text, way.after);
                for role in Role::ALL {
                    let answer = ask_as(gateway, role, &patient, &query, json!({ "id": id })).await;
                    assert!(answer.status.is_success(), "{role}: {query}: {}", answer.text);
                    let codes = answer.codes();
                    assert!(
                        codes.iter().all(|code| code == "NOT_FOUND"),
                        "{role}: {query}: {}",
                        answer.text
                    );
                    judge.judge(role, &way, &part, &answer, &mut held);
                }
            }
        }
        proof::tell(
            "paths",
            held.verdicts,
            &format!("verdicts on {} paths by {} roles", held.paths, Role::ALL.len()),
            held.wrong.len(),
        );
        proof::remark(&format!(
            "paths: {} values were shown, of the classes {:?}",
            held.shown, held.classes
        ));
        assert!(held.wrong.is_empty(), "{:#?}", &held.wrong[..held.wrong.len().min(20)]);
        assert!(held.shown > 10_000 && held.classes.len() > 15, "{} values", held.shown);
    });
}

/// The part of a selection below one field.
fn only(sdl: &Sdl, of: &str, name: &str, depth: usize, whole: Selected) -> Selected {
    let field = sdl.fields(of).iter().find(|field| field.name == name).expect("it is one of them");
    let kind = field.type_name();
    let is_leaf = sdl.fields(kind).is_empty() && sdl.members(kind).is_empty();
    let inner = below(sdl, kind, depth - 1).text;
    let page = field.arguments.iter().any(|(name, ..)| name == "first");
    let page = if page { "(first: 2)" } else { "" };
    let text = if is_leaf { name.to_owned() } else { format!("{name}{page} {{ {inner}}}") };
    let paths = whole.paths.into_iter().filter(|path| path[0].1 == name).collect();
    Selected { text: format!("__typename {text}"), paths }
}
