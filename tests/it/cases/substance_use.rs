//! Cases 1 to 5: medicines that tell of a programme for substance use, or of HIV.

use caregraph_sandbox::{Role, TokenSpec};
use serde_json::{Value, json};

use super::{
    CHART, ICD, ask, bound, concept, hidden, known_to, of, open, order, piece, same_for,
    same_on_both, says,
};
use crate::answer::items;
use crate::gateway::run;
use crate::twins::server::Mood;
use crate::twins::world::World;

/// The source that is a programme for substance use.
const PROGRAMME: usize = 3;
/// Sources of which everybody may know.
const PRACTICE: usize = 0;
const PHARMACY: usize = 1;

/// Whom the patient lets see what the programme says: one clinic, for treatment, payment and operations.
fn permit() -> Value {
    json!({ "decision": "PERMIT", "labels": ["SUBSTANCE_USE", "PART_2"],
        "organizations": ["River Clinic"], "purposes": ["TREAT", "CAREMGT", "HPAYMT", "HOPERAT"] })
}

/// Somebody with lisinopril at the practice and, on side A, buprenorphine: ordered by the programme, and handed out by a
/// pharmacy that says nothing of it being sensitive.
async fn on_buprenorphine() -> World {
    let mut person = known_to(Role::Coordinator, 0, &[PRACTICE, PHARMACY, PROGRAMME]);
    let fill = json!({ "id": "fill-1", "status": "completed", "whenHandedOver": "2024-05-18T10:00:00Z",
        "medicationCodeableConcept": concept(super::RXNORM, "1819", "Buprenorphine") });
    let disorder = json!({ "id": "problem-1", "recordedDate": "2024-03-01",
        "code": concept(ICD, "F11.20", "Opioid dependence") });
    let mut lisinopril = order("order-1", "29046", "Lisinopril");
    lisinopril["authoredOn"] = json!("2023-01-02");
    person.pieces.extend([
        open(PRACTICE, 0, "MedicationRequest", lisinopril),
        hidden(PROGRAMME, 0, "MedicationRequest", order("order-2", "1819", "Buprenorphine")),
        hidden(PHARMACY, 0, "MedicationDispense", fill),
        hidden(PRACTICE, 0, "Condition", disorder),
    ]);
    World::of(Role::Coordinator, vec![person]).await
}

fn medicines(answer: &crate::answer::Answer) -> Value {
    answer.data()["patient"]["medications"].take()
}

/// There is neither a check of interactions nor a risk score in the schema yet; whatever is counted is.
#[test]
fn case_01_without_consent_a_coordinator_sees_no_buprenorphine_in_any_list_or_count() {
    run(async {
        let world = on_buprenorphine().await;
        let answer = same_on_both(&world, Role::Coordinator, 0, CHART).await;
        let list = medicines(&answer);
        assert_eq!(list["totalCount"], json!(1));
        assert_eq!(list["nodes"][0]["drug"]["text"], json!("Lisinopril"));
        assert_eq!(list["completeness"]["state"], json!("COMPLETE"));
        assert!(!answer.text.contains("uprenorphine"), "{}", answer.text);
        let own = bound(&world, 0, Role::Patient, 0);
        let id = json!({ "id": world.sides[0].patients[0] });
        let all = ask(&world, 0, &own, CHART, id).await;
        assert_eq!(medicines(&all)["totalCount"], json!(2), "the patient sees it: {}", all.text);
        world.stop().await;
    });
}

#[test]
fn case_02_a_consent_for_one_clinic_opens_to_it_with_its_notice_and_to_no_other() {
    run(async {
        let world = on_buprenorphine().await;
        let (clinic, other) =
            (of(Role::Coordinator, "River Clinic"), of(Role::Coordinator, "Hill Clinic"));
        let id = json!({ "id": world.sides[0].patients[0] });
        let before = ask(&world, 0, &clinic, CHART, id.clone()).await;
        assert_eq!(medicines(&before)["totalCount"], json!(1));
        says(&world, 0, 0, permit()).await;
        let after = ask(&world, 0, &clinic, CHART, id).await;
        let list = medicines(&after);
        assert_eq!(list["totalCount"], json!(2), "{}", after.text);
        let names: Vec<_> = items(&list["nodes"]).iter().map(|it| &it["drug"]["text"]).collect();
        assert!(names.contains(&&json!("Buprenorphine")), "{names:?}");
        let access = after.json()["extensions"]["access"].take();
        let notice = access["obligations"][0].as_str().unwrap_or_default();
        assert!(notice.starts_with("42 CFR part 2 prohibits"), "{access}");
        let others = same_for(&world, [other.clone(), other], 0, CHART, json!({})).await;
        assert_eq!(medicines(&others)["totalCount"], json!(1));
        assert_eq!(others.json()["extensions"]["access"]["obligations"], json!([]));
        world.stop().await;
    });
}

