//! Identifiers: system and value.

use std::fmt;

use caregraph_connectors::record::{Identifier, systems};

use super::{one_digit_only, says_nothing};

/// The same number written as an OID.
const SSN_OID: &str = "urn:oid:2.16.840.1.113883.4.1";

/// An identifier in plain form.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PlainIdentifier {
    /// The namespace.
    pub system: String,
    /// The value.
    pub value: String,
    /// True when a person has only one of its kind, so that two different ones mean two people.
    pub personal: bool,
}

/// Personal: a debug print shows the type alone.
impl fmt::Debug for PlainIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainIdentifier")
    }
}

/// The plain form; `None` for stand-ins and for values without a system, which mean nothing elsewhere.
pub(crate) fn plain_identifier(identifier: &Identifier) -> Option<PlainIdentifier> {
    let system = identifier.system.as_deref()?.trim();
    let system = if system.eq_ignore_ascii_case(SSN_OID) { systems::SSN } else { system };
    let kind = identifier.kind.as_deref().unwrap_or_default();
    let social = system == systems::SSN || kind == "SS";
    let mut value: String =
        identifier.value.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
    if social {
        value.retain(|char| char.is_ascii_alphanumeric());
    }
    let stand_in =
        system.is_empty() || is_stand_in(&value) || (social && is_no_social_number(&value));
    let personal = social || is_personal(kind);
    (!stand_in).then(|| PlainIdentifier { system: system.to_owned(), value, personal })
}

/// Types (HL7 table 0203) of which a person has one in each system: national numbers, passport, driver's licence,
/// social benefit, Medicare, membership of a plan, military service.
fn is_personal(kind: &str) -> bool {
    matches!(kind, "NI" | "PPN" | "DL" | "SB" | "MC" | "MB" | "MI") || kind.starts_with("NN")
}

fn is_stand_in(value: &str) -> bool {
    let bare: String =
        value.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    bare.is_empty()
        || says_nothing(&bare)
        || bare.bytes().all(|byte| byte == b'0')
        || (bare.len() >= 3 && bare.bytes().all(|byte| byte == b'9'))
        || one_digit_only(&bare, 4)
}

/// Numbers that the Social Security Administration never gives out, and those that everybody makes up.
fn is_no_social_number(value: &str) -> bool {
    value.starts_with("000")
        || value.starts_with("666")
        || value.starts_with("999")
        || matches!(value, "123456789" | "987654321" | "078051120" | "219099999")
        || (value.len() == 9 && (value.get(3..5) == Some("00") || value.get(5..) == Some("0000")))
}
