//! A patient's sections, read through the API to their last page.

use std::collections::BTreeMap;

use caregraph_sandbox::{Sandbox, Section};
use serde_json::{Value, json};

use crate::answer::{items, text};
use crate::gateway::TestGateway;

/// The sections that are connections.
pub(crate) const LISTS: [Section; 12] = [
    Section::Conditions,
    Section::Allergies,
    Section::Medications,
    Section::Observations,
    Section::Immunizations,
    Section::Procedures,
    Section::Encounters,
    Section::Appointments,
    Section::Documents,
    Section::CarePlans,
    Section::Goals,
    Section::Referrals,
];

/// The sections that are plain lists.
pub(crate) const PLAIN: [Section; 2] = [Section::CareTeam, Section::Coverage];

/// Where each shown thing comes from.
const ORIGIN: &str = "id provenance { records { source { name } reference } }";

/// One shown thing: its id and its contributors as (system, reference), the shown one first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shown {
    /// Its id.
    pub(crate) id: String,
    /// Its contributors.
    pub(crate) records: Vec<(String, String)>,
}

/// A patient's sections as they are shown, without those of which no source could say anything.
pub(crate) type Chart = BTreeMap<Section, Vec<Shown>>;

/// All sections of a patient, in pages of `first`.
pub(crate) async fn read(gateway: &TestGateway, patient: &str, first: usize) -> Chart {
    let plain = PLAIN
        .iter()
        .map(|section| format!("{} {{ {ORIGIN} }} ", section.as_str()))
        .collect::<Vec<_>>()
        .concat();
    let lists =
        LISTS.iter().map(|section| list(*section, first, None)).collect::<Vec<_>>().concat();
    let query = format!("query($id: ID!) {{ patient(id: $id) {{ {plain} {lists} }} }}");
    let data = gateway.data(&query, json!({ "id": patient })).await;
    let data = &data["patient"];
    let mut chart = Chart::new();
    for section in PLAIN {
        let list = &data[section.as_str()];
        if list.is_array() {
            chart.insert(section, shown(&gateway.sandbox, list));
        }
    }
    for section in LISTS {
        let page = &data[section.as_str()];
        if page["completeness"]["state"] != "UNAVAILABLE" {
            chart.insert(section, pages(gateway, patient, section, first, page).await);
        }
    }
    chart
}

/// The things of a list that begins with this page; checks what pages promise.
async fn pages(
    gateway: &TestGateway,
    patient: &str,
    section: Section,
    first: usize,
    page: &Value,
) -> Vec<Shown> {
    let mut page = page.clone();
    let total = page["totalCount"].as_u64();
    let mut all = Vec::new();
    loop {
        assert_eq!(page["completeness"]["state"], "COMPLETE", "{section:?} {page}");
        assert_eq!(page["totalCount"].as_u64(), total, "{section:?}");
        let things = shown(&gateway.sandbox, &page["nodes"]);
        assert!(things.len() <= first, "{section:?}");
        all.extend(things);
        if page["pageInfo"]["hasNextPage"] != true {
            break;
        }
        assert_eq!(items(&page["nodes"]).len(), first, "{section:?}");
        let after = text(&page["pageInfo"]["endCursor"]);
        let query = format!(
            "query($id: ID!) {{ patient(id: $id) {{ {} }} }}",
            list(section, first, Some(&after))
        );
        page = gateway.data(&query, json!({ "id": patient })).await["patient"][section.as_str()]
            .take();
        assert_eq!(page["pageInfo"]["hasPreviousPage"], true, "{section:?}");
    }
    assert_eq!(Some(all.len() as u64), total, "{section:?}");
    all
}

fn list(section: Section, first: usize, after: Option<&str>) -> String {
    let after = after.map(|after| format!(", after: {after:?}")).unwrap_or_default();
    format!(
        "{}(first: {first}{after}) {{ totalCount completeness {{ state }} \
         pageInfo {{ hasNextPage hasPreviousPage endCursor }} nodes {{ {ORIGIN} }} }} ",
        section.as_str()
    )
}

/// The things of a list of nodes.
pub(crate) fn shown(sandbox: &Sandbox, nodes: &Value) -> Vec<Shown> {
    let thing = |node: &Value| Shown {
        id: text(&node["id"]),
        records: items(&node["provenance"]["records"])
            .iter()
            .map(|record| {
                (system(sandbox, &text(&record["source"]["name"])), text(&record["reference"]))
            })
            .collect(),
    };
    items(nodes).iter().map(thing).collect()
}

/// The id of the system that people call so.
pub(crate) fn system(sandbox: &Sandbox, name: &str) -> String {
    let system = sandbox.systems().iter().find(|system| system.name() == name);
    system.unwrap_or_else(|| panic!("there is no system {name:?}")).id().to_owned()
}
