//! What is packed is unpacked, and nothing else is.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use caregraph_connectors::record::{
    Activity, Address, CarePlan, Coding, Concept, Fact, Fill, FuzzyDate, Identifier,
    MedicationReport, Person, PersonName, Quantity, Record, Referral,
};
use caregraph_connectors::{Problem, Share, Validator};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::super::codec::{pack, unpack};
use super::records;
use super::records::said;
use crate::gather::Kept;

fn kept(share: Share) -> Kept {
    Kept::at(share, SystemTime::now())
}

fn record(fact: Fact) -> Record {
    Record {
        reference: "Thing/1".into(),
        recorded: FuzzyDate::parse("2019"),
        updated: FuzzyDate::parse("2019-03-07T10:11"),
        identifiers: vec![Identifier {
            system: Some("urn:x".into()),
            value: "4711".into(),
            kind: None,
        }],
        labels: vec![Coding { system: None, code: Some("R".into()), display: None }],
        fact,
    }
}

fn kind(record: &Record) -> String {
    let debug = format!("{:?}", record.fact);
    debug.split(['(', ' ']).next().unwrap_or_default().to_owned()
}

/// What the systems do not say.
fn by_hand() -> Vec<Record> {
    let concept = Concept::of_text("in words that are longer than fits in place, ñ and 漢字 too");
    let date = FuzzyDate::parse("2020-02");
    let quantity = Quantity { value: Some("1.50".into()), ..Quantity::default() };
    let name = PersonName { family: Some("Lovelace".to_owned()), ..PersonName::default() };
    let facts = [
        Fact::Person(Box::new(Person {
            names: vec![name],
            deceased: Some(None),
            addresses: vec![Address { line: vec!["1 Row".to_owned()], ..Address::default() }],
            ..Person::default()
        })),
        Fact::Fill(Fill { quantity: Some(quantity), dispensed: date.clone(), ..Fill::default() }),
        Fact::Report(MedicationReport { start: date.clone(), ..MedicationReport::default() }),
        Fact::CarePlan(CarePlan {
            activities: vec![Activity { what: Some(concept.clone()), ..Activity::default() }],
            ..CarePlan::default()
        }),
        Fact::Referral(Referral { reasons: vec![concept], ..Referral::default() }),
    ];
    facts.map(record).into()
}

fn problems() -> Vec<Problem> {
    vec![
        Problem::Timeout,
        Problem::Unreachable,
        Problem::Unauthorized,
        Problem::Busy { retry_after: Some(Duration::from_millis(1_500)) },
        Problem::Busy { retry_after: None },
        Problem::Status(503),
        Problem::Garbled,
        Problem::TooMuch,
        Problem::Unreadable(3),
        Problem::WrongPatient(1),
        Problem::Incomplete,
        Problem::NotSupported,
    ]
}

#[tokio::test]
async fn every_kind_of_record_comes_back_as_it_was() {
    let mut all: Vec<Kept> = records::of_people().await.into_iter().map(|(_, kept)| kept).collect();
    all.push(kept(Share {
        records: by_hand(),
        problem: None,
        as_of: Some(SystemTime::UNIX_EPOCH),
        withdrawn: 7,
        validator: Some(Validator::new("x")),
    }));
    all.extend(problems().into_iter().map(|problem| kept(Share::failed(problem))));
    let (mut kinds, mut plain, mut small) = (BTreeSet::new(), 0, 0);
    for one in &all {
        kinds.extend(one.share.records.iter().map(kind));
        let packed = pack(one).unwrap();
        assert_eq!(said(&unpack(&packed).unwrap()), said(one));
        plain += said(one).len();
        small += packed.len();
    }
    // Every variant of `Fact`, so that a new one is not forgotten here.
    let every = [
        "Person",
        "Condition",
        "Allergy",
        "Order",
        "Report",
        "Fill",
        "Observation",
        "Immunization",
        "Procedure",
        "Encounter",
        "Appointment",
        "Document",
        "CarePlan",
        "Goal",
        "CareTeam",
        "Referral",
        "Coverage",
    ];
    assert_eq!(kinds, every.map(ToOwned::to_owned).into());
    println!("codec: {} shares, {plain} bytes as JSON, {small} packed", all.len());
    assert!(small * 3 < plain, "{small} of {plain}");
}

#[tokio::test]
async fn damaged_bytes_do_no_harm() {
    let mut dice = StdRng::seed_from_u64(4);
    let mut all = records::of_people().await;
    all.sort_by_key(|(_, kept)| kept.share.records.len());
    let largest = all.pop().unwrap().1;
    let packed = pack(&largest).unwrap();
    for end in 0..packed.len() {
        assert!(unpack(&packed[..end]).is_none(), "cut at {end}");
    }
    let mut longer = packed.clone();
    longer.push(0);
    assert!(unpack(&longer).is_none());
    // What is sealed has not been changed; this only has to end, and without a panic.
    for _ in 0..3_000 {
        let mut changed = packed.clone();
        for _ in 0..dice.random_range(1..4) {
            let at = dice.random_range(0..changed.len());
            changed[at] ^= 1 << dice.random_range(0..8);
        }
        if let Some(read) = unpack(&changed) {
            assert!(said(&read).len() < 1_000_000);
        }
    }
    for length in [0, 1, 4, 5, 20] {
        assert!(unpack(&vec![0xff; length]).is_none());
    }
}

#[test]
fn a_bomb_is_not_unpacked() {
    let mut bomb = u32::MAX.to_le_bytes().to_vec();
    bomb.extend_from_slice(&[0x1f, 0, 1, 0]);
    bomb.extend_from_slice(&[0xff; 1_000]);
    assert!(unpack(&bomb).is_none());
}

#[test]
fn what_was_fetched_before_there_was_time_is_not_kept() {
    let fetched_at = UNIX_EPOCH - Duration::from_secs(1);
    assert!(pack(&Kept::at(Share::default(), fetched_at)).is_none());
}
