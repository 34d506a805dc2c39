//! Who a patient is, as one source has it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Concept, FuzzyDate, Text};

/// A name in its parts.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct PersonName {
    /// As written in full, if the source gives that.
    pub text: Option<String>,
    /// Family name.
    pub family: Option<String>,
    /// Given names, first name first.
    pub given: Vec<String>,
    /// Titles before the name.
    pub prefix: Vec<String>,
    /// Suffixes such as "Jr.".
    pub suffix: Vec<String>,
    /// `official`, `usual`, `maiden`, `old`, …
    pub usage: Option<String>,
}

impl PersonName {
    /// The name as one would say it.
    pub fn display(&self) -> Option<String> {
        if let Some(text) = &self.text {
            return Some(text.clone());
        }
        let parts: Vec<&str> = self
            .prefix
            .iter()
            .chain(&self.given)
            .chain(&self.family)
            .chain(&self.suffix)
            .map(String::as_str)
            .collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

/// An identifier within a system.
#[derive(
    Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Identifier {
    /// The URI of the namespace.
    #[serde(default)]
    pub system: Option<Text>,
    /// The value.
    pub value: Text,
    /// HL7 v2-0203 code of its type: `MR`, `SS`, `DL`, `PPN`, `MB`, …
    #[serde(default)]
    pub kind: Option<Text>,
}

/// A postal address.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Address {
    /// `home`, `work`, `temp`, `old`, …
    pub usage: Option<String>,
    /// Street lines.
    pub line: Vec<String>,
    /// City.
    pub city: Option<String>,
    /// State or region.
    pub state: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Country.
    pub country: Option<String>,
}

/// A way to reach somebody.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContactPoint {
    /// `phone`, `email`, `sms`, …
    #[serde(default)]
    pub system: Option<String>,
    /// The number or address.
    pub value: String,
    /// `home`, `work`, `mobile`, `old`, …
    #[serde(default)]
    pub usage: Option<String>,
}

/// A patient as one source has them.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Person {
    /// Names, the preferred one first.
    pub names: Vec<PersonName>,
    /// Birth date, possibly only a year.
    pub birth_date: Option<FuzzyDate>,
    /// HL7 administrative gender: `male`, `female`, `other`, `unknown`.
    pub sex: Option<String>,
    /// When they died: a date, or `true` when the source says only that they did.
    #[serde(with = "super::death")]
    #[schemars(with = "Option<super::death::Death>")]
    pub deceased: Option<Option<FuzzyDate>>,
    /// Languages, the preferred one first.
    pub languages: Vec<Concept>,
    /// Addresses.
    pub addresses: Vec<Address>,
    /// Telephone numbers, e-mail addresses and the like.
    pub telecom: Vec<ContactPoint>,
    /// Identifiers.
    pub identifiers: Vec<Identifier>,
}

macro_rules! secret_debug {
    ($($type:ident),*) => {$(
        /// Personal: a debug print shows the type alone.
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($type))
            }
        }
    )*};
}

secret_debug!(PersonName, Identifier, Address, ContactPoint, Person);
