//! Asking a source whether what it said still holds, and what many patients at once cost it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use caregraph_connectors::egress::{Credentials, Egress};
use caregraph_connectors::record::Section;
use caregraph_connectors::{Ask, Connector, Io, LocalId, Problem, Share, Validator, builtin};
use caregraph_sandbox::Role;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::answer::items;
use crate::gateway::{TestGateway, run};
use crate::proof;

/// Copies that are asked about each time.
const ASKED_ABOUT: &str = "sections = { ALLERGIES = { fresh_s = 0, stale_while_revalidate_s = 0, stale_if_error_s = 600, negative_s = 0 }, \
    MEDICATIONS = { fresh_s = 0, stale_while_revalidate_s = 0, stale_if_error_s = 600, negative_s = 0 } }";

const CHART: &str = "query($id: ID!) { patient(id: $id) {
    allergies(first: 100) { completeness { sources { source { name } state asOf } } nodes { id substance { text } } }
    medications(first: 100) { completeness { sources { source { name } state asOf } } nodes { id drug { text } } } } }";

#[test]
fn what_has_not_changed_is_not_sent_again_and_is_live_all_the_same() {
    run(async {
        let builder = TestGateway::builder().patients(10);
        let gateway = builder.shape(|shape| shape.cache = ASKED_ABOUT).start().await;
        let id = gateway.patient(0).await;
        let ask = async || {
            gateway.ask(Role::PrimaryCare, CHART, json!({ "id": id })).await.data()["patient"]
                .take()
        };
        let unchanged =
            || gateway.sandbox.systems().iter().map(|it| it.requests().unchanged()).sum::<u64>();
        let first = ask().await;
        assert_eq!(unchanged(), 0);
        let second = ask().await;
        assert!(unchanged() >= 3, "{} were not sent again", unchanged());
        for list in ["allergies", "medications"] {
            assert!(!items(&first[list]["nodes"]).is_empty());
            assert_eq!(first[list]["nodes"], second[list]["nodes"]);
            let sources = |of: &Value| items(&of[list]["completeness"]["sources"]).to_vec();
            for (first, second) in sources(&first).iter().zip(sources(&second)) {
                assert_eq!(first["state"], second["state"]);
                if first["state"] == "OK" {
                    assert!(second["asOf"].as_str() >= first["asOf"].as_str());
                }
            }
        }
        gateway.stop().await;
    });
}

/// How a server answers the next questions, in their order; the last one goes on.
type Script = Vec<fn(&Request) -> Response>;

