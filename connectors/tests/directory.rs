//! How the kind `hsds-3` reads directories that are quirky, partly broken or changing.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use caregraph_connectors::egress::{Credentials, Egress};
use caregraph_connectors::testkit::{HttpAnswer, HttpRequest, Play, Server};
use caregraph_connectors::{Connector, Io, Problem, hsds};
use serde_json::{Value, json};
use url::Url;

/// A connector and everything that its server was asked.
pub(crate) struct Reading {
    connector: Arc<dyn Connector>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Reading {
    pub(crate) async fn refresh(&self) -> Result<(), Problem> {
        self.connector.directory().unwrap().refresh().await
    }

    pub(crate) fn catalogue(&self) -> Arc<hsds::Catalogue> {
        self.connector.directory().unwrap().catalogue()
    }

    fn names(&self) -> Vec<String> {
        self.catalogue().services().iter().map(|service| service.name.clone()).collect()
    }

    pub(crate) fn problem(&self) -> Option<Problem> {
        self.catalogue().problem().cloned()
    }

    /// What was asked since the last call.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

/// Runs `test` against a server that answers as `script` says.
pub(crate) async fn read(
    script: impl Fn(&HttpRequest) -> HttpAnswer,
    test: impl AsyncFnOnce(&Reading),
) {
    let server = Server::bind().await.unwrap();
    let io = Io {
        base_url: Url::parse(server.origin()).unwrap(),
        credentials: Credentials::None,
        timeout: Duration::from_secs(5),
        egress: Egress::new().unwrap(),
    };
    let connector = (hsds::KIND.build)(toml::Table::new(), io).unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let reading = Reading { connector, asked: asked.clone() };
    let noted = |request: &HttpRequest| {
        let since = request.param("modified_after").map(|_| " changes");
        let page = request.param("page").map(|page| format!(" page {page}"));
        let line = [Some(request.path.as_str()), page.as_deref(), since];
        asked.lock().unwrap().push(line.into_iter().flatten().collect());
        Play::Answer(script(request))
    };
    tokio::select! {
        () = test(&reading) => {}
        never = server.serve(noted) => match never {},
    }
}

fn list(entries: &[Value], last: bool) -> HttpAnswer {
    HttpAnswer::json(&json!({"contents": entries, "last_page": last, "total_pages": 99}))
}

pub(crate) fn not_found() -> HttpAnswer {
    HttpAnswer::json(&json!({"error": "not found"})).status(404)
}

/// A service without anything that only a detail has.
fn service(id: &str, name: &str, modified: &str) -> Value {
    json!({"id": id, "name": name, "last_modified": modified, "organization": {"name": "O"}})
}

/// A service as a list with `full=true` gives it.
fn whole(id: usize) -> Value {
    let mut whole = service(&id.to_string(), &format!("Service {id}"), "2026-01-01T00:00:00Z");
    whole["service_at_locations"] = json!([{"id": "at", "location": {"name": "Hall"}}]);
    whole
}

#[tokio::test]
async fn a_list_is_completed_by_details_and_organisations() {
    let script = |request: &HttpRequest| match request.path.as_str() {
        "/services" => HttpAnswer::of("application/json", LIST),
        "/services/svc-pantry" => HttpAnswer::of("application/json", DETAIL),
        "/services/4711" => HttpAnswer::json(&json!({"id": "4711", "name": "Rides"})),
        "/organizations/org-wheels" => {
            HttpAnswer::json(&json!({"id": "org-wheels", "name": "Wheels"}))
        }
        _ => not_found(),
    };
    read(script, async |directory| {
        directory.refresh().await.unwrap();
        assert_eq!(directory.names(), ["Rides", "Riverside Food Pantry", "Winter Shelter"]);
        let catalogue = directory.catalogue();
        let rides = catalogue.service("4711").unwrap();
        assert_eq!(rides.organization.as_deref(), Some("Wheels"));
        assert_eq!(catalogue.service("svc-pantry").unwrap().locations.len(), 2);
        // One without a name, one whose detail is not there: counted, and the graver one is told.
        assert_eq!((catalogue.unreadable(), catalogue.thin()), (1, 1));
        assert_eq!(directory.problem(), Some(Problem::Status(404)));
        assert!(catalogue.read_at().is_some());
        let found = catalogue.search("sixth street river pantr");
        assert!(found.is_empty());
        assert_eq!(catalogue.search("the CEDAR rápids pantr").len(), 1);
    })
    .await;
}

const LIST: &str = include_str!("../fixtures/hsds-3/list.json");
const DETAIL: &str = include_str!("../fixtures/hsds-3/service.json");

/// Two services on pages that `page` makes; the reading must end after `pages` requests.
async fn check_end(page: impl Fn(usize) -> HttpAnswer, pages: usize) {
    let script = |request: &HttpRequest| page(request.param("page").unwrap().parse().unwrap());
    read(script, async |directory| {
        directory.refresh().await.unwrap();
        assert_eq!(directory.names(), ["Service 1", "Service 2"]);
        assert_eq!(directory.asked().len(), pages);
        assert_eq!(directory.problem(), None);
    })
    .await;
}

#[tokio::test]
async fn paging_ends_at_an_empty_page() {
    check_end(|page| list(&(page..3.min(page + 1)).map(whole).collect::<Vec<_>>(), false), 3).await;
}

#[tokio::test]
async fn paging_ends_where_no_page_is_found() {
    // Asked a second time without the parameter that it may not know.
    check_end(|page| if page < 3 { list(&[whole(page)], false) } else { not_found() }, 4).await;
}

#[tokio::test]
async fn paging_ends_at_a_page_over_again() {
    check_end(|page| list(&[whole(page.min(2))], false), 3).await;
    check_end(|_| HttpAnswer::json(&json!([whole(1), whole(2)])), 2).await;
}

#[tokio::test]
async fn paging_ends_at_the_page_that_says_it_is_the_last() {
    check_end(|page| list(&[whole(page)], page == 2), 2).await;
}

#[tokio::test]
async fn a_server_that_refuses_full_entries_is_asked_for_plain_ones() {
    let script = |request: &HttpRequest| match request.param("full") {
        Some(_) => HttpAnswer::json(&json!({"error": "unknown parameter"})).status(400),
        None => list(&[whole(1)], true),
    };
    read(script, async |directory| {
        directory.refresh().await.unwrap();
        assert_eq!(directory.names(), ["Service 1"]);
    })
    .await;
}

#[tokio::test]
async fn full_entries_need_no_details() {
    read(
        |_| list(&[whole(1), whole(2)], true),
        async |directory| {
            directory.refresh().await.unwrap();
            assert_eq!(directory.asked(), ["/services page 1"]);
        },
    )
    .await;
}

#[tokio::test]
async fn a_list_that_is_shorter_than_it_says_is_incomplete() {
    let script = |_: &HttpRequest| {
        HttpAnswer::json(&json!({"contents": [whole(1)], "total_items": 10, "last_page": false}))
    };
    read(script, async |directory| {
        directory.refresh().await.unwrap();
        assert_eq!(directory.names(), ["Service 1"]);
        assert_eq!(directory.problem(), Some(Problem::Incomplete));
    })
    .await;
}

#[tokio::test]
async fn a_detail_of_another_service_is_not_believed() {
    let script = |request: &HttpRequest| match request.path.as_str() {
        "/services" => list(&[service("a", "A", "2026-01-01T00:00:00Z")], true),
        _ => HttpAnswer::json(&service("b", "B", "2026-01-01T00:00:00Z")),
    };
    read(script, async |directory| {
        directory.refresh().await.unwrap();
        assert_eq!(directory.names(), ["A"]);
        assert_eq!(
            (directory.catalogue().thin(), directory.problem()),
            (1, Some(Problem::Garbled))
        );
    })
    .await;
}

#[tokio::test]
async fn a_server_whose_details_keep_failing_is_left_alone() {
    let services: Vec<Value> =
        (0..200).map(|id| service(&id.to_string(), "A", "2026-01-01T00:00:00Z")).collect();
    let script = |request: &HttpRequest| match request.path.as_str() {
        "/services" => list(&services, true),
        _ => HttpAnswer::json(&json!({})).status(500),
    };
    read(script, async |directory| {
        directory.refresh().await.unwrap();
        assert!(directory.asked().len() < 30);
        assert_eq!(directory.catalogue().thin(), 200);
        assert_eq!(directory.problem(), Some(Problem::Status(500)));
    })
    .await;
}

#[tokio::test]
async fn ids_stay_one_segment_of_the_path() {
    let script = |request: &HttpRequest| match request.path.as_str() {
        "/services" => list(&[service("../a?b#c", "A", "2026-01-01T00:00:00Z")], true),
        _ => not_found(),
    };
    read(script, async |directory| {
        directory.refresh().await.unwrap();
        assert_eq!(directory.asked(), ["/services page 1", "/services/..%2Fa%3Fb%23c"]);
    })
    .await;
}

#[tokio::test]
async fn places_that_a_detail_only_names_are_looked_up() {
    let script = |request: &HttpRequest| match request.path.as_str() {
        "/services" => list(&[service("a", "A", "2026-01-01T00:00:00Z")], true),
        "/services/a" => HttpAnswer::json(&json!({"id": "a", "name": "A",
            "service_at_locations": [{"id": "x", "location_id": "l"}]})),
        "/service_at_locations/x" => {
            HttpAnswer::json(&json!({"id": "x", "location": {"id": "l", "name": "Town Hall"}}))
        }
        _ => not_found(),
    };
    read(script, async |directory| {
        directory.refresh().await.unwrap();
        let catalogue = directory.catalogue();
        assert_eq!(catalogue.services()[0].locations[0].name.as_deref(), Some("Town Hall"));
        assert_eq!(directory.problem(), None);
    })
    .await;
}

/// A directory that changes between two readings, on a server that honours `modified_after` or does not.
async fn changed(honours: bool) -> (Vec<String>, Vec<String>) {
    let now = Mutex::new(vec![
        service("a", "Deleted soon", "2026-01-01T00:00:00Z"),
        service("b", "Old name", "2026-01-02T00:00:00Z"),
        service("c", "Untouched", "2026-01-03T00:00:00Z"),
        service("d", "Untouched for long", "2025-12-01T00:00:00Z"),
    ]);
    let script = |request: &HttpRequest| {
        let now = now.lock().unwrap();
        if let Some(id) = request.path.strip_prefix("/services/") {
            let found = now.iter().find(|it| it["id"] == id);
            return found.map_or_else(not_found, HttpAnswer::json);
        }
        let since = request.param("modified_after").filter(|_| honours).unwrap_or_default();
        let newer = |it: &&Value| it["last_modified"].as_str().unwrap() >= since;
        list(&now.iter().filter(newer).cloned().collect::<Vec<_>>(), true)
    };
    let seen = Mutex::default();
    read(script, async |directory| {
        directory.refresh().await.unwrap();
        directory.asked();
        *now.lock().unwrap() = vec![
            service("b", "New name", "2026-01-04T00:00:00Z"),
            service("c", "Untouched", "2026-01-03T00:00:00Z"),
            service("d", "Untouched for long", "2025-12-01T00:00:00Z"),
        ];
        directory.refresh().await.unwrap();
        *seen.lock().unwrap() = (directory.names(), directory.asked());
    })
    .await;
    seen.into_inner().unwrap()
}

#[tokio::test]
async fn changes_alone_are_read_where_the_server_proves_that_it_knows_them() {
    let (names, asked) = changed(true).await;
    // What was deleted is noticed by the next reading of the whole.
    assert_eq!(names, ["Deleted soon", "New name", "Untouched", "Untouched for long"]);
    assert_eq!(asked, ["/services page 1 changes", "/services/b"]);
}

#[tokio::test]
async fn everything_is_read_where_it_does_not_but_no_detail_twice() {
    let (names, asked) = changed(false).await;
    assert_eq!(names, ["New name", "Untouched", "Untouched for long"]);
    assert_eq!(asked, ["/services page 1 changes", "/services page 1", "/services/b"]);
}

#[tokio::test]
async fn a_directory_of_nothing_but_broken_entries_does_not_replace_the_copy() {
    let broken = Mutex::new(false);
    let script = |_: &HttpRequest| {
        let entries = if *broken.lock().unwrap() {
            vec![json!({"id": "1"}), json!(7)]
        } else {
            vec![whole(1)]
        };
        list(&entries, true)
    };
    read(script, async |directory| {
        directory.refresh().await.unwrap();
        *broken.lock().unwrap() = true;
        assert_eq!(directory.refresh().await, Err(Problem::Garbled));
        assert_eq!(directory.names(), ["Service 1"]);
        assert_eq!(directory.problem(), Some(Problem::Garbled));
        *broken.lock().unwrap() = false;
        directory.refresh().await.unwrap();
        assert_eq!(directory.problem(), None);
    })
    .await;
}

#[tokio::test]
async fn two_refreshes_at_once_take_turns() {
    read(
        |_| list(&[whole(1)], true),
        async |directory| {
            let (one, other) = tokio::join!(directory.refresh(), directory.refresh());
            assert_eq!((one, other), (Ok(()), Ok(())));
            assert_eq!(directory.names(), ["Service 1"]);
        },
    )
    .await;
}
