//! Tokens that are fetched: how many, by what right, and what becomes of a source whose tokens cannot be had.

mod signed;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_FIXED, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    RSA_PKCS1_2048_8192_SHA384, RsaKeyPair, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use caregraph_connectors::Problem;
use caregraph_connectors::egress::{
    CredentialHandle, Credentials, Egress, Grant, Signer, TokenSource, Wishes,
};
use caregraph_connectors::reach::{EgressPolicy, Origin, Reach};
use caregraph_connectors::testkit::{HttpAnswer, HttpRequest, Play, Server};
use futures_util::future::join_all;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::time::Instant;
use url::{Url, form_urlencoded};

fn soon() -> Instant {
    Instant::now() + Duration::from_mins(5)
}

/// What a form says, in its order.
fn form(request: &HttpRequest) -> Vec<(String, String)> {
    form_urlencoded::parse(&request.body).into_owned().collect()
}

fn field(request: &HttpRequest, name: &str) -> String {
    form(request).into_iter().find(|(key, _)| key == name).unwrap_or_default().1
}

fn token(number: usize) -> Play {
    let told =
        json!({ "access_token": format!("t-{number}"), "token_type": "Bearer", "expires_in": 300 });
    Play::Answer(HttpAnswer::json(&told))
}

fn status(status: u16) -> HttpAnswer {
    HttpAnswer::json(&json!({ "error": "invalid_client", "error_description": "s3cret" }))
        .status(status)
}

/// A source and whoever gives tokens for it, and what each was asked.
struct Pair {
    source: Server,
    giver: Server,
    asked: Mutex<Vec<HttpRequest>>,
    wanted: Mutex<Vec<HttpRequest>>,
}

impl Pair {
    async fn new() -> Self {
        let (source, giver) = (Server::bind().await.unwrap(), Server::bind().await.unwrap());
        Self { source, giver, asked: Mutex::default(), wanted: Mutex::default() }
    }

    fn base(&self) -> Url {
        Url::parse(&format!("{}/fhir", self.source.origin())).unwrap()
    }

    fn token_url(&self) -> String {
        format!("{}/token?tenant=a", self.giver.origin())
    }

    fn secret(&self) -> Credentials {
        let wishes = Wishes { scope: Some("a b".to_owned()), ..Wishes::default() };
        let grant = Grant::basic(&self.token_url(), "me:1".to_owned(), "s3cret %".into(), wishes);
        Credentials::Token(TokenSource::new(grant.unwrap()))
    }

    /// Does something while both answer.
    async fn while_they<T>(
        &self,
        say: impl Fn(&HttpRequest) -> Play,
        give: impl Fn(usize, &HttpRequest) -> Play,
        work: impl Future<Output = T>,
    ) -> T {
        let answer = |request: &HttpRequest| {
            self.asked.lock().unwrap().push(request.clone());
            say(request)
        };
        let hand_out = |request: &HttpRequest| {
            self.wanted.lock().unwrap().push(request.clone());
            let number = self.wanted.lock().unwrap().len();
            give(number, request)
        };
        tokio::select! {
            done = work => done,
            never = self.source.serve(answer) => match never {},
            never = self.giver.serve(hand_out) => match never {},
        }
    }

    async fn ask(&self, egress: &Egress, credentials: &Credentials) -> Result<u16, Problem> {
        Ok(egress.get(self.base(), credentials, &[], soon()).await?.status)
    }
}

fn yes(_: &HttpRequest) -> Play {
    Play::Answer(HttpAnswer::of("text/plain", "yes"))
}

