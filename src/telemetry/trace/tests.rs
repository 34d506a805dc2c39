//! Spans before a collector that takes them, refuses them or is silent.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use caregraph_connectors::egress::{Credentials, Egress};
use caregraph_connectors::testkit::{HttpAnswer, Play, Server};
use serde_json::Value as Json;

use super::*;

fn tracer(server: &Server) -> Tracer {
    let collector = format!("{}/v1/traces", server.origin()).parse().unwrap();
    let setup = TraceSetup { collector, credentials: Credentials::None, share: 1.0 };
    Tracer::start(setup, Egress::new().unwrap())
}

#[tokio::test]
async fn a_child_stands_below_its_parent_in_the_trace_of_the_caller() {
    let (server, taken) = (Server::bind().await.unwrap(), std::sync::Mutex::new(Vec::new()));
    let tracer = tracer(&server);
    let caller =
        TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
    let work = async {
        let root = tracer.answer("request", Some(caller));
        within(Some(&root), async {
            let mut child = child("source", Side::Client).unwrap();
            child.set("caregraph.attempt", 2);
            child.fail();
        })
        .await;
        drop(root);
        tracer.close().await;
    };
    let serve = server.serve(|request| {
        taken.lock().unwrap().push(request.body.clone());
        Play::Answer(HttpAnswer::of("application/json", "{}"))
    });
    tokio::select! { () = work => {}, never = serve => match never {} }
    assert_eq!(tracer.figures().sent.load(Relaxed), 2);
    let body: Json = serde_json::from_slice(&taken.lock().unwrap()[0]).unwrap();
    let spans = &body["resourceSpans"][0]["scopeSpans"][0]["spans"];
    let (child, root) = (&spans[0], &spans[1]);
    assert_eq!((&child["name"], &root["name"]), (&"source".into(), &"request".into()));
    assert_eq!(root["parentSpanId"], "b7ad6b7169203331");
    assert_eq!(child["parentSpanId"], root["spanId"]);
    assert_eq!(child["traceId"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(child["attributes"][0]["value"]["intValue"], "2");
    assert_eq!((&child["status"]["code"], &child["kind"]), (&2.into(), &3.into()));
}

#[tokio::test]
async fn what_is_not_sampled_is_not_recorded_and_still_hands_on_its_trace() {
    let server = Server::bind().await.unwrap();
    let tracer = tracer(&server);
    let caller = TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
    let root = tracer.answer("request", caller);
    let header = within(Some(&root), async { child("source", Side::Client).unwrap().context() });
    let text = header.await.to_string();
    assert!(text.starts_with("00-0af7651916cd43dd8448eb211c80319c-") && text.ends_with("-00"));
    drop(root);
    tracer.close().await;
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn a_collector_that_refuses_costs_spans_and_nothing_else() {
    let server = Server::bind().await.unwrap();
    let tracer = tracer(&server);
    drop(tracer.answer("request", None));
    let refuse = server.serve(|_| Play::Answer(HttpAnswer::of("text/plain", "").status(500)));
    tokio::select! { () = tracer.close() => {}, never = refuse => match never {} }
    let figures = tracer.figures();
    assert_eq!((figures.sent.load(Relaxed), figures.failed.load(Relaxed)), (0, 1));
}

#[tokio::test]
async fn what_finds_no_place_is_dropped_and_counted() {
    let server = Server::bind().await.unwrap();
    let tracer = tracer(&server);
    // Nothing else runs on this thread meanwhile, so that nothing leaves the queue.
    for _ in 0..20_000 {
        drop(tracer.answer("request", None));
    }
    assert_eq!(tracer.figures().crowded_out.load(Relaxed), 20_000 - 16_384);
}

#[tokio::test(start_paused = true)]
async fn closing_does_not_wait_for_a_collector_that_is_silent() {
    let server = Server::bind().await.unwrap();
    let tracer = tracer(&server);
    drop(tracer.answer("request", None));
    let began = tokio::time::Instant::now();
    let silent = server.serve(|_| Play::Hang);
    tokio::select! { () = tracer.close() => {}, never = silent => match never {} }
    assert!(began.elapsed() <= Duration::from_secs(2));
    assert_eq!(tracer.figures().sent.load(Relaxed), 0);
}

#[tokio::test]
async fn outside_of_a_trace_there_is_no_span() {
    assert!(child("source", Side::Client).is_none());
    assert!(here().is_none());
}
