//! People of whom two versions are told: on side A everything, on side B what is left when all that is hidden from one
//! role never was.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use caregraph_sandbox::Role;
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};

use super::eyes::{Eyes, Said};
use super::topic::Topic;

/// A source: its id, its category, and the labels of all its records.
pub(crate) struct Source {
    pub(crate) id: &'static str,
    pub(crate) category: &'static str,
    pub(crate) floor: &'static [&'static str],
}

/// The sources, in the order of the configuration.
pub(crate) const SOURCES: [Source; 5] = [
    Source { id: "alpha", category: "PRIMARY_CARE", floor: &[] },
    Source { id: "bravo", category: "HOSPITAL", floor: &[] },
    Source { id: "charlie", category: "SPECIALIST", floor: &[] },
    Source { id: "delta", category: "BEHAVIORAL_HEALTH", floor: &["SUBSTANCE_USE", "PART_2"] },
    Source { id: "echo", category: "PHARMACY", floor: &["HIV"] },
];

/// The types of records, the section that each stands in, and the class of that section.
const KINDS: [(&str, &str, &str); 16] = [
    ("Condition", "conditions", "CONDITIONS"),
    ("AllergyIntolerance", "allergies", "ALLERGIES"),
    ("MedicationRequest", "medications", "MEDICATIONS"),
    ("MedicationStatement", "medications", "MEDICATIONS"),
    ("MedicationDispense", "medications", "MEDICATIONS"),
    ("Observation", "observations", "OBSERVATIONS"),
    ("Immunization", "immunizations", "IMMUNIZATIONS"),
    ("Procedure", "procedures", "PROCEDURES"),
    ("Encounter", "encounters", "ENCOUNTERS"),
    ("Appointment", "appointments", "APPOINTMENTS"),
    ("DocumentReference", "documents", "DOCUMENTS"),
    ("CarePlan", "carePlans", "CARE_PLANS"),
    ("Goal", "goals", "CARE_PLANS"),
    ("CareTeam", "careTeam", "CARE_TEAM"),
    ("ServiceRequest", "referrals", "REFERRALS"),
    ("Coverage", "coverage", "COVERAGE"),
];

/// A record, as it stands on each side.
pub(crate) struct Piece {
    pub(crate) source: usize,
    pub(crate) kind: &'static str,
    pub(crate) owner: String,
    pub(crate) sides: [Option<Value>; 2],
}

/// Somebody.
pub(crate) struct Person {
    pub(crate) number: usize,
    pub(crate) said: Vec<Said>,
    pub(crate) eyes: Eyes,
    /// Identifiers by which somebody may look for them; some stand in sources that are hidden.
    pub(crate) identifiers: Vec<(String, String)>,
    /// Words to search for; some stand in sources that are hidden.
    pub(crate) words: Vec<String>,
    /// Whether there is such a patient on side B.
    pub(crate) is_on_b: bool,
    pub(crate) pieces: Vec<Piece>,
}

const FAMILIES: [&str; 5] = ["Abernathy", "Abernethy", "Castellan", "Castile", "Dunmore"];
const GIVEN: [&str; 10] =
    ["Ada", "Adam", "Bruno", "Clara", "Dora", "Edda", "Fanny", "Gustav", "Hilda", "Ivo"];
const DAYS: [&str; 4] = ["2024-03-01", "2024-03-02", "2024-05-17", "2025-01-09"];

impl Person {
    /// A random person, told for one role.
    pub(crate) fn draw(random: &mut StdRng, role: Role, number: usize) -> Self {
        let said = draw_directives(random, role);
        let eyes = Eyes::of(role, &said);
        let sources = draw_sources(random);
        let heard = |at: &usize| eyes.see(SOURCES[*at].id, SOURCES[*at].floor, true);
        let is_on_b = sources.iter().any(heard);
        let mut person = Self {
            number,
            said,
            eyes,
            identifiers: Vec::new(),
            words: Vec::new(),
            is_on_b,
            pieces: Vec::new(),
        };
        person.write_patients(random, &sources);
        for (section, class) in sections() {
            person.write_section(random, &sources, section, class);
        }
        person
    }

