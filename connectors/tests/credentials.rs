//! How we show a source who we are, over real sockets.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use caregraph_connectors::egress::{
    ApiKey, CredentialHandle, Credentials, Egress, Grant, Keys, TokenSource, Wishes,
};
use caregraph_connectors::testkit::{HttpAnswer, HttpRequest, Play, Server};
use futures_util::future::join_all;
use tokio::time::Instant;
use url::Url;

fn soon() -> Instant {
    Instant::now() + Duration::from_mins(5)
}

fn yes() -> Play {
    Play::Answer(HttpAnswer::of("text/plain", "yes"))
}

/// What a server sees of who asks.
async fn seen(credentials: Credentials, path: &str) -> HttpRequest {
    let server = Server::bind().await.unwrap();
    let url = Url::parse(server.origin()).unwrap().join(path).unwrap();
    let (egress, seen) = (Egress::new().unwrap(), Mutex::new(Vec::new()));
    let script = |request: &HttpRequest| {
        seen.lock().unwrap().push(request.clone());
        yes()
    };
    tokio::select! {
        reply = egress.get(url, &credentials, &[], soon()) => assert_eq!(reply.unwrap().status, 200),
        never = server.serve(script) => match never {},
    }
    assert_eq!(server.requests(), 1);
    seen.into_inner().unwrap().remove(0)
}

