//! The kind `remote` over a real socket: what every request bears, and the line of events.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use caregraph_connectors::egress::{Credentials, Egress, Flowing, Outgoing, purposed};
use caregraph_connectors::record::Section;
use caregraph_connectors::testkit::{HttpAnswer, HttpRequest, Play, Server};
use caregraph_connectors::{
    Ask, Change, Connector, Io, LocalId, Notice, Problem, RosterCursor, Share, Validator, remote,
};
use hyper::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use url::Url;

const SETTINGS: &str =
    "protocol = 1\nsections = ['GOALS', 'MEDICATIONS']\nmax_patients = 3\nevent_stream = true";

fn connector(base: &str) -> Arc<dyn Connector> {
    let io = Io {
        base_url: Url::parse(base).unwrap(),
        credentials: Credentials::Bearer("secret".to_owned().into()),
        timeout: Duration::from_secs(5),
        egress: Egress::new().unwrap(),
    };
    (remote::KIND.build)(SETTINGS.parse().unwrap(), io).unwrap()
}

/// Asks a partner that answers so; also what it was asked.
async fn played<T>(
    script: impl Fn(&HttpRequest) -> HttpAnswer,
    scene: impl AsyncFnOnce(Arc<dyn Connector>) -> T,
) -> (T, Vec<HttpRequest>) {
    let server = Server::bind().await.unwrap();
    let asked = Mutex::new(Vec::new());
    let script = |request: &HttpRequest| {
        asked.lock().unwrap().push(request.clone());
        Play::Answer(script(request))
    };
    let done = tokio::select! {
        done = scene(connector(&format!("{}/base", server.origin()))) => done,
        never = server.serve(script) => match never {},
    };
    (done, asked.into_inner().unwrap())
}

async fn ask(connector: &dyn Connector, ids: &[&str], since: Option<&str>) -> Vec<Share> {
    let patients: Vec<LocalId> = ids.iter().map(|id| LocalId::new(*id)).collect();
    let since = since.map(Validator::new);
    let (section, deadline) = (Section::Goals, Instant::now() + Duration::from_secs(3));
    let ask = Ask { patients: &patients, section, deadline, since: since.as_ref() };
    connector.fetch(ask).await.into_values().collect()
}

fn nothing(ids: &[&str]) -> HttpAnswer {
    let row = |id: &&str| json!({"id": id, "status": "ok", "complete": true, "records": [], "etag": "v2"});
    HttpAnswer::json(&json!({"rows": ids.iter().map(row).collect::<Vec<Value>>()}))
}

#[tokio::test]
async fn a_question_bears_its_headers_and_what_is_known_already() {
    let (shares, asked) = played(
        |_| nothing(&["a"]),
        async |it| purposed(Some("ETREAT"), ask(&*it, &["a"], Some("v1"))).await,
    )
    .await;
    assert_eq!(shares[0].problem, None);
    assert_eq!(shares[0].validator.as_ref().map(Validator::as_str), Some("v2"));
    let [request] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/base/fetch"));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body, json!({"section": "GOALS", "patients": [{"id": "a", "ifNoneMatch": "v1"}]}));
    assert_eq!(request.header("authorization"), Some("Bearer secret"));
    assert_eq!(request.header("caregraph-protocol"), Some("1"));
    assert_eq!(request.header("caregraph-purpose"), Some("ETREAT"));
    let left: u64 = request.header("caregraph-deadline-ms").unwrap().parse().unwrap();
    assert!((1..=3_000).contains(&left), "{left}");
}

#[tokio::test]
async fn what_nobody_waits_for_bears_no_purpose_and_a_tag_that_is_none_is_not_sent() {
    let (_, asked) =
        played(|_| nothing(&["a"]), async |it| ask(&*it, &["a"], Some("a\r\nb")).await).await;
    assert_eq!(asked[0].header("caregraph-purpose"), None);
    let body: Value = serde_json::from_slice(&asked[0].body).unwrap();
    assert_eq!(body["patients"], json!([{"id": "a"}]));
}

#[tokio::test]
async fn several_are_asked_about_at_once_and_another_section_never() {
    let (shares, asked) =
        played(|_| nothing(&["a", "b", "c"]), async |it| ask(&*it, &["a", "b", "c"], None).await)
            .await;
    assert_eq!((shares.len(), asked.len()), (3, 1));
    assert!(shares.iter().all(|share| share.problem.is_none()));
}

#[tokio::test]
async fn a_refusal_is_read_by_its_status_and_a_page_of_the_web_is_no_answer() {
    let refused = |status, kind: &'static str| {
        move |_: &HttpRequest| {
            let body = json!({"code": "unknown-section"}).to_string();
            HttpAnswer::of(kind, body).status(status)
        }
    };
    let problem = async |answer: &dyn Fn(&HttpRequest) -> HttpAnswer| {
        let (shares, _) = played(answer, async |it| ask(&*it, &["a"], None).await).await;
        shares[0].problem.clone()
    };
    assert_eq!(
        problem(&refused(404, "application/problem+json")).await,
        Some(Problem::Status(404))
    );
    assert_eq!(
        problem(&refused(403, "application/problem+json")).await,
        Some(Problem::Unauthorized)
    );
    let html = |_: &HttpRequest| HttpAnswer::of("text/html", nothing(&["a"]).body);
    assert_eq!(problem(&html).await, Some(Problem::Garbled));
}

