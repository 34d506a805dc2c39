//! Every rule of linking with its counter-example.

use super::world::{Entry, MRN, SSN, ada, entry, groups, groups_of};

async fn linked(a: Entry, b: Entry) -> bool {
    groups_of(&[("a", vec![a]), ("b", vec![b])]).await.len() == 1
}

#[tokio::test]
pub(super) async fn a_shared_identifier_links() {
    assert!(linked(entry("1").bears(MRN, "77"), entry("2").bears(MRN, "77")).await);
    assert!(linked(entry("1").bears(SSN, "123-45-6780"), entry("2").bears(SSN, "123456780")).await);
    let oid = "urn:oid:2.16.840.1.113883.4.1";
    assert!(
        linked(entry("1").bears(SSN, "123-45-6780"), entry("2").bears(oid, "123-45-6780")).await
    );
    assert!(linked(entry("1").bears(MRN, " ab 7 "), entry("2").bears(MRN, "AB 7")).await);
}

#[tokio::test]
pub(super) async fn different_identifiers_or_systems_do_not_link() {
    assert!(!linked(entry("1").bears(MRN, "77"), entry("2").bears(MRN, "78")).await);
    assert!(
        !linked(entry("1").bears(MRN, "77"), entry("2").bears("urn:example:other", "77")).await
    );
    assert!(!linked(entry("1").bears("", "77"), entry("2").bears("", "77")).await);
}

#[tokio::test]
pub(super) async fn stand_ins_do_not_link() {
    for value in [
        "000-00-0000",
        "999-12-3456",
        "111-11-1111",
        "123-45-6789",
        "unknown",
        "",
        "N/A",
        "000-12-3456",
    ] {
        assert!(
            !linked(entry("1").bears(SSN, value), entry("2").bears(SSN, value)).await,
            "{value}"
        );
    }
    for value in ["0", "0000", "999", "7777777", "UNKNOWN", "none", "xxxx", "-"] {
        assert!(
            !linked(entry("1").bears(MRN, value), entry("2").bears(MRN, value)).await,
            "{value}"
        );
    }
    for value in ["00012345", "7", "12", "999123"] {
        assert!(
            linked(entry("1").bears(MRN, value), entry("2").bears(MRN, value)).await,
            "{value}"
        );
    }
}

#[tokio::test]
pub(super) async fn an_identifier_borne_twice_in_a_source_links_nobody_there() {
    let rosters = [
        ("a", vec![entry("1").bears(MRN, "77"), entry("2").bears(MRN, "77")]),
        ("b", vec![entry("1").bears(MRN, "77")]),
        ("c", vec![entry("1").bears(MRN, "77")]),
    ];
    assert_eq!(groups_of(&rosters).await, groups("a/1, a/2, b/1 c/1"));
}

#[tokio::test]
pub(super) async fn a_retired_record_is_neither_linked_nor_in_the_way() {
    let rosters = [
        ("a", vec![entry("1").bears(MRN, "77").retired(), entry("2").bears(MRN, "77")]),
        ("b", vec![entry("1").bears(MRN, "77")]),
    ];
    assert_eq!(groups_of(&rosters).await, groups("a/2 b/1"));
}

#[tokio::test]
pub(super) async fn an_identifier_does_not_link_whom_name_and_birth_date_contradict() {
    let shared = |entry: Entry| entry.bears(MRN, "77");
    let grace = entry("2").named("Grace", "Hopper").born("1906-12-09");
    assert!(!linked(shared(ada("1")), shared(grace.clone())).await);
    // Either alone is a typing error, a marriage, a baby that has no name yet.
    assert!(linked(shared(ada("1")), shared(grace.clone().born("1980-02-03"))).await);
    assert!(linked(shared(ada("1")), shared(grace.clone().named("Ada", "Lovelace"))).await);
    assert!(linked(shared(ada("1")), shared(grace.named("BABY GIRL", "Hopper"))).await);
    assert!(
        linked(shared(ada("1")), shared(entry("2").named("Grace", "Hopper").born("1980"))).await
    );
    assert!(
        linked(shared(ada("1")), shared(entry("2").named("Grace", "Hopper").born("1900-01-01")))
            .await
    );
}

