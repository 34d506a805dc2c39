//! A client of a few lines: one request, one connection, nothing forgiven.

use std::io;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The resources of a bundle whose entries have this search mode.
    pub(super) fn resources(&self, mode: &str) -> Vec<Value> {
        let bundle = self.json();
        let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
        entries
            .into_iter()
            .filter(|entry| entry["search"]["mode"] == mode)
            .map(|entry| entry["resource"].clone())
            .collect()
    }

    /// The ids of the matches.
    pub(super) fn ids(&self) -> Vec<String> {
        self.resources("match")
            .iter()
            .map(|resource| resource["id"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The address of the next page.
    pub(super) fn next(&self) -> Option<String> {
        let bundle = self.json();
        let links = bundle["link"].as_array().unwrap();
        let next = links.iter().find(|link| link["relation"] == "next")?;
        Some(next["url"].as_str().unwrap().to_owned())
    }
}

pub(super) async fn get(url: &str, headers: &[&str]) -> io::Result<Answer> {
    send("GET", url, headers, "").await
}

pub(super) async fn post(url: &str, form: &str) -> io::Result<Answer> {
    send("POST", url, &["content-type: application/x-www-form-urlencoded"], form).await
}

/// Sends a body of JSON, or nothing.
pub(super) async fn say(method: &str, url: &str, body: &str) -> io::Result<Answer> {
    send(method, url, &["content-type: application/fhir+json"], body).await
}

async fn send(method: &str, url: &str, headers: &[&str], body: &str) -> io::Result<Answer> {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash));
    let headers = headers.iter().flat_map(|header| [*header, "\r\n"]).collect::<String>();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    let mut stream = TcpStream::connect(host).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    read(&bytes).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// Takes an answer apart; none when it is shorter than it says.
fn read(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let body = bytes[end + 4..].to_vec();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse::<usize>().unwrap());
    let status = head.split(' ').nth(1)?.parse().ok()?;
    (body.len() == length).then_some(Answer { status, head, body })
}
