//! A FHIR R4 server that holds three records of one patient in one section, on two pages, and insists on strict
//! handling of search parameters.

use caregraph_connectors::Kind;
use caregraph_connectors::record::Section;
use caregraph_connectors::testkit::{
    CANARY, Dialect, HttpAnswer, HttpRequest, STRANGER, Subject, Tamper,
};
use serde_json::{Value, json};

/// See [`Dialect`]. Knows `Conditions` and `Medications`.
pub(crate) struct FhirDialect {
    pub(crate) kind: Kind,
    pub(crate) settings: toml::Table,
    pub(crate) section: Section,
    pub(crate) roster: bool,
}

const BASE: &str = "/fhir/r4";
const PATIENT: &str = "p-1";
const RECORDS: usize = 3;
const A_PAGE: usize = 2;
const PEOPLE: usize = 2;

impl Dialect for FhirDialect {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn settings(&self) -> toml::Table {
        self.settings.clone()
    }

    fn base_path(&self) -> &'static str {
        BASE
    }

    fn subject(&self) -> Subject {
        // Community services are the one section that no clinical server fills.
        Subject::Patient { id: PATIENT, section: self.section, unoffered: Section::Services }
    }

    fn records(&self) -> usize {
        RECORDS
    }

    fn roster(&self) -> Option<usize> {
        self.roster.then_some(PEOPLE)
    }

    fn answer(&self, request: &HttpRequest) -> HttpAnswer {
        let Some(path) = below_base(request) else { return outcome(404, "not-found") };
        match path.split_once('/') {
            Some(("Patient", PATIENT)) => resource(&person(PATIENT)),
            Some(_) => outcome(404, "not-found"),
            None if path == "metadata" => resource(&json!({"resourceType": "CapabilityStatement",
                "status": "active", "fhirVersion": "4.0.1", "format": ["json"], "kind": "instance",
                "date": "2026-01-01"})),
            // The contract asks for it, since servers else ignore what they do not know.
            None if !is_strict(request) => outcome(400, "invalid"),
            None if path == "Patient" => people(request),
            None if path == self.resource_type() && asks_for(request, PATIENT) => {
                self.page(request, numbers(page_of(request)), has_next(request))
            }
            None => bundle(request, Vec::new(), None),
        }
    }

    fn tampered(&self, request: &HttpRequest, tamper: &Tamper) -> Option<HttpAnswer> {
        if below_base(request)? != self.resource_type() {
            return None;
        }
        let page = page_of(request);
        let of = |number: usize, patient| self.record(&number.to_string(), patient);
        let mut entries: Vec<Value> = numbers(page).map(|number| of(number, PATIENT)).collect();
        let mut next = has_next(request).then(|| link(request, page + 1));
        match tamper {
            Tamper::Empty => (entries, next) = (Vec::new(), None),
            Tamper::Many(many) => {
                entries = (0..*many).map(|number| of(number, PATIENT)).collect();
                next = None;
            }
            Tamper::Strangers => {
                let strange = |number| self.record(&format!("{STRANGER}-{number}"), STRANGER);
                entries = numbers(page).map(strange).collect();
            }
            Tamper::OneStranger if page == 1 => {
                entries.insert(1, self.record(&format!("{STRANGER}-1"), STRANGER));
            }
            Tamper::OneBroken if page == 1 => {
                // About the patient, but without an id and with parts of the wrong type.
                let subject = json!({"reference": format!("Patient/{PATIENT}")});
                entries[0] = json!({"resourceType": self.resource_type(), "subject": subject,
                    "code": CANARY, "status": {"no": CANARY}, "medicationCodeableConcept": CANARY});
            }
            Tamper::Endless => {
                entries = vec![of(page, PATIENT)];
                next = Some(link(request, page + 1));
            }
            Tamper::Circular => next = next.or_else(|| Some(link(request, page))),
            Tamper::Astray(foreign) if page == 1 => {
                next = Some(format!("{foreign}{}?page=2&patient={PATIENT}", request.path));
            }
            Tamper::DoubledKeys if page == 1 => return Some(self.doubled()),
            _ => return None,
        }
        Some(bundle(request, entries, next))
    }

    fn is_further_page(&self, request: &HttpRequest) -> bool {
        page_of(request) > 1
    }
}