#[tokio::test]
pub(super) async fn father_and_son_are_two() {
    let senior =
        entry("1").named("John", "Smith").born("1950-01-02").sex("male").phone("617 555 0101");
    let junior =
        entry("2").named("John", "Smith Jr.").born("1980-03-04").sex("male").phone("617 555 0101");
    let (senior, junior) = (senior.lives("1 Main St", "02139"), junior.lives("1 Main St", "02139"));
    assert!(!linked(senior.clone(), junior.clone()).await);
    // Not even by the number of the family's insurance.
    assert!(!linked(senior.bears(MRN, "77"), junior.bears(MRN, "77")).await);
}

#[tokio::test]
pub(super) async fn twins_are_two() {
    let twin = |id: &str, given: &str| {
        let twin = entry(id).named(given, "Smith").born("2001-05-06").sex("male");
        twin.phone("617 555 0101").lives("1 Main St", "02139").email("smiths@example.org")
    };
    assert!(!linked(twin("1", "Peter"), twin("2", "Paul")).await);
    assert!(!linked(twin("1", "Juan Pablo"), twin("2", "Juan Pedro")).await);
}

#[tokio::test]
pub(super) async fn name_birth_date_sex_and_one_thing_more_link() {
    assert!(linked(ada("1").phone("(617) 555-0101"), ada("2").phone("+1 617.555.0101")).await);
    assert!(linked(ada("1").phone("617-555-0101 x12"), ada("2").phone("tel:16175550101")).await);
    assert!(
        linked(ada("1").email("Ada@Example.org "), ada("2").email("mailto:ada@example.org")).await
    );
    let (street, st) =
        (("12 North Main Street, Apartment 4", "02139-1234"), ("12 N. MAIN ST APT #4", "02139"));
    assert!(linked(ada("1").lives(street.0, street.1), ada("2").lives(st.0, st.1)).await);
    let spelt = entry("2").named("  ÁDA ", "LOVE-LACE").born("1980-02-03").sex("Female");
    assert!(linked(ada("1").phone("6175550101"), spelt.phone("6175550101")).await);
    let titled = entry("2").named("Dr. Ada", "Lovelace, PhD").born("1980-02-03").sex("female");
    assert!(linked(ada("1").phone("6175550101"), titled.phone("6175550101")).await);
    let born_here = ada("1").phone("6175550101").also_named("Ada", "Byron");
    let maiden =
        entry("2").named("Ada", "Byron").born("1980-02-03").sex("female").phone("6175550101");
    assert!(linked(born_here, maiden).await);
}

#[tokio::test]
pub(super) async fn less_than_that_does_not_link() {
    let full = || ada("1").phone("6175550101");
    assert!(linked(full(), ada("2").phone("6175550101")).await);
    assert!(!linked(full(), ada("2")).await, "nothing more");
    assert!(!linked(full(), ada("2").phone("6175550102")).await, "another number");
    assert!(!linked(full(), ada("2").phone("6175550101").sex("male")).await, "another sex");
    assert!(
        !linked(full().sex("unknown"), ada("2").phone("6175550101").sex("unknown")).await,
        "no sex"
    );
    assert!(!linked(full(), ada("2").phone("6175550101").born("1980-02-04")).await, "another day");
    assert!(
        !linked(full().born("1980-02"), ada("2").phone("6175550101").born("1980-02")).await,
        "no full date"
    );
    let unknown = |id: &str| ada(id).phone("6175550101").born("1900-01-01");
    assert!(!linked(unknown("1"), unknown("2")).await, "a stand-in for a date");
    for (given, family) in
        [("Baby Boy", "Smith"), ("Unknown", "Unknown"), ("Test", "Patient"), ("", "Smith")]
    {
        let named = |id: &str| ada(id).named(given, family).phone("6175550101");
        assert!(!linked(named("1"), named("2")).await, "{given} {family}");
    }
    for number in ["0000000000", "5555555555", "555-0101", "617-555-5555-5", "unknown"] {
        assert!(!linked(ada("1").phone(number), ada("2").phone(number)).await, "{number}");
    }
    for line in ["homeless", "Unknown", ""] {
        assert!(
            !linked(ada("1").lives(line, "02139"), ada("2").lives(line, "02139")).await,
            "{line}"
        );
    }
    assert!(
        !linked(ada("1").lives("1 Main St", ""), ada("2").lives("1 Main St", "")).await,
        "no postal code"
    );
    assert!(
        !linked(ada("1").email("none@none.com"), ada("2").email("none@none.com")).await,
        "no address"
    );
}

