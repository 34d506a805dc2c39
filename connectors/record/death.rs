//! When somebody died, as far as that is said: a date, or that they did.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::FuzzyDate;

/// How people write it: a date, or `true` when nobody says when; `false` and nothing are alike.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Death {
    /// Whether they died.
    Said(bool),
    /// When.
    Dated(FuzzyDate),
}

/// Our own copies keep the two questions apart.
#[expect(clippy::ref_option, reason = "serde hands the field over as it is")]
#[expect(clippy::option_option, reason = "they may have died, and it may be said when")]
pub(super) fn serialize<S: Serializer>(
    death: &Option<Option<FuzzyDate>>,
    to: S,
) -> Result<S::Ok, S::Error> {
    if !to.is_human_readable() {
        return death.serialize(to);
    }
    let written = death.clone().map(|at| at.map_or(Death::Said(true), Death::Dated));
    written.serialize(to)
}

#[expect(clippy::option_option, reason = "they may have died, and it may be said when")]
pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Option<FuzzyDate>>, D::Error> {
    if !from.is_human_readable() {
        return Option::deserialize(from);
    }
    Ok(match Option::<Death>::deserialize(from)? {
        None | Some(Death::Said(false)) => None,
        Some(Death::Said(true)) => Some(None),
        Some(Death::Dated(at)) => Some(Some(at)),
    })
}
