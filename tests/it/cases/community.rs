//! Cases 10 and 11: workers of community organisations, who see what the patient let them see, for as long.

use std::time::Duration;

use caregraph_sandbox::{Role, TokenSpec};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{ICD, ask, bound, concept, hidden, known_to, of, open, same_for, says};
use crate::answer::Answer;
use crate::gateway::{run, until};
use crate::relations::STRANGER;
use crate::twins::world::World;

const FOOD_BANK: &str = "Harvest Food Bank";
const WORKER: &str = "query($id: ID!, $after: String) { patient(id: $id) { id name { text } ageBand birthDate sex
    telecom { value } addresses { city } identifiers { value }
    referrals(first: 2, after: $after) { totalCount nodes { id service { text } performers requester }
        pageInfo { hasNextPage endCursor } completeness { state } }
    conditions { totalCount } } }";

fn referral(id: &str, to: &str, what: &str) -> Value {
    json!({ "id": id, "status": "active", "intent": "order", "authoredOn": "2024-05-17",
        "code": { "text": what }, "requester": { "display": "Dr. One" }, "performer": [{ "display": to }] })
}

/// Two people with referrals to the food bank; on side A also with others, another birth date and a problem.
async fn referred() -> World {
    let people = [0, 1].map(|number| {
        let mut person = known_to(Role::Patient, number, &[0]);
        for (at, side) in person.pieces[0].sides.iter_mut().enumerate() {
            let body = side.as_mut().expect("the patient is on both sides");
            body["birthDate"] = json!(["1951-01-01", "1952-01-01"][at]);
        }
        let food = ["box", "voucher", "kitchen"].map(|what| {
            open(
                0,
                number,
                "ServiceRequest",
                referral(&format!("food-{what}-{number}"), FOOD_BANK, what),
            )
        });
        let problem = json!({ "id": format!("problem-{number}"), "recordedDate": "2024-03-01",
            "code": concept(ICD, "E11.9", "Diabetes") });
        person.pieces.extend(food);
        person.pieces.extend([
            hidden(
                0,
                number,
                "ServiceRequest",
                referral(&format!("shelter-{number}"), "Hope Shelter", "bed"),
            ),
            hidden(
                0,
                number,
                "ServiceRequest",
                referral(&format!("clinic-{number}"), "Heart Clinic", "visit"),
            ),
            hidden(0, number, "Condition", problem),
        ]);
        person
    });
    World::of(Role::CommunityWorker, people.into()).await
}

fn permit(classes: &[&str]) -> Value {
    json!({ "decision": "PERMIT", "classes": classes, "organizations": [FOOD_BANK],
        "roles": ["COMMUNITY_WORKER"] })
}

#[test]
fn case_10_a_food_bank_sees_its_own_referrals_and_nobody_elses() {
    run(async {
        let world = referred().await;
        let worker = || of(Role::CommunityWorker, FOOD_BANK);
        let both = [worker(), worker()];
        let unasked = same_for(&world, both.clone(), 0, WORKER, json!({})).await;
        assert_eq!(unasked.codes(), ["NOT_FOUND"]);
        for side in 0..2 {
            let all = ["NAME", "AGE_BAND", "CONTACT", "REFERRALS"];
            says(&world, side, 0, permit(&all)).await;
            says(&world, side, 1, permit(&["NAME", "REFERRALS"])).await;
        }
        let answer = same_for(&world, both.clone(), 0, WORKER, json!({})).await;
        let patient = answer.data()["patient"].take();
        assert!(patient["name"]["text"].is_string() && patient["ageBand"] == json!("70-79"));
        assert!(patient["telecom"][0]["value"].is_string(), "the patient gave the contact");
        for field in ["birthDate", "sex", "identifiers"] {
            assert_eq!(patient[field], Value::Null, "{field}");
        }
        assert_eq!(patient["conditions"]["totalCount"], Value::Null);
        assert_eq!(patient["referrals"]["totalCount"], json!(3));
        assert_eq!(patient["referrals"]["nodes"][0]["performers"], json!([FOOD_BANK]));
        assert!(!answer.text.contains("Shelter") && !answer.text.contains("1951"));
        let other = same_for(&world, both, 1, WORKER, json!({})).await.data();
        assert_eq!(other["patient"]["telecom"], Value::Null, "no contact was given");
        assert_eq!(other["patient"]["ageBand"], Value::Null);
        let elsewhere = of(Role::CommunityWorker, "Hope Shelter");
        let elsewhere =
            same_for(&world, [elsewhere.clone(), elsewhere], 0, WORKER, json!({})).await;
        assert_eq!(elsewhere.codes(), ["NOT_FOUND"]);
        world.stop().await;
    });
}

/// Has the patient let the food bank see them for that long.
async fn for_a_while(world: &World, long: Duration) -> Answer {
    let end = (OffsetDateTime::now_utc() + long).format(&Rfc3339).expect("a time can be written");
    let mut input = permit(&["NAME", "REFERRALS"]);
    input["until"] = json!(end);
    says(world, 0, 0, input).await;
    show(world, &of(Role::CommunityWorker, FOOD_BANK), Value::Null).await
}

async fn show(world: &World, spec: &TokenSpec, after: Value) -> Answer {
    let id = &world.sides[0].patients[0];
    ask(world, 0, spec, WORKER, json!({ "id": id, "after": after })).await
}

/// That it is over at the very millisecond of its end is held by a test of the decision itself
/// (`case_11_a_permit_is_over_at_the_millisecond_of_its_end`). Here the end comes while somebody turns the pages.
#[test]
fn case_11_when_a_consent_ends_the_patient_is_gone_and_so_is_the_next_page() {
    run(async {
        let world = referred().await;
        let worker = of(Role::CommunityWorker, FOOD_BANK);
        // On a busy machine it may be over before the first page is asked for: then a longer one is given.
        let mut long = Duration::from_secs(1);
        let first = loop {
            let answer = for_a_while(&world, long).await;
            if answer.codes().is_empty() {
                break answer.data()["patient"]["referrals"].take();
            }
            long *= 2;
        };
        assert_eq!(first["pageInfo"]["hasNextPage"], json!(true));
        until("the consent is over", || async {
            !show(&world, &worker, Value::Null).await.codes().is_empty()
        })
        .await;
        let cursor = first["pageInfo"]["endCursor"].clone();
        assert!(cursor.is_string());
        let unknown = ask(&world, 0, &worker, WORKER, json!({ "id": STRANGER })).await;
        assert_eq!(unknown.codes(), ["NOT_FOUND"]);
        let next = show(&world, &worker, cursor).await;
        assert_eq!(next.text, unknown.text);
        let node = "query($thing: ID!) { node(id: $thing) { id } }";
        let thing = json!({ "thing": first["nodes"][0]["id"] });
        assert_eq!(ask(&world, 0, &worker, node, thing.clone()).await.data()["node"], Value::Null);
        let own = bound(&world, 0, Role::Patient, 0);
        assert!(ask(&world, 0, &own, node, thing).await.data()["node"].is_object());
        world.stop().await;
    });
}
