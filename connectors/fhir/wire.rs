//! FHIR's data types as they come over the wire, read leniently: what is absent, null or of no use is `None`.
//!
//! Only what caregraph uses is read; everything else is skipped without being built.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use smol_str::format_smolstr;

use crate::record::{self, FuzzyDate, Text, systems};

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
                // Most lists of FHIR hold one item; a vector that grows by itself starts with four.
                if list.is_empty() {
                    list.reserve_exact(1);
                }
                list.extend(item);
            }
            Ok(list)
        }
    }
    deserializer.deserialize_any(Items(PhantomData))
}

/// A text that is borrowed from what is being read, where that is possible.
#[derive(Debug)]
pub(super) struct Lent<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Lent<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Cow<'de, str>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
                Ok(Cow::Borrowed(text))
            }
            fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }
        deserializer.deserialize_str(Text).map(Lent)
    }
}

/// The contained resource of that id, read as a `T`.
pub(super) fn contained<'j, T: Deserialize<'j>>(all: &'j [Box<RawValue>], id: &str) -> Option<T> {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        id: Lent<'a>,
    }
    let is_meant =
        |json: &str| serde_json::from_str::<Named<'_>>(json).is_ok_and(|named| named.id.0 == id);
    let json = all.iter().find(|json| is_meant(json.get()))?;
    serde_json::from_str(json.get()).ok()
}

/// Reads a date or instant; a text that is none is left out, because a wrong date is worse than no date.
pub(super) fn date<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<FuzzyDate>, D::Error> {
    let text = Option::<Lent<'de>>::deserialize(deserializer)?;
    Ok(text.and_then(|text| FuzzyDate::parse(&text.0)))
}

/// Reads a number as it was written, so that no digit is lost or added. Some servers put it in quotes.
pub(super) fn digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Text>, D::Error> {
    let written = Option::<&RawValue>::deserialize(deserializer)?;
    Ok(written.map(|number| number.get().trim_matches('"').into()))
}

/// Reads the URI of a code system; those that every chart repeats are not copied.
fn system<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Text>, D::Error> {
    let uri = Option::<Lent<'de>>::deserialize(deserializer)?;
    Ok(uri.map(|Lent(uri)| systems::known(&uri).map_or_else(|| Text::new(&uri), Text::new_static)))
}

/// A code with its system.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Coding {
    #[serde(default, deserialize_with = "system")]
    pub(super) system: Option<Text>,
    pub(super) code: Option<Text>,
    pub(super) display: Option<Text>,
}

/// A coded thing.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Concept {
    pub(super) text: Option<Text>,
    #[serde(default, deserialize_with = "many")]
    pub(super) coding: Vec<Coding>,
}

/// A pointer to another resource.
#[derive(Debug, Default, Deserialize)]
#[expect(clippy::struct_field_names, reason = "FHIR's own name")]
pub(super) struct Reference {
    pub(super) reference: Option<Text>,
    pub(super) display: Option<Text>,
    pub(super) identifier: Option<Box<Identifier>>,
}

/// A business identifier.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Identifier {
    #[serde(default, deserialize_with = "system")]
    pub(super) system: Option<Text>,
    pub(super) value: Option<Text>,
    #[serde(rename = "type")]
    pub(super) kind: Option<Concept>,
}

/// A stretch of time.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Period {
    #[serde(default, deserialize_with = "date")]
    pub(super) start: Option<FuzzyDate>,
    #[serde(default, deserialize_with = "date")]
    pub(super) end: Option<FuzzyDate>,
}

/// A number with a unit. The number's text is kept as it was written.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Quantity {
    #[serde(default, deserialize_with = "digits")]
    pub(super) value: Option<Text>,
    pub(super) comparator: Option<Text>,
    pub(super) unit: Option<Text>,
    pub(super) code: Option<Text>,
}

/// From one number to another.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Range {
    pub(super) low: Option<Quantity>,
    pub(super) high: Option<Quantity>,
}

/// One number to another.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Ratio {
    pub(super) numerator: Option<Quantity>,
    pub(super) denominator: Option<Quantity>,
}

/// What the server says about the resource itself.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meta {
    #[serde(default, deserialize_with = "date")]
    pub(super) last_updated: Option<FuzzyDate>,
    #[serde(default, deserialize_with = "many")]
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

impl From<Box<Concept>> for record::Concept {
    fn from(concept: Box<Concept>) -> Self {
        (*concept).into()
    }
}

impl Concept {
    /// The first code, whatever its system.
    pub(super) fn code(&self) -> Option<&str> {
        self.coding.iter().find_map(|coding| coding.code.as_deref())
    }

    /// The first code, taken out.
    pub(super) fn into_code(self) -> Option<Text> {
        self.coding.into_iter().find_map(|coding| coding.code)
    }
}

impl From<Quantity> for record::Quantity {
    fn from(quantity: Quantity) -> Self {
        Self {
            value: quantity.value,
            comparator: quantity.comparator,
            unit: quantity.unit.or_else(|| quantity.code.clone()),
            code: quantity.code,
        }
    }
}

impl Quantity {
    /// In words, e.g. `>= 5.5 mmol/l`.
    pub(super) fn words(&self) -> Option<Text> {
        let value = self.value.as_deref()?;
        let unit = self.unit.as_deref().or(self.code.as_deref());
        let words: Vec<&str> =
            [self.comparator.as_deref(), Some(value), unit].into_iter().flatten().collect();
        Some(words.join(" ").into())
    }
}

impl Range {
    /// In words, e.g. `3.5 - 5.1 mmol/l`, `≥ 60 ml/min`, `≤ 5 mg/l`.
    pub(super) fn words(&self) -> Option<Text> {
        match (
            self.low.as_ref().and_then(Quantity::words),
            self.high.as_ref().and_then(Quantity::words),
        ) {
            (Some(low), Some(high)) => {
                let unit = self.high.as_ref().and_then(|high| high.unit.as_deref());
                let low = unit
                    .and_then(|unit| low.strip_suffix(unit))
                    .map_or(low.as_str(), str::trim_end);
                Some(format_smolstr!("{low} - {high}"))
            }
            (Some(low), None) => Some(format_smolstr!("≥ {low}")),
            (None, Some(high)) => Some(format_smolstr!("≤ {high}")),
            (None, None) => None,
        }
    }
}

impl Identifier {
    /// The identifier, unless it has no value.
    pub(super) fn to_record(&self) -> Option<record::Identifier> {
        let value = self.value.clone().filter(|value| !value.trim().is_empty())?;
        let kind = self.kind.as_ref().and_then(Concept::code).map(Text::new);
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
