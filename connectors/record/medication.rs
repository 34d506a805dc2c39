//! Medicines: what was ordered, what was handed out, what somebody says is taken.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Concept, FuzzyDate, Quantity, Text};

/// How a medicine is to be taken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Dosage {
    /// In words.
    pub text: Option<Text>,
    /// The amount of one dose.
    pub dose: Option<Quantity>,
    /// How often, in words ("1 time a day").
    pub frequency: Option<Text>,
    /// By which way.
    pub route: Option<Concept>,
    /// Only when needed.
    pub as_needed: Option<bool>,
}

/// Which medicine: the code itself, or what a reference to it turned out to name.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Medication {
    /// Product or substance. `None` when the source names a medicine that could not be looked up.
    pub drug: Option<Concept>,
    /// Dose form, when the source describes the product.
    pub form: Option<Concept>,
}

/// A medicine that was ordered.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct MedicationOrder {
    /// Which medicine.
    pub medication: Medication,
    /// HL7 medicationrequest-status code.
    pub status: Option<Text>,
    /// HL7 medicationrequest-intent code: `order`, `plan`, `proposal`, …
    pub intent: Option<Text>,
    /// When it was ordered.
    pub authored: Option<FuzzyDate>,
    /// Who ordered it.
    pub prescriber: Option<Text>,
    /// How it is to be taken.
    pub dosage: Vec<Dosage>,
    /// Why.
    pub reasons: Vec<Concept>,
    /// Until when the order holds.
    pub ends: Option<FuzzyDate>,
}

/// A medicine that somebody says is taken, or not.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct MedicationReport {
    /// Which medicine.
    pub medication: Medication,
    /// HL7 medication-statement-status code: `active`, `not-taken`, …
    pub status: Option<Text>,
    /// When it was said.
    pub asserted: Option<FuzzyDate>,
    /// Who said it.
    pub informant: Option<Text>,
    /// How it is taken.
    pub dosage: Vec<Dosage>,
    /// From when.
    pub start: Option<FuzzyDate>,
    /// Until when.
    pub end: Option<FuzzyDate>,
}

/// A medicine that was handed out.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Fill {
    /// Which medicine.
    pub medication: Medication,
    /// HL7 medicationdispense-status code.
    pub status: Option<Text>,
    /// When it was handed over, else prepared.
    pub dispensed: Option<FuzzyDate>,
    /// How much.
    pub quantity: Option<Quantity>,
    /// For how many days.
    pub days_supply: Option<Quantity>,
    /// Who handed it out.
    pub pharmacy: Option<Text>,
    /// What the label says.
    pub dosage: Vec<Dosage>,
}
