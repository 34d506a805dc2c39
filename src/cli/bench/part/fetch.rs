//! The client that fetches what the gateway fetches, in the same shape, and reads nothing of it: one view's requests
//! all at once, over connections that stay open.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use futures_util::future::try_join_all;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use serde_json::json;

use super::super::super::Failed;
use super::super::client::{Pooled, pooled};
use super::super::figures::{Pace, Tally};
use super::super::limit::FetchOrder;
use super::super::lines::{Lines, tell};
use super::super::recording::Fetch;

pub(super) async fn run() -> Result<(), Failed> {
    let mut orders = Lines::of_parent();
    let client = pooled();
    tell(&json!({}))?;
    while let Some(order) = orders.next::<FetchOrder>().await? {
        tell(&drive(&client, order).await?)?;
    }
    Ok(())
}

/// One request, ready to be made again and again.
struct Ready {
    request: Request<()>,
    status: StatusCode,
}

/// The requests of each view, and whose turn it is.
struct Turns {
    views: Vec<Vec<Ready>>,
    next: AtomicUsize,
}

async fn drive(client: &Pooled, order: FetchOrder) -> Result<Pace, Failed> {
    let view = |fetches: &Vec<Fetch>| fetches.iter().map(ready).collect();
    let views: Result<Vec<Vec<Ready>>, Failed> = order.views.iter().map(view).collect();
    let turns = Arc::new(Turns { views: views?, next: AtomicUsize::new(0) });
    let started = Instant::now();
    let until = started + order.time;
    let tasks = (0..order.connections)
        .map(|_| tokio::spawn(keep_fetching(client.clone(), turns.clone(), until)));
    let mut all = Tally::default();
    for tally in try_join_all(tasks).await? {
        all = all.and(tally?);
    }
    Ok(all.over(started.elapsed()))
}

fn ready(fetch: &Fetch) -> Result<Ready, Failed> {
    let mut request = Request::get(&fetch.url);
    for (name, value) in &fetch.headers {
        request = request.header(name, value);
    }
    Ok(Ready { request: request.body(())?, status: StatusCode::from_u16(fetch.status)? })
}

async fn keep_fetching(client: Pooled, turns: Arc<Turns>, until: Instant) -> Result<Tally, Failed> {
    let mut tally = Tally::default();
    while Instant::now() < until {
        let asked = Instant::now();
        let view = &turns.views[turns.next.fetch_add(1, Relaxed) % turns.views.len()];
        let bodies = try_join_all(view.iter().map(|ready| fetch(&client, ready))).await?;
        tally.took.push(asked.elapsed());
        tally.spoiled += u32::from(bodies.iter().any(Option::is_none));
        tally.bytes += bodies.into_iter().flatten().sum::<u64>();
    }
    Ok(tally)
}

/// The size of the body, unless the answer is another than the gateway got.
async fn fetch(client: &Pooled, ready: &Ready) -> Result<Option<u64>, Failed> {
    let request = ready.request.clone().map(|()| Full::<Bytes>::default());
    let response = client.request(request).await?;
    let as_ever = response.status() == ready.status;
    let mut body = response.into_body();
    let mut size = 0;
    while let Some(frame) = body.frame().await {
        size += frame?.data_ref().map_or(0, |data| data.len() as u64);
    }
    Ok(as_ever.then_some(size))
}
