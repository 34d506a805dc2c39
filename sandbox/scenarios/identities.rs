//! Who can be taken for whom: a matcher that follows the rules finds exactly the clusters of the truth.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    Population,
    person::{identity, kin::Pair},
    site::Site,
};

/// A published patient, as a matcher reads it.
struct Published {
    person: u64,
    site: Site,
    cluster: usize,
    ambiguous: bool,
    identifiers: Vec<String>,
    /// Name, birth date and sex with each contact.
    demographics: Vec<String>,
}

fn published(population: &Population, number: u64) -> Vec<Published> {
    let person = population.person(number);
    let records = population.records(number);
    population
        .registrations(&person)
        .iter()
        .zip(records)
        .map(|(registration, record)| {
            let patient = population.patient(registration.site, &person, "").unwrap().body;
            let (identifiers, demographics) = (
                identifiers(&patient.clone().into(), registration.site),
                demographics(&patient.into()),
            );
            let (cluster, ambiguous) = (record.cluster, record.ambiguous);
            Published {
                person: number,
                site: registration.site,
                cluster,
                ambiguous,
                identifiers,
                demographics,
            }
        })
        .collect()
}

fn identifiers(patient: &Value, site: Site) -> Vec<String> {
    let identifiers = patient["identifier"].as_array().unwrap().iter();
    let others =
        identifiers.filter(|identifier| identifier["system"] != identity::record_system(site));
    others.map(|identifier| format!("{}|{}", identifier["system"], identifier["value"])).collect()
}

/// Letters and digits alone, without accents and case.
fn plain(text: &str) -> String {
    let text = crate::person::names::without_accents(&text.to_lowercase());
    text.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn demographics(patient: &Value) -> Vec<String> {
    let name = format!(
        "{} {}",
        plain(text(&patient["name"][0]["family"])),
        plain(text(&patient["name"][0]["given"][0]))
    );
    let who = format!("{name} {} {}", text(&patient["birthDate"]), text(&patient["gender"]));
    let contact = |contact: String| format!("{who} {contact}");
    let telecom = patient["telecom"].as_array().cloned().unwrap_or_default();
    let telecom = telecom.iter().map(|entry| match text(&entry["system"]) {
        // The last ten digits, with or without the country.
        "phone" => plain(text(&entry["value"])).chars().rev().take(10).collect(),
        _ => text(&entry["value"]).to_lowercase(),
    });
    let address = patient["address"][0]["line"][0]
        .as_str()
        .map(|line| plain(&format!("{line} {}", patient["address"][0]["postalCode"])));
    telecom.chain(address).map(contact).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn a_fair_matcher_finds_the_clusters_of_the_truth() {
    let population = Population::new(1, 700);
    let everyone: Vec<Published> =
        (0..700).flat_map(|number| published(&population, number)).collect();
    let mut by_key: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, record) in everyone.iter().enumerate() {
        let keys = record.identifiers.iter().chain(&record.demographics);
        keys.for_each(|key| by_key.entry(key).or_default().push(place));
    }
    let mut group: Vec<usize> = (0..everyone.len()).collect();
    for places in by_key.values() {
        let sites: BTreeSet<Site> = places.iter().map(|place| everyone[*place].site).collect();
        // Two records of one site that look the same are two people; then nobody can tell the others apart.
        if sites.len() < places.len() {
            assert!(places.iter().any(|place| everyone[*place].ambiguous));
            continue;
        }
        for place in places {
            let (from, to) = (group[*place], group[places[0]]);
            group.iter_mut().filter(|id| **id == from).for_each(|id| *id = to);
        }
    }
    for (one, first) in everyone.iter().enumerate() {
        for (other, second) in everyone.iter().enumerate().skip(one + 1) {
            let linked = group[one] == group[other];
            let true_link = first.person == second.person && first.cluster == second.cluster;
            assert_eq!(linked, true_link, "persons {} and {}", first.person, second.person);
        }
    }
}

#[test]
fn pairs_have_in_common_what_makes_them_hard() {
    let population = Population::new(1, 700);
    let mut seen = BTreeMap::new();
    for number in 0..700 {
        let (one, other) = (population.person(number), population.person(number + 1));
        let (Some(pair), true) =
            (one.kin.pair(), matches!(one.kin, crate::person::kin::Kin::First(_)))
        else {
            continue;
        };
        *seen.entry(format!("{pair:?}")).or_insert(0) += 1;
        assert_eq!((one.family, one.phone_of, one.sex), (other.family, other.phone_of, other.sex));
        assert!(one.address == other.address);
        match pair {
            Pair::Twins => assert!(one.given != other.given && one.birth == other.birth),
            Pair::FatherAndSon => assert!(one.given == other.given && one.birth < other.birth),
            Pair::Namesakes => {
                assert!(
                    one.given == other.given
                        && one.birth == other.birth
                        && one.sites == other.sites
                );
                let records = population.records(number);
                assert!(records.iter().any(|record| record.ambiguous));
                assert_eq!(
                    records.iter().map(|record| record.cluster).collect::<BTreeSet<_>>().len(),
                    records.len()
                );
            }
        }
    }
    assert_eq!(seen.len(), 3, "{seen:?}");
}

#[test]
fn a_namesake_without_a_double_is_not_ambiguous() {
    let alone = Population::new(1, 10);
    assert!(alone.records(9).iter().all(|record| !record.ambiguous));
    assert!(Population::new(1, 11).records(9).iter().any(|record| record.ambiguous));
}

#[test]
fn most_people_can_be_linked_and_everyone_is_known_somewhere() {
    let population = Population::new(4, 2000);
    let truths: Vec<_> = (0..2000).map(|number| population.records(number)).collect();
    assert!(truths.iter().all(|records| {
        records.iter().any(|record| ["lakeside", "stmary"].contains(&record.system))
    }));
    assert_eq!(truths[0].len(), 5);
    assert!(truths[0].iter().all(|record| record.cluster == 0 && record.ground.is_some()));
    let known: BTreeSet<usize> = truths.iter().map(Vec::len).collect();
    assert_eq!(known, (1..=5).collect());
    let split =
        truths.iter().filter(|records| records.iter().any(|record| record.cluster > 0)).count();
    assert!((20..180).contains(&split), "{split} of 2000 fall apart");
    let records = truths.iter().flatten().filter(|record| record.ground.is_some());
    let by_name = records
        .clone()
        .filter(|record| matches!(record.ground, Some(crate::Ground::Demographics(_))))
        .count();
    let percent = by_name * 100 / records.count();
    assert!((8..30).contains(&percent), "{percent} percent are linked by demographics");
}
