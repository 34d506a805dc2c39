//! Cases 6 and 7: those who act for a child, and for how long.

use caregraph_sandbox::{Role, TokenSpec};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::{ICD, ask, bound, concept, hidden, known_to, open, same_on_both};
use crate::gateway::run;
use crate::roles;
use crate::sdl::Sdl;
use crate::twins::chart::{Person, Piece};
use crate::twins::world::World;

/// The types of records of which a visit for contraception leaves one.
const LEFT: [&str; 13] = [
    "Condition",
    "MedicationRequest",
    "MedicationDispense",
    "Observation",
    "Procedure",
    "Encounter",
    "Appointment",
    "DocumentReference",
    "CarePlan",
    "Goal",
    "ServiceRequest",
    "CareTeam",
    "Coverage",
];

/// The day on which somebody was born who is fifteen.
fn fifteen_years_ago() -> String {
    (OffsetDateTime::now_utc() - Duration::days(15 * 366)).date().to_string()
}

/// What a visit for contraception leaves, by type of record, labelled as a minor's own and as sexual health.
fn left(kind: &'static str) -> Piece {
    let what = json!({ "text": format!("contraception {kind}") });
    let at = "2024-05-17T10:00:00Z";
    let mut body = match kind {
        "Condition" | "Procedure" => json!({ "code": what, "status": "completed" }),
        "MedicationRequest" => {
            json!({ "status": "active", "intent": "order", "medicationCodeableConcept": what })
        }
        "MedicationDispense" => json!({ "status": "completed", "medicationCodeableConcept": what }),
        "Observation" => json!({ "status": "final", "code": what, "effectiveDateTime": at }),
        "Encounter" => json!({ "status": "finished", "class": { "code": "AMB" }, "type": [what],
            "location": [{ "location": { "display": "Teen Clinic" } }], "period": { "start": at } }),
        "Appointment" => json!({ "status": "booked", "serviceType": [what], "start": at,
            "participant": [{ "actor": { "reference": "Location/1", "display": "Teen Clinic" }, "status": "accepted" }] }),
        "DocumentReference" => json!({ "status": "current", "type": what, "date": at,
            "content": [{ "attachment": { "contentType": "text/plain", "data": "bm90ZQ==" } }] }),
        "CarePlan" => json!({ "status": "active", "intent": "plan", "category": [what] }),
        "Goal" => json!({ "lifecycleStatus": "active", "description": what }),
        "ServiceRequest" => json!({ "status": "active", "intent": "order", "code": what }),
        "CareTeam" => json!({ "status": "active",
            "participant": [{ "member": { "display": "Teen Clinic" }, "role": [what] }] }),
        "Coverage" => {
            json!({ "status": "active", "type": what, "payor": [{ "display": "Teen Fund" }] })
        }
        other => panic!("{other} is none of these types"),
    };
    body["id"] = json!(format!("left-{kind}").to_lowercase());
    body["meta"] = json!({ "security": [{ "code": "ADOL" }, { "code": "SEX" }] });
    hidden(0, 0, kind, body)
}

/// A girl of fifteen with asthma; on side A she went for contraception.
async fn fifteen() -> World {
    let mut person = known_to(Role::Caregiver, 0, &[0]);
    for side in &mut person.pieces[0].sides {
        side.as_mut().expect("she is on both sides")["birthDate"] = json!(fifteen_years_ago());
    }
    let asthma = json!({ "id": "asthma", "code": concept(ICD, "J45.909", "Asthma") });
    let unlabelled =
        json!({ "id": "unlabelled", "code": concept(ICD, "Z30.011", "contraception counselling") });
    person.pieces.extend(LEFT.map(left));
    person.pieces.extend([open(0, 0, "Condition", asthma), hidden(0, 0, "Condition", unlabelled)]);
    World::of(Role::Caregiver, vec![person]).await
}