/// Streams queue nothing, and `streams::access` holds what is closed while one is open. Here is the rest of the case: somebody
/// who reads page by page gets nothing that was revoked after the page before, neither by its cursor nor by an id that
/// an earlier page gave, and the answers say nothing of a consent. A request whose decision was made before the
/// revocation keeps that decision, as `docs/privacy.md` says.
#[test]
fn case_03_what_is_revoked_between_two_pages_is_on_no_later_page() {
    run(async {
        let world = on_buprenorphine().await;
        let consent = says(&world, 0, 0, permit()).await;
        let clinic = of(Role::Coordinator, "River Clinic");
        let id = json!({ "id": world.sides[0].patients[0] });
        let page = "query($id: ID!, $after: String) { patient(id: $id) { medications(first: 1, after: $after) {
            totalCount nodes { id drug { text } } pageInfo { hasNextPage hasPreviousPage endCursor } } } }";
        let first = medicines(&ask(&world, 0, &clinic, page, id).await);
        assert_eq!(first["nodes"][0]["drug"]["text"], json!("Buprenorphine"));
        assert_eq!(first["pageInfo"]["hasNextPage"], json!(true));

        let revoke = "mutation($id: ID!) { revokeConsent(id: $id) { revokedAt } }";
        let own = bound(&world, 0, Role::Patient, 0);
        ask(&world, 0, &own, revoke, json!({ "id": consent })).await.data();

        let both = [clinic.clone(), clinic.clone()];
        for after in [first["pageInfo"]["endCursor"].clone(), Value::Null] {
            let answer = same_for(&world, both.clone(), 0, page, json!({ "after": after })).await;
            let list = medicines(&answer);
            assert_eq!(list["totalCount"], json!(1));
            assert!(!answer.text.contains("uprenorphine"), "{}", answer.text);
            assert_eq!(answer.json()["extensions"]["access"]["obligations"], json!([]));
        }
        let node = "query($thing: ID!) { node(id: $thing) { id } }";
        let gone = ask(&world, 0, &clinic, node, json!({ "thing": first["nodes"][0]["id"] })).await;
        assert_eq!(gone.data()["node"], Value::Null);
        world.stop().await;
    });
}

#[test]
fn case_04_a_programme_that_hangs_is_not_asked_for_those_who_may_not_know_of_it() {
    run(async {
        let world = on_buprenorphine().await;
        world.sides[0].set_mood(PROGRAMME, Mood::Silent);
        // Had it been asked, this would wait for it, and the list would be partial.
        let answer = same_on_both(&world, Role::Coordinator, 0, CHART).await;
        assert_eq!(medicines(&answer)["completeness"]["state"], json!("COMPLETE"));
        let asked = [0, 1].map(|side| world.sides[side].asked(PROGRAMME));
        assert_eq!(asked, [0, 0], "the programme was asked");
        world.sides[0].set_mood(PROGRAMME, Mood::Dead);
        let own = bound(&world, 0, Role::Patient, 0);
        let id = json!({ "id": world.sides[0].patients[0] });
        let all = ask(&world, 0, &own, CHART, id).await;
        assert_eq!(medicines(&all)["completeness"]["state"], json!("PARTIAL"), "{}", all.text);
        assert!(world.sides[0].asked(PROGRAMME) > 0);
        world.stop().await;
    });
}

#[test]
fn case_05_a_pharmacist_sees_the_drug_before_hiv_and_not_what_it_is_for() {
    run(async {
        let role = Role::Pharmacist;
        let mut person = known_to(role, 0, &[PRACTICE]);
        let mut truvada = order("order-1", "639888", "Truvada");
        truvada["meta"] = json!({ "security": [{ "code": "HIV" }] });
        let mut with_reason = truvada.clone();
        with_reason["reasonCode"] = json!([concept(ICD, "Z20.6", "Exposure to HIV")]);
        let exposure = json!({ "id": "problem-1", "recordedDate": "2024-03-01",
            "code": concept(ICD, "Z20.6", "Exposure to HIV") });
        let asthma = json!({ "id": "problem-2", "recordedDate": "2024-03-01",
            "code": concept(ICD, "J45.909", "Asthma") });
        person.pieces.extend([
            piece(PRACTICE, 0, "MedicationRequest", [Some(with_reason), Some(truvada)]),
            hidden(PRACTICE, 0, "Condition", exposure),
            open(PRACTICE, 0, "Condition", asthma),
        ]);
        let world = World::of(role, vec![person, known_to(role, 1, &[PRACTICE])]).await;
        let answer = same_on_both(&world, role, 0, CHART).await;
        let patient = answer.data()["patient"].take();
        let drug = &patient["medications"]["nodes"][0];
        assert_eq!(drug["drug"]["text"], json!("Truvada"));
        assert_eq!(drug["orders"], json!([{ "reasons": null }]));
        assert_eq!(patient["conditions"]["totalCount"], json!(1));
        assert!(!answer.text.contains("HIV"), "{}", answer.text);

        // What is named as hidden is the same for somebody of whom there is nothing to hide.
        let query = "query($id: ID!) { patient(id: $id) { medications { nodes { orders { reasons { text } } } } procedures { totalCount } documents { nodes { text } } } }";
        let about = |person: usize| same_on_both(&world, role, person, query);
        let (one, other) = (about(0).await, about(1).await);
        assert_eq!(one.json()["extensions"], other.json()["extensions"]);
        assert_eq!(one.redactions(), other.redactions());
        assert!(one.redactions().contains(&"patient.procedures".to_owned()));
        let spec = TokenSpec::new(Role::PrimaryCare);
        let id = json!({ "id": world.sides[0].patients[0] });
        let doctor = ask(&world, 0, &spec, CHART, id).await;
        assert!(doctor.text.contains("Exposure to HIV"), "the doctor sees why: {}", doctor.text);
        world.stop().await;
    });
}
