//! The words of medicine that the population is made of: tables of codes, nothing that depends on a person.

pub(crate) mod drugs;
pub(crate) mod measurements;
pub(crate) mod problems;
pub(crate) mod procedures;
pub(crate) mod substances;
pub(crate) mod vaccines;

pub(crate) const SNOMED: &str = "http://snomed.info/sct";
pub(crate) const ICD10: &str = "http://hl7.org/fhir/sid/icd-10-cm";
pub(crate) const LOINC: &str = "http://loinc.org";
pub(crate) const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
pub(crate) const CVX: &str = "http://hl7.org/fhir/sid/cvx";
pub(crate) const UCUM: &str = "http://unitsofmeasure.org";
pub(crate) const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
pub(crate) const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

/// A code and what it is called.
pub(crate) type Code = (&'static str, &'static str);

/// Why a fact deserves more care than others: codes of HL7 `ActCode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Sensitivity {
    Psychiatry,
    Alcohol,
    Opioids,
    Hiv,
    Reproductive,
    Violence,
}

impl Sensitivity {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Psychiatry => "PSY",
            Self::Alcohol => "ETHUD",
            Self::Opioids => "OPIOIDUD",
            Self::Hiv => "HIV",
            Self::Reproductive => "SEX",
            Self::Violence => "SDV",
        }
    }

    /// True for what a federally assisted programme for substance use records.
    pub(crate) fn part2(self) -> bool {
        matches!(self, Self::Alcohol | Self::Opioids)
    }
}
