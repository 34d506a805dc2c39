//! Coded things: a text and the codes that stand for it.

/// The code systems that we branch on. Everything else is passed through as it came.
pub mod systems {
    /// SNOMED CT.
    pub const SNOMED: &str = "http://snomed.info/sct";
    /// ICD-10-CM.
    pub const ICD10CM: &str = "http://hl7.org/fhir/sid/icd-10-cm";
    /// LOINC.
    pub const LOINC: &str = "http://loinc.org";
    /// RxNorm.
    pub const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
    /// National Drug Code.
    pub const NDC: &str = "http://hl7.org/fhir/sid/ndc";
    /// Vaccines administered.
    pub const CVX: &str = "http://hl7.org/fhir/sid/cvx";
    /// National Provider Identifier.
    pub const NPI: &str = "http://hl7.org/fhir/sid/us-npi";
    /// US social security number.
    pub const SSN: &str = "http://hl7.org/fhir/sid/us-ssn";
}

/// One code of one code system.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Coding {
    /// The code system's URI.
    pub system: Option<String>,
    /// The code.
    pub code: Option<String>,
    /// How that source words the code.
    pub display: Option<String>,
}

/// A coded thing: what was written, and the codes that stand for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Concept {
    /// As a person wrote it.
    pub text: Option<String>,
    /// Its codes, in the order of the source.
    pub codings: Vec<Coding>,
}

impl Concept {
    /// A concept known by its wording alone.
    pub fn of_text(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), codings: Vec::new() }
    }

    /// The words to show: the text, else the first display, else the first code.
    pub fn words(&self) -> Option<&str> {
        self.text
            .as_deref()
            .or_else(|| self.codings.iter().find_map(|coding| coding.display.as_deref()))
            .or_else(|| self.codings.iter().find_map(|coding| coding.code.as_deref()))
    }

    /// The code in that system, if there is one.
    pub fn code_in(&self, system: &str) -> Option<&str> {
        self.codings
            .iter()
            .find(|coding| coding.system.as_deref() == Some(system))
            .and_then(|coding| coding.code.as_deref())
    }

    /// True when any coding has this code, whatever its system.
    pub fn has_code(&self, code: &str) -> bool {
        self.codings.iter().any(|coding| coding.code.as_deref() == Some(code))
    }

    /// True when it says nothing at all.
    pub fn is_empty(&self) -> bool {
        self.text.is_none() && self.codings.is_empty()
    }
}