/// Her parents' every question has the answer that it would have had if she had never been there. Nothing is sent by
/// e-mail and nothing is billed by caregraph, so what stands for both is every field of the patient, the log of who
/// looked included.
#[test]
fn case_06_a_parent_learns_nothing_of_the_contraception_of_a_girl_of_fifteen() {
    run(async {
        let world = fifteen().await;
        let (sdl, mut seen, mut own) = (Sdl::ours(), String::new(), String::new());
        let herself = bound(&world, 0, Role::Patient, 0);
        let id = json!({ "id": world.sides[0].patients[0] });
        for field in sdl.fields("Patient") {
            let query = roles::query(&sdl, field);
            own += &ask(&world, 0, &herself, &query, id.clone()).await.text;
            seen += &same_on_both(&world, Role::Caregiver, 0, &query).await.text;
        }
        for word in ["contraception", "Teen Clinic", "Teen Fund"] {
            assert!(!seen.contains(word), "a parent reads {word}");
            assert!(own.contains(word), "she does not read {word}");
        }
        for kind in LEFT {
            assert!(own.contains(&format!("contraception {kind}")), "she does not see {kind}");
        }
        assert!(seen.contains("Asthma"), "a parent sees the rest");
        world.stop().await;
    });
}

/// When somebody was born, in the words of each source that knows them, and whether a proxy that is recorded now holds
/// by a policy in which people are of age at 18.
fn births() -> [(Vec<String>, bool); 6] {
    let year = OffsetDateTime::now_utc().year();
    [
        (vec![fifteen_years_ago()], true),
        (vec!["1950-03-07".to_owned()], true),
        // They are seventeen or turn seventeen this year: a child.
        (vec![(year - 17).to_string()], true),
        // They turn eighteen this year, and nobody knows on which day.
        (vec![(year - 18).to_string()], false),
        (vec![String::new()], false),
        (vec![fifteen_years_ago(), "1986-03-07".to_owned()], false),
    ]
}

fn born(number: usize, days: &[String]) -> Person {
    let sources: Vec<usize> = (0..days.len()).collect();
    let mut person = known_to(Role::Caregiver, number, &sources);
    for (piece, day) in person.pieces.iter_mut().zip(days) {
        for side in piece.sides.iter_mut().flatten() {
            side["birthDate"] = if day.is_empty() { Value::Null } else { json!(day) };
            let shared = json!({ "system": "urn:shared", "value": format!("s-{number}") });
            side["identifier"].as_array_mut().expect("there are some").push(shared);
        }
    }
    person
}

/// Nobody waits here for a birthday: that the grant ends at the first instant of the day, by the age and the clocks of
/// the policy, and that one which is recorded after it does not, is held by
/// `case_07_a_proxy_recorded_for_a_child_ends_on_the_day_they_come_of_age` and by the tests of `of_age.rs`. Here stands
/// that it is the sources' birth dates by which it is decided, and that what cannot be told from them opens nothing.
/// There are no streams yet that would have to be cut.
#[test]
fn case_07_a_proxy_holds_while_it_is_certain_that_a_child_is_one() {
    run(async {
        let births = births();
        let people = births.iter().enumerate().map(|(number, (days, _))| born(number, days));
        let world = World::strict(Role::Caregiver, people.collect()).await;
        let grant =
            "mutation($input: RelationshipInput!) { recordRelationship(input: $input) { id } }";
        let who = "query($id: ID!) { patient(id: $id) { id } }";
        for (number, (days, expected)) in births.iter().enumerate() {
            let id = &world.sides[0].patients[number];
            let mother = TokenSpec {
                subject: Some("mother".to_owned()),
                ..bound(&world, 0, Role::Caregiver, number)
            };
            let before = ask(&world, 0, &mother, who, json!({ "id": id })).await;
            assert_eq!(before.codes(), ["NOT_FOUND"]);
            let input = json!({ "patient": id, "kind": "PROXY", "role": "CAREGIVER",
                "person": "mother", "basis": "birth certificate" });
            let own = bound(&world, 0, Role::Patient, number);
            ask(&world, 0, &own, grant, json!({ "input": input })).await.data();
            let after = ask(&world, 0, &mother, who, json!({ "id": id })).await;
            assert_eq!(after.codes().is_empty(), *expected, "born {days:?}: {}", after.text);
            assert!(*expected || after.text == before.text, "the refusal tells something");
        }
        world.stop().await;
    });
}
