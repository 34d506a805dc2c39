//! Marked values, and the person of whom they are told.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;

use super::search::Mark;
use crate::twins::server::Shelf;

/// Marked values by what they stand for.
pub(super) struct Marks {
    /// What patients and clinicians may be shown.
    pub(super) shown: Vec<Mark>,
    /// What nobody is ever shown.
    pub(super) never: Vec<Mark>,
}

impl Marks {
    pub(super) fn draw() -> Self {
        let started = std::time::UNIX_EPOCH.elapsed().expect("it is after 1970").as_nanos();
        let mut random =
            StdRng::seed_from_u64(u64::try_from(started & u128::from(u64::MAX)).expect("it fits"));
        let mut mark = |what| {
            let number: u64 = random.random();
            Mark { what, text: format!("Kan{number:016x}Quex") }
        };
        let shown = [
            "family name",
            "given name",
            "street",
            "mail",
            "identifier",
            "local id",
            "problem",
            "note",
            "result",
            "label text",
            "team",
            "basis of a consent",
            "searched words",
            "variable",
            "literal",
            "alias",
            "operation",
        ];
        let never = [
            "curse of a source",
            "credential",
            "subject",
            "organisation",
            "client",
            "comment",
            "request header",
            "extension",
            "reason of a removal",
        ];
        Self { shown: shown.map(&mut mark).into(), never: never.map(mark).into() }
    }

    pub(super) fn text(&self, what: &str) -> &str {
        let mark = self.shown.iter().chain(&self.never).find(|mark| mark.what == what);
        &mark.unwrap_or_else(|| panic!("there is no mark {what}")).text
    }

    pub(super) fn all(&self) -> Vec<Mark> {
        self.shown.iter().chain(&self.never).cloned().collect()
    }

    /// What a system holds of one marked person.
    pub(super) fn shelf(&self) -> Shelf {
        let (of, owner) = (|what| self.text(what), self.text("local id").to_owned());
        let me = json!({ "reference": format!("Patient/{owner}") });
        let coded = |what| json!({ "coding": [{ "system": "http://snomed.info/sct", "code": "1000001", "display": of(what) }], "text": of(what) });
        let resources = [
            json!({ "resourceType": "Patient", "id": owner, "gender": "female", "birthDate": "1950-05-05",
                "name": [{ "family": of("family name"), "given": [of("given name")] }],
                "identifier": [{ "system": "urn:marked", "value": of("identifier") }],
                "telecom": [{ "system": "email", "value": format!("{}@example.org", of("mail")) }],
                "address": [{ "line": [of("street")], "city": "Here", "postalCode": "12345" }] }),
            json!({ "resourceType": "Condition", "id": "c1", "subject": me, "code": coded("problem") }),
            json!({ "resourceType": "DocumentReference", "id": "d1", "subject": me, "status": "current", "type": coded("label text"),
                "content": [{ "attachment": { "contentType": "text/plain", "data": STANDARD.encode(of("note")), "title": of("note") } }] }),
            json!({ "resourceType": "Observation", "id": "o1", "subject": me, "status": "final", "code": coded("result"), "valueString": of("result") }),
            json!({ "resourceType": "CareTeam", "id": "t1", "subject": me, "participant": [{ "member": { "display": of("team") } }] }),
            // One that cannot be read, and one of somebody else.
            json!({ "resourceType": "Observation", "id": { "no": of("result") }, "subject": me, "code": 17 }),
            json!({ "resourceType": "Condition", "id": "c2", "subject": { "reference": format!("Patient/{}", of("family name")) }, "code": coded("problem") }),
        ];
        let mut held: Shelf = HashMap::new();
        for resource in resources {
            let kind = ["Patient", "Condition", "DocumentReference", "Observation", "CareTeam"];
            let kind = kind.into_iter().find(|kind| resource["resourceType"] == *kind);
            held.entry(kind.expect("these are all")).or_default().push((owner.clone(), resource));
        }
        held
    }
}