#[tokio::test]
async fn one_token_is_fetched_however_many_wait_for_it() {
    let (pair, egress) = (Pair::new().await, Egress::new().unwrap());
    let credentials = pair.secret();
    let give = |number, _: &HttpRequest| match token(number) {
        Play::Answer(answer) => Play::Late(Duration::from_millis(50), answer),
        other => other,
    };
    let all = join_all((0..100).map(|_| pair.ask(&egress, &credentials)));
    let all = pair.while_they(yes, give, all).await;
    assert!(all.iter().all(|status| *status == Ok(200)));
    assert_eq!((pair.giver.requests(), pair.source.requests()), (1, 100));
    let asked = pair.asked.into_inner().unwrap();
    assert!(asked.iter().all(|it| it.header("authorization") == Some("Bearer t-1")));
    let wanted = pair.wanted.into_inner().unwrap().remove(0);
    assert_eq!((wanted.method.as_str(), wanted.path.as_str()), ("POST", "/token"));
    assert_eq!(wanted.param("tenant"), Some("a"));
    assert_eq!(wanted.header("content-type"), Some("application/x-www-form-urlencoded"));
    // Both are written as in a form before they are put together.
    let expected = format!("Basic {}", STANDARD.encode("me%3A1:s3cret+%25"));
    assert_eq!(wanted.header("authorization"), Some(expected.as_str()));
    let expected = [("grant_type", "client_credentials"), ("scope", "a b")];
    assert_eq!(form(&wanted), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn a_secret_is_sent_in_the_request_where_that_is_wanted() {
    let (pair, egress) = (Pair::new().await, Egress::new().unwrap());
    let wishes = Wishes {
        scope: None,
        audience: Some("https://a.example".to_owned()),
        resource: Some("urn:b".to_owned()),
    };
    let grant = Grant::body(&pair.token_url(), "me".to_owned(), "s3cret".into(), wishes).unwrap();
    let credentials = Credentials::Token(TokenSource::new(grant));
    let give = |_, _: &HttpRequest| {
        // As some say it: no type, and a number as a text.
        Play::Answer(HttpAnswer::json(&json!({ "access_token": "x", "expires_in": "3600" })))
    };
    assert_eq!(pair.while_they(yes, give, pair.ask(&egress, &credentials)).await, Ok(200));
    let wanted = pair.wanted.into_inner().unwrap().remove(0);
    assert_eq!(wanted.header("authorization"), None);
    for (name, expected) in [
        ("client_id", "me"),
        ("client_secret", "s3cret"),
        ("audience", "https://a.example"),
        ("resource", "urn:b"),
        ("scope", ""),
    ] {
        assert_eq!(field(&wanted, name), expected, "{name}");
    }
}

#[tokio::test]
async fn a_token_that_a_source_refuses_is_given_up_and_the_question_asked_once_more() {
    let (pair, egress) = (Pair::new().await, Egress::new().unwrap());
    let credentials = pair.secret();
    let say = |request: &HttpRequest| match request.header("authorization") {
        Some("Bearer t-1") => Play::Answer(status(401)),
        _ => yes(request),
    };
    let give = |number, _: &HttpRequest| token(number);
    let all = join_all((0..20).map(|_| pair.ask(&egress, &credentials)));
    let all = pair.while_they(say, give, all).await;
    assert!(all.iter().all(|status| *status == Ok(200)), "{all:?}");
    assert_eq!(pair.giver.requests(), 2);
    assert!(pair.source.requests() <= 40);
}

#[tokio::test]
async fn a_source_that_refuses_every_token_is_no_reason_for_a_flood_of_them() {
    let (pair, egress) = (Pair::new().await, Egress::new().unwrap());
    let credentials = pair.secret();
    let asking = async {
        for _ in 0..100 {
            assert_eq!(pair.ask(&egress, &credentials).await, Ok(401));
        }
    };
    let give = |number, _: &HttpRequest| token(number);
    pair.while_they(|_| Play::Answer(status(401)), give, asking).await;
    // A second one for the first refusal; the next could come ten seconds later.
    assert!(pair.giver.requests() <= 3, "{}", pair.giver.requests());
    assert!(pair.source.requests() <= 103, "{}", pair.source.requests());
}

#[tokio::test]
async fn who_gives_no_tokens_is_told_as_a_problem_of_the_source_and_not_asked_again_and_again() {
    let wait =
        |seconds: &'static str| move |answer: HttpAnswer| answer.header("retry-after", seconds);
    let plain = |answer: HttpAnswer| answer;
    let cases: [(HttpAnswer, Problem); 10] = [
        (plain(status(400)), Problem::Unauthorized),
        (plain(status(401)), Problem::Unauthorized),
        (plain(status(404)), Problem::Unauthorized),
        (plain(status(500)), Problem::Unreachable),
        (plain(status(503)), Problem::Unreachable),
        (wait("30")(status(429)), Problem::Busy { retry_after: None }),
        (wait("30")(status(503)), Problem::Busy { retry_after: None }),
        (HttpAnswer::of("text/html", "<html>"), Problem::Unauthorized),
        (HttpAnswer::json(&json!({ "access_token": "a\nb" })), Problem::Unauthorized),
        (
            HttpAnswer::json(&json!({ "access_token": "a", "token_type": "mac" })),
            Problem::Unauthorized,
        ),
    ];
    for (answer, expected) in cases {
        let (pair, egress) = (Pair::new().await, Egress::new().unwrap());
        let credentials = pair.secret();
        let asking = async {
            for _ in 0..10 {
                let all = join_all((0..20).map(|_| pair.ask(&egress, &credentials))).await;
                for problem in all.into_iter().map(Result::unwrap_err) {
                    match (&problem, &expected) {
                        (Problem::Busy { retry_after: Some(wait) }, Problem::Busy { .. }) => {
                            assert!(*wait <= Duration::from_secs(30), "{wait:?}");
                        }
                        (problem, expected) => assert_eq!(problem, expected),
                    }
                }
            }
        };
        pair.while_they(yes, |_, _| Play::Answer(answer.clone()), asking).await;
        // Rests of 1, 2, 4 and 8 seconds lie between the first five.
        assert!((1..5).contains(&pair.giver.requests()), "{}", pair.giver.requests());
        assert_eq!(pair.source.requests(), 0, "nobody asks without a token");
    }
}

#[tokio::test]
async fn who_gives_tokens_elsewhere_or_not_in_time_is_not_followed_and_not_waited_for() {
    let (pair, egress) = (Pair::new().await, Egress::new().unwrap());
    let sibling = Server::bind().await.unwrap();
    let credentials = pair.secret();
    let to = format!("{}/token", sibling.origin());
    let give = |_, _: &HttpRequest| Play::Answer(status(307).header("location", to.clone()));
    let asking = pair.while_they(yes, give, pair.ask(&egress, &credentials));
    let answer = tokio::select! {
        answer = asking => answer,
        never = sibling.serve(yes) => match never {},
    };
    assert_eq!((answer, sibling.connections()), (Err(Problem::Unreachable), 0));
    // Whoever has little time does not wait for it all.
    let (pair, credentials) = (Pair::new().await, pair.secret());
    let little = Instant::now() + Duration::from_millis(50);
    let asking = egress.get(pair.base(), &credentials, &[], little);
    let answer = pair.while_they(yes, |_, _| Play::Hang, asking).await;
    assert!(matches!(answer.unwrap_err(), Problem::Timeout | Problem::Unreachable));
    assert_eq!(pair.source.requests(), 0);
}

#[tokio::test]
async fn who_begins_with_a_token_ends_with_it_and_the_next_one_has_the_new_credentials() {
    let (pair, egress) = (Pair::new().await, Egress::new().unwrap());
    let handle = CredentialHandle::new(&pair.secret());
    let credentials = handle.credentials();
    let give = |number, _: &HttpRequest| token(number);
    let asking = async {
        assert_eq!(pair.ask(&egress, &credentials).await, Ok(200));
        handle.replace(&pair.secret());
        assert_eq!(pair.ask(&egress, &credentials).await, Ok(200));
        handle.replace(&Credentials::None);
        assert_eq!(pair.ask(&egress, &credentials).await, Ok(200));
    };
    pair.while_they(yes, give, asking).await;
    let asked = pair.asked.into_inner().unwrap();
    let seen: Vec<_> = asked.iter().map(|it| it.header("authorization")).collect();
    assert_eq!(seen, [Some("Bearer t-1"), Some("Bearer t-2"), None]);
}
