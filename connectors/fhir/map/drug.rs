//! Medicines ordered, reported and dispensed.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::wire::{Concept, Period, Quantity, Range, Reference, date, many};
use super::{Around, Wire, concept, concepts, is_withdrawn};
use crate::record::{self, Fact, FuzzyDate};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct MedicationRequest {
    status: Option<String>,
    intent: Option<String>,
    medication_codeable_concept: Option<Concept>,
    medication_reference: Option<Reference>,
    #[serde(deserialize_with = "date")]
    authored_on: Option<FuzzyDate>,
    requester: Option<Reference>,
    #[serde(deserialize_with = "many")]
    dosage_instruction: Vec<Dosage>,
    #[serde(deserialize_with = "many")]
    reason_code: Vec<Concept>,
    dispense_request: Option<DispenseRequest>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct DispenseRequest {
    validity_period: Option<Period>,
}

impl Wire for MedicationRequest {
    fn withdrawn(&self) -> bool {
        is_withdrawn(self.status.as_deref())
    }

    fn state(self, around: &Around<'_>) -> (Fact, Option<FuzzyDate>) {
        let fact = record::MedicationOrder {
            medication: around.medications.resolve(
                self.medication_codeable_concept,
                self.medication_reference,
                around.contained,
            ),
            status: self.status,
            intent: self.intent,
            authored: self.authored_on.clone(),
            prescriber: around.name(self.requester),
            dosage: self.dosage_instruction.into_iter().map(Into::into).collect(),
            reasons: concepts(self.reason_code),
            ends: self.dispense_request.and_then(|request| request.validity_period?.end),
        };
        (Fact::Order(fact), self.authored_on)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct MedicationStatement {
    status: Option<String>,
    medication_codeable_concept: Option<Concept>,
    medication_reference: Option<Reference>,
    #[serde(deserialize_with = "date")]
    effective_date_time: Option<FuzzyDate>,
    effective_period: Option<Period>,
    #[serde(deserialize_with = "date")]
    date_asserted: Option<FuzzyDate>,
    information_source: Option<Reference>,
    #[serde(deserialize_with = "many")]
    dosage: Vec<Dosage>,
}

impl Wire for MedicationStatement {
    fn withdrawn(&self) -> bool {
        is_withdrawn(self.status.as_deref())
    }

    fn state(self, around: &Around<'_>) -> (Fact, Option<FuzzyDate>) {
        let period = self.effective_period.unwrap_or_default();
        let fact = record::MedicationReport {
            medication: around.medications.resolve(
                self.medication_codeable_concept,
                self.medication_reference,
                around.contained,
            ),
            status: self.status,
            asserted: self.date_asserted.clone(),
            informant: around.name(self.information_source),
            dosage: self.dosage.into_iter().map(Into::into).collect(),
            start: self.effective_date_time.or(period.start),
            end: period.end,
        };
        (Fact::Report(fact), self.date_asserted)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct MedicationDispense {
    status: Option<String>,
    medication_codeable_concept: Option<Concept>,
    medication_reference: Option<Reference>,
    quantity: Option<Quantity>,
    days_supply: Option<Quantity>,
    #[serde(deserialize_with = "date")]
    when_handed_over: Option<FuzzyDate>,
    #[serde(deserialize_with = "date")]
    when_prepared: Option<FuzzyDate>,
    #[serde(deserialize_with = "many")]
    performer: Vec<Performer>,
    location: Option<Reference>,
    #[serde(deserialize_with = "many")]
    dosage_instruction: Vec<Dosage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Performer {
    actor: Option<Reference>,
}

impl Wire for MedicationDispense {
    fn withdrawn(&self) -> bool {
        is_withdrawn(self.status.as_deref())
    }

    fn state(self, around: &Around<'_>) -> (Fact, Option<FuzzyDate>) {
        let dispensed = self.when_handed_over.or(self.when_prepared);
        let fact = record::Fill {
            medication: around.medications.resolve(
                self.medication_codeable_concept,
                self.medication_reference,
                around.contained,
            ),
            status: self.status,
            dispensed: dispensed.clone(),
            quantity: self.quantity.map(Into::into),
            days_supply: self.days_supply.map(Into::into),
            pharmacy: around.name(self.location).or_else(|| {
                self.performer.into_iter().find_map(|performer| around.name(performer.actor))
            }),
            dosage: self.dosage_instruction.into_iter().map(Into::into).collect(),
        };
        (Fact::Fill(fact), dispensed)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Dosage {
    text: Option<String>,
    patient_instruction: Option<String>,
    timing: Option<Timing>,
    as_needed_boolean: Option<bool>,
    as_needed_codeable_concept: Option<Concept>,
    route: Option<Concept>,
    #[serde(deserialize_with = "many")]
    dose_and_rate: Vec<Dose>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Timing {
    repeat: Option<Repeat>,
    code: Option<Concept>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Repeat {
    frequency: Option<u32>,
    frequency_max: Option<u32>,
    period: Option<Box<RawValue>>,
    period_unit: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Dose {
    dose_quantity: Option<Quantity>,
    dose_range: Option<Range>,
}

impl From<Dosage> for record::Dosage {
    fn from(dosage: Dosage) -> Self {
        let dose = dosage.dose_and_rate.into_iter().find_map(|dose| {
            let low = dose.dose_range.and_then(|range| range.low.or(range.high));
            dose.dose_quantity.or(low)
        });
        Self {
            text: dosage.text.or(dosage.patient_instruction),
            dose: dose.map(Into::into),
            frequency: dosage.timing.and_then(Timing::words),
            route: concept(dosage.route),
            as_needed: dosage.as_needed_boolean.or(dosage.as_needed_codeable_concept.map(|_| true)),
        }
    }
}

impl Timing {
    /// In words, e.g. `2 times every 1 day`, or the timing's own code ("BID").
    fn words(self) -> Option<String> {
        let coded =
            self.code.and_then(|code| record::Concept::from(code).words().map(str::to_owned));
        coded.or_else(|| {
            let repeat = self.repeat?;
            let period = repeat.period?;
            let unit = unit_words(repeat.period_unit.as_deref()?)?;
            let times = repeat.frequency.unwrap_or(1);
            let times =
                repeat.frequency_max.map_or(times.to_string(), |most| format!("{times}-{most}"));
            Some(format!("{times} × every {} {unit}", period.get()))
        })
    }
}

fn unit_words(unit: &str) -> Option<&'static str> {
    Some(match unit {
        "s" => "second(s)",
        "min" => "minute(s)",
        "h" => "hour(s)",
        "d" => "day(s)",
        "wk" => "week(s)",
        "mo" => "month(s)",
        "a" => "year(s)",
        _ => return None,
    })
}
