//! Records of which a part, a namesake, or what follows from them would give away what is hidden.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use caregraph::access::{FieldClass, Policy};
use caregraph_sandbox::Role;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::LISTS;
use super::cases::same_to;
use super::chart::{Person, Piece, SOURCES};
use super::eyes::Said;
use super::server::Mood;
use super::world::World;
use crate::answer::{Answer, items, text};
use crate::gateway::run;
use crate::sdl::Sdl;

const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
const LOINC: &str = "http://loinc.org";

/// Somebody whom these sources know, and nothing else.
fn known_to(sources: &[usize]) -> Person {
    Person::known_to(&mut StdRng::seed_from_u64(21), Role::Coordinator, 0, sources)
}

/// Adds a record to a source, as it stands on each side.
fn add(person: &mut Person, source: usize, kind: &'static str, sides: [Option<Value>; 2]) {
    let owner = format!("{}-p{}", SOURCES[source].id, person.number);
    let number = person.pieces.len();
    let whole = |mut body: Value| {
        let patient = json!({ "reference": format!("Patient/{owner}") });
        body["resourceType"] = json!(kind);
        body["id"] = json!(format!("r-{number}"));
        body[if kind == "AllergyIntolerance" { "patient" } else { "subject" }] = patient;
        body
    };
    let sides = sides.map(|side| side.map(whole));
    person.pieces.push(Piece { source, kind, owner: owner.clone(), sides });
}

/// A query for a field of the patient with all that it has.
fn all_of(sdl: &Sdl, field: &str) -> String {
    let field = sdl.fields("Patient").iter().find(|it| it.name == field).expect("it is a field");
    let below = sdl.everything(field.type_name());
    let below = if below.is_empty() { below } else { format!("{{ {below} }}") };
    format!("query($id: ID!) {{ patient(id: $id) {{ {} {below} }} }}", field.name)
}

/// Asks one side about its first patient.
async fn ask(world: &World, side: usize, role: Role, query: &str) -> Answer {
    let token = world.token(role, side, 0, None).await;
    let variables = json!({ "id": world.sides[side].patients[0] });
    let body = json!({ "query": query, "variables": variables });
    world.sides[side].send(&token, &[], &body).await
}

/// An order that a clinic labelled, and a fill of the same drug at a shop that labels nothing.
fn dispensed(order: (usize, Value, &str), fill: &Value) -> Person {
    let (source, drug, mark) = order;
    let mut person = known_to(&[0, 1, 2, 3]);
    let order = json!({ "status": "active", "intent": "order", "authoredOn": "2025-01-09",
        "medicationCodeableConcept": drug, "meta": { "security": [{ "code": mark }] } });
    add(&mut person, source, "MedicationRequest", [Some(order), None]);
    let fill = json!({ "status": "completed", "medicationCodeableConcept": fill,
        "whenHandedOver": "2025-01-10T10:00:00Z" });
    add(&mut person, 1, "MedicationDispense", [Some(fill), None]);
    person
}

#[test]
fn case_21_a_drug_that_one_source_labels_is_hidden_wherever_else_it_is_told_of() {
    run(async {
        let sdl = Sdl::ours();
        let coded = |code: &str, words: &str| json!({ "coding": [{ "system": RXNORM, "code": code }], "text": words });
        for (order, fill) in [
            // The same code: the label of the one is the label of both.
            ((0, coded("9000001", "Drug seven"), "ETH"), coded("9000001", "D-7 retail")),
            // The same words, without a code.
            ((0, json!({ "text": "Drug seven" }), "42CFRPart2"), json!({ "text": "drug  SEVEN" })),
            // The order stands in a source that is not even asked: the rules label the fill.
            ((3, coded("1819", "Buprenorphine"), "N"), coded("1819", "Film 8 mg")),
            ((3, coded("9000002", "Film"), "N"), json!({ "text": "Suboxone 8 mg film" })),
        ] {
            let world = World::of(Role::Coordinator, vec![dispensed(order, &fill)]).await;
            for role in [Role::Coordinator, Role::PrimaryCare, Role::Specialist, Role::Pharmacist] {
                for field in ["medications", "sources", "links"] {
                    same_to(role, &world, &all_of(&sdl, field)).await;
                }
                let seen = ask(&world, 0, role, &all_of(&sdl, "medications")).await.data();
                assert_eq!(seen["patient"]["medications"]["totalCount"], json!(0), "{role}");
            }
            world.stop().await;
        }
    });
}

