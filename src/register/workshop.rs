//! What the register needs of those who know dialects: to read a manifest, to try it, and to put it into force.

use std::collections::BTreeSet;

use async_trait::async_trait;
use caregraph_connectors::egress::Secrets;
use caregraph_connectors::record::Section;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{Registration, Report};

/// What a manifest declares.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Declared {
    /// The id of the connector, and of its source.
    pub id: String,
    /// The source's name, as people know it.
    pub name: String,
    /// The organisation that runs it.
    pub organization: Option<String>,
    /// The dialect that it speaks.
    pub kind: String,
    /// By which rule its list of patients gives each an id, where a manifest says so.
    #[serde(default)]
    pub patient_id: Option<String>,
    /// Where it is.
    pub endpoint: String,
    /// The names of the sections that it may fill.
    pub sections: Vec<String>,
}

impl Declared {
    /// Why its patients may be others than those who have the same ids by a version before, if they may: the setting that says
    /// so, and what is wrong with it.
    pub fn differs_from(&self, before: &Self) -> Option<(&'static str, &'static str)> {
        if self.kind != before.kind || self.origin() != before.origin() {
            return Some((
                "base_url",
                "is of another system than the version in use, where the same id may be another patient's",
            ));
        }
        (self.patient_id != before.patient_id).then_some((
            "roster.id",
            "gives patients other ids than the version in use, by which they could be taken for one another",
        ))
    }

    /// True when it is a directory of services, and is asked about no patient.
    pub(super) fn is_directory(&self) -> bool {
        let is_service = |section: &String| section == Section::Services.name();
        !self.sections.is_empty() && self.sections.iter().all(is_service)
    }

    /// Scheme, host and port of where it is.
    fn origin(&self) -> Option<String> {
        let url = url::Url::parse(&self.endpoint).ok()?;
        Some(url.origin().ascii_serialization())
    }
}

/// One thing that is wrong with a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where: the path of the setting.
    pub path: String,
    /// Line and column in the manifest, from 1, as far as they can be told.
    pub place: Option<(usize, usize)>,
    /// What is wrong and what to do, in one sentence.
    pub message: String,
}

/// Reads, tries and runs what manifests describe.
#[async_trait]
pub trait Workshop: Send + Sync {
    /// The settings of a manifest whose secrets are given beside it.
    fn given(&self, manifest: &str) -> BTreeSet<String>;

    /// What a manifest declares, or all that is wrong with it, when that is what it proves itself with. Nothing is asked of
    /// any source.
    fn read(&self, manifest: &str, secrets: &Secrets) -> Result<Declared, Vec<Mistake>>;

    /// Tries a version of a connector: whether its source can be asked as the manifest says, and answers as it should.
    async fn try_out(
        &self,
        registration: &Registration,
        version: u32,
        identifier: Option<SecretString>,
    ) -> Report;

    /// Brings what is in force on this node in line with the register; returns when it is.
    async fn settle(&self);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patients_are_the_same_as_long_as_the_system_and_the_rule_of_their_ids_are() {
        let before = Declared {
            kind: "mapped-http".to_owned(),
            endpoint: "https://a.example/v1/".to_owned(),
            patient_id: Some("\"$.memberNo\"".to_owned()),
            ..Declared::default()
        };
        let path = |now: Declared| now.differs_from(&before).map(|(path, _)| path);
        let endpoint = |url: &str| Declared { endpoint: url.to_owned(), ..before.clone() };
        assert_eq!(path(endpoint("https://a.example/v2/")), None);
        assert_eq!(path(endpoint("https://b.example/v1/")), Some("base_url"));
        assert_eq!(path(endpoint("https://a.example:8443/v1/")), Some("base_url"));
        let kind = "fhir-r4".to_owned();
        assert_eq!(path(Declared { kind, ..before.clone() }), Some("base_url"));
        let patient_id = Some("\"$.household\"".to_owned());
        assert_eq!(path(Declared { patient_id, ..before.clone() }), Some("roster.id"));
        assert_eq!(path(Declared { patient_id: None, ..before.clone() }), Some("roster.id"));
    }
}
