//! Twins that are worth a name of their own, and what hidden records cost in time.

use std::time::{Duration, Instant};

use caregraph_sandbox::Role;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::asker::Asker;
use super::chart::{Person, Piece};
use super::server::Mood;
use super::world::World;
use super::{LISTS, same};
use crate::answer::items;
use crate::gateway::run;
use crate::proof;

/// Somebody with a chart at one source: so many conditions that are hidden from coordinators, on side A alone.
fn person(hidden: usize, deceased: bool) -> Person {
    let mut random = StdRng::seed_from_u64(4);
    let mut person = Person::known_to(&mut random, Role::Coordinator, 0, &[0]);
    for side in &mut person.pieces[0].sides {
        side.as_mut().expect("the patient is on both sides")["deceasedBoolean"] = json!(deceased);
    }
    let owner = person.pieces[0].owner.clone();
    let conditions = (0..hidden).map(|number| {
        let condition = json!({
            "resourceType": "Condition", "id": format!("hidden-{number}"), "recordedDate": "2024-03-01",
            "subject": { "reference": format!("Patient/{owner}") }, "meta": { "security": [{ "code": "ETH" }] },
            "code": { "coding": [{ "system": "http://snomed.info/sct", "code": format!("9{number:06}") }] },
        });
        Piece { source: 0, kind: "Condition", owner: owner.clone(), sides: [Some(condition), None] }
    });
    person.pieces.extend(conditions);
    person
}

/// Asks both sides as a coordinator, who must see the same.
async fn same_on_both(world: &World, query: &str) -> Value {
    same_to(Role::Coordinator, world, query).await
}

/// Asks both sides about the first person in a role that must see the same.
pub(super) async fn same_to(role: Role, world: &World, query: &str) -> Value {
    let asker = Asker { world, role, bound: 0, headers: Vec::new() };
    let ids = [0, 1].map(|side| json!({ "id": world.sides[side].patients[0] }));
    let answers = asker.ask(query, [&ids[0], &ids[1]]).await;
    let [a, b] = [0, 1].map(|at| same::whole(&answers[at], &world.sides[at].names));
    assert_eq!(a, b, "{role}");
    answers[0].json()
}

#[test]
fn an_empty_chart_and_a_wholly_hidden_one_are_the_same() {
    run(async {
        let world = World::of(Role::Coordinator, vec![person(40, false)]).await;
        let lists: String = LISTS
            .iter()
            .map(|list| format!("{list} {{ totalCount nodes {{ id }} completeness {{ state }} }} "))
            .collect();
        let query = format!(
            "query($id: ID!) {{ patient(id: $id) {{ {lists} sources {{ state message withdrawn }} }} }}"
        );
        let json = same_on_both(&world, &query).await;
        assert_eq!(json["data"]["patient"]["conditions"]["totalCount"], json!(0));
        world.stop().await;
    });
}

#[test]
fn of_five_hundred_hidden_records_the_first_page_is_empty_and_the_last() {
    run(async {
        let world = World::of(Role::Coordinator, vec![person(500, false)]).await;
        let query = "query($id: ID!) { patient(id: $id) { conditions(first: 5) { nodes { id } totalCount pageInfo { hasNextPage endCursor } } } }";
        let json = same_on_both(&world, query).await;
        let list = &json["data"]["patient"]["conditions"];
        assert!(items(&list["nodes"]).is_empty() && list["totalCount"] == json!(0));
        assert_eq!(list["pageInfo"], json!({ "hasNextPage": false, "endCursor": null }));
        world.stop().await;
    });
}

#[test]
fn what_is_hidden_of_the_dead_stays_hidden() {
    run(async {
        let world = World::of(Role::Coordinator, vec![person(3, true)]).await;
        let query = "query($id: ID!) { patient(id: $id) { isDeceased conditions { totalCount nodes { id } } } }";
        let json = same_on_both(&world, query).await;
        assert_eq!(json["data"]["patient"]["isDeceased"], json!(true));
        world.stop().await;
    });
}

#[test]
fn aliases_and_conditions_open_no_masked_field() {
    run(async {
        let world = World::of(Role::Coordinator, vec![person(1, false)]).await;
        let aliases: String =
            (0..25).map(|at| format!("a{at}: identifiers {{ value }} ")).collect();
        let query = format!("query($id: ID!) {{ patient(id: $id) {{ {aliases} }} }}");
        let json = same_on_both(&world, &query).await;
        let patient = json["data"]["patient"].as_object().expect("the patient is shown");
        assert!(patient.len() == 25 && patient.values().all(Value::is_null), "{json}");
        assert_eq!(items(&json["extensions"]["access"]["redactions"]).len(), 1);
        for (condition, is_there) in [
            ("@include(if: true)", true),
            ("@skip(if: true)", false),
            ("@include(if: false)", false),
        ] {
            let query = format!(
                "query($id: ID!) {{ patient(id: $id) {{ id identifiers {condition} {{ value }} }} }}"
            );
            let json = same_on_both(&world, &query).await;
            let patient = json["data"]["patient"].as_object().expect("the patient is shown");
            assert_eq!(patient.contains_key("identifiers"), is_there, "{condition}");
            assert!(patient.get("identifiers").is_none_or(Value::is_null), "{condition}");
            assert_eq!(
                items(&json["extensions"]["access"]["redactions"]).len(),
                usize::from(is_there)
            );
        }
        world.stop().await;
    });
}

