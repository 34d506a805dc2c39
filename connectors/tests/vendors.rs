//! Directories of vendors, each HSDS 3 in its own way. What can be understood is; what cannot be had is told.

use caregraph_connectors::Problem;
use caregraph_connectors::testkit::{HttpAnswer, HttpRequest};
use serde_json::{Value, json};

use super::directory::{not_found, read};

fn whole(id: usize) -> Value {
    json!({
        "id": id, "name": format!("Service {id}"), "organization": "O",
        "service_at_locations": [{ "location": { "name": "Hall" } }],
    })
}

fn page(entries: &[Value], more: Value) -> HttpAnswer {
    let mut envelope = more;
    envelope["data"] = json!(entries);
    HttpAnswer::json(&envelope)
}

/// Reads a directory; tells how many services it has and what is wrong.
async fn reading(script: impl Fn(&HttpRequest) -> HttpAnswer) -> (usize, Option<Problem>) {
    let mut told = None;
    read(script, async |directory| {
        directory.refresh().await.unwrap();
        told = Some((directory.catalogue().services().len(), directory.problem()));
    })
    .await;
    told.unwrap()
}

#[tokio::test]
async fn a_server_that_leads_from_page_to_page_is_followed_and_asked_for_no_number() {
    let script = |request: &HttpRequest| match request.param("after") {
        None => page(&[whole(1), whole(2)], json!({ "links": { "next": "/services?after=2" } })),
        Some("2") => page(&[whole(3)], json!({ "links": { "next": "?after=3" } })),
        Some("3") => page(&[whole(4)], json!({ "links": { "next": null } })),
        Some(_) => not_found(),
    };
    assert_eq!(reading(script).await, (4, None));
}

#[tokio::test]
async fn a_page_without_a_body_ends_a_list_and_proves_nothing_at_its_start() {
    let empty = || HttpAnswer::of("application/json", " \n");
    let script = |request: &HttpRequest| match request.param("page") {
        Some("1") => page(&[whole(1)], json!({})),
        _ => empty(),
    };
    assert_eq!(reading(script).await, (1, None));
    let short = |request: &HttpRequest| match request.param("page") {
        Some("1") => page(&[whole(1)], json!({ "total_items": "7" })),
        _ => empty(),
    };
    assert_eq!(reading(short).await, (1, Some(Problem::Incomplete)));
    read(
        |_| empty(),
        async |directory| {
            assert_eq!(directory.refresh().await, Err(Problem::Garbled));
        },
    )
    .await;
}

#[tokio::test]
async fn a_server_that_counts_from_0_is_read_from_its_first_page_on() {
    // As a well-known framework counts: of three pages, the first is 0.
    let script = |request: &HttpRequest| {
        let number: usize = request.param("page").unwrap().parse().unwrap();
        let entries: Vec<Value> = (0..3).filter(|it| *it == number).map(whole).collect();
        page(&entries, json!({ "number": number, "first": number == 0, "last": number == 2 }))
    };
    assert_eq!(reading(script).await, (3, None));
    // Its only page is 0, so that 1 is empty.
    let one = |request: &HttpRequest| {
        let is_first = request.param("page") == Some("0");
        let entries: &[Value] = if is_first { &[whole(1)] } else { &[] };
        page(entries, json!({ "first": is_first, "last": true, "empty": !is_first }))
    };
    assert_eq!(reading(one).await, (1, None));
    // It calls no page its first, and has no page 0.
    let odd = |request: &HttpRequest| match request.param("page") {
        Some("1") => page(&[whole(1)], json!({ "first": false, "last": true })),
        _ => HttpAnswer::json(&json!({})).status(400),
    };
    assert_eq!(reading(odd).await, (1, None));
}

#[tokio::test]
async fn what_lies_behind_a_link_that_is_not_followed_is_told_as_missing() {
    for next in [
        "https://elsewhere.example/services?page=2",
        "http://127.0.0.1:1/services",
        "/other\\..\\x",
        "//evil.example/",
    ] {
        let script = |_: &HttpRequest| page(&[whole(1)], json!({ "next": next }));
        let (count, problem) = reading(script).await;
        // What stands on the same server is asked, and has nothing new.
        assert_eq!((count, problem), (1, Some(Problem::Incomplete)), "{next}");
    }
    let circle = |_: &HttpRequest| page(&[whole(1)], json!({ "next": "/services?page=1" }));
    assert_eq!(reading(circle).await, (1, Some(Problem::Incomplete)));
}

#[tokio::test]
async fn terms_are_read_flat_and_nested_and_a_detail_out_of_its_wrapper() {
    let script = |request: &HttpRequest| match request.path.as_str() {
        "/services" => {
            page(&[json!({ "id": 7, "name": "Pantry", "phones": null })], json!({ "last": true }))
        }
        "/services/7" => HttpAnswer::json(&json!({ "data": {
            "id": 7, "name": "Pantry", "status": "Seasonal", "minimum_age": "60", "organization": "O",
            "taxonomy_terms": ["Food", { "code": "BD-1800" }, { "id": 1, "taxonomy_term": { "name": "Groceries" } }],
            "attributes": null, "schedules": null, "languages": ["English"],
            "service_at_locations": { "location": { "name": "Hall", "latitude": "42.5", "longitude": "-72.5" } },
            "phones": { "number": 5_550_100 },
        } })),
        _ => not_found(),
    };
    read(script, async |directory| {
        directory.refresh().await.unwrap();
        assert_eq!(directory.problem(), None);
        let catalogue = directory.catalogue();
        let service = catalogue.service("7").unwrap();
        assert_eq!(service.categories, ["Food", "BD-1800", "Groceries"]);
        assert_eq!(
            (service.minimum_age, service.status.as_deref()),
            (Some(60.0), Some("Seasonal"))
        );
        assert_eq!(
            (service.phones.as_slice(), service.languages.as_slice()),
            (&["5550100".to_owned()][..], &["English".to_owned()][..])
        );
        assert_eq!(service.locations[0].latitude, Some(42.5));
        assert!(service.schedules.is_empty());
    })
    .await;
}
