//! Values that many sections share: codes, quantities, dosages.

use caregraph_connectors::record;

use super::gate::{Decimal, object};

object! {
    /// Something coded: the words, and the codes that stand for it.
    struct Concept {
        /// The words of the source that is shown first.
        text: Option<String>, Inherit;
        /// Every code that any contributor gave.
        codings: Vec<Coding>, Inherit;
    }
}

object! {
    /// One code of one code system.
    struct Coding {
        /// URI of the code system.
        system: Option<String>, Inherit;
        /// The code.
        code: Option<String>, Inherit;
        /// The words of the code.
        display: Option<String>, Inherit;
    }
}

object! {
    /// A number with its unit.
    struct Quantity {
        /// The number, with the digits that its source wrote.
        value: Option<Decimal>, Inherit;
        /// `<`, `<=`, `>=` or `>`: the true value lies on that side.
        comparator: Option<String>, Inherit;
        /// The unit, as one reads it.
        unit: Option<String>, Inherit;
        /// The unit's UCUM code.
        code: Option<String>, Inherit;
    }
}

object! {
    /// How a medicine is to be taken.
    struct Dosage {
        /// In words.
        text: Option<String>, Inherit;
        /// The amount of one dose.
        dose: Option<Quantity>, Inherit;
        /// How often, in words.
        frequency: Option<String>, Inherit;
        /// By which way.
        route: Option<Concept>, Inherit;
        /// Only when needed.
        as_needed: Option<bool>, Inherit;
    }
}

impl From<&record::Coding> for Coding {
    fn from(coding: &record::Coding) -> Self {
        Self {
            system: coding.system.clone(),
            code: coding.code.clone(),
            display: coding.display.clone(),
        }
    }
}

impl From<&record::Concept> for Concept {
    fn from(concept: &record::Concept) -> Self {
        Self {
            text: concept.words().map(str::to_owned),
            codings: concept.codings.iter().map(Into::into).collect(),
        }
    }
}

impl From<&record::Quantity> for Quantity {
    fn from(quantity: &record::Quantity) -> Self {
        Self {
            value: quantity.value.clone().map(Decimal),
            comparator: quantity.comparator.clone(),
            unit: quantity.unit.clone(),
            code: quantity.code.clone(),
        }
    }
}

impl From<&record::Dosage> for Dosage {
    fn from(dosage: &record::Dosage) -> Self {
        Self {
            text: dosage.text.clone(),
            dose: dosage.dose.as_ref().map(Into::into),
            frequency: dosage.frequency.clone(),
            route: dosage.route.as_ref().map(Into::into),
            as_needed: dosage.as_needed,
        }
    }
}

/// The non-empty list of these concepts, or nothing.
pub(crate) fn concepts(list: &[record::Concept]) -> Option<Vec<Concept>> {
    (!list.is_empty()).then(|| list.iter().map(Into::into).collect())
}