    /// Somebody known to some sources, of whom nothing else is said.
    pub(crate) fn known_to(
        random: &mut StdRng,
        role: Role,
        number: usize,
        sources: &[usize],
    ) -> Self {
        let eyes = Eyes::of(role, &[]);
        let hears = |at: &usize| eyes.see(SOURCES[*at].id, SOURCES[*at].floor, true);
        let is_on_b = sources.iter().any(hears);
        let (said, identifiers, words, pieces) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut person = Self { number, said, eyes, identifiers, words, is_on_b, pieces };
        person.write_patients(random, sources);
        person
    }

    fn owner(&self, source: usize) -> String {
        format!("{}-p{}", SOURCES[source].id, self.number)
    }

    fn write_patients(&mut self, random: &mut StdRng, sources: &[usize]) {
        let number = self.number;
        let family = FAMILIES[number % FAMILIES.len()];
        let given = GIVEN[number % GIVEN.len()];
        let birth = format!("19{:02}-0{}-1{}", 40 + number % 50, 1 + number % 9, number % 10);
        self.words.extend([family[..4].to_owned(), format!("{family} {given}"), birth.clone()]);
        for &source in sources {
            let Source { id, floor, .. } = SOURCES[source];
            let knows = self.eyes.see(id, floor, false);
            let mrn = (format!("urn:{id}:mrn"), format!("{id}-{number}"));
            let mut identifiers = vec![json!({ "system": mrn.0, "value": mrn.1 })];
            self.identifiers.push(mrn);
            if random.random_bool(0.5) || !knows {
                let shared = ("urn:national".to_owned(), format!("n-{number}"));
                identifiers.push(json!({ "system": shared.0, "value": shared.1 }));
                self.identifiers.push(shared);
            }
            let patient = |alias: &str, more: &str| {
                let mut identifiers = identifiers.clone();
                identifiers.push(json!({ "system": "urn:library", "value": more }));
                json!({
                    "resourceType": "Patient", "id": format!("{id}-p{number}"), "gender": "female",
                    "birthDate": birth,
                    "identifier": identifiers,
                    "name": [{ "use": "official", "family": family, "given": [given] },
                             { "use": "old", "family": alias, "given": [given] }],
                    "telecom": [{ "system": "phone", "value": format!("+1 212 867 53{number:02}") },
                                { "system": "email", "value": format!("{alias}@example.org") }],
                    "address": [{ "line": [format!("1 {alias} Street")], "city": "Here", "postalCode": "12345" }],
                    "communication": [{ "language": { "text": alias } }],
                })
            };
            let alias = format!("Alias{id}");
            self.words.push(format!("{alias} {given}"));
            let a = patient(&alias, &format!("{id} {number}"));
            // What a role must not see of somebody who is there may say anything.
            let sees_numbers = self.eyes.class("IDENTIFIERS");
            let other = if sees_numbers {
                format!("{id} {number}")
            } else {
                format!("other {id} {number}")
            };
            let heard = self.eyes.see(id, floor, true);
            let b = match (knows, heard) {
                (true, _) => Some(patient(&alias, &other)),
                (false, true) => Some(patient("Nobody", &other)),
                (false, false) => None,
            };
            let owner = self.owner(source);
            let sides = [Some(a), b.filter(|_| self.is_on_b)];
            self.pieces.push(Piece { source, kind: "Patient", owner, sides });
        }
    }

