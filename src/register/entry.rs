//! One entry: who did what to which connector, and when.

use serde::{Deserialize, Serialize};

use super::{Change, RegisterError, RegisterRow};
use crate::identity::{SealError, Sealer, SourceId};

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    /// The subject of their token; the gateway itself has none.
    pub subject: Option<String>,
    /// The organisation that the token names.
    pub organization: Option<String>,
    /// They look after the gateway, and not after a source alone.
    pub is_admin: bool,
}

impl Actor {
    /// The gateway itself.
    pub fn gateway() -> Self {
        Self { subject: None, organization: None, is_admin: false }
    }
}

/// One entry of the register.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Of which connector.
    pub connector: SourceId,
    /// Which of its entries this is, from 1.
    pub number: u32,
    /// When, in milliseconds since 1970-01-01T00:00Z.
    pub at_ms: i64,
    /// Who.
    pub by: Actor,
    /// What.
    pub change: Change,
}

/// What is sealed of it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    at_ms: i64,
    by: Actor,
    #[serde(flatten)]
    change: Change,
}

impl Entry {
    /// Seals it for its place alone: neither can it be changed, nor put elsewhere.
    pub(super) fn seal(&self, keys: &Sealer) -> Result<RegisterRow, RegisterError> {
        let Self { connector, number, at_ms, by, change } = self.clone();
        let plain = serde_json::to_vec(&Said { at_ms, by, change })?;
        let sealed = keys.seal(&place(&connector, number), &plain)?;
        Ok(RegisterRow { seq: 0, connector, number, sealed })
    }

    pub(super) fn open(row: &RegisterRow, keys: &Sealer) -> Result<Self, SealError> {
        let plain = keys.open(&place(&row.connector, row.number), &row.sealed)?;
        let Said { at_ms, by, change } = serde_json::from_slice(&plain).map_err(|_| SealError)?;
        Ok(Self { connector: row.connector.clone(), number: row.number, at_ms, by, change })
    }
}

fn place(connector: &SourceId, number: u32) -> Vec<u8> {
    format!("connector entry {number} {connector}").into_bytes()
}
