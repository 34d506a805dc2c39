//! GraphQL over HTTP: what is taken, what is refused, and with which headers.

use caregraph_sandbox::Role;
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::answer::Answer;
use crate::gateway::{TestGateway, run, shared};

const JSON: &str = "application/json";
const GRAPHQL: &str = "application/graphql-response+json";
const GOOD: &str = r#"{"query":"{me{role}}"}"#;

fn request(gateway: &TestGateway, method: Method) -> RequestBuilder {
    let token = gateway.token(Role::Coordinator);
    gateway.client.request(method, gateway.url("/graphql")).bearer_auth(token)
}

async fn send(request: RequestBuilder) -> Answer {
    Answer::of(request.send().await.unwrap()).await
}

#[test]
fn only_post_is_taken() {
    run(async {
        let gateway = shared().await;
        for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
            let request =
                gateway.client.request(method.clone(), gateway.url("/graphql?query={__typename}"));
            let request = request.bearer_auth(gateway.token(Role::Coordinator));
            let answer = send(request.header("accept", JSON)).await;
            assert_eq!(answer.status, 405, "{method}");
            assert_eq!(answer.header("allow"), "POST", "{method}");
        }
    });
}

#[test]
fn only_plain_json_is_read() {
    run(async {
        let gateway = shared().await;
        for content_type in [
            None,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
            Some("multipart/form-data; boundary=x"),
            Some("application/graphql"),
            Some("application/jsonp"),
            Some("application/json; charset=utf-16"),
            Some("text/plain; application/json"),
            Some(""),
        ] {
            let request = request(gateway, Method::POST).body(GOOD);
            let request = match content_type {
                Some(content_type) => request.header("content-type", content_type),
                None => request,
            };
            let answer = send(request).await;
            assert_eq!(answer.status, 415, "{content_type:?}");
            assert_eq!(answer.codes(), ["BAD_USER_INPUT"]);
        }
        let packed = request(gateway, Method::POST).header("content-type", JSON);
        let packed = packed.header("content-encoding", "gzip").body(b"\x1f\x8b\x08\0\0\0".to_vec());
        assert_eq!(send(packed).await.status, 415);
        for content_type in
            [JSON, "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"]
        {
            let request = request(gateway, Method::POST).header("content-type", content_type);
            assert_eq!(send(request.body(GOOD)).await.data()["me"]["role"], "COORDINATOR");
        }
    });
}