#[test]
fn an_identifier_that_only_a_closed_source_knows_finds_nobody() {
    run(async {
        let mut random = StdRng::seed_from_u64(5);
        let role = Role::Coordinator;
        let mut both = Person::known_to(&mut random, role, 0, &[0, 3]);
        let mut open = Person::known_to(&mut random, role, 1, &[0]);
        let closed = Person::known_to(&mut random, role, 2, &[3]);
        // An open source and the closed one gave the same number to two people, who are not one.
        let number = json!({ "system": "urn:shared", "value": "s-1" });
        for (person, source) in [(&mut open, 0), (&mut both, 3)] {
            let pieces = person.pieces.iter_mut().filter(|piece| piece.source == source);
            for side in pieces.flat_map(|piece| &mut piece.sides).flatten() {
                side["identifier"].as_array_mut().expect("there are some").push(number.clone());
            }
        }
        let world = World::of(role, vec![both, open, closed]).await;
        let ask = |system: &str, value: &str| {
            format!(
                "query($id: ID!) {{ node(id: $id) {{ id }} patient(identifier: {{ system: {system:?}, value: {value:?} }}) {{ id links {{ basis linkedAt }} }} }}"
            )
        };
        for (system, value) in
            [("urn:delta:mrn", "delta-0"), ("urn:delta:mrn", "delta-2"), ("urn:nowhere", "0")]
        {
            let json = same_on_both(&world, &ask(system, value)).await;
            assert_eq!(json["errors"][0]["extensions"]["code"], json!("NOT_FOUND"), "{value}");
        }
        let json = same_on_both(&world, &ask("urn:shared", "s-1")).await;
        assert!(json["errors"].is_null(), "{json}");
        let json = same_on_both(&world, &ask("urn:alpha:mrn", "alpha-0")).await;
        let links = &json["data"]["patient"]["links"];
        assert_eq!(
            links,
            &json!([{ "basis": "This is the only record of the person.", "linkedAt": null }])
        );
        world.stop().await;
    });
}

#[test]
fn what_fails_in_a_masked_section_never_shows() {
    run(async {
        let role = Role::Pharmacist;
        let mut random = StdRng::seed_from_u64(6);
        let person = Person::known_to(&mut random, role, 0, &[0]);
        let world = World::of(role, vec![person]).await;
        world.sides[0].set_mood(0, Mood::Dead);
        let query = "query($id: ID!) { patient(id: $id) { procedures { nodes { id } totalCount completeness { state sources { state message } } } } node(id: $id) { ... on Patient { documents { completeness { state } } } } }";
        let asker = Asker { world: &world, role, bound: 0, headers: Vec::new() };
        let ids = [0, 1].map(|side| json!({ "id": world.sides[side].patients[0] }));
        let answers = asker.ask(query, [&ids[0], &ids[1]]).await;
        let [a, b] = [0, 1].map(|at| same::whole(&answers[at], &world.sides[at].names));
        assert_eq!(a, b);
        assert!(answers[0].json()["errors"].is_null(), "{}", answers[0].text);
        world.stop().await;
    });
}

/// Prints what 200 hidden records cost beside none. Nothing is asserted of times: the figure is for people to judge.
#[test]
fn what_hidden_records_cost_in_time_is_told() {
    run(async {
        let pairs = proof::size("CAREGRAPH_PROVE_TIMING", 200);
        let world = World::of(Role::Coordinator, vec![person(200, false)]).await;
        let query =
            "query($id: ID!) { patient(id: $id) { conditions { totalCount nodes { id } } } }";
        let token = world.token(Role::Coordinator, 0, 0, None).await;
        let mut took = [Vec::new(), Vec::new()];
        for pair in 0..pairs {
            // Each side comes first as often as the other.
            for side in [pair % 2, 1 - pair % 2] {
                let body =
                    json!({ "query": query, "variables": { "id": world.sides[side].patients[0] } });
                let started = Instant::now();
                let answer = world.sides[side].send(&token, &[], &body).await;
                took[side].push(started.elapsed());
                assert_eq!(answer.json()["data"]["patient"]["conditions"]["totalCount"], json!(0));
            }
        }
        let [hidden, none] = took.map(|mut took| {
            took.sort();
            took[took.len() / 2]
        });
        proof::tell("timing", pairs, "paired requests, 200 hidden records and none", 0);
        proof::remark(&format!(
            "timing: median {} us with 200 hidden records, {} us with none, difference {} us",
            micros(hidden),
            micros(none),
            micros(hidden).abs_diff(micros(none))
        ));
        world.stop().await;
    });
}

fn micros(time: Duration) -> u128 {
    time.as_micros()
}
