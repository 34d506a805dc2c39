//! What a mapping costs beside a kind that is a program: both get the very same answer of 100 results, about 200 KB of it, and
//! make the same records of it. What it costs to fetch the answer and not to read it is measured too, and taken off.
//!
//! `cargo bench -p caregraph-connectors --bench mapping`

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run says so by ending")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use caregraph_connectors::egress::{Credentials, Egress};
use caregraph_connectors::record::Section;
use caregraph_connectors::testkit::{HttpAnswer, Play, Server};
use caregraph_connectors::{Ask, Connector, Io, Kind, LocalId, fhir, mapped};
use serde_json::{Value, json};
use tokio::time::Instant as Deadline;
use url::Url;

const RESULTS: usize = 100;
const ROUNDS: usize = 400;

const MANIFEST: &str = r#"
mapping = 1
[roster]
get = "Patient"
items = "$.entry[*].resource"
id = "$.id"
fields = { names = [{ family = "$.name[0].family" }] }

[[fetch]]
section = "OBSERVATIONS"
get = "Observation"
query = { patient = "{patient}" }
items = "$.entry[*].resource"
subject = { path = "$.subject.reference", without = "Patient/" }
reference = "$.id"
updated = "$.meta.lastUpdated"
identifiers = { each = "$.identifier[*]", system = "$.system", value = "$.value" }

[fetch.fields]
code = { text = "$.code.text", codings = { each = "$.code.coding[*]", system = "$.system", code = "$.code", display = "$.display" } }
status = "$.status"
categories = { each = "$.category[*]", codings = { each = "$.coding[*]", system = "$.system", code = "$.code", display = "$.display" } }
value = { quantity = { value = "$.valueQuantity.value", unit = "$.valueQuantity.unit", code = "$.valueQuantity.code" } }
interpretation = { text = "$.interpretation[0].text", codings = { each = "$.interpretation[0].coding[*]", system = "$.system", code = "$.code", display = "$.display" } }
range = "$.referenceRange[0].text"
taken = "$.effectiveDateTime"
issued = "$.issued"
bodySite = { text = "$.bodySite.text" }
specimen = "$.specimen.reference"

[fetch.fields.components]
each = "$.component[*]"
code = { text = "$.code.text", codings = { each = "$.code.coding[*]", system = "$.system", code = "$.code", display = "$.display" } }
value = { quantity = { value = "$.valueQuantity.value", unit = "$.valueQuantity.unit", code = "$.valueQuantity.code" } }
"#;

fn concept(text: &str, code: usize) -> Value {
    json!({"text": text, "coding": [
        {"system": "http://loinc.org", "code": format!("{code}-4"), "display": format!("{text} [Mass/volume] in Serum or Plasma")},
        {"system": "http://snomed.info/sct", "code": format!("{}", 100_000 + code), "display": text},
    ]})
}

fn quantity(value: f64) -> Value {
    json!({"value": value, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"})
}

fn result(number: usize) -> Value {
    let value = 3.0 + f64::from(u32::try_from(number).unwrap_or_default()) / 8.0;
    let part = |at: usize| json!({"code": concept("Potassium", 2_000 + at), "valueQuantity": quantity(value)});
    json!({
        "resourceType": "Observation", "id": format!("result-{number:05}"),
        "meta": {"versionId": "1", "lastUpdated": "2026-03-04T17:05:09.123+00:00", "profile": ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-observation-lab"]},
        "identifier": [{"system": "https://lab.example/accession", "value": format!("A-{number}")}],
        "status": "final", "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory", "display": "Laboratory"}]}],
        "code": concept("Glucose", number), "subject": {"reference": "Patient/p-1", "display": "Ada Example"},
        "encounter": {"reference": format!("Encounter/{number}")},
        "effectiveDateTime": "2026-03-04T08:00:00+00:00", "issued": "2026-03-04T17:05:09.123+00:00",
        "performer": [{"reference": "Organization/1", "display": "Lakeside Laboratory"}],
        "valueQuantity": quantity(value), "interpretation": [{"text": "normal", "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "code": "N", "display": "Normal"}]}],
        "referenceRange": [{"text": "3.5 to 5.5 mmol/L"}], "specimen": {"reference": "Specimen/9"},
        "bodySite": {"text": "left arm"}, "component": [part(1), part(2)],
    })
}

fn bundle() -> Vec<u8> {
    let entry = |number| json!({"fullUrl": format!("http://127.0.0.1/Observation/result-{number:05}"), "resource": result(number), "search": {"mode": "match"}});
    let entries: Vec<Value> = (0..RESULTS).map(entry).collect();
    json!({"resourceType": "Bundle", "type": "searchset", "total": RESULTS, "entry": entries})
        .to_string()
        .into_bytes()
}

fn connector(kind: Kind, settings: &str, origin: &str) -> Arc<dyn Connector> {
    let io = Io {
        base_url: Url::parse(origin).unwrap(),
        credentials: Credentials::None,
        timeout: Duration::from_secs(5),
        egress: Egress::new().unwrap(),
    };
    (kind.build)(settings.parse().unwrap(), io).unwrap()
}

async fn ask(connector: &dyn Connector) -> usize {
    let patients = [LocalId::new("p-1")];
    let deadline = Deadline::now() + Duration::from_secs(5);
    let ask = Ask { patients: &patients, section: Section::Observations, deadline, since: None };
    let share = connector.fetch(ask).await.remove(&patients[0]).unwrap();
    assert_eq!(share.problem, None);
    share.records.len()
}

/// The middle one of all times.
fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

async fn measure(body: &[u8], origin: &str) {
    let program = connector(fhir::KIND, "resources = ['Patient', 'Observation']", origin);
    let manifest = connector(mapped::KIND, MANIFEST, origin);
    let egress = Egress::new().unwrap();
    let url = Url::parse(&format!("{origin}/Observation")).unwrap();
    let (mut alone, mut by_program, mut by_manifest) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let deadline = Deadline::now() + Duration::from_secs(5);
        let got = egress.get_json(url.clone(), &Credentials::None, deadline).await.unwrap();
        alone.push(start.elapsed());
        assert_eq!(got.len(), body.len());
        for (connector, times) in [(&program, &mut by_program), (&manifest, &mut by_manifest)] {
            let start = Instant::now();
            assert_eq!(ask(&**connector).await, RESULTS);
            times.push(start.elapsed());
        }
    }
    let [alone, program, manifest] = [alone, by_program, by_manifest].map(middle);
    let [of_program, of_manifest] = [program, manifest].map(|it| it.saturating_sub(alone));
    println!("{RESULTS} results, {} bytes, {ROUNDS} rounds, middle times", body.len());
    println!("fetched, not read    {alone:?}");
    println!("by the kind fhir-r4  {program:?}, of which reading takes {of_program:?}");
    println!("by a manifest        {manifest:?}, of which reading takes {of_manifest:?}");
    let ratio = of_manifest.as_secs_f64() / of_program.as_secs_f64();
    println!("a manifest takes {ratio:.2} times what the program takes");
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let body = bundle();
        let server = Server::bind().await.unwrap();
        let answer = HttpAnswer::of("application/fhir+json", body.clone());
        tokio::select! {
            never = server.serve(|_| Play::Answer(answer.clone())) => match never {},
            () = measure(&body, server.origin()) => {}
        }
    });
}