/// A server that does as it is told.
struct Server {
    connector: Arc<dyn Connector>,
    asked: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl Server {
    async fn start(script: Script, settings: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let asked: Arc<AtomicUsize> = Arc::default();
        let state = (asked.clone(), Arc::new(script));
        let router = Router::new().fallback(answer).with_state(state);
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the server serves until it is stopped");
        });
        let io = Io {
            base_url: format!("http://{address}/fhir/").parse().expect("this is a URL"),
            credentials: Credentials::None,
            timeout: Duration::from_secs(20),
            egress: Egress::new().expect("a client is made"),
        };
        let kinds = builtin();
        let build = kinds.kind("fhir-r4").expect("this kind ships").build;
        let settings = format!("resources = [\"AllergyIntolerance\"]\n{settings}");
        let connector = build(settings.parse().expect("this is TOML"), io);
        Self { connector: connector.expect("the settings are good"), asked, serving }
    }

    /// What it says, and how many questions that took.
    async fn ask(&self, since: Option<&Validator>) -> (Share, usize) {
        let before = self.asked.load(Ordering::Relaxed);
        let patients = [LocalId::new("p")];
        let deadline = Instant::now() + Duration::from_secs(20);
        let ask = Ask { patients: &patients, section: Section::Allergies, deadline, since };
        let mut answer = self.connector.fetch(ask).await;
        let share = answer.remove(&patients[0]).expect("everybody has a share");
        (share, self.asked.load(Ordering::Relaxed) - before)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(
    State((asked, script)): State<(Arc<AtomicUsize>, Arc<Script>)>,
    request: Request,
) -> Response {
    let number = asked.fetch_add(1, Ordering::Relaxed);
    script[number.min(script.len() - 1)](&request)
}

/// A page with one allergy of that id, and whether another page follows.
fn page(id: &str, tag: &[(header::HeaderName, &'static str)], next: Option<&str>) -> Response {
    let allergy = json!({ "resourceType": "AllergyIntolerance", "id": id, "patient": { "reference": "Patient/p" },
        "code": { "text": id } });
    let links: Vec<Value> =
        next.iter().map(|url| json!({ "relation": "next", "url": url })).collect();
    let bundle = json!({ "resourceType": "Bundle", "type": "searchset", "link": links,
        "entry": [{ "resource": allergy, "search": { "mode": "match" } }] });
    let mut response = bundle.to_string().into_response();
    for (name, value) in tag {
        response.headers_mut().insert(name, header::HeaderValue::from_static(value));
    }
    response
}

const TAG: [(header::HeaderName, &str); 1] = [(header::ETAG, "\"one\"")];
const NEXT: Option<&str> = Some("AllergyIntolerance?patient=p&page=2");

fn not_modified(_: &Request) -> Response {
    StatusCode::NOT_MODIFIED.into_response()
}

/// 304 to whoever asks by the tag that was given, and otherwise a fault of the test.
fn confirmed(request: &Request) -> Response {
    let asked = request.headers().get(header::IF_NONE_MATCH);
    let is_asked = asked.is_some_and(|tag| tag == "\"one\"");
    if is_asked { StatusCode::NOT_MODIFIED } else { StatusCode::BAD_GATEWAY }.into_response()
}

fn references(share: &Share) -> Vec<&str> {
    share.records.iter().map(|record| record.reference.as_str()).collect()
}

#[test]
fn all_pages_must_hold_still_or_all_are_read_anew() {
    run(async {
        let first: fn(&Request) -> Response = |_| page("a", &TAG, NEXT);
        let second: fn(&Request) -> Response = |_| page("b", &TAG, None);
        let changed: fn(&Request) -> Response = |_| page("c", &TAG, None);
        for (then, expected, count) in [
            (vec![confirmed as fn(&Request) -> Response, confirmed], None, 2),
            (
                vec![confirmed, changed, first, changed],
                Some(["AllergyIntolerance/a", "AllergyIntolerance/c"]),
                4,
            ),
            (vec![first, changed], Some(["AllergyIntolerance/a", "AllergyIntolerance/c"]), 2),
        ] {
            let server = Server::start([vec![first, second], then].concat(), "").await;
            let (share, asked) = server.ask(None).await;
            assert_eq!((references(&share).len(), asked, share.problem), (2, 2, None));
            let (share, asked) = server.ask(share.validator.as_ref()).await;
            match expected {
                None => assert_eq!(share.problem, Some(Problem::Unchanged)),
                Some(expected) => {
                    assert_eq!((references(&share), &share.problem), (expected.to_vec(), &None));
                }
            }
            assert_eq!(asked, count);
        }
    });
}

#[test]
fn who_lies_about_what_has_not_changed_is_at_fault_and_has_no_empty_list() {
    run(async {
        let known: fn(&Request) -> Response = |_| page("a", &TAG, None);
        let of_another: fn(&Request) -> Response =
            |_| (StatusCode::NOT_MODIFIED, [(header::ETAG, "\"two\"")]).into_response();
        let server = Server::start(vec![not_modified], "").await;
        assert_eq!(server.ask(None).await.0.problem, Some(Problem::Garbled), "nobody asked that");
        let server = Server::start(vec![known, of_another], "").await;
        let validator = server.ask(None).await.0.validator;
        assert!(validator.is_some());
        let (share, _) = server.ask(validator.as_ref()).await;
        assert_eq!(share.problem, Some(Problem::Garbled), "it is not what was asked about");
        // What did not come from this connector, or leads elsewhere, is not asked about.
        for foreign in [
            "",
            "[]",
            r#"[["AllergyIntolerance",[{"at":"http://127.0.0.1:1/","tag":{"Entity":"\"one\""}}]]]"#,
        ] {
            let server = Server::start(vec![known], "").await;
            let (share, asked) = server.ask(Some(&Validator::new(foreign))).await;
            assert_eq!((references(&share), asked), (vec!["AllergyIntolerance/a"], 1), "{foreign}");
        }
    });
}

#[test]
fn without_a_tag_or_against_the_settings_nothing_is_asked_about() {
    run(async {
        let dated: fn(&Request) -> Response = |_| {
            let at = [
                (header::LAST_MODIFIED, "Sun, 06 Nov 1994 08:49:37 GMT"),
                (header::DATE, "Sun, 06 Nov 1994 09:00:00 GMT"),
            ];
            page("a", &at, None)
        };
        let tagged: fn(&Request) -> Response = |_| page("a", &TAG, None);
        let bare: fn(&Request) -> Response = |_| page("a", &[], None);
        for (script, settings, expected) in [
            (bare, "", false),
            (dated, "", false),
            (dated, "revalidate = \"date\"", true),
            (tagged, "revalidate = \"date\"", true),
            (tagged, "revalidate = \"never\"", false),
        ] {
            let server = Server::start(vec![script], settings).await;
            let (share, _) = server.ask(None).await;
            assert_eq!(share.validator.is_some(), expected, "{settings}");
        }
    });
}

#[test]
fn twenty_patients_are_one_question_and_each_alone_where_a_source_takes_no_lists() {
    run(async {
        let list = "query { patients(first: 20) { nodes { allergies { totalCount } } } }";
        let cached = "sections = { ALLERGIES = { fresh_s = 0, stale_while_revalidate_s = 0, stale_if_error_s = 0, negative_s = 0 } }";
        for (cache, settings, most) in [
            ("enabled = false", "", 1),
            (cached, "", 1),
            ("enabled = false", "patients_per_request = 1\n", 20),
        ] {
            let builder = TestGateway::builder().patients(30).shape(|shape| {
                shape.cache = cache;
                shape.systems = vec!["lakeside"];
                shape.of_system.insert("lakeside", settings);
            });
            let gateway = builder.start().await;
            let asked =
                || gateway.sandbox.system("lakeside").unwrap().requests().of("AllergyIntolerance?");
            // By the first list it is found out whether a list is understood.
            gateway.data(list, Value::Null).await;
            let (first, data) = (asked(), gateway.data(list, Value::Null).await);
            let people = items(&data["patients"]["nodes"]).len() as u64;
            let cost = asked() - first;
            proof::remark(&format!(
                "batches: {people} patients, {settings:?}: the first list cost {first} questions, the second {cost}"
            ));
            assert_eq!(cost, if most == 1 { 1 } else { people });
            gateway.stop().await;
        }
    });
}
