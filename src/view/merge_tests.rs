use std::time::SystemTime;

use caregraph_connectors::record::{
    Coding, Concept, Condition, Fact, FuzzyDate, Immunization, MedicationOrder, Record, systems,
};

use super::{Claim, Member, Mergeable, claims, merge};
use crate::view::completeness::instant;
use crate::view::provenance::Freshness;
use crate::view::testing::source;

fn member(at: &str, reference: &str, fact: Fact) -> Member {
    let record = Record {
        reference: reference.into(),
        recorded: None,
        updated: None,
        identifiers: Vec::new(),
        labels: Vec::new(),
        fact,
    };
    Member {
        record: record.into(),
        source: source(at),
        fetched_at: instant(SystemTime::UNIX_EPOCH),
        freshness: Freshness::Live,
    }
}

fn coded(system: &str, codes: &[&str], text: &str) -> Concept {
    let coding = |code: &&str| Coding {
        system: Some(system.into()),
        code: Some((*code).into()),
        display: None,
    };
    Concept { text: Some(text.into()), codings: codes.iter().map(coding).collect() }
}

fn condition(code: Concept, onset: Option<&str>) -> Fact {
    let onset = onset.and_then(FuzzyDate::parse);
    Fact::Condition(Condition { code: Some(code), onset, ..Condition::default() })
}

fn of_condition(fact: &Fact) -> Option<&Condition> {
    match fact {
        Fact::Condition(condition) => Some(condition),
        _ => None,
    }
}

/// The groups as lists of references, in an order that does not depend on that of the members.
fn groups<F: Mergeable>(claims: Vec<Claim<'_, F>>) -> Vec<Vec<String>> {
    let mut groups: Vec<Vec<String>> = merge(claims)
        .into_iter()
        .map(|group| {
            let mut names: Vec<String> = group
                .iter()
                .map(|claim| {
                    format!("{}:{}", claim.member.source.id, claim.member.record.reference)
                })
                .collect();
            names.sort();
            names
        })
        .collect();
    groups.sort();
    groups
}

/// Groups of these facts, one a member, under every rotation and its reverse: the order must not matter.
fn check(facts: &[(&str, Fact)], expected: &[&[usize]]) {
    let name = |place: &usize| format!("{}:{place}", facts[*place].0);
    let mut expected: Vec<Vec<String>> = expected
        .iter()
        .map(|group| {
            let mut names: Vec<String> = group.iter().map(name).collect();
            names.sort();
            names
        })
        .collect();
    expected.sort();
    let members: Vec<Member> = facts
        .iter()
        .enumerate()
        .map(|(place, (at, fact))| member(at, &place.to_string(), fact.clone()))
        .collect();
    for turn in 0..members.len() {
        let mut turned = members.clone();
        turned.rotate_left(turn);
        assert_eq!(groups(claims(&turned, of_condition)), expected, "turned by {turn}");
        turned.reverse();
        assert_eq!(
            groups(claims(&turned, of_condition)),
            expected,
            "turned by {turn} and reversed"
        );
    }
}

#[test]
fn the_same_code_with_the_same_onset_is_the_same_condition() {
    let diabetes = || coded(systems::SNOMED, &["44054006"], "Type 2 diabetes");
    check(
        &[
            ("a", condition(diabetes(), Some("2019-03-01"))),
            ("b", condition(diabetes(), Some("2019-03-01"))),
        ],
        &[&[0, 1]],
    );
    check(
        &[
            ("a", condition(diabetes(), Some("2019-03-01"))),
            ("b", condition(diabetes(), Some("2020-01-01"))),
        ],
        &[&[0], &[1]],
    );
}

#[test]
fn one_without_an_onset_joins_only_when_it_can_mean_one_thing() {
    let cold = || coded(systems::SNOMED, &["82272006"], "Common cold");
    check(&[("a", condition(cold(), Some("2019"))), ("b", condition(cold(), None))], &[&[0, 1]]);
    check(
        &[
            ("a", condition(cold(), Some("2019"))),
            ("a", condition(cold(), Some("2021"))),
            ("b", condition(cold(), None)),
        ],
        &[&[0], &[1], &[2]],
    );
}

#[test]
fn different_codes_beside_the_same_words_are_different_conditions() {
    let named = |code: &str| coded(systems::SNOMED, &[code], "Diabetes");
    check(
        &[("a", condition(named("44054006"), None)), ("b", condition(named("46635009"), None))],
        &[&[0], &[1]],
    );
}

#[test]
fn words_merge_with_words_and_with_a_code_that_has_the_same_words() {
    let words = || Concept::of_text("Essential  Hypertension");
    let coded = coded(systems::ICD10CM, &["I10"], "essential hypertension");
    check(
        &[
            ("a", condition(words(), None)),
            ("b", condition(words(), None)),
            ("c", condition(coded, None)),
        ],
        &[&[0, 1, 2]],
    );
}

#[test]
fn what_has_neither_code_nor_words_stands_alone() {
    let nothing = || Fact::Condition(Condition::default());
    check(&[("a", nothing()), ("b", nothing())], &[&[0], &[1]]);
}

#[test]
fn strengths_of_one_ingredient_are_different_drugs() {
    let order = |codes: &[&str], text: &str| {
        let mut order = MedicationOrder::default();
        order.medication.drug = Some(coded(systems::RXNORM, codes, text));
        Fact::Order(order)
    };
    let members = [
        member("a", "1", order(&["314076", "29046"], "lisinopril 10 MG")),
        member("b", "2", order(&["311354", "29046"], "lisinopril 40 MG")),
        member("c", "3", order(&["314076"], "Lisinopril 10 MG Oral Tablet")),
    ];
    let mentions: Vec<_> = members
        .iter()
        .map(|member| (member, super::super::mention::mention(&member.record.fact).unwrap()))
        .collect();
    let claims = mentions.iter().map(|(member, fact)| Claim { member, fact }).collect();
    assert_eq!(groups(claims), [vec!["a:1", "c:3"], vec!["b:2"]]);
}

#[test]
fn a_vaccine_that_was_not_given_is_never_the_one_that_was() {
    let vaccine = |status: &str, day: &str| {
        Fact::Immunization(Immunization {
            vaccine: Some(coded(systems::CVX, &["140"], "Influenza")),
            status: Some(status.into()),
            given: FuzzyDate::parse(day),
            ..Immunization::default()
        })
    };
    let members = [
        member("a", "1", vaccine("completed", "2020-10-01")),
        member("b", "2", vaccine("completed", "2020-10-02")),
        member("c", "3", vaccine("not-done", "2020-10-01")),
        member("d", "4", vaccine("completed", "2021-10-01")),
    ];
    let claims = claims(&members, |fact| match fact {
        Fact::Immunization(immunization) => Some(immunization),
        _ => None,
    });
    assert_eq!(groups(claims), [vec!["a:1", "b:2"], vec!["c:3"], vec!["d:4"]]);
}