    fn write_section(
        &mut self,
        random: &mut StdRng,
        sources: &[usize],
        section: &'static str,
        class: &str,
    ) {
        let mut drafts: Vec<(usize, &'static str, Topic)> = Vec::new();
        for &source in sources {
            for (kind, ..) in KINDS.iter().filter(|kind| kind.1 == section) {
                for _ in 0..random.random_range(0..4) {
                    let topic = Topic::draw(random);
                    if random.random_ratio(1, 3) {
                        let elsewhere = *sources.choose(random).expect("somebody knows them");
                        drafts.push((elsewhere, kind, topic.unmarked()));
                    }
                    drafts.push((source, kind, topic));
                }
            }
        }
        let is_medicine = section == "medications";
        let is_shown =
            shown(&self.eyes, &drafts, is_medicine, !matches!(section, "careTeam" | "coverage"));
        for (at, (source, kind, topic)) in drafts.into_iter().enumerate() {
            let id = format!("{kind}-{}-{section}-{at}", self.number).to_lowercase();
            let day = DAYS.choose(random).expect("there are days");
            let owner = self.owner(source);
            let a = body(kind, &id, &owner, &topic, day, &Hidden::of_a());
            let is_kept = is_shown[at] && self.eyes.class(class) && self.is_on_b;
            let hidden = Hidden::of_b(&self.eyes, SOURCES[source].floor, &topic);
            let b = is_kept.then(|| body(kind, &id, &owner, &topic, day, &hidden));
            self.pieces.push(Piece { source, kind, owner, sides: [Some(a), b] });
        }
    }
}

fn draw_directives(random: &mut StdRng, role: Role) -> Vec<Said> {
    let labels = ["MENTAL_HEALTH", "HIV", "SEXUAL_HEALTH", "GENETIC", "SUBSTANCE_USE"];
    let sources = ["bravo", "charlie", "delta", "echo"];
    let label = *labels.choose(random).expect("there are labels");
    match random.random_range(0..10) {
        0..4 => Vec::new(),
        4 => vec![Said::Permit(vec!["SUBSTANCE_USE", "PART_2"])],
        5 => vec![
            Said::Permit(vec!["SUBSTANCE_USE", "PART_2", "MENTAL_HEALTH"]),
            Said::DenyLabels(vec![label]),
        ],
        6 => vec![Said::DenyLabels(vec![label])],
        7 | 8 => vec![Said::DenySource(sources.choose(random).expect("there are sources"))],
        _ if role == Role::Patient => Vec::new(),
        _ => vec![Said::DenyAll],
    }
}

/// Some sources; now and then a closed one alone.
fn draw_sources(random: &mut StdRng) -> Vec<usize> {
    match random.random_range(0..10) {
        0 => vec![3],
        1 => vec![4],
        _ => {
            let mut some: Vec<usize> =
                (0..SOURCES.len()).filter(|_| random.random_bool(0.6)).collect();
            if some.is_empty() {
                some.push(0);
            }
            some
        }
    }
}

fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut seen = BTreeSet::new();
    KINDS.iter().filter(move |kind| seen.insert(kind.1)).map(|kind| (kind.1, kind.2))
}

/// Which records of a section may be shown: not those whose labels hide them, nor those that name the same thing as one
/// that is hidden for more than that nobody has classified it, and so on.
fn shown(
    eyes: &Eyes,
    drafts: &[(usize, &str, Topic)],
    is_medicine: bool,
    has_topic: bool,
) -> Vec<bool> {
    let is_asked = |source: usize| eyes.see(SOURCES[source].id, SOURCES[source].floor, is_medicine);
    let sees = |source: usize, topic: &Topic, classified_only: bool| {
        let floor = SOURCES[source].floor;
        let labels: Vec<&str> = topic
            .labels
            .iter()
            .copied()
            .filter(|label| {
                *label != "UNCLASSIFIED" || (has_topic && floor.is_empty() && !classified_only)
            })
            .collect();
        is_asked(source) && eyes.see(SOURCES[source].id, &labels, is_medicine)
    };
    let mut is_shown: Vec<bool> =
        drafts.iter().map(|(source, _, topic)| sees(*source, topic, false)).collect();
    if !has_topic {
        return is_shown;
    }
    let mut hidden: BTreeSet<String> = drafts
        .iter()
        .filter(|(source, _, topic)| is_asked(*source) && !sees(*source, topic, true))
        .flat_map(|(_, _, topic)| topic.names())
        .collect();
    loop {
        let before = hidden.len();
        for (at, (_, _, topic)) in drafts.iter().enumerate() {
            if is_shown[at] && topic.names().iter().any(|name| hidden.contains(name)) {
                is_shown[at] = false;
                hidden.extend(topic.names());
            }
        }
        if hidden.len() == before {
            return is_shown;
        }
    }
}

/// What a role must not see of a record that it sees.
struct Hidden {
    /// Whether values and texts differ from record to record, or are the same everywhere.
    value_differs: bool,
    text_differs: bool,
    reason: Option<&'static str>,
}

impl Hidden {
    fn of_a() -> Self {
        Self { value_differs: false, text_differs: false, reason: Some("Knee trouble") }
    }