#[test]
fn case_21_what_was_hidden_is_one_medicine_of_both_sources_once_the_patient_consents() {
    run(async {
        let drug = |words: &str| json!({ "coding": [{ "system": RXNORM, "code": "9000001" }], "text": words });
        let mut person = dispensed((0, drug("Drug seven"), "ETH"), &drug("D-7 retail"));
        person.said = vec![Said::Permit(vec!["SUBSTANCE_USE"])];
        let world = World::of(Role::Coordinator, vec![person]).await;
        let query = "query($id: ID!) { patient(id: $id) { medications { totalCount nodes { provenance { records { source { name } } } } } } }";
        for role in [Role::Coordinator, Role::Patient] {
            let list = ask(&world, 0, role, query).await.data()["patient"]["medications"].take();
            assert_eq!(list["totalCount"], json!(1), "{role} {list}");
            assert_eq!(items(&list["nodes"][0]["provenance"]["records"]).len(), 2, "{role}");
        }
        world.stop().await;
    });
}

fn part(system: &str, code: &str, value: Value) -> Value {
    let mut part =
        json!({ "code": { "coding": [{ "system": system, "code": code }], "text": code } });
    let key = if value.is_string() { "valueString" } else { "valueQuantity" };
    part[key] = value;
    part
}

/// A panel of the laboratory; `whole` is what it says of all of its parts together.
fn panel(code: &str, parts: &[Value], whole: bool) -> Value {
    let mut panel = json!({
        "status": "final", "code": { "coding": [{ "system": LOINC, "code": code }], "text": code },
        "category": [{ "coding": [{ "code": "laboratory" }] }],
        "effectiveDateTime": "2025-01-09T10:00:00Z", "component": parts,
    });
    if whole {
        panel["valueString"] = json!("One result wants attention");
        panel["interpretation"] = json!([{ "coding": [{ "code": "A" }] }]);
        panel["referenceRange"] = json!([{ "text": "all within range" }]);
        panel["note"] = json!([{ "text": "The screen was reactive" }]);
    }
    panel
}

/// Panels with a part that is about HIV, and what is left of each when that part never was.
fn panels() -> Person {
    let mut person = known_to(&[0, 1]);
    let number = |value: f64| json!({ "value": value, "unit": "g/dL" });
    let harmless = || part(LOINC, "718-7", number(13.5));
    let mut hiv = part(LOINC, "56888-1", json!("reactive"));
    // The laboratory's own code beside it, by which others name the same test.
    let local = json!({ "system": "urn:lab", "code": "s-4" });
    hiv["code"]["coding"].as_array_mut().expect("it has codes").push(local);
    let bare = || part("urn:lab", "s-4", json!("reactive"));
    let a = panel("58410-2", &[harmless(), hiv.clone()], true);
    let b = panel("58410-2", &[harmless()], false);
    add(&mut person, 0, "Observation", [Some(a), Some(b)]);
    // The same test by the laboratory's code alone: in another panel, on its own, and in a panel of nothing else.
    let a = panel("24323-8", &[bare(), harmless()], true);
    let b = panel("24323-8", &[harmless()], false);
    add(&mut person, 1, "Observation", [Some(a), Some(b)]);
    let mut alone = panel("s-4", &[], false);
    alone["code"] = bare()["code"].take();
    add(&mut person, 1, "Observation", [Some(alone), None]);
    add(&mut person, 1, "Observation", [Some(panel("30000-0", &[bare()], true)), None]);
    // A harmless question with an answer that is not: which questions are missing must not tell the answers.
    let answer =
        [part(LOINC, "8661-1", json!("takes Suboxone")), part(LOINC, "718-8", number(1.0))];
    add(&mut person, 0, "Observation", [Some(panel("30001-0", &answer, false)), None]);
    // One without anything to hide, which stays as it is.
    let whole = panel("30002-0", &[part(LOINC, "2345-7", number(99.0))], true);
    add(&mut person, 0, "Observation", [Some(whole.clone()), Some(whole)]);
    person
}

