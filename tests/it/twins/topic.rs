//! What records of the twins speak of, and how sensitive that is.

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};

const SNOMED: &str = "http://snomed.info/sct";
const ICD: &str = "http://hl7.org/fhir/sid/icd-10-cm";
const LOINC: &str = "http://loinc.org";

/// Codes and words with the label that they mean; none of the first few means any.
const TOPICS: [(&str, &str, &str, &[&str]); 22] = [
    (ICD, "E11.9", "Sugar sickness", &[]),
    (ICD, "I10", "High pressure", &[]),
    (ICD, "J45.909", "Asthma", &[]),
    (SNOMED, "1000001", "Topic one", &[]),
    (SNOMED, "1000002", "Topic two", &[]),
    (SNOMED, "1000003", "Topic three", &[]),
    (LOINC, "4548-4", "Measure one", &[]),
    (LOINC, "2345-7", "Measure two", &[]),
    (LOINC, "8867-4", "Measure three", &[]),
    ("", "", "Knee trouble", &["UNCLASSIFIED"]),
    (ICD, "F11.20", "Code F11", &["SUBSTANCE_USE"]),
    (SNOMED, "66590003", "Code 66590003", &["SUBSTANCE_USE"]),
    (LOINC, "75624-7", "Code 75624", &["SUBSTANCE_USE"]),
    ("", "", "Suboxone 8 mg", &["SUBSTANCE_USE"]),
    (ICD, "F33.1", "Code F33", &["MENTAL_HEALTH"]),
    (LOINC, "44249-1", "Code 44249", &["MENTAL_HEALTH"]),
    (ICD, "B20", "Code B20", &["HIV"]),
    (LOINC, "56888-1", "Code 56888", &["HIV"]),
    (ICD, "Z33.1", "Code Z33", &["SEXUAL_HEALTH"]),
    (ICD, "D57.1", "Code D57", &["GENETIC"]),
    (ICD, "T74.11XA", "Code T74", &["VIOLENCE"]),
    ("", "", "A psychotherapy note", &["MENTAL_HEALTH", "PSYCHOTHERAPY_NOTE"]),
];

/// Codes of security labels, with the label that they mean.
pub(crate) const MARKS: [(&str, &str); 12] = [
    ("ETH", "SUBSTANCE_USE"),
    ("42CFRPart2", "PART_2"),
    ("PSY", "MENTAL_HEALTH"),
    ("PSYTHPN", "PSYCHOTHERAPY_NOTE"),
    ("HIV", "HIV"),
    ("SEX", "SEXUAL_HEALTH"),
    ("GDIS", "GENETIC"),
    ("VIO", "VIOLENCE"),
    ("ADOL", "ADOLESCENT"),
    ("TBOO", "RESTRICTED"),
    ("V", "RESTRICTED"),
    ("made-up", "RESTRICTED"),
];

/// What a record is about, with its labels.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    system: String,
    code: String,
    words: String,
    /// Codes in `meta.security`.
    pub(crate) marks: Vec<&'static str>,
    /// What all of it means.
    pub(crate) labels: Vec<&'static str>,
}

impl Topic {
    /// A random one. Some are labelled by their source, some by what they are, most not at all.
    pub(crate) fn draw(random: &mut StdRng) -> Self {
        if random.random_ratio(1, 4) {
            // Spoken of under a mark alone: such a topic has namesakes, but none without need.
            let (mark, label) = MARKS.choose(random).expect("there are marks");
            let number = random.random_range(2_000_001..2_000_006);
            return Self {
                system: SNOMED.to_owned(),
                code: number.to_string(),
                words: format!("Marked {number}"),
                marks: vec!["R", mark],
                labels: vec![label],
            };
        }
        let (system, code, words, labels) = TOPICS.choose(random).expect("there are topics");
        let marks = if random.random_ratio(1, 3) { vec!["N"] } else { Vec::new() };
        let labels = labels.iter().copied();
        // Its source has said that there is nothing to it.
        let labels = labels.filter(|label| *label != "UNCLASSIFIED" || marks.is_empty()).collect();
        let (system, code, words) = ((*system).into(), (*code).into(), (*words).into());
        Self { system, code, words, marks, labels }
    }

    /// The same thing said by somebody who does not know that it is sensitive.
    pub(crate) fn unmarked(&self) -> Self {
        let meant = TOPICS.iter().find(|topic| topic.2 == self.words).map(|topic| topic.3);
        Self { marks: Vec::new(), labels: meant.unwrap_or_default().to_vec(), ..self.clone() }
    }

    pub(crate) fn concept(&self) -> Value {
        if self.code.is_empty() {
            return json!({ "text": self.words });
        }
        json!({ "coding": [{ "system": self.system, "code": self.code, "display": self.words }],
                "text": self.words })
    }

    /// By what others are known to speak of the same thing.
    pub(crate) fn names(&self) -> [String; 2] {
        [format!("{}|{}", self.system, self.code), self.words.to_lowercase()]
            .map(|name| if name == "|" { self.words.to_lowercase() } else { name })
    }

    /// Codes to filter by, of what is hidden too.
    pub(crate) fn some_codes() -> Vec<String> {
        TOPICS
            .iter()
            .filter(|topic| !topic.1.is_empty())
            .map(|(system, code, ..)| format!("{system}|{code}"))
            .chain((2_000_001..2_000_006).map(|number| format!("{SNOMED}|{number}")))
            .chain(["4548-4".to_owned(), "44249-1".to_owned()])
            .collect()
    }
}
