//! A partner that keeps the remote protocol: three fills of one patient.

use caregraph_connectors::record::Section;
use caregraph_connectors::testkit::{
    CANARY, Dialect, HttpAnswer, HttpRequest, STRANGER, Subject, Tamper,
};
use caregraph_connectors::{Kind, remote};
use serde_json::{Value, json};

/// See [`Dialect`].
pub(crate) struct RemoteDialect;

const BASE: &str = "/caregraph";
const PATIENT: &str = "p-1";
const FILLS: usize = 3;
const PEOPLE: usize = 2;

impl Dialect for RemoteDialect {
    fn kind(&self) -> Kind {
        remote::KIND
    }

    fn settings(&self) -> toml::Table {
        "protocol = 1\nsections = ['MEDICATIONS']\nmax_patients = 10".parse().unwrap()
    }

    fn base_path(&self) -> &'static str {
        BASE
    }

    fn subject(&self) -> Subject {
        let (section, unoffered) = (Section::Medications, Section::Conditions);
        Subject::Patient { id: PATIENT, section, unoffered }
    }

    fn records(&self) -> usize {
        FILLS
    }

    fn roster(&self) -> Option<usize> {
        Some(PEOPLE)
    }

    fn answer(&self, request: &HttpRequest) -> HttpAnswer {
        match (request.method.as_str(), request.path.strip_prefix(BASE)) {
            ("GET", Some("/capabilities")) => HttpAnswer::json(&json!({"protocol": 1,
                "sections": ["MEDICATIONS"], "maxPatients": 10, "roster": true, "events": false})),
            ("GET", Some("/roster")) => {
                let person = |id| json!({"id": id, "active": true, "person": {"names": [{"family": "Example"}]}});
                let all = [person(PATIENT), person("p-2")];
                HttpAnswer::json(&json!({"patients": all, "next": null, "total": PEOPLE}))
            }
            ("POST", Some("/fetch")) => rows(&each(0..FILLS, PATIENT)),
            _ => HttpAnswer::json(&json!({"code": "no such thing"})).status(404),
        }
    }

    fn tampered(&self, request: &HttpRequest, tamper: &Tamper) -> Option<HttpAnswer> {
        if request.path.strip_prefix(BASE) != Some("/fetch") {
            return None;
        }
        let mut fills = each(0..FILLS, PATIENT);
        match tamper {
            Tamper::Empty => fills.clear(),
            Tamper::Many(many) => fills = each(0..*many, PATIENT),
            Tamper::Strangers => fills = each(0..FILLS, STRANGER),
            Tamper::OneStranger => fills.insert(1, fill(9, STRANGER)),
            Tamper::OneBroken => fills[0]["record"]["fact"]["fill"]["status"] = json!(CANARY),
            Tamper::DoubledKeys => {
                let body = format!(
                    r#"{{"rows": [{{"id": "{PATIENT}", "id": "{STRANGER}", "status": "ok", "complete": true, "records": [], "etag": "{CANARY}"}}]}}"#
                );
                return Some(HttpAnswer::of("application/json", body));
            }
            Tamper::Endless | Tamper::Circular | Tamper::Astray(_) => return None,
        }
        Some(rows(&fills))
    }

    fn is_further_page(&self, _: &HttpRequest) -> bool {
        false
    }
}

fn each(numbers: impl Iterator<Item = usize>, patient: &str) -> Vec<Value> {
    numbers.map(|number| fill(number, patient)).collect()
}

fn fill(number: usize, patient: &str) -> Value {
    json!({"subject": patient, "record": {"reference": format!("fill/{patient}-{number}"),
        "fact": {"fill": {"medication": {"drug": {"text": CANARY}}, "status": "completed"}}}})
}

fn rows(fills: &[Value]) -> HttpAnswer {
    let row = json!({"id": PATIENT, "status": "ok", "complete": true, "records": fills});
    HttpAnswer::json(&json!({"rows": [row]}))
}