/// The API shows no notes of observations at all; what a panel says as a whole is its value, its interpretation, its range
/// and why it has none.
#[test]
fn case_22_a_panel_is_shown_without_the_part_that_is_hidden_and_without_what_sums_it_up() {
    run(async {
        let sdl = Sdl::ours();
        let world = World::of(Role::Specialist, vec![panels()]).await;
        let query = all_of(&sdl, "observations");
        for role in [Role::Specialist, Role::Pharmacist, Role::Coordinator, Role::Caregiver] {
            let list =
                same_to(role, &world, &query).await["data"]["patient"]["observations"].take();
            assert_eq!(list["totalCount"], json!(3), "{role}");
            for secret in ["56888-1", "s-4", "reactive", "Suboxone"] {
                assert!(!list.to_string().contains(secret), "{role} sees {secret}");
            }
            let find = |code: &str| {
                let mut all = items(&list["nodes"]).iter();
                all.find(|it| it["code"]["text"] == code).unwrap_or_else(|| panic!("{code}"))
            };
            for code in ["58410-2", "24323-8"] {
                let cut = find(code);
                let rest = [&cut["value"], &cut["interpretation"], &cut["range"]];
                assert_eq!(rest, [&Value::Null; 3], "{role}");
                if role != Role::Coordinator {
                    assert_eq!(items(&cut["components"]).len(), 1, "{role}");
                }
            }
            assert!(!find("30002-0")["interpretation"].is_null(), "{role}");
        }
        // Who may know of HIV sees the panel whole: else there would be nothing to hide.
        let full = ask(&world, 0, Role::PrimaryCare, &query).await.data();
        let nodes = full["patient"]["observations"]["nodes"].clone();
        let panel = items(&nodes).iter().find(|it| it["code"]["text"] == "58410-2").unwrap();
        assert_eq!(items(&panel["components"]).len(), 2);
        assert!(!panel["interpretation"].is_null() && !panel["value"].is_null());
        world.stop().await;
    });
}

/// Everybody who reads a note reads all of it, and no rule finds what stands between its lines: so by the policy that
/// caregraph brings along a note is the primary-care clinician's and the patient's.
#[test]
fn case_23_no_role_below_primary_care_gets_the_full_text_of_a_note() {
    let policy = Policy::default_policy();
    let readers: BTreeSet<&str> = caregraph::access::Role::ALL
        .iter()
        .filter(|role| policy.rule(**role, FieldClass::DocumentText).is_some())
        .map(|role| role.name())
        .collect();
    assert_eq!(readers, BTreeSet::from(["PATIENT", "PRIMARY_CARE"]));
    run(async {
        let mut person = known_to(&[0]);
        let words = STANDARD.encode("Feels well on suboxone, wants to go on.");
        let note = json!({ "status": "current", "date": "2025-01-09T10:00:00Z",
            "type": { "coding": [{ "system": LOINC, "code": "11506-3" }], "text": "Progress note" },
            "content": [{ "attachment": { "contentType": "text/plain", "title": "Visit", "data": words } }] });
        add(&mut person, 0, "DocumentReference", [Some(note.clone()), Some(note)]);
        let world = World::of(Role::Coordinator, vec![person]).await;
        let first = "query($id: ID!) { patient(id: $id) { documents { nodes { id } } } }";
        let found = ask(&world, 0, Role::PrimaryCare, first).await.data();
        let document = text(&found["patient"]["documents"]["nodes"][0]["id"]);
        let glass = "mutation($id: ID!) { breakGlass(input: { patient: $id, reason: EMERGENCY_TREATMENT, text: \"found unconscious at the bus station\" }) { id } }";
        // An emergency opens labels, never a kind of fact.
        assert!(ask(&world, 0, Role::Specialist, glass).await.codes().is_empty());
        let queries = [
            "query($id: ID!) { patient(id: $id) { documents { nodes { title text } } } }".to_owned(),
            "query($id: ID!) { patient(id: $id) { a: documents { edges { node { b: text } } } } }".to_owned(),
            "query($id: ID!) { patient(id: $id) { ...p } } fragment p on Patient { documents { nodes { ...d } } } fragment d on Document { text @include(if: true) }".to_owned(),
            format!("query($id: ID!) {{ patient(id: $id) {{ id }} node(id: {document:?}) {{ ... on Document {{ title text }} }} nodes(ids: [{document:?}]) {{ ... on Document {{ text }} }} }}"),
            "query($id: ID!) { node(id: $id) { ... on Patient { documents { nodes { text } } } } patients { nodes { documents { nodes { text } } } } }".to_owned(),
        ];
        let mut read = 0;
        for role in Role::ALL {
            for query in &queries {
                let answer = ask(&world, 0, role, query).await;
                let reads = answer.text.contains("suboxone");
                assert_eq!(reads, readers.contains(role.as_str()), "{role}: {}", answer.text);
                read += usize::from(reads);
            }
        }
        assert_eq!(read, 2 * queries.len());
        world.stop().await;
    });
}

