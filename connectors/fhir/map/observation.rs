//! Measurements, results and answers.

use serde::Deserialize;
use smol_str::format_smolstr;

use super::super::wire::{Concept, Period, Quantity, Range, Ratio, Reference, date, digits, many};
use super::clinical::words;
use super::{Around, Wire, concept, concepts, is_withdrawn};
use crate::record::{self, Fact, FuzzyDate, ObservationValue, Text};

/// Boxed is what few observations have: each would be moved and looked at in all of them otherwise.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Observation {
    subject: Option<Reference>,
    status: Option<Text>,
    #[serde(default, deserialize_with = "many")]
    category: Vec<Concept>,
    code: Option<Concept>,
    #[serde(default, deserialize_with = "date")]
    effective_date_time: Option<FuzzyDate>,
    #[serde(default, deserialize_with = "date")]
    effective_instant: Option<FuzzyDate>,
    effective_period: Option<Box<Period>>,
    #[serde(default, deserialize_with = "date")]
    issued: Option<FuzzyDate>,
    value_quantity: Option<Quantity>,
    value_codeable_concept: Option<Box<Concept>>,
    value_string: Option<Text>,
    value_boolean: Option<bool>,
    value_integer: Option<i64>,
    value_range: Option<Box<Range>>,
    value_ratio: Option<Box<Ratio>>,
    value_time: Option<Text>,
    value_date_time: Option<Text>,
    value_period: Option<Box<Period>>,
    value_sampled_data: Option<Box<SampledData>>,
    data_absent_reason: Option<Box<Concept>>,
    #[serde(default, deserialize_with = "many")]
    interpretation: Vec<Concept>,
    body_site: Option<Box<Concept>>,
    specimen: Option<Box<Reference>>,
    #[serde(default, deserialize_with = "many")]
    reference_range: Vec<ReferenceRange>,
    #[serde(default, deserialize_with = "many")]
    component: Vec<Component>,
}

/// A component has the same values as an observation; the fields are told again because reading a flattened
/// struct costs a copy of everything in it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Component {
    code: Option<Concept>,
    value_quantity: Option<Quantity>,
    value_codeable_concept: Option<Box<Concept>>,
    value_string: Option<Text>,
    value_boolean: Option<bool>,
    value_integer: Option<i64>,
    value_range: Option<Box<Range>>,
    value_ratio: Option<Box<Ratio>>,
    value_time: Option<Text>,
    value_date_time: Option<Text>,
    value_period: Option<Box<Period>>,
    value_sampled_data: Option<Box<SampledData>>,
    data_absent_reason: Option<Box<Concept>>,
    #[serde(default, deserialize_with = "many")]
    interpretation: Vec<Concept>,
    #[serde(default, deserialize_with = "many")]
    reference_range: Vec<ReferenceRange>,
}

#[derive(Debug, Default, Deserialize)]
struct ReferenceRange {
    low: Option<Quantity>,
    high: Option<Quantity>,
    text: Option<Text>,
}

#[derive(Debug, Default, Deserialize)]
struct SampledData {
    #[serde(default, deserialize_with = "digits")]
    data: Option<Text>,
}

/// `value[x]`, taken out of an observation or a component.
#[derive(Default)]
struct Value {
    quantity: Option<Quantity>,
    concept: Option<Box<Concept>>,
    text: Option<Text>,
    boolean: Option<bool>,
    integer: Option<i64>,
    range: Option<Box<Range>>,
    ratio: Option<Box<Ratio>>,
    period: Option<Box<Period>>,
    sampled: Option<Box<SampledData>>,
}

macro_rules! value {
    ($of:ident) => {
        Value {
            quantity: $of.value_quantity.take(),
            concept: $of.value_codeable_concept.take(),
            text: $of.value_string.take().or($of.value_time.take()).or($of.value_date_time.take()),
            boolean: $of.value_boolean,
            integer: $of.value_integer,
            range: $of.value_range.take(),
            ratio: $of.value_ratio.take(),
            period: $of.value_period.take(),
            sampled: $of.value_sampled_data.take(),
        }
    };
}

impl Value {
    fn into_record(self) -> Option<ObservationValue> {
        if let Some(quantity) = self.quantity {
            return Some(ObservationValue::Quantity(quantity.into()));
        }
        if let Some(concept) = concept(self.concept) {
            return Some(ObservationValue::Concept(concept));
        }
        if let Some(integer) = self.integer {
            let value = Some(integer.to_string().into());
            return Some(ObservationValue::Quantity(record::Quantity {
                value,
                ..record::Quantity::default()
            }));
        }
        self.text
            .or_else(|| self.boolean.map(|yes| if yes { "yes" } else { "no" }.into()))
            .or_else(|| words(None, self.range.as_deref()))
            .or_else(|| ratio_words(self.ratio.as_deref()?))
            .or_else(|| period_words(self.period.as_deref()?))
            .or_else(|| self.sampled?.data)
            .map(ObservationValue::Text)
    }
}

fn ratio_words(ratio: &Ratio) -> Option<Text> {
    let numerator = words(ratio.numerator.as_ref(), None)?;
    let denominator = words(ratio.denominator.as_ref(), None)?;
    Some(format_smolstr!("{numerator} : {denominator}"))
}

fn period_words(period: &Period) -> Option<Text> {
    let text = |date: &Option<FuzzyDate>| {
        date.as_ref().map_or("…".to_owned(), |date| date.as_str().to_owned())
    };
    (period.start.is_some() || period.end.is_some())
        .then(|| format_smolstr!("{} to {}", text(&period.start), text(&period.end)))
}

fn range_words(ranges: Vec<ReferenceRange>) -> Option<Text> {
    ranges
        .into_iter()
        .find_map(|range| range.text.or_else(|| Range { low: range.low, high: range.high }.words()))
}

impl Wire for Observation {
    const TYPE: &'static str = "Observation";

    fn owners(&self) -> impl Iterator<Item = &Reference> {
        self.subject.iter()
    }

    fn withdrawn(&self) -> bool {
        is_withdrawn(self.status.as_deref())
    }

    fn state(mut self, _: &Around<'_>) -> (Fact, Option<FuzzyDate>) {
        let began = self.effective_period.take().and_then(|period| period.start);
        let value = value!(self).into_record();
        let fact = record::Observation {
            code: concept(self.code),
            status: self.status,
            categories: concepts(self.category),
            value,
            absent: concept(self.data_absent_reason),
            interpretation: concepts(self.interpretation).into_iter().next(),
            range: range_words(self.reference_range),
            taken: self.effective_date_time.or(self.effective_instant).or(began),
            issued: self.issued.clone(),
            components: self.component.into_iter().map(Into::into).collect(),
            body_site: concept(self.body_site),
            specimen: self.specimen.and_then(|specimen| specimen.reference),
        };
        (Fact::Observation(Box::new(fact)), self.issued)
    }
}

impl From<Component> for record::Component {
    fn from(mut component: Component) -> Self {
        Self {
            value: value!(component).into_record(),
            code: concept(component.code),
            interpretation: concepts(component.interpretation).into_iter().next(),
            range: range_words(component.reference_range),
            absent: concept(component.data_absent_reason),
        }
    }
}