#[tokio::test]
async fn a_key_stands_in_its_header_or_in_the_query_and_nowhere_else() {
    let key = "k 1&x=%".into();
    let header = Credentials::ApiKey(ApiKey::in_header("X-Api-Key", &key).unwrap());
    let request = seen(header, "/a?b=c").await;
    assert_eq!(request.header("x-api-key"), Some("k 1&x=%"));
    assert_eq!(request.query, [("b".to_owned(), "c".to_owned())]);
    assert_eq!(request.header("authorization"), None);
    let query = Credentials::ApiKey(ApiKey::in_query("key", &key).unwrap());
    let request = seen(query, "/a?key=echoed&b=c").await;
    let expected = [("b", "c"), ("key", "k 1&x=%")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(request.query, expected);
    assert_eq!((request.header("x-api-key"), request.header("authorization")), (None, None));
}

#[tokio::test]
async fn what_no_header_can_bear_is_not_left_out_but_refused() {
    let egress = Egress::new().unwrap();
    let nobody = Url::parse("http://127.0.0.1:1/").unwrap();
    let broken = Credentials::Bearer("a\r\nHost: b".into());
    assert!(broken.check().is_err_and(|what| !what.contains("Host")));
    let answer = egress.get(nobody, &broken, &[], soon()).await;
    assert_eq!(answer.unwrap_err(), caregraph_connectors::Problem::Unauthorized);
}

#[test]
fn no_debug_print_shows_a_secret() {
    let secret = || "s3cret-s3cret".into();
    let all = [
        Credentials::Bearer(secret()),
        Credentials::Basic { user: "u".to_owned(), password: secret() },
        Credentials::ApiKey(ApiKey::in_header("X-Api-Key", &secret()).unwrap()),
        Credentials::ApiKey(ApiKey::in_query("key", &secret()).unwrap()),
        CredentialHandle::new(&Credentials::Bearer(secret())).credentials(),
    ];
    for credentials in all {
        let shown = format!("{credentials:?} {credentials:#?}");
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

#[tokio::test]
async fn credentials_are_replaced_under_load_and_what_has_begun_ends_with_the_old_ones() {
    let server = Server::bind().await.unwrap();
    let url = Url::parse(server.origin()).unwrap();
    let (egress, is_over) = (Egress::new().unwrap(), AtomicBool::new(false));
    let numbered = |number: usize| Credentials::Bearer(format!("t-{number}").into());
    let handle = CredentialHandle::new(&numbered(0));
    let tokens = Mutex::new(BTreeSet::new());
    let script = |request: &HttpRequest| {
        let token = request.header("authorization").unwrap_or_default().to_owned();
        tokens.lock().unwrap().insert(token);
        yes()
    };
    let asker = || async {
        let credentials = handle.credentials();
        let mut asked = 0;
        while !is_over.load(Ordering::SeqCst) {
            let reply = egress.get(url.clone(), &credentials, &[], soon()).await.unwrap();
            assert_eq!(reply.status, 200);
            asked += 1;
        }
        asked
    };
    let swapper = async {
        for number in 1..=200 {
            handle.replace(&numbered(number));
            // Whoever begins from now on bears the new one.
            let credentials = handle.credentials();
            let reply = egress.get(url.clone(), &credentials, &[], soon()).await.unwrap();
            assert_eq!(reply.status, 200);
            assert!(tokens.lock().unwrap().contains(&format!("Bearer t-{number}")));
        }
        is_over.store(true, Ordering::SeqCst);
    };
    let counts = tokio::select! {
        (counts, ()) = async { tokio::join!(join_all((0..8).map(|_| asker())), swapper) } => counts,
        never = server.serve(script) => match never {},
    };
    let all: usize = counts.iter().sum();
    assert_eq!(server.requests(), all + 200, "each was asked once");
    assert!(counts.iter().all(|count| *count > 0));
    let tokens = tokens.into_inner().unwrap();
    assert!(tokens.iter().all(|token| token.starts_with("Bearer t-")), "{tokens:?}");
    // A handle in a handle is what it held then.
    let other = CredentialHandle::new(&numbered(300));
    handle.replace(&other.credentials());
    handle.replace(&handle.credentials());
    other.replace(&Credentials::None);
    assert_eq!(format!("{:?}", CredentialHandle::new(&handle.credentials())), "CredentialHandle");
}

#[tokio::test]
async fn a_changed_secret_is_given_a_token_of_its_own() {
    let server = Server::bind().await.unwrap();
    let url = Url::parse(server.origin()).unwrap().join("data").unwrap();
    let by = |secret: &str| {
        let token_url = format!("{}/token", server.origin());
        let grant = Grant::body(&token_url, "me".to_owned(), secret.into(), Wishes::default());
        Credentials::Token(TokenSource::new(grant.unwrap()))
    };
    let seen = Mutex::new(Vec::new());
    let script = |request: &HttpRequest| {
        let text = String::from_utf8_lossy(&request.body).into_owned();
        if let Some((_, secret)) = text.split_once("client_secret=") {
            seen.lock().unwrap().push(format!("asks with {secret}"));
            let token = format!("{{\"access_token\":\"of-{secret}\",\"expires_in\":300}}");
            return Play::Answer(HttpAnswer::of("application/json", token));
        }
        seen.lock().unwrap().push(request.header("authorization").unwrap_or_default().to_owned());
        yes()
    };
    let egress = Egress::new().unwrap();
    let keys = Keys::new(&by("old"), &egress);
    let credentials = keys.credentials();
    let asking = async {
        for secret in ["old", "new"] {
            keys.replace(&by(secret), None);
            for _ in 0..2 {
                let reply = egress.get(url.clone(), &credentials, &[], soon()).await;
                assert_eq!(reply.unwrap().status, 200);
            }
        }
    };
    tokio::select! {
        () = asking => {},
        never = server.serve(script) => match never {},
    }
    let of = |secret| {
        [
            format!("asks with {secret}"),
            format!("Bearer of-{secret}"),
            format!("Bearer of-{secret}"),
        ]
    };
    assert_eq!(seen.into_inner().unwrap(), [of("old"), of("new")].concat());
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_nobody_else_sees_the_token() {
    let (server, sibling) = (Server::bind().await.unwrap(), Server::bind().await.unwrap());
    let url = Url::parse(server.origin()).unwrap();
    let egress = Egress::new().unwrap();
    let places = [
        format!("{}/latest/meta-data/", sibling.origin()),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://[fd00:ec2::254]/latest/meta-data/".to_owned(),
        "//169.254.169.254/".to_owned(),
        "file:///etc/passwd".to_owned(),
    ];
    let next =
        Mutex::new(places.iter().flat_map(|to| [301, 302, 303, 307, 308].map(|it| (it, to))));
    let script = |_: &HttpRequest| {
        let (status, to) = next.lock().unwrap().next().unwrap();
        Play::Answer(HttpAnswer::of("text/plain", "").status(status).header("location", to.clone()))
    };
    let token = Credentials::Bearer("s3cret".into());
    let asking = async {
        for _ in 0..places.len() * 5 {
            let reply = egress.get(url.clone(), &token, &[], soon()).await.unwrap();
            let status = reply.status;
            let expected = caregraph_connectors::Problem::Status(status);
            assert_eq!(reply.into_ok().unwrap_err(), expected);
        }
    };
    tokio::select! {
        () = asking => {}
        never = server.serve(script) => match never {},
        never = sibling.serve(|_| yes()) => match never {},
    }
    assert_eq!((server.requests(), sibling.connections()), (25, 0));
}
