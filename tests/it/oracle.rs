//! The answers against the truth of what was scattered.

use std::collections::{BTreeMap, BTreeSet};

use caregraph_sandbox::{Contribution, Section, Truth};

use crate::chart::{self, Chart, LISTS, PLAIN};
use crate::gateway::{TestGateway, run, shared};
use crate::people::{self, Cluster};

/// How many people are looked at.
const PEOPLE: u64 = 60;

/// Every cluster of the truth with our id of it.
async fn everybody(gateway: &TestGateway) -> Vec<(String, Cluster)> {
    let shown = people::shown(gateway).await;
    let clusters = (0..PEOPLE).flat_map(|person| people::clusters(&gateway.sandbox.truth(person)));
    clusters
        .map(|cluster| {
            let known = shown.iter().find(|(_, links)| **links == cluster.links);
            let (id, _) = known.unwrap_or_else(|| panic!("nobody is {:?}", cluster.links));
            (id.clone(), cluster)
        })
        .collect()
}

#[test]
fn links_are_exactly_the_clusters_of_the_truth() {
    run(async {
        let gateway = shared().await;
        let shown: BTreeSet<_> = people::shown(gateway).await.into_values().collect();
        let truths = gateway.sandbox.truths();
        let clusters: BTreeSet<_> =
            truths.flat_map(|truth| people::clusters(&truth)).map(|of| of.links).collect();
        assert!(clusters.iter().any(|links| links.len() > 1));
        let persons = gateway.sandbox.truths().count();
        assert!(clusters.len() > persons, "somebody's records cannot be linked");
        assert_eq!(shown, clusters);
    });
}

#[test]
fn contributors_are_exactly_the_truths_contributions() {
    run(async {
        let gateway = shared().await;
        let mut records = 0;
        for (id, cluster) in everybody(gateway).await {
            let chart = chart::read(gateway, &id, 100).await;
            records += is_exactly(&chart, &cluster);
        }
        assert!(records > 1_000, "only {records} records were looked at");
    });
}

#[test]
fn small_pages_hold_what_large_ones_hold() {
    run(async {
        let gateway = shared().await;
        for (id, cluster) in everybody(gateway).await.into_iter().take(8) {
            let whole = chart::read(gateway, &id, 100).await;
            for first in [7, 20] {
                assert_eq!(chart::read(gateway, &id, first).await, whole, "pages of {first}");
            }
            is_exactly(&whole, &cluster);
        }
    });
}

/// Compares every section with the truth; tells how many records there were.
fn is_exactly(chart: &Chart, cluster: &Cluster) -> usize {
    let mut records = 0;
    for section in LISTS.into_iter().chain(PLAIN) {
        assert_eq!(chart.contains_key(&section), offered(cluster, section), "{section:?}");
    }
    for (section, things) in chart {
        let all: Vec<_> = things.iter().flat_map(|thing| thing.records.clone()).collect();
        let distinct: BTreeSet<_> = all.iter().cloned().collect();
        let person = cluster.truth.person;
        assert_eq!(distinct, cluster.contributions(*section), "{section:?} of person {person}");
        let ids: BTreeSet<_> = things.iter().map(|thing| &thing.id).collect();
        assert_eq!(ids.len(), things.len(), "an id stands twice in {section:?} of person {person}");
        // One team names many members.
        if *section != Section::CareTeam {
            assert_eq!(all.len(), distinct.len(), "twice in {section:?} of person {person}");
        }
        records += distinct.len();
    }
    records
}

/// The pharmacy knows drugs and allergies only; whoever is known there alone has nothing else.
fn offered(cluster: &Cluster, section: Section) -> bool {
    let pharmacy = |(system, _): &(String, String)| system == "cornerstone";
    !cluster.links.iter().all(pharmacy)
        || matches!(section, Section::Allergies | Section::Medications)
}

#[test]
fn nothing_is_merged_that_the_truth_does_not_call_by_the_same_name() {
    run(async {
        let gateway = shared().await;
        let (mut merged, mut across) = (0, 0);
        for (id, cluster) in everybody(gateway).await {
            let chart = chart::read(gateway, &id, 100).await;
            for (section, things) in &chart {
                if *section == Section::CareTeam {
                    continue;
                }
                let said = contributions(&cluster.truth, *section);
                for thing in things.iter().filter(|thing| thing.records.len() > 1) {
                    let group: Vec<_> = thing.records.iter().map(|of| said[of]).collect();
                    let keys: BTreeSet<_> = group.iter().map(|(key, _)| key).collect();
                    assert!(hang_together(&group), "{section:?}: {group:#?}");
                    merged += 1;
                    across += usize::from(keys.len() > 1);
                }
            }
        }
        assert!(merged > 100, "only {merged} things have several contributors");
        assert!(across * 10 < merged, "{across} of {merged} things are several facts of the truth");
    });
}

/// The contributions of a section with the key of their fact, by (system, reference).
fn contributions(
    truth: &Truth,
    section: Section,
) -> BTreeMap<(String, String), (&str, &Contribution)> {
    let facts = truth.facts(section).iter();
    facts
        .flat_map(|fact| fact.contributions.iter().map(|said| (fact.key.as_str(), said)))
        .map(|(key, said)| ((said.system.to_owned(), said.reference.clone()), (key, said)))
        .collect()
}

/// True when each is reached from the first by steps between the same fact, or the same name at the same time.
fn hang_together(group: &[(&str, &Contribution)]) -> bool {
    let mut reached = vec![0];
    let mut next = 0;
    while next < reached.len() {
        let from = group[reached[next]];
        for (place, to) in group.iter().enumerate() {
            if !reached.contains(&place) && (from.0 == to.0 || says_the_same(from.1, to.1)) {
                reached.push(place);
            }
        }
        next += 1;
    }
    reached.len() == group.len()
}

fn says_the_same(one: &Contribution, other: &Contribution) -> bool {
    let fold = |text: &Option<String>| text.as_deref().map(str::to_lowercase);
    let words = fold(&one.text).is_some() && fold(&one.text) == fold(&other.text);
    words || one.codes.iter().any(|code| other.codes.contains(code))
}