    fn of_b(eyes: &Eyes, floor: &[&str], topic: &Topic) -> Self {
        let a = Self::of_a();
        let labels: Vec<&str> = floor.iter().chain(&topic.labels).copied().collect();
        let cuts_reasons = !eyes.see("", &labels, false);
        Self {
            value_differs: !eyes.class("OBSERVATION_VALUES"),
            text_differs: !eyes.class("DOCUMENT_TEXT"),
            reason: if cuts_reasons { None } else { a.reason },
        }
    }
}

fn body(kind: &str, id: &str, owner: &str, topic: &Topic, day: &str, hidden: &Hidden) -> Value {
    let concept = topic.concept();
    let (patient, at) =
        (json!({ "reference": format!("Patient/{owner}") }), format!("{day}T10:00:00Z"));
    let value = if hidden.value_differs {
        format!("7.{}", id.len() * 7 + usize::from(id.as_bytes()[id.len() - 1]))
    } else {
        "5.4".to_owned()
    };
    let value: f64 = value.parse().expect("this is a number");
    let text =
        STANDARD.encode(if hidden.text_differs { id } else { "what stands in the document" });
    let mut it = match kind {
        "Condition" => {
            json!({ "subject": patient, "code": concept, "onsetDateTime": day, "recordedDate": day })
        }
        "AllergyIntolerance" => json!({ "patient": patient, "code": concept, "recordedDate": day }),
        "MedicationRequest" => {
            json!({ "subject": patient, "status": "active", "intent": "order", "medicationCodeableConcept": concept,
            "authoredOn": day, "reasonCode": hidden.reason.iter().map(|text| json!({ "text": text })).collect::<Vec<_>>() })
        }
        "MedicationStatement" => {
            json!({ "subject": patient, "status": "active", "medicationCodeableConcept": concept, "dateAsserted": day })
        }
        "MedicationDispense" => {
            json!({ "subject": patient, "status": "completed", "medicationCodeableConcept": concept, "whenHandedOver": at })
        }
        "Observation" => {
            json!({ "subject": patient, "status": "final", "code": concept, "effectiveDateTime": at,
            "category": [{ "coding": [{ "code": if day.ends_with('1') { "laboratory" } else { "vital-signs" } }] }],
            "valueQuantity": { "value": value, "unit": "mmol/L" } })
        }
        "Immunization" => {
            json!({ "patient": patient, "status": "completed", "vaccineCode": concept, "occurrenceDateTime": day })
        }
        "Procedure" => {
            json!({ "subject": patient, "status": "completed", "code": concept, "performedDateTime": day })
        }
        "Encounter" => {
            json!({ "subject": patient, "status": "finished", "class": { "code": "AMB" }, "type": [concept],
            "period": { "start": at, "end": format!("{day}T11:00:00Z") } })
        }
        "Appointment" => {
            json!({ "status": "booked", "serviceType": [concept], "start": at, "end": format!("{day}T11:00:00Z"),
            "participant": [{ "actor": patient, "status": "accepted" }] })
        }
        "DocumentReference" => {
            json!({ "subject": patient, "status": "current", "type": concept, "date": at, "author": [{ "display": "Dr. One" }],
            "content": [{ "attachment": { "contentType": "text/plain", "data": text, "hash": text } }] })
        }
        "CarePlan" => {
            json!({ "subject": patient, "status": "active", "intent": "plan", "category": [concept], "created": day })
        }
        "Goal" => {
            json!({ "subject": patient, "lifecycleStatus": "active", "description": concept, "startDate": day })
        }
        "CareTeam" => json!({ "subject": patient, "status": "active",
            "participant": [{ "member": { "display": format!("Dr. {day}") }, "role": [concept] }] }),
        "ServiceRequest" => {
            json!({ "subject": patient, "status": "active", "intent": "order", "code": concept, "authoredOn": day })
        }
        "Coverage" => {
            json!({ "beneficiary": patient, "status": "active", "type": concept, "payor": [{ "display": format!("Payer {day}") }] })
        }
        other => panic!("{other} is no type of the twins"),
    };
    it["resourceType"] = json!(kind);
    it["id"] = json!(id);
    let codes = topic.marks.iter().map(|code| json!({ "code": code }));
    it["meta"] = json!({ "security": codes.collect::<Vec<_>>() });
    it
}
