//! What records are said to weigh, beside what the process takes for them. In a process of its own, since nobody else may
//! take memory meanwhile.

use caregraph_connectors::record::{
    Coding, Concept, Document, Dosage, Fact, FuzzyDate, Identifier, Medication, MedicationOrder,
    Observation, ObservationValue, Person, PersonName, Quantity, Record, Text,
};

/// How much memory the process has, in bytes; where the system does not say so, nothing can be compared.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kibibytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// A text of that length which is shared with no other.
fn text(number: usize, length: usize) -> Text {
    Text::new(format!("{number:0length$}"))
}

fn concept(number: usize) -> Concept {
    let coding = Coding {
        system: Some("http://snomed.info/sct".into()),
        code: Some(text(number, 9)),
        display: Some(text(number, 40)),
    };
    Concept { text: Some(text(number, 40)), codings: vec![coding] }
}

fn record(number: usize, fact: Fact) -> Record {
    Record {
        reference: text(number, 48),
        recorded: FuzzyDate::parse("2019-03-07T10:11:12.345+02:00"),
        updated: FuzzyDate::parse("2019-03-07"),
        identifiers: vec![Identifier {
            system: Some(text(number, 30)),
            value: text(number, 12),
            kind: None,
        }],
        labels: Vec::new(),
        fact,
    }
}

fn observation(number: usize) -> Record {
    let value = Quantity {
        value: Some(text(number, 6)),
        unit: Some("mmol/L".into()),
        ..Quantity::default()
    };
    let observation = Observation {
        code: Some(concept(number)),
        categories: vec![concept(number)],
        value: Some(ObservationValue::Quantity(value)),
        taken: FuzzyDate::parse("2019-03-07T10:11:12Z"),
        ..Observation::default()
    };
    record(number, Fact::Observation(Box::new(observation)))
}

fn order(number: usize) -> Record {
    let order = MedicationOrder {
        medication: Medication { drug: Some(concept(number)), form: None },
        dosage: vec![Dosage { text: Some(text(number, 60)), ..Dosage::default() }],
        reasons: vec![concept(number)],
        ..MedicationOrder::default()
    };
    record(number, Fact::Order(order))
}

fn document(number: usize) -> Record {
    let document = Document { text: Some(text(number, 4_000)), ..Document::default() };
    record(number, Fact::Document(document))
}

fn person(number: usize) -> Record {
    let name = PersonName {
        family: Some(format!("family {number}")),
        given: vec![format!("given {number}"), "middle".to_owned()],
        ..PersonName::default()
    };
    record(number, Fact::Person(Box::new(Person { names: vec![name], ..Person::default() })))
}

/// A kind of record by its name, how one is made, and how many of them.
type Kind = (&'static str, fn(usize) -> Record, usize);

#[test]
fn records_weigh_what_they_take_within_a_factor_of_two() {
    let makers: [Kind; 4] = [
        ("observations", observation, 20_000),
        ("orders", order, 20_000),
        ("documents", document, 8_000),
        ("persons", person, 30_000),
    ];
    let mut held = Vec::new();
    for (name, make, count) in makers {
        let Some(before) = resident() else { return };
        let records: Vec<Record> = (0..count).map(make).collect();
        let taken = resident().expect("the system said so before") - before;
        let weight: usize = records.iter().map(Record::weight).sum();
        assert!(taken > 8 * 1024 * 1024, "{name}: too little to be measured: {taken}");
        assert!(weight <= 2 * taken && taken <= 2 * weight, "{name}: {weight} beside {taken}");
        // What one kind gives back, the next one would take without asking the system.
        held.push(records);
    }
}
