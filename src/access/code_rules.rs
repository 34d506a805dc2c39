//! Which codes and words make a record sensitive, whether its source says so or not.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Label, LabelSet};

/// The rules that caregraph brings along.
const BUILT_IN: &str = include_str!("sensitivity.toml");

/// The code systems by which it can be told whether something is sensitive: URI, and name in the rules.
const SYSTEMS: [(&str, &str); 6] = [
    ("http://snomed.info/sct", "snomed"),
    ("http://hl7.org/fhir/sid/icd-10-cm", "icd-10-cm"),
    ("http://loinc.org", "loinc"),
    ("http://www.nlm.nih.gov/research/umls/rxnorm", "rxnorm"),
    ("http://hl7.org/fhir/sid/ndc", "ndc"),
    ("http://hl7.org/fhir/sid/cvx", "cvx"),
];

/// Rules by code and by word.
#[derive(Debug)]
pub struct CodeRules {
    /// The URI of each system, and its rules. They are few, and asked for every code of a chart.
    systems: [(&'static str, SystemRules); SYSTEMS.len()],
    /// At the place of their first byte.
    words: Box<[Vec<Word>; 256]>,
}

/// A word, or several, in small letters.
#[derive(Debug)]
struct Word {
    text: String,
    labels: LabelSet,
    /// Longer words that begin like it mean it too.
    begins: bool,
}

#[derive(Debug, Default)]
struct SystemRules {
    codes: BTreeMap<String, LabelSet>,
    prefixes: Vec<(String, LabelSet)>,
}

/// Why rules cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the rules of sensitive codes cannot be used: {0}")]
pub struct CodeRulesError(String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    label: Vec<RawLabel>,
}

#[derive(Deserialize)]
struct RawLabel {
    name: String,
    #[serde(rename = "about")]
    _about: String,
    #[serde(default)]
    words: Vec<String>,
    #[serde(flatten)]
    codes: BTreeMap<String, Vec<String>>,
}

impl CodeRules {
    /// The rules that caregraph brings along.
    ///
    /// # Panics
    ///
    /// Never: a test reads them.
    pub fn built_in() -> Self {
        Self::parse(BUILT_IN).unwrap_or_else(|error| panic!("{error}"))
    }

    fn parse(text: &str) -> Result<Self, CodeRulesError> {
        let raw: Raw =
            toml::from_str(text).map_err(|error| CodeRulesError(error.message().to_owned()))?;
        let mut systems = SYSTEMS.map(|(uri, _)| (uri, SystemRules::default()));
        let mut words: Box<[Vec<Word>; 256]> = Box::new(std::array::from_fn(|_| Vec::new()));
        for rules in raw.label {
            let label = Label::named(&rules.name)
                .ok_or_else(|| CodeRulesError(format!("there is no label {:?}", rules.name)))?;
            let labels = LabelSet::default().with(label);
            for (name, codes) in rules.codes {
                let place = SYSTEMS.iter().position(|(_, known)| *known == name);
                let system = place.and_then(|place| systems.get_mut(place));
                let (_, system) = system
                    .ok_or_else(|| CodeRulesError(format!("there is no code system {name:?}")))?;
                for code in &codes {
                    system.add(code, labels);
                }
            }
            for word in rules.words {
                let (word, begins) =
                    word.strip_suffix('*').map_or((&*word, false), |word| (word, true));
                let text = word.to_ascii_lowercase();
                let first = text.bytes().next();
                let first = first.ok_or_else(|| CodeRulesError("a word is empty".to_owned()))?;
                words[usize::from(first)].push(Word { text, labels, begins });
            }
        }
        Ok(Self { systems, words })
    }

    /// What a code means; `None` when its system is none by which one can tell.
    pub fn of_code(&self, system: &str, code: &str) -> Option<LabelSet> {
        let (_, rules) = self.systems.iter().find(|(uri, _)| *uri == system)?;
        Some(rules.of(code))
    }

    /// What words mean.
    pub fn of_words(&self, text: &str) -> LabelSet {
        let bytes = text.as_bytes();
        let (mut labels, mut within) = (LabelSet::default(), false);
        for (start, byte) in bytes.iter().enumerate() {
            if !within {
                let words = &self.words[usize::from(byte.to_ascii_lowercase())];
                let found = words.iter().filter(|word| word.is_at_the_start_of(&bytes[start..]));
                labels = found.fold(labels, |labels, word| labels.and(word.labels));
            }
            within = byte.is_ascii_alphanumeric();
        }
        labels
    }
}

impl Word {
    fn is_at_the_start_of(&self, text: &[u8]) -> bool {
        let word = self.text.as_bytes();
        text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            && (self.begins || !text.get(word.len()).is_some_and(u8::is_ascii_alphanumeric))
    }
}

impl SystemRules {
    fn add(&mut self, code: &str, labels: LabelSet) {
        if let Some(prefix) = code.strip_suffix('*') {
            self.prefixes.push((prefix.to_owned(), labels));
        } else {
            let known = self.codes.entry(code.to_owned()).or_default();
            *known = known.and(labels);
        }
    }

    fn of(&self, code: &str) -> LabelSet {
        let exact = self.codes.get(code).copied().unwrap_or_default();
        let begun = self.prefixes.iter().filter(|(prefix, _)| code.starts_with(prefix.as_str()));
        begun.fold(exact, |labels, (_, more)| labels.and(*more))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ICD: &str = "http://hl7.org/fhir/sid/icd-10-cm";

    #[test]
    fn codes_mean_labels() {
        use Label::{Hiv, MentalHealth, SexualHealth, SubstanceUse, Violence};
        let rules = CodeRules::built_in();
        for (system, code, expected) in [
            (ICD, "F11.20", Some(&[SubstanceUse][..])),
            (ICD, "F17.210", Some(&[])),
            (ICD, "F32.9", Some(&[MentalHealth])),
            (ICD, "B20", Some(&[Hiv])),
            (ICD, "O09.90", Some(&[SexualHealth])),
            (ICD, "Z69.11", Some(&[Violence])),
            (ICD, "E11.9", Some(&[])),
            ("http://snomed.info/sct", "86406008", Some(&[Hiv])),
            ("http://loinc.org", "76504-0", Some(&[Violence])),
            ("http://somewhere.example/codes", "F11.20", None),
        ] {
            let expected = expected.map(|labels| labels.iter().copied().collect());
            assert_eq!(rules.of_code(system, code), expected, "{code}");
        }
    }

    #[test]
    fn words_mean_labels_when_they_are_whole() {
        use Label::{Hiv, MentalHealth, SexualHealth, SubstanceUse};
        let rules = CodeRules::built_in();
        for (text, expected) in [
            ("Suboxone 8 mg / 2 mg film", &[SubstanceUse][..]),
            ("BUPRENORPHINE", &[SubstanceUse]),
            ("Hives after penicillin", &[]),
            ("HIV-1 RNA", &[Hiv]),
            ("aids to walking", &[Hiv]),
            ("bandaids", &[]),
            ("Pregnancy test", &[SexualHealth]),
            ("Referral to psychiatry", &[MentalHealth]),
            ("Metformin 500 MG Oral Tablet", &[]),
        ] {
            assert_eq!(rules.of_words(text), expected.iter().copied().collect(), "{text}");
        }
    }

    #[test]
    fn rules_with_mistakes_are_refused() {
        for (text, what) in [
            ("[[label]]\nname = \"HIVV\"\nabout = \"\"", "HIVV"),
            ("[[label]]\nname = \"HIV\"\nabout = \"\"\nicd-9 = [\"042\"]", "icd-9"),
        ] {
            assert!(CodeRules::parse(text).unwrap_err().to_string().contains(what));
        }
    }
}
