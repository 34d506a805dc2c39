//! Tricky cases of access control, one test or more for each; their numbers stand in the names.
//!
//! Where a case speaks of twins, there are two worlds: on side A stands what is hidden, on side B it never was.

mod community;
mod proxies;
mod restrictions;
mod strangers;
mod substance_use;

use caregraph_sandbox::{Role, TokenSpec};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::answer::{Answer, text};
use crate::twins::chart::{Person, Piece, SOURCES};
use crate::twins::same;
use crate::twins::world::World;

const ICD: &str = "http://hl7.org/fhir/sid/icd-10-cm";
const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";

/// Medicines and problems with all that they say, and how sources stand.
const CHART: &str = "query($id: ID!) { patient(id: $id) { id
    medications(first: 50) { totalCount pageInfo { hasNextPage endCursor }
        nodes { id drug { text codings { code } } status orders { reasons { text } } fills { pharmacy }
            provenance { records { source { name } reference } conflicts { field } } }
        completeness { state sources { source { name } state message withdrawn } } }
    conditions(first: 50) { totalCount nodes { id code { text } } completeness { state } }
    links { source { name } reference basis } sources { source { name } state message withdrawn } } }";

/// Records one directive.
const CONSENT: &str =
    "mutation($input: ConsentInput!) { recordConsent(input: $input) { id until } }";

/// Somebody whom these sources know, of whom nothing else is said.
fn known_to(role: Role, number: usize, sources: &[usize]) -> Person {
    Person::known_to(&mut StdRng::seed_from_u64(11), role, number, sources)
}

/// A record of a source about the person of that number, as it stands on side A and on side B.
fn piece(source: usize, number: usize, kind: &'static str, sides: [Option<Value>; 2]) -> Piece {
    let owner = format!("{}-p{number}", SOURCES[source].id);
    let patient = json!({ "reference": format!("Patient/{owner}") });
    let sides = sides.map(|side| {
        side.map(|mut body| {
            body["resourceType"] = json!(kind);
            match kind {
                "AllergyIntolerance" | "Immunization" => body["patient"] = patient.clone(),
                "Coverage" => body["beneficiary"] = patient.clone(),
                "Appointment" => {
                    let whom = json!({ "actor": patient.clone(), "status": "accepted" });
                    body["participant"].as_array_mut().expect("somebody takes part").push(whom);
                }
                _ => body["subject"] = patient.clone(),
            }
            body
        })
    });
    Piece { source, kind, owner, sides }
}

/// What stands on side A alone.
fn hidden(source: usize, number: usize, kind: &'static str, body: Value) -> Piece {
    piece(source, number, kind, [Some(body), None])
}

/// What stands on both sides.
fn open(source: usize, number: usize, kind: &'static str, body: Value) -> Piece {
    piece(source, number, kind, [Some(body.clone()), Some(body)])
}

/// An order for a drug, by its code in RxNorm.
fn order(id: &str, code: &str, words: &str) -> Value {
    json!({ "id": id, "status": "active", "intent": "order", "authoredOn": "2024-05-17",
        "medicationCodeableConcept": concept(RXNORM, code, words) })
}

fn concept(system: &str, code: &str, words: &str) -> Value {
    json!({ "coding": [{ "system": system, "code": code, "display": words }], "text": words })
}

/// Asks one side with a token of that specification; what names the patient of a token is that side's id of `person`.
async fn ask(
    world: &World,
    side: usize,
    spec: &TokenSpec,
    query: &str,
    variables: Value,
) -> Answer {
    let body = json!({ "query": query, "variables": variables });
    world.sides[side].send(&world.sign(spec).await, &[], &body).await
}

/// Somebody in a role of an organisation.
fn of(role: Role, organization: &str) -> TokenSpec {
    TokenSpec { organization: Some(organization.to_owned()), ..TokenSpec::new(role) }
}

/// A token of a patient or of somebody who acts for them.
fn bound(world: &World, side: usize, role: Role, person: usize) -> TokenSpec {
    let patient = Some(world.sides[side].patients[person].clone());
    TokenSpec { patient, ..TokenSpec::new(role) }
}

/// Asks both sides about a person; the two answers must be the same bytes. Tells the one of side A.
async fn same_on_both(world: &World, role: Role, person: usize, query: &str) -> Answer {
    let spec = |side| {
        if role.names_patient() { bound(world, side, role, person) } else { TokenSpec::new(role) }
    };
    same_for(world, [spec(0), spec(1)], person, query, json!({})).await
}

/// The same with the tokens and with more variables.
async fn same_for(
    world: &World,
    specs: [TokenSpec; 2],
    person: usize,
    query: &str,
    more: Value,
) -> Answer {
    let [a, b] = [0, 1].map(|side| {
        let mut variables = more.clone();
        variables["id"] = json!(world.sides[side].patients[person]);
        ask(world, side, &specs[side], query, variables)
    });
    let (a, b) = tokio::join!(a, b);
    let [one, other] = [(&a, 0), (&b, 1)].map(|(it, at)| same::whole(it, &world.sides[at].names));
    assert!(one == other, "{query}\n{}", same::difference(&one.2, &other.2));
    a
}

/// Has the patient say something on one side; tells the id of the directive.
async fn says(world: &World, side: usize, person: usize, mut input: Value) -> String {
    input["patient"] = json!(world.sides[side].patients[person]);
    input["basis"] = json!("form 17");
    let own = bound(world, side, Role::Patient, person);
    let answer = ask(world, side, &own, CONSENT, json!({ "input": input })).await;
    text(&answer.data()["recordConsent"]["id"])
}
