//! From samples of the shipped examples' partners come manifests that say what the shipped ones do, once their authors have
//! decided what stands open.

use caregraph_connectors::record::Section;
use caregraph_connectors::testkit::{HttpAnswer, HttpRequest};
use caregraph_connectors::{Connector, RosterCursor};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use super::super::mapped::{ask, example, settings, with};
use super::{drafted, fixture, open_lines, sample};

fn greenleaf(request: &HttpRequest) -> HttpAnswer {
    let name = match request.path.as_str() {
        "/v2/members" => "greenleaf-members.json",
        "/v2/members/GL-00017/fills" => "greenleaf-fills.json",
        "/v2/members/GL-00017/prescriptions" => "greenleaf-prescriptions.json",
        "/v2/members/GL-00017/allergies" => "greenleaf-allergies.json",
        _ => return HttpAnswer::of("application/json", "{}").status(404),
    };
    HttpAnswer::of("application/json", fixture(name))
}

fn pharmacy() -> String {
    let texts = ["members", "fills", "prescriptions", "allergies"]
        .map(|it| fixture(&format!("greenleaf-{it}.json")));
    let asked = [
        "=members",
        "=members/{patient}/fills?page={page}&size={limit}",
        "=members/{patient}/prescriptions",
        "=members/{patient}/allergies",
    ];
    let samples: Vec<_> =
        asked.iter().zip(&texts).map(|(asked, text)| sample(asked, text)).collect();
    drafted(&samples).manifest
}

/// What the pharmacy's engineer decides: each line that stands open, below the block in which it does.
const DECIDED: [(&str, &str, &str); 12] = [
    ("[roster.active.table]", "A", "true"),
    ("[roster.active.table]", "C", "false"),
    ("[roster.active.table]", "S", "true"),
    ("[roster.fields.sex.table]", "X", "\"other\""),
    ("\"fill\"", "D", "\"completed\""),
    ("\"fill\"", "R", "\"in-progress\""),
    ("\"order\"", "A", "\"active\""),
    ("\"order\"", "E", "\"completed\""),
    ("[fetch.fields.clinicalStatus.table]", "true", "\"active\""),
    ("[fetch.fields.clinicalStatus.table]", "false", "\"inactive\""),
    ("[fetch.fields.criticality.table]", "Y", "\"high\""),
    ("[fetch.fields.criticality.table]", "N", "\"low\""),
];

fn decided(draft: &str) -> String {
    let mut text = draft.to_owned();
    for (below, value, code) in DECIDED {
        let from = text.find(below).unwrap_or_else(|| panic!("{below}\n{text}"));
        let line = format!("\n{value} = \"?\"");
        let at =
            from + text[from..].find(&line).unwrap_or_else(|| panic!("{below} {value}\n{text}"));
        text.replace_range(at..at + line.len(), &format!("\n{value} = {code}"));
    }
    text
}

#[test]
fn every_place_that_the_pharmacy_must_decide_stands_open_and_no_other() {
    let draft = pharmacy();
    let open = open_lines(&draft);
    let expected: Vec<String> = DECIDED
        .iter()
        .filter(|it| it.1 != "?")
        .map(|(_, value, _)| format!("{value} = \"?\""))
        .collect();
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    assert_eq!(sorted(open), sorted(expected), "{draft}");
    assert!(open_lines(&decided(&draft)).is_empty());
    super::has_lines(&draft, &["# not mapped: $.drug.color (text)"]);
}

/// What a record says in its essential fields: constants, and words that are joined of several, are the author's.
fn essence(record: &impl serde::Serialize) -> Value {
    let mut value = serde_json::to_value(record).unwrap();
    value["identifiers"] = json!([]);
    value["recorded"] = json!(null);
    for fact in ["fill", "order", "allergy"] {
        let Some(fields) = value["fact"].get_mut(fact).and_then(Value::as_object_mut) else {
            continue;
        };
        fields.remove("intent");
        fields.remove("pharmacy");
        let codings =
            fields.get_mut("medication").and_then(|it| it["drug"]["codings"].as_array_mut());
        for coding in codings.into_iter().flatten() {
            coding["display"] = json!(null);
        }
    }
    value
}

async fn known(connector: &dyn Connector) -> Vec<Value> {
    let mut all = Vec::new();
    for section in [Section::Medications, Section::Allergies] {
        let share = ask(connector, section, "GL-00017").await;
        assert_eq!(share.problem, None, "{section:?}");
        all.extend(share.records.iter().map(essence));
    }
    all
}

async fn people(connector: &dyn Connector) -> Vec<Value> {
    let deadline = Instant::now() + Duration::from_secs(5);
    let page = connector.roster(&RosterCursor::Start, deadline).await.unwrap();
    let person = |it: &caregraph_connectors::connector::RosterEntry| {
        let mut value = serde_json::to_value(&it.person).unwrap();
        value["identifiers"] = json!([]);
        for part in ["addresses", "telecom"] {
            for each in value[part].as_array_mut().unwrap() {
                each["usage"] = json!(null);
            }
        }
        json!([it.id.as_str(), value])
    };
    page.people.iter().map(person).collect()
}

#[tokio::test]
async fn the_pharmacys_manifest_tells_what_the_shipped_one_does() {
    let ours = settings(&decided(&pharmacy()));
    let shipped = with(example("greenleaf-pharmacy.toml"), greenleaf, async |it| {
        (known(&*it).await, people(&*it).await)
    })
    .await;
    let drafted = with(ours, greenleaf, async |it| (known(&*it).await, people(&*it).await)).await;
    assert!(shipped.0.len() > 9 && shipped.1.len() > 3, "{shipped:?}");
    assert_eq!(drafted.0, shipped.0);
    assert_eq!(drafted.1, shipped.1);
}

#[tokio::test]
async fn the_food_banks_manifest_tells_what_the_shipped_one_does() {
    let text = fixture("harvest-sites.csv");
    let draft = drafted(&[sample("directory=sites.csv", &text)]).manifest;
    assert_eq!(open_lines(&draft), ["No = \"?\"", "Seasonal = \"?\"", "Yes = \"?\""], "{draft}");
    let ours = draft
        .replace("\nYes = \"?\"", "\nYes = \"active\"")
        .replace("\nNo = \"?\"", "\nNo = \"inactive\"")
        .replace("\nSeasonal = \"?\"", "\nSeasonal = \"temporarily closed\"");
    let script = |_: &HttpRequest| HttpAnswer::of("text/csv", fixture("harvest-sites.csv"));
    let services = async |connector: std::sync::Arc<dyn Connector>| {
        let directory = connector.directory().unwrap();
        directory.refresh().await.unwrap();
        let catalogue = directory.catalogue();
        assert_eq!(catalogue.unreadable(), 0);
        let essence = |service| {
            let mut value = serde_json::to_value(service).unwrap();
            // What is constant, and what words for kinds are, is the author's.
            for key in ["organization", "cost", "categories", "documents"] {
                value[key] = json!(null);
            }
            for location in value["locations"].as_array_mut().unwrap() {
                location["name"] = json!(null);
            }
            value
        };
        catalogue.services().iter().map(|it| essence(&**it)).collect::<Vec<Value>>()
    };
    let shipped = with(example("harvest-food-bank.toml"), script, services).await;
    let drafted = with(settings(&ours), script, services).await;
    assert_eq!(shipped.len(), 4);
    assert_eq!(drafted, shipped);
}
