//! Mentions of a drug: ordered, reported, dispensed; and when two of them mean the same clinical drug.

use super::medications::MedicationStatus;
use super::merge::{Fit, Key, Mergeable, concept_keys, same_concept};
use caregraph_connectors::record::{self, Fact, FuzzyDate, Record, systems};

/// Any mention of a drug.
pub(super) enum Mention<'m> {
    Order(&'m record::MedicationOrder),
    Report(&'m record::MedicationReport),
    Fill(&'m record::Fill),
}

impl Mention<'_> {
    /// Which drug.
    pub(super) fn drug(&self) -> Option<&record::Concept> {
        match self {
            Self::Order(order) => order.medication.drug.as_ref(),
            Self::Report(report) => report.medication.drug.as_ref(),
            Self::Fill(fill) => fill.medication.drug.as_ref(),
        }
    }

    /// What the source states about taking it (the HL7 codes of order and statement); a fill states nothing.
    pub(super) fn status(&self) -> Option<MedicationStatus> {
        let code = match self {
            Self::Order(order) => order.status.as_deref(),
            Self::Report(report) => report.status.as_deref(),
            Self::Fill(_) => return None,
        };
        Some(match code {
            Some("active") => MedicationStatus::Active,
            Some("on-hold") => MedicationStatus::OnHold,
            Some("stopped" | "cancelled") => MedicationStatus::Stopped,
            Some("completed") => MedicationStatus::Completed,
            Some("not-taken") => MedicationStatus::NotTaken,
            _ => MedicationStatus::Unknown,
        })
    }

    /// When it was mentioned.
    pub(super) fn date(&self) -> Option<&FuzzyDate> {
        match self {
            Self::Order(order) => order.authored.as_ref(),
            Self::Report(report) => report.asserted.as_ref().or(report.start.as_ref()),
            Self::Fill(fill) => fill.dispensed.as_ref(),
        }
    }

    /// How it is to be taken.
    pub(super) fn dosage(&self) -> &[record::Dosage] {
        match self {
            Self::Order(order) => &order.dosage,
            Self::Report(report) => &report.dosage,
            Self::Fill(fill) => &fill.dosage,
        }
    }

    /// Whose dosage counts most: the order's, then the report's, then the label's.
    pub(super) fn dosage_rank(&self) -> u8 {
        match self {
            Self::Order(_) => 0,
            Self::Report(_) => 1,
            Self::Fill(_) => 2,
        }
    }
}

impl Mergeable for Mention<'_> {
    fn keys<'a>(&'a self, _: &'a Record) -> Vec<Key<'a>> {
        concept_keys(self.drug(), 0)
    }

    /// The same clinical drug. Concepts that carry an ingredient's code beside the product's share the ingredient
    /// with other strengths: then one's RxNorm codes must be among the other's, and the poorer one is the vague one.
    fn fit(&self, other: &Self) -> Fit {
        let (Some(mine), Some(theirs)) = (self.drug(), other.drug()) else { return Fit::Different };
        if !same_concept(Some(mine), Some(theirs)) {
            return Fit::Different;
        }
        let (mine, theirs) = (rxnorm(mine), rxnorm(theirs));
        if mine.is_empty() || theirs.is_empty() || mine == theirs {
            Fit::Same
        } else if mine.iter().all(|code| theirs.contains(code)) {
            Fit::Vague
        } else {
            Fit::Different
        }
    }
}

fn rxnorm(concept: &record::Concept) -> Vec<&str> {
    let mut codes: Vec<&str> = concept
        .codings
        .iter()
        .filter(|coding| coding.system.as_deref() == Some(systems::RXNORM))
        .filter_map(|coding| coding.code.as_deref())
        .collect();
    codes.sort_unstable();
    codes
}

/// The mention that a fact is, if it is one.
pub(super) fn mention(fact: &Fact) -> Option<Mention<'_>> {
    match fact {
        Fact::Order(order) => Some(Mention::Order(order)),
        Fact::Report(report) => Some(Mention::Report(report)),
        Fact::Fill(fill) => Some(Mention::Fill(fill)),
        _ => None,
    }
}