#[test]
fn a_body_that_is_no_request_is_refused() {
    run(async {
        let gateway = shared().await;
        let token = gateway.token(Role::Coordinator);
        for (body, status) in [
            ("", 400),
            ("{", 400),
            ("null", 400),
            ("\"query\"", 400),
            ("{}", 400),
            (r#"{"query":1}"#, 400),
            (r#"{"query":null}"#, 400),
            (r#"{"query":"{me{role}}","variables":[]}"#, 400),
            (r#"{"query":"{me{role}}","variables":"x"}"#, 400),
            (r#"{"query":"{me{role}}","operationName":1}"#, 400),
            (r#"{"query":"{me{role}}","extensions":"x"}"#, 400),
            (r#"[{"query":"{me{role}}"}]"#, 400),
            (" \n[]", 400),
            (
                r#"{"query":"{me{role}}","variables":null,"operationName":null,"extensions":null}"#,
                200,
            ),
            (r#"{"query":"{me{role}}","variables":{},"extensions":{"a":1}}"#, 200),
        ] {
            let answer = gateway.send(&token, body.to_owned()).await;
            assert_eq!(answer.status, status, "{body}: {}", answer.text);
            assert_eq!(answer.codes().is_empty(), status == 200, "{body}");
        }
        let bytes = request(gateway, Method::POST).header("content-type", JSON);
        assert_eq!(send(bytes.body(b"{\"query\":\"\xff\"}".to_vec())).await.status, 400);
    });
}

#[test]
fn a_body_over_the_cap_is_refused() {
    run(async {
        let gateway = shared().await;
        let token = gateway.token(Role::Coordinator);
        let padded = |size: usize| {
            let shell = json!({ "query": "{me{role}}", "extensions": { "x": "" } }).to_string();
            let padding = "x".repeat(size - shell.len());
            json!({ "query": "{me{role}}", "extensions": { "x": padding } }).to_string()
        };
        let cap = 256 * 1024;
        assert_eq!(gateway.send(&token, padded(cap)).await.status, 200);
        let answer = gateway.send(&token, padded(cap + 1)).await;
        assert_eq!((answer.status.as_u16(), answer.codes()), (413, vec!["TOO_COMPLEX".to_owned()]));
    });
}

#[test]
fn the_media_type_of_the_answer_is_negotiated() {
    run(async {
        let gateway = shared().await;
        for (accept, expected) in [
            (GRAPHQL, Some(GRAPHQL)),
            (JSON, Some(JSON)),
            ("*/*", Some(JSON)),
            ("application/*", Some(JSON)),
            ("text/html, application/json", Some(JSON)),
            (
                "application/graphql-response+json; charset=utf-8, application/json; charset=utf-8",
                Some(GRAPHQL),
            ),
            ("text/html", None),
            ("application/xml;q=0.9", None),
            ("application/json;q=0", None),
            ("text/*", None),
        ] {
            let request = request(gateway, Method::POST).header("content-type", JSON);
            let answer = send(request.header("accept", accept).body(GOOD)).await;
            match expected {
                Some(media_type) => {
                    assert_eq!(answer.status, 200, "{accept}");
                    assert_eq!(
                        answer.header("content-type"),
                        format!("{media_type}; charset=utf-8")
                    );
                }
                None => assert_eq!(answer.status, 406, "{accept}"),
            }
        }
    });
}

#[test]
fn a_better_media_type_is_preferred_by_its_weight() {
    run(async {
        let gateway = shared().await;
        let request = request(gateway, Method::POST).header("content-type", JSON);
        let accept = "application/json;q=0.5, application/graphql-response+json";
        let answer = send(request.header("accept", accept).body(GOOD)).await;
        assert_eq!(answer.header("content-type"), format!("{GRAPHQL}; charset=utf-8"));
    });
}

#[test]
fn status_codes_follow_the_media_type() {
    run(async {
        let gateway = shared().await;
        let nobody = json!({ "query": "{ patient(id: \"AQ\") { id } }" }).to_string();
        for (body, old, new) in [
            (GOOD.to_owned(), 200, 200),
            (json!({ "query": "{" }).to_string(), 200, 400),
            (json!({ "query": "{ nothing }" }).to_string(), 200, 400),
            (
                json!({ "query": "query A { me { role } } query B { me { role } }" }).to_string(),
                200,
                400,
            ),
            (json!({ "query": "query($x: ID!) { node(id: $x) { id } }" }).to_string(), 200, 400),
            (nobody, 200, 200),
        ] {
            for (media_type, status) in [(JSON, old), (GRAPHQL, new)] {
                let request = request(gateway, Method::POST).header("content-type", JSON);
                let answer = send(request.header("accept", media_type).body(body.clone())).await;
                assert_eq!(answer.status, status, "{media_type}: {body}: {}", answer.text);
                let refused = answer.json().get("data").is_none();
                assert_eq!(refused, new == 400, "{body}: {}", answer.text);
            }
        }
    });
}

#[test]
fn every_answer_carries_its_own_id_and_stays_private() {
    run(async {
        let gateway = shared().await;
        let mut ids = std::collections::BTreeSet::new();
        let graphql =
            send(request(gateway, Method::POST).header("content-type", JSON).body(GOOD)).await;
        let refused = send(gateway.client.post(gateway.url("/graphql"))).await;
        for answer in
            [graphql, refused, gateway.get("/health/live").await, gateway.get("/no/where").await]
        {
            assert_eq!(answer.header("cache-control"), "private, no-store");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("referrer-policy"), "no-referrer");
            assert_eq!(answer.header("access-control-allow-origin"), "");
            assert!(ids.insert(answer.header("x-request-id").to_owned()));
        }
        assert!(ids.iter().all(|id| id.len() == 32));
        assert_eq!(gateway.get("/no/where").await.status, 404);
    });
}

#[test]
fn graphiql_is_served_whole_under_a_strict_policy() {
    run(async {
        let gateway = shared().await;
        let page = gateway.get("/graphiql").await;
        assert_eq!(page.status, 200);
        let policy = page.header("content-security-policy").to_owned();
        for rule in [
            "default-src 'self'",
            "script-src 'self'",
            "connect-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.split(';').any(|part| part.trim() == rule), "{rule} is not in {policy}");
        }
        assert!(!policy.contains("unsafe-eval") && !policy.contains("http"), "{policy}");
        let foreign = ["http://", "https://", "src=\"//", "__CAREGRAPH_CONFIG__", "<script>"];
        // The name of a language, not an address.
        let html = page.text.replace("http://www.w3.org/2000/svg", "");
        let found = foreign.iter().find(|foreign| html.contains(**foreign));
        assert_eq!(found, None, "{}", page.text);
        assert_eq!(gateway.get("/graphiql/assets/../manifest.json").await.status, 404);
        assert_eq!(gateway.get("/graphiql/assets/%2e%2e%2fmanifest.json").await.status, 404);
    });
}
