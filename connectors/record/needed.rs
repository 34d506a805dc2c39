//! What a fact must say to be of use: without it nobody can tell what it is about.

use super::{Concept, Fact};

/// By the names of the public form: each fact with the fields of which it needs at least one.
const NEEDED: &[(&str, &[&str])] = &[
    ("condition", &["code"]),
    ("allergy", &["substance"]),
    ("order", &["medication.drug"]),
    ("report", &["medication.drug"]),
    ("fill", &["medication.drug"]),
    ("observation", &["code"]),
    ("immunization", &["vaccine"]),
    ("procedure", &["code"]),
    ("encounter", &["types", "class", "start"]),
    ("appointment", &["start"]),
    ("document", &["title", "kind"]),
    ("carePlan", &["title", "description", "categories"]),
    ("goal", &["description"]),
    ("careTeam", &["participants"]),
    ("referral", &["service"]),
    ("coverage", &["payer", "plan"]),
    ("person", &["names", "identifiers"]),
];

/// The fields of which a fact of that name needs at least one.
pub fn needed(fact: &str) -> &'static [&'static str] {
    NEEDED.iter().find(|(name, _)| *name == fact).map_or(&[], |(_, fields)| fields)
}

impl Fact {
    /// True when it says what it is about.
    pub fn is_of_use(&self) -> bool {
        let says = |concept: &Option<Concept>| concept.as_ref().is_some_and(|it| !it.is_empty());
        match self {
            Self::Person(it) => !it.names.is_empty() || !it.identifiers.is_empty(),
            Self::Condition(it) => says(&it.code),
            Self::Allergy(it) => says(&it.substance),
            Self::Order(it) => says(&it.medication.drug),
            Self::Report(it) => says(&it.medication.drug),
            Self::Fill(it) => says(&it.medication.drug),
            Self::Observation(it) => says(&it.code),
            Self::Immunization(it) => says(&it.vaccine),
            Self::Procedure(it) => says(&it.code),
            Self::Encounter(it) => !it.types.is_empty() || it.class.is_some() || it.start.is_some(),
            Self::Appointment(it) => it.start.is_some(),
            Self::Document(it) => it.title.is_some() || says(&it.kind),
            Self::CarePlan(it) => {
                it.title.is_some() || it.description.is_some() || !it.categories.is_empty()
            }
            Self::Goal(it) => says(&it.description),
            Self::CareTeam(it) => !it.participants.is_empty(),
            Self::Referral(it) => says(&it.service),
            Self::Coverage(it) => it.payer.is_some() || it.plan.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::schema;

    fn value_for(field: &str) -> serde_json::Value {
        match field {
            "title" | "description" | "class" | "payer" | "plan" => json!("words"),
            "start" => json!("2019-03-07"),
            "types" | "categories" => json!([{"text": "words"}]),
            "participants" | "names" => json!([{}]),
            "identifiers" => json!([{"value": "1"}]),
            _ => json!({"text": "words"}),
        }
    }

    #[test]
    fn each_fact_is_of_use_with_any_of_its_needed_fields_and_with_no_other() {
        let schema = schema::of_record();
        let facts = schema["$defs"]["Fact"]["oneOf"].as_array().unwrap();
        assert_eq!(facts.len(), NEEDED.len());
        for (fact, fields) in NEEDED {
            let empty: Fact = serde_json::from_value(json!({*fact: {}})).expect(fact);
            assert!(!empty.is_of_use(), "{fact}");
            for field in needed(fact) {
                let mut value = match (*fact, *field) {
                    ("goal", "description") => json!({"text": "words"}),
                    (_, field) => value_for(field.rsplit('.').next().unwrap()),
                };
                for part in field.rsplit('.') {
                    value = json!({part: value});
                }
                let fact: Fact = serde_json::from_value(json!({*fact: value})).expect(field);
                assert!(fact.is_of_use(), "{fields:?} {field}");
            }
        }
    }
}
