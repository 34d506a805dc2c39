//! What the register needs of those who know dialects: to read a manifest, to try it, and to put it into force.

use async_trait::async_trait;
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
    /// Where it is.
    pub endpoint: String,
    /// The names of the sections that it may fill.
    pub sections: Vec<String>,
}

impl Declared {
    /// Scheme, host and port of where it is.
    pub fn origin(&self) -> Option<String> {
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
    /// What a manifest declares, or all that is wrong with it, when that is what it proves itself with. Nothing is asked of
    /// any source.
    fn read(
        &self,
        manifest: &str,
        credential: Option<SecretString>,
    ) -> Result<Declared, Vec<Mistake>>;

    /// Tries a version of a connector: whether its source can be asked as the manifest says, and answers as it should.
    async fn try_out(&self, registration: &Registration, version: u32) -> Report;

    /// Brings what is in force on this node in line with the register; returns when it is.
    async fn settle(&self);
}