impl FhirDialect {
    fn resource_type(&self) -> &'static str {
        match self.section {
            Section::Medications => "MedicationRequest",
            _ => "Condition",
        }
    }

    fn page(
        &self,
        request: &HttpRequest,
        numbers: std::ops::Range<usize>,
        more: bool,
    ) -> HttpAnswer {
        let entries = numbers.map(|number| self.record(&number.to_string(), PATIENT)).collect();
        bundle(request, entries, more.then(|| link(request, page_of(request) + 1)))
    }

    fn record(&self, id: &str, patient: &str) -> Value {
        let mut record = json!({"resourceType": self.resource_type(), "id": id,
            "subject": {"reference": format!("Patient/{patient}")},
            "meta": {"lastUpdated": "2026-01-02T03:04:05Z"}});
        match self.section {
            Section::Medications => {
                record["status"] = json!("active");
                record["intent"] = json!("order");
                record["medicationCodeableConcept"] = json!({"text": format!("Medicine {id}")});
            }
            _ => record["code"] = json!({"text": format!("Condition {id}")}),
        }
        record
    }

    /// The same key for the patient and for somebody else.
    fn doubled(&self) -> HttpAnswer {
        let subject = |id| format!(r#""subject": {{"reference": "Patient/{id}"}}"#);
        let record = format!(
            r#"{{"resourceType": "{}", "id": "9", {}, {}, "code": {{"text": "{CANARY}"}}}}"#,
            self.resource_type(),
            subject(PATIENT),
            subject(STRANGER),
        );
        let body = format!(
            r#"{{"resourceType": "Bundle", "type": "searchset", "entry": [{{"resource": {record}}}]}}"#
        );
        HttpAnswer::of("application/fhir+json", body)
    }
}

fn below_base(request: &HttpRequest) -> Option<&str> {
    request.path.strip_prefix(BASE)?.strip_prefix('/')
}

fn is_strict(request: &HttpRequest) -> bool {
    let filters = ["patient", "subject", "_id"].iter().any(|name| request.param(name).is_some());
    // Nothing is lost where nothing is filtered, and a server takes back the links that it hands out.
    !filters
        || request.param("page").is_some()
        || request.header("prefer").is_some_and(|prefer| prefer.contains("handling=strict"))
}

fn asks_for(request: &HttpRequest, patient: &str) -> bool {
    let asked = request.param("patient").or_else(|| request.param("subject")).unwrap_or_default();
    asked.split(',').any(|id| id.strip_prefix("Patient/").unwrap_or(id) == patient)
}

fn page_of(request: &HttpRequest) -> usize {
    request.param("page").and_then(|page| page.parse().ok()).unwrap_or(1)
}

fn numbers(page: usize) -> std::ops::Range<usize> {
    (A_PAGE * (page - 1)).min(RECORDS)..(A_PAGE * page).min(RECORDS)
}

fn has_next(request: &HttpRequest) -> bool {
    A_PAGE * page_of(request) < RECORDS
}

fn link(request: &HttpRequest, page: usize) -> String {
    format!("{}{}?patient={PATIENT}&page={page}", request.origin(), request.path)
}

fn person(id: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "active": true,
        "name": [{"family": "Example", "given": ["Ada"]}], "birthDate": "1970-01-01"})
}

/// One person by id, or the roster.
fn people(request: &HttpRequest) -> HttpAnswer {
    let everyone = [PATIENT, "p-2"];
    let wanted =
        |id: &&str| request.param("_id").is_none_or(|asked| asked.split(',').any(|it| it == *id));
    bundle(request, everyone.iter().filter(|id| wanted(id)).map(|id| person(id)).collect(), None)
}

fn bundle(request: &HttpRequest, resources: Vec<Value>, next: Option<String>) -> HttpAnswer {
    let url = |resource: &Value| {
        let part = |key: &str| resource[key].as_str().unwrap_or_default().to_owned();
        format!("{}{BASE}/{}/{}", request.origin(), part("resourceType"), part("id"))
    };
    let entries: Vec<Value> = resources
        .into_iter()
        .map(|it| json!({"fullUrl": url(&it), "resource": it, "search": {"mode": "match"}}))
        .collect();
    let own = format!("{}{}", request.origin(), request.path);
    let mut links = vec![json!({"relation": "self", "url": own})];
    links.extend(next.map(|next| json!({"relation": "next", "url": next})));
    let mut bundle = json!({"resourceType": "Bundle", "type": "searchset", "link": links});
    // FHIR forbids empty lists.
    if !entries.is_empty() {
        bundle["entry"] = json!(entries);
    }
    resource(&bundle)
}

fn outcome(status: u16, code: &str) -> HttpAnswer {
    let issue = json!([{"severity": "error", "code": code}]);
    resource(&json!({"resourceType": "OperationOutcome", "issue": issue})).status(status)
}

fn resource(value: &Value) -> HttpAnswer {
    HttpAnswer::of("application/fhir+json; charset=utf-8", value.to_string())
}
