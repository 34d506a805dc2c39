//! Which medicine a reference means: contained in the resource, included in the answer, or read from the server
//! in one batch.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;
use serde_json::value::RawValue;
use smol_str::format_smolstr;
use tokio::time::Instant;

use super::Server;
use super::search::{Found, Manners};
use super::types::MEDICATION;
use super::wire::{self, Concept, Reference, many};
use crate::connector::Problem;
use crate::record::{self, Text};

/// How many medicines one batched read names, so that the URL stays within what servers take.
const BATCH: usize = 50;

/// The medicines that one answer refers to, by `Medication/id`.
#[derive(Debug, Default)]
pub(super) struct Medications {
    known: HashMap<Text, record::Medication>,
    /// They did not all come along, so that the server was asked for some.
    pub(super) were_read: bool,
    /// Why some may be missing.
    pub(super) problem: Option<Problem>,
}

/// The part of a `Medication` resource that is of use.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Product {
    code: Option<Concept>,
    form: Option<Concept>,
    #[serde(default, deserialize_with = "many")]
    ingredient: Vec<Ingredient>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ingredient {
    item_codeable_concept: Option<Concept>,
}

impl Medications {
    /// Gathers the medicines that the found resources of `kind` point to.
    pub(super) async fn of(server: &Server, found: &mut Found, deadline: Instant) -> Self {
        let mut medications = Self::default();
        medications.take(&mut found.medicines);
        let missing: Vec<String> = found
            .matches
            .iter()
            .filter_map(|found| found.resource.body.medication()?.target())
            .filter(|(kind, _)| *kind == MEDICATION.name)
            .map(|(_, id)| id.to_owned())
            .filter(|id| {
                !medications.known.contains_key(format_smolstr!("Medication/{id}").as_str())
            })
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        for ids in missing.chunks(BATCH) {
            let mut read = server
                .search(
                    &MEDICATION,
                    &[("_id", &ids.join(","))],
                    &Manners::default(),
                    None,
                    deadline,
                )
                .await;
            medications.were_read = true;
            medications.take(&mut read.medicines);
            medications.problem = Problem::graver(
                medications.problem,
                read.problem.filter(|problem| *problem != Problem::NotSupported),
            );
        }
        medications
    }

    fn take(&mut self, medicines: &mut Vec<(Text, Product)>) {
        let read = medicines.drain(..).map(|(reference, product)| (reference, product.into()));
        self.known.extend(read);
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
            Some(id) => wire::contained::<Product>(contained, id).map(Into::into),
            None => wire::target(text).and_then(|(kind, id)| {
                self.known.get(format_smolstr!("{kind}/{id}").as_str()).cloned()
            }),
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