#[tokio::test]
async fn a_partner_is_compared_with_its_manifest_before_its_roster_is_read_and_once() {
    let script = |request: &HttpRequest| match request.path.as_str() {
        "/base/capabilities" => HttpAnswer::json(&json!({"protocol": 1, "sections": ["GOALS"],
            "maxPatients": 3, "roster": true, "events": true})),
        "/base/health" => HttpAnswer::json(&json!({"status": "down"})),
        _ => HttpAnswer::json(&json!({"patients": [], "next": null})),
    };
    let (wrong, asked) = played(script, async |it| {
        let deadline = Instant::now() + Duration::from_secs(3);
        for cursor in [RosterCursor::Start, RosterCursor::Page("a&b=c".to_owned())] {
            it.roster(&cursor, deadline).await.unwrap();
        }
        it.contradictions(deadline).await.unwrap()
    })
    .await;
    assert!(wrong[0].contains("MEDICATIONS") && wrong[1].contains("not up"), "{wrong:?}");
    let paths: Vec<&str> = asked.iter().map(|it| it.path.as_str()).collect();
    let expected = ["capabilities", "roster", "roster", "capabilities", "health"];
    assert_eq!(paths, expected.map(|path| format!("/base/{path}")));
    assert_eq!(asked[2].param("cursor"), Some("a&b=c"));
}

/// A partner whose events are written by the test.
struct Speaker(TcpListener);

impl Speaker {
    async fn bind() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    fn base(&self) -> String {
        format!("http://{}/base", self.0.local_addr().unwrap())
    }

    /// Takes the next connection and begins to answer; also what was asked.
    async fn begin(&self, head: &str) -> (TcpStream, String) {
        let (mut stream, _) = self.0.accept().await.unwrap();
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") {
            stream.read_buf(&mut asked).await.unwrap();
        }
        stream.write_all(head.as_bytes()).await.unwrap();
        (stream, String::from_utf8(asked).unwrap().to_ascii_lowercase())
    }
}

const STREAM: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n\r\n";

#[tokio::test]
async fn a_line_is_read_event_by_event_and_goes_on_where_it_ended() {
    let speaker = Speaker::bind().await;
    let connector = connector(&speaker.base());
    let partner = async {
        let (mut stream, asked) = speaker.begin(STREAM).await;
        assert!(asked.starts_with("get /base/events "), "{asked}");
        assert!(asked.contains("accept-encoding: identity"), "{asked}");
        assert!(!asked.contains("last-event-id"), "{asked}");
        stream.write_all(b": hello\n\nevent: ready\ndata: {\"resumed\": true}\n\n").await.unwrap();
        for piece in [
            "id: 4\nevent: change\nda",
            "ta: {\"patient\": \"a\", \"sections\": [\"GOALS\"]}\n",
            "\n",
        ] {
            stream.write_all(piece.as_bytes()).await.unwrap();
            stream.flush().await.unwrap();
            tokio::task::yield_now().await;
        }
        drop(stream);
        let (mut stream, asked) = speaker.begin(STREAM).await;
        assert!(asked.contains("last-event-id: 4\r\n"), "{asked}");
        stream.write_all(b"event: ready\ndata: {\"resumed\": true}\n\n").await.unwrap();
    };
    let gateway = async {
        let feed = connector.feed().unwrap();
        let mut line = feed.open(None).await.unwrap();
        assert!(!line.is_resumed(), "nobody asked for that");
        let tiding = line.next().await.unwrap();
        let change = Change { patient: Some(LocalId::new("a")), section: Some(Section::Goals) };
        assert_eq!(tiding.notice, Notice { changes: vec![change], ..Notice::default() });
        assert_eq!(tiding.mark.as_deref(), Some("4"));
        assert_eq!(line.next().await.unwrap_err(), Problem::Unreachable);
        assert!(feed.open(tiding.mark.as_deref()).await.unwrap().is_resumed());
    };
    tokio::join!(partner, gateway);
}

#[tokio::test]
async fn what_is_no_line_of_events_is_refused() {
    let json = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    let packed = STREAM.replace("content-type", "content-encoding: gzip\r\ncontent-type");
    let no_greeting = format!("{STREAM}event: change\ndata: {{\"patient\": \"a\"}}\n\n");
    let endless = format!("{STREAM}data: {}", "x".repeat(100_000));
    let busy = "HTTP/1.1 503 No\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n";
    let elsewhere = "HTTP/1.1 302 No\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n";
    for (head, expected) in [
        (json, Problem::Garbled),
        (&packed, Problem::Garbled),
        (&no_greeting, Problem::Garbled),
        (&endless, Problem::TooMuch),
        (busy, Problem::Busy { retry_after: Some(Duration::from_secs(7)) }),
        (elsewhere, Problem::Status(302)),
    ] {
        let speaker = Speaker::bind().await;
        let connector = connector(&speaker.base());
        let feed = connector.feed().unwrap();
        let ((_stream, _), opened) = tokio::join!(speaker.begin(head), feed.open(Some("1")));
        assert_eq!(opened.err(), Some(expected), "{}", &head[..head.len().min(200)]);
    }
}

#[tokio::test]
async fn a_line_that_falls_silent_is_given_up() {
    let speaker = Speaker::bind().await;
    let (url, body) = (Url::parse(&speaker.base()).unwrap(), Bytes::new());
    let outgoing = Outgoing { method: Method::GET, url, headers: Vec::new(), body };
    let egress = Egress::new().unwrap();
    let (idle, until) = (Duration::from_millis(300), Instant::now() + Duration::from_secs(5));
    let opening = egress.flow(outgoing, &Credentials::None, idle, until);
    let greeting = format!("{STREAM}a piece");
    let ((_stream, _), flowing) = tokio::join!(speaker.begin(&greeting), opening);
    let Ok(Flowing::Begun(mut flow)) = flowing else { panic!("{flowing:?}") };
    assert_eq!(flow.next().await.unwrap(), "a piece");
    assert_eq!(flow.next().await.unwrap_err(), Problem::Timeout);
}
