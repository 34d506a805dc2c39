//! The server that answers every question with the same finished bytes.

use std::net::Ipv4Addr;
use std::path::Path;

use axum::Router;
use axum::body::Bytes;
use axum::http::header;
use axum::routing::post;
use tokio::net::TcpListener;

use super::super::super::Failed;
use super::super::limit::Ready;
use super::super::lines::{Lines, tell};

pub(super) async fn run(file: &Path) -> Result<(), Failed> {
    let mut orders = Lines::of_parent();
    let answer = Bytes::from(std::fs::read(file)?);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let content_type = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    let routes = Router::new().route(
        "/graphql",
        post(move |question: Bytes| async move {
            drop(question);
            (content_type, answer.clone())
        }),
    );
    tell(&Ready { address })?;
    tokio::select! {
        served = axum::serve(listener, routes) => Ok(served?),
        () = orders.end() => Ok(()),
    }
}