/// Somebody whose hidden records would turn every figure that is made of them.
fn admitted() -> Person {
    let mut person = known_to(&[0, 1, 3]);
    let concept = |code: &str| json!({ "coding": [{ "system": "http://snomed.info/sct", "code": code }], "text": code });
    let marked = |mut body: Value, mark: &str| {
        body["meta"] = json!({ "security": [{ "code": mark }] });
        body
    };
    let stay = |day: &str| {
        json!({ "status": "finished", "class": { "code": "IMP" }, "type": [concept(&format!("90{day}"))],
            "period": { "start": format!("2025-01-{day}T10:00:00Z"), "end": format!("2025-01-{day}T11:00:00Z") } })
    };
    add(&mut person, 0, "Encounter", [Some(stay("01")), Some(stay("01"))]);
    for day in ["02", "03", "04"] {
        add(&mut person, 1, "Encounter", [Some(marked(stay(day), "PSY")), None]);
    }
    // The source took one back; nobody knows how sensitive it was.
    let mut withdrawn = stay("05");
    withdrawn["status"] = json!("entered-in-error");
    add(&mut person, 1, "Encounter", [Some(marked(withdrawn, "PSY")), None]);
    // Two sources that contradict each other about something of which one may not be told.
    let allergy = |criticality: &str| json!({ "code": concept("91"), "criticality": criticality, "recordedDate": "2025-01-01" });
    add(&mut person, 0, "AllergyIntolerance", [Some(allergy("low")), None]);
    add(&mut person, 1, "AllergyIntolerance", [Some(marked(allergy("high"), "ETH")), None]);
    let order = |status: &str| json!({ "status": status, "intent": "order", "medicationCodeableConcept": concept("92"), "authoredOn": "2025-01-01" });
    add(&mut person, 0, "MedicationRequest", [Some(order("stopped")), None]);
    add(&mut person, 1, "MedicationRequest", [Some(marked(order("active"), "PSY")), None]);
    for at in 0..3 {
        let condition =
            json!({ "code": concept(&format!("93{at}")), "recordedDate": "2025-01-01" });
        add(&mut person, 0, "Condition", [Some(marked(condition, "HIV")), None]);
    }
    // A clinic that may not be known says that the patient died, and contradicts the others.
    let there = person.pieces.iter_mut().find(|piece| piece.source == 3).expect("it knows them");
    let there = there.sides[0].as_mut().expect("it does on side A");
    (there["deceasedBoolean"], there["gender"]) = (json!(true), json!("male"));
    person
}

/// The fields whose values differ between two answers, by their names; of lists, those whose length does.
fn differing(a: &Value, b: &Value, name: &str, found: &mut BTreeSet<String>) {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.iter().for_each(|(name, value)| differing(value, &b[name], name, found));
        }
        (Value::Array(a), Value::Array(b)) => {
            if a.len() != b.len() {
                found.insert(format!("[{name}]"));
            }
            a.iter().zip(b).for_each(|(a, b)| differing(a, b, name, found));
        }
        _ if a != b => drop(found.insert(name.to_owned())),
        _ => {}
    }
}

/// There is no risk score yet. The figures that are made of a view today: `totalCount`, the lengths and the order of lists,
/// `completeness.state` and what stands there of each source (`state`, `withdrawn`), `Patient.sources`, `links` and why they
/// are believed, `ageBand`, `isDeceased`, the worst `criticality`, `Medication.status`, `provenance.conflicts`, and which
/// page follows. Every field of a patient is asked for as the schema has it, so a figure that is added is held as well.
#[test]
fn case_24_no_figure_that_is_derived_of_a_chart_is_moved_by_what_is_hidden() {
    run(async {
        let sdl = Sdl::ours();
        let world = World::of(Role::Coordinator, vec![admitted()]).await;
        let (mut moved, mut asked) = (BTreeSet::new(), 0);
        for mood in [Mood::Up, Mood::Dead] {
            world.sides[0].set_mood(3, mood);
            for field in sdl.fields("Patient").iter().filter(|field| field.name != "accessLog") {
                let query = all_of(&sdl, &field.name);
                same_to(Role::Coordinator, &world, &query).await;
                asked += 1;
                let a = ask(&world, 0, Role::Patient, &query).await.data();
                let b = ask(&world, 1, Role::Patient, &query).await.data();
                differing(&a["patient"], &b["patient"], &field.name, &mut moved);
            }
        }
        assert_eq!(asked, 2 * (sdl.fields("Patient").len() - 1), "all but who looked");
        let pages: String = LISTS
            .iter()
            .map(|list| {
                format!("{list}(first: 1) {{ totalCount pageInfo {{ hasNextPage endCursor }} }} ")
            })
            .collect();
        same_to(
            Role::Coordinator,
            &world,
            &format!("query($id: ID!) {{ patient(id: $id) {{ {pages} }} }}"),
        )
        .await;
        // Whoever sees the hidden records sees other figures: else they would be of no use to hold.
        for figure in ["totalCount", "state", "isDeceased", "[conflicts]", "[links]", "[nodes]"] {
            assert!(moved.contains(figure), "{figure} is not moved: {moved:?}");
        }
        world.stop().await;
    });
}
