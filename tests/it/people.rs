//! Who the gateway says there is, and who there is in truth.

use std::collections::{BTreeMap, BTreeSet};

use caregraph_sandbox::{Sandbox, Section, Truth};
use serde_json::{Value, json};

use crate::answer::{items, text};
use crate::chart::system;
use crate::gateway::TestGateway;

/// The records of one person: (system, `Patient/…`).
pub(crate) type Links = BTreeSet<(String, String)>;

/// Everybody whom the gateway shows: the links of each, by our id.
pub(crate) async fn shown(gateway: &TestGateway) -> BTreeMap<String, Links> {
    let query = "query($after: String) { patients(first: 100, after: $after) {
        nodes { id links { source { name } reference } } pageInfo { hasNextPage endCursor } } }";
    let (mut everybody, mut after) = (BTreeMap::new(), Value::Null);
    loop {
        let data = gateway.data(query, json!({ "after": after })).await;
        let page = &data["patients"];
        for patient in items(&page["nodes"]) {
            let known = everybody.insert(text(&patient["id"]), links(&gateway.sandbox, patient));
            assert_eq!(known, None, "nobody stands on two pages");
        }
        if page["pageInfo"]["hasNextPage"] != true {
            return everybody;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

/// The links of a patient.
pub(crate) fn links(sandbox: &Sandbox, patient: &Value) -> Links {
    let link =
        |link: &Value| (system(sandbox, &text(&link["source"]["name"])), text(&link["reference"]));
    items(&patient["links"]).iter().map(link).collect()
}

/// Records of one person that belong together, and what they state.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    /// The records.
    pub(crate) links: Links,
    /// What is true of the person.
    pub(crate) truth: Truth,
}

impl Cluster {
    /// The resources that state something of a section and were not taken back.
    pub(crate) fn contributions(&self, section: Section) -> Links {
        let facts = self.truth.facts(section).iter();
        facts
            .flat_map(|fact| &fact.contributions)
            .filter(|said| !said.entered_in_error && self.knows(said.system))
            .map(|said| (said.system.to_owned(), said.reference.clone()))
            .collect()
    }

    /// True when the system has one of the records.
    pub(crate) fn knows(&self, system: &str) -> bool {
        self.links.iter().any(|(known, _)| known == system)
    }
}

/// What the records of one person come to, as far as they can be linked.
pub(crate) fn clusters(truth: &Truth) -> Vec<Cluster> {
    let mut links: BTreeMap<usize, Links> = BTreeMap::new();
    for record in &truth.records {
        let link = (record.system.to_owned(), format!("Patient/{}", record.id));
        links.entry(record.cluster).or_default().insert(link);
    }
    links.into_values().map(|links| Cluster { links, truth: truth.clone() }).collect()
}
