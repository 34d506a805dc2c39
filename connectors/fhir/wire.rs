//! FHIR's data types as they come over the wire, read leniently: what is absent, null or of no use is `None`.
//!
//! Only what caregraph uses is read; everything else is skipped without being built.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::record::{self, FuzzyDate};

/// Reads a list, taking `null` for an empty one and leaving `null` items out.
pub(super) fn many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    struct Items<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
        type Value = Vec<T>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }
        fn visit_unit<E>(self) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
            let mut list = Vec::new();
            while let Some(item) = items.next_element::<Option<T>>()? {
                list.extend(item);
            }
            Ok(list)
        }
    }
    deserializer.deserialize_any(Items(PhantomData))
}

/// Reads a date or instant; a text that is none is left out, because a wrong date is worse than no date.
pub(super) fn date<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<FuzzyDate>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.and_then(|text| FuzzyDate::parse(&text)))
}

/// A code with its system.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Coding {
    pub(super) system: Option<String>,
    pub(super) code: Option<String>,
    pub(super) display: Option<String>,
}

/// A coded thing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Concept {
    pub(super) text: Option<String>,
    #[serde(deserialize_with = "many")]
    pub(super) coding: Vec<Coding>,
}

/// A pointer to another resource.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "FHIR's own name")]
pub(super) struct Reference {
    pub(super) reference: Option<String>,
    pub(super) display: Option<String>,
    pub(super) identifier: Option<Identifier>,
}

/// A business identifier.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Identifier {
    pub(super) system: Option<String>,
    pub(super) value: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<Concept>,
}

/// A stretch of time.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Period {
    #[serde(deserialize_with = "date")]
    pub(super) start: Option<FuzzyDate>,
    #[serde(deserialize_with = "date")]
    pub(super) end: Option<FuzzyDate>,
}

/// A number with a unit. The number's text is kept as it was written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Quantity {
    pub(super) value: Option<Box<RawValue>>,
    pub(super) comparator: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) code: Option<String>,
}

/// From one number to another.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Range {
    pub(super) low: Option<Quantity>,
    pub(super) high: Option<Quantity>,
}

/// One number to another.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Ratio {
    pub(super) numerator: Option<Quantity>,
    pub(super) denominator: Option<Quantity>,
}

/// What the server says about the resource itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Meta {
    #[serde(deserialize_with = "date")]
    pub(super) last_updated: Option<FuzzyDate>,
    #[serde(deserialize_with = "many")]
    pub(super) security: Vec<Coding>,
}

impl From<Coding> for record::Coding {
    fn from(coding: Coding) -> Self {
        Self { system: coding.system, code: coding.code, display: coding.display }
    }
}

impl From<&Coding> for record::Coding {
    fn from(coding: &Coding) -> Self {
        Self {
            system: coding.system.clone(),
            code: coding.code.clone(),
            display: coding.display.clone(),
        }
    }
}

impl From<Concept> for record::Concept {
    fn from(concept: Concept) -> Self {
        let text = concept.text.filter(|text| !text.trim().is_empty());
        Self { text, codings: concept.coding.into_iter().map(Into::into).collect() }
    }
}

impl Concept {
    /// The first code, whatever its system.
    pub(super) fn code(&self) -> Option<&str> {
        self.coding.iter().find_map(|coding| coding.code.as_deref())
    }

    /// The first code, taken out.
    pub(super) fn into_code(self) -> Option<String> {
        self.coding.into_iter().find_map(|coding| coding.code)
    }
}

impl From<Quantity> for record::Quantity {
    fn from(quantity: Quantity) -> Self {
        let value = quantity
            .value
            .map(|value| value.get().trim_matches('"').to_owned())
            .filter(|text| text != "null");
        Self {
            value,
            comparator: quantity.comparator,
            unit: quantity.unit.or_else(|| quantity.code.clone()),
            code: quantity.code,
        }
    }
}

impl Quantity {
    /// In words, e.g. `>= 5.5 mmol/l`.
    pub(super) fn words(&self) -> Option<String> {
        let value = self.value.as_ref()?.get().trim_matches('"');
        let unit = self.unit.as_deref().or(self.code.as_deref());
        Some(
            [self.comparator.as_deref(), Some(value), unit]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" "),
        )
    }
}

impl Range {
    /// In words, e.g. `3.5 - 5.1 mmol/l`, `≥ 60 ml/min`, `≤ 5 mg/l`.
    pub(super) fn words(&self) -> Option<String> {
        match (
            self.low.as_ref().and_then(Quantity::words),
            self.high.as_ref().and_then(Quantity::words),
        ) {
            (Some(low), Some(high)) => {
                let unit = self.high.as_ref().and_then(|high| high.unit.as_deref());
                let low = unit
                    .and_then(|unit| low.strip_suffix(unit))
                    .map_or(low.as_str(), str::trim_end);
                Some(format!("{low} - {high}"))
            }
            (Some(low), None) => Some(format!("≥ {low}")),
            (None, Some(high)) => Some(format!("≤ {high}")),
            (None, None) => None,
        }
    }
}

impl Identifier {
    /// The identifier, unless it has no value.
    pub(super) fn to_record(&self) -> Option<record::Identifier> {
        let value = self.value.clone().filter(|value| !value.trim().is_empty())?;
        let kind = self.kind.as_ref().and_then(Concept::code).map(str::to_owned);
        Some(record::Identifier { system: self.system.clone(), value, kind })
    }
}

impl Reference {
    /// The resource type and id that it points to, when it is a plain literal reference.
    pub(super) fn target(&self) -> Option<(&str, &str)> {
        target(self.reference.as_deref()?)
    }
}

/// Splits `…/Type/id` or `…/Type/id/_history/v` into type and id.
pub(super) fn target(reference: &str) -> Option<(&str, &str)> {
    let mut parts = reference.rsplit('/');
    let (mut id, mut kind) = (parts.next()?, parts.next()?);
    if kind == "_history" {
        (id, kind) = (parts.next()?, parts.next()?);
    }
    (!id.is_empty() && kind.starts_with(|first: char| first.is_ascii_uppercase()))
        .then_some((kind, id))
}

/// Skips a value of any shape while remembering that it was there.
#[derive(Debug)]
pub(super) struct Present;

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}
