//! Coded things: a text and the codes that stand for it.

use serde::{Deserialize, Deserializer, Serialize};

use super::Text;

/// The code systems that we branch on. Everything else is passed through as it came.
pub mod systems {
    macro_rules! systems {
        ($($(#[doc = $doc:literal])+ $name:ident = $uri:literal;)+ also $($other:literal),+ $(,)?) => {
            $($(#[doc = $doc])+ pub const $name: &str = $uri;)+

            /// The same URI, if it is one that most charts repeat.
            pub(crate) fn known(uri: &str) -> Option<&'static str> {
                match uri {
                    $($uri => Some($uri),)+
                    $($other => Some($other),)+
                    _ => None,
                }
            }
        };
    }

    systems! {
        /// SNOMED CT.
        SNOMED = "http://snomed.info/sct";
        /// ICD-10-CM.
        ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm";
        /// LOINC.
        LOINC = "http://loinc.org";
        /// RxNorm.
        RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm";
        /// National Drug Code.
        NDC = "http://hl7.org/fhir/sid/ndc";
        /// Vaccines administered.
        CVX = "http://hl7.org/fhir/sid/cvx";
        /// National Provider Identifier.
        NPI = "http://hl7.org/fhir/sid/us-npi";
        /// US social security number.
        SSN = "http://hl7.org/fhir/sid/us-ssn";
        also
        "http://unitsofmeasure.org",
        "http://terminology.hl7.org/CodeSystem/observation-category",
        "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
        "http://terminology.hl7.org/CodeSystem/condition-category",
        "http://terminology.hl7.org/CodeSystem/condition-clinical",
        "http://terminology.hl7.org/CodeSystem/condition-ver-status",
        "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
        "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
        "http://terminology.hl7.org/CodeSystem/v2-0203",
        "http://terminology.hl7.org/CodeSystem/v3-ActCode",
        "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
    }
}

/// One code of one code system.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Coding {
    /// The code system's URI.
    #[serde(deserialize_with = "shared")]
    pub system: Option<Text>,
    /// The code.
    pub code: Option<Text>,
    /// How that source words the code.
    pub display: Option<Text>,
}

/// A URI that most charts repeat is not copied.
fn shared<'de, D: Deserializer<'de>>(wire: D) -> Result<Option<Text>, D::Error> {
    let uri = Option::<&str>::deserialize(wire)?;
    Ok(uri.map(|uri| systems::known(uri).map_or_else(|| Text::new(uri), Text::new_static)))
}

/// A coded thing: what was written, and the codes that stand for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Concept {
    /// As a person wrote it.
    pub text: Option<Text>,
    /// Its codes, in the order of the source.
    pub codings: Vec<Coding>,
}

impl Concept {
    /// A concept known by its wording alone.
    pub fn of_text(text: impl Into<Text>) -> Self {
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
