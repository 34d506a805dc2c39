//! The server that answers questions with finished bytes, in turn.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use axum::Router;
use axum::body::Bytes;
use axum::http::header;
use axum::routing::post;
use tokio::net::TcpListener;

use super::super::super::Failed;
use super::super::limit::Ready;
use super::super::lines::{Lines, tell};

pub(super) async fn run(files: &[PathBuf]) -> Result<(), Failed> {
    let mut orders = Lines::of_parent();
    let answers: Result<Vec<Bytes>, _> =
        files.iter().map(|file| std::fs::read(file).map(Bytes::from)).collect();
    let (answers, turn) = (Arc::<[Bytes]>::from(answers?), Arc::new(AtomicUsize::new(0)));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let content_type = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    let routes = Router::new().route(
        "/graphql",
        post(move |question: Bytes| async move {
            drop(question);
            let turn = turn.fetch_add(1, Relaxed) % answers.len();
            (content_type, answers[turn].clone())
        }),
    );
    tell(&Ready { address })?;
    tokio::select! {
        served = axum::serve(listener, routes) => Ok(served?),
        () = orders.end() => Ok(()),
    }
}