#[tokio::test]
pub(super) async fn demographics_that_two_share_in_one_source_link_nobody_there() {
    let full = |id: &str| ada(id).phone("6175550101");
    let rosters =
        [("a", vec![full("1"), full("2")]), ("b", vec![full("1")]), ("c", vec![full("1")])];
    assert_eq!(groups_of(&rosters).await, groups("a/1, a/2, b/1 c/1"));
    // What only one of the two has still tells them apart.
    let rosters = [
        ("a", vec![full("1").email("ada@example.org"), full("2")]),
        ("b", vec![full("1").email("ada@example.org")]),
    ];
    assert_eq!(groups_of(&rosters).await, groups("a/1 b/1, a/2"));
}

#[tokio::test]
pub(super) async fn demographics_do_not_link_whom_a_personal_identifier_tells_apart() {
    let full = |id: &str| ada(id).phone("6175550101");
    let kinds =
        [(SSN, None), ("urn:dl", Some("DL")), ("urn:ppn", Some("PPN")), ("urn:ni", Some("NI"))];
    for (system, kind) in kinds {
        let with = |id: &str, value: &str| full(id).bears_kind(system, value, kind);
        assert!(!linked(with("1", "123-45-6780"), with("2", "123-45-6781")).await, "{system}");
        assert!(linked(with("1", "123-45-6780"), full("2")).await, "{system}");
    }
    assert!(
        linked(full("1").bears(MRN, "1"), full("2").bears(MRN, "2")).await,
        "record numbers differ always"
    );
    let stand_in = full("2").bears(SSN, "999-99-9999");
    assert!(
        linked(full("1").bears(SSN, "123-45-6780"), stand_in).await,
        "a stand-in tells nobody apart"
    );
    // Nor by a third in the middle.
    let rosters = [
        ("a", vec![full("1").bears(SSN, "123-45-6780")]),
        ("b", vec![full("1")]),
        ("c", vec![full("1").bears(SSN, "123-45-6781")]),
    ];
    assert_eq!(groups_of(&rosters).await.len(), 2);
}

#[tokio::test]
pub(super) async fn a_person_never_holds_two_records_of_one_source() {
    let rosters = [
        ("a", vec![entry("1").bears(MRN, "7"), entry("2").bears("urn:x", "8")]),
        ("b", vec![entry("1").bears(MRN, "7").bears("urn:x", "8")]),
    ];
    let found = groups_of(&rosters).await;
    assert_eq!(found.len(), 2);
    assert!(!found.iter().any(|group| group.contains("a/1") && group.contains("a/2")));
    // The one who shares more is preferred, however the records are called.
    for id in ["1", "2", "3", "4", "5", "6"] {
        let most = entry("most").bears("urn:x", "8").bears("urn:y", "9");
        let rosters = [
            ("a", vec![entry(id).bears(MRN, "7"), most.clone()]),
            ("b", vec![Entry { id: id.to_owned(), ..most.bears(MRN, "7") }]),
        ];
        assert_eq!(groups_of(&rosters).await, groups(&format!("a/{id}, a/most b/{id}")));
    }
}

#[tokio::test]
pub(super) async fn links_lead_on() {
    let rosters = [
        ("a", vec![entry("1").bears(MRN, "7")]),
        ("b", vec![ada("1").bears(MRN, "7").phone("6175550101")]),
        ("c", vec![ada("1").phone("6175550101").bears("urn:x", "8")]),
        ("d", vec![entry("1").bears("urn:x", "8")]),
    ];
    assert_eq!(groups_of(&rosters).await, groups("a/1 b/1 c/1 d/1"));
}
