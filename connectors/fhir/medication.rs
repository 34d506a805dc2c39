//! Which medicine a reference means: contained in the resource, included in the answer, or read from the server
//! in one batch.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::Server;
use super::search::{Found, Manners, Resource};
use super::wire::{self, Concept, Reference, many};
use crate::connector::Problem;
use crate::record;

/// How many medicines one batched read names, so that the URL stays within what servers take.
const BATCH: usize = 50;

/// The medicines that one answer refers to, by `Medication/id`.
#[derive(Debug, Default)]
pub(super) struct Medications {
    known: HashMap<String, record::Medication>,
    /// Why some may be missing.
    pub(super) problem: Option<Problem>,
}

/// The part of a `Medication` resource that is of use.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Product {
    id: Option<String>,
    code: Option<Concept>,
    form: Option<Concept>,
    #[serde(deserialize_with = "many")]
    ingredient: Vec<Ingredient>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Ingredient {
    item_codeable_concept: Option<Concept>,
}

impl Medications {
    /// Gathers the medicines that the found resources of `kind` point to.
    pub(super) async fn of(server: &Server, kind: &str, found: &Found, deadline: Instant) -> Self {
        let mut medications = Self::default();
        if !kind.starts_with("Medication") {
            return medications;
        }
        medications.take(&found.included);
        let missing: Vec<String> = found
            .matches
            .iter()
            .filter_map(|resource| resource.head.medication().map(str::to_owned))
            .filter(|id| !medications.known.contains_key(&format!("Medication/{id}")))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        for ids in missing.chunks(BATCH) {
            let read = server
                .search("Medication", &[("_id", &ids.join(","))], &Manners::default(), deadline)
                .await;
            medications.take(&read.matches);
            medications.problem = Problem::graver(
                medications.problem,
                read.problem.filter(|problem| *problem != Problem::NotSupported),
            );
        }
        medications
    }

    fn take(&mut self, resources: &[Resource]) {
        for resource in
            resources.iter().filter(|resource| resource.reference.starts_with("Medication/"))
        {
            if let Ok(product) = serde_json::from_slice::<Product>(&resource.json) {
                self.known.insert(resource.reference.clone(), product.into());
            }
        }
    }

    /// The medicine that `medication[x]` names: the code as it stands, or what the reference points to, or at
    /// least the words beside the reference.
    pub(super) fn resolve(
        &self,
        code: Option<Concept>,
        reference: Option<Reference>,
        contained: &[Box<RawValue>],
    ) -> record::Medication {
        if let Some(code) = code {
            return record::Medication { drug: Some(code.into()), form: None };
        }
        let Some(reference) = reference else { return record::Medication::default() };
        let text = reference.reference.as_deref().unwrap_or_default();
        let found = match text.strip_prefix('#') {
            Some(id) => contained
                .iter()
                .filter_map(|json| serde_json::from_str::<Product>(json.get()).ok())
                .find(|product| product.id.as_deref() == Some(id))
                .map(Into::into),
            None => wire::target(text)
                .and_then(|(kind, id)| self.known.get(&format!("{kind}/{id}")).cloned()),
        };
        let words = || record::Medication {
            drug: reference.display.clone().map(record::Concept::of_text),
            form: None,
        };
        found.filter(|medication| medication.drug.is_some()).unwrap_or_else(words)
    }
}

impl From<Product> for record::Medication {
    fn from(product: Product) -> Self {
        let substance =
            product.ingredient.into_iter().find_map(|ingredient| ingredient.item_codeable_concept);
        Self {
            drug: product.code.or(substance).map(Into::into),
            form: product.form.map(Into::into),
        }
    }
}
