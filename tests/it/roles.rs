//! Every role before every field, against the committed matrix.

use std::collections::BTreeSet;

use caregraph_sandbox::Role;
use serde_json::{Value, json};

use crate::answer::{Answer, text};
use crate::gateway::{TestGateway, run, shared};
use crate::matrix::Matrix;
use crate::sdl::{Field, Sdl};

/// The roles that see patients at all.
pub(crate) const SEEING: [Role; 6] = [
    Role::Coordinator,
    Role::PrimaryCare,
    Role::Specialist,
    Role::Pharmacist,
    Role::Patient,
    Role::Caregiver,
];

/// Asks in a role; patients and caregivers in the name of this patient.
pub(crate) async fn ask_as(
    gateway: &TestGateway,
    role: Role,
    patient: &str,
    query: &str,
    variables: Value,
) -> Answer {
    let token =
        if role.names_patient() { gateway.token_for(role, patient) } else { gateway.token(role) };
    gateway.ask_with(&token, query, variables).await
}

/// A query for one field of the patient, and for all below it.
pub(crate) fn query(sdl: &Sdl, field: &Field) -> String {
    let below = sdl.everything(field.type_name());
    let page = field.arguments.iter().any(|(name, ..)| name == "first");
    let page = if page { "(first: 5)" } else { "" };
    let below = if below.is_empty() { below } else { format!("{{ {below} }}") };
    format!("query($id: ID!) {{ patient(id: $id) {{ {}{page} {below} }} }}", field.name)
}

/// What one field must look like, against what the one who sees all sees.
pub(crate) struct Expectation<'a> {
    pub(crate) sdl: &'a Sdl,
    pub(crate) matrix: &'a Matrix,
    pub(crate) role: &'a str,
}

impl Expectation<'_> {
    /// Compares an object with the unrestricted one; tells how many fields held something.
    pub(crate) fn object(&self, of: &str, full: &Value, seen: &Value, path: &str) -> usize {
        let (Some(full), Some(seen)) = (full.as_object(), seen.as_object()) else {
            assert_eq!(full, seen, "{} at {path}", self.role);
            return 0;
        };
        assert_eq!(full.keys().collect::<Vec<_>>(), seen.keys().collect::<Vec<_>>(), "{path}");
        let mut held = 0;
        for (name, value) in seen {
            let here = format!("{path}.{name}");
            let (holder, field) = self.declared(of, name);
            if self.matrix.shows(self.role, holder, name) {
                held += self.value(field.type_name(), &full[name], value, &here);
            } else {
                assert!(is_withheld(value), "{} sees {here}: {value}", self.role);
            }
        }
        held
    }

    /// The field of that name, and the type that has it: a member, when `of` is a union.
    fn declared<'a>(&'a self, of: &'a str, name: &str) -> (&'a str, &'a Field) {
        let members = self.sdl.members(of).iter().map(|member| member.name.as_str());
        for holder in members.chain([of]) {
            if let Some(field) = self.sdl.fields(holder).iter().find(|field| field.name == name) {
                return (holder, field);
            }
        }
        panic!("{of} has no field {name}")
    }

    fn value(&self, of: &str, full: &Value, seen: &Value, path: &str) -> usize {
        match (full, seen) {
            (Value::Array(full), Value::Array(seen)) => {
                assert_eq!(full.len(), seen.len(), "{} at {path}", self.role);
                let pairs = full.iter().zip(seen);
                pairs.map(|(full, seen)| self.value(of, full, seen, path)).sum()
            }
            (Value::Object(_), Value::Object(_)) => self.object(of, full, seen, path),
            // Times of this very answer.
            _ if path.ends_with(".fetchedAt")
                || path.ends_with(".asOf")
                || path.ends_with("Ms") =>
            {
                0
            }
            // Who does not see values does not see either which measurements have the same.
            _ if path.ends_with(".observations.totalCount")
                && !self.matrix.shows(self.role, "Observation", "value") =>
            {
                assert!(seen.as_u64() <= full.as_u64(), "{} at {path}", self.role);
                1
            }
            _ => {
                assert_eq!(full, seen, "{} at {path}", self.role);
                usize::from(!full.is_null())
            }
        }
    }
}

/// True for what stands in the place of something hidden: nothing, an empty list, an unavailable connection.
pub(crate) fn is_withheld(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(yes) => !yes,
        Value::String(word) => word == "UNAVAILABLE",
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_withheld),
        Value::Number(_) => false,
    }
}

#[test]
fn each_role_sees_what_the_matrix_says_and_is_told_the_rest() {
    run(async {
        let (gateway, sdl, matrix) = (shared().await, Sdl::ours(), Matrix::committed());
        let patient = gateway.patient(0).await;
        let id = json!({ "id": patient });
        let (mut held, mut hidden) = (0, 0);
        for field in sdl.fields("Patient") {
            let query = query(&sdl, field);
            let full = gateway.data(&query, id.clone()).await;
            for role in SEEING {
                let answer = ask_as(gateway, role, &patient, &query, id.clone()).await;
                let name = role.as_str();
                let data = answer.data();
                let expectation = Expectation { sdl: &sdl, matrix: &matrix, role: name };
                // No two readings of a log are equal, and nobody sees more of it than the patient.
                if field.name != "accessLog" {
                    let (full, seen) = (&full["patient"], &data["patient"]);
                    held += expectation.object("Patient", full, seen, "patient");
                }
                let path = format!("patient.{}", field.name);
                let expected = if matrix.shows(name, "Patient", &field.name) {
                    matrix.redactions(&sdl, name, field.type_name(), &path)
                } else {
                    BTreeSet::from([path])
                };
                hidden += expected.len();
                assert_eq!(answer.redactions(), Vec::from_iter(expected), "{name}: {query}");
            }
        }
        assert!(held > 1_000 && hidden > 20, "{held} values, {hidden} hidden fields");
    });
}

#[test]
fn every_field_that_can_hold_something_does_for_the_featured_patient() {
    run(async {
        let (gateway, sdl) = (shared().await, Sdl::ours());
        let patient = gateway.patient(0).await;
        let mut empty = Vec::new();
        for field in sdl.fields("Patient") {
            let data = gateway.data(&query(&sdl, field), json!({ "id": patient })).await;
            if is_withheld(&data["patient"][&field.name]) {
                empty.push(field.name.as_str());
            }
        }
        // Else the comparison above would compare nothing with nothing.
        assert_eq!(empty, ["deceased", "isDeceased", "accessLog"]);
    });
}

#[test]
fn redactions_do_not_depend_on_what_there_is_to_hide() {
    run(async {
        let (gateway, sdl) = (shared().await, Sdl::ours());
        for role in [Role::Coordinator, Role::Pharmacist, Role::Specialist] {
            for field in sdl.fields("Patient") {
                let query = query(&sdl, field);
                let mut lists = BTreeSet::new();
                for person in [0, 3, 7] {
                    let id = gateway.patient(person).await;
                    let answer = gateway.ask(role, &query, json!({ "id": id })).await;
                    assert!(
                        !text(&answer.data()["patient"]["id"]).is_empty()
                            || answer.codes().is_empty()
                    );
                    lists.insert(answer.json()["extensions"]["access"].to_string());
                }
                assert_eq!(lists.len(), 1, "{role} {}: {lists:?}", field.name);
            }
        }
    });
}
