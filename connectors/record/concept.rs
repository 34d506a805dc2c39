//! Coded things: a text and the codes that stand for it.

use std::fmt;

use schemars::JsonSchema;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize};

use super::Text;

/// The code systems that we branch on. Everything else is passed through as it came.
pub mod systems {
    macro_rules! systems {
        ($($(#[doc = $doc:literal])+ $name:ident = $uri:literal;)+ also $($other:literal),+ $(,)?) => {
            $($(#[doc = $doc])+ pub const $name: &str = $uri;)+

            /// The URI behind the short name of a code system, such as `ndc`.
            pub fn named(short: &str) -> Option<&'static str> {
                let names = [$(stringify!($name)),+];
                let uris = [$($uri),+];
                let upper = short.to_ascii_uppercase();
                let place = names.iter().position(|name| *name == upper)?;
                (short != upper).then(|| uris.get(place).copied()).flatten()
            }

            /// The short names of code systems.
            pub fn names() -> Vec<String> {
                [$(stringify!($name)),+].map(str::to_ascii_lowercase).to_vec()
            }

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
        /// Units of measure.
        UCUM = "http://unitsofmeasure.org";
        /// Procedures, as the American Medical Association codes them.
        CPT = "http://www.ama-assn.org/go/cpt";
        /// Procedures and supplies, as Medicare codes them.
        HCPCS = "http://terminology.hl7.org/CodeSystem/HCPCS-all-codes";
        /// ICD-10-PCS.
        ICD10PCS = "http://www.cms.gov/Medicare/Coding/ICD10";
        /// Procedures of dentists (Code on Dental Procedures and Nomenclature).
        CDT = "http://www.ada.org/cdt";
        /// ICD-10 as the WHO writes it, without a country's own codes.
        ICD10 = "http://hl7.org/fhir/sid/icd-10";
        /// Drugs, by the organ or system on which they act (WHO).
        ATC = "http://www.whocc.no/atc";
        /// Substances, by their unique ingredient identifier.
        UNII = "http://fdasis.nlm.nih.gov";
        also
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
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
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
    struct Shared(Text);
    impl<'de> Deserialize<'de> for Shared {
        fn deserialize<D: Deserializer<'de>>(wire: D) -> Result<Self, D::Error> {
            wire.deserialize_str(Uri).map(Self)
        }
    }
    Ok(Option::<Shared>::deserialize(wire)?.map(|uri| uri.0))
}

struct Uri;

impl Visitor<'_> for Uri {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a URI")
    }

    fn visit_str<E>(self, uri: &str) -> Result<Text, E> {
        Ok(systems::known(uri).map_or_else(|| Text::new(uri), Text::new_static))
    }
}

/// A coded thing: what was written, and the codes that stand for it.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
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
