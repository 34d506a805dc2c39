//! Looking up and searching.

use super::world::{MRN, SSN, World, ada, entry, shown};
use crate::identity::{Everything, Found, IndexError, SearchCursor};

#[tokio::test]
pub(super) async fn find_works_for_every_identifier_of_an_active_record() {
    let world = World::of(&[
        (
            "a",
            vec![ada("1").bears(SSN, "123-45-6780").bears(MRN, "A1"), entry("2").bears(MRN, "A2")],
        ),
        (
            "b",
            vec![
                ada("1").bears(SSN, "123-45-6780").bears("urn:b", "B1"),
                entry("2").bears(MRN, "A2").born("1990"),
            ],
        ),
    ])
    .await;
    let found = |system: &'static str, value: &'static str| {
        let index = world.index.clone();
        async move { index.find(system, value, &Everything).await.unwrap() }
    };
    let ada = Found::One(world.person("a", "1").await);
    assert_eq!(found(MRN, "A1").await, ada);
    assert_eq!(found("urn:b", "B1").await, ada);
    assert_eq!(found(SSN, "123456780").await, ada);
    assert_eq!(found(SSN, " 123-45-6780").await, ada);
    assert_eq!(found(MRN, "B1").await, Found::Nobody);
    assert_eq!(found(SSN, "000-00-0000").await, Found::Nobody);
    assert!(matches!(found(MRN, "A2").await, Found::One(_)));
    world.change("a", &[entry("3").bears(MRN, "A1")]).await;
    assert_eq!(found(MRN, "A1").await, Found::Ambiguous);
    world.vanish("a", &["1", "3"]).await;
    assert_eq!(found(MRN, "A1").await, Found::Nobody);
}

async fn names(world: &World, text: &str) -> Vec<String> {
    let page = world.index.search(Some(text), 100, None, &Everything).await.unwrap();
    page.people
        .iter()
        .map(|person| shown(person).into_iter().collect::<Vec<_>>().join(" "))
        .collect()
}

#[tokio::test]
pub(super) async fn search_finds_starts_of_names_and_birth_dates() {
    let world = World::of(&[
        (
            "a",
            vec![
                entry("1").named("Ada", "Lovelace").born("1980-02-03"),
                entry("2").named("Adam", "Lovett").born("1980-02-04"),
                entry("3").named("José María", "García-López").born("1970-01-01"),
                entry("4").named("Li", "O'Brien").born("1991"),
            ],
        ),
        (
            "b",
            vec![
                entry("1")
                    .named("Grace", "Hopper")
                    .also_named("Grace", "Murray")
                    .born("1906-12-09"),
            ],
        ),
    ])
    .await;
    for (text, expected) in [
        ("love", vec!["a/1", "a/2"]),
        ("LOVE ada", vec!["a/1", "a/2"]),
        ("adam love", vec!["a/2"]),
        ("lovelace, ada", vec!["a/1"]),
        ("1980-02-03", vec!["a/1"]),
        ("ad 1980-02-03", vec!["a/1"]),
        ("lov 1980-02-04", vec!["a/2"]),
        ("lopez jose", vec!["a/3"]),
        ("Garcia-Lop", vec!["a/3"]),
        ("murray", vec!["b/1"]),
        ("li", vec!["a/4"]),
        ("obrien", vec!["a/4"]),
        ("ad", vec![]),
        ("lovelock", vec![]),
        ("1980-02", vec![]),
        ("!!!", vec![]),
    ] {
        assert_eq!(names(&world, text).await, expected, "{text}");
    }
    world.change("a", &[entry("1").named("Ada", "Byron").born("1980-02-03")]).await;
    assert_eq!(names(&world, "lovelace").await, Vec::<String>::new());
    assert_eq!(names(&world, "byron").await, ["a/1"]);
    world.vanish("a", &["1"]).await;
    assert_eq!(names(&world, "byron").await, Vec::<String>::new());
}

#[tokio::test]
pub(super) async fn search_pages_without_gap_or_repetition() {
    let family = |at: u32| format!("Smith{}", char::from_u32('a' as u32 + at % 26).unwrap());
    let people: Vec<_> =
        (0..60).map(|at| entry(&at.to_string()).named("Pat", &family(at * 7))).collect();
    let world = World::of(&[("a", people)]).await;
    for text in [Some("smith pat"), None] {
        let whole = world.index.search(text, 100, None, &Everything).await.unwrap();
        assert_eq!((whole.people.len(), whole.has_next), (60, false));
        let (mut paged, mut after) = (Vec::new(), None::<SearchCursor>);
        loop {
            let page = world.index.search(text, 7, after.as_ref(), &Everything).await.unwrap();
            paged.extend(page.people);
            after = page.cursors.last().cloned();
            if !page.has_next {
                break;
            }
        }
        assert_eq!(paged, whole.people);
    }
    let by_name = world.index.search(Some("smith"), 100, None, &Everything).await.unwrap().people;
    let families: Vec<String> = by_name
        .iter()
        .map(|person| family(person.links[0].local.as_str().parse::<u32>().unwrap() * 7))
        .collect();
    assert!(families.is_sorted());
    let bad = world
        .index
        .search(Some("smith"), 5, Some(&SearchCursor::new("nonsense")), &Everything)
        .await;
    assert!(matches!(bad, Err(IndexError::BadCursor)));
}

#[tokio::test]
pub(super) async fn a_search_with_too_many_candidates_says_so() {
    let people: Vec<_> =
        (0..2_001).map(|at| entry(&at.to_string()).named("Pat", "Smith")).collect();
    let world = World::of(&[("a", people)]).await;
    let page = world.index.search(Some("smith"), 10, None, &Everything).await.unwrap();
    assert!(!page.exhaustive && page.has_next);
    assert_eq!(page.people.len(), 10);
}

#[tokio::test]
pub(super) async fn another_key_is_refused_and_nothing_personal_is_in_the_file() {
    let patient = || {
        let patient = ada("patient-4711")
            .bears(SSN, "123-45-6780")
            .phone("6175550101")
            .email("ada@example.org");
        patient.lives("12 Main Street", "02139")
    };
    let world = World::of(&[("a", vec![patient()]), ("b", vec![patient()])]).await;
    world
        .index
        .remove_link(world.name("b", "patient-4711"), "admin-17", "Not Lovelace")
        .await
        .unwrap();
    let other = crate::identity::StoreKey::new([8; 32]);
    let store: std::sync::Arc<dyn crate::identity::person_store::PersonStore> =
        std::sync::Arc::new(world.place.store.clone());
    let refused = crate::identity::PersonIndex::new(store, Vec::new(), &other).await;
    assert!(matches!(refused, Err(IndexError::WrongKey)));
    world.place.store.close().await;
    let mut bytes = Vec::new();
    for file in std::fs::read_dir(world.place.folder.as_ref().unwrap().path()).unwrap() {
        bytes.extend(std::fs::read(file.unwrap().path()).unwrap().to_ascii_lowercase());
    }
    assert!(bytes.len() > 10_000);
    for secret in [
        "lovelace",
        "1980-02-03",
        "4711",
        "123456780",
        "123-45-6780",
        "6175550101",
        "ada@",
        "main st",
        "admin-17",
    ] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
}
