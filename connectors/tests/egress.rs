//! The outbound client before servers that misbehave.

use std::time::Duration;

use caregraph_connectors::Problem;
use caregraph_connectors::egress::{Credentials, Egress, Reply};
use caregraph_connectors::testkit::{HttpAnswer, Play, Server};
use tokio::time::Instant;
use url::Url;

/// Gets what a server plays, with far more time than is needed, but little patience with silence.
async fn get(play: impl Fn() -> Play) -> Result<Reply, Problem> {
    let server = Server::bind().await.unwrap();
    let egress = Egress::new().unwrap().with_idle(Duration::from_millis(200));
    let url = Url::parse(server.origin()).unwrap();
    let deadline = Instant::now() + Duration::from_mins(5);
    tokio::select! {
        reply = egress.get(url, &Credentials::None, &[], deadline) => reply,
        never = server.serve(|_| play()) => match never {},
    }
}

fn text(length: usize) -> HttpAnswer {
    HttpAnswer::of("text/plain", vec![b'a'; length])
}

#[tokio::test]
async fn who_falls_silent_in_the_middle_is_not_waited_for_to_the_end() {
    assert_eq!(get(|| Play::Stall(text(1_000))).await.unwrap_err(), Problem::Timeout);
}

#[tokio::test]
async fn who_is_slow_but_speaks_is_heard_out() {
    let reply = get(|| Play::Drip(Duration::from_millis(20), text(20))).await.unwrap();
    assert_eq!(reply.body.len(), 20);
    let thinks = Duration::from_millis(600);
    assert_eq!(get(|| Play::Late(thinks, text(20))).await.unwrap().body.len(), 20);
}

#[tokio::test]
async fn what_breaks_on_the_way_is_told_from_what_cannot_be_read() {
    assert_eq!(get(|| Play::Reset(text(1_000))).await.unwrap_err(), Problem::Unreachable);
    assert_eq!(get(|| Play::Truncate(text(1_000))).await.unwrap_err(), Problem::Unreachable);
    let packed = |encoding: &str| {
        let answer = text(1_000).header("content-encoding", encoding);
        move || Play::Answer(answer.clone())
    };
    assert_eq!(get(packed("gzip")).await.unwrap_err(), Problem::Garbled);
    assert_eq!(get(packed("br")).await.unwrap_err(), Problem::Garbled);
    assert_eq!(get(packed("identity")).await.unwrap().body.len(), 1_000);
}
